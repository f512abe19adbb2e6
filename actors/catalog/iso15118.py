"""Modules that speak ISO 15118 and DIN 70121 to the car (rows M7.1 to M7.5, S4.5 to S4.7)."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import (
    TEMP_DIR,
    Manifest,
    choice,
    default_off,
    default_on,
    integer,
    named,
    needs,
    offers,
    text,
)

LINK: Final = "actors.v2g.link_actor:V2gLinkActor"
DEVICE: Final = text(
    "device", "eth0", "network interface towards the car; auto: the first that fits", min_length=1
)
TLS_SECURITY: Final = choice(
    "tls_security",
    ("prohibit", "allow", "force"),
    "TLS with the car: never, when the car asks for it, always; Plug & Charge needs it",
    default="allow",
)
TLS_KEY_LOG: Final = (
    default_off("tls_key_logging", "for tests: write the TLS session keys to a file"),
    text("tls_key_logging_path", TEMP_DIR, "directory of that file", min_length=1),
)
TLS_TIMEOUT: Final = integer("tls_timeout", 15000, "how long a TLS handshake may take", unit="ms", minimum=1)
SDP: Final = default_on("enable_sdp_server", "answer the cars' discovery requests")

AUTH_TIMEOUTS: Final = (
    integer("auth_timeout_pnc", 55, "longest wait for a contract's grant; 0: for ever", unit="s"),
    integer("auth_timeout_eim", 300, "longest wait for any other grant; 0: for ever", unit="s"),
)

EVIDENCE: Final = (  # ours; EvseManager's session_logging (M5.7) may say another directory for each session
    text("evidence_path", "", "directory in which each talk leaves its evidence; empty: none"),
    integer("evidence_keep", 50, "talks whose evidence is kept; the oldest goes", minimum=1, maximum=100_000),
    integer(
        "evidence_max_mb",
        16,
        "longest file of a talk's evidence; its last messages are kept all the same",
        unit="MB",
        minimum=1,
        maximum=1024,
    ),
)

PROVIDES: Final = (offers("charger", "ISO15118_charger"), offers("extensions", "iso15118_extensions"))
REQUIRES: Final = (needs("security", "evse_security"), needs("iso15118_vas", "ISO15118_vas", 0, 128))

EVSE_V2G: Final = Manifest(
    name="EvseV2G",
    actor=LINK,
    own_names=("V2g",),
    meaning="The station's side of DIN 70121 and ISO 15118-2, with Plug & Charge.",
    parameters=named(
        DEVICE,  # M7.1
        default_on("supported_DIN70121", "speak DIN 70121"),
        default_on("supported_ISO15118_2", "speak ISO 15118-2"),
        default_off("supported_ISO15118_20", "ours: speak ISO 15118-20 as well, over TLS 1.3 or plain TCP"),
        SDP,
        TLS_SECURITY,  # M7.2
        TLS_TIMEOUT,
        *TLS_KEY_LOG,
        default_off(  # M7.3; default and meaning: S4.6, S4.7
            "verify_contract_cert_chain",
            "verify contract chains on the station already; the OCPP module does it in any case",
        ),
        *AUTH_TIMEOUTS,
        default_off(
            "terminate_connection_on_failed_response",
            "close the connection after a failed response instead of leaving that to the car",
        ),
        *EVIDENCE,
    ),
    provides=named(*PROVIDES),
    requires=named(*REQUIRES),
)

EVSE_15118_D20: Final = Manifest(
    name="Evse15118D20",
    own_names=("V2g20",),
    actor=LINK,
    meaning="The station's side of ISO 15118-20, AC and DC, bidirectional too; of the others on demand.",
    parameters=named(  # M7.4, and the keys that newer releases of EVerest have besides
        DEVICE,
        default_off("supported_DIN70121", "speak DIN 70121 as well"),
        default_off("supported_ISO15118_2", "speak ISO 15118-2 as well"),
        default_on("supported_ISO15118_20", "speak ISO 15118-20"),
        *AUTH_TIMEOUTS,
        text("logging_path", ".", "where a relative evidence_path begins", min_length=1),
        choice(
            "tls_negotiation_strategy",
            ("ACCEPT_CLIENT_OFFER", "ENFORCE_TLS", "ENFORCE_NO_TLS"),
            "TLS as the car offers it, always, never",
        ),
        default_off("enforce_tls_1_3", "with ENFORCE_TLS: refuse versions before 1.3"),
        default_off("enable_ssl_logging", "log the TLS handshake in detail"),
        default_off("enable_tls_key_logging", "for tests: write the TLS session keys to a file"),
        TLS_KEY_LOG[1],
        SDP,
        default_on("supported_dynamic_mode", "offer dynamic control: the station sets the power"),
        default_off("supported_scheduled_mode", "offer scheduled control: the car follows a plan"),
        default_off(
            "supported_mobility_needs_mode_provided_by_secc",
            "the driver's wishes may come from the station's side",
        ),
        text("custom_protocol_namespace", "", "one more namespace to offer, spoken as DC; empty: none"),
        default_off("negative_bidirectional_limits", "send discharge limits as negative numbers"),
        *EVIDENCE,
    ),
    provides=named(*PROVIDES),
    requires=named(*REQUIRES),
)

ISO_MUX: Final = Manifest(
    name="IsoMux",
    own_names=("V2gMux",),
    actor=LINK,
    meaning="Leads each car to the ISO 15118-2 or the ISO 15118-20 module, whichever it speaks.",
    parameters=named(  # M7.5
        DEVICE,
        TLS_SECURITY,
        *TLS_KEY_LOG,
        TLS_TIMEOUT,
        integer("proxy_port_iso2", 61341, "not opened: one link does the work", minimum=1, maximum=65535),
        integer("proxy_port_iso20", 50000, "not opened: one link does the work", minimum=1, maximum=65535),
        text("proxy_device", "", "not used: one link does the work"),
        *EVIDENCE,
    ),
    provides=named(*PROVIDES),
    requires=named(
        needs("security", "evse_security"),
        needs("iso2", "ISO15118_charger"),
        needs("iso20", "ISO15118_charger"),
        needs("ext2", "iso15118_extensions"),
        needs("ext20", "iso15118_extensions"),
    ),
)

STATIC_VAS: Final = Manifest(
    name="StaticISO15118VASProvider",
    own_names=("StaticVas",),
    actor="actors.v2g.static_vas_actor:StaticVasActor",
    meaning="Offers the value-added services of a file to cars.",
    parameters=named(text("service_file", None, "YAML file with the services", min_length=1)),
    provides=named(offers("iso15118_vas", "ISO15118_vas")),
)

MANIFESTS: Final = (EVSE_V2G, EVSE_15118_D20, ISO_MUX, STATIC_VAS)

"""What serves the site as a whole: system, stores, error history, display, gateway (rows M15.4, M15.5)."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import Manifest, integer, may_use, named, needs, number, offers, text

RETRIES: Final = (
    integer("DefaultRetries", 1, "tries of an upload or download after the first"),
    integer("DefaultRetryInterval", 1, "pause between two tries", unit="s"),
)

SYSTEM: Final = Manifest(
    name="System",
    actor="actors.system.system_actor:SystemActor",
    meaning="Firmware, logs, clock and reset, simulated: it changes nothing on the machine it runs on.",
    parameters=named(*RETRIES, integer("ResetDelay", 0, "pause before a reset", unit="s")),
    provides=named(offers("main", "system")),
    requires=named(may_use("security", "evse_security")),
)

LINUX_SYSTEM: Final = Manifest(
    name="LinuxSystem",
    actor="actors.system.linux_system_actor:LinuxSystemActor",
    stands_for=("Linux_Systemd_Rauc",),
    meaning="Firmware, logs, clock and reset on a Linux with systemd.",
    parameters=named(
        *RETRIES,
        text("OCPPLogPath", "/var/log/everest/ocpp", "directory of the OCPP message log", min_length=1),
        text("SessionLogPath", "/var/log/everest/session", "directory of the session logs", min_length=1),
        text("RebootCommand", "/sbin/reboot", "command that restarts the machine or the site", min_length=1),
        text("VerifyUpdateScriptPath", "", "program that judges an update after the restart; empty: none"),
    ),
    provides=named(offers("main", "system")),
    requires=named(may_use("store", "kvs"), may_use("security", "evse_security")),
)

STORE: Final = Manifest(
    name="PersistentStore",
    actor="actors.store.store_actor:StoreActor",
    own_names=("Store",),
    meaning="Values by key, kept across restarts.",
    parameters=named(
        text(
            "sqlite_db_file_path",
            "everest_persistent_store.db",
            "file that keeps them, `.journal` appended; a relative one lies in the state directory",
            min_length=1,
        ),
    ),
    provides=named(offers("main", "kvs")),
)

ERROR_HISTORY: Final = Manifest(
    name="ErrorHistory",
    actor="actors.errors.errors_actor:ErrorsActor",
    own_names=("Errors",),
    meaning="Remembers every error that was raised, and when it was cleared.",
    provides=named(
        offers(
            "error_history",
            "error_history",
            text("database_path", "error_history.db", "file that keeps them", min_length=1),
        )
    ),
    enable_global_errors=True,
)

DISPLAY: Final = Manifest(
    name="Display",
    actor="actors.display.display_actor:DisplayActor",
    meaning="Keeps the messages for the station's display and says which to show.",
    provides=named(offers("main", "display_message")),
    requires=named(needs("evse_manager", "evse_manager", 0, 128), may_use("ocpp", "ocpp")),
)

GATEWAY: Final = Manifest(
    name="Gateway",
    actor="actors.gateway.gateway_actor:GatewayActor",
    stands_for=("API",),
    meaning="Control and observation of the site over HTTP and WebSocket.",
    parameters=named(
        text(
            "host",
            "127.0.0.1",
            "address it listens at; another than loopback needs token and TLS",
            min_length=1,
        ),
        integer("port", 8080, "port it listens at; 0: any free one, told in gateway.json", maximum=65535),
        text(
            "token_file",
            "",
            "file of the tokens that callers need, made with a new one if it is missing; empty: none; a "
            "relative path begins at the state directory",
        ),
        text("certificate", "", "PEM file of its TLS certificate and chain; empty: no TLS; paths as above"),
        text("private_key", "", "PEM file of the key of that certificate, not encrypted"),
        integer("max_connections", 64, "connections at a time", minimum=1, maximum=1000),
        number("max_rate", 100, "requests of one connection", unit="1/s", minimum=1, maximum=10000),
    ),
    requires=named(
        needs("evse_manager", "evse_manager", 0, 128),
        may_use("ocpp", "ocpp"),
        may_use("error_history", "error_history"),
        may_use("charger_information", "charger_information"),
        needs("random_delay", "uk_random_delay", 0, 128),
        needs("evse_energy_sink", "external_energy_limits", 0, 129, evse_mapped=True),
    ),
)

MANIFESTS: Final = (SYSTEM, LINUX_SYSTEM, STORE, ERROR_HISTORY, DISPLAY, GATEWAY)

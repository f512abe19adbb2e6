"""The certificate manager (rows M8.1 to M8.4), with a few parameters that only evsite has."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import Manifest, named, number, offers, text

CA_PARAMETERS: Final = ("csms_ca_bundle", "mf_ca_bundle", "mo_ca_bundle", "v2g_ca_bundle")
LEAF_PARAMETERS: Final = (
    "csms_leaf_cert_directory",
    "csms_leaf_key_directory",
    "secc_leaf_cert_directory",
    "secc_leaf_key_directory",
)

EVSE_SECURITY: Final = Manifest(
    name="EvseSecurity",
    actor="actors.certificates.certificate_manager_actor:CertificateManagerActor",
    own_names=("Certificates",),
    meaning="Keeps the certificates and keys of the station; relative paths begin at its certificate root.",
    parameters=named(
        text(
            "csms_ca_bundle",
            "ca/csms/CSMS_ROOT_CA.pem",
            "roots for the CSMS: file or directory",
            min_length=1,
        ),
        text("mf_ca_bundle", "ca/mf/MF_ROOT_CA.pem", "roots for firmware: file or directory", min_length=1),
        text("mo_ca_bundle", "ca/mo/MO_ROOT_CA.pem", "roots for contracts: file or directory", min_length=1),
        text(
            "v2g_ca_bundle", "ca/v2g/V2G_ROOT_CA.pem", "roots for cars' TLS: file or directory", min_length=1
        ),
        text("csms_leaf_cert_directory", "client/csms", "certificates shown to the CSMS", min_length=1),
        text("csms_leaf_key_directory", "client/csms", "their keys", min_length=1),
        text("secc_leaf_cert_directory", "client/cso", "certificates shown to cars", min_length=1),
        text("secc_leaf_key_directory", "client/cso", "their keys", min_length=1),
        text(
            "crl_directory",
            "",
            "ours: revocation lists that everything verified is held against; empty: none",
        ),
        text(
            "oem_ca_bundle",
            "ca/oem/OEM_ROOT_CA.pem",
            "ours: a file of further roots for vehicle certificates of ISO 15118-20; empty: none",
        ),
        text(
            "private_key_password",
            "",
            "password of all encrypted keys; empty: none are encrypted",
            secret=True,
        ),
        text(
            "certificate_root",
            "certs",
            "ours: folder in which relative paths begin; itself below the state directory, if not absolute",
            min_length=1,
        ),
        number(
            "store_watch_s",
            2.0,
            "ours: how often to look for certificates that somebody has provisioned by hand",
            unit="s",
            minimum=0.1,
            maximum=3600,
        ),
    ),
    provides=named(offers("main", "evse_security")),
)

MANIFESTS: Final = (EVSE_SECURITY,)

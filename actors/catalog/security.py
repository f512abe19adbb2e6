"""The certificate manager (rows M8.1 to M8.4)."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import Manifest, named, offers, text

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
            "private_key_password",
            "",
            "password of all encrypted keys; empty: none are encrypted",
            secret=True,
        ),
    ),
    provides=named(offers("main", "evse_security")),
)

MANIFESTS: Final = (EVSE_SECURITY,)

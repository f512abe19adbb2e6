"""Rows M8.1 to M8.4."""

from actors.catalog.security import CA_PARAMETERS, EVSE_SECURITY, LEAF_PARAMETERS


def test_evse_security_has_the_paths_of_its_rows():
    assert {name: one.default for name, one in EVSE_SECURITY.parameters.items()} == {
        "csms_ca_bundle": "ca/csms/CSMS_ROOT_CA.pem",
        "mf_ca_bundle": "ca/mf/MF_ROOT_CA.pem",
        "mo_ca_bundle": "ca/mo/MO_ROOT_CA.pem",
        "v2g_ca_bundle": "ca/v2g/V2G_ROOT_CA.pem",
        "csms_leaf_cert_directory": "client/csms",
        "csms_leaf_key_directory": "client/csms",
        "secc_leaf_cert_directory": "client/cso",
        "secc_leaf_key_directory": "client/cso",
        "crl_directory": "",
        "oem_ca_bundle": "ca/oem/OEM_ROOT_CA.pem",
        "private_key_password": "",
        "certificate_root": "certs",
        "store_watch_s": 2.0,
    }


def test_only_the_password_is_a_secret():
    assert [name for name, one in EVSE_SECURITY.parameters.items() if one.secret] == ["private_key_password"]


def test_the_path_rule_covers_every_path():
    others = {"crl_directory", "oem_ca_bundle", "private_key_password", "certificate_root", "store_watch_s"}
    assert {*CA_PARAMETERS, *LEAF_PARAMETERS, *others} == EVSE_SECURITY.parameters.keys()

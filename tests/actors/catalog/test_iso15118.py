"""Rows M7.1 to M7.5, S2.8."""

import pytest

from actors.catalog import CATALOG

EVIDENCE = {"evidence_path": "", "evidence_keep": 50, "evidence_max_mb": 16}
"""Ours: no row has them."""


def defaults(name):
    """What the rows say; our own parameters, which each of these modules has, are taken off."""
    found = {key: one.default for key, one in CATALOG[name].parameters.items()}
    assert {key: found.pop(key) for key in EVIDENCE} == EVIDENCE
    return found


def test_evse_v2g_has_the_parameters_and_defaults_of_its_rows():
    assert defaults("EvseV2G") == {
        "device": "eth0",
        "supported_DIN70121": True,
        "supported_ISO15118_2": True,
        "supported_ISO15118_20": False,  # ours
        "enable_sdp_server": True,
        "tls_security": "allow",
        "tls_timeout": 15000,
        "tls_key_logging": False,
        "tls_key_logging_path": "/tmp",
        "verify_contract_cert_chain": False,
        "auth_timeout_pnc": 55,
        "auth_timeout_eim": 300,
        "terminate_connection_on_failed_response": False,
    }


def test_evse_15118_d20_has_the_parameters_and_defaults_of_its_row():
    assert defaults("Evse15118D20") == {
        "device": "eth0",
        "supported_DIN70121": False,
        "supported_ISO15118_2": False,
        "supported_ISO15118_20": True,
        "auth_timeout_pnc": 55,
        "auth_timeout_eim": 300,
        "logging_path": ".",
        "tls_negotiation_strategy": "ACCEPT_CLIENT_OFFER",
        "enforce_tls_1_3": False,
        "enable_ssl_logging": False,
        "enable_tls_key_logging": False,
        "tls_key_logging_path": "/tmp",
        "enable_sdp_server": True,
        "supported_dynamic_mode": True,
        "supported_scheduled_mode": False,
        "supported_mobility_needs_mode_provided_by_secc": False,
        "custom_protocol_namespace": "",
        "negative_bidirectional_limits": False,
    }


def test_iso_mux_has_the_parameters_and_defaults_of_its_row():
    assert defaults("IsoMux") == {
        "device": "eth0",
        "tls_security": "allow",
        "tls_key_logging": False,
        "tls_key_logging_path": "/tmp",
        "tls_timeout": 15000,
        "proxy_port_iso2": 61341,
        "proxy_port_iso20": 50000,
        "proxy_device": "",
    }


@pytest.mark.parametrize("name", ["EvseV2G", "Evse15118D20", "IsoMux"])
def test_an_iso_15118_module_needs_security_and_provides_charger_and_extensions(name):
    manifest = CATALOG[name]

    assert manifest.requires["security"].minimum == 1  # S2.8
    assert {key: one.interface for key, one in manifest.provides.items()} == {
        "charger": "ISO15118_charger",
        "extensions": "iso15118_extensions",
    }


def test_iso_mux_is_connected_to_both_protocols():
    assert {"iso2", "iso20", "ext2", "ext20"} <= CATALOG["IsoMux"].requires.keys()

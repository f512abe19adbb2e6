"""Rows M7.1 to M7.4."""

import pytest

from actors.catalog import CATALOG
from actors.v2g.parameters import editions_of, settings_of
from actors.v2g.secc.settings import Settings
from certs.tls import Edition


def of(name, **given):
    """The parameters of a module with its defaults."""
    return {key: one.default for key, one in CATALOG[name].parameters.items()} | given


def spoken(name, **given):
    settings = settings_of(of(name, **given))
    return settings.din70121, settings.iso15118_2, settings.iso15118_20


@pytest.mark.parametrize(
    ("name", "protocols"), [("EvseV2G", (True, True, False)), ("Evse15118D20", (False, False, True))]
)
def test_a_module_speaks_what_everest_has_it_speak(name, protocols):
    assert spoken(name) == protocols


@pytest.mark.parametrize("name", ["EvseV2G", "Evse15118D20"])
def test_each_protocol_has_a_switch_in_both_modules(name):
    switches = ("supported_DIN70121", "supported_ISO15118_2", "supported_ISO15118_20")

    for number, switch in enumerate(switches):
        only = dict.fromkeys(switches, False) | {switch: True}
        assert spoken(name, **only) == tuple(number == each for each in range(3))


def test_the_newer_protocol_is_offered_as_its_module_says():
    given = {
        "supported_dynamic_mode": False,
        "supported_scheduled_mode": True,
        "supported_mobility_needs_mode_provided_by_secc": True,
        "custom_protocol_namespace": "urn:custom",
        "negative_bidirectional_limits": True,
        "auth_timeout_eim": 20,
    }

    assert settings_of(of("Evse15118D20", **given)) == Settings(
        din70121=False,
        iso15118_2=False,
        auth_timeout_eim_s=20,
        dynamic_mode=False,
        scheduled_mode=True,
        mobility_needs_from_station=True,
        custom_protocol_namespace="urn:custom",
        negative_bidirectional_limits=True,
    )


@pytest.mark.parametrize(
    ("name", "given", "editions"),
    [
        ("EvseV2G", {}, {Edition.ISO2}),
        ("EvseV2G", {"supported_ISO15118_20": True}, {Edition.ISO2, Edition.ISO20}),
        ("Evse15118D20", {}, {Edition.ISO2, Edition.ISO20}),
        ("Evse15118D20", {"enforce_tls_1_3": True}, {Edition.ISO2, Edition.ISO20}),
        (
            "Evse15118D20",
            {"enforce_tls_1_3": True, "tls_negotiation_strategy": "ENFORCE_TLS"},
            {Edition.ISO20},
        ),
    ],
)
def test_the_versions_of_tls_follow_from_the_parameters(name, given, editions):
    assert editions_of(of(name, **given)) == editions

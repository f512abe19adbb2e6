"""Profiles as components: what they show and what a value that is set means (OCPP 2.1, B09.FR.10)."""

import pytest

from actors.ocpp.device_model.component import Mutability
from actors.ocpp.device_model.names import VariableName
from actors.ocpp.device_model.network_configuration import (
    ABSENT,
    PARTS,
    name_of,
    network_configuration,
    parsed,
    shown,
)
from protocols.types.ocpp import AttributeEnum

REQUIRED = {  # appendix of OCPP 2.1, dm_components_vars
    "OcppCsmsUrl",
    "OcppInterface",
    "OcppTransport",
    "OcppVersion",
    "MessageTimeout",
    "SecurityProfile",
    "BasicAuthPassword",
    "ApnEnabled",
    "VpnEnabled",
}


def test_a_component_has_what_the_standard_wants_of_it():
    made = network_configuration(2)

    assert str(made.name) == "NetworkConfiguration[2]"
    assert made.name == name_of(2)
    assert {each.name for each in made.variables} >= REQUIRED
    assert {each.name for each in made.variables} == {*PARTS, *ABSENT}


def test_a_password_can_be_written_only():
    made = network_configuration(1).variables[VariableName("BasicAuthPassword")]

    assert made.attributes[AttributeEnum.ACTUAL].mutability is Mutability.WRITE_ONLY
    assert not made.characteristics.supports_monitoring


@pytest.mark.parametrize(
    ("variable", "data", "text"),
    [
        ("OcppCsmsUrl", {"ocppCsmsUrl": "ws://x"}, "ws://x"),
        ("OcppCsmsUrl", {}, ""),
        ("OcppCsmsUrl", {"ocppCsmsUrl": 7}, None),
        ("OcppInterface", {"ocppInterface": "Wired0"}, "Wired0"),
        ("OcppInterface", {}, None),
        ("SecurityProfile", {"securityProfile": 0}, "0"),
        ("SecurityProfile", {"securityProfile": True}, None),
        ("SecurityProfile", {}, None),
    ],
)
def test_a_profile_is_shown_as_far_as_it_goes(variable, data, text):
    assert shown(data, PARTS[variable]) == text


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [("MessageTimeout", "30", 30), ("Identity", "cp", "cp"), ("Identity", "", None)],
)
def test_a_text_becomes_the_value_of_a_profile(variable, text, value):
    assert parsed(text, PARTS[variable]) == value

import json

import pytest

from actors.ocpp.device_model import variables
from actors.ocpp.device_model.discretion import discreet
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.device_model.reports import row_of, wire
from tests.support.device_model import shipped

PROFILES = variables.NETWORK_PROFILES.at()
SECRET = "Tr0ub4dor&3"


@pytest.mark.parametrize(
    ("data", "left"),
    [
        ({"ocppCsmsUrl": "ws://x", "basicAuthPassword": SECRET}, {"ocppCsmsUrl": "ws://x"}),
        ({"apn": {"apn": "a", "apnPassword": SECRET, "simPin": SECRET}}, {"apn": {"apn": "a"}}),
        ({"vpn": [{"user": "u", "password": SECRET, "key": SECRET}]}, {"vpn": [{"user": "u"}]}),
    ],
)
def test_profiles_are_shown_without_their_secrets(data, left):
    text = json.dumps([{"configurationSlot": 1, "connectionData": data}])

    shown = discreet(PROFILES, text)

    assert SECRET not in shown
    assert json.loads(shown) == [{"configurationSlot": 1, "connectionData": left}]


@pytest.mark.parametrize("text", [f"[{SECRET}", "[" * 100_000])
def test_what_should_be_json_and_is_not_is_not_shown(text):
    assert discreet(PROFILES, text) == ""


@pytest.mark.parametrize(
    ("place", "value"), [(PROFILES, ""), (variables.IDENTITY.at(), '{"password": "of a strange identity"}')]
)
def test_other_values_are_shown_as_they_are(place, value):
    assert discreet(place, value) == value


def test_a_report_tells_profiles_without_their_passwords():
    model = shipped()
    rows = [{"configurationSlot": 1, "connectionData": {"basicAuthPassword": SECRET}}]
    assert model.put(variables.NETWORK_PROFILES, json.dumps(rows)).done

    row = row_of(model, PROFILES)

    assert row is not None
    assert SECRET not in str(wire(row))
    assert SECRET in (model.value(AttributeName(*PROFILES)) or "")

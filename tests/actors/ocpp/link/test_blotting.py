import json

import pytest

from actors.ocpp.link.blotting import MAX_SHOWN, shown, shown_garbage
from protocols.ocpp.frames import Call, CallResult

SECRET = "Tr0ub4dor&3"


def variable(name, value=SECRET):
    return {"component": {"name": "X"}, "variable": {"name": name}, "attributeValue": value}


def seen(action, payload):
    frame = Call("1", action, payload)
    return shown(frame, json.dumps([2, "1", action, payload]))


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("SetVariables", {"setVariableData": [variable("Harmless", "1"), variable("BasicAuthPassword")]}),
        ("SetVariables", {"setVariableData": [variable("VpnKey"), variable("apnpassword")]}),
        ("SetVariables", {"setVariableData": [variable("NetworkConnectionProfiles", f"[{SECRET}]")]}),
        ("SetVariables", {"setVariableData": [{"attributeValue": SECRET}]}),
        ("SetVariables", {"setVariableData": [{"variable": {"name": 7}, "attributeValue": SECRET}]}),
        ("SetVariables", {"setVariableData": [SECRET]}),
        ("SetVariables", {"setVariableData": SECRET}),
        ("SetVariables", {"other": {"attributeValue": SECRET}}),
        ("SetNetworkProfile", {"connectionData": {"basicAuthPassword": SECRET}}),
        ("SetNetworkProfile", {"connectionData": {"apn": {"apnPassword": SECRET, "simPin": SECRET}}}),
        ("SetNetworkProfile", {"connectionData": {"vpn": {"key": SECRET}}}),
        ("SetNetworkProfile", {"connectionData": [{"vpn": {"password": [SECRET]}}]}),
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}),
        ("ChangeConfiguration", {"value": SECRET}),
    ],
)
def test_no_secret_of_a_frame_is_shown(action, payload):
    assert SECRET not in seen(action, payload)


def test_what_stands_beside_a_secret_is_shown():
    data = {"setVariableData": [variable("Interval", "77"), variable("BasicAuthPassword")]}

    text = seen("SetVariables", data)

    assert json.loads(text)[3]["setVariableData"][0] == variable("Interval", "77")
    assert json.loads(text)[3]["setVariableData"][1]["attributeValue"] == "***"


def test_what_stands_beside_a_secret_at_any_depth_is_shown():
    text = seen("SetNetworkProfile", {"connectionData": {"messageTimeout": 30, "vpn": {"key": SECRET}}})

    assert json.loads(text)[3] == {"connectionData": {"messageTimeout": 30, "vpn": {"key": "***"}}}


def test_a_harmless_key_of_the_old_version_is_shown():
    assert '"value":"900"' in seen("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "900"})


@pytest.mark.parametrize("frame", [Call("1", "Heartbeat", {}), CallResult("1", {})])
def test_other_frames_are_shown_as_they_are(frame):
    assert shown(frame, "as it was") == "as it was"


def test_of_garbage_no_payload_is_shown():
    text = shown_garbage('[2,"1","SetVariables",{"value":"' + SECRET)

    assert text.startswith('[2,"1","SetVariables",...')
    assert SECRET not in text


def test_of_much_garbage_little_is_shown_and_can_be_printed():
    text = shown_garbage("\x1b[2Jß" + "a" * 10_000)

    assert len(text) < MAX_SHOWN * 2
    assert text.isascii()
    assert "10005 characters" in text


@pytest.mark.parametrize("action", ["GetLog", "UpdateFirmware"])
def test_the_login_of_an_address_is_never_shown(action):
    told = seen(action, {"log": {"remoteLocation": "ftps://user:pa:ss@word@logs.example/in"}})
    assert "ftps://***@logs.example/in" in told
    assert not any(secret in told for secret in ("user", "pa:ss", "word"))

"""Whether a station may connect, who it is, and in which version it is spoken to."""

import base64

import pytest

from actors.simulation.csms.door import Knock, admit, identity_of, new_password
from actors.simulation.csms.script import Fault, FaultKind, Script
from protocols.ocpp.version import Version

KNOWN = {"stations": {"known": {"cp-1": {"password": "secret"}, "cp-2": {}}}}


def basic(name="cp-1", password=b"secret"):
    return "Basic " + base64.b64encode(name.encode() + b":" + password).decode()


def answer(script=None, fault=None, passwords=None, **knock):
    knock = {"path": "/ocpp/cp-1", "offered": ["ocpp2.1", "ocpp1.6"], **knock}
    plan = Script.model_validate(script or {})
    made = Fault.model_validate({"kind": fault[0], **fault[1]}) if fault else None
    return admit(plan, passwords or {}, Knock(**knock), made)


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/cp-1", "cp-1"),
        ("/a/b/cp%201", "cp 1"),
        ("/cp-1?x=/y", "cp-1"),
        ("/", None),
        ("", None),
        ("/a:b", None),
        ("/%00", None),
        ("/%1b[2J", None),
        ("/" + "x" * 48, "x" * 48),
        ("/" + "x" * 49, None),
        ("/\udcff", None),
    ],
)
def test_the_identity_is_the_end_of_the_path(path, identity):
    assert identity_of(path) == identity


def test_a_path_without_identity_is_not_found():
    assert answer(path="/").status == 404


@pytest.mark.parametrize(
    ("versions", "offered", "chosen"),
    [
        (None, ["ocpp1.6", "ocpp2.1"], "ocpp2.1"),
        (["ocpp1.6", "ocpp2.1"], ["ocpp2.1", "ocpp1.6"], "ocpp1.6"),
        (["ocpp2.0.1"], ["ocpp2.1", "ocpp2.0.1"], "ocpp2.0.1"),
    ],
)
def test_the_favourite_of_the_back_end_is_chosen(versions, offered, chosen):
    given = answer({"versions": versions} if versions else {}, offered=offered)

    assert given.granted
    assert (given.subprotocol, given.version.value) == (chosen, chosen)


@pytest.mark.parametrize("offered", [[], ["ocpp1.5"], ["OCPP2.1"]])
def test_without_a_common_version_there_is_no_connection(offered):
    assert answer(offered=offered).status == 400


@pytest.mark.parametrize(
    ("unknown", "path", "status", "close"),
    [
        ("accept", "/cp-9", 101, None),
        ("refuse", "/cp-9", 404, None),
        ("refuse", "/cp-2", 101, None),
        ("close", "/cp-9", 101, 1008),
        ("close", "/cp-2", 101, None),
    ],
)
def test_who_is_not_listed_is_treated_as_the_script_says(unknown, path, status, close):
    script = {"stations": {**KNOWN["stations"], "unknown": unknown}}

    given = answer(script, path=path)

    assert (given.status, given.close) == (status, close)


@pytest.mark.parametrize(
    ("profile", "authorization", "status"),
    [
        (1, basic(), 101),
        (2, basic(), 101),
        (1, basic(password=b"wrong"), 401),
        (2, basic(password=b""), 401),
        (1, basic("cp-2"), 401),
        (1, None, 401),
        (2, "Bearer x", 401),
        (1, "Basic no base64", 401),
        (1, "Basic \udcff\u00e4", 401),
        (1, "Basic " + base64.b64encode(b"no colon").decode(), 401),
        (1, basic().replace("Basic", "bAsIc"), 101),
        (0, None, 101),
        (0, basic(password=b"wrong"), 101),
        (3, basic(password=b"wrong"), 101),
        (None, None, 101),
        (None, basic(), 101),
        (None, basic(password=b"wrong"), 401),
    ],
)
def test_credentials_count_where_the_profile_wants_them(profile, authorization, status):
    assert answer(KNOWN, security_profile=profile, authorization=authorization).status == status


def test_without_a_password_in_the_script_any_will_do():
    given = answer(KNOWN, path="/cp-2", security_profile=1, authorization=basic("cp-2", b"whatever"))

    assert given.granted


def test_a_password_set_at_run_time_counts_beside_the_old_one():
    passwords = {"cp-1": frozenset({b"newer", b"newest"})}

    def status(password):
        return answer(
            KNOWN, passwords=passwords, security_profile=1, authorization=basic(password=password)
        ).status

    assert [status(each) for each in (b"secret", b"newer", b"newest", b"other")] == [101, 101, 101, 401]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ((FaultKind.REFUSE, {"status": 503}), (503, None, 0)),
        ((FaultKind.HANG, {"seconds": 9}), (101, "ocpp2.1", 9)),
        ((FaultKind.NO_SUBPROTOCOL, {}), (101, None, 0)),
    ],
)
def test_a_fault_spoils_the_upgrade(fault, expected):
    given = answer(fault=fault)

    assert (given.status, given.subprotocol, given.hold_s) == expected


def test_without_subprotocol_even_a_foreign_version_comes_in():
    given = answer(fault=(FaultKind.NO_SUBPROTOCOL, {}), offered=["other"])

    assert (given.granted, given.version) == (True, Version.V21)


def variables(name="BasicAuthPassword", status="Accepted"):
    data = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": name}, "attributeValue": "pw"}
    other = {"component": {"name": "X"}, "variable": {"name": "Y"}, "attributeValue": "z"}
    results = [{"attributeStatus": "Accepted"}, {"attributeStatus": status}]
    return {"setVariableData": [other, data]}, {"setVariableResult": results}


@pytest.mark.parametrize(
    ("name", "status", "password"),
    [
        ("BasicAuthPassword", "Accepted", b"pw"),
        ("BasicAuthPassword", "RebootRequired", b"pw"),
        ("BasicAuthPassword", "Rejected", None),
        ("Other", "Accepted", None),
    ],
)
def test_a_password_that_a_call_sets_is_noticed(name, status, password):
    payload, told = variables(name, status)

    assert new_password(Version.V21, "SetVariables", payload, told) == password
    assert new_password(Version.V21, "GetVariables", payload, told) is None


@pytest.mark.parametrize(
    ("key", "value", "status", "password"),
    [
        ("AuthorizationKey", "6869", "Accepted", b"hi"),
        ("AuthorizationKey", "plain", "RebootRequired", b"plain"),
        ("AuthorizationKey", "6869", "Rejected", None),
        ("HeartbeatInterval", "6869", "Accepted", None),
    ],
)
def test_the_old_version_writes_its_key_in_hexadecimal(key, value, status, password):
    payload, told = {"key": key, "value": value}, {"status": status}

    assert new_password(Version.V16, "ChangeConfiguration", payload, told) == password

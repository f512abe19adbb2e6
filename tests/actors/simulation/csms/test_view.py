"""A line for people for each entry: short, safe for a terminal, and coloured by what it means."""

import json

import pytest

from actors.simulation.csms.record import GOOD, Entry, Kind
from actors.simulation.csms.view import STYLES, line, summary
from protocols.ocpp import schemas
from protocols.ocpp.version import Version
from tests.support.certificates import NOW
from tests.support.csms_stage import BOOT, event
from tests.support.ocpp_samples import sample

VARIABLE = {"component": {"name": "C"}, "variable": {"name": "V"}}
SET = {**VARIABLE, "attributeStatus": "Accepted"}
PROBLEM = {
    "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
    "variable": {"name": "Problem", "instance": "x"},
    "actualValue": "true",
    "trigger": "Alerting",
    "cleared": True,
}
GOT = "C.V= Accepted"
METERED = [{"sampledValue": [{"value": 6}, {"value": 7}]}]


def frame(parts, action="Heartbeat", direction="in", verdict=GOOD, **more):
    text = parts if isinstance(parts, str) else json.dumps(parts)
    return line(
        Entry(
            at=NOW, kind=Kind.FRAME, station="cp-1", direction=direction, action=action, frame=text,
            verdict=verdict, **more,
        )
    )  # fmt: skip


def test_a_call_is_shown_with_its_direction_and_fields():
    shown = frame([2, "1", "Heartbeat", {"a": 1, "b": [1, 2], "c": {"x": 1, "y": [], "z": "t"}}])

    assert (shown.arrow, shown.style) == ("->", "cyan")
    assert shown.text == "a=1 b=2 of them c=1/t"
    assert str(shown) == "12:00:00.000  cp-1         -> Heartbeat                  a=1 b=2 of them c=1/t"


def test_an_answer_of_ours_is_green():
    shown = frame([3, "1", {"status": "Accepted"}], direction="out")

    assert (shown.arrow, shown.style, shown.text) == ("<-", "green", "= status=Accepted")


def test_an_error_is_bad_news():
    shown = frame([4, "1", "InternalError", "sorry", {}])

    assert (shown.style, shown.text) == ("bold red", "= InternalError sorry")


def test_what_nobody_answers_is_shown_as_a_call():
    assert frame([6, "1", "NotifyPeriodicEventStream", {"id": 3}]).text == "id=3"


def test_a_frame_that_is_wrong_says_why():
    shown = frame("{", action=None, verdict="FormatViolation", text="no JSON")

    assert (shown.action, shown.style, shown.text) == ("?", "bold red", "FormatViolation: no JSON")


def test_a_fault_of_ours_is_told_before_the_frame():
    shown = frame([3, "1", {}], direction="out", fault="delay")

    assert (shown.style, shown.text) == ("magenta", "[delay] = received")


@pytest.mark.parametrize("kind", sorted(STYLES))
def test_every_kind_has_a_line_in_its_style(kind):
    if kind is Kind.FRAME:
        return
    shown = line(
        Entry(at=NOW, kind=kind, station="cp-1", version="ocpp2.1", action="Reset", fault="drop", text="why")
    )

    expected = "drop Reset why"
    assert shown.text == (f"ocpp2.1 {expected}" if kind is Kind.CONNECTED else expected)
    assert (shown.action, shown.style) == (kind.value, STYLES[kind])


@pytest.mark.parametrize("where", ["station", "action", "text"])
def test_nothing_from_a_station_steers_the_terminal(where):
    evil = "\x1b[2J\r\n\x07\u202e" + "x" * 500

    shown = frame(
        [2, "1", "A", {"a": evil}], action=evil if where == "action" else "A", verdict="X", text=evil
    )

    assert str(shown).isprintable()
    assert len(str(shown)) < 320


@pytest.mark.parametrize(
    ("action", "payload", "words"),
    [
        ("BootNotification", BOOT, "PowerUp evsite SIL"),
        ("BootNotification", {"status": "Accepted"}, "status=Accepted"),
        (
            "TransactionEvent",
            event("Ended", 4, offline=True, evse={"id": 2}),
            "Ended #4 CablePluggedIn evse 2 offline tx-1",
        ),
        ("TransactionEvent", {"totalCost": 3}, "totalCost=3"),
        (
            "StatusNotification",
            {"evseId": 1, "connectorId": 2, "connectorStatus": "Occupied"},
            "evse 1 connector 2 Occupied",
        ),
        ("StatusNotification", {"connectorId": 2}, "connectorId=2"),
        ("Authorize", {"idToken": {"idToken": "AA", "type": "Local"}}, "Local AA"),
        (
            "Authorize",
            {"idToken": {"idToken": "AA", "type": "eMAID"}, "certificate": "x"},
            "eMAID AA with certificate",
        ),
        (
            "Authorize",
            {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"},
            "Accepted Accepted",
        ),
        ("Authorize", {"idTagInfo": {"status": "Blocked"}}, "Blocked"),
        ("Authorize", {"idTag": "AA"}, "idTag=AA"),
        ("BootNotification", {"interval": 3, "status": "Pending"}, "status=Pending interval=3"),
        ("Other", {"timestamp": 1, "a": 2, "status": 3}, "status=3 a=2 timestamp=1"),
        ("GetVariables", {"getVariableData": [VARIABLE]}, "C.V"),
        ("SetVariables", {"setVariableData": [{**VARIABLE, "attributeValue": "3"}]}, "C.V=3"),
        ("SetVariables", {"setVariableResult": [SET]}, "C.V Accepted"),
        (
            "GetVariables",
            {"getVariableResult": [{**SET, "attributeValue": ""}] * 5},
            f"{GOT}, {GOT}, {GOT} and 2 more",
        ),
        ("GetVariables", {}, ""),
        (
            "NotifyEvent",
            {
                "eventData": [
                    {**PROBLEM, "cleared": True},
                    {**VARIABLE, "actualValue": "7", "trigger": "Delta"},
                ]
            },
            "Connector@1:2.Problem[x]=true Alerting cleared, C.V=7 Delta",
        ),
        ("NotifyEvent", {}, ""),
        (
            "NotifyReport",
            {"requestId": 1, "seqNo": 2, "tbc": True, "reportData": [VARIABLE] * 5},
            "#2 of report 1: C.V, C.V, C.V and 2 more",
        ),
        ("NotifyReport", {"requestId": 1, "seqNo": 3}, "#3 of report 1, the last"),
        ("NotifyReport", {}, ""),
        ("Other", {"on": True}, "on=true"),
        ("SignCertificate", {"csr": "-----BEGIN\nAAAA\n"}, "csr=16 characters"),
        ("MeterValues", {}, ""),
        ("MeterValues", {"evseId": 1, "meterValue": METERED}, "evse 1: 2 values 7 Wh"),
        ("MeterValues", {"connectorId": 2, "meterValue": [{"sampledValue": []}]}, "connector 2: 0 values"),
        ("TransactionEvent", event("Updated", 1, 1500), "Updated #1 CablePluggedIn 1500 Wh tx-1"),
        ("Other", {"long": "y" * 50}, "long=" + "y" * 37 + "..."),
        ("Other", {str(number): number for number in range(9)}, "0=0 1=1 2=2 3=3 4=4 5=5"),
    ],
)
def test_an_action_has_words_of_its_own(action, payload, words):
    assert summary(action, payload) == words


def test_a_transaction_tells_state_reason_and_token():
    payload = event("Ended", 9, idToken={"idToken": "AA", "type": "Local"})
    payload["transactionInfo"] |= {"chargingState": "EVConnected", "stoppedReason": "Local"}

    assert summary("TransactionEvent", payload) == "Ended #9 CablePluggedIn EVConnected Local AA tx-1"


@pytest.mark.parametrize("version", Version, ids=str)
def test_every_message_of_every_version_has_a_line(version):
    for number, action in enumerate(sorted(schemas.actions(version))):
        payload = sample(version, action, full=True, wild=number)

        assert str(frame([2, "1", action, payload], action=action)).isprintable()

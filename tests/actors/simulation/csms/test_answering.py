"""Calls of stations: our own answer, the script's, and what faults make of either."""

import json

import pytest

from actors.simulation.csms import answering as module
from actors.simulation.csms.answering import merged
from actors.simulation.csms.effects import Close, Cut
from actors.simulation.csms.record import Kind
from protocols.ocpp.times import text_of
from protocols.ocpp.version import Version
from tests.support.certificates import NOW
from tests.support.csms_stage import BOOT, Stage, event


def begun(**script):
    stage = Stage(script)
    return stage, stage.connect()


def heartbeat(stage, number, message_id=None):
    return stage.call(number, "Heartbeat", {}, message_id)


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        ({"merge": {"interval": 7}}, [7, 7, 7]),
        ({"merge": {"interval": 7}, "times": 1}, [7, 300, 300]),
        ({"merge": {"interval": 7}, "after": 2}, [300, 300, 7]),
        ({"merge": {"interval": 7}, "where": {"reason": "PowerUp"}}, [7, 7, 7]),
        ({"merge": {"interval": 7}, "where": {"reason": "Watchdog"}}, [300, 300, 300]),
        ({"merge": {"interval": 7}, "station": "cp-2"}, [300, 300, 300]),
        ({"merge": {"interval": 7}, "version": "ocpp1.6"}, [300, 300, 300]),
    ],
)
def test_an_answer_is_changed_when_its_rule_is_due(rule, answers):
    stage, number = begun(answers=[{"action": "BootNotification", **rule}])

    given = [stage.call(number, "BootNotification", BOOT)[0][2]["interval"] for _ in range(3)]

    assert given == answers


def test_the_first_rule_that_is_due_counts():
    stage, number = begun(
        answers=[
            {"action": "Heartbeat", "payload": {"currentTime": "${now+60}"}, "times": 1},
            {"action": "Heartbeat", "merge": {"customData": {"vendorId": "${station}"}}},
        ]
    )

    ((_, _, first),), ((_, _, second),) = heartbeat(stage, number), heartbeat(stage, number)

    assert first == {"currentTime": text_of(NOW.replace(minute=NOW.minute + 1))}
    assert second["customData"] == {"vendorId": "cp-1"}


def test_a_rule_that_cannot_be_filled_leaves_our_own_answer():
    stage, number = begun(answers=[{"action": "Heartbeat", "merge": {"currentTime": "${transaction}"}}])

    ((_, _, given),) = heartbeat(stage, number)

    assert given == {"currentTime": text_of(NOW)}
    assert stage.texts(Kind.FAILED) == ["the answer to Heartbeat: nothing is known for ${transaction}"]


def test_a_running_transaction_fills_the_answer():
    merge = {"customData": {"vendorId": "${transaction} at ${evse}"}}
    stage, number = begun(answers=[{"action": "Heartbeat", "merge": merge}])
    stage.call(number, "TransactionEvent", event(evse={"id": 3}))

    assert heartbeat(stage, number)[0][2]["customData"] == {"vendorId": "tx-1 at 3"}


def test_an_answer_that_breaks_its_schema_is_written_down_as_ours():
    stage, number = begun(answers=[{"action": "Heartbeat", "payload": {"x": []}}])

    ((_, _, given),) = heartbeat(stage, number)

    assert given == {"x": []}
    assert stage.entries[-1].verdict != "good"
    assert stage.backend.good()


def test_a_status_of_any_kind_does_no_harm():
    stage, number = begun(answers=[{"action": "Heartbeat", "payload": {"status": [{}]}}])

    assert heartbeat(stage, number)[0][2] == {"status": [{}]}


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({}, {"a": {"b": 1}, "c": 2}),
        ({"c": 3}, {"a": {"b": 1}, "c": 3}),
        ({"c": None}, {"a": {"b": 1}}),
        ({"z": None}, {"a": {"b": 1}, "c": 2}),
        ({"a": {"d": 4}}, {"a": {"b": 1, "d": 4}, "c": 2}),
        ({"a": {"b": None}}, {"a": {}, "c": 2}),
        ({"c": {"d": 4}}, {"a": {"b": 1}, "c": {"d": 4}}),
    ],
)
def test_one_payload_is_laid_over_another(over, expected):
    base = {"a": {"b": 1}, "c": 2}

    assert merged(base, over) == expected
    assert base == {"a": {"b": 1}, "c": 2}


def test_a_fault_strikes_the_message_it_names():
    stage, number = begun(faults=[{"kind": "drop", "action": "Heartbeat", "times": 1}])

    assert stage.call(number, "BootNotification", BOOT)[0][0] == 3
    assert heartbeat(stage, number) == [Cut(number)]
    assert [(entry.fault, entry.action) for entry in stage.entries if entry.kind is Kind.FAULT] == [
        ("drop", "Heartbeat")
    ]


def test_a_frame_sent_by_a_fault_says_so():
    stage, number = begun(faults=[{"kind": "duplicate", "action": "Heartbeat"}])

    assert len(heartbeat(stage, number)) == 2
    assert [entry.fault for entry in stage.entries if entry.direction == "out"] == ["duplicate", "duplicate"]


def test_a_delayed_answer_comes_in_its_time():
    stage, number = begun(faults=[{"kind": "delay", "action": "Heartbeat", "seconds": 5}])

    assert heartbeat(stage, number, "m") == []
    assert stage.wait(4) == []
    assert stage.wait(1) == [[3, "m", {"currentTime": text_of(NOW)}]]


def test_a_delayed_answer_is_forgotten_with_its_connection():
    stage, number = begun(faults=[{"kind": "delay", "seconds": 5}])
    heartbeat(stage, number)
    stage.close(number)

    assert stage.wait(5) == []


def test_a_station_cannot_heap_up_delayed_answers(monkeypatch):
    monkeypatch.setattr(module, "MAX_LATE", 2)
    stage, number = begun(faults=[{"kind": "delay", "seconds": 5, "action": "Heartbeat"}])

    assert [heartbeat(stage, number) for _ in range(2)] == [[], []]
    assert heartbeat(stage, number) == [Close(number, 1008, "too many calls")]


def test_answers_in_time_are_never_too_many(monkeypatch):
    monkeypatch.setattr(module, "MAX_LATE", 2)
    stage, number = begun()

    assert all(heartbeat(stage, number)[0][0] == 3 for _ in range(5))


def test_a_second_call_before_the_answer_is_a_problem():
    stage, number = begun(scenes=[])
    stage.backend.hub.conversations[number].asked["m0"] = "Authorize"

    heartbeat(stage, number)

    assert stage.texts(Kind.PROBLEM) == ["a call while Authorize is not answered yet"]


def test_who_waits_in_vain_may_call_again():
    stage, number = begun(faults=[{"kind": "silence", "times": 1}])
    heartbeat(stage, number, "m1")

    heartbeat(stage, number, "m2")

    assert stage.texts(Kind.PROBLEM) == []


def test_a_refused_call_can_be_spoilt_too():
    stage, number = begun(faults=[{"kind": "wrong_id", "action": "Heartbeat"}])

    ((kind, message_id, code, *_),) = stage.call(number, "Heartbeat", {"surplus": 1})

    assert (kind, message_id, code) == (4, "wrong-1", "FormatViolation")


@pytest.mark.parametrize("version", Version, ids=str)
def test_an_unknown_action_is_not_implemented(version):
    stage = Stage()

    ((kind, _, code, *_),) = stage.call(stage.connect(version=version), "Sing", {})

    assert (kind, code) == (4, "NotImplemented")


def test_what_follows_an_answer_is_asked_of_the_station():
    stage = Stage({"schedule": {"limit_w": 1}})
    number = stage.connect()
    stage.call(number, "TransactionEvent", event(evse={"id": 1}))
    needs = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC"}}

    _, (_, message_id, action, _) = stage.call(number, "NotifyEVChargingNeeds", needs)

    assert action == "SetChargingProfile"
    assert stage.say(number, json.dumps([3, message_id, {"status": "Accepted"}])) == []

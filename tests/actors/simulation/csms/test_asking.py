"""Calls of ours: one at a time, answered, refused, late, or never."""

import json

import pytest

from actors.simulation.csms import asking as module
from actors.simulation.csms.effects import Outcome, Settle
from actors.simulation.csms.record import Kind
from protocols.ocpp.version import Version
from tests.support.csms_stage import Stage


def asked(stage, action="ClearCache", payload=None, ticket=1, station="cp-1"):
    """What is sent, and what is settled at once."""
    stage.backend.ask(station, action, payload or {}, stage.now, ticket=ticket)
    return stage.said()


def begun(version=Version.V21, script=None):
    stage = Stage(script)
    return stage, stage.connect(version=version)


def settled(effects):
    return [effect.outcome for effect in effects if isinstance(effect, Settle)]


def test_an_answer_settles_the_call():
    stage, number = begun()
    ((kind, message_id, action, payload),) = asked(stage)

    (told,) = stage.say(number, json.dumps([3, message_id, {"status": "Accepted"}]))

    assert (kind, action, payload) == (2, "ClearCache", {})
    assert told == Settle(1, Outcome(answered=True, payload={"status": "Accepted"}))


def test_a_second_call_waits_for_the_first():
    stage, number = begun()
    ((_, first, *_),) = asked(stage)

    assert asked(stage, "Reset", {"type": "Immediate"}, ticket=2) == []
    _, (_, _, action, _) = stage.say(number, json.dumps([3, first, {"status": "Accepted"}]))
    assert action == "Reset"


def test_a_refusal_is_told_with_its_code():
    stage, number = begun()
    ((_, message_id, *_),) = asked(stage)

    told = stage.say(number, json.dumps([4, message_id, "NotSupported", "never heard of", {}]))

    assert settled(told) == [Outcome(answered=False, code="NotSupported", description="never heard of")]
    assert stage.backend.good()


@pytest.mark.parametrize(
    ("version", "corrected"), [(Version.V21, True), (Version.V201, False), (Version.V16, False)]
)
def test_an_answer_that_breaks_its_schema_is_invalid(version, corrected):
    stage, number = begun(version)
    ((_, message_id, *_),) = asked(stage)

    told = stage.say(number, json.dumps([3, message_id, {"status": "Perhaps"}]))

    (outcome,) = settled(told)
    assert (outcome.answered, outcome.code) == (False, "Invalid")
    assert [frame[:2] for frame in told if isinstance(frame, list)] == (
        [[5, message_id]] if corrected else []
    )
    assert not stage.backend.good()


def test_an_answer_that_never_comes_is_a_timeout():
    stage, _ = begun(script={"message_timeout_s": 10})
    asked(stage)
    asked(stage, ticket=2)

    assert stage.wait(9) == []
    told, following = stage.wait(1)

    assert told == Settle(1, Outcome(answered=False, code="Timeout"))
    assert following[2] == "ClearCache"
    assert stage.texts(Kind.PROBLEM) == ["no answer to ClearCache within 10 s"]


def test_a_late_answer_settles_nothing():
    stage, number = begun(script={"message_timeout_s": 10})
    ((_, message_id, *_),) = asked(stage)
    stage.wait(10)

    assert stage.say(number, json.dumps([3, message_id, {"status": "Accepted"}])) == []
    assert stage.entries[-1].action == "ClearCache"


def test_an_answer_in_time_stops_the_clock():
    stage, number = begun()
    ((_, message_id, *_),) = asked(stage)
    stage.say(number, json.dumps([3, message_id, {"status": "Accepted"}]))

    stage.wait(100)

    assert stage.texts(Kind.PROBLEM) == []


def test_an_answer_to_nothing_is_a_problem():
    stage, number = begun()

    assert stage.say(number, '[3,"nobody",{}]') == []
    assert stage.entries[-1].verdict == "RpcFrameworkError"


def test_without_a_connection_nothing_is_sent():
    stage = Stage()

    assert settled(asked(stage)) == [
        Outcome(answered=False, code="NotSent", description="the station is not connected")
    ]


def test_only_so_many_calls_wait(monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 1)
    stage, _ = begun()
    asked(stage)
    asked(stage, ticket=2)

    (outcome,) = settled(asked(stage, ticket=3))
    assert (outcome.code, outcome.description) == ("NotSent", "too many calls wait")


def test_a_lost_connection_settles_every_call():
    stage, number = begun()
    asked(stage)
    asked(stage, ticket=2)

    stage.backend.closed(number, "1006", stage.now)

    assert [outcome.code for outcome in settled(stage.said())] == ["Lost", "Lost"]


def test_a_lost_connection_without_calls_settles_nothing():
    stage, number = begun()

    stage.backend.closed(number, "1000", stage.now)

    assert settled(stage.said()) == []


def test_a_call_is_sent_twice_by_a_fault():
    stage, number = begun(script={"faults": [{"kind": "duplicate_call", "action": "ClearCache"}]})

    first, second = asked(stage)
    told = stage.say(number, json.dumps([3, first[1], {"status": "Accepted"}]))
    again = stage.say(number, json.dumps([3, first[1], {"status": "Accepted"}]))

    assert first == second
    assert (len(settled(told)), again) == (1, [])


def test_passwords_that_a_call_sets_add_up():
    stage, number = begun()
    variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    for password in ("first", "second"):
        ((_, message_id, *_),) = asked(
            stage, "SetVariables", {"setVariableData": [{**variable, "attributeValue": password}]}
        )
        stage.say(
            number,
            json.dumps([3, message_id, {"setVariableResult": [{**variable, "attributeStatus": "Accepted"}]}]),
        )

    assert stage.backend._asking.passwords == {"cp-1": frozenset({b"first", b"second"})}

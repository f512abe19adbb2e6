"""One connection: which calls are open, and which message ids have been used."""

import pytest

from actors.simulation.csms import conversation as module
from actors.simulation.csms.conversation import Conversation, Question
from protocols.ocpp.frames import Call
from protocols.ocpp.version import Version
from tests.support.certificates import NOW


def begun():
    return Conversation(number=1, station="cp-1", version=Version.V21, since=NOW, prefix="t-1")


def question(action="Reset"):
    return Question(action=action, payload={}, within_s=1, done=lambda _outcome, _now: None)


def call(message_id="m", action="Heartbeat"):
    return Call(message_id, action, {})


def test_calls_of_ours_take_turns():
    one = begun()
    one.waiting += [question("Reset"), question("ClearCache")]

    first = one.next_call()
    blocked = one.next_call()
    one.settle()
    second = one.next_call()

    assert (first.message_id, first.action, blocked) == ("t-1-1", "Reset", None)
    assert (second.message_id, second.action) == ("t-1-2", "ClearCache")


def test_without_a_question_there_is_no_call():
    assert begun().next_call() is None


def test_the_action_of_a_call_is_known_before_and_after_its_answer():
    one = begun()
    one.waiting.append(question())
    number = one.next_call().message_id

    before = one.action_of(number)
    one.settle()

    assert (before, one.action_of(number), one.action_of("other")) == ("Reset", "Reset", None)


def test_an_id_may_come_again_with_the_same_call():
    one = begun()

    assert [one.problem_of(call(), "text"), one.problem_of(call(), "text")] == [None, None]


def test_an_id_of_another_call_is_a_problem():
    one = begun()
    one.problem_of(call(), "text")

    assert one.problem_of(call(), "other text") == "the message id of another call"


def test_a_second_open_call_is_a_problem():
    one = begun()
    one.asked["m1"] = "Authorize"

    assert one.problem_of(call("m2"), "text") == "a call while Authorize is not answered yet"
    assert one.problem_of(call("m1"), "text") is None


def test_only_so_many_ids_are_remembered(monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED", 2)
    one = begun()
    for number in range(3):
        one.problem_of(call(f"m{number}"), "text")

    assert one.problem_of(call("m0"), "other") is None
    assert one.problem_of(call("m2"), "other") is not None


def test_nothing_is_settled_while_nothing_is_open():
    with pytest.raises(AssertionError):
        begun().settle()

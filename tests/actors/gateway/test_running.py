"""The steps of methods, driven by a hub."""

import json

import pytest

from actors.gateway.budget import Limits
from actors.gateway.effects import AskActor, Note, Signal
from protocols.interfaces import kvs
from protocols.message import Failure, FailureReason, Reply
from tests.support.gateway import Desk, request


@pytest.fixture
def desk():
    desk = Desk()
    desk.open()
    return desk


def test_a_method_without_steps_is_answered_at_once(desk):
    assert desk.call("echo", value=[1, {"a": None}]) == [1, {"a": None}]


def test_an_ask_is_answered_with_the_reply(desk):
    assert desk.call("ask") is None
    (asked,) = [each for each in desk.effects if isinstance(each, AskActor)]
    assert (asked.name, asked.command, asked.deadline_s) == ("store/main", kvs.Load(key="a"), 5.0)
    desk.reply(kvs.LoadReply(value="b"))
    assert desk.answer() == "LoadReply(value='b')"


def test_a_failure_of_an_actor_is_told_with_its_reason(desk):
    desk.call("ask")
    desk.reply(Failure(reason=FailureReason.CRASHED, detail="died"))
    assert desk.answer()["data"] == {"reason": "Crashed", "detail": "died"}


def test_several_asks_wait_for_each_other_and_keep_their_order(desk):
    desk.call("ask.all")
    desk.reply(Reply(), "b")
    assert desk.answer() is None
    desk.reply(Failure(reason=FailureReason.TIMEOUT, detail=""), "a")
    assert desk.answer() == ["Failure", "Reply"]


def test_a_reply_counts_once(desk):
    desk.call("ask")
    desk.reply(Reply())
    assert desk.reply(Reply()) == []
    assert desk.hub.replied(999, Reply(), desk.now) == []


def test_a_sleep_takes_its_time(desk):
    desk.call("sleep")
    assert desk.hub.next_s == 2.0
    desk.wait(1.9)
    assert desk.answer() is None
    desk.wait(0.1)
    assert desk.answer() == 2.0
    assert desk.hub.next_s is None


def test_a_picture_is_looked_at_until_it_is_so(desk):
    desk.call("until", value="car")
    desk.look()
    assert desk.answer() is None
    desk.picture.append("car")
    desk.look()
    assert desk.answer() is True
    assert desk.hub.next_s is None
    assert desk.call("until", value="car") is True


def test_who_is_closed_for_an_answer_gets_no_other_one():
    """A look answers many at once, and the first answer may be one too many for its caller."""
    # given
    desk = Desk(limits=Limits(queued_bytes=30))
    desk.open()
    for number in (1, 2):
        desk.say(request("until", number, value="car"))
    # when
    desk.picture.append("car")
    desk.look()
    # then
    assert [json.loads(each)["id"] for each in desk.texts[1]] == [1]
    assert desk.closed == [(1, 1013)]


def test_a_picture_that_never_is_so_is_waited_for_so_long(desk):
    desk.call("until", value="car")
    desk.wait(5.0)
    assert desk.answer() is False


def test_the_alarm_of_a_step_that_is_over_wakes_nobody(desk):
    desk.call("until.sleep", value="car")
    desk.wait(1.0)
    desk.picture.append("car")
    desk.look()
    desk.wait(4.5)
    assert desk.answer() is None
    desk.wait(96.0)
    assert desk.answer() is True


def test_a_program_is_asked_and_its_answer_is_the_result(desk):
    desk.call("program")
    asked = json.loads(desk.texts[1][-1])
    assert (asked["method"], asked["params"]) == ("role.invoke", {"a": 1})
    desk.say(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": "done"}))
    assert desk.answer() == "done"


def test_a_program_that_is_late_has_failed(desk):
    desk.call("program")
    desk.wait(5.0)
    assert desk.answer() == "the program did not answer in time"


def test_a_program_that_goes_has_failed(desk):
    desk.open(2)
    desk.call("program", value=2)
    desk.do(desk.hub.closed(2, desk.now))
    assert desk.answer() == "the program has gone"


def test_a_program_that_is_not_there_has_failed(desk):
    assert desk.call("program", value=7) == "the program has gone"


def test_a_program_that_can_only_ask_cannot_be_asked(desk):
    desk.open(2, push=False)
    assert desk.call("program", value=2) == "the program has gone"


def test_nobody_answers_for_another_program(desk):
    desk.open(2)
    desk.call("program")
    asked = json.loads(desk.texts[1][-1])
    answer = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": "stolen"})
    desk.say(answer, 2)
    assert len(desk.texts[1]) == 1


def test_a_signal_is_the_effect_of_its_step(desk):
    desk.call("kill")
    assert Signal(4711, 9) in desk.effects
    assert desk.answer() is None


@pytest.mark.parametrize("method", ["crash", "bad.look"])
def test_a_fault_of_a_method_harms_its_caller_only(desk, method):
    desk.call(method, value=3)
    desk.wait(0.0)
    assert desk.answer()["code"] == -32603
    assert any(isinstance(each, Note) for each in desk.effects)
    assert desk.call("echo", value=1) == 1


def test_a_look_that_fails_later_is_a_fault_as_well(desk):
    desk.picture.append(0)
    desk.call("bad.look", value=0)
    desk.picture.clear()
    desk.look()
    assert desk.answer()["code"] == -32603


def test_a_method_that_will_not_end_is_told_of(desk):
    desk.call("stubborn")
    assert isinstance(desk.do(desk.hub.closed(1, desk.now))[0], Note)


def test_what_runs_for_a_caller_ends_with_it(desk):
    desk.open(2)
    for method in ("ask", "sleep", "until", "program"):
        desk.say(request(method))
    desk.call("sleep", 2)
    desk.do(desk.hub.closed(1, desk.now))
    sent = len(desk.texts.get(1, ()))
    assert desk.reply(Reply()) == []
    desk.wait(10.0)
    assert len(desk.texts.get(1, ())) == sent
    assert desk.answer(2) == 10.0


def test_an_answer_of_a_program_to_who_has_gone_is_passed_over(desk):
    desk.open(2)
    desk.call("program", value=2)
    asked = json.loads(desk.texts[2][-1])
    desk.do(desk.hub.closed(1, desk.now))
    assert desk.say(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": 1}), 2) == []

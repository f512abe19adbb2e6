"""One run of a scene: what it does next, and whether it went as expected."""

from datetime import timedelta

import pytest

from actors.simulation.csms import scenes
from actors.simulation.csms.effects import Outcome
from actors.simulation.csms.scenes import Ask, End, Play, Spoil
from actors.simulation.csms.script import Scene
from tests.support.certificates import NOW

GOOD = Outcome(answered=True, payload={"status": "Accepted", "id": 4})
RESET = {"call": {"action": "Reset", "payload": {"type": "Immediate"}}}


def play(*steps, message=None):
    scene = Scene.model_validate({"name": "x", "steps": steps})
    return Play(scene, "cp-1", message or {}, lambda station: {"station": station})


def after(seconds):
    return NOW + timedelta(seconds=seconds)


def test_calls_follow_one_another():
    one = play(RESET, {"call": {"action": "ClearCache", "within_s": 5}})

    first = one.start(NOW)
    second = one.answered(GOOD, NOW)
    third = one.answered(GOOD, NOW)

    assert first == [Ask("Reset", {"type": "Immediate"}, 30)]
    assert second == [Ask("ClearCache", {}, 5)]
    assert (third, one.ended, one.failure) == ([], True, None)


@pytest.mark.parametrize(
    ("expected", "outcome", "failure"),
    [
        ({}, GOOD, None),
        ({"expect": {"status": "Acc*"}}, GOOD, None),
        ({"expect": {"status": "Rejected"}}, GOOD, "the answer is not as expected"),
        ({}, Outcome(answered=False, code="Timeout"), "Timeout"),
        ({}, Outcome(answered=False, code="InternalError", description="why"), "InternalError why"),
        ({"expect_error": "*"}, Outcome(answered=False, code="Timeout"), None),
        ({"expect_error": "NotSupported"}, Outcome(answered=False, code="NotSupported"), None),
        (
            {"expect_error": "NotSupported"},
            Outcome(answered=False, code="Other"),
            "NotSupported was expected",
        ),
        ({"expect_error": "*"}, GOOD, "answered, where * was expected"),
    ],
)
def test_an_answer_is_held_against_what_is_expected(expected, outcome, failure):
    one = play({"call": {"action": "Reset", **expected}})
    one.start(NOW)

    one.answered(outcome, NOW)

    assert one.ended
    assert (one.failure is None) if failure is None else (failure in one.failure)


def test_a_failure_ends_the_scene_at_its_step():
    one = play({"sleep_s": 0}, RESET, RESET)
    one.start(NOW)
    one.tick(NOW)

    assert one.answered(Outcome(answered=False, code="Lost"), NOW) == []
    assert one.failure == "step 2: Reset: Lost"
    assert one.heard("Heartbeat", {}, NOW) == []


def test_a_wait_ends_with_what_it_waits_for():
    one = play({"wait": {"action": "NotifyReport", "where": {"tbc": False}}}, RESET)

    assert one.start(NOW) == []
    assert one.heard("Heartbeat", {}, NOW) == []
    assert one.heard("NotifyReport", {"tbc": True}, NOW) == []
    assert one.heard("NotifyReport", {"tbc": False}, NOW) == [Ask("Reset", {"type": "Immediate"}, 30)]
    assert one.deadline is None


def test_a_wait_fails_when_its_time_is_over():
    one = play({"wait": {"action": "NotifyReport", "within_s": 5}})
    one.start(NOW)

    assert one.deadline == after(5)
    one.heard("Heartbeat", {}, after(4))
    assert one.tick(after(4.9)) == []
    assert not one.ended
    one.tick(after(5))
    assert one.failure == "step 1: no NotifyReport as expected within 5 s"


def test_what_comes_while_a_call_is_open_counts_for_the_wait():
    one = play(RESET, {"wait": {"action": "BootNotification"}}, {"wait": {"action": "Heartbeat"}})
    one.start(NOW)

    one.heard("BootNotification", {}, NOW)
    one.heard("Heartbeat", {}, NOW)
    one.answered(GOOD, NOW)

    assert (one.ended, one.failure) == (True, None)


def test_what_came_before_the_call_does_not_count():
    one = play({"sleep_s": 1}, RESET, {"wait": {"action": "BootNotification"}})
    one.start(NOW)
    one.heard("BootNotification", {}, NOW)
    one.tick(after(1))

    one.answered(GOOD, after(1))

    assert not one.ended


def test_waits_count_in_their_order_only():
    one = play({"wait": {"action": "Heartbeat"}}, {"wait": {"action": "Authorize"}})
    one.start(NOW)

    one.heard("Authorize", {}, NOW)
    one.heard("Heartbeat", {}, NOW)

    assert not one.ended


def test_a_flood_of_messages_is_not_kept(monkeypatch):
    monkeypatch.setattr(scenes, "MAX_HEARD", 2)
    one = play(RESET, *({"wait": {"action": "Heartbeat"}} for _ in range(3)))
    one.start(NOW)
    for _ in range(9):
        one.heard("Heartbeat", {}, NOW)

    one.answered(GOOD, NOW)

    assert not one.ended
    one.heard("Heartbeat", {}, NOW)
    assert one.ended


def test_a_sleep_takes_its_time():
    one = play({"sleep_s": 2}, {"close": 1012})

    assert (one.start(NOW), one.deadline) == ([], after(2))
    assert one.tick(after(1)) == []
    assert one.tick(after(2)) == [End(1012)]
    assert (one.ended, one.tick(after(9))) == (True, [])


def test_connections_are_ended_and_faults_begun():
    own, elsewhere = {"kind": "drop"}, {"kind": "drop", "station": "cp-2"}
    one = play({"fault": own}, {"fault": elsewhere}, {"drop": True}, {"close": 1001})

    mine, other, *ends = one.start(NOW)

    assert (mine.fault.station, other.fault.station) == ("cp-1", "cp-2")
    assert isinstance(mine, Spoil)
    assert ends == [End(None), End(1001)]


def test_payloads_are_filled_from_message_and_answer():
    one = play(
        {"call": {"action": "Reset", "payload": {"a": "${message.x}", "b": "${station}"}}},
        {"call": {"action": "Reset", "payload": {"a": "${answer.id}"}}},
        message={"x": 1},
    )

    (first,) = one.start(NOW)
    (second,) = one.answered(GOOD, NOW)

    assert (first.payload, second.payload) == ({"a": 1, "b": "cp-1"}, {"a": 4})


def test_a_message_that_was_waited_for_fills_payloads():
    one = play(
        {"wait": {"action": "Heartbeat"}}, {"call": {"action": "Reset", "payload": {"a": "${message.y}"}}}
    )
    one.start(NOW)

    assert one.heard("Heartbeat", {"y": 2}, NOW) == [Ask("Reset", {"a": 2}, 30)]


def test_what_cannot_be_filled_fails_the_scene():
    one = play({"call": {"action": "Reset", "payload": {"a": "${answer.status}"}}})

    assert one.start(NOW) == []
    assert one.failure == "step 1: Reset: nothing is known for ${answer.status}"


def test_what_is_expected_and_waited_for_may_hold_places():
    one = play(
        {"call": {"action": "Reset", "expect": {"id": "${message.x}"}}},
        {"wait": {"action": "Heartbeat", "where": {"y": "${answer.id}"}}},
        message={"x": 4},
    )
    one.start(NOW)
    one.heard("Heartbeat", {"y": 3}, NOW)
    one.heard("Heartbeat", {"y": 4}, NOW)

    one.answered(GOOD, NOW)

    assert (one.ended, one.failure) == (True, None)


def test_an_answer_that_is_expected_to_be_what_nobody_knows_fails():
    one = play({"call": {"action": "Reset", "expect": {"id": "${message.x}"}}})
    one.start(NOW)

    one.answered(GOOD, NOW)

    assert one.failure == "step 1: Reset: nothing is known for ${message.x}"


def test_a_wait_for_what_nobody_knows_fails():
    one = play({"wait": {"action": "Heartbeat", "where": {"y": "${answer.id}"}}})

    assert one.start(NOW) == []
    assert one.failure == "step 1: Heartbeat: nothing is known for ${answer.id}"

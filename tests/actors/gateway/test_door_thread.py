"""The thread of the door: whether it lives, and how it ends."""

import select
import time

import pytest

from actors.gateway import bridge
from actors.gateway.door_thread import HUNG_S, ThreadError
from tests.support.gateway_door import served

pytestmark = pytest.mark.timeout(30)


def test_a_thread_that_lives_answers_every_knock():
    with served() as made:
        for _ in range(10):
            made.thread.knock(0.0)
        made.pump(lambda: bridge.Beat(10) in made.heard)
        made.thread.answered(bridge.Beat(10), 100.0)
        made.thread.knock(100.0 + HUNG_S + 1)


def test_a_thread_that_answers_nothing_hangs_after_a_while():
    with served() as made:
        for _ in range(4):
            made.thread.knock(HUNG_S)
        with pytest.raises(ThreadError):
            made.thread.knock(time.monotonic() + HUNG_S + 1)


def test_a_thread_that_was_not_asked_often_enough_is_no_hang():
    with served() as made:
        for _ in range(4):
            made.thread.knock(time.monotonic() + 1000.0)


def test_a_thread_that_ends_is_told_of():
    with served() as made:
        made.thread.end()
        made.pump(lambda: bridge.Died("it has ended") in made.heard)
        made.way.tell([bridge.Leave()])


def test_a_thread_that_fails_says_why():
    with served() as made:
        made.way._loop.call_soon_threadsafe(made.thread.way._loop.stop)
        died = made.pump(lambda: [each for each in made.heard if isinstance(each, bridge.Died)])
        assert "RuntimeError" in died[0].error


def test_more_than_is_taken_at_once_is_taken_in_turn():
    with served() as made:
        for number in range(bridge.AT_ONCE + 5):
            made.way.say(bridge.Beat(number))
        assert len(made.way.take()) == bridge.AT_ONCE
        assert select.select([made.way.fd], [], [], 0)[0] == [made.way.fd]  # the actor is to come again
        assert len(made.way.take()) == 5
        assert made.way.take() == []


def test_long_texts_are_looked_after_one_by_one():
    with served() as made:
        for number in range(3):
            made.way.say(bridge.Came(number, " " * bridge.AT_ONCE_BYTES))
        taken = [[item for item in made.way.take() if isinstance(item, bridge.Came)] for _ in range(3)]
        assert [[item.connection for item in each] for each in taken] == [[0], [1], [2]]

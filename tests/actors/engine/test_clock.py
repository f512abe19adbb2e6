"""Clocks: the machine's, and the one that tests turn."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from actors.engine.clock import ManualClock, SystemClock


def test_the_system_clock_is_the_machines():
    clock = SystemClock()

    before, now, after = datetime.now(UTC), clock.now(), datetime.now(UTC)
    assert before <= now <= after
    assert now.utcoffset() == timedelta(0)

    earlier, waited, later = time.monotonic(), clock.monotonic_s(), time.monotonic()
    assert earlier <= waited <= later


@pytest.mark.parametrize("by_s", [3600.0, -3600.0])
def test_a_jump_turns_the_time_of_day_only(by_s):
    clock = SystemClock()
    clock.jump(by_s)
    clock.jump(by_s)

    shift = clock.now() - datetime.now(UTC)
    assert abs(shift - 2 * timedelta(seconds=by_s)) < timedelta(seconds=30)
    assert abs(clock.monotonic_s() - time.monotonic()) < 30


def test_one_clocks_jump_is_not_anothers():
    SystemClock().jump(3600)

    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_manual_clock_stands_still():
    clock = ManualClock()

    assert clock.now() == clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert clock.monotonic_s() == clock.monotonic_s()


def test_advancing_lets_time_pass_on_both_clocks():
    clock = ManualClock(datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    begun_s = clock.monotonic_s()
    clock.advance(3600)
    clock.advance(0)

    assert clock.now() == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert clock.monotonic_s() - begun_s == 3600


def test_time_does_not_run_backwards():
    clock = ManualClock()

    with pytest.raises(ValueError, match="use jump"):
        clock.advance(-0.001)
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("by_s", [3600.0, -3600.0])
def test_a_manual_clock_jumps_without_time_passing(by_s):
    clock = ManualClock()
    begun_s = clock.monotonic_s()
    clock.jump(by_s)

    assert clock.now() - datetime(2026, 1, 1, tzinfo=UTC) == timedelta(seconds=by_s)
    assert clock.monotonic_s() == begun_s

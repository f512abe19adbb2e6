"""Tests for actors/evse/patience.py: how long an AC car may take to begin (row M6.24)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.evse.exchange import Timer
from tests.support.evse import Bench

WAITS: list[tuple[dict[str, Any], Timer, float]] = [
    ({}, Timer.WAKE_UP, 30.0),
    ({"ac_hlc_enabled": True}, Timer.FALL_BACK, 10.0),
    ({"ac_with_soc": True}, Timer.FALL_BACK, 60.0),
]


@pytest.mark.parametrize(("changes", "timer", "wait_s"), WAITS)
def test_a_car_has_so_long_to_begin(changes: dict[str, Any], timer: Timer, wait_s: float) -> None:
    bench = Bench(**changes)
    bench.ready()
    bench.plug()
    bench.grant()

    left_s = (bench.timers[timer] - bench.now).total_seconds()

    assert left_s == wait_s

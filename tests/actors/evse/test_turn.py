"""Tests for actors/evse/turn.py, and for what handlers do on a turn that has nothing for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors.evse import metering, phases, sessions
from actors.evse.turn import Turn
from tests.support.evse import Bench

if TYPE_CHECKING:
    from collections.abc import Callable


def turn_of(bench: Bench) -> Turn:
    core = bench.core
    return Turn(core.record, core.facts, bench.settings, bench.now, lambda size: b"0" * size)


def free() -> Turn:
    """Nobody is there."""
    bench = Bench(dc=True)
    bench.ready()
    return turn_of(bench)


def waiting() -> Turn:
    """A car waits, and nobody has been authorized."""
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    return turn_of(bench)


MISTAKES: list[tuple[Callable[[], Turn], Callable[[Turn], object]]] = [
    (free, lambda turn: turn.change(plugged=True)),
    (waiting, lambda turn: turn.change_transaction(announced=True)),
    (waiting, sessions.open_transaction),
    (waiting, sessions.announce_transaction),
    (waiting, sessions.finish_transaction),
]


@pytest.mark.parametrize(("at", "mistake"), MISTAKES)
def test_what_cannot_be_is_a_crash_and_changes_nothing(
    at: Callable[[], Turn], mistake: Callable[[Turn], object]
) -> None:
    turn = at()
    record = turn.record

    with pytest.raises(RuntimeError, match=r"^(there is no|a transaction needs)"):
        mistake(turn)

    assert (turn.record, turn.effects) == (record, [])


IDLE: list[Callable[[Turn], object]] = [
    sessions.new_talk,
    metering.open_record,
    metering.close_record,
    phases.car_pauses,
]


@pytest.mark.parametrize("handle", IDLE)
def test_without_a_session_there_is_nothing_to_do(handle: Callable[[Turn], object]) -> None:
    turn = free()
    record = turn.record

    assert not handle(turn)
    assert (turn.record, turn.effects) == (record, [])

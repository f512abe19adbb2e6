"""Tests for actors/evse/holds.py: reservations of one EVSE (row M4.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from protocols.interfaces import evse_manager
from protocols.types.evse_manager import EnableDisableSource, EnableSource, EnableState
from tests.support.evse import Bench

if TYPE_CHECKING:
    from collections.abc import Callable


def reserve(bench: Bench, number: int = 7) -> bool:
    return bool(bench.command(evse_manager.Reserve(reservation_id=number)).accepted)


def test_a_free_evse_is_held_and_let_go() -> None:
    bench = Bench()
    bench.ready()

    assert reserve(bench)
    bench.command(evse_manager.CancelReservation())

    assert bench.events == ["ReservationStart", "ReservationEnd"]
    assert reserve(bench, 8)


def disable(bench: Bench) -> None:
    wish = EnableDisableSource(
        enable_source=EnableSource.CSMS, enable_state=EnableState.DISABLE, enable_priority=5000
    )
    bench.command(evse_manager.EnableDisable(connector_id=0, cmd_source=wish))


@pytest.mark.parametrize(
    "before",
    [
        Bench.plug,
        Bench.grant,
        disable,
        lambda bench: bench.errors("evse_board_support/BrownOut"),
        lambda bench: reserve(bench, 6),
    ],
    ids=["occupied", "granted", "disabled", "faulted", "held"],
)
def test_an_evse_that_is_not_free_refuses(before: Callable[[Bench], object]) -> None:
    bench = Bench()
    bench.ready()
    before(bench)

    assert not reserve(bench)


def test_the_same_reservation_may_be_made_again() -> None:
    """Whoever asked and did not hear the answer asks again."""
    bench = Bench()
    bench.ready()

    assert reserve(bench)
    assert reserve(bench)
    assert bench.events == ["ReservationStart"]


def test_the_holder_redeems_the_reservation() -> None:
    """Row M2.14: its id goes into session and transaction."""
    bench = Bench()
    bench.ready()
    reserve(bench)

    bench.verdict("Accepted", reservation_id=7)
    bench.plug()

    started = [each.transaction_started for each in bench.session_events if each.transaction_started]
    assert [each.reservation_id for each in started] == [7]
    assert bench.events.count("ReservationEnd") == 1
    bench.stop()
    bench.unplug()
    assert reserve(bench)


def test_a_successor_still_holds_the_evse() -> None:
    bench = Bench()
    bench.ready()
    reserve(bench)

    assert not reserve(bench.replaced(), 8)


def test_cancelling_what_is_not_there_is_no_matter() -> None:
    bench = Bench()
    bench.ready()

    bench.command(evse_manager.CancelReservation())

    assert bench.events == []

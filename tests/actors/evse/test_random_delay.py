"""Tests for actors/evse/random_delay.py (row M5.15)."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.interfaces import uk_random_delay as interface
from tests.support.evse import Bench


def charging(**changes: Any) -> Bench:
    bench = Bench(managed=True, random_delay=True, **changes)
    bench.ready()
    bench.limits(16.0, valid_s=3600)
    bench.plug()
    bench.grant()
    bench.wants()
    return bench


def offered(bench: Bench) -> float:
    assert bench.order is not None
    return bench.order.offer_a


def test_a_change_during_a_charge_comes_after_a_random_time() -> None:
    bench = charging()
    assert offered(bench) == 16.0

    bench.limits(10.0, valid_s=3600)
    assert offered(bench) == 16.0
    bench.pass_s(600)

    assert offered(bench) == 10.0


def test_a_countdown_is_said_every_second() -> None:
    bench = charging()
    bench.forget()

    bench.limits(10.0, valid_s=3600)
    bench.pass_s(2.5)

    said = [each.countdown for each in bench.published(interface.Countdown)]
    assert [each.countdown_s for each in said] == [said[0].countdown_s - n for n in range(3)]
    assert (said[0].current_limit_during_delay_a, said[0].current_limit_after_delay_a) == (16.0, 10.0)
    bench.pass_s(600)
    assert bench.published(interface.Countdown)[-1].countdown.countdown_s == 0


def test_the_newest_grant_holds_after_the_delay() -> None:
    bench = charging()

    bench.limits(10.0, valid_s=3600)
    bench.limits(8.0, valid_s=3600)
    bench.pass_s(600)

    assert offered(bench) == 8.0


@pytest.mark.parametrize("command", [interface.Cancel(), interface.Disable()])
def test_a_delay_can_be_ended(command: Any) -> None:
    bench = charging()
    bench.limits(10.0, valid_s=3600)

    bench.command(command)

    assert offered(bench) == 10.0


def test_only_changes_from_and_to_zero_are_delayed_where_that_is_configured() -> None:
    bench = charging(random_delay_at_any_change=False)

    bench.limits(10.0, valid_s=3600)
    assert offered(bench) == 10.0
    bench.limits(0.0, valid_s=3600)
    assert offered(bench) == 10.0
    bench.pass_s(600)

    assert offered(bench) == 0.0


def test_nothing_is_delayed_while_nobody_charges() -> None:
    bench = Bench(managed=True, random_delay=True)
    bench.ready()
    bench.limits(16.0)
    bench.limits(10.0)

    assert bench.core.facts.delayed is None


def test_delays_are_switched_on_and_bounded_at_run_time() -> None:
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(16.0, valid_s=3600)
    bench.plug()
    bench.grant()
    bench.wants()
    bench.limits(12.0, valid_s=3600)
    assert offered(bench) == 12.0

    bench.command(interface.Enable())
    bench.command(interface.SetDurationS(duration_s=2))
    bench.limits(10.0, valid_s=3600)
    assert offered(bench) == 12.0
    bench.pass_s(2)

    assert offered(bench) == 10.0


def test_cancelling_no_delay_says_nothing() -> None:
    bench = charging()
    bench.forget()

    bench.command(interface.Cancel())

    assert not bench.published(interface.Countdown)

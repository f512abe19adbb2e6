"""Tests for actors/evse/resuming.py: what a new manager makes up for (rows M6.23, M6.24)."""

from __future__ import annotations

import pytest

from actors.connector.messages import Supply
from actors.evse.exchange import Timer
from actors.evse.messages import OutlivePowerLoss
from actors.v2g.progress import Progress
from protocols.interfaces import evse_manager, slac
from protocols.interfaces import iso15118_charger as charger
from tests.support.evse import CONTRACT, Bench


def stopping() -> Bench:
    """A DC car that has been asked to stop and does not let go."""
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.car(charger.StartCableCheck(), charger.StartPreCharge(), charger.CurrentDemandStarted())
    bench.stop()
    assert bench.state == "StoppingCharging"
    return bench


def test_a_replaced_manager_asks_the_car_to_stop_once_more() -> None:
    fresh = stopping().replaced()

    assert [each.stop for each in fresh.told(charger.StopCharging)] == [True]


def test_a_replaced_manager_still_cuts_the_car_off_in_time() -> None:
    """Row M6.24: twenty seconds from the stop, whoever counts them."""
    bench = stopping()
    bench.pass_s(15)

    fresh = bench.replaced()
    carried = []
    for _ in range(2):
        fresh.pass_s(3)
        assert fresh.order is not None
        carried.append(fresh.order.supply)

    assert carried == [Supply.CHARGE, Supply.OFF]


@pytest.mark.parametrize("hlc", [False, True])
def test_a_replaced_manager_waits_on_for_a_car_that_does_not_begin(hlc: bool) -> None:  # noqa: FBT001  # a case
    bench = Bench(ac_hlc_enabled=hlc)
    bench.ready()
    bench.plug()
    bench.grant()
    assert bench.state == "PrepareCharging"

    fresh = bench.replaced()

    assert (Timer.FALL_BACK if hlc else Timer.WAKE_UP) in fresh.timers


def test_a_replaced_manager_ends_a_loop_without_energy() -> None:
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.car(charger.StartCableCheck(), charger.StartPreCharge(), charger.CurrentDemandStarted())
    bench.command(evse_manager.PauseCharging())
    assert bench.state == "ChargingPausedEVSE"

    fresh = bench.replaced()
    assert [each.pause for each in fresh.told(charger.PauseCharging)] == [True]
    fresh.pass_s(6)

    assert [each.stop for each in fresh.told(charger.StopCharging)] == [True]


@pytest.mark.parametrize("at", ["opening", "closing"])
def test_power_lost_while_the_meter_was_asked_leaves_nothing_open(at: str) -> None:
    """Row M6.23: the meter is asked again, and the EVSE is free once the car is gone."""
    bench = Bench()
    bench.ready()
    bench.meter_answers = at == "closing"
    bench.plug()
    bench.grant()
    if at == "closing":
        bench.meter_answers = False
        bench.stop()

    fresh = Bench(bench.core.record)
    fresh.ready(first_life=True)

    assert fresh.state == "Idle"
    assert fresh.events[-2:] == ["TransactionFinished", "SessionFinished"]


def test_a_new_link_learns_what_the_station_wants_of_the_car() -> None:
    bench = stopping()
    bench.forget()

    bench.take(bench.core.link_started("link#7", bench.now))

    kinds = [type(each) for each in bench.told(charger.SessionSetup) + bench.told(charger.StopCharging)]
    assert kinds == [charger.SessionSetup, charger.StopCharging]
    assert bench.core.record.link == "link#7"
    assert bench.session.car == Progress()


def test_a_new_link_offers_a_contract_to_whom_charges_by_one() -> None:
    """The link has died: the car that connects anew shows its contract again (row M6.8)."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthPnc(token=CONTRACT))
    bench.grant(CONTRACT)
    bench.forget()

    bench.take(bench.core.link_started("link#7", bench.now))

    (setup,) = bench.told(charger.SessionSetup)
    assert [each.value for each in setup.payment_options] == ["Contract", "ExternalPayment"]


def test_a_transaction_outlives_the_next_start_of_the_site_where_that_is_wanted() -> None:
    """And that one start alone (row M6.23)."""
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()
    bench.wants()
    bench.command(OutlivePowerLoss(keep=True))

    fresh = bench
    seen = []
    for _ in range(2):
        before, fresh = fresh, Bench(fresh.core.record)
        fresh.condition = before.condition
        fresh.ready(first_life=True)
        seen.append("TransactionFinished" in fresh.events)

    assert seen == [False, True]


@pytest.mark.parametrize("plugged", [True, False])
def test_a_car_is_looked_for_anew_when_its_session_outlives_the_site(plugged: bool) -> None:  # noqa: FBT001  # a case
    """Modem and link have died with the site, though the link of the next one may be called the same."""
    bench = Bench(dc=True)
    bench.ready()
    if plugged:
        bench.plug()
        bench.car(charger.RequireAuthEim())
        bench.grant()
        bench.car(charger.StartCableCheck(), charger.StartPreCharge(), charger.CurrentDemandStarted())
    bench.command(OutlivePowerLoss(keep=True))
    assert bench.core.record.link == "link#0"

    fresh = Bench(bench.core.record, dc=True)
    fresh.start(first_life=True)

    assert fresh.core.record.link == ""
    assert len(fresh.told(slac.EnterBcd)) == plugged


@pytest.mark.parametrize(
    ("spoken", "times"), [((), 1), ((charger.SelectedProtocol(protocol="ISO15118-2"),), 0)]
)
def test_a_successor_has_the_modem_look_for_a_car_that_has_not_spoken(
    spoken: tuple[charger.SelectedProtocol, ...], times: int
) -> None:
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(*spoken)

    assert len(bench.replaced().told(slac.EnterBcd)) == times

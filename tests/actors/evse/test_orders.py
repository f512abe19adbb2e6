"""Tests for actors/evse/orders.py: what the connectors are told."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from actors.connector.messages import Pilot, Pin, Supply, Urgency
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types.evse_manager import HlcSessionFailedReasonEnum
from protocols.types.iso15118 import DcEvMaximumLimits, DcEvTargetValues
from tests.support.evse import CARD, CONTRACT, Bench


def order(bench: Bench) -> Any:
    assert bench.order is not None
    return bench.order


def target(voltage_v: float, current_a: float) -> charger.DcEvTargetVoltageCurrent:
    values = DcEvTargetValues(dc_ev_target_voltage_v=voltage_v, dc_ev_target_current_a=current_a)
    return charger.DcEvTargetVoltageCurrent(target=values)


def test_an_idle_outlet_is_in_service_unlocked_and_dead() -> None:
    bench = Bench()
    bench.ready()

    now = order(bench)
    assert (now.in_service, now.pilot, now.locked, now.supply) == (True, Pilot.IDLE, False, Supply.OFF)


def test_an_outlet_is_unavailable_until_the_evse_is_ready() -> None:
    bench = Bench(external_ready=True)
    bench.ready()

    assert order(bench).pilot is Pilot.UNAVAILABLE


@pytest.mark.parametrize(("configured", "locked"), [(True, True), (False, False)])
def test_the_plug_is_locked_with_the_car_where_that_is_configured(configured: Any, locked: Any) -> None:
    """Row M5.12."""
    bench = Bench(lock_connector_in_state_b=configured)
    bench.ready()
    bench.plug()
    assert order(bench).locked is locked

    bench.grant()
    assert order(bench).locked
    bench.stop()
    assert not order(bench).locked


PILOTS: list[tuple[dict[str, Any], Pilot, Pilot]] = [
    ({}, Pilot.IDLE, Pilot.NOMINAL),
    ({"ac_hlc_enabled": True}, Pilot.DIGITAL, Pilot.DIGITAL),
    ({"ac_hlc_enabled": True, "ac_hlc_use_5percent": False}, Pilot.IDLE, Pilot.NOMINAL),
    ({"dc": True}, Pilot.DIGITAL, Pilot.DIGITAL),
]


@pytest.mark.parametrize(("changes", "waiting", "granted"), PILOTS)
def test_the_pilot_follows_the_way_a_car_is_spoken_to(
    changes: dict[str, Any], waiting: Pilot, granted: Pilot
) -> None:
    """Row M5.4."""
    bench = Bench(**changes)
    bench.ready()
    bench.plug()
    assert order(bench).pilot is waiting

    bench.car(charger.RequireAuthEim())
    bench.grant()
    assert order(bench).pilot is granted
    assert order(bench).offer_a == (0.0 if changes.get("dc") else 32.0)


@pytest.mark.parametrize(("enforced", "pilot"), [(False, Pilot.NOMINAL), (True, Pilot.DIGITAL)])
def test_who_is_authorized_before_the_plug_is_offered_a_duty_cycle_unless_enforced(
    enforced: Any, pilot: Pilot
) -> None:
    """Row M5.4: `ac_enforce_hlc` is not what the standard says."""
    bench = Bench(ac_hlc_enabled=True, ac_enforce_hlc=enforced)
    bench.ready()
    bench.take(bench.core.matched(bench.now, ready=False))
    bench.grant()
    bench.plug()

    assert order(bench).pilot is pilot


def test_an_ac_car_that_speaks_is_connected_when_it_says_so() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthPnc(token=CONTRACT))
    bench.grant(CONTRACT)
    bench.wants()
    assert order(bench).supply is Supply.OFF

    bench.car(charger.AcCloseContactor())
    assert order(bench).supply is Supply.AC
    bench.car(charger.AcOpenContactor())
    assert order(bench).supply is Supply.OFF


LOOP = (
    charger.SelectedProtocol(protocol="ISO15118-20:AC"),
    charger.AcCloseContactor(),
    charger.CurrentDemandStarted(),
)
ENDS = (charger.CurrentDemandFinished(), charger.AcOpenContactor())


def in_loop(bench: Bench) -> None:
    """It speaks, and a duty cycle offers it the same."""
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.wants()
    bench.car(*LOOP)
    assert (order(bench).supply, order(bench).pilot) == (Supply.AC, Pilot.NOMINAL)


def slow(bench: Bench) -> None:
    """Its charging loop begins so late that it has been offered a duty cycle meanwhile."""
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.pass_s(15)
    bench.wants()
    bench.car(*LOOP)
    assert (order(bench).supply, order(bench).pilot) == (Supply.AC, Pilot.NOMINAL)


@pytest.mark.parametrize(("drive", "changes"), [(in_loop, {"ac_hlc_use_5percent": False}), (slow, {})])
def test_a_car_that_ends_its_power_delivery_is_parted_whatever_the_pilot_offers(
    drive: Any, changes: dict[str, Any]
) -> None:
    """It is still in state C: its last answer waits for the contactor."""
    bench = Bench(ac_hlc_enabled=True, **changes)
    drive(bench)

    bench.car(*ENDS)

    assert order(bench).supply is Supply.OFF


def test_one_whose_talk_breaks_off_after_that_charges_by_the_pilot() -> None:
    bench = Bench(ac_hlc_enabled=True)
    slow(bench)
    bench.car(*ENDS)

    bench.car(charger.HlcSessionFailed(reason=HlcSessionFailedReasonEnum.CHARGING_INTERRUPTED))

    assert order(bench).supply is Supply.AC


def test_one_that_has_ended_its_talk_in_a_pause_charges_by_the_pilot_after_it() -> None:
    bench = Bench(ac_hlc_enabled=True)
    slow(bench)
    bench.command(evse_manager.PauseCharging())
    bench.car(*ENDS, charger.DlinkTerminate())

    bench.command(evse_manager.ResumeCharging())

    assert (bench.state, order(bench).supply) == ("Charging", Supply.AC)


def test_one_that_begins_power_delivery_again_is_connected_again() -> None:
    bench = Bench(ac_hlc_enabled=True, ac_hlc_use_5percent=False)
    in_loop(bench)
    bench.car(*ENDS)

    bench.car(charger.AcCloseContactor())

    assert order(bench).supply is Supply.AC


def test_a_dc_car_leads_its_output_through_all_stages() -> None:
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    seen = [order(bench).supply]

    for each in (
        charger.StartCableCheck(),
        charger.StartPreCharge(),
        charger.CurrentDemandStarted(),
        charger.CurrentDemandFinished(),
    ):
        bench.car(each)
        seen.append(order(bench).supply)

    assert seen == [Supply.OFF, Supply.CABLE_CHECK, Supply.PRE_CHARGE, Supply.CHARGE, Supply.OFF]


def looping(**changes: Any) -> Bench:
    bench = Bench(dc=True, **changes)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.car(charger.CurrentDemandStarted())
    return bench


TARGETS: list[tuple[float, float, dict[str, Any], float]] = [
    (400.0, 100.0, {}, 100.0),
    (400.0, 900.0, {}, 200.0),  # the supply's current
    (800.0, 200.0, {}, 125.0),  # its power
    (400.0, 100.0, {"power_w": 20_000.0}, 50.0),  # the grant
    (0.0, 100.0, {}, 0.0),
    (-1.0, -1.0, {}, 0.0),
]


@pytest.mark.parametrize(("voltage_v", "current_a", "grant", "ordered_a"), TARGETS)
def test_what_a_dc_car_wants_is_given_within_the_limits(
    voltage_v: float, current_a: float, grant: dict[str, Any], ordered_a: float
) -> None:
    bench = looping(managed=bool(grant))
    if grant:
        bench.limits(**grant)

    bench.car(target(voltage_v, current_a))

    assert order(bench).target_voltage_v == max(0.0, voltage_v)
    assert order(bench).target_current_a == pytest.approx(ordered_a)


@pytest.mark.parametrize(
    ("wanted_a", "given_a"), [(10.0, 10.0), (14.0, 14.34), (13.0, 13.0), (15.0, 14.34), (0.0, 0.0)]
)
def test_a_car_that_asks_for_whole_amperes_gets_the_rest_up_to_the_limit(
    wanted_a: float, given_a: float
) -> None:
    """Row M5.19: only where less than one ampere is missing."""
    bench = looping(whole_ampere_requests=True, managed=True)
    bench.limits(power_w=14.34 * 400.0)

    bench.car(target(400.0, wanted_a))

    assert order(bench).target_current_a == pytest.approx(given_a)


def test_the_cars_own_limit_guards_the_output() -> None:
    bench = looping()

    bench.car(charger.DcEvMaximumLimits(limits=DcEvMaximumLimits(dc_ev_maximum_voltage_limit_v=450.0)))
    bench.car(target(400.0, 10.0))

    assert order(bench).maximum_voltage_v == 450.0


def test_an_emergency_cuts_everything_at_once() -> None:
    """Row M6.19."""
    bench = looping()

    bench.errors("evse_board_support/MREC8EmergencyStop")

    now = order(bench)
    assert (now.pilot, now.supply, now.urgency) == (Pilot.IDLE, Supply.OFF, Urgency.EMERGENCY)


def test_a_lesser_error_keeps_the_pilot_and_takes_power_away_in_order() -> None:
    """Row M6.19."""
    bench = looping()

    bench.errors("evse_board_support/BrownOut", severity="Medium")

    now = order(bench)
    assert (now.pilot, now.supply, now.urgency) == (Pilot.DIGITAL, Supply.OFF, Urgency.ORDERLY)


def test_an_order_that_says_nothing_new_is_not_said() -> None:
    bench = Bench()
    bench.ready()
    number = order(bench).number

    bench.read()
    bench.outlet()

    assert order(bench).number == number


def test_numbers_rise_over_the_lives_of_managers_and_connectors() -> None:
    bench = Bench()
    bench.ready()
    bench.plug()
    number = order(bench).number

    fresh = bench.replaced()
    fresh.grant()
    assert order(fresh).number > number

    number = order(fresh).number
    fresh.outlet(standing=None, order=0)  # a new connector
    assert order(fresh).number > number


def test_only_the_outlet_with_the_car_has_its_session() -> None:
    bench = Bench(connectors=2)
    bench.ready()
    bench.take(bench.core.outlet(2, bench.condition, bench.now))
    bench.plug()
    bench.grant(CARD)

    orders = bench.core.facts.orders
    assert orders[1].session == bench.session.uuid
    assert orders[2].session == ""
    assert orders[2].supply is Supply.OFF


def test_a_car_at_the_second_outlet_is_served_there() -> None:
    bench = Bench(connectors=2)
    bench.ready()
    bench.take(bench.core.outlet(2, bench.condition, bench.now))
    plugged = dataclasses.replace(bench.condition, plugged_in=True, plug_ins=1)
    bench.take(bench.core.outlet(2, plugged, bench.now))

    assert bench.session.connector == 2
    assert bench.session_events[-1].connector_id == 2
    assert bench.command(evse_manager.GetEvse()).evse.connectors[1].id == 2


def test_a_sleeping_car_is_left_without_duty_cycle() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()

    bench.car(charger.DlinkPause())

    assert order(bench).pilot is Pilot.IDLE


@pytest.mark.parametrize(("protocol", "pilot"), [("", Pilot.IDLE), ("ISO15118-2", Pilot.DIGITAL)])
def test_who_has_been_stopped_is_not_asked_to_a_new_talk(protocol: str, pilot: Pilot) -> None:
    """Row M6.14. The one that is under way is ended in order."""
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(charger.SelectedProtocol(protocol=protocol), charger.RequireAuthEim())
    bench.grant()
    bench.car(charger.StartCableCheck())
    bench.obeys = False

    bench.stop()

    assert bench.state == "StoppingCharging"
    assert order(bench).pilot is pilot


def test_the_pilot_asks_the_car_to_speak_once_the_modem_listens() -> None:
    """Parameter `sleep_before_enabling_pwm_hlc_mode_ms` (row M5.5)."""
    bench = Bench(dc=True, sleep_before_pwm_s=0.5)
    bench.ready()
    bench.plug()
    shown = []
    for wait_s in (0.0, 0.4, 0.2):
        bench.pass_s(wait_s)
        assert bench.order is not None
        shown.append(bench.order.pilot)

    assert shown == [Pilot.IDLE, Pilot.IDLE, Pilot.DIGITAL]


def remembered(**changes: Any) -> Bench:
    """What a manager finds that knows of a DC transaction, and of no order that was given in it."""
    before = Bench(dc=True)
    before.ready()
    before.plug()
    before.car(charger.RequireAuthEim())
    before.grant()
    before.car(charger.StartCableCheck())
    session = dataclasses.replace(before.session, **changes)
    bench = Bench(dataclasses.replace(before.core.record, session=session), dc=True, sleep_before_pwm_s=0.5)
    bench.life = 1
    bench.condition = dataclasses.replace(bench.condition, pin=Pin.B, plugged_in=True, plug_ins=1)
    bench.ready(first_life=False)
    return bench


def test_a_cable_is_checked_before_the_car_says_what_it_wants() -> None:
    bench = remembered()

    assert (order(bench).supply, order(bench).target_current_a) == (Supply.CABLE_CHECK, 0.0)


def test_a_modem_listens_to_whom_nobody_saw_coming() -> None:
    """A record of a manager that did not note when the car was plugged in."""
    bench = remembered(plugged_at=None)

    assert order(bench).pilot is Pilot.DIGITAL

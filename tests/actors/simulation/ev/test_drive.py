from datetime import timedelta
from decimal import Decimal

import pytest

from actors.simulation.ev.drive import Drive, Schedule, Wish
from actors.simulation.ev.exchange import Tls
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Pay
from tests.support.ev_cars import credential, script
from tests.support.ev_stations import NOON

TLS = Tls(version="TLSv1.2", cipher="")


def drive(steps="[charge: {}, unplug]", car=""):
    made = Drive(script(f"car: {{battery: {{capacity_wh: 1000}}, {car}}}\nsteps: {steps}\n"), None, bytes)
    made.at(NOON)
    return made


def later(one, seconds):
    one.at(NOON + timedelta(seconds=seconds))
    return one


def test_what_flows_goes_into_the_battery():
    one = drive()
    one.flow(Decimal(100))

    assert later(one, 3600).taken_wh == 100


def test_a_lapse_of_time_fills_the_battery_faster():
    one = drive(car="time_lapse: 3600")
    one.flow(Decimal(100))

    assert later(one, 1).taken_wh == 100


def test_a_goal_of_energy_is_reached_exactly():
    one = drive("[charge: {energy_wh: 100}, unplug]")
    one.flow(Decimal(100))

    assert later(one, 3599).wish() is Wish.CHARGE
    assert one.wanted_wh == pytest.approx(Decimal(100) / 3600)
    assert later(one, 3600).wish() is Wish.STOP


def test_a_goal_of_time_counts_while_energy_flows():
    one = drive("[charge: {minutes: 1}, unplug]")
    one.flow(Decimal(1))

    assert [later(one, seconds).wish() for seconds in (59, 60)] == [Wish.CHARGE, Wish.STOP]


def test_time_counts_in_a_loop_without_current():
    one = drive("[charge: {minutes: 1}, unplug]")
    one.flow(Decimal())

    assert later(one, 60).wish() is Wish.STOP


def test_time_stands_still_while_the_car_rests():
    one = drive("[charge: {minutes: 1}, unplug]")
    one.flow(Decimal(1))
    one.rest()

    assert later(one, 600).wish() is Wish.CHARGE


def test_a_goal_of_charge_is_the_target_of_the_messages():
    one = drive("[charge: {to_soc_percent: 50}, unplug]")

    assert (one.target_soc_percent, one.wanted_wh) == (50, 300)


def test_a_battery_that_gives_nothing_ends_discharging():
    one = drive("[charge: {discharge_to_soc_percent: 15}, unplug]")

    assert one.discharging
    assert one.wish() is Wish.STOP


def test_an_order_goes_before_the_script():
    one = drive()
    one.order(Wish.RENEGOTIATE)
    wishes = [one.wish()]
    one.renegotiated()

    assert [*wishes, one.wish()] == [Wish.RENEGOTIATE, Wish.CHARGE]


def test_a_renegotiation_limits_the_car_itself():
    one = drive("[renegotiate: {max_power_w: 500}, charge: {}, unplug]")
    wish = one.wish()
    one.renegotiated()

    assert (wish, one.charge_power_w(10_000)) == (Wish.RENEGOTIATE, 500)


def test_a_stop_of_the_station_counts_at_once():
    one = drive()
    one.stopping = True

    assert one.wish() is Wish.STOP


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ("[pause: {seconds: 7}, resume, unplug]", 7),
        ("[pause: {seconds: 7}, unplug]", None),
        ("[pause: {seconds: 7}, resume, charge, unplug]", 7),
        ("[pause: {seconds: 7}, charge]", 7),
        ("[pause: {seconds: 7}]", None),
    ],
)
def test_a_pause_lasts_until_there_is_something_to_do(steps, seconds):
    assert drive(steps).pausing() == seconds


def test_a_pause_by_order_is_short_and_keeps_the_step():
    one = drive("[charge, unplug]")
    one.order(Wish.PAUSE)

    assert (one.wish(), one.pausing(), one.wish()) == (Wish.PAUSE, 1, Wish.CHARGE)


def test_the_power_keeps_to_every_limit():
    one = drive()
    one.see_limits(power_w=Decimal(5000), discharge_w=Decimal(100))
    one.schedule = Schedule(schedule_id=1, entries=((0, Decimal(9000)), (60, Decimal(20))), began=NOON)

    assert one.charge_power_w(7000) == 5000
    assert later(one, 60).charge_power_w(7000) == 20
    assert one.discharge_power_w(50) == 0


@pytest.mark.parametrize("session_id", [b"", bytes(8), bytes(9)])
def test_a_session_needs_an_id(session_id):
    with pytest.raises(TalkError) as caught:
        drive().joined(session_id, old=False)
    assert caught.value.reason is Reason.SESSION_ID


def test_a_strange_session_is_not_joined_as_an_old_one():
    one = drive()
    one.joined(b"12345678", old=False)

    with pytest.raises(TalkError, match="not ours"):
        one.joined(b"87654321", old=True)


def test_an_outlet_keeps_its_name():
    one = drive()
    one.see_evse_id("DE*1")

    with pytest.raises(TalkError) as caught:
        one.see_evse_id("DE*2")
    assert caught.value.reason is Reason.EVSE_ID


def test_a_limit_below_zero_is_no_limit():
    with pytest.raises(TalkError) as caught:
        drive().see_limits(current_a=Decimal(-1))
    assert caught.value.reason is Reason.LIMITS


@pytest.mark.parametrize(
    ("wanted", "tls", "holds", "install", "chosen"),
    [
        ("null", TLS, True, "never", Pay.CONTRACT),
        ("null", None, True, "never", Pay.EIM),
        ("null", TLS, False, "never", Pay.EIM),
        ("null", TLS, False, "missing", Pay.CONTRACT),
        ("eim", TLS, True, "never", Pay.EIM),
        ("contract", TLS, True, "never", Pay.CONTRACT),
    ],
)
def test_the_car_pays_as_it_can_and_likes(wanted, tls, holds, install, chosen):
    one = Drive(script(f"car: {{pay: {wanted}, install: {install}}}"), None, bytes)
    one.connected(tls)
    one.choose_payment(contract=True, eim=True, holds=credential("MO_LEAF") if holds else None)

    assert one.payment is chosen


@pytest.mark.parametrize(
    ("pay", "offered", "holds"), [("contract", False, True), ("eim", True, True), ("contract", True, False)]
)
def test_a_way_of_payment_that_is_not_there_ends_the_talk(pay, offered, holds):
    one = Drive(script(f"car: {{pay: {pay}}}"), None, bytes)

    with pytest.raises(TalkError) as caught:
        one.choose_payment(contract=offered, eim=False, holds=credential("MO_LEAF") if holds else None)
    assert caught.value.reason is Reason.PAYMENT


def test_nothing_is_renegotiated_where_nobody_wants_it():
    one = drive()
    one.renegotiated()

    assert one.wish() is Wish.CHARGE


def test_plugging_in_is_a_step_that_may_be_missing():
    assert drive().begin() is None
    assert drive("[plug: {after_s: 3}, unplug]").begin().after_s == 3

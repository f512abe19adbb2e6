"""What devices tell: events and states alike, plug-ins and toggles counted."""

import dataclasses

import pytest

from actors.connector.exchange import Device
from actors.connector.facts import Facts, stands, take
from actors.connector.messages import Contactor, Pin, StopWanted
from actors.drivers.messages import BoardState, LockState
from protocols.interfaces import evse_board_support as bsp
from protocols.interfaces import powermeter, slac
from protocols.types.board_support_common import BspEvent, BspEventKind
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest
from protocols.types.slac import State
from protocols.types.units import Voltage
from tests.support.outlet import READING

KIND = {each.value: each for each in BspEventKind}


def event(kind):
    return bsp.Event(event=BspEvent(event=KIND[kind]))


def seen(*kinds, step_s=1.0):
    facts, now_s = Facts(), 0.0
    for kind in kinds:
        facts, _ = take(facts, event(kind), now_s)
        now_s += step_s
    return facts


@pytest.mark.parametrize("kind", list(BspEventKind))
def test_every_event_of_a_board_is_understood(kind):
    facts = seen(kind.value)

    assert facts != Facts()


@pytest.mark.parametrize(
    ("kinds", "plugged_in", "plug_ins"),
    [
        (["A"], False, 0),
        (["B"], True, 0),  # it was there before we were
        (["A", "B"], True, 1),
        (["A", "B", "C", "B", "A"], False, 1),
        (["A", "B", "A", "C"], True, 2),
        (["A", "B", "E", "B"], True, 1),
        (["A", "B", "F", "A", "B"], True, 2),
        (["A", "E", "B"], True, 1),
        (["A", "B", "Disconnected"], False, 1),
    ],
)
def test_cars_are_counted_as_they_are_plugged_in(kinds, plugged_in, plug_ins):
    facts = seen(*kinds)

    assert (facts.plugged_in, facts.plug_ins) == (plugged_in, plug_ins)


@pytest.mark.parametrize(
    ("kinds", "step_s", "toggles"),
    [
        (["A", "B", "C", "B"], 1, 1),
        (["A", "B", "C", "B", "C", "B"], 1, 2),
        (["A", "B", "D", "B"], 1, 1),
        (["A", "B", "C", "B"], 4, 0),  # that was no toggle
        (["A", "B", "C", "PowerOn", "B"], 1, 0),  # that was a charge
        (["A", "B", "C", "A", "B"], 1, 0),
        (["A", "B", "C", "B", "A", "B"], 1, 0),
    ],
)
def test_a_car_that_wakes_the_station_up_is_noticed(kinds, step_s, toggles):
    assert seen(*kinds, step_s=step_s).toggles == toggles


def test_the_same_event_again_changes_nothing():
    once = seen("A", "B")

    assert take(once, event("B"), 99.0)[0] == once


def test_a_state_says_pilot_and_contactor_together():
    facts, _ = take(Facts(), BoardState(pin=BspEventKind.C, power_on=True), 0.0)

    assert (facts.pin, facts.feedback) == (Pin.C, Contactor.CLOSED)


def test_a_state_that_is_not_known_yet_changes_nothing():
    assert take(Facts(), BoardState(), 0.0)[0] == Facts()


def test_a_lock_tells_where_it_is():
    assert take(Facts(), LockState(locked=True), 0.0)[0].locked is True


def test_a_button_is_passed_on():
    request = StopTransactionRequest(reason=StopTransactionReason.LOCAL)

    facts, said_on = take(Facts(), bsp.RequestStopTransaction(request=request), 0.0)

    assert said_on == (StopWanted(request=request),)
    assert facts == Facts()


def test_what_is_of_no_interest_changes_nothing():
    assert take(Facts(), slac.State(state=State.MATCHED), 0.0) == (Facts(), ())


def test_a_meter_without_currents_says_nothing_about_them():
    facts, _ = take(Facts(current_a=3.0), powermeter.Powermeter(powermeter=READING), 0.0)

    assert facts.current_a == 3.0


def test_a_meter_at_a_direct_current_output_is_a_source_of_its_voltage():
    reading = dataclasses.replace(READING, voltage_v=Voltage(dc_v=400.0))
    facts, _ = take(Facts(), powermeter.Powermeter(powermeter=reading), 0.0)

    assert facts.fresh(4.9) == [400.0]
    assert facts.fresh(5.1) == []


@pytest.mark.parametrize(
    ("types", "ails"),
    [
        ({"connector_lock/ConnectorLockFailedLock"}, True),
        ({"connector_lock/VendorWarning"}, False),
        (set(), False),
    ],
)
def test_a_device_ails_while_a_telling_error_stands(types, ails):
    facts = stands(Facts(ailing=frozenset({Device.RCD})), Device.LOCK, frozenset(types))

    assert (Device.LOCK in facts.ailing) is ails
    assert Device.RCD in facts.ailing


def test_errors_of_other_devices_are_the_managers_business():
    assert stands(Facts(), Device.SUPPLY, frozenset({"power_supply_DC/HardwareFault"})) == Facts()

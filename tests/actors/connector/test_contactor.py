"""The contactor: closed only when everything holds, opened at once or once the car has let go."""

import itertools
from dataclasses import replace

import pytest

from actors.connector.contactor import ROWS
from actors.connector.exchange import Do, Passed
from actors.connector.machine import decide
from actors.connector.messages import CableCheck, Contactor, Order, Pilot, Pin, Supply, Urgency
from actors.connector.state import LEAVE, Phase, State, Switch
from protocols.interfaces.evse_board_support import AllowPowerOn, CpStateF
from protocols.types.board_support_common import Ampacity
from protocols.types.evse_board_support import PowerOnOffReason
from tests.support.outlet import AC, CABLE, DC, SOCKET, Outlet, charging

FAULT = "evse_board_support/MREC17EVSEContactorFault"


def leaves(outlet):
    return [each.value.allow_power_on for each in outlet.commands(AllowPowerOn)]


def test_a_car_that_wants_power_gets_it_when_that_is_ordered():
    outlet = charging()

    assert outlet.closed
    assert outlet.condition.supply is Supply.AC
    assert outlet.commands(AllowPowerOn)[-1].value.reason is PowerOnOffReason.FULL_POWER_CHARGING


@pytest.mark.parametrize("pin", ["A", "B", "E", "F"])
def test_a_car_that_does_not_want_power_gets_none(pin):
    outlet = charging()

    outlet.car(pin)
    outlet.advance(0.1)

    assert not outlet.closed
    assert outlet.condition.supply is Supply.OFF


def test_a_car_that_comes_back_to_state_c_goes_on_charging():
    outlet = charging()
    outlet.car("B")
    outlet.advance(20)

    outlet.car("C")
    outlet.advance(0.2)

    assert outlet.closed


def test_state_d_charges_only_where_there_is_ventilation():
    # given
    with_it, without = charging(), charging(settings=replace(AC, has_ventilation=False))

    # when
    for each in (with_it, without):
        each.car("D")
        each.advance(0.2)

    # then
    assert with_it.closed
    assert with_it.condition.wants_power
    assert not without.closed
    assert not without.condition.wants_power
    assert "ventilation" in without.condition.reason


def test_leave_to_close_is_renewed_more_often_than_the_board_needs():
    outlet = charging()

    outlet.advance(10)

    times = outlet.times(AllowPowerOn)
    assert outlet.closed
    assert max(after - before for before, after in itertools.pairwise(times[1:])) < 0.21


def test_an_orderly_end_waits_for_the_car_to_let_go():
    outlet = charging()

    outlet.order(supply=Supply.OFF)
    outlet.advance(1)
    assert outlet.closed
    assert outlet.state.switch.phase is Phase.RELEASING

    outlet.car("B")
    outlet.advance(0.1)
    assert not outlet.closed


def test_an_orderly_end_waits_three_seconds_at_most():
    outlet = charging()

    outlet.order(supply=Supply.OFF)
    outlet.advance(2.9)
    assert outlet.closed

    outlet.advance(0.2)
    assert not outlet.closed


def test_an_end_that_is_taken_back_in_time_changes_nothing():
    outlet = charging()
    outlet.order(supply=Supply.OFF)
    outlet.advance(1)

    outlet.order(supply=Supply.AC)
    outlet.advance(5)

    assert outlet.closed
    assert False not in leaves(outlet)[1:]


def test_an_emergency_opens_at_once_under_load():
    outlet = charging()

    outlet.order(supply=Supply.OFF, urgency=Urgency.EMERGENCY)

    assert leaves(outlet)[-1] is False


def test_an_emergency_overtakes_an_orderly_end():
    outlet = charging()
    outlet.order(supply=Supply.OFF)
    outlet.advance(1)

    outlet.order(supply=Supply.OFF, urgency=Urgency.EMERGENCY)

    assert leaves(outlet)[-1] is False


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"in_service": False}, "out of service"),
        ({"supply": Supply.CHARGE}, ""),
    ],
)
def test_what_is_not_ordered_for_this_outlet_opens_it(change, reason):
    outlet = charging()

    outlet.order(**change)
    outlet.advance(3.1)

    assert not outlet.closed
    assert reason in outlet.condition.reason


def test_a_silent_manager_loses_the_power_after_its_lease():
    outlet = charging()
    outlet.renewing = False

    outlet.advance(0.3)
    assert outlet.closed
    outlet.advance(0.3)

    assert not outlet.closed
    assert outlet.condition.reason == "the manager is silent"


def test_a_manager_that_is_back_in_time_finds_everything_as_it_was():
    outlet = charging()
    outlet.renewing = False
    outlet.advance(0.4)

    outlet.renewing = True
    outlet.advance(5)

    assert outlet.closed
    assert False not in leaves(outlet)[1:]


def test_a_manager_that_is_back_late_gets_the_power_back():
    outlet = charging()
    outlet.renewing = False
    outlet.advance(5)

    outlet.renewing = True
    outlet.advance(0.5)

    assert outlet.closed


def test_nobody_needs_to_renew_while_power_is_off():
    outlet = Outlet()
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16)
    outlet.renewing = False

    outlet.advance(60)

    assert outlet.condition.reason == ""
    assert outlet.state.wake_s is None


def test_an_older_order_that_comes_late_is_passed_over():
    outlet = charging()
    old = outlet.ordered
    outlet.order(supply=Supply.OFF, urgency=Urgency.EMERGENCY)

    outlet.ordered = old
    outlet.renew()
    outlet.advance(1)

    assert not outlet.closed
    assert outlet.condition.order == 2


def test_a_contactor_that_does_not_close_is_a_fault_for_the_session():
    # given
    outlet = Outlet()
    outlet.devices.stuck = False
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16, supply=Supply.AC)
    outlet.car("C")

    # when / then
    outlet.advance(2.9)
    assert not outlet.errors
    outlet.advance(10)
    assert outlet.errors == [FAULT]
    assert leaves(outlet)[-1] is False
    assert outlet.condition.reason == "a fault was found"

    # and the next session has another chance
    outlet.devices.stuck = None
    outlet.order(session="next")
    outlet.advance(1)
    assert not outlet.errors
    assert outlet.closed


def test_a_welded_contactor_is_a_fault_until_it_opens():
    # given
    outlet = charging()
    outlet.devices.stuck = True

    # when / then
    outlet.car("B")
    outlet.advance(0.9)
    assert not outlet.errors
    outlet.advance(0.2)
    assert outlet.errors == [FAULT]
    assert outlet.state.switch.phase is Phase.WELDED

    outlet.order(session="next")
    outlet.advance(60)
    assert outlet.errors == [FAULT]

    outlet.devices.stuck = None
    outlet.advance(0.1)
    assert not outlet.errors
    assert outlet.state.switch.phase is Phase.OPEN


def test_a_board_that_opens_by_itself_may_close_again_on_ac():
    outlet = charging()
    outlet.devices.stuck = False
    outlet.advance(1)
    assert outlet.state.switch.phase is Phase.CLOSING

    outlet.devices.stuck = None
    outlet.advance(1)

    assert outlet.closed
    assert not outlet.errors


def test_a_board_that_opens_during_an_orderly_end_ends_it():
    outlet = charging()
    outlet.order(supply=Supply.OFF)

    outlet.devices.stuck = False
    outlet.advance(0.2)

    assert outlet.state.switch.phase is Phase.OPEN


def test_a_contactor_that_closes_unasked_is_told_to_open():
    outlet = Outlet()
    outlet.order()
    before = len(leaves(outlet))

    outlet.devices.stuck = True
    outlet.advance(0.2)
    assert leaves(outlet)[before:] == [False]

    outlet.advance(2)
    assert outlet.errors == [FAULT]


def test_a_car_that_changes_its_mind_while_it_closes_is_not_closed_on():
    outlet = Outlet()
    outlet.devices.stuck = False
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16, supply=Supply.AC)
    outlet.car("C")
    outlet.advance(0.1)

    outlet.car("B")

    assert leaves(outlet)[-1] is False
    assert outlet.state.switch.phase is Phase.OPEN


def test_the_contactor_stays_open_until_the_board_says_what_it_can():
    outlet = charging(capabilities=None)

    assert not outlet.closed
    assert "board" in outlet.condition.reason


def test_the_contactor_stays_open_until_the_cable_is_known():
    outlet = charging(capabilities=SOCKET)
    assert not outlet.closed
    assert "cable" in outlet.condition.reason

    outlet.cable(Ampacity.A_20)
    outlet.advance(0.2)
    assert outlet.closed
    assert outlet.condition.cable_a == 20


def test_a_successor_takes_a_closed_contactor_over_untouched():
    # given
    outlet = charging()
    outlet.advance(1)
    sent = len(leaves(outlet))

    # when
    outlet.restart()
    outlet.advance(0.2)  # the manager's order comes within that time
    outlet.advance(2)

    # then
    assert outlet.closed
    assert False not in leaves(outlet)[sent:]
    assert outlet.condition.supply is Supply.AC
    assert outlet.condition.cable_check is CableCheck.NONE


def test_a_successor_says_nothing_to_the_board_before_it_is_ordered():
    outlet = charging()
    outlet.renewing = False
    sent = len(outlet.devices.log)

    outlet.restart()
    outlet.advance(0.4)

    assert outlet.devices.log[sent:] == []
    assert outlet.condition.order == 0


def test_a_successor_that_hears_of_nobody_opens_the_contactor():
    outlet = charging()
    outlet.renewing = outlet.devices.watchdog = False
    outlet.devices.allowed_s = float("inf")

    outlet.restart()
    outlet.advance(0.6)

    assert not outlet.closed


@pytest.mark.parametrize(
    ("change", "phase"),
    [
        ({"supply": Supply.OFF}, Phase.RELEASING),
        ({"supply": Supply.OFF, "urgency": Urgency.EMERGENCY}, Phase.OPENING),
    ],
)
def test_a_successor_that_is_ordered_to_end_ends(change, phase):
    outlet = charging()
    outlet.restart()

    outlet.order(**change)

    assert outlet.state.switch.phase is phase


def test_a_successor_waits_for_what_it_does_not_know_yet():
    """The board's capabilities come a moment after its state: that is no reason to open."""
    # given
    outlet = charging()
    outlet.capabilities = None
    outlet.restart()

    # when
    outlet.renew()
    assert outlet.state.switch.phase is Phase.UNKNOWN
    outlet.capabilities = CABLE
    outlet.tell_capabilities()

    # then
    assert outlet.state.switch.phase is Phase.CLOSED


def test_a_silent_board_is_taken_for_open_after_a_while():
    outlet = Outlet()
    outlet.devices.silent = True
    outlet.restart()
    outlet.order()

    outlet.advance(2)

    assert outlet.state.switch.phase is Phase.OPEN
    assert not outlet.errors


FEEDBACK = tuple(Contactor)
ORDERS = (
    None,
    Order(number=1, in_service=True, pilot=Pilot.NOMINAL, offer_a=16, supply=Supply.AC),
    Order(number=1, in_service=True, pilot=Pilot.NOMINAL, offer_a=16),
    Order(number=1, in_service=True, pilot=Pilot.NOMINAL, urgency=Urgency.EMERGENCY),
)
AGES_S = (0.0, 0.3, 0.6, 4.0)


@pytest.mark.parametrize(
    ("phase", "feedback", "order", "pin", "age_s"),
    list(itertools.product(Phase, FEEDBACK, ORDERS, (Pin.A, Pin.B, Pin.C), AGES_S)),
)
def test_leave_is_held_only_for_a_fresh_order_and_a_car_that_wants(phase, feedback, order, pin, age_s):
    """Every phase with every input: what comes out keeps the promises."""
    # given
    state = State(started_s=0.0, order=order, renewed_s=100.0 - age_s)
    facts = replace(state.facts, pin=pin, plugged_in=pin is not Pin.A, feedback=feedback, capabilities=CABLE)
    state = replace(state, facts=facts, switch=Switch(phase, 100.0 - age_s, 100.0 - age_s))

    # when
    after, effects = decide(state, Passed(), AC, 100.0)

    # then
    done = [each.command for each in effects if isinstance(each, Do)]
    said = [each.value.allow_power_on for each in done if isinstance(each, AllowPowerOn)]
    fresh = order is not None and age_s < 0.5
    if after.switch.phase in (Phase.CLOSING, Phase.CLOSED):
        assert order is ORDERS[1]
        assert pin is Pin.C
        assert fresh or phase is Phase.OPEN or feedback is not Contactor.CLOSED
    if True in said:
        assert after.switch.phase in LEAVE
    if after.switch.phase is Phase.OPEN:
        assert feedback is not Contactor.CLOSED


def test_every_phase_has_a_way_out():
    assert set(ROWS) == set(Phase)
    assert all(ROWS.values())


def test_a_fault_of_basic_charging_shows_state_f():
    outlet = charging()

    outlet.order(supply=Supply.OFF, urgency=Urgency.EMERGENCY)

    assert outlet.pilot == CpStateF()


def test_the_outlets_kind_of_current_is_the_only_one_it_gives():
    outlet = Outlet(DC)
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16, supply=Supply.AC)
    outlet.car("C")
    outlet.advance(1)

    assert not outlet.closed


@pytest.mark.parametrize(("settings", "carried"), [(AC, Supply.AC), (DC, Supply.CHARGE)])
def test_a_closed_outlet_carries_what_it_can_whatever_is_ordered(settings, carried):
    outlet = Outlet(settings)
    outlet.devices.stuck = True
    outlet.advance(0.1)

    outlet.order(supply=Supply.AC if settings.dc else Supply.CHARGE)

    assert outlet.condition.supply is carried

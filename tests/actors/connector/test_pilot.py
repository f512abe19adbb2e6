"""The control pilot: what is shown when, and for how long."""

from dataclasses import replace

import pytest

from actors.connector.messages import Pilot, Sequence, Supply, Urgency
from protocols.interfaces.evse_board_support import CpStateE, CpStateF, CpStateX1, PwmOn
from protocols.types.board_support_common import Ampacity
from tests.support.outlet import AC, CABLE, SOCKET, Outlet, charging

NO_E = replace(CABLE, supports_cp_state_e=False)


def pwm(percent):
    return PwmOn(duty_cycle_percent=percent)


@pytest.mark.parametrize(
    ("pilot", "offer_a", "signal"),
    [
        (Pilot.UNAVAILABLE, 16, CpStateF()),
        (Pilot.IDLE, 16, CpStateX1()),
        (Pilot.DIGITAL, 16, pwm(5)),
        (Pilot.NOMINAL, 16, pwm(26.67)),
        (Pilot.NOMINAL, 5.9, CpStateX1()),
        (Pilot.NOMINAL, 6, pwm(10)),
        (Pilot.NOMINAL, 63, pwm(53.33)),  # the board has 32 A
    ],
)
def test_the_pilot_shows_what_was_ordered(pilot, offer_a, signal):
    outlet = Outlet()
    outlet.car("B")

    outlet.order(pilot=pilot, offer_a=offer_a)

    assert outlet.pilot == signal


@pytest.mark.parametrize(
    ("limited", "pins", "signal"),
    [
        (True, "C", pwm(16.67)),  # no state B: the simplified pilot circuit
        (True, "BC", pwm(53.33)),
        (True, "CABC", pwm(53.33)),  # the next car
        (False, "C", pwm(53.33)),
    ],
)
def test_a_car_with_the_simplified_circuit_is_offered_ten_ampere_if_so_configured(limited, pins, signal):
    """`hack_simplified_mode_limit_10A` (row M5.19)."""
    outlet = Outlet(replace(AC, hack_simplified_mode_limit_10a=limited))
    for pin in pins:
        outlet.car(pin)

    outlet.order(pilot=Pilot.NOMINAL, offer_a=32)

    assert outlet.pilot == signal


def test_a_car_with_the_simplified_circuit_may_be_offered_less():
    outlet = Outlet(replace(AC, hack_simplified_mode_limit_10a=True))
    outlet.car("C")

    outlet.order(pilot=Pilot.NOMINAL, offer_a=6)

    assert outlet.pilot == pwm(10)


def test_a_thin_cable_is_never_offered_more_than_it_carries():
    outlet = Outlet(capabilities=SOCKET)
    outlet.cable(Ampacity.A_13)

    outlet.order(pilot=Pilot.NOMINAL, offer_a=32)

    assert outlet.pilot == pwm(21.67)


def test_nothing_is_offered_through_a_socket_without_cable():
    outlet = Outlet(capabilities=SOCKET)
    outlet.cable(Ampacity.NONE)

    outlet.order(pilot=Pilot.NOMINAL, offer_a=32)

    assert outlet.pilot == CpStateX1()


def test_a_duty_cycle_under_load_changes_every_five_seconds_at_most():
    # given
    outlet = charging()
    outlet.advance(6)

    # when
    for offer_a in (10, 11, 12):
        outlet.order(offer_a=offer_a)
        outlet.advance(1)

    # then
    assert outlet.pilot == pwm(16.67)
    outlet.advance(2.1)
    assert outlet.pilot == pwm(20)


@pytest.mark.parametrize("offer_a", [10, 20])
def test_the_first_change_under_load_is_shown_at_once(offer_a):
    """The pilot was switched on a moment ago, but it has not changed since the car began to draw."""
    outlet = charging()

    outlet.order(offer_a=offer_a)

    assert outlet.times(PwmOn)[-1] == pytest.approx(outlet.now_s)
    assert outlet.pilot == pwm(round(offer_a / 0.6, 2))


def test_a_charge_that_was_paused_has_its_duty_cycle_changed_no_sooner():
    outlet = charging()
    outlet.order(offer_a=10)
    changed_s = outlet.now_s
    outlet.order(offer_a=0)
    outlet.order(offer_a=16)

    outlet.order(offer_a=8)
    outlet.advance(6)

    assert outlet.times(PwmOn)[-1] == pytest.approx(changed_s + 5)


def test_a_duty_cycle_without_load_changes_at_once():
    outlet = Outlet()
    outlet.order(pilot=Pilot.NOMINAL, offer_a=10)
    outlet.order(offer_a=12)

    assert outlet.pilot == pwm(20)


@pytest.mark.parametrize(
    "change", [{"offer_a": 0}, {"pilot": Pilot.IDLE}, {"pilot": Pilot.UNAVAILABLE}, {"supply": Supply.OFF}]
)
def test_the_end_of_power_is_shown_at_once(change):
    outlet = charging()
    outlet.order(offer_a=10)

    outlet.order(**change)

    assert outlet.pilot in (CpStateX1(), CpStateF())


@pytest.mark.parametrize(
    ("sequence", "capabilities", "signal", "lasts_s"),
    [
        (Sequence.STEP_X1, CABLE, CpStateX1(), 3),
        (Sequence.STEP_EF, CABLE, CpStateE(), 4),
        (Sequence.STEP_EF, NO_E, CpStateF(), 4),
        (Sequence.WAKE_UP, CABLE, CpStateE(), 4),
        (Sequence.WAKE_UP, NO_E, CpStateF(), 4),
    ],
)
def test_a_sequence_lasts_as_long_as_the_standard_says(sequence, capabilities, signal, lasts_s):
    # given
    outlet = Outlet(capabilities=capabilities)
    outlet.car("B")
    outlet.order(pilot=Pilot.DIGITAL)

    # when
    outlet.order(sequence=sequence, sequence_number=7, pilot=Pilot.NOMINAL, offer_a=16)

    # then
    outlet.advance(lasts_s - 0.1)
    assert outlet.pilot == signal
    assert outlet.condition.sequence_done == 0
    outlet.advance(0.2)
    assert outlet.pilot == pwm(26.67)
    assert outlet.condition.sequence_done == 7


def test_a_sequence_is_gone_through_once_per_number():
    outlet = Outlet()
    outlet.order(pilot=Pilot.IDLE, sequence=Sequence.STEP_EF, sequence_number=1)
    outlet.advance(5)

    outlet.order(offer_a=6)
    outlet.advance(5)
    assert outlet.commands(CpStateE) == [CpStateE()]

    outlet.order(sequence_number=2)
    outlet.advance(1)
    assert len(outlet.commands(CpStateE)) == 2


def test_a_sequence_that_is_taken_back_ends():
    outlet = Outlet()
    outlet.order(pilot=Pilot.IDLE, sequence=Sequence.STEP_EF, sequence_number=1)
    outlet.advance(1)

    outlet.order(sequence=None)

    assert outlet.pilot == CpStateX1()
    assert outlet.condition.sequence_done == 1


def test_power_waits_for_a_sequence_that_is_gone_through():
    # given
    outlet = Outlet()
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16, supply=Supply.AC,
                 sequence=Sequence.STEP_X1, sequence_number=1)  # fmt: skip
    outlet.car("C")

    # when / then
    outlet.advance(2.9)
    assert not outlet.closed
    outlet.advance(0.5)
    assert outlet.closed


def test_a_sequence_waits_until_the_contactor_is_open():
    outlet = charging()

    outlet.order(supply=Supply.OFF, pilot=Pilot.DIGITAL, sequence=Sequence.STEP_EF, sequence_number=1)
    outlet.advance(2)
    assert not outlet.commands(CpStateE)

    outlet.car("B")
    outlet.advance(0.2)
    assert outlet.pilot == CpStateE()


def test_a_successor_does_not_repeat_a_sequence_in_the_middle_of_a_charge():
    # given
    outlet = Outlet()
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16, sequence=Sequence.STEP_EF, sequence_number=1)
    outlet.advance(5)
    outlet.order(supply=Supply.AC)
    outlet.car("C")
    outlet.advance(1)

    # when
    outlet.restart()
    outlet.advance(5)

    # then
    assert outlet.closed
    assert len(outlet.commands(CpStateE)) == 1
    assert outlet.condition.sequence_done == 1


def emergency(outlet):
    outlet.order(supply=Supply.OFF, urgency=Urgency.EMERGENCY)


def test_state_f_after_a_fault_lasts_as_long_as_configured():
    outlet = charging()
    emergency(outlet)

    outlet.advance(0.29)
    assert outlet.pilot == CpStateF()
    outlet.advance(0.1)
    assert outlet.pilot == pwm(26.67)


def test_state_f_after_a_fault_may_be_left_out():
    outlet = charging(settings=replace(AC, state_f_after_fault_ms=0))

    emergency(outlet)

    assert not outlet.commands(CpStateF)


@pytest.mark.parametrize("urgency", list(Urgency))
def test_high_level_communication_never_sees_state_f(urgency):
    outlet = Outlet()
    outlet.car("B")
    outlet.order(pilot=Pilot.DIGITAL, offer_a=16, supply=Supply.AC)
    outlet.car("C")
    outlet.advance(1)
    assert outlet.closed

    outlet.order(supply=Supply.OFF, urgency=urgency)
    outlet.advance(4)

    assert not outlet.closed
    assert outlet.commands(PwmOn) == [pwm(5)]
    assert not outlet.commands(CpStateF)


def test_an_orderly_end_never_shows_state_f():
    outlet = charging()

    outlet.order(supply=Supply.OFF)
    outlet.car("B")
    outlet.advance(1)

    assert not outlet.commands(CpStateF)


def test_a_successor_that_does_not_know_the_cable_yet_leaves_the_pilot_alone():
    # given
    outlet = Outlet(capabilities=SOCKET)
    outlet.cable(Ampacity.A_32)
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16)

    # when
    outlet.restart()
    outlet.renew()

    # then
    assert not outlet.commands(CpStateX1)
    outlet.cable(Ampacity.A_32)
    assert outlet.commands(PwmOn) == [pwm(26.67), pwm(26.67)]


def test_a_cable_that_stays_unknown_is_offered_nothing_in_the_end():
    outlet = Outlet(capabilities=SOCKET)

    outlet.order(pilot=Pilot.NOMINAL, offer_a=16)
    outlet.advance(0.6)

    assert outlet.pilot == CpStateX1()

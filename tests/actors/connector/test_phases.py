"""One phase or three: never switched under load (M5.14)."""

from dataclasses import replace

import pytest

from actors.connector.exchange import Device
from actors.connector.messages import Pilot, Supply
from protocols.interfaces.evse_board_support import (
    AcNrOfPhasesAvailable,
    AcSwitchThreePhasesWhileCharging,
    CpStateF,
    CpStateX1,
)
from tests.support.outlet import AC, CABLE, DC, Outlet, charging


def switched(outlet):
    return [each.value for each in outlet.commands(AcSwitchThreePhasesWhileCharging)]


@pytest.mark.parametrize(("cp_state", "signal"), [("X1", CpStateX1()), ("F", CpStateF())])
def test_a_change_under_load_takes_the_car_off_first(cp_state, signal):
    # given
    outlet = charging(settings=replace(AC, switch_3ph1ph_cp_state=cp_state))

    # when
    outlet.order(three_phases=False)

    # then
    assert outlet.pilot == signal
    assert outlet.closed
    assert not switched(outlet)
    outlet.car("B")
    outlet.advance(0.1)
    assert not outlet.closed
    assert switched(outlet) == [False]

    # and then it waits
    outlet.car("C")
    assert "phases" in outlet.condition.reason
    outlet.advance(9.8)
    assert not outlet.closed
    outlet.advance(0.5)
    assert outlet.closed
    assert outlet.condition.phases == 1


def test_a_change_without_load_happens_at_once_and_without_a_pause():
    outlet = Outlet()
    outlet.car("B")

    outlet.order(three_phases=False, supply=Supply.AC, pilot=Pilot.NOMINAL, offer_a=16)
    outlet.car("C")
    outlet.advance(0.3)

    assert switched(outlet) == [False]
    assert outlet.closed


def test_phases_are_not_switched_while_no_power_is_ordered():
    outlet = Outlet()

    outlet.order(three_phases=False)

    assert not switched(outlet)


@pytest.mark.parametrize(
    ("settings", "capabilities"),
    [(AC, replace(CABLE, supports_changing_phases_during_charging=False)), (DC, CABLE), (AC, None)],
)
def test_who_cannot_switch_is_not_asked_to(settings, capabilities):
    outlet = charging(settings=settings, capabilities=capabilities)

    outlet.order(three_phases=False)
    outlet.advance(20)

    assert not switched(outlet)


def test_a_change_that_is_taken_back_before_it_happened_is_none():
    outlet = charging()
    outlet.order(three_phases=False)

    outlet.order(three_phases=True)
    outlet.advance(5)

    assert outlet.closed
    assert not switched(outlet)


def test_what_the_board_tells_counts_more_than_what_it_was_told():
    outlet = charging()
    outlet.tell(Device.BOARD, AcNrOfPhasesAvailable(phase_count=1))

    assert outlet.condition.phases == 1


def test_a_successor_does_not_switch_what_is_as_ordered():
    # given
    outlet = Outlet()
    outlet.car("B")
    outlet.order(three_phases=False, supply=Supply.AC, pilot=Pilot.NOMINAL, offer_a=16)
    outlet.car("C")
    outlet.advance(1)

    # when
    outlet.restart()
    outlet.advance(3)

    # then
    assert outlet.closed
    assert switched(outlet) == [False]
    assert outlet.condition.phases == 1

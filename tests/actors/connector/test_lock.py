"""The lock: closed when ordered, and never opened while the plug is dangerous."""

from dataclasses import replace

import pytest

from actors.connector.exchange import Answered, Device
from actors.connector.messages import Pilot, Supply
from protocols.interfaces.connector_lock import Lock, Unlock
from protocols.message import Failure, FailureReason
from tests.support.outlet import AC, DC, Outlet, charging, charging_dc

LOCKED_AC, LOCKED_DC = replace(AC, has_lock=True), replace(DC, has_lock=True)
FAILED = "connector_lock/ConnectorLockFailedLock"


def test_the_plug_is_locked_when_that_is_ordered():
    outlet = Outlet(LOCKED_AC)
    outlet.car("B")
    outlet.order(locked=True)

    assert outlet.devices.locked
    assert outlet.condition.locked is True


def test_an_outlet_without_a_lock_says_so():
    assert charging().condition.locked is None


def test_a_lock_that_is_as_ordered_is_not_driven():
    outlet = Outlet(LOCKED_AC)
    outlet.order()

    assert not outlet.commands(Unlock)


def test_power_waits_for_the_lock():
    outlet = Outlet(LOCKED_AC)
    outlet.devices.motor = False
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16, supply=Supply.AC, locked=True)
    outlet.car("C")
    outlet.advance(1)
    assert not outlet.closed
    assert "locked" in outlet.condition.reason

    outlet.devices.motor = True
    outlet.advance(5)
    assert outlet.closed


def test_a_motor_that_fails_is_tried_again_now_and_then():
    outlet = Outlet(LOCKED_AC)
    outlet.devices.motor = False
    outlet.order(locked=True)

    outlet.advance(16)

    times = outlet.times(Lock)
    assert len(times) == 4
    assert times[1] - times[0] >= 5


def test_the_plug_is_not_released_under_power():
    outlet = charging(settings=LOCKED_AC)

    outlet.order(locked=False)
    outlet.advance(1)
    assert outlet.closed
    assert not outlet.commands(Unlock)

    outlet.car("B")
    outlet.advance(0.2)
    assert not outlet.closed
    assert len(outlet.commands(Unlock)) == 1


def test_the_plug_is_not_released_from_a_welded_contactor():
    outlet = charging(settings=LOCKED_AC)
    outlet.devices.stuck = True

    outlet.order(locked=False, supply=Supply.OFF)
    outlet.car("B")
    outlet.advance(10)

    assert not outlet.commands(Unlock)


def test_a_direct_current_plug_is_released_below_sixty_volts():
    # given
    outlet = charging_dc(settings=LOCKED_DC)
    outlet.devices.slew_v = 10.0

    # when
    outlet.order(locked=False, supply=Supply.OFF)
    outlet.advance(1)

    # then
    for _ in range(100):
        if not outlet.commands(Unlock):
            assert outlet.devices.voltage_v > 50
            outlet.advance(0.05)
    assert 0 < outlet.devices.voltage_v < 60


def test_another_outlets_voltage_keeps_no_plug_locked():
    outlet = Outlet(replace(LOCKED_DC, shared=True))
    outlet.devices.locked, outlet.devices.voltage_v = True, 400.0
    outlet.restart()
    outlet.devices.slew_v = 0.0

    outlet.order(locked=False)
    outlet.advance(1)

    assert outlet.commands(Unlock)


def test_a_lock_that_raises_an_error_is_no_lock():
    outlet = charging(settings=LOCKED_AC)

    outlet.stands(Device.LOCK, FAILED)
    assert outlet.condition.locked is False
    outlet.advance(3.2)

    assert not outlet.closed


def test_a_warning_of_the_lock_changes_nothing():
    outlet = charging(settings=LOCKED_AC)

    outlet.stands(Device.LOCK, "connector_lock/VendorWarning")

    assert outlet.condition.locked is True


@pytest.mark.parametrize(
    ("reply", "locked"),
    [(None, True), (Failure(reason=FailureReason.TIMEOUT, detail="late"), False)],
)
def test_a_lock_that_tells_no_state_is_believed_by_its_answer(reply, locked):
    # given
    outlet = Outlet(replace(LOCKED_AC, has_lock=True))
    outlet.state = replace(outlet.state, facts=replace(outlet.state.facts, locked=None))
    outlet.devices.motor = False
    outlet.devices.silent = True
    outlet.order(locked=True)
    if reply is not None:
        motor = replace(outlet.state.lock, done=False)
        outlet.state = replace(outlet.state, lock=motor)
        outlet.feed(Answered(Device.LOCK, Lock(), reply))

    # then
    assert outlet.condition.locked is locked


def test_an_answer_to_what_was_asked_before_counts_for_nothing():
    outlet = Outlet(LOCKED_AC)
    outlet.order(locked=True)
    outlet.state = replace(outlet.state, lock=replace(outlet.state.lock, done=False))

    outlet.feed(Answered(Device.LOCK, Unlock(), Failure(reason=FailureReason.TIMEOUT, detail="late")))

    assert not outlet.state.lock.done

"""The cable check: each step, and each way to fail it (M5.16)."""

from dataclasses import replace

import pytest

from actors.connector.messages import CableCheck, Contactor, Supply
from actors.connector.state import Stage
from protocols.interfaces.evse_board_support import AllowPowerOn
from protocols.interfaces.isolation_monitor import Start, StartSelfTest, Stop
from protocols.interfaces.power_supply_dc import SetExportVoltageCurrent, SetMode
from protocols.types.evse_board_support import PowerOnOff, PowerOnOffReason
from protocols.types.power_supply_dc import Mode
from tests.support.outlet import DC, Outlet, checked

FAULT = "evse_manager/MREC11CableCheckFault"
CONTACTOR = "evse_board_support/MREC17EVSEContactorFault"
CLOSE = AllowPowerOn(value=PowerOnOff(allow_power_on=True, reason=PowerOnOffReason.DC_CABLE_CHECK))
OPEN_TEST = replace(DC, cable_check_enable_imd_self_test_relays_open=True)


def test_a_good_cable_passes_and_ends_dead_and_connected():
    outlet = checked()

    assert outlet.condition.cable_check is CableCheck.PASSED
    assert outlet.condition.isolation_ohm == 1e6
    assert outlet.condition.contactor is Contactor.CLOSED
    assert outlet.devices.voltage_v < 60
    assert outlet.devices.mode is Mode.OFF
    assert not outlet.errors


def test_isolation_is_tested_with_what_the_norm_says():
    outlet = checked()

    assert outlet.commands(StartSelfTest) == [StartSelfTest(test_voltage_v=500)]
    assert {(each.voltage_v, each.current_a) for each in outlet.commands(SetExportVoltageCurrent)} == {
        (500, 2)
    }
    assert {each.value.reason for each in outlet.commands(AllowPowerOn)[1:]} == {
        PowerOnOffReason.DC_CABLE_CHECK
    }


def test_the_voltage_of_the_test_may_be_configured():
    outlet = checked(replace(DC, dc_isolation_voltage_v=350))

    assert outlet.commands(StartSelfTest) == [StartSelfTest(test_voltage_v=350)]


def test_the_monitor_measures_from_then_on():
    outlet = checked()

    assert outlet.devices.measuring
    assert outlet.commands((Start, Stop)) == [Stop(), Start()]  # the first, lest it be on already


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        (replace(DC, cable_check_enable_imd_self_test=False), {Start}),
        (replace(DC, cable_check_wait_number_of_imd_measurements=0), {StartSelfTest, Start}),
        (replace(DC, has_imd=False), set()),
    ],
)
def test_what_is_not_configured_is_passed_over(settings, kinds):
    outlet = checked(settings)

    found = outlet.commands((Start, StartSelfTest))
    assert outlet.condition.cable_check is CableCheck.PASSED
    assert {type(each) for each in found} == kinds


def test_a_monitor_may_test_itself_before_the_relays_close():
    outlet = checked(OPEN_TEST)

    first, second = outlet.commands(StartSelfTest)
    assert (first.test_voltage_v, second.test_voltage_v) == (48, 500)
    assert outlet.condition.cable_check is CableCheck.PASSED
    told = outlet.commands((AllowPowerOn, StartSelfTest))
    closes = next(n for n, each in enumerate(told) if each == CLOSE)
    assert told.index(first) < closes < told.index(second)


def test_several_measurements_are_waited_for():
    outlet = checked(replace(DC, cable_check_wait_number_of_imd_measurements=20))
    assert outlet.condition.cable_check is CableCheck.PASSED

    stages = checked(replace(DC, cable_check_wait_number_of_imd_measurements=200))
    assert stages.state.check.stage is Stage.MEASURE


@pytest.mark.parametrize("ohm", [99_999, 0])
def test_bad_isolation_fails_it(ohm):
    outlet = checked(ohm=ohm)

    assert outlet.condition.cable_check is CableCheck.FAILED
    assert outlet.condition.isolation_ohm == ohm
    assert outlet.errors == [FAULT]
    assert outlet.devices.mode is Mode.OFF
    assert not outlet.closed


def test_megawatt_plugs_need_better_isolation():
    assert checked(ohm=110_000).condition.cable_check is CableCheck.PASSED
    assert checked(replace(DC, connector_type="cMCS"), ohm=110_000).errors == [FAULT]


@pytest.mark.parametrize(
    ("settings", "broken", "errors", "after_s"),
    [
        (DC, {"self_test": False}, [FAULT], 0),
        (DC, {"self_test": None}, [FAULT], 31),
        (OPEN_TEST, {"self_test": False}, [FAULT], 0),
        (OPEN_TEST, {"slew_v": 0.0}, [FAULT], 11),
        (DC, {"slew_v": 0.0}, [FAULT], 11),
        (DC, {"stuck": False}, [CONTACTOR, FAULT], 6),
    ],
)
def test_what_does_not_come_in_time_fails_it(settings, broken, errors, after_s):
    outlet = checked(settings, **broken)

    outlet.advance(after_s)

    assert outlet.condition.cable_check is CableCheck.FAILED
    assert outlet.errors == errors
    assert not outlet.closed
    assert outlet.devices.mode is Mode.OFF


def test_a_monitor_that_never_measures_fails_it():
    outlet = Outlet(DC)
    outlet.monitor_mute = True
    outlet.car("B")
    outlet.order()
    outlet.car("C")
    outlet.order(supply=Supply.CABLE_CHECK, maximum_voltage_v=450)

    outlet.advance(12)

    assert outlet.errors == [FAULT]


def started():
    """A cable check that waits for the end of a self-test."""
    outlet = checked(self_test=None)
    assert outlet.state.check.stage is Stage.SELF_TEST
    return outlet


def test_an_output_that_stays_charged_fails_it():
    outlet = checked(slew_v=5.0, voltage_v=495.0)
    assert outlet.state.check.stage is Stage.DISCHARGE

    outlet.devices.slew_v = 0.0
    outlet.advance(10)

    assert outlet.errors == [FAULT]


def test_an_output_may_stay_charged_where_that_is_configured():
    settings = replace(DC, cable_check_wait_below_60v_before_finish=False)
    outlet = checked(settings, slew_v=5.0, voltage_v=495.0)

    assert outlet.condition.cable_check is CableCheck.PASSED
    assert outlet.devices.voltage_v > 60


def test_a_car_that_leaves_state_c_ends_it_and_may_come_back():
    """No fault of the cable: its talk may have broken off, because the link has died."""
    outlet = started()

    outlet.car("B")
    outlet.advance(0.2)

    assert outlet.condition.cable_check is CableCheck.NONE
    assert not outlet.errors
    assert not outlet.closed
    assert outlet.devices.mode is Mode.OFF

    outlet.devices.self_test = True
    outlet.car("C")
    outlet.advance(3)
    assert outlet.condition.cable_check is CableCheck.PASSED


def test_one_that_is_taken_back_leaves_no_trace():
    outlet = started()

    outlet.order(supply=Supply.OFF)
    outlet.advance(2)

    assert outlet.condition.cable_check is CableCheck.NONE
    assert not outlet.errors
    assert not outlet.closed


def test_a_manager_that_was_silent_gets_it_all_over_again():
    # given
    outlet = started()
    outlet.renewing = False
    outlet.advance(1)
    assert not outlet.closed
    assert outlet.devices.mode is Mode.OFF

    # when
    outlet.renewing, outlet.devices.self_test = True, True
    outlet.advance(3)

    # then
    assert outlet.condition.cable_check is CableCheck.PASSED
    assert not outlet.errors


def test_the_verdict_is_the_sessions():
    outlet = checked(ohm=10)
    outlet.devices.ohm = 1e6

    outlet.order(session="next")
    outlet.advance(3)

    assert outlet.condition.cable_check is CableCheck.PASSED
    assert not outlet.errors


def test_a_second_talk_of_a_session_has_a_check_of_its_own():
    """What was sound before the car paused need not be so when it comes back (IEC 61851-23:2023, CC.4.1)."""
    # given
    outlet = checked()
    outlet.order(supply=Supply.OFF)
    outlet.advance(2)
    assert outlet.condition.cable_check is CableCheck.NONE
    assert outlet.condition.isolation_ohm == 1e6

    # when
    outlet.devices.ohm = 10
    outlet.order(supply=Supply.CABLE_CHECK)
    outlet.advance(5)

    # then
    assert outlet.condition.cable_check is CableCheck.FAILED


def test_a_successor_begins_it_anew():
    outlet = started()
    outlet.devices.self_test = True

    outlet.restart()
    outlet.advance(5)

    assert outlet.condition.cable_check is CableCheck.PASSED


def test_it_waits_for_a_car_that_wants_power():
    outlet = Outlet(DC)
    outlet.car("B")

    outlet.order(supply=Supply.CABLE_CHECK, maximum_voltage_v=450)
    outlet.advance(5)

    assert outlet.condition.cable_check is CableCheck.NONE
    assert not outlet.commands(SetMode)


def test_another_fault_fails_it_too():
    outlet = started()

    outlet.devices.stuck = False
    outlet.advance(0.2)

    assert outlet.errors == [CONTACTOR, FAULT]

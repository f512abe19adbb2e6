import dataclasses

import pytest

from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso2 import DcEvseStatusCode, EvseProcessing, ResponseCode
from protocols.types import iso15118
from tests.support.secc_iso2 import (
    CABLE_CHECK,
    DEMAND,
    PRE_CHARGE,
    STOP,
    WELDING,
    Iso2Bench,
    iso2,
    quantity,
    refusal,
)

PASSED = charger.CableCheckFinished(status=True)


@pytest.fixture
def bench():
    made = Iso2Bench()
    made.to_offer()
    return made


def test_the_cable_check_is_asked_for_once_and_waited_for(bench):
    bench.tell(PASSED)  # of a check before this one

    for times in range(3):
        response = bench.ask(CABLE_CHECK)
        assert response.evse_processing is EvseProcessing.ONGOING
        assert response.dc_evse_status.evse_status_code is DcEvseStatusCode.EVSE_ISOLATION_MONITORING_ACTIVE
        assert len(bench.published(charger.StartCableCheck)) == (times == 0)
    bench.tell(PASSED, charger.UpdateIsolationStatus(isolation_status=iso15118.IsolationStatus.VALID))

    response = bench.ask(CABLE_CHECK)
    assert response.evse_processing is EvseProcessing.FINISHED
    assert response.dc_evse_status.evse_isolation_status == "Valid"
    assert response.dc_evse_status.evse_status_code is DcEvseStatusCode.EVSE_READY
    assert "cable check" not in bench.timers


def test_a_cable_check_that_fails_ends_the_session(bench):
    bench.ask(CABLE_CHECK)
    bench.tell(charger.CableCheckFinished(status=False))

    assert bench.ask(CABLE_CHECK).response_code is ResponseCode.FAILED
    assert bench.published(charger.DcOpenContactor)
    assert bench.closed.failed == "EnergyTransferSetupFailed"


def test_a_cable_check_that_takes_38_seconds_ends_the_session(bench):
    for _ in range(3):
        bench.ask(CABLE_CHECK)
        bench.pass_time(12)
    assert bench.ask(CABLE_CHECK).evse_processing is EvseProcessing.ONGOING
    bench.pass_time(3)

    assert bench.ask(CABLE_CHECK).response_code is ResponseCode.FAILED


@pytest.mark.parametrize(
    "told",
    [charger.StopCharging(stop=True), refusal(), charger.SendError(error=iso15118.EvseError.ERROR_CONTACTOR)],
    ids=lambda told: type(told).__name__,
)
def test_no_cable_is_checked_for_a_car_that_may_not_charge(bench, told):
    bench.tell(told)

    assert bench.ask(CABLE_CHECK).response_code is ResponseCode.FAILED
    assert not bench.published(charger.StartCableCheck)


@pytest.mark.parametrize("mode", list(iso15118.NoEnergyPauseMode))
def test_without_energy_a_car_may_have_to_wait_before_the_cable_check(bench, mode):
    bench.tell(charger.NoEnergyPauseCharging(mode=mode))

    refused = bench.ask(CABLE_CHECK).response_code is ResponseCode.FAILED

    assert refused is (mode is iso15118.NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK)


def test_pre_charge_is_started_once_and_told_the_target_each_time(bench):
    bench.ask(CABLE_CHECK)
    bench.tell(PASSED)
    bench.ask(CABLE_CHECK)

    for times in range(2):
        response = bench.ask(PRE_CHARGE)
        assert float(response.evse_present_voltage) == 400
        assert len(bench.published(charger.StartPreCharge)) == (times == 0)
        assert bench.published(charger.DcEvTargetVoltageCurrent)


def test_the_loop_says_what_flows_and_how_much_may():
    response = Iso2Bench().to_loop()

    assert float(response.evse_present_current) == 99.5
    assert float(response.evse_maximum_power_limit) == 80000
    assert response.evse_id == "DE*EVS*E1"
    assert response.meter_info.meter_reading_wh == 1234
    assert response.receipt_required is False


@pytest.mark.parametrize(
    ("voltage", "current", "achieved"),
    [(400, 100, (False, False, False)), (920, 10, (True, False, False)), (400, 200, (False, True, True))],
)
def test_the_loop_says_which_limits_are_reached(voltage, current, achieved):
    bench = Iso2Bench()
    bench.to_loop()

    response = bench.ask(
        dataclasses.replace(
            DEMAND, ev_target_voltage=quantity(voltage, "V"), ev_target_current=quantity(current, "A")
        )
    )

    assert achieved == (
        response.evse_voltage_limit_achieved,
        response.evse_current_limit_achieved,
        response.evse_power_limit_achieved,
    )


def test_the_wishes_of_the_loop_are_published():
    bench = Iso2Bench()
    bench.to_loop()
    assert bench.published(charger.CurrentDemandStarted)

    bench.ask(
        dataclasses.replace(
            DEMAND,
            ev_maximum_current_limit=quantity(150, "A"),
            bulk_charging_complete=True,
            remaining_time_to_full_soc=quantity(1800, "s"),
        )
    )

    assert not bench.published(charger.CurrentDemandStarted)
    assert bench.published(charger.DcEvMaximumLimits)
    assert bench.published(charger.DcBulkChargingComplete)
    assert bench.published(charger.DcEvRemainingTime)


def test_a_loop_without_told_limits_says_none():
    bench = Iso2Bench()
    bench.to_loop()
    station = dataclasses.replace(bench.state.station, dc_maximum=None, dc_present=None)
    bench.state = dataclasses.replace(bench.state, station=station)

    response = bench.ask(DEMAND)

    assert response.evse_maximum_power_limit is None
    assert float(response.evse_present_voltage) == 0


def test_welding_detection_repeats_until_the_session_stops():
    bench = Iso2Bench()
    bench.to_loop()
    bench.ask(STOP)

    for _ in range(2):
        assert isinstance(bench.ask(WELDING), iso2.WeldingDetectionRes)

import dataclasses

import pytest

from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import din
from protocols.iso15118.din import EvseProcessing, ResponseCode
from protocols.types import iso15118
from protocols.types.iso15118 import EvseError, NoEnergyPauseMode
from tests.support.secc_din import (
    CABLE_CHECK,
    DEMAND,
    EXTENDED,
    START,
    STOP,
    WISH,
    DinBench,
    parameters,
    quantity,
)
from tests.support.secc_iso2 import refusal

AUTHENTICATE = din.ContractAuthenticationReq()
EMERGENCY = charger.SendError(error=EvseError.ERROR_EMERGENCY_SHUTDOWN)
AFTER = NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE
BEFORE = NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK


def station(bench, **fields):
    changed = dataclasses.replace(bench.state.station, **fields)
    bench.state = dataclasses.replace(bench.state, station=changed)
    return bench


def test_an_offer_carries_limits_and_a_schedule_of_sixteen_bits():
    response = DinBench().to_offer()

    (one,) = response.sa_schedules.sa_schedule_tuple
    assert one.p_max_schedule.p_max_schedule_entry[0].p_max_w == 32767
    assert float(response.evse_charge_parameter.evse_maximum_power_limit) == 80000
    assert response.evse_charge_parameter.dc_evse_status.evse_status_code == "EVSE_Ready"


def test_the_wishes_of_the_car_are_published_once():
    bench = DinBench()
    bench.to_offer()

    for kind in (
        charger.RequestedEnergyTransferMode,
        charger.DcEvStatus,
        charger.DcEvMaximumLimits,
        charger.DcEvEnergyCapacity,
        charger.DcEvEnergyRequest,
        charger.DcFullSoc,
        extensions.ChargingNeeds,
    ):
        assert len(bench.published(kind)) == 1
    assert bench.published(charger.DcEvStatus)[0].status.dc_ev_cabin_conditioning is False


AC = din.AcEvChargeParameter(
    departure_time_s=0,
    e_amount=quantity(1, "Wh"),
    ev_max_voltage=quantity(1, "V"),
    ev_max_current=quantity(1, "A"),
    ev_min_current=quantity(1, "A"),
)


@pytest.mark.parametrize(
    ("wish", "mode", "code"),
    [
        (WISH, din.EvRequestedEnergyTransfer.DC_CORE, ResponseCode.FAILED_WRONG_ENERGY_TRANSFER_TYPE),
        (WISH, din.EvRequestedEnergyTransfer.DC_UNIQUE, ResponseCode.FAILED_WRONG_ENERGY_TRANSFER_TYPE),
        (AC, EXTENDED, ResponseCode.FAILED_WRONG_CHARGE_PARAMETER),
        (
            dataclasses.replace(WISH, ev_maximum_current_limit=quantity(-3, "A")),
            EXTENDED,
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            dataclasses.replace(WISH, ev_maximum_voltage_limit=quantity(100, "V")),
            EXTENDED,
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            dataclasses.replace(WISH, ev_maximum_power_limit=quantity(-3, "W")),
            EXTENDED,
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            dataclasses.replace(WISH, ev_energy_request=quantity(-3, "Wh")),
            EXTENDED,
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
    ],
)
def test_parameters_that_cannot_be_are_refused(wish, mode, code):
    bench = DinBench()
    bench.to_parameters()

    assert bench.ask(parameters(wish, mode)).response_code is code
    assert not bench.published(charger.RequestedEnergyTransferMode)


def test_a_grant_taken_back_ends_at_the_parameters():
    bench = DinBench()
    bench.to_parameters()
    bench.tell(refusal())

    assert bench.ask(parameters()).response_code is ResponseCode.FAILED


def test_limits_nobody_has_told_yet_are_waited_for():
    bench = DinBench()
    bench.to_parameters()
    station(bench, dc_maximum=None, dc_minimum=None, physical=None)

    for _ in range(2):
        assert bench.ask(parameters()).evse_processing is EvseProcessing.ONGOING
    bench.pass_time(54)
    assert bench.ask(parameters()).evse_processing is EvseProcessing.ONGOING
    bench.pass_time(2)

    assert bench.ask(parameters()).response_code is ResponseCode.FAILED


def test_a_car_that_would_give_energy_back_says_so():
    bench = station(DinBench(), sae_j2847_mode=iso15118.SaeJ2847BidiMode.V2G, debug_mode=True)
    bench.to_parameters()

    bench.ask(parameters(dataclasses.replace(WISH, ev_energy_request=quantity(-3, "Wh"))))

    assert bench.published(charger.SaeBidiModeActive)
    assert len(bench.published(charger.V2gMessages)) == 2


@pytest.mark.parametrize("told", [charger.StopCharging(stop=True), refusal()])
def test_no_cable_is_checked_for_a_car_that_may_not_charge(told):
    bench = DinBench()
    bench.to_offer()
    bench.tell(told)

    assert bench.ask(CABLE_CHECK).response_code is ResponseCode.FAILED
    assert not bench.published(charger.StartCableCheck)


@pytest.mark.parametrize("minutes_of", ["failed", "late", "no energy"])
def test_a_cable_check_that_does_not_pass_ends_the_session(minutes_of):
    bench = DinBench()
    bench.to_offer()
    if minutes_of == "no energy":
        bench.tell(charger.NoEnergyPauseCharging(mode=BEFORE))
    else:
        assert bench.ask(CABLE_CHECK).evse_processing is EvseProcessing.ONGOING
    if minutes_of == "failed":
        bench.tell(charger.CableCheckFinished(status=False))
    if minutes_of == "late":
        bench.pass_time(39)

    assert bench.ask(CABLE_CHECK).response_code is ResponseCode.FAILED
    assert bool(bench.published(charger.DcOpenContactor)) is (minutes_of != "no energy")


@pytest.mark.parametrize(
    "told",
    [
        charger.StopCharging(stop=True),
        charger.NoEnergyPauseCharging(mode=AFTER),
        EMERGENCY,
        refusal(),
    ],
)
def test_what_comes_up_before_energy_flows_stops_the_start(told):
    bench = DinBench()
    bench.to_pre_charge()
    bench.tell(told)

    assert bench.ask(START).response_code is ResponseCode.FAILED_POWER_DELIVERY_NOT_APPLIED
    assert bench.published(charger.DcOpenContactor)


@pytest.mark.parametrize(("tuple_id", "code"), [(1, "OK"), (2, "FAILED_TariffSelectionInvalid")])
def test_only_the_schedule_that_was_offered_can_be_chosen(tuple_id, code):
    bench = DinBench()
    bench.to_pre_charge()
    entry = din.ProfileEntry(charging_profile_entry_start_s=0, charging_profile_entry_max_power_w=1)
    profile = din.ChargingProfile(sa_schedule_tuple_id=tuple_id, profile_entry=(entry,))

    request = din.PowerDeliveryReq(ready_to_charge_state=True, charging_profile=profile)

    assert bench.ask(request).response_code == code


def test_a_car_that_charges_cannot_start_again():
    bench = DinBench()
    bench.to_loop()

    assert bench.ask(START).response_code is ResponseCode.FAILED_SEQUENCE_ERROR


def test_a_car_may_stop_before_it_charges():
    bench = DinBench()
    bench.to_pre_charge()

    assert bench.ask(STOP).response_code is ResponseCode.OK
    assert bench.published(charger.DcOpenContactor)
    assert not bench.published(charger.CurrentDemandFinished)


@pytest.mark.parametrize(
    ("voltage", "current", "achieved"),
    [(400, 100, (False, False, False)), (920, 10, (True, False, False)), (400, 200, (False, True, True))],
)
def test_the_loop_says_which_limits_are_reached(voltage, current, achieved):
    bench = DinBench()
    bench.to_loop()

    response = bench.ask(
        dataclasses.replace(
            DEMAND,
            ev_target_voltage=quantity(voltage, "V"),
            ev_target_current=quantity(current, "A"),
            ev_maximum_current_limit=quantity(100, "A"),
            remaining_time_to_full_soc=quantity(60, "s"),
        )
    )

    assert achieved == (
        response.evse_voltage_limit_achieved,
        response.evse_current_limit_achieved,
        response.evse_power_limit_achieved,
    )
    assert bench.published(charger.DcEvRemainingTime)


def test_a_loop_without_told_limits_says_none():
    bench = DinBench()
    bench.to_loop()
    station(bench, dc_maximum=None, dc_present=None)

    response = bench.ask(DEMAND)

    assert response.evse_maximum_power_limit is None
    assert float(response.evse_present_voltage) == 0


@pytest.mark.parametrize(
    ("told", "status", "failed"),
    [
        (charger.StopCharging(stop=True), "EVSE_Shutdown", False),
        (
            charger.SendError(error=EvseError.ERROR_UTILITY_INTERRUPT_EVENT),
            "EVSE_UtilityInterruptEvent",
            False,
        ),
        (EMERGENCY, "EVSE_EmergencyShutdown", True),
    ],
)
def test_the_loop_tells_the_car_to_stop(told, status, failed):
    bench = DinBench()
    bench.to_loop()
    bench.tell(told, charger.UpdateIsolationStatus(isolation_status=iso15118.IsolationStatus.NO_IMD))

    response = bench.ask(DEMAND)

    assert response.dc_evse_status.evse_notification == "StopCharging"
    assert response.dc_evse_status.evse_status_code == status
    assert response.dc_evse_status.evse_isolation_status == "Invalid"
    assert (response.response_code is ResponseCode.FAILED) is failed
    assert bool(bench.published(charger.DcOpenContactor)) is failed

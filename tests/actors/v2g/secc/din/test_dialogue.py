import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.v2g.secc.exchange import Expired
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import din
from protocols.iso15118.din import EvseProcessing, EvseSupportedEnergyTransfer, ResponseCode
from protocols.types import iso15118
from protocols.types.iso15118 import EnergyTransferMode, EvseError, NoEnergyPauseMode
from tests.support.secc_din import (
    CABLE_CHECK,
    DEMAND,
    EXTENDED,
    PASSED,
    PRE_CHARGE,
    START,
    STOP,
    WELDING,
    WISH,
    DinBench,
    one_of_each,
    parameters,
    quantity,
    selection,
)
from tests.support.secc_iso2 import GRANT, refusal

AUTHENTICATE = din.ContractAuthenticationReq()
EMERGENCY = charger.SendError(error=EvseError.ERROR_EMERGENCY_SHUTDOWN)
AFTER = NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE
BEFORE = NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK


def station(bench, **fields):
    changed = dataclasses.replace(bench.state.station, **fields)
    bench.state = dataclasses.replace(bench.state, station=changed)
    return bench


def test_a_whole_charge_is_answered_step_by_step():
    bench = DinBench()
    bench.to_parameters()
    talk = [
        (parameters(), din.ChargeParameterDiscoveryRes),
        (CABLE_CHECK, din.CableCheckRes),
        (PASSED, None),
        (CABLE_CHECK, din.CableCheckRes),
        (PRE_CHARGE, din.PreChargeRes),
        (PRE_CHARGE, din.PreChargeRes),
        (START, din.PowerDeliveryRes),
        (DEMAND, din.CurrentDemandRes),
        (DEMAND, din.CurrentDemandRes),
        (STOP, din.PowerDeliveryRes),
        (WELDING, din.WeldingDetectionRes),
        (WELDING, din.WeldingDetectionRes),
        (din.SessionStopReq(), din.SessionStopRes),
    ]

    for request, expected in talk:
        if expected is None:
            bench.tell(request)
        else:
            response = bench.ask(request)
            assert type(response) is expected
            assert response.response_code is ResponseCode.OK
    bench.disconnect()

    published = [type(each).__name__ for each in bench.published(object, ever=True)]
    once = (
        "EvccId",
        "StartCableCheck",
        "StartPreCharge",
        "CurrentDemandStarted",
        "CurrentDemandFinished",
        "DcOpenContactor",
        "DlinkTerminate",
    )
    assert [published.count(name) for name in once] == [1] * len(once)
    assert "HlcSessionFailed" not in published


def test_a_session_gets_an_id_and_the_outlets_name():
    bench = DinBench()

    response = bench.ask(din.SessionSetupReq(evcc_id=bytes(6)))

    assert response.response_code is ResponseCode.OK_NEW_SESSION_ESTABLISHED
    assert response.evse_id == bytes.fromhex("49A80737A45678")
    assert any(bench.session)


@pytest.mark.parametrize(
    "told", [None, iso15118.EVSEID(evse_id="DE*X"), iso15118.EVSEID(evse_id="", evse_id_din="1A2")]
)
def test_an_outlet_without_a_din_id_says_zero(told):
    bench = station(DinBench(), evse_id=told)

    assert bench.ask(din.SessionSetupReq(evcc_id=bytes(6))).evse_id == b"\0"


@pytest.mark.parametrize(
    ("modes", "found"),
    [
        ((EnergyTransferMode.DC_UNIQUE, EnergyTransferMode.DC_CORE), EvseSupportedEnergyTransfer.DC_CORE),
        ((EnergyTransferMode.DC_BPT,), EvseSupportedEnergyTransfer.DC_EXTENDED),
        ((EnergyTransferMode.DC_UNIQUE,), EvseSupportedEnergyTransfer.DC_DUAL),
    ],
)
def test_a_station_offers_its_one_way_of_energy_transfer(modes, found):
    bench = station(DinBench(), energy_transfer_modes=modes)
    bench.ask(din.SessionSetupReq(evcc_id=bytes(6)))

    assert bench.ask(din.ServiceDiscoveryReq()).charge_service.energy_transfer_type is found


def test_a_station_without_dc_cannot_serve():
    bench = station(DinBench(), energy_transfer_modes=())
    bench.ask(din.SessionSetupReq(evcc_id=bytes(6)))

    assert bench.ask(din.ServiceDiscoveryReq()).response_code is ResponseCode.FAILED


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (selection(din.PaymentOption.CONTRACT), ResponseCode.FAILED_PAYMENT_SELECTION_INVALID),
        (
            selection(din.PaymentOption.EXTERNAL_PAYMENT, 1, 2),
            ResponseCode.FAILED_SERVICE_SELECTION_INVALID,
        ),
        (selection(din.PaymentOption.EXTERNAL_PAYMENT, 3), ResponseCode.FAILED_SERVICE_SELECTION_INVALID),
    ],
)
def test_a_choice_that_was_not_offered_is_refused(request_, code):
    bench = DinBench()
    bench.ask(din.SessionSetupReq(evcc_id=bytes(6)))
    bench.ask(din.ServiceDiscoveryReq())

    assert bench.ask(request_).response_code is code


def test_authorization_is_asked_for_once_and_waited_for():
    bench = DinBench()
    bench.to_authorization()

    for times in range(2):
        assert bench.ask(AUTHENTICATE).evse_processing is EvseProcessing.ONGOING
        assert len(bench.published(charger.RequireAuthEim)) == (times == 0)
    bench.tell(GRANT)

    assert bench.ask(AUTHENTICATE).evse_processing is EvseProcessing.FINISHED


def test_a_refusal_ends_the_session():
    bench = DinBench()
    bench.to_authorization()
    bench.ask(AUTHENTICATE)
    bench.tell(refusal())

    assert bench.ask(AUTHENTICATE).response_code is ResponseCode.FAILED
    assert bench.closed.failed == "AuthorizationFailed"


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
            dataclasses.replace(WISH, ev_maximum_current_limit=quantity(-1, "A")),
            EXTENDED,
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            dataclasses.replace(WISH, ev_maximum_voltage_limit=quantity(100, "V")),
            EXTENDED,
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            dataclasses.replace(WISH, ev_maximum_power_limit=quantity(-1, "W")),
            EXTENDED,
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            dataclasses.replace(WISH, ev_energy_request=quantity(-1, "Wh")),
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

    bench.ask(parameters(dataclasses.replace(WISH, ev_energy_request=quantity(-1, "Wh"))))

    assert bench.published(charger.SaeBidiModeActive)
    assert len(bench.published(charger.V2gMessages)) == 2


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


@pytest.mark.parametrize(
    ("upto", "reason"),
    [
        ("authorization", "AuthorizationFailed"),
        ("offer", "ChargingParametersNotAccepted"),
        ("pre_charge", "EnergyTransferSetupFailed"),
        ("loop", "ChargingInterrupted"),
    ],
)
def test_a_car_that_is_suddenly_gone_leaves_nothing_connected(upto, reason):
    bench = DinBench()
    getattr(bench, f"to_{upto}")()

    bench.disconnect()

    published = bench.published(object)
    assert published[-2:] == [charger.HlcSessionFailed(reason=reason), charger.DlinkError()]
    opened, flows = [charger.DcOpenContactor()], [charger.CurrentDemandFinished()]
    assert published[:-2] == {"pre_charge": opened, "loop": flows + opened}.get(upto, [])


def test_a_silent_car_is_given_up_after_sixty_seconds():
    bench = DinBench()
    bench.to_loop()

    bench.pass_time(61)

    assert bench.closed.reason == "sequence_timeout"
    assert bench.published(charger.DcOpenContactor)


REQUESTS = [*one_of_each().values(), STOP]
COMMANDS = [
    GRANT,
    refusal(),
    PASSED,
    charger.CableCheckFinished(status=False),
    charger.StopCharging(stop=True),
    charger.SendError(error=EvseError.ERROR_CONTACTOR),
    charger.ResetError(),
]
STEPS = st.lists(
    st.one_of(
        st.sampled_from(REQUESTS), st.sampled_from(COMMANDS), st.sampled_from([30.0, 70.0]), st.just("nobody")
    ),
    max_size=25,
)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(start=st.sampled_from(["authorization", "parameters", "offer", "pre_charge", "loop"]), steps=STEPS)
def test_no_order_of_inputs_raises_or_leaves_anything_connected(start, steps):
    bench = DinBench()
    getattr(bench, f"to_{start}")()

    for step in steps:
        if bench.talk.closing:
            bench.disconnect()
            bench.join()
            bench.session = bytes(8)
        if isinstance(step, float):
            bench.pass_time(step)
        elif isinstance(step, str):
            bench.feed(Expired(timer=step))
        elif type(step) in one_of_each():
            bench.ask(step)
        else:
            bench.tell(step)
    bench.disconnect()

    seen = [type(each) for each in bench.published(object, ever=True)]
    assert seen.count(charger.StartCableCheck) == seen.count(charger.DcOpenContactor)
    assert seen.count(charger.CurrentDemandStarted) == seen.count(charger.CurrentDemandFinished)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(steps=STEPS)
def test_no_energy_flows_before_somebody_has_granted_it(steps):
    bench = DinBench()
    bench.to_authorization()

    for step in steps:
        if type(step) in one_of_each():
            bench.ask(step)
        elif step is not GRANT and not isinstance(step, (float, str)):
            bench.tell(step)

    assert not bench.published(charger.StartCableCheck, ever=True)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(payload=st.binary(max_size=120), payload_type=st.sampled_from([0x8001, 0x8002]))
def test_no_bytes_of_a_car_make_the_core_raise(payload, payload_type):
    bench = DinBench()
    bench.to_loop()

    bench.receive(payload, payload_type)

    assert bench.closed is not None or bench.sent() is not None

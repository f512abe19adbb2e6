import dataclasses

import pytest

from actors.v2g.secc.exchange import Answered, Expired
from actors.v2g.secc.settings import Settings
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import exi
from protocols.iso15118.iso2 import DcEvseStatusCode, EvseNotification, ResponseCode
from protocols.message import Reply
from protocols.types import iso15118
from tests.support.secc_iso2 import (
    AC_MODE,
    CABLE_CHECK,
    CONTRACT,
    DC_MODE,
    DEMAND,
    EXTERNAL,
    PRE_CHARGE,
    RENEGOTIATE,
    SCHEMA,
    START,
    STATUS_REQ,
    STOP,
    TERMINATE,
    WELDING,
    Iso2Bench,
    details,
    iso2,
    parameters,
    refusal,
    selection,
)

EMERGENCY = charger.SendError(error=iso15118.EvseError.ERROR_EMERGENCY_SHUTDOWN)


def test_a_whole_dc_charge_is_answered_step_by_step():
    bench = Iso2Bench()
    bench.to_parameters(EXTERNAL)
    talk = [
        (parameters(DC_MODE), iso2.ChargeParameterDiscoveryRes),
        (CABLE_CHECK, iso2.CableCheckRes),
        (charger.CableCheckFinished(status=True), None),
        (CABLE_CHECK, iso2.CableCheckRes),
        (PRE_CHARGE, iso2.PreChargeRes),
        (START, iso2.PowerDeliveryRes),
        (DEMAND, iso2.CurrentDemandRes),
        (RENEGOTIATE, iso2.PowerDeliveryRes),
        (parameters(DC_MODE), iso2.ChargeParameterDiscoveryRes),
        (START, iso2.PowerDeliveryRes),
        (DEMAND, iso2.CurrentDemandRes),
        (STOP, iso2.PowerDeliveryRes),
        (WELDING, iso2.WeldingDetectionRes),
        (TERMINATE, iso2.SessionStopRes),
    ]

    for given, expected in talk:
        if expected is None:
            bench.tell(given)
        else:
            response = bench.ask(given)
            assert type(response) is expected
            assert response.response_code is ResponseCode.OK
    bench.disconnect()

    published = [type(each).__name__ for each in bench.published(object, ever=True)]
    once = ("StartCableCheck", "StartPreCharge", "CurrentDemandStarted", "DcOpenContactor", "DlinkTerminate")
    assert all(published.count(name) == 1 for name in once)
    assert "HlcSessionFailed" not in published


def test_a_whole_ac_charge_by_contract_is_answered_step_by_step():
    bench = Iso2Bench(tls=True, dc=False)
    bench.to_loop(CONTRACT)
    for request in (STATUS_REQ, RENEGOTIATE, parameters(AC_MODE), START, STATUS_REQ, STOP, TERMINATE):
        assert bench.ask(request).response_code is ResponseCode.OK
    bench.disconnect()

    assert bench.published(object) == [charger.DlinkTerminate()]
    assert bench.state.talk is None


@pytest.mark.parametrize(
    ("payload", "payload_type", "reason"),
    [
        (b"\x80\x98", 0x8001, "message_undecodable"),
        (b"\x00", 0x8001, "message_undecodable"),
        (b"\x80", 0x9000, "payload_type_unexpected"),
    ],
)
def test_a_frame_that_is_no_message_ends_the_talk(payload, payload_type, reason):
    bench = Iso2Bench()
    bench.to_loop()

    assert bench.receive(payload, payload_type) is None

    assert bench.closed.reason == reason
    assert bench.closed.failed == "ChargingInterrupted"
    assert bench.published(charger.DcOpenContactor)


@pytest.mark.parametrize("body", [None, iso2.SessionStopRes(response_code=ResponseCode.OK)])
def test_a_message_that_is_no_request_ends_the_talk(body):
    bench = Iso2Bench()
    bench.to_services()

    assert bench.ask(body) is None

    assert bench.closed.reason == "request_expected"


def test_another_root_element_than_a_message_ends_the_talk():
    bench = Iso2Bench()
    metering = iso2.MeteringReceiptReq(
        session_id=bytes(8), meter_info=iso2.MeterInfo(meter_id="M1"), id="ID1"
    )

    bench.receive(exi.encode(metering, SCHEMA))

    assert bench.closed.reason == "request_expected"


def test_a_second_request_while_one_is_held_ends_the_talk():
    bench = Iso2Bench(tls=True)
    bench.to_services()
    bench.ask(selection(CONTRACT))
    assert bench.ask(details()) is None

    bench.ask(details())

    assert bench.closed.reason == "request_while_held"
    bench.answer("contract ocsp request data", Reply())
    assert bench.sent() is None


def test_a_silent_car_is_given_up_after_sixty_seconds():
    bench = Iso2Bench()
    bench.to_loop()

    bench.pass_time(59)
    assert bench.closed is None
    bench.pass_time(2)

    assert bench.closed.reason == "sequence_timeout"
    assert bench.published(object) == [charger.CurrentDemandFinished(), charger.DcOpenContactor()]


def test_each_request_starts_the_sequence_timer_anew():
    bench = Iso2Bench()
    bench.to_loop()
    for _ in range(5):
        bench.pass_time(50)
        bench.ask(DEMAND)

    assert bench.closed is None


@pytest.mark.parametrize(("at_once", "after_s"), [(True, 0.0), (False, 5.0)])
def test_a_failed_response_closes_the_connection(at_once, after_s):
    bench = Iso2Bench(Settings(terminate_connection_on_failed_response=at_once))
    bench.to_services()

    bench.ask(iso2.ServiceDetailReq(service_id=99))

    assert bench.closed.after_s == after_s
    assert bench.closed.failed == "UnexpectedSessionEnd"
    bench.ask(iso2.ServiceDetailReq(service_id=1))
    assert bench.sent() is None


@pytest.mark.parametrize(
    ("dc", "upto", "reason"),
    [
        (True, "services", "UnexpectedSessionEnd"),
        (True, "authorization", "AuthorizationFailed"),
        (True, "parameters", "ChargingParametersNotAccepted"),
        (True, "offer", "ChargingParametersNotAccepted"),
        (True, "pre_charge", "EnergyTransferSetupFailed"),
        (True, "loop", "ChargingInterrupted"),
        (False, "loop", "ChargingInterrupted"),
    ],
)
def test_a_car_that_is_suddenly_gone_leaves_nothing_connected(dc, upto, reason):
    bench = Iso2Bench(dc=dc)
    getattr(bench, f"to_{upto}")()

    bench.disconnect()

    published = bench.published(object)
    assert published[-2:] == [charger.HlcSessionFailed(reason=reason), charger.DlinkError()]
    opened = [charger.DcOpenContactor() if dc else charger.AcOpenContactor()]
    flows = [charger.CurrentDemandFinished()]
    expected = {"pre_charge": opened, "loop": flows + opened}.get(upto, [])
    assert published[:-2] == expected


def test_a_car_that_is_gone_while_the_contactor_closes_has_it_opened():
    bench = Iso2Bench(dc=False)
    bench.to_offer()
    bench.ask(START)

    bench.disconnect()

    assert bench.published(charger.AcOpenContactor)


def test_a_talk_that_was_failed_is_not_failed_twice():
    bench = Iso2Bench()
    bench.to_loop()
    bench.ask(WELDING)
    assert bench.published(charger.DcOpenContactor)

    bench.disconnect()

    assert bench.published(object) == [charger.DlinkError()]


@pytest.mark.parametrize("request_", [DEMAND, RENEGOTIATE])
def test_an_emergency_fails_whatever_needs_energy(request_):
    bench = Iso2Bench()
    bench.to_loop()
    bench.tell(EMERGENCY)

    response = bench.ask(request_)

    status = response.dc_evse_status if request_ is DEMAND else response.evse_status
    assert status.evse_status_code is DcEvseStatusCode.EVSE_EMERGENCY_SHUTDOWN
    failed = request_ is DEMAND
    assert (response.response_code is ResponseCode.FAILED) is failed
    assert bool(bench.published(charger.DcOpenContactor)) is failed


def test_in_an_emergency_a_car_may_stop_in_order():
    bench = Iso2Bench()
    bench.to_loop()
    bench.tell(EMERGENCY)

    for request in (STOP, WELDING, TERMINATE):
        assert bench.ask(request).response_code is ResponseCode.OK


@pytest.mark.parametrize(
    "told",
    [
        charger.StopCharging(stop=True),
        charger.SendError(error=iso15118.EvseError.ERROR_MALFUNCTION),
        charger.SendError(error=iso15118.EvseError.ERROR_UTILITY_INTERRUPT_EVENT),
        refusal(),
    ],
)
def test_the_car_is_told_to_stop_charging(told):
    dc, ac = Iso2Bench(), Iso2Bench(dc=False)
    dc.to_loop()
    ac.to_loop()
    dc.tell(told)
    ac.tell(told)

    assert dc.ask(DEMAND).dc_evse_status.evse_notification is EvseNotification.STOP_CHARGING
    assert ac.ask(STATUS_REQ).ac_evse_status.evse_notification is EvseNotification.STOP_CHARGING


def test_a_stop_holds_to_the_end_of_the_talk_whatever_is_set_up_next():
    bench = Iso2Bench()
    bench.to_loop()
    bench.tell(charger.StopCharging(stop=True))
    assert bench.ask(DEMAND).dc_evse_status.evse_status_code is DcEvseStatusCode.EVSE_SHUTDOWN
    assert bench.ask(DEMAND).dc_evse_status.evse_notification is EvseNotification.STOP_CHARGING

    bench.tell(
        charger.SessionSetup(
            payment_options=(iso15118.PaymentOption.EXTERNAL_PAYMENT,),
            supported_certificate_service=False,
            central_contract_validation_allowed=False,
        ),
        charger.StopCharging(stop=False),
    )

    assert bench.ask(DEMAND).dc_evse_status.evse_notification is EvseNotification.STOP_CHARGING
    bench.disconnect()
    bench.join()
    bench.to_loop()
    assert bench.ask(DEMAND).dc_evse_status.evse_notification is EvseNotification.NONE


def test_an_error_that_is_reset_is_told_no_more():
    bench = Iso2Bench(dc=False)
    bench.to_loop()
    bench.tell(charger.SendError(error=iso15118.EvseError.ERROR_RCD))
    assert bench.ask(STATUS_REQ).ac_evse_status.rcd is True
    bench.tell(charger.ResetError())

    assert bench.ask(STATUS_REQ).ac_evse_status.rcd is False


def test_a_car_that_could_have_more_is_asked_to_renegotiate_now_and_then():
    bench = Iso2Bench(dc=False)
    bench.to_loop()

    def told():
        return bench.ask(STATUS_REQ).ac_evse_status.evse_notification

    bench.tell(charger.UpdateAcMaxCurrent(max_current_a=17.0))
    assert told() is EvseNotification.NONE
    bench.tell(charger.UpdateAcMaxCurrent(max_current_a=32.0))
    assert told() is EvseNotification.RE_NEGOTIATION
    assert told() is EvseNotification.NONE
    for _ in range(7):
        bench.pass_time(50)
        last = told()
        if last is EvseNotification.RE_NEGOTIATION:
            break
    assert last is EvseNotification.RE_NEGOTIATION
    bench.ask(RENEGOTIATE)
    bench.ask(parameters(AC_MODE))
    bench.ask(START)
    for _ in range(7):
        bench.pass_time(50)
        assert told() is EvseNotification.NONE


def test_an_outlet_without_an_id_says_so():
    bench = Iso2Bench()
    bench.state = dataclasses.replace(
        bench.state, station=dataclasses.replace(bench.state.station, evse_id=None)
    )

    assert bench.set_up().evse_id == "ZZ00000"


@pytest.mark.parametrize("dc", [True, False])
def test_a_failed_service_discovery_is_whole_for_the_schema(dc):
    bench = Iso2Bench()
    mode = iso15118.EnergyTransferMode.DC_EXTENDED if dc else iso15118.EnergyTransferMode.AC_TWO_PHASE
    bench.tell(charger.UpdateEnergyTransferModes(supported_energy_transfer_modes=(mode,)))

    response = bench.ask(iso2.ServiceDiscoveryReq())

    assert response.response_code is ResponseCode.FAILED_SEQUENCE_ERROR


@pytest.mark.parametrize(
    "given", [Expired(timer="nobody"), Answered(ask="nobody", reply=Reply())], ids=["timer", "answer"]
)
def test_what_nobody_waits_for_changes_nothing_else(given):
    bench = Iso2Bench()
    bench.to_loop()

    assert bench.feed(given) == ()
    assert bench.ask(DEMAND).response_code is ResponseCode.OK


def test_a_car_that_stops_without_having_chosen_anything_may_go():
    bench = Iso2Bench()
    bench.set_up()

    assert bench.ask(TERMINATE).response_code is ResponseCode.OK


def test_no_limit_of_the_station_is_beyond_the_wire():
    bench = Iso2Bench()
    bench.tell(
        charger.UpdateDcMaximumLimits(
            maximum_limits=iso15118.DcEvseMaximumLimits(
                evse_maximum_current_limit_a=-10000.0,
                evse_maximum_power_limit_w=-1000000.0,
                evse_maximum_voltage_limit_v=1500.0,
            )
        )
    )

    assert bench.to_offer().response_code is ResponseCode.OK
    assert float(bench.talk.iso2.p_max_w) == -1000000

import dataclasses
from types import SimpleNamespace

import pytest

from actors.simulation.ev.din import responses
from actors.simulation.ev.drive import Drive
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import din
from protocols.iso15118.din import UnitSymbol as U
from tests.support.ev_cars import script
from tests.support.ev_din_station import PARAMETERS, DinStation, schedule, status, value
from tests.support.ev_stations import Run

CAR = "car: {mode: dc, protocols: [din], time_lapse: 600}\n"
SHORT = CAR + "steps: [plug, charge: {energy_wh: 1}, unplug]\n"
ONGOING = din.EvseProcessing.ONGOING


def changed(**changes):
    return lambda station, request: dataclasses.replace(
        getattr(station, f"on_{type(request).__name__}")(request), **changes
    )


def then_usual(answer):
    return [answer, lambda station, request: getattr(station, f"on_{type(request).__name__}")(request)]


def test_a_car_charges_until_its_battery_is_full():
    run = Run(script(CAR.replace("600", "600, battery: {soc_percent: 70}")), DinStation())

    assert (run.outcome.completed, run.outcome.soc_percent) == (True, 100)
    assert run.phases == [
        "SupportedAppProtocol",
        "SessionSetup",
        "ServiceDiscovery",
        "ServicePaymentSelection",
        "ContractAuthentication",
        "ChargeParameterDiscovery",
        "CableCheck",
        "PreCharge",
        "PowerDeliveryStart",
        "CurrentDemand",
        "PowerDeliveryStop",
        "WeldingDetection",
        "SessionStop",
    ]


def only(kind):
    def answer(station, request):
        usual = station.on_ServiceDiscoveryReq(request)
        service = dataclasses.replace(usual.charge_service, energy_transfer_type=kind)
        return dataclasses.replace(usual, charge_service=service)

    return answer


NOT_RELATIVE = schedule((5, 1))
AC = din.AcEvseChargeParameter(
    ac_evse_status=din.AcEvseStatus(
        power_switch_closed=False,
        rcd=False,
        notification_max_delay_s=0,
        evse_notification=din.EvseNotification.NONE,
    ),
    evse_max_voltage=value(230, U.V),
    evse_max_current=value(16, U.A),
    evse_min_current=value(6, U.A),
)
WRONG = [
    (din.ServiceDiscoveryReq, only(din.EvseSupportedEnergyTransfer.AC_THREE_PHASE_CORE), Reason.ENERGY_MODE),
    (
        din.ServiceDiscoveryReq,
        changed(payment_options=din.PaymentOptions(payment_option=(din.PaymentOption.CONTRACT,))),
        Reason.PAYMENT,
    ),
    (din.ChargeParameterDiscoveryReq, changed(evse_charge_parameter=AC), Reason.LIMITS),
    (din.ChargeParameterDiscoveryReq, changed(sa_schedules=NOT_RELATIVE), Reason.SCHEDULE),
    (din.ChargeParameterDiscoveryReq, changed(sa_schedules=schedule((0, -1))), Reason.SCHEDULE),
    (din.ChargeParameterDiscoveryReq, changed(evse_processing=ONGOING), Reason.TIMEOUT),
    (
        din.ChargeParameterDiscoveryReq,
        changed(
            evse_charge_parameter=dataclasses.replace(PARAMETERS, evse_maximum_voltage_limit=value(200, U.V))
        ),
        Reason.LIMITS,
    ),
    (
        din.CableCheckReq,
        changed(dc_evse_status=status(evse_isolation_status=din.IsolationLevel.FAULT)),
        Reason.ISOLATION,
    ),
    (
        din.CableCheckReq,
        changed(dc_evse_status=status(evse_isolation_status=din.IsolationLevel.INVALID)),
        Reason.ISOLATION,
    ),
    (din.PreChargeReq, changed(evse_present_voltage=value(10, U.V)), Reason.TIMEOUT),
    (din.CurrentDemandReq, changed(evse_present_voltage=value(900, U.V)), Reason.LIMITS),
    (
        din.CurrentDemandReq,
        changed(dc_evse_status=status(evse_status_code=din.DcEvseStatusCode.EVSE_MALFUNCTION)),
        Reason.STATION_STATUS,
    ),
    (din.SessionStopReq, changed(response_code=din.ResponseCode.FAILED), Reason.RESPONSE_CODE),
]


@pytest.mark.parametrize(("request_type", "answer", "reason"), WRONG)
def test_an_answer_that_cannot_be_right_ends_with_its_reason(request_type, answer, reason):
    assert Run(script(SHORT), DinStation({request_type: answer})).outcome.reason is reason


def test_waiting_answers_are_asked_for_again():
    station = DinStation(
        {
            din.ContractAuthenticationReq: then_usual(changed(evse_processing=ONGOING)),
            din.CableCheckReq: then_usual(changed(evse_processing=ONGOING)),
            din.PreChargeReq: then_usual(changed(evse_present_voltage=value(10, U.V))),
            din.WeldingDetectionReq: then_usual(changed(evse_present_voltage=value(300, U.V))),
        }
    )

    assert Run(script(SHORT), station).outcome.completed


@pytest.mark.parametrize("request_type", [din.PowerDeliveryReq, din.CurrentDemandReq])
def test_the_station_may_end_the_charge(request_type):
    stop = status(evse_notification=din.EvseNotification.STOP_CHARGING)
    name = "evse_status" if request_type is din.PowerDeliveryReq else "dc_evse_status"
    run = Run(script(CAR), DinStation({request_type: then_usual(changed(**{name: stop}))}))

    assert (run.outcome.completed, run.outcome.soc_percent < 100) == (True, True)


@pytest.mark.parametrize("step", ["pause", "renegotiate"])
def test_what_din_does_not_have_is_an_error_of_the_script(step):
    run = Run(script(CAR + f"steps: [plug, charge: {{energy_wh: 1}}, {step}, unplug]"), DinStation())

    assert run.outcome.reason is Reason.SCRIPT


def test_limits_that_are_left_out_do_not_count():
    bare = dataclasses.replace(PARAMETERS, evse_maximum_power_limit=None)
    run = Run(
        script(SHORT),
        DinStation({din.ChargeParameterDiscoveryReq: changed(evse_charge_parameter=bare)}),
        until="CurrentDemand",
    )

    assert run.car.drive.station.power_w is None


def test_what_is_measured_goes_before_what_is_said():
    run = Run(script(SHORT), DinStation(), until="CurrentDemand")
    run.car.drive.measured = True
    run.step()

    assert run.car.drive.flowing_w == 0


def test_a_status_of_ac_says_nothing_to_a_car_of_dc():
    run = Run(script(SHORT), DinStation({din.PowerDeliveryReq: changed(evse_status=AC.ac_evse_status)}))

    assert run.outcome.completed


STRANGE = SimpleNamespace(
    sa_schedule_tuple_id=1,
    p_max_schedule=SimpleNamespace(p_max_schedule_entry=(SimpleNamespace(time_interval=None),)),
)


@pytest.mark.parametrize("offered", [None, din.SaScheduleList(sa_schedule_tuple=(STRANGE,))])
def test_a_schedule_that_the_schema_alone_would_allow_is_none(offered):
    with pytest.raises(TalkError) as caught:
        responses._schedule(Drive(script(SHORT), None, bytes), offered)
    assert caught.value.reason is Reason.SCHEDULE

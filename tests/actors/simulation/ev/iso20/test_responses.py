import pytest

from actors.simulation.ev.exchange import Tls
from actors.simulation.ev.outcome import Reason
from protocols.iso15118.iso20 import ac, common, dc
from protocols.iso15118.iso20.enumerations import EvseNotification, Processing, ResponseCode
from protocols.iso15118.v2gtp import PayloadType
from tests.support.ev_cars import script, wallet
from tests.support.ev_iso20_station import (
    TERMINATE,
    Iso20Station,
    changed,
    notice,
    number,
    parameter_set,
    schedule,
    then_usual,
)
from tests.support.ev_stations import Run

TLS = Tls(version="TLSv1.3", cipher="")
SHORT = "\nsteps: [plug, charge: {energy_wh: 100}, unplug]\n"
AC = "protocols: [iso20], time_lapse: 600"
DC = "mode: dc, protocols: [iso20], time_lapse: 60"
ONGOING = Processing.ONGOING


def run(car=AC, answers=None, *, steps=SHORT, contract=False, held=None):
    station = Iso20Station(answers, contract=contract)
    return Run(script(f"car: {{{car}}}" + steps), station, held, tls=TLS if contract else None)


def test_a_contract_is_shown_and_signed():
    one = run(contract=True, held=wallet())
    (asked,) = [each for each in one.station.requests if isinstance(each, common.AuthorizationReq)]

    assert one.outcome.completed
    assert asked.header.signature is not None


@pytest.mark.parametrize("car", [AC, DC])
def test_a_reading_is_confirmed_on_its_own_channel(car):
    status = notice(EvseNotification.METERING_CONFIRMATION)
    kind = dc.DcChargeLoopReq if car is DC else ac.AcChargeLoopReq
    one = run(car, {kind: then_usual(changed(evse_status=status))}, contract=True, held=wallet())
    at = one.phases.index("MeteringConfirmation")

    assert (one.outcome.completed, one.phases[at + 1]) == (True, "ChargeLoop")
    assert PayloadType.METERING_CONFIRMATION in one.station.channels


@pytest.mark.parametrize("control", ["dynamic", "scheduled"])
def test_schedules_are_renegotiated_beside_the_loop(control):
    status = notice(EvseNotification.SCHEDULE_RENEGOTIATION)
    answers = {
        ac.AcChargeLoopReq: then_usual(changed(evse_status=status)),
        common.ScheduleExchangeReq: then_usual(
            changed(evse_processing=ONGOING),
            lambda station, request: station.on_ScheduleExchangeReq(request),
            changed(evse_processing=ONGOING),
        ),
    }
    one = run(AC + f", control: {control}", answers)
    at = one.phases.index("ScheduleRenegotiation")

    assert str(one.outcome) == "completed"
    assert one.phases[at + 1 : at + 3] == ["PowerDeliveryRenegotiate", "ChargeLoop"]
    assert one.station.channels.count(PayloadType.SCHEDULE_RENEGOTIATION) == 3


def test_services_are_renegotiated_within_the_session():
    status = notice(EvseNotification.SERVICE_RENEGOTIATION)
    one = run(AC, {ac.AcChargeLoopReq: then_usual(changed(evse_status=status))})

    assert str(one.outcome) == "completed"
    assert one.phases.count("ServiceDiscovery") == 2
    assert one.phases.count("SessionSetup") == 1


def test_a_pause_of_the_station_is_kept_and_resumed():
    status = notice(EvseNotification.PAUSE)
    one = run(AC, {ac.AcChargeLoopReq: then_usual(changed(evse_status=status))}, steps=SHORT)

    assert (one.outcome.completed, one.phases.count("SessionSetup")) == (True, 2)


def test_a_station_may_end_before_energy_flows():
    one = run(AC, {common.PowerDeliveryReq: then_usual(changed(evse_status=TERMINATE))})

    assert (one.outcome.completed, "ChargeLoop" in one.phases) == (True, False)


def test_every_service_is_read_where_the_script_says_so():
    one = run(AC + ", read_services: true")
    asked = [each.service_id for each in one.station.requests if isinstance(each, common.ServiceDetailReq)]

    assert (one.outcome.completed, asked) == (True, [1, 65])


@pytest.mark.parametrize(
    ("car", "chosen"), [(AC, 3), (AC + ", control: scheduled", 1), (AC + ", ac: {phases: 1}", 2), (DC, 2)]
)
def test_the_parameter_set_fits_control_and_phases(car, chosen):
    one = run(car)
    (asked,) = [each for each in one.station.requests if isinstance(each, common.ServiceSelectionReq)]

    assert asked.selected_energy_transfer_service.parameter_set_id == chosen


def test_the_car_takes_the_control_mode_there_is():
    sets = common.ServiceParameterList(parameter_set=(parameter_set(1, 1),))
    one = run(AC, {common.ServiceDetailReq: changed(service_parameter_list=sets)})

    assert one.outcome.completed
    assert one.car.drive.notes["control"] == "scheduled"


UNKNOWN_SET = common.ServiceParameterList(parameter_set=(parameter_set(1, 9),))
ONLY_DC = common.ServiceList(service=(common.Service(service_id=2, free_service=True),))
WRONG = [
    (AC, common.SessionSetupReq, {"response_code": ResponseCode.OK_OLD_SESSION_JOINED}, Reason.SESSION_ID),
    (
        AC,
        common.AuthorizationReq,
        {"response_code": ResponseCode.WARNING_EIM_AUTHORIZATION_FAILURE},
        Reason.RESPONSE_CODE,
    ),
    (AC, common.AuthorizationReq, {"evse_processing": ONGOING}, Reason.TIMEOUT),
    (AC, common.ServiceDiscoveryReq, {"energy_transfer_service_list": ONLY_DC}, Reason.ENERGY_MODE),
    (AC, common.ServiceDetailReq, {"service_id": 9}, Reason.SERVICE),
    (AC, common.ServiceDetailReq, {"service_parameter_list": UNKNOWN_SET}, Reason.SERVICE),
    (
        AC,
        common.ScheduleExchangeReq,
        {"dynamic_se_res_control_mode": None, "scheduled_se_res_control_mode": schedule()},
        Reason.SCHEDULE,
    ),
    (
        AC + ", control: scheduled",
        common.ScheduleExchangeReq,
        {
            "dynamic_se_res_control_mode": common.DynamicSeResControlMode(),
            "scheduled_se_res_control_mode": None,
        },
        Reason.SCHEDULE,
    ),
    (
        AC + ", control: scheduled",
        common.ScheduleExchangeReq,
        {"scheduled_se_res_control_mode": schedule((60, -1))},
        Reason.SCHEDULE,
    ),
    (AC, common.SessionStopReq, {"response_code": ResponseCode.FAILED}, Reason.RESPONSE_CODE),
]


@pytest.mark.parametrize(("car", "request_type", "changes", "reason"), WRONG)
def test_an_answer_that_cannot_be_right_ends_with_its_reason(car, request_type, changes, reason):
    assert run(car, {request_type: changed(**changes)}).outcome.reason is reason


def test_contracts_without_a_challenge_are_no_offer():
    answer = changed(
        pnc_as_res_authorization_mode=None, eim_as_res_authorization_mode=common.EimAsResAuthorizationMode()
    )
    one = run(AC, {common.AuthorizationSetupReq: answer}, contract=True, held=wallet())

    assert one.outcome.reason is Reason.PAYMENT


def test_a_certificate_is_installed_only_where_that_is_offered():
    answer = changed(certificate_installation_service=False)
    one = run(AC + ", install: always", {common.AuthorizationSetupReq: answer}, contract=True, held=wallet())

    assert one.outcome.reason is Reason.SERVICE


@pytest.mark.parametrize(("tolerance", "said"), [(None, None), (number(500), "PowerToleranceNotConfirmed")])
def test_a_tolerance_that_a_schedule_asks_for_is_declined(tolerance, said):
    offered = changed(scheduled_se_res_control_mode=schedule(tolerance=tolerance))
    one = run(AC + ", control: scheduled", {common.ScheduleExchangeReq: offered})
    first = next(each for each in one.station.requests if isinstance(each, common.PowerDeliveryReq))
    accepted = first.ev_power_profile.scheduled_evppt_control_mode.power_tolerance_acceptance

    assert one.outcome.completed
    assert accepted == said

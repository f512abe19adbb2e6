import dataclasses
from decimal import Decimal

import pytest

from actors.simulation.ev.exchange import Tls
from actors.simulation.ev.iso2 import responses
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import iso2
from protocols.iso15118.iso2 import UnitSymbol as U
from tests.support.ev_cars import script, wallet
from tests.support.ev_stations import (
    AC_PARAMETERS,
    DC_PARAMETERS,
    OK,
    Iso2Station,
    Run,
    ac_status,
    dc_status,
    schedules,
    value,
)

TLS = Tls(version="TLSv1.2", cipher="")
SHORT = "\nsteps: [plug, charge: {energy_wh: 1}, unplug]\n"
AC = "car: {time_lapse: 3600}" + SHORT
DC = "car: {mode: dc, time_lapse: 600}" + SHORT


def changed(**changes):
    return lambda station, request: dataclasses.replace(
        getattr(station, f"on_{type(request).__name__}")(request), **changes
    )


def then_usual(*answers):
    return [*answers, lambda station, request: getattr(station, f"on_{type(request).__name__}")(request)]


def reason(text, request, **changes):
    return Run(script(text), Iso2Station({request: changed(**changes)})).outcome.reason


def dc(**changes):
    return dataclasses.replace(DC_PARAMETERS, **changes)


ONGOING = iso2.EvseProcessing.ONGOING
NOT_RELATIVE = iso2.SaScheduleList(
    sa_schedule_tuple=(
        dataclasses.replace(
            schedules().sa_schedule_tuple[0],
            p_max_schedule=iso2.PMaxSchedule(
                p_max_schedule_entry=(
                    iso2.PMaxScheduleEntry(
                        time_interval=iso2.RelativeTimeInterval(start_s=5), p_max=value(1, U.W)
                    ),
                )
            ),
        ),
    )
)
ANSWERS = [
    (AC, iso2.SessionSetupReq, {"response_code": iso2.ResponseCode.OK_OLD_SESSION_JOINED}, Reason.SESSION_ID),
    (AC, iso2.ChargeParameterDiscoveryReq, {"sa_schedules": None}, Reason.SCHEDULE),
    (AC, iso2.ChargeParameterDiscoveryReq, {"sa_schedules": NOT_RELATIVE}, Reason.SCHEDULE),
    (AC, iso2.ChargeParameterDiscoveryReq, {"sa_schedules": schedules((0, -5))}, Reason.SCHEDULE),
    (AC, iso2.ChargeParameterDiscoveryReq, {"evse_charge_parameter": DC_PARAMETERS}, Reason.LIMITS),
    (DC, iso2.ChargeParameterDiscoveryReq, {"evse_charge_parameter": AC_PARAMETERS}, Reason.LIMITS),
    (
        AC,
        iso2.ChargeParameterDiscoveryReq,
        {"evse_charge_parameter": dataclasses.replace(AC_PARAMETERS, evse_max_current=value(-1, U.A))},
        Reason.LIMITS,
    ),
    (
        AC,
        iso2.ChargeParameterDiscoveryReq,
        {"evse_charge_parameter": dataclasses.replace(AC_PARAMETERS, ac_evse_status=ac_status(rcd=True))},
        Reason.STATION_STATUS,
    ),
    (
        DC,
        iso2.ChargeParameterDiscoveryReq,
        {"evse_charge_parameter": dc(evse_maximum_voltage_limit=value(200, U.V))},
        Reason.LIMITS,
    ),
    (
        DC,
        iso2.ChargeParameterDiscoveryReq,
        {"evse_charge_parameter": dc(evse_maximum_power_limit=value(-1, U.W))},
        Reason.LIMITS,
    ),
    (
        DC,
        iso2.CableCheckReq,
        {"dc_evse_status": dc_status(evse_isolation_status=iso2.IsolationLevel.FAULT)},
        Reason.ISOLATION,
    ),
    (
        DC,
        iso2.CableCheckReq,
        {"dc_evse_status": dc_status(evse_isolation_status=iso2.IsolationLevel.INVALID)},
        Reason.ISOLATION,
    ),
    (DC, iso2.CableCheckReq, {"evse_processing": ONGOING}, Reason.TIMEOUT),
    (DC, iso2.PreChargeReq, {"evse_present_voltage": value(10, U.V)}, Reason.TIMEOUT),
    (
        DC,
        iso2.PreChargeReq,
        {"dc_evse_status": dc_status(evse_status_code=iso2.DcEvseStatusCode.EVSE_MALFUNCTION)},
        Reason.STATION_STATUS,
    ),
    (AC, iso2.PowerDeliveryReq, {"evse_status": ac_status(rcd=True)}, Reason.STATION_STATUS),
    (DC, iso2.CurrentDemandReq, {"evse_id": "DE*OTHER"}, Reason.EVSE_ID),
    (DC, iso2.CurrentDemandReq, {"sa_schedule_tuple_id": 9}, Reason.SCHEDULE),
    (DC, iso2.CurrentDemandReq, {"evse_present_voltage": value(900, U.V)}, Reason.LIMITS),
    (
        DC,
        iso2.CurrentDemandReq,
        {"dc_evse_status": dc_status(evse_status_code=iso2.DcEvseStatusCode.EVSE_EMERGENCY_SHUTDOWN)},
        Reason.STATION_STATUS,
    ),
]


@pytest.mark.parametrize(("text", "request_type", "changes", "expected"), ANSWERS)
def test_an_answer_that_cannot_be_right_ends_with_its_reason(text, request_type, changes, expected):
    assert reason(text, request_type, **changes) is expected


def test_the_wanted_energy_mode_has_to_be_offered():
    def only_dc(station, request):
        usual = station.on_ServiceDiscoveryReq(request)
        modes = iso2.SupportedEnergyTransferMode(energy_transfer_mode=(iso2.EnergyTransferMode.DC_EXTENDED,))
        return dataclasses.replace(
            usual,
            charge_service=dataclasses.replace(usual.charge_service, supported_energy_transfer_mode=modes),
        )

    assert (
        Run(script(AC), Iso2Station({iso2.ServiceDiscoveryReq: only_dc})).outcome.reason is Reason.ENERGY_MODE
    )


def test_a_car_of_one_phase_asks_for_one():
    station = Iso2Station()
    run = Run(script("car: {time_lapse: 3600, ac: {phases: 1}}" + SHORT), station)
    (asked,) = [
        one.body.body_element
        for one in station.requests[1:]
        if isinstance(one.body.body_element, iso2.ChargeParameterDiscoveryReq)
    ]

    assert run.outcome.completed
    assert asked.requested_energy_transfer_mode is iso2.EnergyTransferMode.AC_SINGLE_PHASE_CORE


def test_every_service_is_read_where_the_script_says_so():
    station = Iso2Station(contract=True)
    run = Run(script("car: {read_services: true, time_lapse: 3600, pay: eim}" + SHORT), station)

    assert "ServiceDetail" in run.phases


def test_details_of_another_service_are_no_answer():
    station = Iso2Station({iso2.ServiceDetailReq: changed(service_id=9)}, contract=True)

    assert (
        Run(script("car: {read_services: true, pay: eim}" + SHORT), station).outcome.reason is Reason.SERVICE
    )


@pytest.mark.parametrize("install", ["always", "missing"])
def test_a_certificate_is_installed_only_where_that_is_offered(install):
    def without(station, request):
        return dataclasses.replace(station.on_ServiceDiscoveryReq(request), service_list=None)

    station = Iso2Station({iso2.ServiceDiscoveryReq: without}, contract=True)
    run = Run(script(f"car: {{install: {install}}}" + SHORT), station, wallet(contract=False), tls=TLS)

    assert run.outcome.reason is Reason.SERVICE


def test_waiting_answers_are_asked_for_again():
    station = Iso2Station(
        {
            iso2.AuthorizationReq: then_usual(changed(evse_processing=ONGOING)),
            iso2.ChargeParameterDiscoveryReq: then_usual(changed(evse_processing=ONGOING, sa_schedules=None)),
            iso2.CableCheckReq: then_usual(changed(evse_processing=ONGOING)),
            iso2.PreChargeReq: then_usual(changed(evse_present_voltage=value(10, U.V))),
            iso2.WeldingDetectionReq: then_usual(changed(evse_present_voltage=value(300, U.V))),
        }
    )
    run = Run(script(DC), station)

    assert run.outcome.completed
    assert [type(one.body.body_element).__name__ for one in station.requests[1:]].count("CableCheckReq") == 2


def test_welding_detection_does_not_go_on_for_ever():
    station = Iso2Station({iso2.WeldingDetectionReq: changed(evse_present_voltage=value(300, U.V))})

    assert Run(script(DC), station).outcome.completed


def test_a_station_may_end_before_energy_flows():
    stop = ac_status(evse_notification=iso2.EvseNotification.STOP_CHARGING)
    station = Iso2Station({iso2.PowerDeliveryReq: then_usual(changed(evse_status=stop))})
    run = Run(script(AC), station)

    assert (run.outcome.completed, "ChargingStatus" in run.phases) == (True, False)


def test_a_shutdown_of_the_station_stops_the_car_in_order():
    status = dc_status(evse_status_code=iso2.DcEvseStatusCode.EVSE_SHUTDOWN)
    run = Run(script(DC), Iso2Station({iso2.CurrentDemandReq: changed(dc_evse_status=status)}))

    assert run.outcome.completed


def test_ac_keeps_to_the_current_of_the_station():
    station = Iso2Station({iso2.ChargingStatusReq: changed(evse_max_current=value(8, U.A))})
    run = Run(script(AC), station, until="PowerDeliveryStop")

    assert run.car.drive.flowing_w == 3 * 230 * 8


def test_ac_draws_nothing_below_its_least_current():
    station = Iso2Station({iso2.ChargingStatusReq: changed(evse_max_current=value(3, U.A))})
    run = Run(script("car: {time_lapse: 1}" + SHORT), station, until="ChargingStatus")
    for _ in range(6):
        run.step()

    assert run.car.drive.flowing_w == 0


def test_an_interval_has_to_be_relative():
    with pytest.raises(TalkError):
        responses._start_s(iso2.Interval())


def test_what_dc_measures_goes_before_what_is_said():
    run = Run(script(DC), Iso2Station(), until="CurrentDemand")
    run.car.drive.measured = True
    run.step()

    assert run.car.drive.flowing_w == Decimal()


def test_what_is_measured_goes_before_what_is_said():
    run = Run(script(AC), Iso2Station(), until="PowerDeliveryStart")
    run.car.drive.measured = True
    run.go_on("ChargingStatus")

    assert run.car.drive.flowing_w == Decimal()


def test_a_receipt_may_be_followed_by_the_end_the_station_wants():
    stop = dc_status(evse_notification=iso2.EvseNotification.STOP_CHARGING)
    meter = iso2.MeterInfo(meter_id="M")
    station = Iso2Station(
        {iso2.CurrentDemandReq: changed(receipt_required=True, meter_info=meter, dc_evse_status=stop)},
        contract=True,
    )
    run = Run(script("car: {mode: dc}" + SHORT), station, wallet(), tls=TLS)
    at = run.phases.index("MeteringReceipt")

    assert run.phases[at + 1] == "PowerDeliveryStop"


def test_without_a_contract_no_receipt_is_signed():
    station = Iso2Station({iso2.ChargingStatusReq: changed(receipt_required=True)})

    assert "MeteringReceipt" not in Run(script(AC), station).phases
    assert OK is iso2.ResponseCode.OK

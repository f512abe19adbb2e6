"""A handmade station of ISO 15118-20 for tests of the simulated car; see `ev_stations`."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from actors.simulation.ev.exchange import Disconnected, Received
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import ac, common, dc
from protocols.iso15118.iso20.enumerations import EvseNotification, Processing, ResponseCode
from protocols.iso15118.iso20.types import EvseStatus, MessageHeader, MeterInfo, RationalNumber
from protocols.iso15118.v2gtp import PayloadType
from tests.support.ev_stations import CHALLENGE, EVSE, NOON, SESSION, Iso2Station

OK = ResponseCode.OK
FINISHED = Processing.FINISHED
SCHEMAS = {
    PayloadType.COMMON: exi.Schema.ISO20_COMMON,
    PayloadType.SCHEDULE_RENEGOTIATION: exi.Schema.ISO20_COMMON,
    PayloadType.METERING_CONFIRMATION: exi.Schema.ISO20_COMMON,
    PayloadType.AC: exi.Schema.ISO20_AC,
    PayloadType.DC: exi.Schema.ISO20_DC,
}
HEADER = MessageHeader(session_id=SESSION, time_stamp=exi.UnixTime(int(NOON.timestamp())))
METER = MeterInfo(meter_id="M1", charged_energy_reading_wh=1234)


def number(value):
    return RationalNumber.nearest(Decimal(value))


def notice(kind):
    return EvseStatus(notification_max_delay_s=0, evse_notification=kind)


def ok(**fields):
    return {"header": HEADER, "response_code": OK, **fields}


def schedule(*entries, tolerance=None):
    """Scheduled control: one schedule of (seconds, watts)."""
    powers = tuple(
        common.PowerScheduleEntry(duration_s=seconds, power=number(watts))
        for seconds, watts in entries or ((3600, 150_000),)
    )
    return common.ScheduledSeResControlMode(
        schedule_tuple=(
            common.ScheduleTuple(
                schedule_tuple_id=5,
                charging_schedule=common.ChargingSchedule(
                    power_schedule=common.PowerSchedule(
                        time_anchor=HEADER.time_stamp,
                        power_tolerance=tolerance,
                        power_schedule_entries=common.PowerScheduleEntryList(power_schedule_entry=powers),
                    )
                ),
            ),
        )
    )


def parameter_set(number_of_set, control, connector=2):
    return common.ParameterSet(
        parameter_set_id=number_of_set,
        parameter=(
            common.Parameter(name="Connector", int_value=connector),
            common.Parameter(name="ControlMode", int_value=control),
        ),
    )


class Iso20Station(Iso2Station):
    """Answers every request of -20 well; `answers` as for Iso2Station."""

    def __init__(self, answers=None, *, contract=False, dynamic=True):
        super().__init__(answers, contract=contract)
        self.dynamic = dynamic
        self.channels = []

    def __call__(self, payload_type, payload):
        if not self.requests:
            return self._handshake(payload)
        request = exi.decode(payload, SCHEMAS[payload_type])
        self.requests.append(request)
        self.channels.append(payload_type)
        body = self._answer(request)
        if body is None or isinstance(body, (Received, Disconnected)):
            return body
        return Received(payload_type=payload_type, payload=exi.encode(body, SCHEMAS[payload_type]))

    def on_SessionSetupReq(self, request):  # noqa: N802  # the request's own name
        code = ResponseCode.OK_NEW_SESSION_ESTABLISHED
        return common.SessionSetupRes(header=HEADER, response_code=code, evse_id=EVSE)

    def on_AuthorizationSetupReq(self, request):  # noqa: N802  # the request's own name
        if not self.contract:
            return common.AuthorizationSetupRes(
                **ok(),
                authorization_services=(common.Authorization.EIM,),
                certificate_installation_service=False,
                eim_as_res_authorization_mode=common.EimAsResAuthorizationMode(),
            )
        return common.AuthorizationSetupRes(
            **ok(),
            authorization_services=(common.Authorization.EIM, common.Authorization.PNC),
            certificate_installation_service=True,
            pnc_as_res_authorization_mode=common.PncAsResAuthorizationMode(gen_challenge=CHALLENGE),
        )

    def on_AuthorizationReq(self, request):  # noqa: N802  # the request's own name
        return common.AuthorizationRes(**ok(), evse_processing=FINISHED)

    def on_ServiceDiscoveryReq(self, request):  # noqa: N802  # the request's own name
        services = tuple(common.Service(service_id=one, free_service=True) for one in (1, 2, 5, 6))
        return common.ServiceDiscoveryRes(
            **ok(),
            service_renegotiation_supported=True,
            energy_transfer_service_list=common.ServiceList(service=services),
            vas_list=common.ServiceList(service=(common.Service(service_id=65, free_service=True),)),
        )

    def on_ServiceDetailReq(self, request):  # noqa: N802  # the request's own name
        sets = (parameter_set(1, 1), parameter_set(2, 2, 1), parameter_set(3, 2))
        return common.ServiceDetailRes(
            **ok(),
            service_id=request.service_id,
            service_parameter_list=common.ServiceParameterList(parameter_set=sets),
        )

    def on_ServiceSelectionReq(self, request):  # noqa: N802  # the request's own name
        return common.ServiceSelectionRes(**ok())

    def on_AcChargeParameterDiscoveryReq(self, request):  # noqa: N802  # the request's own name
        shared = {
            "evse_maximum_charge_power": number(22_000),
            "evse_minimum_charge_power": number(0),
            "evse_nominal_frequency": number(50),
        }
        if isinstance(request.ac_cpd_req_energy_transfer_mode, ac.BptAcCpdReqEnergyTransferMode):
            mode = ac.BptAcCpdResEnergyTransferMode(
                **shared, evse_maximum_discharge_power=number(4_000), evse_minimum_discharge_power=number(0)
            )
        else:
            mode = ac.AcCpdResEnergyTransferMode(**shared)
        return ac.AcChargeParameterDiscoveryRes(**ok(), ac_cpd_res_energy_transfer_mode=mode)

    def on_DcChargeParameterDiscoveryReq(self, request):  # noqa: N802  # the request's own name
        shared = {
            "evse_maximum_charge_power": number(50_000),
            "evse_minimum_charge_power": number(0),
            "evse_maximum_charge_current": number(200),
            "evse_minimum_charge_current": number(0),
            "evse_maximum_voltage": number(500),
            "evse_minimum_voltage": number(150),
        }
        if isinstance(request.dc_cpd_req_energy_transfer_mode, dc.BptDcCpdReqEnergyTransferMode):
            mode = dc.BptDcCpdResEnergyTransferMode(
                **shared,
                evse_maximum_discharge_power=number(-20_000),
                evse_minimum_discharge_power=number(0),
                evse_maximum_discharge_current=number(-50),
                evse_minimum_discharge_current=number(0),
            )
        else:
            mode = dc.DcCpdResEnergyTransferMode(**shared)
        return dc.DcChargeParameterDiscoveryRes(**ok(), dc_cpd_res_energy_transfer_mode=mode)

    def on_ScheduleExchangeReq(self, request):  # noqa: N802  # the request's own name
        if request.dynamic_se_req_control_mode is not None:
            return common.ScheduleExchangeRes(
                **ok(), evse_processing=FINISHED, dynamic_se_res_control_mode=common.DynamicSeResControlMode()
            )
        return common.ScheduleExchangeRes(
            **ok(), evse_processing=FINISHED, scheduled_se_res_control_mode=schedule()
        )

    def on_DcCableCheckReq(self, request):  # noqa: N802  # the request's own name
        return dc.DcCableCheckRes(**ok(), evse_processing=FINISHED)

    def on_DcPreChargeReq(self, request):  # noqa: N802  # the request's own name
        return dc.DcPreChargeRes(**ok(), evse_present_voltage=request.ev_target_voltage)

    def on_PowerDeliveryReq(self, request):  # noqa: N802  # the request's own name
        return common.PowerDeliveryRes(**ok())

    def on_AcChargeLoopReq(self, request):  # noqa: N802  # the request's own name
        if isinstance(request.cl_req_control_mode, ac.DynamicAcClReqControlMode):
            mode = ac.DynamicAcClResControlMode(evse_target_active_power=number(7_000))
        else:
            mode = ac.ScheduledAcClResControlMode()
        return ac.AcChargeLoopRes(**ok(meter_info=METER), cl_res_control_mode=mode)

    def on_DcChargeLoopReq(self, request):  # noqa: N802  # the request's own name
        asked = request.cl_req_control_mode
        if isinstance(asked, dc.DynamicDcClReqControlMode):
            current = number(100) if asked.ev_maximum_charge_power.to_decimal() else number(0)
            mode = dc.DynamicDcClResControlMode(
                evse_maximum_charge_power=number(50_000),
                evse_minimum_charge_power=number(0),
                evse_maximum_charge_current=number(200),
                evse_maximum_voltage=number(500),
            )
        else:
            current, mode = asked.ev_target_current, dc.ScheduledDcClResControlMode()
        return dc.DcChargeLoopRes(
            **ok(meter_info=METER),
            evse_present_current=current,
            evse_present_voltage=request.ev_present_voltage,
            evse_power_limit_achieved=False,
            evse_current_limit_achieved=False,
            evse_voltage_limit_achieved=False,
            cl_res_control_mode=mode,
        )

    def on_MeteringConfirmationReq(self, request):  # noqa: N802  # the request's own name
        return common.MeteringConfirmationRes(**ok())

    def on_DcWeldingDetectionReq(self, request):  # noqa: N802  # the request's own name
        return dc.DcWeldingDetectionRes(**ok(), evse_present_voltage=number(5))

    def on_SessionStopReq(self, request):  # noqa: N802  # the request's own name
        return common.SessionStopRes(**ok())


def changed(**changes):
    """The usual answer to a request, with changes."""
    return lambda station, request: dataclasses.replace(
        getattr(station, f"on_{type(request).__name__}")(request), **changes
    )


def then_usual(*answers):
    """Some answers, and the usual ones behind them."""
    return [*answers, lambda station, request: getattr(station, f"on_{type(request).__name__}")(request)]


TERMINATE = notice(EvseNotification.TERMINATE)

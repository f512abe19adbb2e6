"""A handmade station of DIN SPEC 70121 for tests of the simulated car; see `ev_stations`."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from actors.simulation.ev.exchange import Disconnected, Received
from protocols.iso15118 import din, exi
from protocols.iso15118.din import UnitSymbol as U
from protocols.iso15118.v2gtp import PayloadType
from tests.support.ev_stations import SESSION, Iso2Station

OK = din.ResponseCode.OK
FINISHED = din.EvseProcessing.FINISHED


def value(number, unit):
    return din.PhysicalValue.nearest(Decimal(number), unit)


def status(**changes):
    return dataclasses.replace(
        din.DcEvseStatus(
            evse_isolation_status=din.IsolationLevel.VALID,
            evse_status_code=din.DcEvseStatusCode.EVSE_READY,
            notification_max_delay_s=0,
            evse_notification=din.EvseNotification.NONE,
        ),
        **changes,
    )


def schedule(*entries):
    return din.SaScheduleList(
        sa_schedule_tuple=(
            din.SaScheduleTuple(
                sa_schedule_tuple_id=1,
                p_max_schedule=din.PMaxSchedule(
                    p_max_schedule_id=1,
                    p_max_schedule_entry=tuple(
                        din.PMaxScheduleEntry(
                            time_interval=din.RelativeTimeInterval(start_s=start), p_max_w=watt
                        )
                        for start, watt in entries
                    ),
                ),
            ),
        )
    )


PARAMETERS = din.DcEvseChargeParameter(
    dc_evse_status=status(),
    evse_maximum_current_limit=value(200, U.A),
    evse_maximum_power_limit=value(50_000, U.W),
    evse_maximum_voltage_limit=value(500, U.V),
    evse_minimum_current_limit=value(0, U.A),
    evse_minimum_voltage_limit=value(150, U.V),
    evse_peak_current_ripple=value(1, U.A),
)


class DinStation(Iso2Station):
    """Answers every request of DIN well; `answers` as for Iso2Station."""

    def __call__(self, payload_type, payload):
        if not self.requests:
            return self._handshake(payload)
        message = exi.decode(payload, exi.Schema.DIN)
        self.requests.append(message)
        body = self._answer(message.body.body_element)
        return body if body is None or isinstance(body, (Received, Disconnected)) else self.frame(body)

    def frame(self, body, *, session=None, signature=None):
        message = din.V2gMessage(
            header=din.MessageHeader(session_id=session or SESSION, signature=signature),
            body=din.Body(body_element=body),
        )
        return Received(payload_type=PayloadType.EXI, payload=exi.encode(message, exi.Schema.DIN))

    def on_SessionSetupReq(self, request):  # noqa: N802  # the request's own name
        return din.SessionSetupRes(
            response_code=din.ResponseCode.OK_NEW_SESSION_ESTABLISHED, evse_id=b"\x49\xa8"
        )

    def on_ServiceDiscoveryReq(self, request):  # noqa: N802  # the request's own name
        tag = din.ServiceTag(service_id=1, service_category=din.ServiceCategory.EV_CHARGING)
        return din.ServiceDiscoveryRes(
            response_code=OK,
            payment_options=din.PaymentOptions(payment_option=(din.PaymentOption.EXTERNAL_PAYMENT,)),
            charge_service=din.ServiceCharge(
                service_tag=tag,
                free_service=False,
                energy_transfer_type=din.EvseSupportedEnergyTransfer.DC_EXTENDED,
            ),
        )

    def on_ServicePaymentSelectionReq(self, request):  # noqa: N802  # the request's own name
        return din.ServicePaymentSelectionRes(response_code=OK)

    def on_ContractAuthenticationReq(self, request):  # noqa: N802  # the request's own name
        return din.ContractAuthenticationRes(response_code=OK, evse_processing=FINISHED)

    def on_ChargeParameterDiscoveryReq(self, request):  # noqa: N802  # the request's own name
        return din.ChargeParameterDiscoveryRes(
            response_code=OK,
            evse_processing=FINISHED,
            sa_schedules=schedule((0, 32_767)),
            evse_charge_parameter=PARAMETERS,
        )

    def on_CableCheckReq(self, request):  # noqa: N802  # the request's own name
        return din.CableCheckRes(response_code=OK, dc_evse_status=status(), evse_processing=FINISHED)

    def on_PreChargeReq(self, request):  # noqa: N802  # the request's own name
        return din.PreChargeRes(
            response_code=OK, dc_evse_status=status(), evse_present_voltage=request.ev_target_voltage
        )

    def on_PowerDeliveryReq(self, request):  # noqa: N802  # the request's own name
        return din.PowerDeliveryRes(response_code=OK, evse_status=status())

    def on_CurrentDemandReq(self, request):  # noqa: N802  # the request's own name
        return din.CurrentDemandRes(
            response_code=OK,
            dc_evse_status=status(),
            evse_present_voltage=request.ev_target_voltage,
            evse_present_current=request.ev_target_current,
            evse_current_limit_achieved=False,
            evse_voltage_limit_achieved=False,
            evse_power_limit_achieved=False,
        )

    def on_WeldingDetectionReq(self, request):  # noqa: N802  # the request's own name
        return din.WeldingDetectionRes(
            response_code=OK, dc_evse_status=status(), evse_present_voltage=value(5, U.V)
        )

    def on_SessionStopReq(self, request):  # noqa: N802  # the request's own name
        return din.SessionStopRes(response_code=OK)

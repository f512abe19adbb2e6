"""Messages as they occur in real sessions, for benchmarks: sizes and contents are typical, not random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118 import iso2, xmldsig
from protocols.iso15118.exi.datatypes import UnixTime
from protocols.iso15118.exi.schema import Schema
from protocols.iso15118.iso20 import dc
from protocols.iso15118.iso20 import types as common_types
from protocols.iso15118.iso20.enumerations import ResponseCode

if TYPE_CHECKING:
    from collections.abc import Iterable

SESSION: Final = bytes.fromhex("3b9f0a1c22d47e51")
STATUS: Final = iso2.DcEvStatus(
    ev_ready=True, ev_error_code=iso2.DcEvErrorCode.NO_ERROR, ev_ress_soc_percent=55
)
READY: Final = iso2.DcEvseStatus(
    notification_max_delay_s=0,
    evse_notification=iso2.EvseNotification.NONE,
    evse_isolation_status=iso2.IsolationLevel.VALID,
    evse_status_code=iso2.DcEvseStatusCode.EVSE_READY,
)


def _value(number: str, unit: str) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.from_decimal(number, iso2.UnitSymbol(unit))


def _bytes(size: int, seed: int) -> bytes:
    return bytes((seed + 37 * index * index + index) % 256 for index in range(size))


def _signature() -> xmldsig.Signature:
    exi_method = "http://www.w3.org/TR/canonical-exi/"
    reference = xmldsig.Reference(
        uri="#id1",
        transforms=xmldsig.Transforms(transform=(xmldsig.Transform(algorithm=exi_method),)),
        digest_method=xmldsig.DigestMethod(algorithm="http://www.w3.org/2001/04/xmlenc#sha256"),
        digest_value=_bytes(32, 1),
    )
    info = xmldsig.SignedInfo(
        canonicalization_method=xmldsig.CanonicalizationMethod(algorithm=exi_method),
        signature_method=xmldsig.SignatureMethod(
            algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
        ),
        reference=(reference,),
    )
    return xmldsig.Signature(signed_info=info, signature_value=xmldsig.SignatureValue(value=_bytes(64, 2)))


def _v2g(body: iso2.BodyElement, signature: xmldsig.Signature | None = None) -> iso2.V2gMessage:
    return iso2.V2gMessage(
        header=iso2.MessageHeader(session_id=SESSION, signature=signature),
        body=iso2.Body(body_element=body),
    )


def _chain() -> iso2.CertificateChain:
    return iso2.CertificateChain(
        certificate=_bytes(640, 3),
        sub_certificates=iso2.SubCertificates(certificate=(_bytes(610, 4), _bytes(620, 5))),
    )


def _tuple(number: int, entries: int) -> iso2.SaScheduleTuple:
    hours = [iso2.RelativeTimeInterval(start_s=3600 * hour) for hour in range(entries)]
    limits = tuple(
        iso2.PMaxScheduleEntry(time_interval=hour, p_max=_value(str(11_000 + 10 * index), "W"))
        for index, hour in enumerate(hours)
    )
    prices = tuple(
        iso2.SalesTariffEntry(time_interval=hour, e_price_level=1 + index % 4)
        for index, hour in enumerate(hours)
    )
    tariff = iso2.SalesTariff(
        id=f"id{number}",
        sales_tariff_id=number,
        sales_tariff_description="night and day",
        num_e_price_levels=4,
        sales_tariff_entry=prices,
    )
    return iso2.SaScheduleTuple(
        sa_schedule_tuple_id=number,
        p_max_schedule=iso2.PMaxSchedule(p_max_schedule_entry=limits),
        sales_tariff=tariff,
    )


def _schedules(tuples: int, entries: int, *, tariff: bool) -> iso2.V2gMessage:
    offers: Iterable[iso2.SaScheduleTuple] = (_tuple(number, entries) for number in range(1, tuples + 1))
    if not tariff:
        offers = (
            iso2.SaScheduleTuple(
                sa_schedule_tuple_id=one.sa_schedule_tuple_id, p_max_schedule=one.p_max_schedule
            )
            for one in offers
        )
    parameter = iso2.DcEvseChargeParameter(
        dc_evse_status=READY,
        evse_maximum_current_limit=_value("200", "A"),
        evse_maximum_power_limit=_value("150000", "W"),
        evse_maximum_voltage_limit=_value("920", "V"),
        evse_minimum_current_limit=_value("0", "A"),
        evse_minimum_voltage_limit=_value("150", "V"),
        evse_peak_current_ripple=_value("1.5", "A"),
    )
    return _v2g(
        iso2.ChargeParameterDiscoveryRes(
            response_code=iso2.ResponseCode.OK,
            evse_processing=iso2.EvseProcessing.FINISHED,
            sa_schedules=iso2.SaScheduleList(sa_schedule_tuple=tuple(offers)),
            evse_charge_parameter=parameter,
        )
    )


def _current_demand() -> tuple[iso2.V2gMessage, iso2.V2gMessage]:
    request = iso2.CurrentDemandReq(
        dc_ev_status=STATUS,
        ev_target_current=_value("125.5", "A"),
        ev_maximum_voltage_limit=_value("450", "V"),
        ev_maximum_current_limit=_value("200", "A"),
        ev_maximum_power_limit=_value("90000", "W"),
        bulk_charging_complete=False,
        charging_complete=False,
        remaining_time_to_full_soc=_value("1800", "s"),
        remaining_time_to_bulk_soc=_value("900", "s"),
        ev_target_voltage=_value("402.5", "V"),
    )
    response = iso2.CurrentDemandRes(
        response_code=iso2.ResponseCode.OK,
        dc_evse_status=READY,
        evse_present_voltage=_value("402.1", "V"),
        evse_present_current=_value("125.4", "A"),
        evse_current_limit_achieved=False,
        evse_voltage_limit_achieved=False,
        evse_power_limit_achieved=False,
        evse_maximum_voltage_limit=_value("920", "V"),
        evse_maximum_current_limit=_value("200", "A"),
        evse_maximum_power_limit=_value("150000", "W"),
        evse_id="DE*ABC*E1234*1",
        sa_schedule_tuple_id=1,
        meter_info=iso2.MeterInfo(meter_id="meter-1", meter_reading_wh=1_234_567),
        receipt_required=False,
    )
    return _v2g(request), _v2g(response)


def _dc_charge_loop() -> tuple[dc.DcChargeLoopReq, dc.DcChargeLoopRes]:
    header = common_types.MessageHeader(session_id=SESSION, time_stamp=UnixTime(1_795_228_414))
    number = common_types.RationalNumber.from_decimal
    request = dc.DcChargeLoopReq(
        header=header,
        display_parameters=common_types.DisplayParameters(
            present_soc_percent=55, remaining_time_to_target_soc_s=1800, charging_complete=False
        ),
        meter_info_requested=True,
        ev_present_voltage=number("402.1"),
        cl_req_control_mode=dc.ScheduledDcClReqControlMode(
            ev_target_energy_request=number("30000"),
            ev_target_current=number("125.5"),
            ev_target_voltage=number("402.5"),
            ev_maximum_charge_power=number("90000"),
            ev_maximum_charge_current=number("200"),
            ev_maximum_voltage=number("450"),
        ),
    )
    response = dc.DcChargeLoopRes(
        header=header,
        response_code=ResponseCode.OK,
        meter_info=common_types.MeterInfo(meter_id="meter-1", charged_energy_reading_wh=1_234_567),
        evse_present_current=number("125.4"),
        evse_present_voltage=number("402.1"),
        evse_power_limit_achieved=False,
        evse_current_limit_achieved=False,
        evse_voltage_limit_achieved=False,
        cl_res_control_mode=dc.ScheduledDcClResControlMode(
            evse_maximum_charge_power=number("150000"),
            evse_maximum_charge_current=number("200"),
            evse_maximum_voltage=number("920"),
        ),
    )
    return request, response


def examples() -> dict[str, tuple[Schema, Any, float | None]]:
    """Name to schema, message and the bar of DESIGN 9 in microseconds one way, where there is one."""
    demand_req, demand_res = _current_demand()
    loop_req, loop_res = _dc_charge_loop()
    setup = _v2g(iso2.SessionSetupReq(evcc_id=bytes.fromhex("020000000001")))
    authorization = _v2g(iso2.AuthorizationReq(id="id1", gen_challenge=_bytes(16, 9)), _signature())
    details = _v2g(iso2.PaymentDetailsReq(emaid="DE8AA1A2B3C4D5", contract_signature_cert_chain=_chain()))
    return {
        "SessionSetupReq": (Schema.ISO2, setup, None),
        "AuthorizationReq, signed": (Schema.ISO2, authorization, None),
        "PaymentDetailsReq, 3 certificates": (Schema.ISO2, details, 150.0),
        "ChargeParameterDiscoveryRes, 1x24": (Schema.ISO2, _schedules(1, 24, tariff=False), 600.0),
        "ChargeParameterDiscoveryRes, 3x24+tariffs": (Schema.ISO2, _schedules(3, 24, tariff=True), None),
        "CurrentDemandReq": (Schema.ISO2, demand_req, 100.0),
        "CurrentDemandRes": (Schema.ISO2, demand_res, 100.0),
        "-20 DC_ChargeLoopReq": (Schema.ISO20_DC, loop_req, 100.0),
        "-20 DC_ChargeLoopRes": (Schema.ISO20_DC, loop_res, 100.0),
    }

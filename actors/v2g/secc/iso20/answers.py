"""Responses: the header of all of them, and for each request the smallest one that says what failed. Pure.

A refusal carries whatever the schema demands beside the code, as small as it can be [V2G20-2225 ff.].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso20 import ac, common, dc
from protocols.iso15118.iso20.common.simple import EcdhCurve, EvseCheckOutStatus
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode
from protocols.iso15118.iso20.types import MessageHeader, RationalNumber, V2gRequest, V2gResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.turn import Turn

_ZERO: Final = RationalNumber(exponent=0, value=0)
_ANY_CERTIFICATE: Final = b"\0"
_NO_SESSION: Final = bytes(8)


def head(turn: Turn) -> MessageHeader:
    """The header of a response: the talk's session, and the time it is made."""
    return MessageHeader(session_id=turn.talk.session_id or _NO_SESSION, time_stamp=UnixTime.of(turn.now))


def ok(turn: Turn) -> dict[str, Any]:
    """Header and code of a response to which nothing is wrong."""
    return {"header": head(turn), "response_code": ResponseCode.OK}


def refusal(request: V2gRequest, code: ResponseCode, turn: Turn) -> V2gResponse:
    """The response that belongs to a request, with that code and nothing to say besides."""
    kind, fields = SMALLEST[type(request)]
    return kind(header=head(turn), response_code=code, **fields(request))


def _nothing(_request: Any) -> dict[str, Any]:
    return {}


def _finished(_request: Any) -> dict[str, Any]:
    return {"evse_processing": Processing.FINISHED}


def _services(_request: Any) -> dict[str, Any]:
    service = common.Service(service_id=0, free_service=False)
    return {
        "service_renegotiation_supported": False,
        "energy_transfer_service_list": common.ServiceList(service=(service,)),
    }


def _detail(request: common.ServiceDetailReq) -> dict[str, Any]:
    parameter = common.Parameter(name="-", bool_value=False)
    parameter_set = common.ParameterSet(parameter_set_id=0, parameter=(parameter,))
    return {
        "service_id": request.service_id,
        "service_parameter_list": common.ServiceParameterList(parameter_set=(parameter_set,)),
    }


def _installation(_request: Any) -> dict[str, Any]:
    subs = common.SubCertificates(certificate=(_ANY_CERTIFICATE,))
    return {
        "evse_processing": Processing.FINISHED,
        "cps_certificate_chain": common.CertificateChain(certificate=_ANY_CERTIFICATE),
        "signed_installation_data": common.SignedInstallationData(
            id="-",
            contract_certificate_chain=common.ContractCertificateChain(
                certificate=_ANY_CERTIFICATE, sub_certificates=subs
            ),
            ecdh_curve=EcdhCurve.X448,
            dh_public_key=bytes(133),
            x448_encrypted_private_key=bytes(84),
        ),
        "remaining_contract_certificate_chains": 0,
    }


def _dynamic(_request: Any) -> dict[str, Any]:
    return {
        "evse_processing": Processing.FINISHED,
        "dynamic_se_res_control_mode": common.DynamicSeResControlMode(),
    }


def _authorization_setup(_request: Any) -> dict[str, Any]:
    return {
        "authorization_services": (common.Authorization.EIM,),
        "certificate_installation_service": False,
        "eim_as_res_authorization_mode": common.EimAsResAuthorizationMode(),
    }


def _ac_parameters(_request: Any) -> dict[str, Any]:
    mode = ac.AcCpdResEnergyTransferMode(
        evse_maximum_charge_power=_ZERO, evse_minimum_charge_power=_ZERO, evse_nominal_frequency=_ZERO
    )
    return {"ac_cpd_res_energy_transfer_mode": mode}


def _dc_parameters(_request: Any) -> dict[str, Any]:
    mode = dc.DcCpdResEnergyTransferMode(
        evse_maximum_charge_power=_ZERO,
        evse_minimum_charge_power=_ZERO,
        evse_maximum_charge_current=_ZERO,
        evse_minimum_charge_current=_ZERO,
        evse_maximum_voltage=_ZERO,
        evse_minimum_voltage=_ZERO,
    )
    return {"dc_cpd_res_energy_transfer_mode": mode}


def _ac_loop(_request: Any) -> dict[str, Any]:
    return {"cl_res_control_mode": ac.ScheduledAcClResControlMode()}


def _dc_loop(_request: Any) -> dict[str, Any]:
    return {
        "evse_present_current": _ZERO,
        "evse_present_voltage": _ZERO,
        "evse_power_limit_achieved": False,
        "evse_current_limit_achieved": False,
        "evse_voltage_limit_achieved": False,
        "cl_res_control_mode": dc.ScheduledDcClResControlMode(),
    }


def _voltage(_request: Any) -> dict[str, Any]:
    return {"evse_present_voltage": _ZERO}


SMALLEST: Final[Mapping[type[V2gRequest], tuple[type[V2gResponse], Callable[[Any], dict[str, Any]]]]] = {
    common.SessionSetupReq: (common.SessionSetupRes, lambda _: {"evse_id": "-"}),
    common.AuthorizationSetupReq: (common.AuthorizationSetupRes, _authorization_setup),
    common.AuthorizationReq: (common.AuthorizationRes, _finished),
    common.CertificateInstallationReq: (common.CertificateInstallationRes, _installation),
    common.ServiceDiscoveryReq: (common.ServiceDiscoveryRes, _services),
    common.ServiceDetailReq: (common.ServiceDetailRes, _detail),
    common.ServiceSelectionReq: (common.ServiceSelectionRes, _nothing),
    common.ScheduleExchangeReq: (common.ScheduleExchangeRes, _dynamic),
    common.PowerDeliveryReq: (common.PowerDeliveryRes, _nothing),
    common.MeteringConfirmationReq: (common.MeteringConfirmationRes, _nothing),
    common.SessionStopReq: (common.SessionStopRes, _nothing),
    common.VehicleCheckInReq: (common.VehicleCheckInRes, _nothing),
    common.VehicleCheckOutReq: (
        common.VehicleCheckOutRes,
        lambda _: {"evse_check_out_status": EvseCheckOutStatus.COMPLETED},
    ),
    ac.AcChargeParameterDiscoveryReq: (ac.AcChargeParameterDiscoveryRes, _ac_parameters),
    ac.AcChargeLoopReq: (ac.AcChargeLoopRes, _ac_loop),
    dc.DcChargeParameterDiscoveryReq: (dc.DcChargeParameterDiscoveryRes, _dc_parameters),
    dc.DcCableCheckReq: (dc.DcCableCheckRes, _finished),
    dc.DcPreChargeReq: (dc.DcPreChargeRes, _voltage),
    dc.DcChargeLoopReq: (dc.DcChargeLoopRes, _dc_loop),
    dc.DcWeldingDetectionReq: (dc.DcWeldingDetectionRes, _voltage),
}
"""Every request of this protocol over a wire, with its response and what that one needs at least."""

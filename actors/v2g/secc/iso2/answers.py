"""The response that belongs to each request, with a code and nothing else to say. Pure.

A failed response has to be whole for the schema all the same [V2G2-736]; its fields say nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc.iso2 import status
from actors.v2g.secc.iso2.kept import is_dc
from actors.v2g.secc.iso2.quantities import amperes, volts
from actors.v2g.secc.iso2.schedules import TUPLE_ID, nominal_voltage_v
from actors.v2g.secc.iso2.status import OUTLET
from protocols.iso15118 import iso2
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso2 import EvseProcessing, ResponseCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.turn import Turn

    Fields = Callable[[Any, Turn], Mapping[str, Any]]

Answer = iso2.BodyElement | ResponseCode | bytes | None
"""What a handler gives: a response, the code of a failed one, a whole response as the CSMS has made it, or
None when the answer has to wait.
"""

FINISHED: Final = EvseProcessing.FINISHED
CHARGE_SERVICE_ID: Final = 1
NOTHING: Final = b"\0"
"""The shortest certificate, key and point."""


def charge_service(modes: tuple[iso2.EnergyTransferMode, ...]) -> iso2.ChargeService:
    """The charging service with these modes."""
    return iso2.ChargeService(
        service_id=CHARGE_SERVICE_ID,
        service_category=iso2.ServiceCategory.EV_CHARGING,
        free_service=True,
        supported_energy_transfer_mode=iso2.SupportedEnergyTransferMode(energy_transfer_mode=modes),
    )


def charge_parameter(turn: Turn) -> iso2.AcEvseChargeParameter | iso2.DcEvseChargeParameter:
    """What the outlet can do, as far as it is known."""
    if not is_dc(turn):
        return _ac_parameter(turn)
    made: iso2.DcEvseChargeParameter = OUTLET.charge_parameter(turn, status.dc(turn))
    return made


def _ac_parameter(turn: Turn) -> iso2.AcEvseChargeParameter:
    return iso2.AcEvseChargeParameter(
        ac_evse_status=status.ac(turn),
        evse_nominal_voltage=volts(nominal_voltage_v(turn)),
        evse_max_current=amperes(turn.station.ac_max_current_a or 0.0),
    )


def _nothing(_request: Any, _turn: Turn) -> Mapping[str, Any]:
    return {}


def _provisioning(_request: Any, _turn: Turn) -> Mapping[str, Any]:
    chain = iso2.CertificateChain(certificate=NOTHING)
    return {
        "sa_provisioning_certificate_chain": chain,
        "contract_signature_cert_chain": iso2.CertificateChain(certificate=NOTHING, id="id1"),
        "contract_signature_encrypted_private_key": iso2.ContractSignatureEncryptedPrivateKey(
            value=NOTHING, id="id2"
        ),
        "dh_public_key": iso2.DiffieHellmanPublicKey(value=NOTHING, id="id3"),
        "emaid": iso2.Emaid(value="0" * 14, id="id4"),
    }


RESPONSES: Final[Mapping[type[iso2.BodyElement], tuple[type[iso2.BodyElement], Fields]]] = {
    iso2.SessionSetupReq: (iso2.SessionSetupRes, lambda _, turn: {"evse_id": status.evse_id(turn)}),
    iso2.ServiceDiscoveryReq: (
        iso2.ServiceDiscoveryRes,
        lambda _, turn: {
            "payment_option_list": iso2.PaymentOptionList(
                payment_option=(iso2.PaymentOption.EXTERNAL_PAYMENT,)
            ),
            "charge_service": charge_service(
                (
                    iso2.EnergyTransferMode.DC_EXTENDED
                    if is_dc(turn)
                    else iso2.EnergyTransferMode.AC_THREE_PHASE_CORE,
                )
            ),
        },
    ),
    iso2.ServiceDetailReq: (iso2.ServiceDetailRes, lambda request, _: {"service_id": request.service_id}),
    iso2.PaymentServiceSelectionReq: (iso2.PaymentServiceSelectionRes, _nothing),
    iso2.CertificateInstallationReq: (iso2.CertificateInstallationRes, _provisioning),
    iso2.CertificateUpdateReq: (iso2.CertificateUpdateRes, _provisioning),
    iso2.PaymentDetailsReq: (
        iso2.PaymentDetailsRes,
        lambda _, turn: {"gen_challenge": bytes(16), "evse_time_stamp": UnixTime.of(turn.now)},
    ),
    iso2.AuthorizationReq: (iso2.AuthorizationRes, lambda *_: {"evse_processing": FINISHED}),
    iso2.ChargeParameterDiscoveryReq: (
        iso2.ChargeParameterDiscoveryRes,
        lambda _, turn: {"evse_processing": FINISHED, "evse_charge_parameter": charge_parameter(turn)},
    ),
    iso2.PowerDeliveryReq: (iso2.PowerDeliveryRes, lambda _, turn: {"evse_status": status.of(turn)}),
    iso2.MeteringReceiptReq: (iso2.MeteringReceiptRes, lambda _, turn: {"evse_status": status.of(turn)}),
    iso2.SessionStopReq: (iso2.SessionStopRes, _nothing),
    iso2.ChargingStatusReq: (
        iso2.ChargingStatusRes,
        lambda _, turn: {
            "evse_id": status.evse_id(turn),
            "sa_schedule_tuple_id": TUPLE_ID,
            "ac_evse_status": status.ac(turn),
        },
    ),
    iso2.CableCheckReq: (
        iso2.CableCheckRes,
        lambda _, turn: {"dc_evse_status": status.dc(turn), "evse_processing": FINISHED},
    ),
    iso2.PreChargeReq: (
        iso2.PreChargeRes,
        lambda _, turn: {
            "dc_evse_status": status.dc(turn),
            "evse_present_voltage": OUTLET.present_voltage(turn),
        },
    ),
    iso2.CurrentDemandReq: (
        iso2.CurrentDemandRes,
        lambda _, turn: {
            "dc_evse_status": status.dc(turn),
            "evse_present_voltage": OUTLET.present_voltage(turn),
            "evse_present_current": OUTLET.present_current(turn),
            "evse_current_limit_achieved": False,
            "evse_voltage_limit_achieved": False,
            "evse_power_limit_achieved": False,
            "evse_id": status.evse_id(turn),
            "sa_schedule_tuple_id": TUPLE_ID,
        },
    ),
    iso2.WeldingDetectionReq: (
        iso2.WeldingDetectionRes,
        lambda _, turn: {
            "dc_evse_status": status.dc(turn),
            "evse_present_voltage": OUTLET.present_voltage(turn),
        },
    ),
}
"""For each request the class of its response, and how the fields that it must have are filled."""


def answer(
    request: iso2.BodyElement, turn: Turn, code: ResponseCode = ResponseCode.OK, **more: Any
) -> iso2.BodyElement:
    """The response to a request: what it must have, a code, and whatever else is to be said."""
    kind, fields = RESPONSES[type(request)]
    return kind(**{**fields(request, turn), "response_code": code, **more})

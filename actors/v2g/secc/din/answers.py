"""The state of the station as DIN 70121 says it, and the response that belongs to each request. Pure.

A failed response has to be whole for the schema all the same; its fields say nothing.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc import flow
from actors.v2g.secc.din.phase import Phase
from actors.v2g.secc.din.talk import DinTalk
from actors.v2g.secc.outlet import DcOutlet, must_stop
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import din
from protocols.iso15118.din import (
    EvseNotification,
    EvseProcessing,
    EvseSupportedEnergyTransfer,
    IsolationLevel,
    ResponseCode,
)
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.identifiers import DinEvseid, IdentifierError
from protocols.types.iso15118 import EnergyTransferMode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.turn import Turn

Answer = din.BodyElement | ResponseCode | None
"""What a handler gives: a response, the code of a failed one, or None when the answer has to wait."""

CHARGE_SERVICE_ID: Final = 1
TUPLE_ID: Final = 1
DAY_S: Final = 86_400
P_MAX_W: Final = 2**15 - 1
"""DIN carries the power of a schedule as a plain 16-bit number of watts; more is said by the limits."""
NO_EVSE_ID: Final = b"\0"
"""For a station that has none."""
NOTHING: Final = b"\0"
FINISHED: Final = EvseProcessing.FINISHED

READY: Final = frozenset({Phase.OFFERED, Phase.CHECKED, Phase.PRE_CHARGE, Phase.READY, Phase.CHARGING})
"""Where an outlet without error is ready [V2G-DC-453]."""
OUTLET: Final = DcOutlet(din, ready=READY, checking=Phase.CABLE_CHECK)
MODES: Final[Mapping[EnergyTransferMode, EvseSupportedEnergyTransfer]] = {
    EnergyTransferMode.DC_EXTENDED: EvseSupportedEnergyTransfer.DC_EXTENDED,
    EnergyTransferMode.DC: EvseSupportedEnergyTransfer.DC_EXTENDED,
    EnergyTransferMode.DC_BPT: EvseSupportedEnergyTransfer.DC_EXTENDED,
    EnergyTransferMode.DC_CORE: EvseSupportedEnergyTransfer.DC_CORE,
    EnergyTransferMode.DC_COMBO_CORE: EvseSupportedEnergyTransfer.DC_COMBO_CORE,
    EnergyTransferMode.DC_UNIQUE: EvseSupportedEnergyTransfer.DC_DUAL,
}
"""DIN knows one way of energy transfer per station: the first of these that it has."""


def kept(turn: Turn) -> DinTalk:
    """What this protocol keeps in the talk."""
    return turn.talk.din or DinTalk()


def keep(turn: Turn, **fields: Any) -> None:
    """Put fields of it to new values."""
    turn.change(din=dataclasses.replace(kept(turn), **fields))


def cut(turn: Turn) -> None:
    """Stop whatever may flow: say that the loop has ended, have the contactors opened; each once."""
    flow.end(turn)
    if kept(turn).closed:
        keep(turn, closed=False)
        turn.publish(charger.DcOpenContactor())


def transfer_type(turn: Turn) -> EvseSupportedEnergyTransfer | None:
    """The station's way of energy transfer; None where it has none that DIN knows."""
    modes = turn.station.energy_transfer_modes
    return next((MODES[mode] for mode in MODES if mode in modes), None)


def evse_id(turn: Turn) -> bytes:
    """The id of the outlet in the form of DIN SPEC 91286."""
    told = turn.station.evse_id
    try:
        return bytes(DinEvseid.parse((told.evse_id_din if told else None) or ""))
    except IdentifierError:
        return NO_EVSE_ID


def status(turn: Turn) -> din.DcEvseStatus:
    """DC_EVSEStatus."""
    isolation = turn.station.isolation.value
    known = isolation in set(IsolationLevel)
    return din.DcEvseStatus(
        evse_isolation_status=IsolationLevel(isolation) if known else IsolationLevel.INVALID,
        evse_status_code=OUTLET.status_code(turn),
        notification_max_delay_s=0,
        evse_notification=EvseNotification.STOP_CHARGING if must_stop(turn) else EvseNotification.NONE,
    )


def schedules(turn: Turn) -> din.SaScheduleList:
    """One schedule for a day, derived from the limits."""
    most = turn.station.dc_maximum
    power = most.evse_maximum_power_limit_w if most is not None and turn.station.no_energy is None else 0.0
    entry = din.PMaxScheduleEntry(
        time_interval=din.RelativeTimeInterval(start_s=0, duration_s=DAY_S),
        p_max_w=int(max(-P_MAX_W, min(power, P_MAX_W))),
    )
    schedule = din.PMaxSchedule(p_max_schedule_id=TUPLE_ID, p_max_schedule_entry=(entry,))
    one = din.SaScheduleTuple(sa_schedule_tuple_id=TUPLE_ID, p_max_schedule=schedule)
    return din.SaScheduleList(sa_schedule_tuple=(one,))


def _discovery(turn: Turn) -> Mapping[str, Any]:
    tag = din.ServiceTag(service_id=CHARGE_SERVICE_ID, service_category=din.ServiceCategory.EV_CHARGING)
    return {
        "payment_options": din.PaymentOptions(payment_option=(din.PaymentOption.EXTERNAL_PAYMENT,)),
        "charge_service": din.ServiceCharge(
            service_tag=tag,
            free_service=True,
            energy_transfer_type=transfer_type(turn) or EvseSupportedEnergyTransfer.DC_EXTENDED,
        ),
    }


def _provisioning(*_: Any) -> Mapping[str, Any]:
    return {
        "contract_signature_cert_chain": din.CertificateChain(certificate=NOTHING),
        "contract_signature_encrypted_private_key": NOTHING,
        "dh_params": NOTHING,
        "contract_id": "0",
        "id": "id1",
    }


_AC_STATUS: Final = din.AcEvseStatus(
    power_switch_closed=False,
    rcd=False,
    notification_max_delay_s=0,
    evse_notification=EvseNotification.NONE,
)
"""For the requests of AC, which DIN does not use."""

RESPONSES: Final[
    Mapping[type[din.BodyElement], tuple[type[din.BodyElement], Callable[[Any, Turn], Mapping[str, Any]]]]
] = {
    din.SessionSetupReq: (
        din.SessionSetupRes,
        lambda _, turn: {"evse_id": evse_id(turn), "date_time_now": UnixTime.of(turn.now)},
    ),
    din.ServiceDiscoveryReq: (din.ServiceDiscoveryRes, lambda _, turn: _discovery(turn)),
    din.ServiceDetailReq: (din.ServiceDetailRes, lambda request, _: {"service_id": request.service_id}),
    din.ServicePaymentSelectionReq: (din.ServicePaymentSelectionRes, lambda *_: {}),
    din.PaymentDetailsReq: (
        din.PaymentDetailsRes,
        lambda _, turn: {"gen_challenge": "0", "date_time_now": UnixTime.of(turn.now)},
    ),
    din.ContractAuthenticationReq: (din.ContractAuthenticationRes, lambda *_: {"evse_processing": FINISHED}),
    din.ChargeParameterDiscoveryReq: (
        din.ChargeParameterDiscoveryRes,
        lambda _, turn: {
            "evse_processing": FINISHED,
            "sa_schedules": schedules(turn),
            "evse_charge_parameter": OUTLET.charge_parameter(turn, status(turn)),
        },
    ),
    din.PowerDeliveryReq: (din.PowerDeliveryRes, lambda _, turn: {"evse_status": status(turn)}),
    din.ChargingStatusReq: (
        din.ChargingStatusRes,
        lambda _, turn: {
            "evse_id": evse_id(turn),
            "sa_schedule_tuple_id": TUPLE_ID,
            "receipt_required": False,
            "ac_evse_status": _AC_STATUS,
        },
    ),
    din.MeteringReceiptReq: (din.MeteringReceiptRes, lambda *_: {"ac_evse_status": _AC_STATUS}),
    din.SessionStopReq: (din.SessionStopRes, lambda *_: {}),
    din.CertificateUpdateReq: (
        din.CertificateUpdateRes,
        lambda *_: {**_provisioning(), "retry_counter": 0},
    ),
    din.CertificateInstallationReq: (din.CertificateInstallationRes, _provisioning),
    din.CableCheckReq: (
        din.CableCheckRes,
        lambda _, turn: {"dc_evse_status": status(turn), "evse_processing": FINISHED},
    ),
    din.PreChargeReq: (
        din.PreChargeRes,
        lambda _, turn: {
            "dc_evse_status": status(turn),
            "evse_present_voltage": OUTLET.present_voltage(turn),
        },
    ),
    din.CurrentDemandReq: (
        din.CurrentDemandRes,
        lambda _, turn: {
            "dc_evse_status": status(turn),
            "evse_present_voltage": OUTLET.present_voltage(turn),
            "evse_present_current": OUTLET.present_current(turn),
            "evse_current_limit_achieved": False,
            "evse_voltage_limit_achieved": False,
            "evse_power_limit_achieved": False,
        },
    ),
    din.WeldingDetectionReq: (
        din.WeldingDetectionRes,
        lambda _, turn: {
            "dc_evse_status": status(turn),
            "evse_present_voltage": OUTLET.present_voltage(turn),
        },
    ),
}
"""For each request the class of its response, and how the fields that it must have are filled."""


def answer(
    request: din.BodyElement, turn: Turn, code: ResponseCode = ResponseCode.OK, **more: Any
) -> din.BodyElement:
    """The response to a request: what it must have, a code, and whatever else is to be said."""
    kind, fields = RESPONSES[type(request)]
    return kind(**{**fields(request, turn), "response_code": code, **more})

"""ISO 15118-20 from the car's side as tables: what is asked in which phase, and what has to come back.

Sources of the rows: ISO 15118-20 8.8.3 (message sequences), 8.3.4 (the messages); times: 8.6.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev import timing
from actors.simulation.ev.iso20 import ac as ac_side
from actors.simulation.ev.iso20 import dc as dc_side
from actors.simulation.ev.iso20 import requests, responses
from actors.simulation.ev.iso20.phases import Phase
from actors.simulation.ev.iso20.trust import scheme_of
from actors.simulation.ev.language import Language, Row, Said, decode_exi, signed
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import ac, common, dc
from protocols.iso15118.iso20.types import V2gResponse
from protocols.iso15118.v2gtp import PayloadType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.simulation.ev.drive import Drive
    from actors.simulation.ev.wallet import Credential

_LONG: Final = timing.LONG_MESSAGE_S


def _row(name: str, response: type, **times: float) -> Row:
    """A row whose request and answer have the same name in both modules."""
    return Row(
        request=getattr(requests, name),
        response=response,
        then=getattr(responses, name),
        source="ISO 15118-20 8.3.4.3",
        timeout_s=times.get("timeout_s", timing.MESSAGE_S),
        phase_timeout_s=times.get("phase_timeout_s"),
    )


_COMMON: Final[Mapping[str, Row]] = {
    Phase.SESSION_SETUP: _row("session_setup", common.SessionSetupRes),
    Phase.AUTHORIZATION_SETUP: _row("authorization_setup", common.AuthorizationSetupRes),
    Phase.CERTIFICATE_INSTALLATION: _row(
        "certificate_installation",
        common.CertificateInstallationRes,
        timeout_s=_LONG,
        phase_timeout_s=timing.ONGOING_S,
    ),
    Phase.AUTHORIZATION: _row("authorization", common.AuthorizationRes, phase_timeout_s=timing.ONGOING_S),
    Phase.SERVICE_DISCOVERY: _row("service_discovery", common.ServiceDiscoveryRes),
    Phase.SERVICE_DETAIL: _row("service_detail", common.ServiceDetailRes, timeout_s=_LONG),
    Phase.SERVICE_SELECTION: _row("service_selection", common.ServiceSelectionRes),
    Phase.SCHEDULE_EXCHANGE: _row(
        "schedule_exchange", common.ScheduleExchangeRes, phase_timeout_s=timing.ONGOING_S
    ),
    Phase.POWER_START: _row("power_start", common.PowerDeliveryRes, timeout_s=_LONG),
    Phase.RESCHEDULE: Row(
        request=requests.schedule_exchange,
        response=common.ScheduleExchangeRes,
        then=responses.reschedule,
        phase_timeout_s=timing.ONGOING_S,
        channel=PayloadType.SCHEDULE_RENEGOTIATION,
        source="ISO 15118-20 Table 14",
    ),
    Phase.RENEGOTIATE: Row(
        request=requests.renegotiate,
        response=common.PowerDeliveryRes,
        then=responses.renegotiate,
        timeout_s=_LONG,
        channel=PayloadType.SCHEDULE_RENEGOTIATION,
        source="ISO 15118-20 Table 14 [V2G20-2018]",
    ),
    Phase.POWER_STOP: _row("power_stop", common.PowerDeliveryRes, timeout_s=_LONG),
    Phase.METERING_CONFIRMATION: Row(
        request=requests.metering_confirmation,
        response=common.MeteringConfirmationRes,
        then=responses.metering_confirmation,
        channel=PayloadType.METERING_CONFIRMATION,
        source="ISO 15118-20 Table 14",
    ),
    Phase.SESSION_STOP: _row("session_stop", common.SessionStopRes),
}
AC_TABLE: Final[Mapping[str, Row]] = {
    **_COMMON,
    Phase.CHARGE_PARAMETERS: Row(
        request=ac_side.charge_parameters,
        response=ac.AcChargeParameterDiscoveryRes,
        then=ac_side.see_parameters,
        source="ISO 15118-20 8.3.4.4",
    ),
    Phase.CHARGE_LOOP: Row(
        request=ac_side.charge_loop,
        response=ac.AcChargeLoopRes,
        then=ac_side.see_loop,
        timeout_s=timing.LOOP_20_S,
        source="ISO 15118-20 8.3.4.4",
    ),
}
DC_TABLE: Final[Mapping[str, Row]] = {
    **_COMMON,
    Phase.CHARGE_PARAMETERS: Row(
        request=dc_side.charge_parameters,
        response=dc.DcChargeParameterDiscoveryRes,
        then=dc_side.see_parameters,
        source="ISO 15118-20 8.3.4.5",
    ),
    Phase.CABLE_CHECK: Row(
        request=dc_side.cable_check,
        response=dc.DcCableCheckRes,
        then=dc_side.see_cable_check,
        phase_timeout_s=timing.CABLE_CHECK_S,
        source="ISO 15118-20 8.3.4.5",
    ),
    Phase.PRE_CHARGE: Row(
        request=dc_side.pre_charge,
        response=dc.DcPreChargeRes,
        then=dc_side.see_pre_charge,
        phase_timeout_s=timing.PRE_CHARGE_20_S,
        source="ISO 15118-20 8.3.4.5",
    ),
    Phase.CHARGE_LOOP: Row(
        request=dc_side.charge_loop,
        response=dc.DcChargeLoopRes,
        then=dc_side.see_loop,
        timeout_s=timing.LOOP_20_S,
        source="ISO 15118-20 8.3.4.5",
    ),
    Phase.WELDING_DETECTION: Row(
        request=dc_side.welding_detection,
        response=dc.DcWeldingDetectionRes,
        then=dc_side.see_welding_detection,
        source="ISO 15118-20 8.3.4.5",
    ),
}

_SIGNERS: Final[Mapping[type, Callable[[Drive], Credential | None]]] = {
    common.MeteringConfirmationReq: lambda drive: drive.contract,
    common.CertificateInstallationReq: lambda drive: drive.wallet.provisioning_20,
}
_SCHEMAS: Final[Mapping[int, exi.Schema]] = {
    PayloadType.COMMON: exi.Schema.ISO20_COMMON,
    PayloadType.SCHEDULE_RENEGOTIATION: exi.Schema.ISO20_COMMON,
    PayloadType.METERING_CONFIRMATION: exi.Schema.ISO20_COMMON,
    PayloadType.AC: exi.Schema.ISO20_AC,
    PayloadType.DC: exi.Schema.ISO20_DC,
}
_KINDS: Final[Mapping[type, PayloadType]] = {
    ac.AcChargeParameterDiscoveryReq: PayloadType.AC,
    ac.AcChargeLoopReq: PayloadType.AC,
    dc.DcChargeParameterDiscoveryReq: PayloadType.DC,
    dc.DcCableCheckReq: PayloadType.DC,
    dc.DcPreChargeReq: PayloadType.DC,
    dc.DcChargeLoopReq: PayloadType.DC,
    dc.DcWeldingDetectionReq: PayloadType.DC,
}
"""The payload types of requests; all others are COMMON."""


def message(drive: Drive, body: Any) -> Any:
    """The message: in -20 the body itself, signed where the standard wants it."""
    signer = _SIGNERS.get(type(body))
    if isinstance(body, common.AuthorizationReq) and body.pnc_a_req_authorization_mode is not None:
        credential = drive.contract
    elif signer is not None:
        credential = signer(drive)
    else:
        return body
    return signed(body, credential, scheme_of(credential))


def encode(whole: Any) -> tuple[int, bytes]:
    """Payload type and payload (ISO 15118-20 Table 14)."""
    kind = _KINDS.get(type(whole), PayloadType.COMMON)
    return kind, exi.encode(whole, _SCHEMAS[kind])


def decode(payload_type: int, payload: bytes) -> Said:
    """What the station says. TalkError UNDECODABLE."""
    schema = _SCHEMAS.get(payload_type)
    if schema is None:
        raise TalkError(Reason.UNDECODABLE, f"payload type {payload_type:#06x}")
    whole = decode_exi(payload, schema)
    if not isinstance(whole, V2gResponse):
        raise TalkError(Reason.WRONG_MESSAGE, type(whole).__name__)
    return Said(whole.header.session_id, str(whole.response_code), whole, whole)


AC: Final = Language(
    name="ISO 15118-20 AC",
    first=Phase.SESSION_SETUP,
    loop=Phase.CHARGE_LOOP,
    table=AC_TABLE,
    message=message,
    encode=encode,
    decode=decode,
)
DC: Final = dataclasses.replace(AC, name="ISO 15118-20 DC", table=DC_TABLE)

"""ISO 15118-2 from the car's side as tables: what is asked in which phase, and what has to come back.

Sources of the rows: ISO 15118-2 8.8.3 (EVCC states, AC) and 8.8.4 (DC); the requirement ids are those of the
requests. Times: 8.7.2.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev import timing
from actors.simulation.ev.iso2 import requests, responses
from actors.simulation.ev.iso2.responses import Phase
from actors.simulation.ev.language import ANY_SESSION, Language, Row, Said, decode_exi, signed
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import exi, iso2, signature
from protocols.iso15118.v2gtp import PayloadType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.simulation.ev.drive import Drive
    from actors.simulation.ev.wallet import Credential


def _row(name: str, response: type, source: str, **times: float) -> Row:
    """A row whose request and answer have the same name in both modules."""
    return Row(
        request=getattr(requests, name),
        response=response,
        then=getattr(responses, name),
        source=source,
        timeout_s=times.get("timeout_s", timing.MESSAGE_S),
        phase_timeout_s=times.get("phase_timeout_s"),
    )


_LONG: Final = timing.LONG_MESSAGE_S
_COMMON: Final[Mapping[str, Row]] = {
    Phase.SESSION_SETUP: _row("session_setup", iso2.SessionSetupRes, "8.4.3.2.2 [V2G2-188]"),
    Phase.SERVICE_DISCOVERY: _row("service_discovery", iso2.ServiceDiscoveryRes, "8.4.3.3.2 [V2G2-193]"),
    Phase.SERVICE_DETAIL: _row(
        "service_detail", iso2.ServiceDetailRes, "8.4.3.4.1 [V2G2-197]", timeout_s=_LONG
    ),
    Phase.PAYMENT_SELECTION: _row("payment_selection", iso2.PaymentServiceSelectionRes, "8.4.3.5.1"),
    Phase.CERTIFICATE_INSTALLATION: _row(
        "certificate_installation", iso2.CertificateInstallationRes, "8.4.3.11.2", timeout_s=_LONG
    ),
    Phase.PAYMENT_DETAILS: _row("payment_details", iso2.PaymentDetailsRes, "8.4.3.6.1", timeout_s=_LONG),
    Phase.AUTHORIZATION: _row(
        "authorization",
        iso2.AuthorizationRes,
        "8.4.3.7.1 [V2G2-210]",
        phase_timeout_s=timing.ONGOING_S,
    ),
    Phase.SESSION_STOP: _row("session_stop", iso2.SessionStopRes, "8.4.3.12.2"),
    Phase.POWER_START: _row("power_start", iso2.PowerDeliveryRes, "8.4.3.9.1", timeout_s=_LONG),
    Phase.RENEGOTIATE: Row(
        request=requests.power_renegotiate,
        response=iso2.PowerDeliveryRes,
        then=responses.renegotiate,
        timeout_s=_LONG,
        source="8.4.3.9.1",
    ),
    Phase.POWER_STOP: _row("power_stop", iso2.PowerDeliveryRes, "8.4.3.9.1", timeout_s=_LONG),
    Phase.METERING_RECEIPT: _row("metering_receipt", iso2.MeteringReceiptRes, "8.4.3.13.1"),
}


def _parameters(request: Callable[[Drive], Any]) -> Row:
    return Row(
        request=request,
        response=iso2.ChargeParameterDiscoveryRes,
        then=responses.charge_parameters,
        phase_timeout_s=timing.ONGOING_S,
        source="8.4.3.8.1",
    )


AC_TABLE: Final[Mapping[str, Row]] = {
    **_COMMON,
    Phase.CHARGE_PARAMETERS: _parameters(requests.ac_parameters),
    Phase.CHARGING_STATUS: _row("charging_status", iso2.ChargingStatusRes, "8.4.4.2.1"),
}
DC_TABLE: Final[Mapping[str, Row]] = {
    **_COMMON,
    Phase.CHARGE_PARAMETERS: _parameters(requests.dc_parameters),
    Phase.CABLE_CHECK: _row(
        "cable_check", iso2.CableCheckRes, "8.4.5.2.1", phase_timeout_s=timing.CABLE_CHECK_S
    ),
    Phase.PRE_CHARGE: _row("pre_charge", iso2.PreChargeRes, "8.4.5.3.1", phase_timeout_s=timing.PRE_CHARGE_S),
    Phase.CURRENT_DEMAND: _row(
        "current_demand", iso2.CurrentDemandRes, "8.4.5.4.1", timeout_s=timing.DC_LOOP_S
    ),
    Phase.WELDING_DETECTION: _row("welding_detection", iso2.WeldingDetectionRes, "8.4.5.5.1"),
}

_SIGNERS: Final[Mapping[type, Callable[[Drive], Credential | None]]] = {
    iso2.AuthorizationReq: lambda drive: drive.contract,
    iso2.MeteringReceiptReq: lambda drive: drive.contract,
    iso2.CertificateInstallationReq: lambda drive: drive.wallet.provisioning,
}
"""Who signs which request, where it has an Id (7.9.2.4)."""


def message(drive: Drive, body: Any) -> iso2.V2gMessage:
    """The message around a body."""
    whole = iso2.V2gMessage(
        header=iso2.MessageHeader(session_id=drive.session_id or ANY_SESSION),
        body=iso2.Body(body_element=body),
    )
    signer = _SIGNERS.get(type(body))
    if signer is None or body.id is None:
        return whole
    made: iso2.V2gMessage = signed(whole, signer(drive), signature.ISO2)
    return made


def encode(whole: Any) -> tuple[int, bytes]:
    """Payload type and payload."""
    return PayloadType.EXI, exi.encode(whole, exi.Schema.ISO2)


def decode(payload_type: int, payload: bytes) -> Said:
    """What the station says. TalkError UNDECODABLE."""
    if payload_type != PayloadType.EXI:
        raise TalkError(Reason.UNDECODABLE, f"payload type {payload_type:#06x}")
    whole = decode_exi(payload, exi.Schema.ISO2)
    body = whole.body.body_element if isinstance(whole, iso2.V2gMessage) else None
    if body is None:
        raise TalkError(Reason.WRONG_MESSAGE, type(whole).__name__)
    return Said(whole.header.session_id, str(getattr(body, "response_code", "")), body, whole)


AC: Final = Language(
    name="ISO 15118-2 AC",
    first=Phase.SESSION_SETUP,
    loop=Phase.CHARGING_STATUS,
    table=AC_TABLE,
    message=message,
    encode=encode,
    decode=decode,
)
DC: Final = dataclasses.replace(AC, name="ISO 15118-2 DC", loop=Phase.CURRENT_DEMAND, table=DC_TABLE)

"""DIN SPEC 70121 from the car's side as a table: what is asked in which phase, what has to come back.

Source of the rows: DIN SPEC 70121 9.4 and 9.5 (messages of DC charging); times: 9.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev import timing
from actors.simulation.ev.din import requests, responses
from actors.simulation.ev.din.responses import Phase
from actors.simulation.ev.language import ANY_SESSION, Language, Row, Said, decode_exi
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import din, exi
from protocols.iso15118.v2gtp import PayloadType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.simulation.ev.drive import Drive


def _row(name: str, response: type, **times: float) -> Row:
    """A row whose request and answer have the same name in both modules."""
    return Row(
        request=getattr(requests, name),
        response=response,
        then=getattr(responses, name),
        source="DIN SPEC 70121 9.5.3" if name in _DC else "DIN SPEC 70121 9.4.1",
        timeout_s=times.get("timeout_s", timing.MESSAGE_S),
        phase_timeout_s=times.get("phase_timeout_s"),
    )


_DC: Final = frozenset({"cable_check", "pre_charge", "current_demand", "welding_detection"})
_LONG: Final = timing.LONG_MESSAGE_S
TABLE: Final[Mapping[str, Row]] = {
    Phase.SESSION_SETUP: _row("session_setup", din.SessionSetupRes),
    Phase.SERVICE_DISCOVERY: _row("service_discovery", din.ServiceDiscoveryRes),
    Phase.PAYMENT_SELECTION: _row("payment_selection", din.ServicePaymentSelectionRes),
    Phase.AUTHORIZATION: _row(
        "authorization", din.ContractAuthenticationRes, phase_timeout_s=timing.ONGOING_S
    ),
    Phase.CHARGE_PARAMETERS: _row(
        "charge_parameters", din.ChargeParameterDiscoveryRes, phase_timeout_s=timing.ONGOING_S
    ),
    Phase.CABLE_CHECK: _row("cable_check", din.CableCheckRes, phase_timeout_s=timing.CABLE_CHECK_S),
    Phase.PRE_CHARGE: _row("pre_charge", din.PreChargeRes, phase_timeout_s=timing.PRE_CHARGE_S),
    Phase.POWER_START: _row("power_start", din.PowerDeliveryRes, timeout_s=_LONG),
    Phase.CURRENT_DEMAND: _row("current_demand", din.CurrentDemandRes, timeout_s=timing.DC_LOOP_S),
    Phase.POWER_STOP: _row("power_stop", din.PowerDeliveryRes, timeout_s=_LONG),
    Phase.WELDING_DETECTION: _row("welding_detection", din.WeldingDetectionRes),
    Phase.SESSION_STOP: _row("session_stop", din.SessionStopRes),
}


def message(drive: Drive, body: Any) -> din.V2gMessage:
    """The message around a body."""
    return din.V2gMessage(
        header=din.MessageHeader(session_id=drive.session_id or ANY_SESSION),
        body=din.Body(body_element=body),
    )


def encode(whole: Any) -> tuple[int, bytes]:
    """Payload type and payload."""
    return PayloadType.EXI, exi.encode(whole, exi.Schema.DIN)


def decode(payload_type: int, payload: bytes) -> Said:
    """What the station says. TalkError UNDECODABLE."""
    if payload_type != PayloadType.EXI:
        raise TalkError(Reason.UNDECODABLE, f"payload type {payload_type:#06x}")
    whole = decode_exi(payload, exi.Schema.DIN)
    body = whole.body.body_element if isinstance(whole, din.V2gMessage) else None
    if body is None:
        raise TalkError(Reason.WRONG_MESSAGE, type(whole).__name__)
    return Said(whole.header.session_id, str(getattr(body, "response_code", "")), body, whole)


LANGUAGE: Final = Language(
    name="DIN SPEC 70121",
    first=Phase.SESSION_SETUP,
    loop=Phase.CURRENT_DEMAND,
    table=TABLE,
    message=message,
    encode=encode,
    decode=decode,
)

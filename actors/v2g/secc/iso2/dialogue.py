"""The way in for each kind of input. Pure.

Source: ISO 15118-2 8.8.3 and 8.8.4: which answer a request gets that may not come now, what a failed
response does to the session; DESIGN 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc import debugging
from actors.v2g.secc.exchange import Answered, Expired, Level, Told
from actors.v2g.secc.iso2.answers import RESPONSES, Answer, answer
from actors.v2g.secc.iso2.kept import is_dc, keep, kept
from actors.v2g.secc.iso2.limits import CLOSE_AFTER_S, LIMIT_S, Timer
from actors.v2g.secc.iso2.phase import Phase, broken_off
from actors.v2g.secc.iso2.power import Cause, cut
from actors.v2g.secc.iso2.table import RESUMES, row
from actors.v2g.secc.iso2.talk import Ending
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import exi, iso2
from protocols.iso15118.iso2 import ResponseCode
from protocols.iso15118.v2gtp import PayloadType
from protocols.types.iso15118 import EvseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.message import Command, Reply, Var

SCHEMA: Final = exi.Schema.ISO2
ENERGY: Final = frozenset(
    {
        iso2.ChargeParameterDiscoveryReq,
        iso2.CableCheckReq,
        iso2.PreChargeReq,
        iso2.ChargingStatusReq,
        iso2.CurrentDemandReq,
        iso2.MeteringReceiptReq,
    }
)
"""What fails in an emergency; PowerDelivery decides for itself, and whoever ends the talk is let go."""
DATA_LINK: Final[Mapping[Ending, type[Var]]] = {
    Ending.ERROR: charger.DlinkError,
    Ending.TERMINATE: charger.DlinkTerminate,
    Ending.PAUSE: charger.DlinkPause,
}


def received(payload_type: int, payload: bytes, turn: Turn) -> None:
    """Answer a request, hold it, or end the talk over a frame that is none."""
    if turn.talk.held:
        _give_up(turn, "request_while_held")
        return
    if payload_type != PayloadType.EXI:
        _give_up(turn, "payload_type_unexpected", payload_type=payload_type)
        return
    try:
        message = exi.decode(payload, SCHEMA)
    except exi.DecodeError as error:
        _give_up(turn, "message_undecodable", error=str(error))
        return
    request = message.body.body_element if isinstance(message, iso2.V2gMessage) else None
    if request is None or type(request) not in RESPONSES:
        _give_up(turn, "request_expected", message=type(request).__name__)
        return
    debugging.publish(turn, type(request).__name__, payload)
    turn.cancel(Timer.SEQUENCE)
    turn.change(held=payload, held_type=int(payload_type))
    _respond(turn, request, _answered(turn, message, request))


def _answered(turn: Turn, message: iso2.V2gMessage, request: iso2.BodyElement) -> Answer:
    session = turn.talk.session_id
    if session and message.header.session_id != session and not isinstance(request, iso2.SessionSetupReq):
        return ResponseCode.FAILED_UNKNOWN_SESSION  # [V2G2-460]
    allowed = row(turn, type(request))
    if allowed is None:
        return ResponseCode.FAILED_SEQUENCE_ERROR  # [V2G2-459], [V2G2-538]
    if turn.station.error is EvseError.ERROR_EMERGENCY_SHUTDOWN and type(request) in ENERGY:
        return ResponseCode.FAILED
    return allowed.handler(message if allowed.whole else request, turn)


def _respond(turn: Turn, request: iso2.BodyElement, found: Answer) -> None:
    """Send an answer and go on, or end the talk over it; nothing where it has to wait."""
    if found is None:
        return
    turn.change(held=b"", held_type=0)
    response: Any
    if isinstance(found, bytes):
        payload = found
        response = exi.decode(found, SCHEMA).body.body_element
    else:
        response = answer(request, turn, found) if isinstance(found, ResponseCode) else found
        header = iso2.MessageHeader(session_id=turn.talk.session_id or bytes(8))
        message = iso2.V2gMessage(header=header, body=iso2.Body(body_element=response))
        payload = exi.encode(message, SCHEMA)
    debugging.publish(turn, type(response).__name__, payload)
    turn.send(PayloadType.EXI, payload)
    code: ResponseCode = response.response_code
    if code.startswith("FAILED"):
        _fail(turn, request, code)
    elif turn.talk.phase == Phase.ENDED:
        turn.close("session_stopped", after_s=CLOSE_AFTER_S)
    else:
        turn.start(Timer.SEQUENCE, LIMIT_S[Timer.SEQUENCE])


def _fail(turn: Turn, request: iso2.BodyElement, code: ResponseCode) -> None:
    """End the talk over a failed response [V2G2-539]: no energy from now on, and the connection closes."""
    phase = turn.talk.phase
    turn.note("response_failed", Level.WARNING, request=type(request).__name__, code=code, phase=phase)
    cut(turn)
    at_once = turn.settings.terminate_connection_on_failed_response
    turn.close(code, failed=broken_off(phase), after_s=0.0 if at_once else CLOSE_AFTER_S)


def _give_up(turn: Turn, why: str, **facts: str | float) -> None:
    """End the talk without an answer."""
    phase = turn.talk.phase
    turn.note(why, Level.WARNING, phase=phase, **facts)
    cut(turn)
    turn.close(why, failed=broken_off(phase))


def _resume(turn: Turn, cause: Cause) -> None:
    """Let the request that is held go on, if one is."""
    if turn.talk.held:
        request = exi.decode(turn.talk.held, SCHEMA).body.body_element
        _respond(turn, request, RESUMES[type(request)](request, turn, cause))


def told(command: Command, turn: Turn) -> None:
    """Only a request that is held reacts at once; all else is said with the next response."""
    _resume(turn, Told(command=command))


def answered(ask: str, reply: Reply, turn: Turn) -> None:
    """What a held request has waited for, perhaps."""
    _resume(turn, Answered(ask=ask, reply=reply))


def expired(timer: str, turn: Turn) -> None:
    """A car that is silent is given up; whatever else took too long is said with the next response."""
    if timer == Timer.SEQUENCE:
        _give_up(turn, "sequence_timeout")
        return
    keep(turn, late=timer)
    _resume(turn, Expired(timer=timer))


def disconnected(turn: Turn) -> None:
    """Undo what is not undone, and tell what becomes of the data link."""
    talk, ending = turn.talk, kept(turn).ending
    cut(turn)
    if not talk.closing:
        turn.note("talk_broken_off", Level.WARNING, phase=talk.phase, dc=is_dc(turn))
        turn.publish(charger.HlcSessionFailed(reason=broken_off(talk.phase)))
    turn.publish(DATA_LINK[ending]())

"""The way in for each kind of input, shared by DIN 70121 and ISO 15118-2, which are built alike. Pure.

A protocol gives its `Rules`; `Conversation` keeps to them: decode, look up the row, let its handler answer or
hold the request, send, and end the talk over what is wrong. It has the five functions that `machine` wants.

Source: ISO 15118-2 8.8.3 and 8.8.4, and alike in DIN; DESIGN 6 (a failed response ends the session).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.v2g.secc import debugging
from actors.v2g.secc.ending import Ending
from actors.v2g.secc.exchange import Answered, Expired, Level, Told
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import exi
from protocols.iso15118.v2gtp import PayloadType
from protocols.message import Failure
from protocols.types.iso15118 import EvseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.message import Command, Reply, Var
    from protocols.types.evse_manager import HlcSessionFailedReasonEnum

SEQUENCE: Final = "sequence"
"""The timer from a response to the next request."""
SEQUENCE_S: Final = 60.0
"""V2G_SECC_Sequence_Timeout (ISO 15118-2 Table 109, the same in DIN)."""
CLOSE_AFTER_S: Final = 5.0
"""What a car is given to close the connection itself after the last response [V2G2-034]."""

Cause = Told | Answered | Expired
"""What may let a request that was held go on."""


DATA_LINK: Final[Mapping[Ending, type[Var]]] = {
    Ending.ERROR: charger.DlinkError,
    Ending.TERMINATE: charger.DlinkTerminate,
    Ending.PAUSE: charger.DlinkPause,
}


class Row(NamedTuple):
    """What is done with a request: a row of a protocol's table."""

    handler: Callable[[Any, Turn], Any]
    """Gives a response, the code of a failed one, the bytes of a whole one, or None when it has to wait."""
    source: str
    whole: bool = False
    """The handler wants the message with its header, for a signature or the session id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What differs between the protocols."""

    schema: exi.Schema
    protocol: Any
    """The module of its messages, with `V2gMessage`, `ResponseCode`, `SessionSetupReq` ..."""
    requests: frozenset[type]
    """The classes of all requests."""
    needs_energy: frozenset[type]
    """The requests that fail in an emergency; whoever ends the talk is let go."""
    row: Callable[[Turn, type], Row | None]
    """Who answers a request of this class now; None where it is not allowed."""
    resumes: Mapping[type, Callable[[Any, Turn, Cause], Any]]
    """How a request that was held goes on."""
    answer: Callable[[Any, Turn, Any], Any]
    """The response to a request with a code and nothing else to say."""
    cut: Callable[[Turn], None]
    """Stops whatever may flow."""
    late: Callable[[Turn, str], None]
    """Keeps that a timer has run down."""
    ending: Callable[[Turn], Ending]
    broken_off: Callable[[str], HlcSessionFailedReasonEnum]
    """What a talk that ends in a phase has failed at."""
    ended: str
    """The phase after SessionStop."""


class Conversation:
    """One protocol's five functions; holds nothing but its rules."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def received(self, payload_type: int, payload: bytes, turn: Turn) -> None:
        """Answer a request, hold it, or end the talk over a frame that is none."""
        rules = self._rules
        if turn.talk.held:
            self._give_up(turn, "request_while_held")
            return
        if payload_type != PayloadType.EXI:
            self._give_up(turn, "payload_type_unexpected", payload_type=payload_type)
            return
        try:
            message = exi.decode(payload, rules.schema)
        except exi.DecodeError as error:
            self._give_up(turn, "message_undecodable", error=str(error))
            return
        request = message.body.body_element if isinstance(message, rules.protocol.V2gMessage) else None
        if type(request) not in rules.requests:
            self._give_up(turn, "request_expected", message=type(request).__name__)
            return
        debugging.publish(turn, type(request).__name__, payload)
        turn.cancel(SEQUENCE)
        turn.change(held=payload, held_type=int(payload_type))
        self._respond(turn, request, self._answered(turn, message, request))

    def _answered(self, turn: Turn, message: Any, request: Any) -> Any:
        rules, codes = self._rules, self._rules.protocol.ResponseCode
        session, setup = turn.talk.session_id, rules.protocol.SessionSetupReq
        if session and message.header.session_id != session and not isinstance(request, setup):
            return codes.FAILED_UNKNOWN_SESSION  # [V2G2-460]
        allowed = rules.row(turn, type(request))
        if allowed is None:
            return codes.FAILED_SEQUENCE_ERROR  # [V2G2-459], [V2G2-538]
        if turn.station.error is EvseError.ERROR_EMERGENCY_SHUTDOWN and type(request) in rules.needs_energy:
            return codes.FAILED
        return allowed.handler(message if allowed.whole else request, turn)

    def _respond(self, turn: Turn, request: Any, found: Any) -> None:
        """Send an answer and go on, or end the talk over it; nothing where it has to wait."""
        if found is None:
            return
        rules, protocol = self._rules, self._rules.protocol
        turn.change(held=b"", held_type=0)
        if isinstance(found, bytes):
            payload, response = found, exi.decode(found, rules.schema).body.body_element
        else:
            failed = isinstance(found, protocol.ResponseCode)
            response = rules.answer(request, turn, found) if failed else found
            header = protocol.MessageHeader(session_id=turn.talk.session_id or bytes(8))
            message = protocol.V2gMessage(header=header, body=protocol.Body(body_element=response))
            payload = exi.encode(message, rules.schema)
        debugging.publish(turn, type(response).__name__, payload)
        turn.send(PayloadType.EXI, payload)
        code: str = response.response_code
        if code.startswith("FAILED"):
            self._fail(turn, request, code)
        elif turn.talk.phase == rules.ended:
            turn.close("session_stopped", after_s=CLOSE_AFTER_S)
        else:
            turn.start(SEQUENCE, SEQUENCE_S)

    def _fail(self, turn: Turn, request: Any, code: str) -> None:
        """End the talk over a failed response [V2G2-539]: no energy from now on, the connection closes."""
        phase = turn.talk.phase
        turn.note("response_failed", Level.WARNING, request=type(request).__name__, code=code, phase=phase)
        self._rules.cut(turn)
        at_once = turn.settings.terminate_connection_on_failed_response
        turn.close(code, failed=self._rules.broken_off(phase), after_s=0.0 if at_once else CLOSE_AFTER_S)

    def _give_up(self, turn: Turn, why: str, **facts: str | float) -> None:
        """End the talk without an answer."""
        phase = turn.talk.phase
        turn.note(why, Level.WARNING, phase=phase, **facts)
        self._rules.cut(turn)
        turn.close(why, failed=self._rules.broken_off(phase))

    def _resume(self, turn: Turn, cause: Cause) -> None:
        """Let the request that is held go on, if one is."""
        if turn.talk.held:
            request = exi.decode(turn.talk.held, self._rules.schema).body.body_element
            self._respond(turn, request, self._rules.resumes[type(request)](request, turn, cause))

    def told(self, command: Command, turn: Turn) -> None:
        """Only a request that is held reacts at once; all else is said with the next response."""
        self._resume(turn, Told(command=command))

    def answered(self, ask: str, reply: Reply, turn: Turn) -> None:
        """What a held request has waited for, perhaps; a module that failed is written down."""
        if isinstance(reply, Failure):
            turn.note("ask_failed", Level.WARNING, ask=ask, reason=reply.reason)
        self._resume(turn, Answered(ask=ask, reply=reply))

    def expired(self, timer: str, turn: Turn) -> None:
        """A car that is silent is given up; whatever else took too long is said with the next response."""
        if timer == SEQUENCE:
            self._give_up(turn, "sequence_timeout")
            return
        self._rules.late(turn, timer)
        self._resume(turn, Expired(timer=timer))

    def disconnected(self, turn: Turn) -> None:
        """Undo what is not undone, and tell what becomes of the data link."""
        rules, talk = self._rules, turn.talk
        rules.cut(turn)
        if not talk.closing:
            turn.note("talk_broken_off", Level.WARNING, phase=talk.phase)
            turn.publish(charger.HlcSessionFailed(reason=rules.broken_off(talk.phase)))
        turn.publish(DATA_LINK[rules.ending(turn)]())

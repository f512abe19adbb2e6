"""The core itself: one input and a state in, the next state and the effects out. Pure.

    step = decide(state, Received(payload_type=0x8001, payload=data), settings, now, secrets.token_bytes)
    step.state, step.effects

`decide` raises only where it has a defect, never for what a car or a command says. Given the same arguments
it decides the same; only `random` is not repeated, so the effects of an input are to be carried out from one
call only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from actors.v2g.secc import authorization, handshake, station
from actors.v2g.secc.din import dialogue as din
from actors.v2g.secc.exchange import (
    Answered,
    Connected,
    Disconnected,
    Effect,
    Expired,
    Heard,
    Input,
    Level,
    Received,
    Told,
)
from actors.v2g.secc.iso2 import dialogue as iso2
from actors.v2g.secc.iso20 import dialogue as iso20
from actors.v2g.secc.state import Dialect, State, Talk
from actors.v2g.secc.turn import Turn
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_vas
from protocols.message import changed
from protocols.types.evse_manager import HlcSessionFailedReasonEnum
from protocols.types.iso15118_vas import OfferedServices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from actors.v2g.secc.settings import Settings
    from protocols.message import Command, Reply


class Dialogue(Protocol):
    """What a protocol's `dialogue` module has. Each function works on a talk in its protocol."""

    def received(self, payload_type: int, payload: bytes, turn: Turn, /) -> None:
        """Answer a frame of the car, hold it until something else is known, or end the talk."""

    def told(self, command: Command, turn: Turn, /) -> None:
        """React to a command; `turn.station` and the verdict know of it already."""

    def answered(self, ask: str, reply: Reply, turn: Turn, /) -> None:
        """Go on with what waited for an answer."""

    def expired(self, timer: str, turn: Turn, /) -> None:
        """React to a timer that is not the authorization's (`turn` knows of that one already: react too)."""

    def disconnected(self, turn: Turn, /) -> None:
        """The car is gone: say what has to be undone, contactors above all. The talk is dropped after it."""


DIALOGUES: Final[Mapping[Dialect, Dialogue]] = {
    Dialect.DIN: din,
    Dialect.ISO2: iso2,
    Dialect.ISO20: iso20,
}


class Step(NamedTuple):
    """What came of one input."""

    state: State
    effects: tuple[Effect, ...]


def decide(
    state: State, given: Input, settings: Settings, now: datetime, random: Callable[[int], bytes]
) -> Step:
    """Work on one input. `now` is aware UTC; `random(n)` gives n unpredictable bytes."""
    turn = Turn(state, settings, now, random)
    match given:
        case Connected():
            _connected(given, turn)
        case Received():
            _received(given, turn)
        case Told():
            _told(given.command, turn)
        case Heard():
            _heard(given, turn)
        case Answered():
            if (dialogue := _dialogue(turn)) is not None:
                dialogue.answered(given.ask, given.reply, turn)
        case Expired():
            _expired(given.timer, turn)
        case _:  # Disconnected
            _disconnected(given, turn)
    return Step(turn.state, tuple(turn.effects))


def _dialogue(turn: Turn) -> Dialogue | None:
    talk = turn.state.talk
    return DIALOGUES[talk.dialect] if talk is not None and talk.dialect and not talk.closing else None


def _connected(given: Connected, turn: Turn) -> None:
    tls = given.tls
    talk = Talk(
        tls_version=tls.version if tls else None,
        tls_cipher=tls.cipher if tls else None,
        client_chain=tls.client_chain if tls else (),
    )
    turn.state = changed(turn.state, talk=talk)
    turn.start(handshake.TIMER, handshake.SETUP_TIMEOUT_S)


def _received(given: Received, turn: Turn) -> None:
    talk = turn.state.talk
    if talk is None or talk.closing:
        turn.note("frame_ignored", Level.DEBUG)
    elif talk.dialect is None:
        handshake.received(given.payload_type, given.payload, turn)
    else:
        DIALOGUES[talk.dialect].received(given.payload_type, given.payload, turn)


def _told(command: Command, turn: Turn) -> None:
    talk = turn.state.talk
    if isinstance(command, charger.SessionSetup):  # another car may be plugged in: nobody resumes its pause
        turn.state = changed(turn.state, paused=None)
        if talk is not None and talk.session_id:
            turn.change(stopped=turn.stopped)
    turn.state = changed(turn.state, station=station.applied(turn.station, command))
    if talk is None:
        if isinstance(command, charger.AuthorizationResponse) and not authorization.grants(command):
            turn.state = changed(turn.state, paused=None)
        return
    if isinstance(command, charger.AuthorizationResponse):
        authorization.decided(turn, command)
    if (dialogue := _dialogue(turn)) is not None:
        dialogue.told(command, turn)


def _heard(given: Heard, turn: Turn) -> None:
    if isinstance(given.variable, iso15118_vas.OfferedVas):
        offers = list(turn.station.value_added)
        offers += [OfferedServices(services=())] * (given.index + 1 - len(offers))
        offers[given.index] = given.variable.offered
        turn.tell_station(value_added=tuple(offers))


def _expired(timer: str, turn: Turn) -> None:
    talk = turn.state.talk
    if talk is None or talk.closing:
        return
    if timer == handshake.TIMER:
        turn.note("communication_setup_timeout", Level.WARNING)
        turn.close("communication_setup_timeout", failed=HlcSessionFailedReasonEnum.UNEXPECTED_SESSION_END)
        return
    if timer == authorization.TIMER:
        authorization.timed_out(turn)
    if (dialogue := _dialogue(turn)) is not None:
        dialogue.expired(timer, turn)


def _disconnected(given: Disconnected, turn: Turn) -> None:
    talk = turn.state.talk
    if talk is None:
        return
    if talk.dialect is not None:
        DIALOGUES[talk.dialect].disconnected(turn)
    turn.note("talk_ended", reason=given.reason)
    turn.state = changed(turn.state, talk=None)

"""SessionSetup and SessionStop. Pure.

Source: ISO 15118-2 8.4.3.2 and 8.4.3.12; rows M7.11 and M7.14.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from actors.v2g.secc import authorization, car, handshake
from actors.v2g.secc.ending import Ending
from actors.v2g.secc.iso2.answers import Answer, answer
from actors.v2g.secc.iso2.kept import keep
from actors.v2g.secc.iso2.phase import Phase
from actors.v2g.secc.iso2.power import cut
from actors.v2g.secc.iso2.talk import Iso2Talk
from actors.v2g.secc.state import Dialect, Paused
from protocols.iso15118 import iso2
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.identifiers import SessionId
from protocols.iso15118.iso2 import ResponseCode

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn


def handle_session_setup(message: iso2.V2gMessage, turn: Turn) -> Answer:
    """Give the talk its session id: that of the paused one for the car that paused it, else a fresh one."""
    request: Any = message.body.body_element
    turn.cancel(handshake.TIMER)
    authorization.reset(turn)
    turn.change(iso2=Iso2Talk(), phase=Phase.DISCOVERY.value)
    car.named(turn, request.evcc_id)
    paused = turn.state.paused
    joined = _is_joined(message.header.session_id, paused, turn)
    if joined is None:
        unlike = SessionId(paused.session_id) if paused is not None else None
        code, session = ResponseCode.OK_NEW_SESSION_ESTABLISHED, SessionId.fresh(turn.random, unlike=unlike)
    else:
        code, session = ResponseCode.OK_OLD_SESSION_JOINED, joined
    turn.state = dataclasses.replace(turn.state, paused=None)
    turn.change(session_id=session.raw)
    turn.note("session_set_up", resumed=joined is not None)
    return answer(request, turn, code, evse_time_stamp=UnixTime.of(turn.now))


def _is_joined(wanted: bytes, paused: Paused | None, turn: Turn) -> SessionId | None:
    """The session that the car may join again: it knows the id, and it is the same car [V2G2-741]."""
    session = SessionId.requested(wanted)
    if session is None or paused is None or paused.dialect is not Dialect.ISO2:
        return None
    same = session.raw == paused.session_id and turn.talk.evcc_id == paused.evcc_id
    return session if same else None


def handle_session_stop(request: iso2.SessionStopReq, turn: Turn) -> Answer:
    """End the talk, or pause it; whatever still flows is stopped."""
    cut(turn)
    talk = turn.talk
    if request.charging_session is iso2.ChargingSession.PAUSE:
        paused = Paused(
            session_id=talk.session_id,
            dialect=Dialect.ISO2,
            energy_mode=talk.energy_mode,
            option=talk.authorization.option,
            evcc_id=talk.evcc_id,
            paused_at=turn.now,
        )
        turn.state = dataclasses.replace(turn.state, paused=paused)
        keep(turn, ending=Ending.PAUSE)
    else:
        keep(turn, ending=Ending.TERMINATE)
    turn.change(phase=Phase.ENDED.value)
    return answer(request, turn)

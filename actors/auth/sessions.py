"""What EVSEs report: session events (M2.18, M2.19) and, to catch up with, how they are. Pure."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.auth import grants
from actors.auth.availability import same
from actors.auth.connectors import STATES, Happening, after
from actors.auth.entries import ErrandKind, Leaving, Outlet
from actors.auth.inputs import Presented
from actors.auth.presenting import presented
from actors.auth.reservations import making
from actors.auth.reservations.book import FOR_ALL
from actors.evse.messages import Phase
from protocols.types.authorization import AuthorizationType
from protocols.types.evse_manager import SessionEventEnum as Event
from protocols.types.evse_manager import StartSessionReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.auth.entries import Evse
    from actors.auth.inputs import ConditionSaid, EvseKnown, SessionNews
    from actors.auth.turn import Turn
    from actors.evse.messages import EvseCondition
    from protocols.types.authorization import ProvidedIdToken
    from protocols.types.evse_manager import SessionEvent

OF_THE_CAR: Final = frozenset({AuthorizationType.PLUG_AND_CHARGE, AuthorizationType.AUTOCHARGE})
"""Tokens that the car itself has shown: they are no good for the next car."""


def known(turn: Turn, given: EvseKnown) -> None:
    """An EVSE's manager has said which connectors it has."""
    evse = turn.state.evses.get(given.evse.id)
    if evse is None:
        return
    before = {each.connector_id: each for each in evse.outlets}
    outlets = tuple(
        dataclasses.replace(before.get(each.id, Outlet(connector_id=each.id)), type=each.type)
        for each in given.evse.connectors
    )
    if outlets != evse.outlets:
        turn.change_evse(evse.evse_id, outlets=outlets)
    if (condition := turn.live(evse.evse_id).condition) is not None:
        _outlets(turn, condition)


# -- events ------------------------------------------------------------------------------------------------


def _connector(event: SessionEvent) -> int:
    return 1 if event.connector_id is None else event.connector_id


def _happened(turn: Turn, evse_id: int, event: SessionEvent, what: Happening) -> None:
    """Connector 0 is all of them; an unknown one is nobody."""
    which = _connector(event)
    outlets = tuple(
        dataclasses.replace(each, state=after(each.state, what)) if which in (0, each.connector_id) else each
        for each in turn.evse(evse_id).outlets
    )
    turn.change_evse(evse_id, outlets=outlets)


def _enabled(turn: Turn, evse_id: int, event: SessionEvent) -> None:
    _happened(turn, evse_id, event, Happening.ENABLED)


def _disabled(turn: Turn, evse_id: int, event: SessionEvent) -> None:
    _happened(turn, evse_id, event, Happening.DISABLED)


def _session_started(turn: Turn, evse_id: int, event: SessionEvent) -> None:
    details = event.session_started
    evse = turn.change_evse(evse_id, session_id=event.uuid)
    if details is not None and details.reason is StartSessionReason.EV_CONNECTED and evse.plugged_at is None:
        turn.change_evse(evse_id, plugged_at=event.timestamp)
        grants.watch_car(turn, evse_id)


def _resumed(turn: Turn, evse_id: int, event: SessionEvent) -> None:
    turn.change_evse(evse_id, session_id=event.uuid)


def _transaction_started(turn: Turn, evse_id: int, event: SessionEvent) -> None:
    turn.change_evse(evse_id, session_id=event.uuid)
    _happened(turn, evse_id, event, Happening.TRANSACTION_STARTED)
    if event.transaction_started is not None:
        grants.used(turn, evse_id, event.transaction_started.id_tag)


def _is_of_another(turn: Turn, evse_id: int, event: SessionEvent) -> bool:
    """Whether an event ends a session that is not the one of now: said again by a manager that had died."""
    now = turn.evse(evse_id).session_id
    return bool(now) and event.uuid != now


def _transaction_finished(turn: Turn, evse_id: int, event: SessionEvent) -> None:
    if not _is_of_another(turn, evse_id, event):
        grants.freed(turn, evse_id)


def _session_finished(turn: Turn, evse_id: int, event: SessionEvent) -> None:
    if _is_of_another(turn, evse_id, event):
        return
    _happened(turn, evse_id, event, Happening.SESSION_FINISHED)
    _gone(turn, evse_id)


def _gone(turn: Turn, evse_id: int) -> None:
    """The car is gone and the session over."""
    grants.freed(turn, evse_id)
    evse = turn.change_evse(evse_id, session_id="", plugged_at=None, plug_in_timeout=False)
    if evse.held == FOR_ALL and not _reserving(evse):  # perhaps it would not be while the car was there
        evse = making.hold_for_all(turn, evse_id)
    holder = evse.holder
    if holder is None:
        turn.cancel(f"evse {evse_id}")
    elif not any(each.kind is ErrandKind.AUTHORIZE for each in evse.errands):
        grants.left(turn, evse_id, holder.request)
    elif holder.token.authorization_type in OF_THE_CAR:
        grants.take_back(turn, evse_id, Leaving.WITHDRAWN)


def _deauthorized(turn: Turn, evse_id: int, _event: SessionEvent) -> None:
    evse = turn.evse(evse_id)
    told = any(each.kind in (ErrandKind.AUTHORIZE, ErrandKind.WITHDRAW) for each in evse.errands)
    if evse.holder is not None and not told:
        grants.left(turn, evse_id, evse.holder.request)


def _reservation_ended(turn: Turn, evse_id: int, _event: SessionEvent) -> None:
    """The manager has let a reservation go by itself; whether it takes it again is seen when it is asked."""
    if not _reserving(turn.evse(evse_id)):
        turn.change_evse(evse_id, held=None)


def _reserving(evse: Evse) -> bool:
    """Whether its manager is still to hold it for somebody, or to let it go."""
    return any(each.kind in (ErrandKind.RESERVE, ErrandKind.RELEASE) for each in evse.errands)


EVENTS: Final[Mapping[Event, Callable[[Turn, int, SessionEvent], None]]] = MappingProxyType(
    {
        Event.ENABLED: _enabled,
        Event.DISABLED: _disabled,
        Event.SESSION_STARTED: _session_started,
        Event.SESSION_RESUMED: _resumed,
        Event.TRANSACTION_STARTED: _transaction_started,
        Event.TRANSACTION_FINISHED: _transaction_finished,
        Event.SESSION_FINISHED: _session_finished,
        Event.DEAUTHORIZED: _deauthorized,
        Event.RESERVATION_END: _reservation_ended,
    }
)
"""Events that are absent say nothing to authorization."""


def reported(turn: Turn, given: SessionNews) -> None:
    """A session event."""
    handle = EVENTS.get(given.event.event)
    if handle is not None and given.evse_id in turn.state.evses:
        handle(turn, given.evse_id, given.event)


# -- conditions --------------------------------------------------------------------------------------------


def said(turn: Turn, given: ConditionSaid) -> None:
    """How an EVSE is; after everything that was heard before it, this changes nothing."""
    now = given.condition
    if now.evse_id not in turn.state.evses:
        return
    before = turn.live(now.evse_id).condition
    turn.change_live(now.evse_id, condition=now, failures=0)
    if turn.evse(now.evse_id).grants_taken != now.grants_taken:
        turn.change_evse(now.evse_id, grants_taken=now.grants_taken)
    _outlets(turn, now)
    _session(turn, now)
    _held(turn, now)
    shown, known = now.presented, before.presented if before is not None else None
    if shown is not None and shown != known and not _is_answered(turn, now.evse_id, shown):
        presented(turn, Presented(shown))  # known already, but where the token itself was lost


def _is_answered(turn: Turn, evse_id: int, token: ProvidedIdToken) -> bool:
    """Whether an answer is on its way that the EVSE has not got yet."""
    answers = (each.token for each in turn.evse(evse_id).errands)
    return any(each is not None and same(each.id_token, token.id_token) for each in answers)


def _outlets(turn: Turn, now: EvseCondition) -> None:
    told = {each.connector_id: each for each in now.connectors}
    in_use = now.phase in (Phase.TRANSACTION, Phase.OVER)
    evse = turn.evse(now.evse_id)
    outlets = tuple(
        dataclasses.replace(
            each,
            state=STATES[
                told[each.connector_id].enabled,
                told[each.connector_id].faulted,
                in_use and now.connector_id in (None, each.connector_id),
            ],
        )
        if each.connector_id in told
        else each
        for each in evse.outlets
    )
    if outlets != evse.outlets:
        turn.change_evse(now.evse_id, outlets=outlets)


def _session(turn: Turn, now: EvseCondition) -> None:
    evse_id, evse = now.evse_id, turn.evse(now.evse_id)
    if now.session_id != evse.session_id and evse.session_id:
        _gone(turn, evse_id)
    if now.session_id and now.session_id != turn.evse(evse_id).session_id:
        turn.change_evse(evse_id, session_id=now.session_id)
    if now.plugged_in and turn.evse(evse_id).plugged_at is None and now.phase is Phase.SESSION:
        turn.change_evse(evse_id, plugged_at=now.plugged_in_at or turn.now)
        grants.watch_car(turn, evse_id)
    if now.phase is Phase.TRANSACTION and now.token is not None:
        grants.used(turn, evse_id, now.token)
    if now.phase is not Phase.TRANSACTION:
        grants.freed(turn, evse_id)
    grants.check(turn, evse_id)


def _held(turn: Turn, now: EvseCondition) -> None:
    """A manager that has forgotten what it is to be held for is told again."""
    evse = turn.evse(now.evse_id)
    if now.phase is Phase.IDLE and not _reserving(evse) and now.reservation_id != evse.held:
        turn.change_evse(now.evse_id, held=now.reservation_id)

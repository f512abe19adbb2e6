"""EVSEs whose manager is a program from outside (docs/gateway-roles.md), as far as that can be known.

Such a manager speaks EVerest's interface and no `EvseCondition`. How its EVSE is follows from its `ready`,
its session events and the errors that stand; it has one connector. Where its session has come to is durable
in `Standing`, whether it is in service here; that it is there at all a successor learns when it asks who it
is. Whether its plug is held nobody says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from actors.evse.messages import EvseCondition, OutletCondition, Phase
from actors.ocpp.blocks.transaction_entries import standing
from protocols import errors
from protocols.message import message
from protocols.types.evse_manager import SessionEventEnum

if TYPE_CHECKING:
    from actors.errors.messages import StandingErrors
    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.interfaces import evse_manager

CONNECTOR: Final = 1
SERVICE: Final = {SessionEventEnum.ENABLED: True, SessionEventEnum.DISABLED: False}
INOPERATIVE: Final = errors.EvseManager.INOPERATIVE.value


@message
class OutOfService:
    """The manager has said that its EVSE is disabled, and not yet that it is enabled again."""

    evse_id: int

    @property
    def key(self) -> str:
        """By its EVSE."""
        return str(self.evse_id)


@dataclass(slots=True)
class Outside:
    """What is known in this life alone."""

    there: set[int] = field(default_factory=set)
    """EVSEs whose managers have said something."""
    inoperative: frozenset[int] = frozenset()
    """EVSEs that an error keeps from charging."""
    news: set[int] = field(default_factory=set)
    """EVSEs that may have another condition than they had."""


def condition(turn: Turn, evse_id: int) -> EvseCondition | None:
    """How such an EVSE is; None: its manager has not said a word yet."""
    part = turn.live.of(Outside)
    if evse_id not in part.there:
        return None
    now = standing(turn, evse_id)
    phase = Phase.IDLE
    if now.session_id:
        phase = Phase.TRANSACTION if now.plugged and now.token is not None else Phase.SESSION
    outlet = OutletCondition(
        connector_id=CONNECTOR,
        enabled=turn.get(OutOfService, str(evse_id)) is None,
        faulted=evse_id in part.inoperative,
    )
    return EvseCondition(
        evse_id=evse_id,
        phase=phase,
        session_id=now.session_id,
        connector_id=CONNECTOR if now.session_id else None,
        plugged_in=now.plugged,
        token=now.token,
        connectors=(outlet,),
    )


def heard(turn: Turn, evse_id: int) -> bool:
    """The manager of an EVSE has said or answered something; whether it is one from outside."""
    outside = evse_id in turn.settings.outside
    if outside:
        part = turn.live.of(Outside)
        part.there.add(evse_id)
        part.news.add(evse_id)
    return outside


def taken(turn: Turn) -> set[int]:
    """The EVSEs of which something was heard since this was asked last."""
    part = turn.live.of(Outside)
    news, part.news = part.news, set()
    return news


def ready(turn: Turn, peer: Peer, _news: evse_manager.Ready | evse_manager.WaitingForExternalReady) -> None:
    """It has begun."""
    heard(turn, peer.number)


def session_event(turn: Turn, peer: Peer, news: evse_manager.SessionEvent) -> None:
    """Its session goes on, which `transactions` keeps, or it goes in or out of service."""
    if not heard(turn, peer.number) or (serves := SERVICE.get(news.event.event)) is None:
        return
    if serves:
        turn.drop(OutOfService, str(peer.number))
    else:
        turn.put(OutOfService(evse_id=peer.number))


def standing_errors(turn: Turn, _peer: Peer, news: StandingErrors) -> None:
    """Which errors of the site stand."""
    part = turn.live.of(Outside)
    found = {each.evse or 0 for each in news.errors if each.error.type == INOPERATIVE}
    part.news |= turn.settings.outside & (found ^ part.inoperative)
    part.inoperative = frozenset(found)

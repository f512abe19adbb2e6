"""UnlockConnector with what really comes of it (F05; rows S9.5, M6.15, M9.9).

The EVSE manager says at once whether it will try. What comes of it stands in its condition and in the errors
of the lock; since either may come first, and a lock that fails is not held to be locked, both are waited for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import UnlockStatusEnumType as Status

from actors.errors.messages import ErrorCleared, ErrorRaised
from actors.evse.messages import EvseCondition, Phase
from actors.ocpp.block import Block
from actors.ocpp.blocks import transactions
from actors.ocpp.blocks.evse_conditions import condition_of
from actors.ocpp.blocks.transaction_entries import standing
from actors.ocpp.inputs import Target
from protocols import errors
from protocols.interfaces import evse_manager

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.errors.messages import Standing
    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

PATIENCE_S: Final = 8.0
"""So long a lock may take; it is driven again after 5 s when it has not moved."""
SETTLE_S: Final = 0.5
"""So long an error may come behind a condition that belongs to it."""
LOCK_ERRORS: Final = frozenset(
    each.value
    for each in errors.ConnectorLock
    if each not in {errors.ConnectorLock.VENDOR_WARNING, errors.ConnectorLock.CONNECTOR_LOCK_FAILED_LOCK}
)
"""Errors with which a plug cannot be trusted to be free."""


class Outlet(NamedTuple):
    """One connector of the site."""

    evse_id: int
    connector_id: int


@dataclass(slots=True)
class Unlocking:
    """What is under way in this life; the CSMS's request comes again to a successor."""

    tags: dict[Outlet, int] = field(default_factory=dict)
    """Who is to be answered."""
    failing: dict[str, Outlet] = field(default_factory=dict)
    """Errors of locks that stand, by their uuid; connector 0 stands for any of the EVSE."""


def _unlock(turn: Turn, tag: int, request: call.UnlockConnector) -> None:
    outlet = Outlet(request.evse_id, request.connector_id)
    if not 1 <= outlet.connector_id <= turn.settings.evses.get(outlet.evse_id, 0):  # F05.FR.03
        _answer(turn, tag, Status.unknown_connector)
    elif _in_use(turn, outlet):  # F05.FR.02
        _answer(turn, tag, Status.ongoing_authorized_transaction)
    else:
        turn.live.of(Unlocking).tags[outlet] = tag
        command = evse_manager.ForceUnlock(connector_id=outlet.connector_id)
        turn.ask(Target.EVSE_MANAGER, command, "unlock.forced", number=outlet.evse_id, outlet=outlet)


def _in_use(turn: Turn, outlet: Outlet) -> bool:
    """Whether somebody charges there who was authorized: it is theirs to end."""
    now, condition = standing(turn, outlet.evse_id), condition_of(turn, outlet.evse_id)
    if now.connector_id not in {None, outlet.connector_id}:
        return False
    told = transactions.running(turn, outlet.evse_id) is not None and now.token is not None
    return told or (condition is not None and condition.phase is Phase.TRANSACTION)


def _forced(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    outlet: Outlet = context["outlet"]
    if not isinstance(reply, evse_manager.ForceUnlockReply):
        _settle(turn, outlet, Status.unlock_failed, "the EVSE could not be asked")
    elif not reply.accepted:  # M6.15
        _settle(turn, outlet, Status.unlock_failed, "the connector has no lock")
    elif _fails(turn, outlet):
        _settle(turn, outlet, Status.unlock_failed, "the lock has an error")
    else:
        _await(turn, outlet, SETTLE_S if _locked(turn, outlet) is False else PATIENCE_S)


def _await(turn: Turn, outlet: Outlet, seconds: float) -> None:
    turn.start(f"unlock {outlet.evse_id} {outlet.connector_id}", seconds)


def _locked(turn: Turn, outlet: Outlet) -> bool | None:
    condition = condition_of(turn, outlet.evse_id)
    connectors = () if condition is None else condition.connectors
    return next((each.locked for each in connectors if each.connector_id == outlet.connector_id), None)


def _fails(turn: Turn, outlet: Outlet) -> bool:
    places = {outlet, Outlet(outlet.evse_id, 0)}
    return any(each in places for each in turn.live.of(Unlocking).failing.values())


def _late(turn: Turn, rest: str) -> None:
    outlet = Outlet(*map(int, rest.split()))
    if _locked(turn, outlet) is False:
        _settle(turn, outlet, Status.unlocked)
    else:
        _settle(turn, outlet, Status.unlock_failed, "the plug was not seen to be free")


def _settle(turn: Turn, outlet: Outlet, status: Status, why: str = "") -> None:
    tag = turn.live.of(Unlocking).tags.pop(outlet, None)
    turn.cancel(f"unlock {outlet.evse_id} {outlet.connector_id}")
    if tag is not None:
        _answer(turn, tag, status, why)


def _answer(turn: Turn, tag: int, status: Status, why: str = "") -> None:
    info = datatypes.StatusInfoType(reason_code="InternalError", additional_info=why) if why else None
    turn.respond(tag, call_result.UnlockConnector(status, status_info=info))


# -- news ----------------------------------------------------------------------------------------------------


def _condition(turn: Turn, peer: Peer, _news: EvseCondition) -> None:
    for outlet in list(turn.live.of(Unlocking).tags):
        if outlet.evse_id == peer.number and _locked(turn, outlet) is False:
            _await(turn, outlet, SETTLE_S)


def _raised(turn: Turn, _peer: Peer, news: ErrorRaised) -> None:
    standing_: Standing = news.standing
    if standing_.error.type not in LOCK_ERRORS or not standing_.evse:
        return
    part = turn.live.of(Unlocking)
    part.failing[standing_.error.uuid] = Outlet(standing_.evse, standing_.connector or 0)
    for outlet in list(part.tags):
        if _fails(turn, outlet):
            _settle(turn, outlet, Status.unlock_failed, "the lock has an error")


def _cleared(turn: Turn, _peer: Peer, news: ErrorCleared) -> None:
    turn.live.of(Unlocking).failing.pop(news.standing.error.uuid, None)


BLOCK: Final = Block(
    name="unlock",
    requests={call.UnlockConnector: _unlock},
    news={EvseCondition: _condition, ErrorRaised: _raised, ErrorCleared: _cleared},
    replies={"unlock.forced": _forced},
    timers={"unlock": _late},
)

"""UnlockConnector with what really comes of it (F05; rows S9.5, M6.15, M9.9).

The EVSE manager says at once whether it will try. What comes of it stands in its condition and in the errors
of the lock; since either may come first, and a lock that fails is not held to be locked, both are waited for.
An EVSE that becomes faulty over it counts as an error of a lock that the site file assigns to no EVSE.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import UnlockStatusEnumType as Status

from actors.errors.messages import StandingErrors
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

    from actors.evse.messages import OutletCondition
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
    faulted: set[Outlet] = field(default_factory=set)
    """Which of them were faulty before."""
    failing: frozenset[Outlet] = frozenset()
    """Where an error of a lock stands; connector 0 stands for any of the EVSE."""


def _unlock(turn: Turn, tag: int, request: call.UnlockConnector) -> None:
    outlet = Outlet(request.evse_id, request.connector_id)
    if not 1 <= outlet.connector_id <= turn.settings.evses.get(outlet.evse_id, 0):  # F05.FR.03
        _answer(turn, tag, Status.unknown_connector)
    elif _in_use(turn, outlet):  # F05.FR.02
        _answer(turn, tag, Status.ongoing_authorized_transaction)
    else:
        part = turn.live.of(Unlocking)
        part.tags[outlet] = tag
        (part.faulted.add if _faulted(turn, outlet) else part.faulted.discard)(outlet)
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


def _told(turn: Turn, outlet: Outlet) -> OutletCondition | None:
    condition = condition_of(turn, outlet.evse_id)
    connectors = () if condition is None else condition.connectors
    return next((each for each in connectors if each.connector_id == outlet.connector_id), None)


def _locked(turn: Turn, outlet: Outlet) -> bool | None:
    if outlet.evse_id in turn.settings.outside:
        return False  # it has said yes, and nobody will say more
    told = _told(turn, outlet)
    return None if told is None else told.locked


def _faulted(turn: Turn, outlet: Outlet) -> bool:
    told = _told(turn, outlet)
    return told is not None and told.faulted


def _fails(turn: Turn, outlet: Outlet) -> bool:
    return not turn.live.of(Unlocking).failing.isdisjoint({outlet, Outlet(outlet.evse_id, 0)})


def _late(turn: Turn, rest: str) -> None:
    outlet = Outlet(*map(int, rest.split()))
    broken = _faulted(turn, outlet) and outlet not in turn.live.of(Unlocking).faulted
    if _locked(turn, outlet) is False and not broken:
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


def _errors(turn: Turn, _peer: Peer, news: StandingErrors) -> None:
    part = turn.live.of(Unlocking)
    part.failing = frozenset(
        Outlet(each.evse, each.connector or 0)
        for each in news.errors
        if each.evse and each.error.type in LOCK_ERRORS
    )
    for outlet in list(part.tags):
        if _fails(turn, outlet):
            _settle(turn, outlet, Status.unlock_failed, "the lock has an error")


BLOCK: Final = Block(
    name="unlock",
    requests={call.UnlockConnector: _unlock},
    news={EvseCondition: _condition, StandingErrors: _errors},
    replies={"unlock.forced": _forced},
    timers={"unlock": _late},
)

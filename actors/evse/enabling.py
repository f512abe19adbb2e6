"""In service or not: the command `enable_disable` and what it says (rows M6.4, S9.6 to S9.8). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.evse import enable_disable
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.evse_manager import SessionEventEnum

if TYPE_CHECKING:
    from actors.evse.turn import Turn


def in_service(turn: Turn, connector: int) -> bool:
    """Whether a connector is wanted in service, by itself and as a part of the EVSE."""
    record = turn.record
    own = dict(record.connector_sources).get(connector, ())
    return enable_disable.enabled(record.sources) and enable_disable.enabled(own)


def any_in_service(turn: Turn) -> bool:
    """Whether the EVSE is wanted in service, and one of its connectors too."""
    return any(in_service(turn, each) for each in turn.facts.outlets or (1,))


def handle_enable_disable(
    command: evse_manager.EnableDisable, turn: Turn
) -> evse_manager.EnableDisableReply | Failure:
    """One source says what it wants; the reply tells what holds now, which may be something else."""
    number = command.connector_id
    if number != 0 and number not in turn.facts.outlets:
        detail = f"there is no connector {number}; 0 is the whole EVSE"
        return Failure(reason=FailureReason.INVALID, detail=detail)
    record = turn.record
    if number == 0:
        before = record.sources
        after = enable_disable.told(before, command.cmd_source)
        turn.remember(sources=after)
    else:
        every = dict(record.connector_sources)
        before = every.get(number, ())
        after = every[number] = enable_disable.told(before, command.cmd_source)
        turn.remember(connector_sources=tuple(sorted(every.items())))
    holds = enable_disable.enabled(after)
    if holds != enable_disable.enabled(before):
        kind = SessionEventEnum.ENABLED if holds else SessionEventEnum.DISABLED
        turn.event(kind, connector=number or None, source=enable_disable.winner(after))
        if not holds and number == 0 and record.reservation_id is not None:
            turn.event(SessionEventEnum.RESERVATION_END)
            turn.remember(reservation_id=None)
    return evse_manager.EnableDisableReply(enabled=holds)

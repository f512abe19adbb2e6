"""Reservations of this EVSE (row M4.10). Pure. Who it is reserved for is the business of authorization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.evse import enabling, faults, power
from actors.evse.record import State
from protocols.interfaces import evse_manager
from protocols.message import Reply
from protocols.types.evse_manager import SessionEventEnum

if TYPE_CHECKING:
    from actors.evse.turn import Turn


def handle_reserve(command: evse_manager.Reserve, turn: Turn) -> evse_manager.ReserveReply:
    """Hold the EVSE; refused unless it is free, in service and sound, or held under that very id already."""
    held = turn.record.reservation_id
    free = (
        turn.state is State.IDLE
        and turn.session is None
        and enabling.any_in_service(turn)
        and power.shutdown(turn) is faults.Shutdown.NONE
    )
    if not free or held not in {None, command.reservation_id}:
        return evse_manager.ReserveReply(accepted=False)
    if held is None:
        turn.remember(reservation_id=command.reservation_id)
        turn.event(SessionEventEnum.RESERVATION_START)
    return evse_manager.ReserveReply(accepted=True)


def handle_cancel_reservation(_command: evse_manager.CancelReservation, turn: Turn) -> Reply:
    """Let it go again."""
    if turn.record.reservation_id is not None:
        turn.event(SessionEventEnum.RESERVATION_END)
        turn.remember(reservation_id=None)
    return Reply()

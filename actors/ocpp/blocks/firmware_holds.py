"""EVSEs that are out of service for a firmware update: nobody charges while it is installed (S12.4, S12.5).

An EVSE counts as closed when its manager has confirmed that it is out of service, which somebody of more
weight may not let it be; one whose manager cannot be reached for `AWAY_S` serves nobody either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from actors.ocpp.blocks.evse_holds import EvseHold, EvseHolds
from protocols.interfaces import evse_manager
from protocols.message import Timestamp, message
from protocols.types.evse_manager import EnableSource

if TYPE_CHECKING:
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

AWAY_S: Final = 60.0


@message
class FirmwareHold(EvseHold):
    """An EVSE that is kept out of service for an update, or is to be put back."""

    wanted_at: Timestamp
    closed: bool = False
    """It is out of service."""


class FirmwareHolds(EvseHolds[FirmwareHold]):
    """Those of the update."""

    def closed(self, turn: Turn, evse_id: int) -> bool:
        """Whether an EVSE that is held is out of service."""
        given = turn.get(FirmwareHold, str(evse_id))
        return given is not None and given.closed and not given.over

    def _new(self, turn: Turn, evse_id: int) -> FirmwareHold:
        return FirmwareHold(evse_id=evse_id, wanted_at=turn.now)

    def _lasts(self, given: FirmwareHold) -> bool:
        return given.closed

    def _taken(self, turn: Turn, given: FirmwareHold, reply: Reply) -> FirmwareHold | None:
        heard = isinstance(reply, evse_manager.EnableDisableReply)
        if given.over:
            return given if heard else None
        is_out = (
            not reply.enabled if isinstance(reply, evse_manager.EnableDisableReply) else _is_away(turn, given)
        )
        if not is_out:
            return None
        turn.note("evse_closed_for_firmware", evse=given.evse_id, warning=not heard)
        return replace(given, closed=True)


def _is_away(turn: Turn, given: FirmwareHold) -> bool:
    return (turn.now - given.wanted_at).total_seconds() > AWAY_S


HOLDS: Final = FirmwareHolds(
    FirmwareHold, EnableSource.FIRMWARE_UPDATE, purpose="firmware.held", timer="firmware_hold"
)

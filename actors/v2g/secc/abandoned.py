"""What is said of a talk whose end no session could decide on: a defect's last way out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.interfaces import iso15118_charger as charger
from protocols.types.evse_manager import HlcSessionFailedReasonEnum

if TYPE_CHECKING:
    from actors.v2g.secc.state import Talk
    from protocols.message import Var


def abandoned(talk: Talk) -> tuple[Var, ...]:
    """The variables that part the car, whatever state it was in; opening a contactor twice does no harm."""
    found: list[Var] = []
    if not talk.closing:
        failed = HlcSessionFailedReasonEnum.UNEXPECTED_SESSION_END
        found.append(charger.HlcSessionFailed(reason=failed))
    if talk.loop_started:
        found.append(charger.CurrentDemandFinished())
    if talk.energy_mode is not None:
        direct = talk.energy_mode.startswith("DC")
        found.append(charger.DcOpenContactor() if direct else charger.AcOpenContactor())
    return (*found, charger.DlinkError())

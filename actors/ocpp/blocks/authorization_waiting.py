"""What a token waits for before it is judged, and for how long: it may be about to be judged better. Pure.

Two words decide how a station stands: the CSMS's about its boot, and the link's about a connection. A token
that comes before them waits, for a site that has just started would turn its users away, and a charge point
that has just been replaced those that its predecessor would have charged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.ocpp.blocks import boot
from actors.ocpp.blocks.authorization_rules import barred
from actors.ocpp.messages import Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn

BOOT_S: Final = 15.0
"""So long a token waits for the CSMS's first word about the boot, while nobody has accepted the station."""
LINK_S: Final = 5.0
"""So long after its start a charge point waits for what becomes of the link's first attempt."""
BUSY_S: Final = 0.25
"""Then a question is put again that the link could not take, because a predecessor's call is open there."""


@dataclass(slots=True)
class Heard:
    """What the link has said in this life."""

    connection: bool = False
    """Whether there is one, or why there is none."""


def link_said(turn: Turn) -> None:
    """The link has said how it is; while it has not tried yet, that means nothing."""
    link = turn.live.link
    if link is not None and (link.connection or link.trouble is not None):
        turn.live.of(Heard).connection = True


def left_s(turn: Turn, since: datetime) -> float:
    """How long a token that was presented then may still wait; 0 or less: it is to be judged now.

    The clock may be turned meanwhile: then nobody waits for what it says.
    """
    if barred(turn):
        return BOOT_S - abs((turn.now - since).total_seconds()) if boot.undecided(turn) else 0.0
    if turn.live.stopped or turn.live.of(Heard).connection:
        return 0.0
    return LINK_S - abs((turn.now - turn.settings.started_at).total_seconds())


def is_busy(turn: Turn, reply: CallReply) -> bool:
    """Whether a question came to nothing although there is a connection."""
    return reply.outcome is Outcome.NOT_SENT and turn.live.online

"""How long an AC car may take to begin, and what then (row M6.24). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.evse.exchange import Timer
from actors.evse.record import Detour

if TYPE_CHECKING:
    from actors.evse.turn import Turn

FALL_BACK_S: Final = 10.0
"""So long a contract's charging loop may take to begin before AC falls back to the duty cycle."""
WAKE_UP_S: Final = 30.0
"""So long an AC car may leave an offer untouched before it is woken."""
DETOUR_S: Final = 60.0
"""So long a car that is authorized may take to tell its state of charge: matching, TLS and all."""


def watch_start(turn: Turn) -> None:
    """A car that does not begin to charge is woken, or offered the duty cycle instead."""
    session = turn.session
    if not turn.settings.hlc or (session is not None and session.basic):
        turn.start(Timer.WAKE_UP, WAKE_UP_S)
    elif session is not None and session.detour is Detour.READING:
        turn.start(Timer.FALL_BACK, DETOUR_S)
    else:
        turn.start(Timer.FALL_BACK, FALL_BACK_S)

"""Says, once each time, that the charging loop begins and ends; common to all protocols. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.interfaces import iso15118_charger as charger

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn


def begin(turn: Turn) -> None:
    """Energy flows from now on."""
    if not turn.talk.loop_started:
        turn.change(loop_started=True)
        turn.publish(charger.CurrentDemandStarted())


def end(turn: Turn) -> None:
    """It flows no more; nothing where it has not begun."""
    if turn.talk.loop_started:
        turn.change(loop_started=False)
        turn.publish(charger.CurrentDemandFinished())

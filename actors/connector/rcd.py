"""The residual current device: closed again and tested when it has tripped and nobody is connected. Pure."""

from __future__ import annotations

from typing import Final

from actors.connector.exchange import Answered, Device
from actors.connector.state import Phase, RcdState, Turn
from protocols.interfaces.ac_rcd import Reset, ResetReply, SelfTest

RETRY_S: Final = 60.0
TRIES: Final = 3
"""Then somebody has to look at it."""


def step(turn: Turn) -> None:
    """Try to close it again, a few times."""
    rcd, facts = turn.state.rcd, turn.state.facts
    if not turn.settings.has_rcd:
        return
    if Device.RCD not in facts.ailing:
        if rcd.tries:
            turn.set(rcd=RcdState())
        return
    idle = turn.state.switch.phase is Phase.OPEN and not facts.plugged_in
    if idle and rcd.tries < TRIES and (not rcd.tries or turn.over(rcd.tried_s, RETRY_S)):
        turn.set(rcd=RcdState(rcd.tries + 1, turn.now_s))
        turn.do(Device.RCD, Reset())


def answered(turn: Turn, given: Answered) -> None:
    """One that is closed again is tested before it guards anybody."""
    if isinstance(given.reply, ResetReply) and given.reply.reset:
        turn.do(Device.RCD, SelfTest())

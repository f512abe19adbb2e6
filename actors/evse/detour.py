"""The detour of an AC car through a talk about DC, to learn its state of charge (`ac_with_soc`, M5.4). Pure.

In ISO 15118-2 and DIN 70121 only DC cars tell it. So the car is offered DC, and pulled out of that talk by
state E as soon as it has told it, with its parameters and before any cable check; then it is offered AC. A
car that does not go along, tells nothing, or takes longer than `patience.DETOUR_S`, is offered AC without. No
power flows meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.connector.messages import Sequence
from actors.evse import introduction, patience, sessions
from actors.evse.exchange import Timer
from actors.evse.record import Detour, State
from protocols.interfaces import slac

if TYPE_CHECKING:
    from actors.evse.turn import Turn


def stage(turn: Turn) -> Detour:
    """How far the session's car is on it."""
    return turn.session.detour if turn.session is not None else Detour.NONE


def begin(turn: Turn) -> None:
    """A car was plugged in: it is offered DC first, where that is configured."""
    if turn.settings.ac_with_soc and turn.settings.hlc and not turn.settings.dc:
        turn.change(detour=Detour.READING)
        introduction.tell_detour(turn)


def leave(turn: Turn, reason: str) -> None:
    """Pull the car out of its talk; while the pilot does that, nothing the car says counts."""
    turn.note("detour_ends", reason=reason)
    turn.change(detour=Detour.LEAVING)
    sessions.new_talk(turn)
    turn.cancel(Timer.FALL_BACK)
    turn.tell_slac(slac.DlinkError())
    turn.step(Sequence.STEP_EF)
    introduction.tell_modes(turn)


def arrive(turn: Turn) -> None:
    """The pilot has been through its sequence: the car begins anew, as AC cars do here."""
    if stage(turn) is not Detour.LEAVING:
        return
    turn.change(detour=Detour.NONE, basic=not turn.settings.ac_hlc_enabled)
    turn.tell_car(sessions.session_setup(turn))
    if turn.state is State.PREPARE_CHARGING:
        patience.watch_start(turn)

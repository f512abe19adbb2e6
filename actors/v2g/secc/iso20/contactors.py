"""When the car is to be connected and when it must be parted again. Pure.

`connected` in the talk says that the contactors may be closed: from the moment they were asked for (AC: the
start of power delivery, DC: the cable check) to the moment they were asked to open. Whatever ends a talk goes
through `part`, so that moment is never missed and never announced twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc import flow
from actors.v2g.secc.iso20.phases import keep, mine
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.v2gtp import Protocol

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.message import Var

_OPEN: Final[dict[bool, type[Var]]] = {True: charger.AcOpenContactor, False: charger.DcOpenContactor}


def is_ac(turn: Turn) -> bool:
    """Whether the talk is about AC; the namespace the car chose decides, a custom one is DC."""
    return turn.talk.namespace == Protocol.ISO20_AC


def close(turn: Turn) -> None:
    """AC: connect the car. `AcContactorClosed` answers."""
    keep(turn, connected=True)
    turn.tell_station(contactor_closed=None)
    turn.publish(charger.AcCloseContactor())


def check(turn: Turn) -> None:
    """DC: check the cable, which connects the car. `CableCheckFinished` answers."""
    keep(turn, connected=True, checking=True, check_late=False)
    turn.tell_station(cable_check=None)
    turn.publish(charger.StartCableCheck())


def part(turn: Turn) -> None:
    """End the charging loop and disconnect the car, as far as either has begun."""
    flow.end(turn)
    if mine(turn).connected:
        keep(turn, connected=False)
        turn.tell_station(contactor_closed=None)
        turn.publish(_OPEN[is_ac(turn)]())

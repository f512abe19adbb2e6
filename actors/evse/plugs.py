"""Cars that come and go, as the connectors tell it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.connector.messages import Pin
from actors.evse import detour, enabling, faults, grants, pauses, power, sessions, stopping
from actors.evse.exchange import Timer
from actors.v2g.progress import Waits
from protocols.interfaces import slac

if TYPE_CHECKING:
    from actors.connector.messages import Condition
    from actors.evse.record import Session
    from actors.evse.turn import Turn


def told(number: int, condition: Condition, turn: Turn) -> None:
    """A connector says how it is. A car that came while another one seemed to stay is a new one."""
    before = turn.facts.outlets.get(number)
    if before is not None and condition.pin is Pin.UNKNOWN:
        return  # a new connector whose board has not told anything yet: that is no news of the car
    turn.facts.outlets[number] = condition
    session = turn.session
    if turn.record.sequence is not None and condition.sequence_done >= turn.record.sequences:
        turn.remember(sequence=None)  # so that a connector that is replaced does not go through it again
        detour.arrive(turn)
        if turn.settings.auth_after_tstep:
            grants.car_waits(turn)
    if session is None or session.connector != number:
        return
    _toggled(condition.toggles, session, turn)
    if before is None:
        return
    if session.plugged and before.plug_ins and condition.plug_ins > before.plug_ins:
        unplug(turn)


def _toggled(toggles: int, session: Session, turn: Turn) -> None:
    """Those of a car. A new connector counts from 0 again; what no manager has heard the next one hears."""
    if toggles != session.toggles:
        turn.change(toggles=toggles)
    if toggles > session.toggles:
        pauses.toggled(turn)


def follow(turn: Turn) -> None:
    """Draw the conclusions: a car is there or gone."""
    session = turn.session
    if session is not None and session.connector is not None:
        condition = turn.facts.outlets.get(session.connector)
        if condition is not None and session.plugged and not condition.plugged_in:
            unplug(turn)
        return
    if not turn.facts.ready or (session is None and not _operative(turn)):
        return  # a card may still be taken in; a car alone waits for the mending (M6.20)
    for number, condition in sorted(turn.facts.outlets.items()):
        if condition.plugged_in and enabling.in_service(turn, number):
            plug_in(number, turn)
            return


def _operative(turn: Turn) -> bool:
    """Nothing is wrong, as far as everybody has said."""
    waits = turn.facts.silent and turn.now < turn.facts.heard_by
    return not waits and power.shutdown(turn) is faults.Shutdown.NONE


def plug_in(number: int, turn: Turn) -> None:
    """A car is there."""
    sessions.plug_in(turn, number)
    detour.begin(turn)
    turn.tell_slac(slac.EnterBcd())
    if turn.settings.hlc and turn.settings.sleep_before_pwm_s > 0:
        turn.start(Timer.LISTENING, turn.settings.sleep_before_pwm_s)
    if turn.settings.disable_authentication:
        grants.free(turn)


def unplug(turn: Turn) -> None:
    """The car is gone."""
    turn.change(plugged=False)
    turn.tell_slac(slac.LeaveBcd())


def give_up(turn: Turn) -> None:
    """A session that waits for authorization ends with its car still there: once the EVSE can charge again
    that car begins another one.
    """
    if turn.session is not None and turn.session.car.waits is not Waits.NOTHING:
        stopping.tell_in_vain(turn)
    turn.tell_slac(slac.LeaveBcd())
    sessions.end(turn)

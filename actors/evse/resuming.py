"""What a manager that has just been started, or hears of a new link, makes up for. Pure.

A record says what was decided; whether its effects were still carried out, and which timers ran, it does not
say. All of them may be said or started twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.evse import metering, patience, phases, stopping
from actors.evse.exchange import Timer
from actors.evse.record import Meter, State
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import slac
from protocols.types.evse_manager import StopTransactionReason

if TYPE_CHECKING:
    from actors.evse.turn import Turn

SPEECHLESS = frozenset({State.WAITING_FOR_AUTHENTICATION, State.PREPARE_CHARGING})
"""Where a car may not have begun to speak yet."""


def resume(turn: Turn, *, first_life: bool) -> None:
    """Go on where the record stands; `first_life`: an open transaction was cut off (M6.23)."""
    if first_life and turn.running:
        stopping.stop(turn, StopTransactionReason.POWER_LOSS)
    transaction = turn.transaction
    if transaction is not None and transaction.meter is Meter.OPENING:
        metering.open_record(turn)
    elif transaction is not None and transaction.meter is Meter.CLOSING:
        metering.close_record(turn)
    say_wishes(turn)
    _look_for_the_car(turn)
    _timers(turn)


def _look_for_the_car(turn: Turn) -> None:
    """The modem may not have heard that a car is there, as long as that has not spoken."""
    session = turn.session
    if session is not None and session.plugged and turn.state in SPEECHLESS and not session.car.protocol:
        turn.tell_slac(slac.EnterBcd())


def connect_anew(turn: Turn) -> None:
    """A session has outlived the whole site: its car, if one is there, is looked for; the link is new."""
    turn.remember(link="")
    if turn.session is not None and turn.session.plugged:
        turn.tell_slac(slac.EnterBcd())


def say_wishes(turn: Turn) -> None:
    """Tell a link what the station wants of this session's car, for it may not have heard it."""
    if turn.session is None:
        return
    if turn.state is State.STOPPING_CHARGING:
        turn.facts.told.pop("StopCharging", None)
        turn.tell_car_changed(charger.StopCharging(stop=True))
    elif turn.session.paused and turn.running:
        turn.tell_car(charger.PauseCharging(pause=True))


def _timers(turn: Turn) -> None:
    """Those that a predecessor had running. A hard stop keeps its time; the others begin anew."""
    session = turn.session
    if session is None:
        return
    match turn.state:
        case State.STOPPING_CHARGING if not session.forced:
            since = session.stop.at if session.stop is not None else turn.now
            waited_s = (turn.now - since).total_seconds()
            turn.start(Timer.HARD_STOP, phases.HARD_STOP_S - min(max(waited_s, 0.0), phases.HARD_STOP_S))
        case State.CHARGING_PAUSED_EVSE if session.car.loop:
            turn.start(Timer.NO_ENERGY, turn.settings.charge_loop_without_energy_timeout_s)
        case State.PREPARE_CHARGING if not turn.settings.dc:
            patience.watch_start(turn)
        case _:
            pass

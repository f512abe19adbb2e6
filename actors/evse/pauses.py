"""Pauses of the station, and cars that have gone to sleep in them (rows M5.9, M6.20, M6.21). Pure.

A car that ends its talk because the station pauses has not stopped: its transaction goes on, and once the
station can give energy again the car is woken, by X1 before the pilot asks it to speak (ISO 15118-3).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.connector.messages import Sequence
from actors.evse import faults, power, sessions, stopping
from actors.evse.exchange import Timer
from actors.evse.record import State
from actors.v2g.progress import DataLink
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import slac
from protocols.types.evse_manager import (
    ChargingPausedEVSEReasons,
    ChargingStateChangedEvent,
    SessionEventEnum,
    StopTransactionReason,
)
from protocols.types.evse_manager import PauseChargingEVSEReasonEnum as Reason

if TYPE_CHECKING:
    from actors.evse.record import Session
    from actors.evse.turn import Turn

STILL_ENDS_S: Final = 20.0
"""So long after a pause a car may still end its talk because of it; no car may take longer (M6.24)."""


def begin(turn: Turn) -> None:
    """A pause begins; a charging loop may go on for a while without energy (M5.9)."""
    turn.cancel(Timer.WAKE_UP, Timer.FALL_BACK)
    turn.remember(pauses=())
    if turn.session is not None and turn.session.car.loop:
        turn.start(Timer.NO_ENERGY, turn.settings.charge_loop_without_energy_timeout_s)


def loop_begun(turn: Turn) -> None:
    """A charging loop begins, perhaps in a pause: the car was on its way there when that began."""
    if turn.state is State.CHARGING_PAUSED_EVSE:
        turn.start(Timer.NO_ENERGY, turn.settings.charge_loop_without_energy_timeout_s)


def say(turn: Turn) -> None:
    """Say why the station pauses, whenever that changes."""
    if turn.state is not State.CHARGING_PAUSED_EVSE:
        return
    found = power.reasons(turn)
    if found and found != turn.record.pauses:
        turn.remember(pauses=found)
        turn.event(
            SessionEventEnum.CHARGING_PAUSED_EVSE,
            charging_paused_evse=ChargingPausedEVSEReasons(reasons=found),
            charging_state_changed_event=ChargingStateChangedEvent(meter_value=turn.reading),
        )
    if power.lost(turn) and power.shutdown(turn) is faults.Shutdown.NONE:
        _leave(turn)


def _leave(turn: Turn) -> None:
    """The outlet has opened, and nothing is wrong any more: the car is to begin another talk, with a cable
    check and a pre-charge. Of an error the car is told as such, and ends its talk because of it.
    """
    if turn.facts.told.get("StopCharging") == charger.StopCharging(stop=True):
        return
    turn.note("power_lost", warning=True, why=turn.outlet.reason if turn.outlet is not None else "")
    end_loop(turn)
    turn.start(Timer.HARD_STOP, STILL_ENDS_S)


def in_vain(turn: Turn) -> None:
    """A car has not ended a talk in which it gets nothing any more: the transaction is over."""
    if power.lost(turn):
        turn.note("hard_stop", warning=True, waited_s=STILL_ENDS_S)
        stopping.stop(turn, StopTransactionReason.OTHER)


def end_loop(turn: Turn) -> None:
    """The loop has gone on without energy for long enough: the car is to end it."""
    turn.change(let_go=turn.now)
    turn.tell_car_changed(charger.StopCharging(stop=True))


def end(turn: Turn) -> None:
    """The pause is over; a car that was asked to stop for it may go on."""
    turn.cancel(Timer.NO_ENERGY, Timer.HARD_STOP)
    session = turn.session
    if session is not None and (
        session.let_go is not None
        or Reason.ERROR in turn.record.pauses
        or session.car.data_link is DataLink.PAUSE
    ):
        turn.change(let_go=turn.now)
    turn.remember(pauses=())
    if turn.facts.told.get("StopCharging") != charger.StopCharging(stop=False) and turn.settings.hlc:
        turn.tell_car_changed(charger.StopCharging(stop=False))  # a predecessor may have told it to stop


def excuses(turn: Turn) -> bool:
    """Whether a talk that ends now ends because of a pause of the station, and not for good."""
    if turn.session is None or turn.session.stop is not None:
        return False
    let_go = turn.session.let_go
    if turn.state is State.CHARGING_PAUSED_EVSE:
        return True
    return let_go is not None and turn.now - let_go <= timedelta(seconds=STILL_ENDS_S)


def wanted_end(turn: Turn) -> bool:
    """Whether the car has been asked to end its talk because of a pause that still lasts."""
    asked = turn.session is not None and turn.session.let_go is not None
    return asked and turn.state is State.CHARGING_PAUSED_EVSE


def sleeps(session: Session) -> bool:
    """Whether the car has ended its talk, for now or for good, and has begun no other."""
    return session.car.data_link in {DataLink.TERMINATE, DataLink.PAUSE}


def asleep(turn: Turn) -> bool:
    """The car has ended its talk, and may charge all the same."""
    session = turn.session
    if session is None or session.basic or not turn.settings.hlc:
        return False
    ended = session.car.data_link is DataLink.TERMINATE
    return ended or (session.car.data_link is DataLink.PAUSE and session.let_go is not None)


def wake(turn: Turn) -> None:
    """Have the car speak anew, in the same session; until it does, a successor may do so once more."""
    if turn.session is not None:
        _expect(turn, turn.session)
        turn.step(Sequence.STEP_X1)


def toggled(turn: Turn) -> None:
    """The car has gone to state C and back: it wants to speak again, and the pilot asks it to; that shows X1
    already (ISO 15118-3). Only who sleeps by itself is heard: nobody comes back from a stop or a time-out,
    and a pause of the station ends by itself.
    """
    session = turn.session
    if session is None or session.stop is not None or session.timed_out or session.basic:
        return
    if sleeps(session) and turn.state in {State.WAITING_FOR_AUTHENTICATION, State.CHARGING_PAUSED_EV}:
        _expect(turn, session)


def _expect(turn: Turn, session: Session) -> None:
    """A talk is to begin, in the same session."""
    if session.car.data_link is DataLink.TERMINATE:  # a car that pauses keeps its match, and its talk's id
        turn.tell_slac(slac.EnterBcd())
        turn.tell_car(sessions.session_setup(turn))
    sessions.new_talk(turn)
    turn.change(let_go=turn.now)


def woken(turn: Turn) -> None:
    """The car speaks: what ends from now on is another talk."""
    if turn.session is not None:
        turn.change(let_go=None)

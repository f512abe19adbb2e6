"""How the state of a session follows from what is known: one table (rows M6.1 to M6.3, M6.20 to M6.24). Pure.

After each input the table is gone through until no row applies any more. A row names the state it starts
from, when it applies, and the state it leads to; entering a state says and does what belongs to it, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from actors.connector.messages import Contactor, Pin, Supply
from actors.connector.messages import Sequence as PilotSequence
from actors.evse import (
    car,
    detour,
    enabling,
    faults,
    grants,
    metering,
    patience,
    pauses,
    plugs,
    power,
    sessions,
    stopping,
)
from actors.evse.exchange import Timer
from actors.evse.orders import speaks
from actors.evse.record import Detour, Meter, State
from actors.v2g.progress import DataLink
from protocols.interfaces import iso15118_charger as charger
from protocols.types.evse_manager import (
    ChargingStateChangedEvent,
    SessionEventEnum,
    StopTransactionReason,
)
from protocols.types.evse_manager import PauseChargingEVSEReasonEnum as Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.evse.turn import Turn

HARD_STOP_S: Final = 20.0
"""So long a car may take to let go (M6.24)."""
MOST_STEPS: Final = 20
"""No input leads through more states than that."""


# -- when ----------------------------------------------------------------------------------------------------


def known(turn: Turn) -> bool:
    """Whether every connector has told how it is, and the DC supply what it can; until then nothing is
    concluded.
    """
    facts = turn.facts
    return (
        len(facts.outlets) == turn.settings.connectors
        and all(each.pin is not Pin.UNKNOWN for each in facts.outlets.values())
        and (not turn.settings.dc or facts.supply is not None)
    )


def in_service(turn: Turn) -> bool:
    """Whether the EVSE may begin a session."""
    return turn.facts.ready and enabling.any_in_service(turn)


def out_of_service(turn: Turn) -> bool:
    """The EVSE may not begin a session."""
    return not in_service(turn)


def has_session(turn: Turn) -> bool:
    """A car is there, or somebody is authorized."""
    return turn.session is not None


def unplugged(turn: Turn) -> bool:
    """The session's car is gone."""
    return turn.session is None or not turn.session.plugged


def may_open(turn: Turn) -> bool:
    """Car and grant are there."""
    session = turn.session
    return (
        session is not None
        and session.plugged
        and session.token is not None
        and session.stop is None
        and not session.timed_out
        and session.transaction is None
        and enabling.in_service(turn, session.connector or 1)
    )


def record_answered(turn: Turn) -> bool:
    """The meter has said whether its record is open."""
    return turn.running and turn.transaction is not None and turn.transaction.meter is not Meter.OPENING


def inoperative(turn: Turn) -> bool:
    """A car waits for authorization at an EVSE that cannot charge it any more."""
    session = turn.session
    waits = session is not None and session.plugged and session.token is None and not session.timed_out
    return waits and power.shutdown(turn) is not faults.Shutdown.NONE


def nobody_left(turn: Turn) -> bool:
    """Neither car nor grant: it has been withdrawn, or the car went before anybody came."""
    session = turn.session
    if session is None or session.plugged or session.transaction is not None:
        return False
    return session.token is None or session.plugged_at is not None


def over(turn: Turn) -> bool:
    """It was stopped, or the car is gone."""
    session = turn.session
    return session is not None and (session.stop is not None or not session.plugged)


def pausing(turn: Turn) -> bool:
    """The station has a reason to pause."""
    found = power.reasons(turn)
    if found == (Reason.NO_ENERGY,) and turn.settings.dc and turn.state is State.PREPARE_CHARGING:
        return not turn.settings.zero_power_ignore_pause
    return bool(found)


def not_pausing(turn: Turn) -> bool:
    """The station has no reason to pause any more."""
    return not pausing(turn)


def flows(turn: Turn) -> bool:
    """The car is connected and takes, or may take, energy."""
    session, condition = turn.session, turn.outlet
    if session is None or condition is None or pausing(turn) or session.car.data_link is DataLink.PAUSE:
        return False
    if turn.settings.dc:
        return session.car.loop
    if speaks(turn, session):
        return condition.contactor is Contactor.CLOSED and session.car.contactor
    return condition.contactor is Contactor.CLOSED and condition.wants_power


def car_pauses(turn: Turn) -> bool:
    """The car does not want any at present."""
    session, condition = turn.session, turn.outlet
    if session is None or condition is None or pausing(turn):
        return False
    if session.car.data_link is DataLink.PAUSE:
        return True
    if turn.settings.dc:
        return False
    # who speaks says so when it pauses; it also goes to state B a moment before it says that it stops
    return not condition.wants_power and not speaks(turn, session)


def dead(turn: Turn) -> bool:
    """The outlet carries nothing any more."""
    condition = turn.outlet
    return condition is None or (
        condition.supply is Supply.OFF and condition.contactor is not Contactor.CLOSED
    )


def dead_and_open_record(turn: Turn) -> bool:
    """Dead, and the meter still counts for this transaction."""
    return dead(turn) and turn.transaction is not None and turn.transaction.meter is Meter.OPEN


def all_closed(turn: Turn) -> bool:
    """Dead, and the meter has handed its record over if it had one."""
    return dead(turn) and (turn.transaction is None or turn.transaction.meter in {Meter.NONE, Meter.CLOSED})


# -- what then -----------------------------------------------------------------------------------------------


def _nothing(_turn: Turn) -> None:
    pass


def _changed(turn: Turn, kind: SessionEventEnum) -> None:
    turn.event(kind, charging_state_changed_event=ChargingStateChangedEvent(meter_value=turn.reading))


def _prepare(turn: Turn) -> None:
    _changed(turn, SessionEventEnum.PREPARE_CHARGING)
    session = turn.session
    if session is None or turn.settings.dc:
        return
    by_card = session.token is not None and not grants.by_contract(session.token)
    by_card = by_card and session.detour is Detour.NONE  # that one takes a talk in any case
    if turn.settings.hlc and not session.basic and by_card and not turn.facts.matched:
        if not turn.settings.ac_enforce_hlc:
            car.fall_back(turn)
    else:
        patience.watch_start(turn)


def _begin(turn: Turn) -> None:
    sessions.announce_transaction(turn)
    _prepare(turn)


def _charge(turn: Turn) -> None:
    turn.cancel(Timer.WAKE_UP, Timer.FALL_BACK)
    _changed(turn, SessionEventEnum.CHARGING_STARTED)


def _paused_by_car(turn: Turn) -> None:
    turn.cancel(Timer.WAKE_UP)
    _changed(turn, SessionEventEnum.CHARGING_PAUSED_EV)


def _resume(turn: Turn) -> None:
    pauses.end(turn)
    _prepare(turn)


def _resume_charging(turn: Turn) -> None:
    pauses.end(turn)
    _charge(turn)


def _stop(turn: Turn) -> None:
    session = turn.session
    turn.cancel(Timer.WAKE_UP, Timer.FALL_BACK, Timer.NO_ENERGY)
    turn.remember(pauses=())
    if session is not None and not session.plugged:
        stopping.stop(turn, StopTransactionReason.EV_DISCONNECTED)
    _changed(turn, SessionEventEnum.STOPPING_CHARGING)
    turn.tell_car_changed(charger.StopCharging(stop=True))
    turn.start(Timer.HARD_STOP, HARD_STOP_S)


def _finish(turn: Turn) -> None:
    turn.cancel(Timer.HARD_STOP)
    _changed(turn, SessionEventEnum.CHARGING_FINISHED)
    sessions.finish_transaction(turn)


# -- the table -----------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One way from a state."""

    state: State
    when: Callable[[Turn], bool]
    next: State
    do: Callable[[Turn], None]
    source: str


S = State
WAITING: Final = State.WAITING_FOR_AUTHENTICATION

TABLE: Final = (
    Row(S.IDLE, has_session, S.WAITING_FOR_AUTHENTICATION, _nothing, "M6.3"),
    Row(S.IDLE, out_of_service, S.DISABLED, _nothing, "M6.4"),
    Row(S.DISABLED, in_service, S.IDLE, _nothing, "M6.4"),
    Row(WAITING, may_open, WAITING, sessions.open_transaction, "M6.3"),
    Row(WAITING, record_answered, S.PREPARE_CHARGING, _begin, "M6.2"),
    Row(WAITING, nobody_left, S.IDLE, sessions.end, "M6.13"),
    Row(WAITING, inoperative, S.IDLE, plugs.give_up, "M6.20"),
    Row(S.PREPARE_CHARGING, over, S.STOPPING_CHARGING, _stop, "M6.14"),
    Row(S.PREPARE_CHARGING, pausing, S.CHARGING_PAUSED_EVSE, pauses.begin, "M6.21"),
    Row(S.PREPARE_CHARGING, pauses.asleep, S.PREPARE_CHARGING, pauses.wake, "M5.9"),
    Row(S.PREPARE_CHARGING, flows, S.CHARGING, _charge, "M6.2"),
    Row(S.CHARGING, over, S.STOPPING_CHARGING, _stop, "M6.14"),
    Row(S.CHARGING, pausing, S.CHARGING_PAUSED_EVSE, pauses.begin, "M6.21"),
    Row(S.CHARGING, pauses.asleep, S.PREPARE_CHARGING, _prepare, "M5.9"),
    Row(S.CHARGING, car_pauses, S.CHARGING_PAUSED_EV, _paused_by_car, "M6.1"),
    Row(S.CHARGING_PAUSED_EV, over, S.STOPPING_CHARGING, _stop, "M6.14"),
    Row(S.CHARGING_PAUSED_EV, pausing, S.CHARGING_PAUSED_EVSE, pauses.begin, "M6.21"),
    Row(S.CHARGING_PAUSED_EV, pauses.asleep, S.PREPARE_CHARGING, _prepare, "M5.9"),
    Row(S.CHARGING_PAUSED_EV, flows, S.CHARGING, _charge, "M6.1"),
    Row(S.CHARGING_PAUSED_EVSE, over, S.STOPPING_CHARGING, _stop, "M6.14"),
    Row(S.CHARGING_PAUSED_EVSE, flows, S.CHARGING, _resume_charging, "M6.20"),
    Row(S.CHARGING_PAUSED_EVSE, not_pausing, S.PREPARE_CHARGING, _resume, "M6.20"),
    Row(S.STOPPING_CHARGING, dead_and_open_record, S.STOPPING_CHARGING, metering.close_record, "S9.15"),
    Row(S.STOPPING_CHARGING, all_closed, S.FINISHED, _finish, "M6.2"),
    Row(S.FINISHED, unplugged, S.IDLE, sessions.end, "M6.2"),
)
"""Rows of a state are tried from top to bottom."""


def settle(turn: Turn) -> None:
    """Go on until nothing follows any more. RuntimeError if that does not come: the table has a circle."""
    if not known(turn):
        return
    for _ in range(MOST_STEPS):
        plugs.follow(turn)
        row = next((each for each in TABLE if each.state is turn.state and each.when(turn)), None)
        if row is None:
            pauses.say(turn)
            return
        if row.next is State.IDLE:  # what ends a session is said while it is still there
            row.do(turn)
            turn.remember(state=row.next)
        else:
            turn.remember(state=row.next)
            row.do(turn)
    raise RuntimeError(f"no end of transitions from {turn.state.value}")


def timer_ran_down(timer: Timer, turn: Turn) -> None:
    """What follows when one of the timers of a session runs down."""
    session = turn.session
    if session is None:
        return
    match timer:
        case Timer.HARD_STOP if turn.state is State.STOPPING_CHARGING:
            turn.note("hard_stop", warning=True, waited_s=HARD_STOP_S)
            turn.change(forced=True)
        case Timer.HARD_STOP if turn.state is State.CHARGING_PAUSED_EVSE:
            pauses.in_vain(turn)
        case Timer.FALL_BACK if session.detour is Detour.READING:
            detour.leave(turn, "the car has not told its state of charge in time")
        case Timer.FALL_BACK if turn.state is State.PREPARE_CHARGING and not session.car.loop:
            car.fall_back(turn)
        case Timer.WAKE_UP if turn.state is State.PREPARE_CHARGING:
            turn.step(PilotSequence.WAKE_UP)
        case Timer.NO_ENERGY if turn.state is State.CHARGING_PAUSED_EVSE and session.car.loop:
            pauses.end_loop(turn)
        case _:
            pass

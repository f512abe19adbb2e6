"""The core of a connector: one input and a state in, the next state and the effects out. Pure.

    step = decide(state, Ordered(order), settings, now_s)
    step.state, step.effects, step.state.wake_s

`now_s` is monotonic. The machines of `MACHINES` are looked at in this order, again and again until none of
them has anything to add; so each of them takes one step at a time and none knows who comes next. `decide` is
to be called again at `wake_s` though nothing happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from actors.connector import (
    absence,
    cable,
    cable_check,
    contactor,
    demand,
    lock,
    monitors,
    output,
    phases,
    pilot,
    rcd,
    supervision,
)
from actors.connector.exchange import (
    Answered,
    Device,
    Effect,
    Input,
    Ordered,
    Say,
    Served,
    SiteRuns,
    Stands,
    Told,
)
from actors.connector.facts import served, stands, take
from actors.connector.messages import CableCheck, Condition, Contactor, Supply
from actors.connector.state import CheckState, Phase, State, Turn
from protocols.interfaces.evse_board_support import Enable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.connector.messages import Order
    from actors.connector.settings import Settings

MACHINES: Final[tuple[Callable[[Turn], None], ...]] = (
    absence.step,
    supervision.step,
    cable_check.step,
    demand.step,
    phases.step,
    lock.step,
    output.step,
    contactor.step,
    monitors.step,
    pilot.step,
    rcd.step,
)
KINDS: Final = {False: (Supply.AC,), True: (Supply.CABLE_CHECK, Supply.PRE_CHARGE, Supply.CHARGE)}
"""What an outlet can carry, by whether it gives direct current; the last one if nothing is known."""
MAX_PASSES: Final = 50
"""The machines settle after a few passes; more are a defect, and no reason to stay in here for ever."""

ANSWERS: Final[Mapping[Device, Callable[[Turn, Answered], None]]] = {
    Device.LOCK: lock.answered,
    Device.RCD: rcd.answered,
    Device.SUPPLY: output.answered,
}
"""Whose answers matter."""


class Step(NamedTuple):
    """What comes of an input."""

    state: State
    effects: tuple[Effect, ...]


def decide(state: State, given: Input, settings: Settings, now_s: float) -> Step:
    """Take in one input, or that time has passed, and settle."""
    turn = Turn(state, settings, now_s)
    _take(turn, given)
    for _ in range(MAX_PASSES):
        before = turn.state
        turn.begin_pass()
        for machine in MACHINES:
            machine(turn)
        if turn.state == before:
            break
    turn.set(carries=_carries(turn), wake_s=turn.next_s)
    return Step(turn.state, tuple(turn.effects))


def _take(turn: Turn, given: Input) -> None:
    match given:
        case SiteRuns():
            turn.set(site_runs=True)
        case Ordered():
            _ordered(turn, given.order)
        case Told():
            facts, said_on = take(turn.state.facts, given.variable, turn.now_s)
            turn.set(facts=facts)
            turn.effects.extend(Say(each) for each in said_on)
        case Stands():
            turn.set(facts=stands(turn.state.facts, given.device, given.types))
        case Served():
            turn.set(facts=served(turn.state.facts, given.device, has_driver=given.served))
        case Answered():
            if given.device in ANSWERS:
                ANSWERS[given.device](turn, given)


def _ordered(turn: Turn, order: Order) -> None:
    """Take an order over, or renew it; one that a former manager has left behind is passed over."""
    known = turn.state.order
    if known is not None and order.number < known.number:
        return
    turn.set(order=order, renewed_s=turn.now_s)
    if order.session != turn.state.session:
        turn.set(session=order.session, check=CheckState())
        welded = turn.state.switch.phase is Phase.WELDED
        for kind, _severity in turn.state.faults:
            if kind not in absence.KINDS and not (welded and kind is contactor.FAULT):
                turn.mend(kind)
        if known is not None:
            monitors.session_began(turn)
    if order.in_service is not turn.state.enabled:
        turn.set(enabled=order.in_service)
        turn.do(Device.BOARD, Enable(value=order.in_service))


def _carries(turn: Turn) -> Supply:
    """What the outlet carries: what was ordered while it is closed, and that until it is dead."""
    state, order = turn.state, turn.state.order
    kinds = KINDS[turn.settings.dc]
    if state.facts.feedback is Contactor.CLOSED:
        ordered = order.supply if order is not None else Supply.OFF
        return next((each for each in (ordered, state.carries) if each in kinds), kinds[-1])
    return Supply.OFF if not turn.settings.dc or lock.discharged(turn) else state.carries


def condition(state: State, settings: Settings) -> Condition:
    """How the outlet is, for its manager."""
    facts, turn = state.facts, Turn(state, settings, 0.0)
    socket = facts.capabilities is not None and cable.has_socket(facts.capabilities)
    offered = phases.offered(turn)
    return Condition(
        order=state.order.number if state.order is not None else 0,
        standing=state.order,
        pin=facts.pin,
        plugged_in=facts.plugged_in,
        plug_ins=facts.plug_ins,
        wants_power=facts.wants_power and not demand.no_ventilation(turn),
        toggles=facts.toggles,
        contactor=facts.feedback,
        locked=demand.locked(turn) if settings.has_lock else None,
        cable_a=cable.rating_a(facts.ampacity, offered) if socket and not settings.dc else None,
        phases=offered,
        capabilities=facts.capabilities,
        supply=state.carries,
        sequence_done=state.pilot.done,
        cable_check=state.check.verdict,
        isolation_ohm=_isolation_ohm(state),
        reason=state.reason,
    )


def _isolation_ohm(state: State) -> float | None:
    """As measured in the cable check, and after that as measured last."""
    passed = state.check.verdict is CableCheck.PASSED
    return state.facts.isolation_ohm if passed else state.check.isolation_ohm

"""The control pilot: what the car is shown (IEC 61851-1, annex A). Pure.

In falling order: the fault that ends basic charging (state F for `state_F_after_fault_ms`), a sequence that
was ordered, a change of phases, and what the order says. A duty cycle under load changes at most every 5 s
(row M6.22); the first change of a charge, and that power ends, are shown at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from actors.connector import cable, phases
from actors.connector.duty_cycle import DIGITAL_PERCENT, duty_cycle_percent
from actors.connector.exchange import Device
from actors.connector.messages import LEASE_S, Contactor, Pilot, Sequence, Supply, Urgency
from actors.connector.state import LEAVE, Phase, Switching, Turn, Wish
from protocols.interfaces.evse_board_support import CpStateE, CpStateF, CpStateX1, PwmOn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.connector.messages import Order

STEP_X1_S: Final = 3.0
"""t_step_X1 (row M6.24)."""
STEP_EF_S: Final = 4.0
"""t_step_EF (row M6.24)."""
SIMPLIFIED_A: Final = 10.0
"""What a car with the simplified pilot circuit may draw (IEC 61851-1, A.2.3)."""
CHANGE_S: Final = 5.0
"""Between two changes of a duty cycle: a car may take as long to follow one (IEC 61851-1, annex A)."""

Signal = CpStateX1 | CpStateE | CpStateF | PwmOn


def _interrupt(turn: Turn) -> Signal:
    """E, or F where the board has no E."""
    capabilities = turn.state.facts.capabilities
    return CpStateE() if capabilities is not None and capabilities.supports_cp_state_e else CpStateF()


SEQUENCES: Final[Mapping[Sequence, tuple[float, Callable[[Turn], Signal]]]] = {
    Sequence.STEP_X1: (STEP_X1_S, lambda _turn: CpStateX1()),
    Sequence.STEP_EF: (STEP_EF_S, _interrupt),
    Sequence.WAKE_UP: (STEP_EF_S, _interrupt),
}


def offer_a(turn: Turn, order: Order) -> float:
    """The current that the order, the cable and the board allow together."""
    facts = turn.state.facts
    limits = [order.offer_a]
    if facts.simplified and turn.settings.hack_simplified_mode_limit_10a:
        limits.append(SIMPLIFIED_A)
    if facts.capabilities is not None:
        limits.append(facts.capabilities.max_current_a_import)
        if cable.has_socket(facts.capabilities):
            limits.append(cable.rating_a(facts.ampacity, phases.offered(turn)) or 0.0)
    return min(limits)


def told_a(turn: Turn, order: Order) -> float:
    """The current that the car has been told it may draw. By a nominal duty cycle it hears of an order up to
    `CHANGE_S` late; a car that talks hears of it at once.

    Source: EVerest, Charger::get_max_current_signalled_to_ev_internal.
    """
    pilot = turn.state.pilot
    by_pilot = order.pilot is Pilot.NOMINAL and isinstance(pilot.said, PwmOn)
    return pilot.offer_a if by_pilot else order.offer_a


def _nominal(turn: Turn, order: Order) -> Signal:
    ends = turn.state.switch.phase in LEAVE and turn.wish is not Wish.CLOSED
    percent = None if ends or turn.state.faults else duty_cycle_percent(offer_a(turn, order))
    return CpStateX1() if percent is None else PwmOn(duty_cycle_percent=round(percent, 2))


SIGNALS: Final[Mapping[Pilot, Callable[[Turn, Order], Signal]]] = {
    Pilot.UNAVAILABLE: lambda _turn, _order: CpStateF(),
    Pilot.IDLE: lambda _turn, _order: CpStateX1(),
    Pilot.DIGITAL: lambda _turn, _order: PwmOn(duty_cycle_percent=DIGITAL_PERCENT),
    Pilot.NOMINAL: _nominal,
}


def step(turn: Turn) -> None:
    """Show the car what it is to be shown now."""
    order = turn.state.order
    if order is None or (turn.state.pilot.said is None and _too_early(turn, order)):
        return
    _note_fault(turn, order)
    _sequence(turn, order)
    signal, pilot = _signal(turn, order), turn.state.pilot
    if signal == pilot.said:
        return
    changed_s = pilot.changed_s
    if _changes_under_load(turn, order, signal):
        if changed_s is not None and not turn.over(changed_s, CHANGE_S):
            return
        changed_s = turn.now_s
    turn.set(pilot=replace(pilot, said=signal, offer_a=offer_a(turn, order), changed_s=changed_s))
    turn.do(Device.BOARD, signal)


def _changes_under_load(turn: Turn, order: Order, signal: Signal) -> bool:
    """Whether a car that may be drawing is shown another duty cycle in the place of one."""
    duty_cycles = isinstance(turn.state.pilot.said, PwmOn) and isinstance(signal, PwmOn)
    return duty_cycles and order.pilot is Pilot.NOMINAL and turn.state.switch.phase in LEAVE


def _too_early(turn: Turn, order: Order) -> bool:
    """Just started, and what the offer depends on has not been told yet: the pilot stays as it is."""
    facts = turn.state.facts
    unknown = facts.capabilities is None or (cable.has_socket(facts.capabilities) and facts.ampacity is None)
    young = not turn.over(turn.state.started_s, LEASE_S)
    return young and (turn.state.switch.phase is Phase.UNKNOWN or (order.pilot is Pilot.NOMINAL and unknown))


def _signal(turn: Turn, order: Order) -> Signal:
    pilot = turn.state.pilot
    if pilot.fault_until_s and not turn.over(pilot.fault_until_s, 0):
        return CpStateF()
    if pilot.running and order.sequence is not None:
        return SEQUENCES[order.sequence][1](turn)
    if turn.state.phases.stage is not Switching.STEADY and order.pilot is Pilot.NOMINAL:
        return CpStateF() if turn.settings.switch_3ph1ph_cp_state == "F" else CpStateX1()
    return SIGNALS[order.pilot](turn, order)


def _note_fault(turn: Turn, order: Order) -> None:
    """Basic charging that ends in an emergency or with a fault shows state F for a moment (row M5.12)."""
    pilot = turn.state.pilot
    if turn.state.switch.phase in LEAVE:
        basic = order.supply is Supply.AC and order.pilot is Pilot.NOMINAL
        if turn.state.facts.feedback is Contactor.CLOSED and basic and not pilot.live:
            turn.set(pilot=replace(pilot, live=True))
    elif pilot.live:
        wrong = bool(turn.state.faults) or (order.supply is Supply.OFF and order.urgency is Urgency.EMERGENCY)
        until_s = turn.now_s + turn.settings.state_f_after_fault_ms / 1000 if wrong else 0.0
        turn.set(pilot=replace(pilot, live=False, fault_until_s=until_s))


def _sequence(turn: Turn, order: Order) -> None:
    """Begin the sequence that was ordered once the contactor is open; end it in time, or with the car."""
    pilot = turn.state.pilot
    if pilot.running:
        withdrawn = order.sequence is None or order.sequence_number != pilot.running
        if withdrawn or turn.over(pilot.until_s, 0):
            turn.set(pilot=replace(pilot, running=0, done=pilot.running))
    elif (
        order.sequence is not None
        and order.sequence_number > pilot.done
        and turn.state.switch.phase is Phase.OPEN
    ):
        until_s = turn.now_s + SEQUENCES[order.sequence][0]
        turn.set(pilot=replace(pilot, running=order.sequence_number, until_s=until_s))

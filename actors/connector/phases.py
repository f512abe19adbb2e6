"""One phase or three. Pure.

A change under load takes the car off the phases first: the pilot goes to `switch_3ph1ph_cp_state`, the
contactor opens, the board switches, and `switch_3ph1ph_delay_s` later the car is offered power again (row
M5.14). Some cars are damaged by anything quicker.
"""

from __future__ import annotations

from typing import Final

from actors.connector.exchange import Device
from actors.connector.messages import Supply
from actors.connector.state import Phase, PhasesState, Switching, Turn
from protocols.interfaces.evse_board_support import AcSwitchThreePhasesWhileCharging

THREE: Final = 3


def offered(turn: Turn) -> int:
    """On how many phases the car is given power."""
    state = turn.state
    if state.facts.phases is not None:
        return state.facts.phases
    most = state.facts.capabilities.max_phase_count_import if state.facts.capabilities else THREE
    return state.phases.ordered or most


def _target(turn: Turn) -> int | None:
    """What to switch to; None: nothing, or the board cannot."""
    order, capabilities = turn.state.order, turn.state.facts.capabilities
    if turn.settings.dc or order is None or order.supply is Supply.OFF or capabilities is None:
        return None
    if not capabilities.supports_changing_phases_during_charging:
        return None
    target = THREE if order.three_phases else 1
    now = turn.state.phases.ordered or offered(turn)
    return target if target != now else None


def step(turn: Turn) -> None:
    """Begin, carry on or end a change."""
    phases, phase = turn.state.phases, turn.state.switch.phase
    target = _target(turn)
    match phases.stage:
        case Switching.STEADY if target is not None and phase is Phase.OPEN:
            _switch(turn, target, Switching.STEADY)
        case Switching.STEADY if target is not None and phase is not Phase.UNKNOWN:
            turn.set(phases=PhasesState(phases.ordered, Switching.RELEASING))
        case Switching.RELEASING if phase is Phase.OPEN and target is not None:
            _switch(turn, target, Switching.WAITING)
        case Switching.RELEASING if target is None:
            turn.set(phases=PhasesState(phases.ordered))
        case Switching.WAITING if turn.over(phases.until_s, 0):
            turn.set(phases=PhasesState(phases.ordered))


def _switch(turn: Turn, target: int, stage: Switching) -> None:
    until_s = turn.now_s + turn.settings.switch_3ph1ph_delay_s
    turn.set(phases=PhasesState(target, stage, until_s))
    turn.do(Device.BOARD, AcSwitchThreePhasesWhileCharging(value=target == THREE))

"""Whether the contactor may be closed, and how it is opened if not. Pure.

`GATES` are looked at in this order, and the first one that is shut decides. So what is dangerous stands
before what is merely not ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from actors.connector import cable
from actors.connector.exchange import Device
from actors.connector.facts import CONNECTED, WANTING
from actors.connector.messages import LEASE_S, CableCheck, Contactor, Pin, Supply, Urgency
from actors.connector.state import LEAVE, Phase, Stage, Switching, Turn, Wish
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

RELAYS_OPEN: Final = frozenset({Stage.REST, Stage.TEST_VOLTAGE_RELAYS_OPEN, Stage.SELF_TEST_RELAYS_OPEN})
"""The stages of a cable check in which the contactor is not closed yet."""


class Gate(NamedTuple):
    """One reason for the contactor not to be closed."""

    shut: Callable[[Turn], bool]
    wish: Callable[[Turn], Wish]
    reason: str


def silent(turn: Turn) -> bool:
    """The manager has not said again in time that it wants power. That it wants none holds for ever, and ends
    in its own time.
    """
    order = turn.state.order
    if order is None:
        return True
    return order.supply is not Supply.OFF and turn.over(turn.state.renewed_s, LEASE_S)


def _as_ordered(turn: Turn) -> Wish:
    order = turn.state.order
    return Wish.OPEN if order is not None and order.urgency is Urgency.EMERGENCY else Wish.RELEASE


def _as_grave(turn: Turn) -> Wish:
    grave = any(severity is Severity.HIGH for _kind, severity in turn.state.faults)
    return Wish.OPEN if grave else Wish.RELEASE


def _at_once(_turn: Turn) -> Wish:
    return Wish.OPEN


def _gently(_turn: Turn) -> Wish:
    return Wish.RELEASE


def _off(turn: Turn) -> bool:
    order = turn.state.order
    return order is None or order.supply is Supply.OFF or (order.supply is Supply.AC) is turn.settings.dc


def _out_of_service(turn: Turn) -> bool:
    return turn.state.order is not None and not turn.state.order.in_service


def no_ventilation(turn: Turn) -> bool:
    """The car wants ventilation while it charges, which there is not."""
    return turn.state.facts.pin is Pin.D and not turn.settings.has_ventilation


def _sequence(turn: Turn) -> bool:
    order, pilot = turn.state.order, turn.state.pilot
    ahead = order is not None and order.sequence is not None and order.sequence_number > pilot.done
    return bool(pilot.running) or (ahead and turn.state.switch.phase is Phase.OPEN)


def locked(turn: Turn) -> bool:
    """Whether the lock is known to hold the plug."""
    facts, motor = turn.state.facts, turn.state.lock
    if Device.LOCK in facts.ailing:
        return False
    if facts.locked is not None:
        return facts.locked
    return motor.asked is True and motor.done


def _unlocked(turn: Turn) -> bool:
    return turn.settings.has_lock and not locked(turn)


def _cable_unknown(turn: Turn) -> bool:
    facts = turn.state.facts
    if turn.settings.dc or facts.capabilities is None:
        return False
    return cable.has_socket(facts.capabilities) and cable.rating_a(facts.ampacity, 3) is None


def _board_unknown(turn: Turn) -> bool:
    return turn.state.facts.capabilities is None


def _supply_unknown(turn: Turn) -> bool:
    facts = turn.state.facts
    return turn.settings.dc and (facts.supply is None or facts.output is None)


def _unchecked(turn: Turn) -> bool:
    """DC: the cable check has not come so far. That a predecessor has closed the contactor proves it had."""
    state = turn.state
    if not turn.settings.dc or state.check.verdict is CableCheck.PASSED:
        return False
    if state.order is not None and state.order.supply is Supply.CABLE_CHECK:
        return state.check.verdict is CableCheck.FAILED or state.check.stage in RELAYS_OPEN
    return not (state.switch.phase is Phase.UNKNOWN and state.facts.feedback is Contactor.CLOSED)


def _not_pre_charged(turn: Turn) -> bool:
    """DC: who wants to charge has brought the output to the battery's voltage with the contactor closed."""
    state = turn.state
    begins = state.order is not None and state.order.supply is Supply.CHARGE
    held = state.switch.phase in LEAVE or (
        state.switch.phase is Phase.UNKNOWN and state.facts.feedback is Contactor.CLOSED
    )
    return turn.settings.dc and begins and not held


GATES: Final = (
    Gate(silent, _at_once, "the manager is silent"),
    Gate(lambda turn: turn.state.facts.pin not in CONNECTED, _at_once, "no car is connected"),
    Gate(_off, _as_ordered, ""),
    Gate(_out_of_service, _as_ordered, "the outlet is out of service"),
    Gate(lambda turn: bool(turn.state.faults), _as_grave, "a fault was found"),
    Gate(lambda turn: turn.state.facts.pin not in WANTING, _at_once, "the car does not want power"),
    Gate(no_ventilation, _at_once, "the car asks for ventilation, and there is none"),
    Gate(
        lambda turn: turn.state.phases.stage is not Switching.STEADY, _gently, "the phases are being switched"
    ),
    Gate(_sequence, _gently, "a sequence on the pilot comes first"),
    Gate(_unlocked, _gently, "the plug is not locked"),
    Gate(_cable_unknown, _gently, "it is not known what the cable can carry"),
    Gate(_board_unknown, _gently, "the board has not told what it can do"),
    Gate(_supply_unknown, _gently, "the supply has not told what it can do"),
    Gate(_unchecked, _gently, "the cable check has not passed"),
    Gate(_not_pre_charged, _gently, "there was no pre-charge"),
)
"""Everything that must be true for the contactor to be closed, said the other way round."""


def step(turn: Turn) -> None:
    """Decide what is wished of the contactor, and why."""
    for gate in GATES:
        if gate.shut(turn):
            turn.wish = gate.wish(turn)
            turn.set(reason="" if _off(turn) else gate.reason)
            return
    turn.wish = Wish.CLOSED
    turn.set(reason="")

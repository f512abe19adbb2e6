"""The lock of the plug. Pure.

It is locked when the order says so, and released only while the contactor is open, by the board's feedback
too, and a DC output is below 60 V: whatever the order says. A motor that fails is not driven on and on, but
tried again every `RETRY_S`, and at once when the order changes its mind.
"""

from __future__ import annotations

from typing import Final

from actors.connector.exchange import Answered, Device
from actors.connector.messages import Contactor, Supply
from actors.connector.state import LockMotor, Phase, Turn
from protocols.interfaces.connector_lock import Lock, Unlock
from protocols.message import Failure

RETRY_S: Final = 5.0
SAFE_V: Final = 60.0
"""A DC output below this may be touched (IEC 61851-23)."""


def safe(turn: Turn) -> bool:
    """Whether the plug may be released."""
    facts = turn.state.facts
    dead = turn.state.switch.phase is Phase.OPEN and facts.feedback is not Contactor.CLOSED
    elsewhere = turn.settings.shared and turn.state.carries is Supply.OFF
    return dead and (not turn.settings.dc or elsewhere or discharged(turn))


def discharged(turn: Turn) -> bool:
    """Whether the DC supply shows no voltage that hurts; one that has told nothing yet carries none."""
    return (turn.state.facts.output_v or 0.0) < SAFE_V


def step(turn: Turn) -> None:
    """Drive the motor if it has to be driven."""
    order, motor, facts = turn.state.order, turn.state.lock, turn.state.facts
    if order is None or not turn.settings.has_lock or not (order.locked or safe(turn)):
        return
    if motor.asked is not order.locked:
        if motor.asked is None and facts.locked is order.locked and Device.LOCK not in facts.ailing:
            turn.set(lock=LockMotor(order.locked, turn.now_s, done=True))
            return
        _drive(turn, locked=order.locked)
    elif _failed(turn) and turn.over(motor.asked_s, RETRY_S):
        _drive(turn, locked=order.locked)


def _failed(turn: Turn) -> bool:
    facts, motor = turn.state.facts, turn.state.lock
    return Device.LOCK in facts.ailing or not motor.done or facts.locked not in (None, motor.asked)


def _drive(turn: Turn, *, locked: bool) -> None:
    turn.set(lock=LockMotor(locked, turn.now_s))
    turn.do(Device.LOCK, Lock() if locked else Unlock())


def answered(turn: Turn, given: Answered) -> None:
    """The motor has moved, or cannot; only the answer to the last command counts."""
    motor = turn.state.lock
    if motor.asked is isinstance(given.command, Lock) and not isinstance(given.reply, Failure):
        turn.set(lock=LockMotor(motor.asked, motor.asked_s, done=True))

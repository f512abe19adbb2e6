"""Whether a process hangs or waits for its turn. Pure: what the kernel knows of it is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the kernel knows of a process: its state letter and how long it has run and waited for a core."""

    state: str
    ran_s: float
    waited_s: float


NEWBORN: Final = Vitals("R", 0.0, 0.0)
"""A process that has just been made."""
MAX_PATIENCE: Final = 8
"""A child that only lacks a core is given this many deadlines before it is taken for hung all the same."""


def hung(silent_s: float, deadline_s: float, before: Vitals | None, now: Vitals | None) -> bool:
    """Whether a child whose pong is overdue is hung, or merely has not had its turn.

    A ping overtakes all that waits, so whoever returns from a handler answers it: a hang is one handler that
    does not return. Without vitals (another host, no /proc) the deadline alone decides. Who has used half a
    deadline of processor time since the ping is hung, however little of a core it was given. Who has used
    less is starved, not hung, unless it has mostly slept and waits neither for a core nor for a disk now:
    killing it would add load to an overloaded machine.
    """
    if before is None or now is None or silent_s >= deadline_s * MAX_PATIENCE:
        return True
    if now.state in "TtZX":
        return True
    ran_s, waited_s = now.ran_s - before.ran_s, now.waited_s - before.waited_s
    if ran_s >= deadline_s / 2:
        return True
    if now.state in "RD":  # R: the kernel adds a wait to the account when it is over, this one is not in it;
        return False  # D: it waits for a disk or for its memory, and cannot even be killed before it has them
    return ran_s + waited_s < silent_s / 2

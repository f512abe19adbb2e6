"""Why the station has started: what a reset has left word of, or what can be seen. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from protocols.types.system import BootReason

if TYPE_CHECKING:
    from actors.system.entries import SystemState


def begun(state: SystemState, *, run: str, machine: str) -> SystemState:
    """The state in this run of the site on this run of the machine.

    A new actor in the same run finds the same reason. In a new run it is what the last reset has left word
    of; without such a word a machine that was off has been switched on, and on one that was not, the site has
    been started again by itself.
    """
    if state.run == run:
        return state
    seen = BootReason.APPLICATION_RESET if state.machine == machine else BootReason.POWER_UP
    return replace(state, run=run, machine=machine, boot_reason=state.next_boot or seen, next_boot=None)

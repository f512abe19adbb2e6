"""Devices that nobody drives, and a board that says nothing. Pure.

A driver that dies is replaced in a moment, and nobody notices. One that is given up, or whose host is gone,
stays away: then its device is faulty for as long as that lasts, whether a car is there or not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from actors.connector.exchange import Device
from actors.connector.messages import Contactor
from protocols.errors import (
    EvseBoardSupport,
    Generic,
    IsolationMonitor,
    OverVoltageMonitor,
    PowerSupplyDc,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.connector.state import Turn
    from protocols.errors import ErrorType

ABSENT_S: Final = 5.0
"""So long a device may be without a driver: who is replaced is back long before."""
UNHEARD_S: Final = 10.0
"""So long a board that has a driver may take to say what it is."""
FAULTS: Final[Mapping[Device, tuple[ErrorType, str]]] = {
    Device.BOARD: (EvseBoardSupport.COMMUNICATION_FAULT, "board"),
    Device.SUPPLY: (PowerSupplyDc.COMMUNICATION_FAULT, "supply"),
    Device.IMD: (IsolationMonitor.COMMUNICATION_FAULT, "isolation monitor"),
    Device.OVM: (OverVoltageMonitor.COMMUNICATION_FAULT, "over-voltage monitor"),
    Device.METER: (Generic.COMMUNICATION_FAULT, "meter"),
}
"""Without these nobody is charged. Nor is anybody with a lock that nobody drives, for that does not lock; and
a residual current device trips by itself.
"""
KINDS: Final = frozenset(kind for kind, _name in FAULTS.values())
"""They go when the device has a driver again, and not with the session."""


def step(turn: Turn) -> None:
    """Look at every device. Before the whole site has started nobody is missed."""
    if not turn.state.site_runs:
        return
    since_s = dict(turn.state.missed)
    for device, (kind, _name) in FAULTS.items():
        wrong, bound_s = _wrong(turn, device)
        if not wrong:
            since_s.pop(device, None)
            turn.mend(kind)
        elif turn.over(since_s.setdefault(device, turn.now_s), bound_s):
            turn.fault(kind, wrong)
            _forget(turn, device)
    turn.set(missed=tuple(since_s.items()))


def _wrong(turn: Turn, device: Device) -> tuple[str, float]:
    """What is wrong with a device now, and for how long that may be; empty: nothing."""
    if device is Device.METER and not turn.settings.fail_on_powermeter_errors:
        return "", 0.0
    if device in turn.state.facts.absent:
        return f"nobody drives the {FAULTS[device][1]}", ABSENT_S
    if device is Device.BOARD and turn.state.facts.capabilities is None:
        return "the board has not said what it is", UNHEARD_S
    return "", 0.0


def _forget(turn: Turn, device: Device) -> None:
    """A board that nobody drives has opened by itself: nobody may say any more that it is closed."""
    facts = turn.state.facts
    if device is Device.BOARD and facts.feedback is Contactor.CLOSED:
        turn.set(facts=replace(facts, feedback=Contactor.UNKNOWN))

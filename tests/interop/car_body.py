"""The body of a foreign car: plug, pilot and battery, moved as what it says in its log asks for.

The package `iso15118` is a car's talk alone; what its hardware would do is done to the site's simulated
hardware.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.plant.messages import Car

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENTERED: Final = re.compile(r"Entered state (\w+)\n")
LOOPS: Final = frozenset({"ChargingStatus", "CurrentDemand", "ACChargeLoop", "DCChargeLoop"})
BATTERY_V: Final = 480.0
"""By DIN 70121 and ISO 15118-2 it asks for 500 V and allows no more than that: it has less."""
PLUGGED: Final = Car(plugged=True, pin="B", mac_address="02:45:56:0F:0F:01")
AC: Final[Mapping[str, dict[str, Any]]] = {
    "PowerDelivery": {"pin": "C", "draws_a": 16.0},
    "end": {"pin": "B", "draws_a": 0.0},  # [V2G2-848]
    "SessionStop": {"pin": "B", "draws_a": 0.0},
}
DC: Final[Mapping[str, dict[str, Any]]] = {
    "CableCheck": {"pin": "C"},
    "PreCharge": {"battery_v": BATTERY_V},
    "PowerDelivery": {"connected": True},
    "WeldingDetection": {"pin": "B", "connected": False},
    "SessionStop": {"pin": "B", "connected": False},
}
"""What each state of its talk changes in the car; `end` is the PowerDelivery behind the loop."""


class Body:
    """One car that comes, charges and goes; `tell` shows the hardware how it is."""

    def __init__(self, tell: Callable[[Car], None], *, dc: bool) -> None:
        self._tell, self._rows = tell, DC if dc else AC
        self._car, self._read, self._has_charged = Car(plugged=False), 0, False

    def plug_in(self) -> None:
        """Put the plug in; nothing is drawn yet."""
        self._be(PLUGGED)

    def unplug(self) -> None:
        """Pull it."""
        self._be(Car(plugged=False))

    def follow(self, log: str) -> None:
        """Do what the states ask for that its log has told of since the last time."""
        found = list(ENTERED.finditer(log, self._read))
        for each in found:
            self._enter(each[1])
        self._read = found[-1].end() if found else self._read

    def _enter(self, state: str) -> None:
        self._has_charged |= state in LOOPS
        row = "end" if state == "PowerDelivery" and self._has_charged else state.removeprefix("DC")
        self._be(dataclasses.replace(self._car, **self._rows.get(row, {})))

    def _be(self, car: Car) -> None:
        if car != self._car:
            self._car = car
            self._tell(car)

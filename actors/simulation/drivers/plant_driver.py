"""What the drivers of simulated hardware have in common: they look at the plant and drive it."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from actors.drivers.base import Driver
from actors.simulation.placement import plant_of
from actors.simulation.plant.messages import Plant

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from actors.simulation.plant.messages import DeviceError
    from protocols.message import Command


class PlantDriver(Driver, abc.ABC):
    """A driver whose device is the plant of its EVSE. Its successor is shown the plant as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.plant: Plant | None = None
        """As it was seen last."""
        self._set_from_outside: AbstractSet[tuple[str, str, str]] = frozenset()
        """The errors that were set from outside, by their keys."""

    @property
    def plant_name(self) -> str:
        """The name of the hardware it drives."""
        return plant_of(self.config)

    def open_device(self) -> None:
        """Look at the plant."""
        self.subscribe(self.plant_name, Plant, self._look)

    def say_errors(self) -> None:
        """Not before the first look: a predecessor's errors stand until it is known that they are over."""
        if self.plant is not None:
            super().say_errors()

    def _look(self, plant: Plant) -> None:
        before, self.plant = self.plant, plant
        self.seen(plant, before)
        if before is None or plant.errors != before.errors:
            self._raise_set(plant.errors)
        if before is None:
            self.say_errors()

    def _raise_set(self, errors: tuple[DeviceError, ...]) -> None:
        """Raise what the device is to say of itself, and clear what it is not to say any more."""
        wanted = {each.key: each for each in errors}
        for interface, name in self._names_by_interface.items():
            raising = self._raising[interface]
            for origin, kind, sub_type in self._set_from_outside - wanted.keys():
                if origin == name:
                    raising.clear_error(kind, sub_type)
            for each in errors:
                if each.origin == name:
                    raising.raise_error(
                        each.type,
                        each.message,
                        sub_type=each.sub_type,
                        severity=each.severity,
                        vendor_id=each.vendor_id,
                    )
        self._set_from_outside = wanted.keys()

    @abc.abstractmethod
    def seen(self, plant: Plant, before: Plant | None) -> None:
        """The plant has changed; `before` is None at the first look."""

    def drive(self, command: Command) -> None:
        """Have the plant do something; what waits longer than its watchdog is not worth doing."""
        self.tell(self.plant_name, command, patience_s=0.5)

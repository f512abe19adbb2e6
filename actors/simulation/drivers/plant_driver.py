"""What the drivers of simulated hardware have in common: they look at the plant and drive it."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from actors.drivers.base import Driver
from actors.simulation.plant.messages import Plant

if TYPE_CHECKING:
    from protocols.message import Command


class PlantDriver(Driver, abc.ABC):
    """A driver whose device is the plant of its EVSE. Its successor is shown the plant as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.plant: Plant | None = None
        """As it was seen last."""

    @property
    def plant_name(self) -> str:
        """The name of the hardware it drives."""
        return str(self.config["plant"])

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
        if before is None:
            self.say_errors()

    @abc.abstractmethod
    def seen(self, plant: Plant, before: Plant | None) -> None:
        """The plant has changed; `before` is None at the first look."""

    def drive(self, command: Command) -> None:
        """Have the plant do something; what waits longer than its watchdog is not worth doing."""
        self.tell(self.plant_name, command, patience_s=0.5)

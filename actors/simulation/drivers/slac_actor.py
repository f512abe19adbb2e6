"""Actor of a simulated power line modem. EVerest interface `slac`; stands for SlacSimulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.drivers.base import Slac
from actors.simulation.drivers.plant_driver import PlantDriver
from actors.simulation.plant import messages
from protocols.types.slac import State

if TYPE_CHECKING:
    from actors.simulation.plant.messages import Plant


class SimulatedSlacActor(PlantDriver, Slac):
    """Child of EvseSupervisor. Its successor is shown whether the modems are matched still."""

    def reset_modem(self, *, enable: bool) -> None:
        """Start over."""
        self._listen(again=enable)

    def enter_bcd(self) -> None:
        """A car is there: look for it."""
        self.drive(messages.Listen(listening=True))

    def leave_bcd(self) -> None:
        """No car is there."""
        self.drive(messages.Listen(listening=False))

    def dlink_terminate(self) -> None:
        """The link is over."""
        self._listen(again=False)

    def dlink_error(self) -> None:
        """Once more."""
        self._listen(again=True)

    def dlink_pause(self) -> None:
        """The match is kept: nothing to do for a simulated modem."""

    def _listen(self, *, again: bool) -> None:
        self.drive(messages.Listen(listening=False))
        if again:
            self.drive(messages.Listen(listening=True))

    def seen(self, plant: Plant, before: Plant | None) -> None:
        """Tell what has changed."""
        if before is not None and plant.matched == before.matched:
            return
        self.tell_state(State.MATCHED if plant.matched else State.UNMATCHED)
        if plant.matched:
            self.tell_mac_address(plant.mac_address)
        self.tell_link(ready=plant.matched)

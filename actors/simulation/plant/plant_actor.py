"""Actor of the simulated hardware of one EVSE: what drivers drive and cars plug into."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from actors.engine.base import SiteActor
from actors.simulation.plant.hardware import DO, STEP_S, Hardware
from actors.simulation.plant.messages import Bay
from protocols.message import Reply

if TYPE_CHECKING:
    from actors.engine.base import Deferred
    from actors.simulation.plant.messages import Plant
    from protocols.message import Command

SHOWN_S: Final = 0.25
"""How often measurements are shown while power flows."""


class PlantActor(SiteActor):
    """Child of the simulation branch, one per EVSE with simulated hardware. It stands for hardware, so it is
    not meant to die; its successor begins with an empty outlet, open contactors and a meter at zero, as after
    a power cut, and the car says again that it is plugged in.
    """

    def on_start(self) -> None:
        """Show the hardware as it is."""
        self._hardware = Hardware(
            dc=bool(self.config.get("dc")), resets_meter=bool(self.config.get("resets_meter", True))
        )
        self._shown: Plant | None = None
        self._shown_s = 0.0
        self._occupied: bool | None = None
        self._look()

    def unsupported(self, command: Command) -> Reply | Deferred:
        """Every command of `hardware.DO` is done at once."""
        if type(command) not in DO:
            return super().unsupported(command)
        self._hardware.do(command, self.port.clock.now())
        self._look()
        return Reply()

    def _look(self) -> None:
        """Let time pass, show what has changed, and look again soon if anything moves."""
        self._hardware.pass_to(self.port.clock.now())
        seen, now_s = self._hardware.seen(), self.port.clock.monotonic_s()
        if self._differs(seen) or (seen != self._shown and now_s - self._shown_s >= SHOWN_S):
            self._shown, self._shown_s = seen, now_s
            self.publish(seen, self.grants[0].name, retain=True)
        if self._hardware.occupied is not self._occupied:
            self._occupied = self._hardware.occupied
            self.publish(Bay(occupied=self._occupied), self.grants[0].name, retain=True)
        if self._hardware.moving:
            self.start_timer("look", STEP_S, self._look)

    def _differs(self, seen: Plant) -> bool:
        """Whether more than what is measured has changed."""
        if self._shown is None:
            return True
        measured = {
            name: getattr(self._shown, name)
            for name in ("voltage_v", "current_a", "power_w", "energy_wh", "energy_back_wh", "output_v")
        }
        return dataclasses.replace(seen, **measured) != self._shown

"""Actor of the simulated hardware of one EVSE: what drivers drive and cars plug into."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.drivers.messages import BayState
from actors.engine.base import SiteActor, handles
from actors.engine.journal import Journal
from actors.engine.messages import RestartSite
from actors.simulation.plant.hardware import DO, STEP_S, Hardware
from actors.simulation.plant.messages import CutPower, PowerFails, Remembered
from actors.simulation.plant.outlasting import put_into, world_of
from actors.simulation.plant.register import MeterRegister, go_on
from protocols.message import Reply
from protocols.types.system import BootReason

if TYPE_CHECKING:
    from actors.engine.base import Deferred
    from actors.simulation.plant.messages import Plant
    from protocols.message import Command

SHOWN_S: Final = 0.25
"""How often measurements are shown while power flows."""
AGAIN_S: Final = 2.0
"""How often it is said that power has failed."""


class PlantActor(SiteActor):
    """Child of the simulation branch, one per EVSE with simulated hardware. It stands for hardware, so it is
    not meant to die; its successor begins with an empty outlet and open contactors, and the car says again
    that it is plugged in. Its meter goes on where it was (`register.py`), in this site and in the next. Where
    the power has failed (`PowerFails`), the first life in the next site begins with the car and the faults of
    before, too, and with open contactors.
    """

    def on_start(self) -> None:
        """Show the hardware as it is."""
        self._meter_file: MeterRegister | None = None
        self._is_kept = True
        self._hardware = Hardware(
            dc=bool(self.config.get("dc")), resets_meter=bool(self.config.get("resets_meter", True))
        )
        self._remember()
        self._read_meter()
        self._shown: Plant | None = None
        self._shown_s = 0.0
        self._occupied: bool | None = None
        self._look()

    @handles(PowerFails)
    def handle_power_fails(self, _command: PowerFails) -> Reply:
        """Write down what is there."""
        with self._memory() as memory:
            memory.append(Remembered(world=world_of(self._hardware)))
        return Reply()

    @handles(CutPower)
    def handle_cut_power(self, command: CutPower) -> Reply:
        """Have whoever runs the site end it as a power loss does."""
        self.start_timer("cut", command.after_s, self._cut)
        return Reply()

    def _cut(self) -> None:
        self.to_supervisor(RestartSite(reason=BootReason.POWER_UP, abrupt=True))
        self.start_timer("cut", AGAIN_S, self._cut)  # what is told may be lost

    @property
    def _file_name(self) -> str:
        return self.grants[0].name.replace(":", "_")

    def _memory(self) -> contextlib.closing[Journal]:
        path = Path(self.config["state"]) / f"{self._file_name}.journal"
        return contextlib.closing(Journal.open(path, now=self.port.clock.now()))

    def _remember(self) -> None:
        """The first life of a site begins where its power has failed, if it has."""
        if self._site_ready or "state" not in self.config:
            return
        with self._memory() as memory:
            state, records = memory.recover()
            items = [state, *(each.item for each in records)]
            last = next((each for each in reversed(items) if isinstance(each, Remembered)), Remembered())
            if last.world is not None:
                put_into(self._hardware, last.world)
                memory.snapshot(Remembered())

    def _read_meter(self) -> None:
        if "state" not in self.config:
            return
        path = Path(self.config["state"]) / f"{self._file_name}.register"
        self._meter_file = MeterRegister(path)
        try:
            go_on(self._hardware, self._meter_file.read())
        except (OSError, ValueError) as error:
            self.log.warning("meter_not_read", problem=str(error))

    def _keep_meter(self, *, exactly: bool = False) -> None:
        """What cannot be written is told of once, and the meter counts on."""
        if self._meter_file is None:
            return
        try:
            self._meter_file.keep(self._hardware, exactly=exactly)
            self._is_kept = True
        except OSError as error:
            if self._is_kept:
                self.log.warning("meter_not_kept", problem=str(error))
            self._is_kept = False

    def on_stop(self) -> None:
        """Leave the meter as it is."""
        self._hardware.pass_to(self.port.clock.now())
        self._keep_meter(exactly=True)

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
        self._keep_meter()
        seen, now_s = self._hardware.seen(), self.port.clock.monotonic_s()
        if self._differs(seen) or (seen != self._shown and now_s - self._shown_s >= SHOWN_S):
            self._shown, self._shown_s = seen, now_s
            self.publish(seen, self.grants[0].name, retain=True)
        if self._hardware.occupied is not self._occupied:
            self._occupied = self._hardware.occupied
            self.publish(BayState(occupied=self._occupied), self.grants[0].name, retain=True)
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

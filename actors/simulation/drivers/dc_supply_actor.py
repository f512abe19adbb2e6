"""Actor of a simulated DC supply with a meter at its output. EVerest interfaces `power_supply_DC` and
`powermeter`; stands for DCSupplySimulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.drivers.base import DcSupply
from actors.simulation.drivers.meter import SimulatedMeter
from actors.simulation.plant import messages
from actors.simulation.plant.messages import Fault, Flow
from protocols import errors
from protocols.interfaces import power_supply_dc
from protocols.types.error_history import Severity
from protocols.types.power_supply_dc import Capabilities, ChargingPhase, Mode

if TYPE_CHECKING:
    from actors.simulation.plant.messages import Plant

MODES: Final = {Flow.OFF: Mode.OFF, Flow.EXPORT: Mode.EXPORT, Flow.IMPORT: Mode.IMPORT}
MEASURED_S: Final = 0.25


class SimulatedDcSupplyActor(SimulatedMeter, DcSupply):
    """Child of EvseSupervisor. Its successor reads mode and measurement back from the plant."""

    def __init__(self) -> None:
        super().__init__()
        self._flow = Flow.OFF
        self._wanted: dict[Flow, tuple[float, float]] = {}

    def open_device(self) -> None:
        """Look at the plant, and tell what the supply can do."""
        super().open_device()
        self.tell_capabilities(self._capabilities())

    def on_ready(self) -> None:
        """Measure four times a second."""
        super().on_ready()
        self._measure()

    def _capabilities(self) -> Capabilities:
        own = self.implementation("main")
        back = bool(own["bidirectional"])
        return Capabilities(
            bidirectional=back,
            current_regulation_tolerance_a=1.0,
            peak_current_ripple_a=2.0,
            max_export_voltage_v=float(own["max_voltage"]),
            min_export_voltage_v=float(own["min_voltage"]),
            max_export_current_a=float(own["max_current"]),
            min_export_current_a=float(own["min_current"]),
            max_export_power_w=float(own["max_power"]),
            max_import_voltage_v=float(own["max_voltage"]) if back else None,
            min_import_voltage_v=float(own["min_voltage"]) if back else None,
            max_import_current_a=float(own["max_current"]) if back else None,
            min_import_current_a=float(own["min_current"]) if back else None,
            max_import_power_w=float(own["max_power"]) if back else None,
        )

    # -- what it does --------------------------------------------------------------------------------------

    def set_mode(self, mode: Mode, phase: ChargingPhase) -> None:  # noqa: ARG002  # it need not know what for
        """Switch; the set points of that direction hold."""
        self._flow = next((flow for flow, each in MODES.items() if each is mode), Flow.OFF)
        self._apply()
        if self._flow is Flow.OFF:
            self.soon(self._tell_output)  # without current there is nothing to wait for

    def set_export(self, voltage_v: float, current_a: float) -> None:
        """What to deliver."""
        self._wanted[Flow.EXPORT] = (voltage_v, current_a)
        self._apply()

    def set_import(self, voltage_v: float, current_a: float) -> None:
        """What to take."""
        self._wanted[Flow.IMPORT] = (voltage_v, current_a)
        self._apply()

    def _apply(self) -> None:
        if self._flow is not Flow.OFF and self.plant is None:
            return  # a predecessor's set points hold until they are known or set anew
        voltage_v, current_a = self._wanted.get(self._flow, (0.0, 0.0))
        own = self.implementation("main")
        self.drive(
            messages.SetSupply(
                flow=self._flow,
                voltage_v=min(max(0.0, voltage_v), float(own["max_voltage"])),
                current_a=min(max(0.0, current_a), float(own["max_current"])),
            )
        )

    # -- what it sees --------------------------------------------------------------------------------------

    def seen(self, plant: Plant, before: Plant | None) -> None:
        """Tell what has changed; a predecessor's mode holds until somebody sets another one."""
        super().seen(plant, before)
        broken = Fault.SUPPLY_BROKEN in plant.faults
        was_broken = before is not None and Fault.SUPPLY_BROKEN in before.faults
        if before is None or plant.flow is not before.flow or was_broken != broken:
            self.tell_mode(Mode.FAULT if broken else MODES[plant.flow])
        if before is None and not self._wanted:
            self._flow = plant.flow
            self._wanted[plant.flow] = (plant.set_v, plant.set_a)
        raising = self.errors_of(power_supply_dc)
        if broken:
            raising.raise_error(
                errors.PowerSupplyDc.HARDWARE_FAULT, "the supply is broken", severity=Severity.HIGH
            )
        else:
            raising.clear_error(errors.PowerSupplyDc.HARDWARE_FAULT)
        self._tell_output()

    def _measure(self) -> None:
        self._tell_output()
        self.start_timer("measure", MEASURED_S, self._measure)

    def _tell_output(self) -> None:
        if self.plant is not None:
            self.tell_measurement(voltage_v=self.plant.output_v, current_a=self.plant.current_a)

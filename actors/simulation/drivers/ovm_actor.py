"""Actor of a simulated over-voltage monitor. EVerest interface `over_voltage_monitor`, as OVMSimulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.drivers.base import OverVoltageMonitor
from actors.simulation.drivers.plant_driver import PlantDriver
from actors.simulation.plant import messages
from protocols import errors
from protocols.interfaces import over_voltage_monitor
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from actors.simulation.plant.messages import Plant


class SimulatedOvmActor(PlantDriver, OverVoltageMonitor):
    """Child of EvseSupervisor. Its successor watches while the output is alive, with limits told anew."""

    def __init__(self) -> None:
        super().__init__()
        self._watching = False
        self._emergency_v = self._error_v = float("inf")

    def set_limits(self, *, emergency_v: float, error_v: float) -> None:
        """The thresholds."""
        self._emergency_v, self._error_v = emergency_v, error_v

    def start_watching(self) -> None:
        """And play the faults that the site file asks for."""
        if self._watching:
            return
        self._watching = True
        own = self.implementation("main")
        delay_s = float(own["simulate_error_delay"])
        if own["simulate_emergency_shutdown"]:
            self.start_timer("fault", delay_s, lambda: self._shut_down(Severity.HIGH))
        elif own["simulate_error_shutdown"]:
            self.start_timer("fault", delay_s, lambda: self._shut_down(Severity.MEDIUM))

    def stop_watching(self) -> None:
        """The session is over."""
        self._watching = False
        self.cancel_timer("fault")

    def reset_error(self) -> None:
        """Ready for the next session."""
        self.stop_watching()
        self.errors_of(over_voltage_monitor).clear_all()

    def seen(self, plant: Plant, before: Plant | None) -> None:
        """Compare what the output carries with the limits."""
        if before is None and plant.closed:
            self._watching = True
        self.tell_voltage(plant.output_v)
        if not self._watching:
            return
        if plant.output_v > self._emergency_v:
            self._shut_down(Severity.HIGH)
        elif plant.output_v > self._error_v:
            self._shut_down(Severity.MEDIUM)

    def _shut_down(self, severity: Severity) -> None:
        """The device acts by itself, in an emergency, and tells afterwards."""
        if severity is Severity.HIGH:
            self.drive(messages.AllowPower(allowed=False))
        self.errors_of(over_voltage_monitor).raise_error(
            errors.OverVoltageMonitor.MREC5_OVER_VOLTAGE, "the output is too high", severity=severity
        )

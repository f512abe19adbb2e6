"""Actor of a simulated over-voltage monitor. EVerest interface `over_voltage_monitor`, as OVMSimulator."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from actors.drivers.base import OverVoltageMonitor
from actors.simulation.drivers.plant_driver import PlantDriver
from actors.simulation.plant import messages
from actors.simulation.plant.messages import Monitor, Trip
from protocols import errors
from protocols.interfaces import over_voltage_monitor
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.simulation.plant.messages import Plant

SEVERITIES: Final[Mapping[Trip, Severity]] = {Trip.ERROR: Severity.MEDIUM, Trip.EMERGENCY: Severity.HIGH}


class SimulatedOvmActor(PlantDriver, OverVoltageMonitor):
    """Child of EvseSupervisor. Its successor reads back from the device whether that watches, within which
    limits, and whether it has shut the output down.
    """

    def __init__(self) -> None:
        super().__init__()
        self._monitor = Monitor()
        self._told = False
        """By the connector, in this life: what the device remembers is older."""

    def _set(self, **changes: object) -> None:
        self._told = True
        self._monitor = dataclasses.replace(self._monitor, **changes)  # type: ignore[arg-type]  # callers name fields of Monitor
        self.drive(messages.SetMonitor(monitor=self._monitor))

    def set_limits(self, *, emergency_v: float, error_v: float) -> None:
        """The thresholds."""
        self._set(emergency_v=emergency_v, error_v=error_v)

    def start_watching(self) -> None:
        """And play the faults that the site file asks for."""
        if self._monitor.watching:
            return
        self._set(watching=True)
        own = self.implementation("main")
        delay_s = float(own["simulate_error_delay"])
        if own["simulate_emergency_shutdown"]:
            self.start_timer("fault", delay_s, lambda: self._shut_down(Trip.EMERGENCY))
        elif own["simulate_error_shutdown"]:
            self.start_timer("fault", delay_s, lambda: self._shut_down(Trip.ERROR))

    def stop_watching(self) -> None:
        """The session is over."""
        self._set(watching=False)
        self.cancel_timer("fault")

    def reset_error(self) -> None:
        """Ready for the next session."""
        self.stop_watching()
        self._set(trip=Trip.NONE)
        self.errors_of(over_voltage_monitor).clear_error(errors.OverVoltageMonitor.MREC5_OVER_VOLTAGE)

    def seen(self, plant: Plant, before: Plant | None) -> None:
        """Compare what the output carries with the limits."""
        if before is None:
            self._read_back(plant.monitor)
        self.tell_voltage(plant.output_v)
        if not self._monitor.watching:
            return
        if plant.output_v > (self._monitor.emergency_v or float("inf")):
            self._shut_down(Trip.EMERGENCY)
        elif plant.output_v > (self._monitor.error_v or float("inf")):
            self._shut_down(Trip.ERROR)

    def _read_back(self, monitor: Monitor) -> None:
        """What a predecessor has set holds until it is set anew."""
        if not self._told:
            self._monitor = monitor
            if monitor.trip is not Trip.NONE:
                self._raise(monitor.trip)

    def _shut_down(self, trip: Trip) -> None:
        """The device acts by itself, in an emergency, and tells afterwards."""
        if self._monitor.trip is not trip:
            self._set(trip=trip)
        if trip is Trip.EMERGENCY:
            self.drive(messages.AllowPower(allowed=False))
        self._raise(trip)

    def _raise(self, trip: Trip) -> None:
        self.errors_of(over_voltage_monitor).raise_error(
            errors.OverVoltageMonitor.MREC5_OVER_VOLTAGE, "the output is too high", severity=SEVERITIES[trip]
        )

"""Actor of a simulated isolation monitor. EVerest interface `isolation_monitor`; stands for IMDSimulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.drivers.base import IsolationMonitor
from actors.simulation.drivers.plant_driver import PlantDriver
from actors.simulation.plant.hardware import SOUND_OHM
from protocols.types.isolation_monitor import IsolationMeasurement

if TYPE_CHECKING:
    from actors.simulation.plant.messages import Plant

SELF_TEST_S: Final = 0.5


class SimulatedImdActor(PlantDriver, IsolationMonitor):
    """Child of EvseSupervisor. Its successor measures while the output is alive, as the device would, and
    ends the self-test that its predecessor may have begun: whoever wants none does not heed it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._measuring = False

    def seen(self, plant: Plant, before: Plant | None) -> None:
        """A predecessor that measured in the middle of a charge, or tested itself, is gone on from."""
        if before is None and (plant.closed or plant.output_v > 1.0):
            self.start_measuring()
            self.start_self_test(plant.output_v)

    def start_measuring(self) -> None:
        """Once at once, then at its own pace."""
        if not self._measuring:
            self._measuring = True
            self._measure()

    def stop_measuring(self) -> None:
        """No more."""
        self._measuring = False
        self.cancel_timer("measure")

    def start_self_test(self, test_voltage_v: float) -> None:  # noqa: ARG002  # a simulated device needs none
        """Takes a while, and ends as the site file says."""
        self.start_timer(
            "self-test", SELF_TEST_S, lambda: self.tell_self_test(passed=bool(self._own("selftest_success")))
        )

    def _measure(self) -> None:
        if self.plant is not None:
            sound = self.plant.resistance_ohm >= SOUND_OHM
            resistance_ohm = float(self._own("resistance_F_Ohm")) if sound else self.plant.resistance_ohm
            half_v = self.plant.voltage_v / 2
            self.tell_isolation(
                IsolationMeasurement(
                    resistance_f_ohm=resistance_ohm,
                    voltage_v=self.plant.voltage_v,
                    voltage_to_earth_l1e_v=half_v,
                    voltage_to_earth_l2e_v=half_v,
                )
            )
        self.start_timer("measure", self._own("interval") / 1000, self._measure)

    def _own(self, name: str) -> int:
        value: int = self.implementation("main")[name]
        return value

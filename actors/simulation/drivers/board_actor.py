"""Actor of a simulated board: pilot, contactor, lock, residual current device and meter. EVerest interfaces
`evse_board_support`, `connector_lock`, `ac_rcd`, `powermeter`; stands for YetiSimulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.drivers.base import Board, Lock, Rcd
from actors.drivers.base.board import Signal
from actors.simulation.drivers.meter import SimulatedMeter
from actors.simulation.plant import messages
from actors.simulation.plant.messages import Fault, Steady
from protocols import errors
from protocols.interfaces import ac_rcd, connector_lock, evse_board_support
from protocols.types.board_support_common import Ampacity, BspEventKind
from protocols.types.error_history import Severity
from protocols.types.evse_board_support import BoardConnectorType, HardwareCapabilities, Telemetry

if TYPE_CHECKING:
    from protocols.errors import ErrorType
    from protocols.types.evse_board_support import PowerOnOffReason

CAPABILITIES: Final = HardwareCapabilities(
    max_current_a_import=32.0,
    min_current_a_import=6.0,
    max_phase_count_import=3,
    min_phase_count_import=1,
    max_current_a_export=16.0,
    min_current_a_export=0.0,
    max_phase_count_export=3,
    min_phase_count_export=1,
    supports_changing_phases_during_charging=True,
    supports_cp_state_e=True,
    connector_type=BoardConnectorType.IEC62196_TYPE2_CABLE,
)
TELEMETRY_S: Final = 10.0
STEADY: Final = {Signal.X1: Steady.X1, Signal.E: Steady.E, Signal.F: Steady.F}
AMPACITIES: Final = {
    0: Ampacity.NONE,
    13: Ampacity.A_13,
    20: Ampacity.A_20,
    32: Ampacity.A_32,
    63: Ampacity.A_63_3PH_70_1PH,
}
BOARD_ERRORS: Final[tuple[tuple[Fault, ErrorType, str], ...]] = (
    (Fault.EMERGENCY_STOP, errors.EvseBoardSupport.MREC8_EMERGENCY_STOP, "the button is pressed"),
    (Fault.DIODE, errors.EvseBoardSupport.DIODE_FAULT, "no negative half wave on the pilot"),
)
"""What the board itself notices of a fault."""
RCD_ERRORS: Final = (errors.AcRcd.AC, errors.AcRcd.MREC2_GROUND_FAILURE)
"""What the residual current device says when it has tripped."""
LOCK_ERRORS: Final = (
    errors.ConnectorLock.CONNECTOR_LOCK_FAILED_LOCK,
    errors.ConnectorLock.CONNECTOR_LOCK_FAILED_UNLOCK,
    errors.ConnectorLock.MREC1_CONNECTOR_LOCK_FAILURE,
)
"""What the lock says when its motor does not move."""


class SimulatedBoardActor(SimulatedMeter, Board, Lock, Rcd):
    """Child of EvseSupervisor. Its successor reads everything back from the plant, which has gone on."""

    def on_ready(self) -> None:
        """Tell the board's own health now and then."""
        super().on_ready()
        self._tell_health()

    # -- what it does --------------------------------------------------------------------------------------

    def enable(self, *, in_service: bool) -> None:
        """A simulated outlet out of service is seen by its pilot, which the connector sets."""
        self.log.debug("board_enabled", in_service=in_service)

    def set_duty_cycle(self, duty_cycle_percent: float) -> None:
        """Square wave."""
        self.drive(messages.SetPilot(signal=Steady.PWM, duty_cycle_percent=duty_cycle_percent))

    def set_signal(self, signal: Signal) -> None:
        """Steady voltage."""
        self.drive(messages.SetPilot(signal=STEADY[signal]))

    def allow_power(self, *, allowed: bool, reason: PowerOnOffReason) -> None:  # noqa: ARG002  # all the same here
        """Contactor."""
        self.drive(messages.AllowPower(allowed=allowed))

    def switch_phases(self, *, three: bool) -> None:
        """One phase or three."""
        self.drive(messages.SetPhases(phases=3 if three else 1))

    def lock(self) -> None:
        """Lock the plug."""
        self._move_lock(locked=True)

    def unlock(self) -> None:
        """Release the plug."""
        self._move_lock(locked=False)

    def _move_lock(self, *, locked: bool) -> None:
        self.drive(messages.SetLock(locked=locked))
        self._judge_lock(locked=locked)

    def _judge_lock(self, *, locked: bool) -> None:
        """Whether it does what it was told."""
        raising = self.errors_of(connector_lock) if self.name_of(connector_lock) else None
        if raising is None:
            return
        kind = (
            errors.ConnectorLock.CONNECTOR_LOCK_FAILED_LOCK
            if locked
            else errors.ConnectorLock.CONNECTOR_LOCK_FAILED_UNLOCK
        )
        stuck = self.plant is not None and Fault.LOCK_STUCK in self.plant.faults
        if stuck and self.plant is not None and self.plant.locked != locked:
            for each in (kind, errors.ConnectorLock.MREC1_CONNECTOR_LOCK_FAILURE):
                raising.raise_error(each, "the motor does not move", severity=Severity.MEDIUM)
        elif not stuck:
            for each in LOCK_ERRORS:
                raising.clear_error(each)

    def self_test(self) -> None:
        """A simulated device passes."""

    def reset(self) -> bool:
        """Close the residual current device again, if what made it trip is gone."""
        gone = self.plant is not None and Fault.GROUND_FAULT not in self.plant.faults
        if gone:
            self.drive(messages.ResetRcd())
            for each in RCD_ERRORS:
                self.errors_of(ac_rcd).clear_error(each)
        return gone

    # -- what it sees --------------------------------------------------------------------------------------

    def seen(self, plant: messages.Plant, before: messages.Plant | None) -> None:
        """Tell what has changed."""
        super().seen(plant, before)
        if before is None:
            self.tell_capabilities(CAPABILITIES)
        if before is None or (Fault.LOCK_STUCK in before.faults and Fault.LOCK_STUCK not in plant.faults):
            self._judge_lock(locked=plant.lock_wanted)
        if before is None or plant.pin != before.pin:
            self.tell_event(BspEventKind(plant.pin))
        if before is None or plant.closed != before.closed:
            self.tell_event(BspEventKind.POWER_ON if plant.closed else BspEventKind.POWER_OFF)
        if before is None or plant.cable_a != before.cable_a:
            self.tell_cable(AMPACITIES.get(plant.cable_a, Ampacity.A_32))
        if before is None or plant.phases != before.phases:
            self.tell_phases(plant.phases)
        if before is None or plant.locked != before.locked:
            self.tell_locked(locked=plant.locked)
        self._see_faults(plant)

    def _see_faults(self, plant: messages.Plant) -> None:
        raising = self.errors_of(evse_board_support)
        for fault, kind, text in BOARD_ERRORS:
            if fault in plant.faults:
                raising.raise_error(kind, text, severity=Severity.HIGH)
            else:
                raising.clear_error(kind)
        if plant.tripped and self.name_of(ac_rcd):
            for kind in RCD_ERRORS:
                self.errors_of(ac_rcd).raise_error(kind, "30 mA", severity=Severity.HIGH)

    def _tell_health(self) -> None:
        self.tell_telemetry(
            Telemetry(
                evse_temperature_c=25.0,
                plug_temperature_c=25.0,
                fan_rpm=0.0,
                supply_voltage_12v=12.0,
                supply_voltage_minus_12v=-12.0,
                relais_on=self.plant is not None and self.plant.closed,
            )
        )
        self.start_timer("telemetry", TELEMETRY_S, self._tell_health)

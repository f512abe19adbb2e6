"""Base of boards: control pilot and contactor of one outlet. Answers interface `evse_board_support`."""

from __future__ import annotations

import abc
import dataclasses
import enum
from typing import TYPE_CHECKING, ClassVar

from actors.drivers.base.driver import WATCHDOG_S, Driver, switched_off
from actors.drivers.messages import BoardState
from actors.engine.base import handles
from protocols.interfaces import evse_board_support as bsp
from protocols.message import Reply
from protocols.types.board_support_common import BspEvent, BspEventKind, ProximityPilot
from protocols.types.evse_board_support import PowerOnOffReason

if TYPE_CHECKING:
    from types import ModuleType

    from protocols.types.board_support_common import Ampacity
    from protocols.types.evse_board_support import HardwareCapabilities, Telemetry
    from protocols.types.evse_manager import StopTransactionRequest

POWER = {BspEventKind.POWER_ON: True, BspEventKind.POWER_OFF: False}
"""The events that tell of the contactor; all others tell of the pilot."""


class Signal(enum.StrEnum):
    """A steady signal on the pilot."""

    X1 = "X1"
    """Constant +12 V."""
    E = "E"
    """0 V; only asked for where the capabilities promise it."""
    F = "F"
    """-12 V."""


class Board(Driver, abc.ABC):
    """A board whose hardware opens the contactor by itself when it has not heard `allow_power` for
    `WATCHDOG_S`. Its successor reads pilot and contactor back from the board.
    """

    provides: ClassVar[tuple[ModuleType, ...]] = (bsp,)

    def __init__(self) -> None:
        super().__init__()
        self._state = BoardState()

    # -- to be implemented ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def enable(self, *, in_service: bool) -> None:
        """Put the outlet in or out of service. Out of service it shows the car what the hardware has for that
        and obeys the last `set_duty_cycle` or `set_signal` when it is in service again.
        """

    @abc.abstractmethod
    def set_duty_cycle(self, duty_cycle_percent: float) -> None:
        """Give the pilot a square wave, above 0 and below 100 percent."""

    @abc.abstractmethod
    def set_signal(self, signal: Signal) -> None:
        """Give the pilot a steady voltage."""

    @abc.abstractmethod
    def allow_power(self, *, allowed: bool, reason: PowerOnOffReason) -> None:
        """Close the contactor, or open it at once.

        Leave to close is said again every 150 ms while it holds, and each time has to reach the hardware: its
        own watchdog opens the contactor when that falls silent for `WATCHDOG_S`, whichever process has died.
        Tell the feedback by `tell_event`, `PowerOn` or `PowerOff`, when it is there.
        """

    def switch_phases(self, *, three: bool) -> None:
        """Switch between one and three phases; only asked for where the capabilities promise it, and while
        the contactor is open. Tell the outcome by `tell_phases`.
        """

    def set_overcurrent_limit(self, limit_a: float) -> None:
        """Move the hardware's own overcurrent trip, if it has one; add a margin against false trips."""

    # -- to be called --------------------------------------------------------------------------------------

    def tell_event(self, kind: BspEventKind) -> None:
        """Tell of the pilot (A to F, as the car sets it) or of the contactor's feedback.

        What is true already may be told again. After a start both must be told once, as soon as they are
        known.
        """
        if kind in POWER:
            self._state = dataclasses.replace(self._state, power_on=POWER[kind])
        else:
            self._state = dataclasses.replace(self._state, pin=kind)
        self.say(bsp, self._state)
        self.say(bsp, bsp.Event(event=BspEvent(event=kind)))

    def tell_capabilities(self, capabilities: HardwareCapabilities) -> None:
        """Tell the limits: once after each start, before anything can be charged, and when they change."""
        self.say(bsp, bsp.Capabilities(capabilities=capabilities))

    def tell_cable(self, ampacity: Ampacity) -> None:
        """Sockets only: tell what the proximity pilot says of the cable, after a start and on each change."""
        self.say(bsp, bsp.AcPpAmpacity(proximity_pilot=ProximityPilot(ampacity=ampacity)))

    def tell_phases(self, phase_count: int) -> None:
        """AC: tell how many phases the car can have now, after a start and on each change."""
        self.say(bsp, bsp.AcNrOfPhasesAvailable(phase_count=phase_count))

    def tell_telemetry(self, telemetry: Telemetry) -> None:
        """Tell the health of the board, every few seconds."""
        self.say(bsp, bsp.Telemetry(telemetry=telemetry))

    def tell_stop_wanted(self, request: StopTransactionRequest) -> None:
        """Tell that somebody has pressed the stop button."""
        self.say(bsp, bsp.RequestStopTransaction(request=request), retain=False)

    # -- commands ------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """As every driver; and whoever holds the power on has to say so again in time."""
        super().on_start()
        self._watch_power()

    @handles(bsp.Enable)
    def handle_enable(self, cmd: bsp.Enable) -> Reply:
        """Put in or out of service."""
        self.enable(in_service=cmd.value)
        return Reply()

    @handles(bsp.PwmOn)
    def handle_pwm_on(self, cmd: bsp.PwmOn) -> Reply:
        """Square wave."""
        self.set_duty_cycle(cmd.duty_cycle_percent)
        return Reply()

    @handles(bsp.CpStateX1)
    def handle_cp_state_x1(self, _cmd: bsp.CpStateX1) -> Reply:
        """Constant +12 V."""
        self.set_signal(Signal.X1)
        return Reply()

    @handles(bsp.CpStateF)
    def handle_cp_state_f(self, _cmd: bsp.CpStateF) -> Reply:
        """-12 V."""
        self.set_signal(Signal.F)
        return Reply()

    @handles(bsp.CpStateE)
    def handle_cp_state_e(self, _cmd: bsp.CpStateE) -> Reply:
        """0 V."""
        self.set_signal(Signal.E)
        return Reply()

    @handles(bsp.AllowPowerOn)
    def handle_allow_power_on(self, cmd: bsp.AllowPowerOn) -> Reply:
        """Leave to close, which lapses, or the order to open."""
        if cmd.value.allow_power_on:
            self._watch_power()
        else:
            self.cancel_timer("power watchdog")
        self.allow_power(allowed=cmd.value.allow_power_on, reason=cmd.value.reason)
        return Reply()

    @handles(bsp.AcSwitchThreePhasesWhileCharging)
    def handle_ac_switch_three_phases_while_charging(
        self, cmd: bsp.AcSwitchThreePhasesWhileCharging
    ) -> Reply:
        """One phase or three."""
        self.switch_phases(three=cmd.value)
        return Reply()

    @handles(bsp.AcSetOvercurrentLimitA)
    def handle_ac_set_overcurrent_limit_a(self, cmd: bsp.AcSetOvercurrentLimitA) -> Reply:
        """Where the hardware trips."""
        self.set_overcurrent_limit(cmd.limit_a)
        return Reply()

    def _watch_power(self) -> None:
        self.start_timer("power watchdog", WATCHDOG_S, self._power_lapsed)

    def _power_lapsed(self) -> None:
        if self._state.power_on:
            self.log.error("power_lapsed", reason=switched_off("the leave to close the contactor"))
        self.allow_power(allowed=False, reason=PowerOnOffReason.POWER_OFF)

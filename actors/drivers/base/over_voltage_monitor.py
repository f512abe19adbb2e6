"""Base of overvoltage monitors. Answers interface `over_voltage_monitor`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

from actors.drivers.base.driver import Driver
from actors.engine.base import handles
from protocols.interfaces import over_voltage_monitor as ovm
from protocols.message import Reply

if TYPE_CHECKING:
    from types import ModuleType


class OverVoltageMonitor(Driver, abc.ABC):
    """A device that shuts the output down by itself (IEC 61851-23:2023, 6.3.1.106), and tells afterwards by
    `MREC5OverVoltage`: severity High for an emergency shutdown. Its successor reads back whether it watches,
    and within which limits.
    """

    provides: ClassVar[tuple[ModuleType, ...]] = (ovm,)

    # -- to be implemented ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def set_limits(self, *, emergency_v: float, error_v: float) -> None:
        """Above `emergency_v` the device shuts down at once, above `error_v` in an orderly way."""

    @abc.abstractmethod
    def start_watching(self) -> None:
        """Energy is about to flow; beginning again is no error."""

    @abc.abstractmethod
    def stop_watching(self) -> None:
        """The session is over."""

    @abc.abstractmethod
    def reset_error(self) -> None:
        """Make ready for another session: stop watching, and clear `MREC5OverVoltage`."""

    # -- to be called --------------------------------------------------------------------------------------

    def tell_voltage(self, voltage_v: float) -> None:
        """Tell what is measured, about once a second, if the device can."""
        self.say(ovm, ovm.VoltageMeasurementV(voltage_v=voltage_v))

    # -- commands ------------------------------------------------------------------------------------------

    @handles(ovm.SetLimits)
    def handle_set_limits(self, cmd: ovm.SetLimits) -> Reply:
        """Set the thresholds."""
        self.set_limits(
            emergency_v=cmd.emergency_over_voltage_limit_v, error_v=cmd.error_over_voltage_limit_v
        )
        return Reply()

    @handles(ovm.Start)
    def handle_ovm_start(self, _cmd: ovm.Start) -> Reply:
        """Begin to watch."""
        self.start_watching()
        return Reply()

    @handles(ovm.Stop)
    def handle_ovm_stop(self, _cmd: ovm.Stop) -> Reply:
        """Stop watching."""
        self.stop_watching()
        return Reply()

    @handles(ovm.ResetOverVoltageError)
    def handle_reset_over_voltage_error(self, _cmd: ovm.ResetOverVoltageError) -> Reply:
        """Make ready for another session."""
        self.reset_error()
        return Reply()

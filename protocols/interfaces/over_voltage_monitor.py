"""A fast device that watches the voltage of a DC output (IEC 61851-23:2023, 6.3.1.106).

It shuts down by itself and tells afterwards: `MREC5OverVoltage` of high severity for an emergency shutdown,
of lower severity for an error shutdown. The error stands until `ResetOverVoltageError`.
"""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from protocols import errors
from protocols.message import Command, Var, message

NAME: Final = "over_voltage_monitor"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.OverVoltageMonitor,)
"""What its providers may raise."""


@message
class SetLimits(Command):
    """Set the thresholds; they hold from now on, or from the next `Start`."""

    emergency_over_voltage_limit_v: Annotated[float, Field(alias="emergency_over_voltage_limit_V")]
    """Above it the device shuts down as an emergency."""
    error_over_voltage_limit_v: Annotated[float, Field(alias="error_over_voltage_limit_V")]
    """Above it the device shuts down in an orderly way; if that does not work, as an emergency."""


@message
class Start(Command):
    """Begin to watch; energy is about to flow."""


@message
class Stop(Command):
    """Stop watching; the session is over."""


@message
class ResetOverVoltageError(Command):
    """Make ready for another session: clear the error, and stop watching."""


@message
class VoltageMeasurementV(Var):
    """Measured now and then, to be compared with other devices at the same output."""

    everest_name: ClassVar[str | None] = "voltage_measurement_V"

    voltage_v: float

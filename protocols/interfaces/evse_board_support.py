"""The board at one outlet: control pilot and output contactors, for AC and DC.

Isolation monitor, residual current device and connector lock have interfaces of their own, even on the same
board. While disabled, the board remembers the last pilot command and obeys it when enabled again.
"""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "evse_board_support"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.EvseBoardSupport, errors.AcRcd)
"""What its providers may raise."""


@message
class Enable(Command):
    """Put the outlet in or out of service; out of service no session may begin."""

    value: bool
    """True is in service."""


@message
class PwmOn(Command):
    """Tell the car by the pilot what it may draw."""

    duty_cycle_percent: Annotated[float, Field(alias="value", ge=0, le=100)]
    """Above 0, below 100."""


@message
class CpStateX1(Command):
    """Hold the pilot at constant positive voltage: no permission to draw."""

    everest_name: ClassVar[str | None] = "cp_state_X1"


@message
class CpStateF(Command):
    """Hold the pilot at -12 V: the station is not available."""

    everest_name: ClassVar[str | None] = "cp_state_F"


@message
class CpStateE(Command):
    """Hold the pilot at 0 V, as if there were no station; not every hardware can."""

    everest_name: ClassVar[str | None] = "cp_state_E"


@message
class AllowPowerOn(Command):
    """Allow or forbid closing the contactors."""

    value: types.evse_board_support.PowerOnOff
    """Without permission they must open at once and stay open."""


@message
class AcSwitchThreePhasesWhileCharging(Command):
    """Switch between one and three phases under charge, with whatever sequence keeps the car from harm; not
    every hardware can.
    """

    value: bool
    """True means three phases, false one."""


@message
class AcSetOvercurrentLimitA(Command):
    """Set where the hardware's own overcurrent trip lies; never the duty cycle."""

    everest_name: ClassVar[str | None] = "ac_set_overcurrent_limit_A"

    limit_a: Annotated[float, Field(alias="value")]
    """The board adds a margin against false trips."""


@message
class Event(Var):
    """A change on the pilot or the contactors."""

    event: types.board_support_common.BspEvent


@message
class AcNrOfPhasesAvailable(Var):
    """The phases the car can have now."""

    phase_count: Annotated[int, Field(ge=1, le=3)]


@message
class Telemetry(Var):
    """Slow readings of the board's own health."""

    telemetry: types.evse_board_support.Telemetry


@message
class Capabilities(Var):
    """The board's limits; at least once at start, and again when they change."""

    capabilities: types.evse_board_support.HardwareCapabilities


@message
class AcPpAmpacity(Var):
    """The cable in the socket; of no meaning with a fixed cable."""

    proximity_pilot: types.board_support_common.ProximityPilot


@message
class RequestStopTransaction(Var):
    """Somebody at the board, by its button for instance, wants the transaction to end."""

    request: types.evse_manager.StopTransactionRequest

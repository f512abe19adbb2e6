"""The power supply behind a DC output.

A supply that is cut off from its hardware remembers the last mode and set points, applies them when the
hardware is back and only then clears the error.
"""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "power_supply_DC"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.PowerSupplyDc,)
"""What its providers may raise."""


@message
class SetMode(Command):
    """Switch the direction of energy. `Off` is answered when the current is low enough to open relays, or
    soon.
    """

    everest_name: ClassVar[str | None] = "setMode"

    mode: types.power_supply_dc.Mode
    phase: types.power_supply_dc.ChargingPhase
    """What for; most supplies need not care."""


@message
class SetExportVoltageCurrent(Command):
    """Set what to deliver, within the published capabilities."""

    everest_name: ClassVar[str | None] = "setExportVoltageCurrent"

    voltage_v: Annotated[float, Field(alias="voltage")]
    current_a: Annotated[float, Field(alias="current")]
    """The most to deliver."""


@message
class SetImportVoltageCurrent(Command):
    """Set what to take from the car, within the published capabilities."""

    everest_name: ClassVar[str | None] = "setImportVoltageCurrent"

    voltage_v: Annotated[float, Field(alias="voltage")]
    """Take current only while the output is above this."""
    current_a: Annotated[float, Field(alias="current")]
    """The most to take."""


@message
class VoltageCurrent(Var):
    """What the output carries; at least once a second."""

    measurement: types.power_supply_dc.VoltageCurrent


@message
class Mode(Var):
    """The direction of energy; on change."""

    mode: types.power_supply_dc.Mode


@message
class Capabilities(Var):
    """The supply's limits; at start as early as possible, and again when they change."""

    capabilities: types.power_supply_dc.Capabilities

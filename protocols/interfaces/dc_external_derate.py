"""Lowers the limits of a DC output from outside, by temperature for instance.

For AC, or the AC side of a DC charger, limit the energy node instead.
"""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "dc_external_derate"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class SetExternalDerating(Command):
    """Set upper bounds; the lower of these and the supply's own hold, absent ones do not bind."""

    derate: types.dc_external_derate.ExternalDerating
    """The bounds."""


@message
class PlugTemperatureC(Var):
    """Temperature of the plug, for those who derate by it."""

    everest_name: ClassVar[str | None] = "plug_temperature_C"

    temperature_c: float

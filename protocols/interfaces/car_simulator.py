"""A simulated car that plugs in, charges and leaves as it is told."""

from typing import Annotated, Final

from pydantic import Field

from protocols import errors
from protocols.message import Command, Var, message

NAME: Final = "car_simulator"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class Enable(Command):
    """Switch the simulation on or off."""

    enabled: Annotated[bool, Field(alias="value")]


@message
class ExecuteChargingSession(Command):
    """Play a session."""

    commands: Annotated[str, Field(alias="value")]
    """What the car does, in the simulator's command language."""


@message
class Enabled(Var):
    """Whether the simulation is on."""

    enabled: bool

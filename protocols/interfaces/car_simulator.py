"""A simulated car that plugs in, charges and leaves as it is told."""

from typing import Final

from protocols import errors
from protocols.message import Command, Var, message

NAME: Final = "car_simulator"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class Enable(Command):
    """Switch the simulation on or off."""

    value: bool
    """True is on."""


@message
class ExecuteChargingSession(Command):
    """Play a session."""

    value: str
    """What the car does, in the simulator's command language."""


@message
class Enabled(Var):
    """Whether the simulation is on."""

    enabled: bool

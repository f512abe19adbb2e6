"""The random delay that British smart charging rules ask for, for a whole EVSE. Off at start."""

from typing import Annotated, Final

from pydantic import Field

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "uk_random_delay"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class Enable(Command):
    """Use delays from now on."""


@message
class Disable(Command):
    """Use no delays any more."""


@message
class Cancel(Command):
    """End the running delay, as if its time were up."""


@message
class SetDurationS(Command):
    """Set the longest delay; 600 s at start."""

    duration_s: Annotated[int, Field(alias="value")]


@message
class Countdown(Var):
    """How much of the running delay is left."""

    countdown: types.uk_random_delay.CountDown

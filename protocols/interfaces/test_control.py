"""Drives a simulated car from a test."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from protocols import errors
from protocols.message import Command, Reply, Var, message

NAME: Final = "test_control"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class StartChargingReply(Reply):
    """Answer to `StartCharging`."""

    state: str
    """What the car does now."""


@message
class StartCharging(Command):
    """Have the car begin to charge."""

    answer: ClassVar[type[Reply]] = StartChargingReply

    mode: Annotated[str, Field(min_length=1, max_length=20)]
    """Way of charging, `iso15118` for instance."""


@message
class State(Var):
    """What the test control does."""

    state: str

"""A store of values by name that outlives restarts."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from protocols import errors
from protocols.message import Command, Json, Reply, message

NAME: Final = "kvs"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class Store(Command):
    """Put a value under a key."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]*$")]
    value: Json
    """Any JSON value."""


@message
class LoadReply(Reply):
    """Answer to `Load`."""

    value: Json
    """Null also when there is none."""


@message
class Load(Command):
    """Ask for the value under a key."""

    answer: ClassVar[type[Reply]] = LoadReply

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")]


@message
class Delete(Command):
    """Remove a key and its value."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")]


@message
class ExistsReply(Reply):
    """Answer to `Exists`."""

    exists: bool


@message
class Exists(Command):
    """Ask whether there is a value under a key."""

    answer: ClassVar[type[Reply]] = ExistsReply

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")]

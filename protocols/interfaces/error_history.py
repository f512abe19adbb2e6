"""The record of errors, past and present."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, message

NAME: Final = "error_history"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class GetErrorsReply(Reply):
    """Answer to `GetErrors`."""

    errors: tuple[types.error_history.ErrorObject, ...]


@message
class GetErrors(Command):
    """Ask for the errors that pass a filter."""

    answer: ClassVar[type[Reply]] = GetErrorsReply

    filters: types.error_history.FilterArguments

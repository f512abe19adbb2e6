"""A judge of tokens: the CSMS, a local list. Auth asks all of them."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, Var, message

NAME: Final = "auth_token_validator"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.Generic,)
"""What its providers may raise."""


@message
class ValidateTokenReply(Reply):
    """Answer to `ValidateToken`."""

    validation_result: types.authorization.ValidationResult


@message
class ValidateToken(Command):
    """Ask for the verdict on a token."""

    answer: ClassVar[type[Reply]] = ValidateTokenReply

    provided_token: types.authorization.ProvidedIdToken


@message
class ValidateResultUpdate(Var):
    """The verdict on a token has changed since, for instance with the CSMS's answer to a started
    transaction.
    """

    update: types.authorization.ValidationResultUpdate

"""The source of the token that stands on the customer's bank statement."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, message

NAME: Final = "bank_session_token_provider"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class GetBankSessionTokenReply(Reply):
    """Answer to `GetBankSessionToken`."""

    token: types.payment_terminal.BankSessionToken


@message
class GetBankSessionToken(Command):
    """Ask for a token for the next payment."""

    answer: ClassVar[type[Reply]] = GetBankSessionTokenReply

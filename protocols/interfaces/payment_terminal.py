"""A bank card terminal."""

from typing import Final

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "payment_terminal"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.PaymentTerminal,)
"""What its providers may raise."""


@message
class EnableCardReading(Command):
    """Set which cards may be used for one connector."""

    supported_cards: tuple[types.authorization.AuthorizationType, ...]
    """None of them switches the connector off."""
    connector_id: int


@message
class AllowAllCardsForEveryConnector(Command):
    """Accept every card for every connector, as after start."""


@message
class BankTransactionSummary(Var):
    """A payment was booked."""

    summary: types.payment_terminal.BankTransactionSummary

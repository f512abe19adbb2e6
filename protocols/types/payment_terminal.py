"""What a bank card terminal and the station agree on for accounting.

Mirror of EVerest's types file `payment_terminal`.
"""

from protocols.message import message


@message
class BankSessionToken:
    """What ties a payment on a bank statement to a session."""

    token: str | None = None
    """Short, printable, compared without regard to case."""


@message
class BankTransactionSummary:
    """What the terminal says about a payment it has booked."""

    session_token: BankSessionToken | None = None
    """By which the user finds the invoice."""
    transaction_data: str | None = None
    """The bank's own record; not interpreted here."""

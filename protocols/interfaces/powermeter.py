"""A meter, signing or not, AC or DC."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, Var, message

NAME: Final = "powermeter"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.Generic,)
"""What its providers may raise."""


@message
class StartTransactionReply(Reply):
    """Answer to `StartTransaction`."""

    response: types.powermeter.TransactionStartResponse


@message
class StartTransaction(Command):
    """Have the meter open a signed record."""

    answer: ClassVar[type[Reply]] = StartTransactionReply

    value: types.powermeter.TransactionReq
    """What the record says about the user."""


@message
class StopTransactionReply(Reply):
    """Answer to `StopTransaction`."""

    response: types.powermeter.TransactionStopResponse


@message
class StopTransaction(Command):
    """Have the meter close a signed record and hand it over."""

    answer: ClassVar[type[Reply]] = StopTransactionReply

    transaction_id: str
    """An empty text closes whatever is still open, after a restart for instance."""


@message
class Powermeter(Var):
    """The newest reading."""

    powermeter: types.powermeter.Powermeter


@message
class PublicKeyOcmf(Var):
    """The key to verify the meter's records with."""

    public_key: str

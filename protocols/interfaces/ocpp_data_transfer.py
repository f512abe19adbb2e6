"""A vendor's own messages to the CSMS."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, message

NAME: Final = "ocpp_data_transfer"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class DataTransferReply(Reply):
    """Answer to `DataTransfer`."""

    response: types.ocpp.DataTransferResponse


@message
class DataTransfer(Command):
    """Send a message and await the CSMS's answer."""

    answer: ClassVar[type[Reply]] = DataTransferReply

    request: types.ocpp.DataTransferRequest

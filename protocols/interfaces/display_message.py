"""A display, or whoever stores messages and shows them when it is their time.

A message tied to a session goes when the session ends.
"""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, message

NAME: Final = "display_message"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class SetDisplayMessageReply(Reply):
    """Answer to `SetDisplayMessage`."""

    response: types.display_message.SetDisplayMessageResponse


@message
class SetDisplayMessage(Command):
    """Store messages; one with a known id takes the place of the older one."""

    answer: ClassVar[type[Reply]] = SetDisplayMessageReply

    request: tuple[types.display_message.DisplayMessage, ...]
    """The messages."""


@message
class GetDisplayMessagesReply(Reply):
    """Answer to `GetDisplayMessages`."""

    response: types.display_message.GetDisplayMessageResponse


@message
class GetDisplayMessages(Command):
    """Ask for stored messages."""

    answer: ClassVar[type[Reply]] = GetDisplayMessagesReply

    request: types.display_message.GetDisplayMessageRequest


@message
class ClearDisplayMessageReply(Reply):
    """Answer to `ClearDisplayMessage`."""

    response: types.display_message.ClearDisplayMessageResponse


@message
class ClearDisplayMessage(Command):
    """Remove one stored message."""

    answer: ClassVar[type[Reply]] = ClearDisplayMessageReply

    request: types.display_message.ClearDisplayMessageRequest

"""Messages that wait to be shown on the station's display, and the requests that manage them.

Mirror of EVerest's types file `display_message`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message
from protocols.types import text_message


class IdentifierType(enum.StrEnum):
    """What kind of id ties a message to one user or session."""

    ID_TOKEN = "IdToken"  # noqa: S105  # names a kind of token
    SESSION_ID = "SessionId"
    TRANSACTION_ID = "TransactionId"


class MessagePriorityEnum(enum.StrEnum):
    """Which of several messages is shown."""

    ALWAYS_FRONT = "AlwaysFront"
    """Shown alone, before everything else; a newer one takes its place."""
    IN_FRONT = "InFront"
    """Shown before the normal ones; several take turns."""
    NORMAL_CYCLE = "NormalCycle"
    """Takes turns with the other normal ones."""


class MessageStateEnum(enum.StrEnum):
    """The station state in which a message is shown."""

    CHARGING = "Charging"
    FAULTED = "Faulted"
    IDLE = "Idle"
    UNAVAILABLE = "Unavailable"
    SUSPENDING = "Suspending"
    DISCHARGING = "Discharging"


class DisplayMessageStatusEnum(enum.StrEnum):
    """Whether a display took a message, and if not why not."""

    ACCEPTED = "Accepted"
    NOT_SUPPORTED_MESSAGE_FORMAT = "NotSupportedMessageFormat"
    REJECTED = "Rejected"
    NOT_SUPPORTED_PRIORITY = "NotSupportedPriority"
    NOT_SUPPORTED_STATE = "NotSupportedState"
    UNKNOWN_TRANSACTION = "UnknownTransaction"
    """The session or transaction it is tied to does not exist."""


class ClearMessageResponseEnum(enum.StrEnum):
    """What came of removing a message."""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"
    """There is no message with that id."""


@message
class DisplayMessage:
    """A message with the conditions for showing it."""

    id: int | None = None
    """Number by which it is replaced or removed."""
    priority: MessagePriorityEnum | None = None
    """Absent means `NormalCycle`."""
    state: MessageStateEnum | None = None
    """Shown in this state only; absent means in any."""
    timestamp_from: Timestamp | None = None
    """Absent means at once."""
    timestamp_to: Timestamp | None = None
    """Removed after this moment; absent means never by time."""
    identifier_id: Annotated[str | None, Field(max_length=36)] = None
    """The user, session or transaction it is for; it is removed when that session ends."""
    identifier_type: IdentifierType | None = None
    """How to read `identifier_id`; absent means a session id."""
    message: text_message.MessageContent
    qr_code: str | None = None
    """Content of a QR code that leads to more."""


@message
class SetDisplayMessageResponse:
    """Whether the messages will be shown."""

    status: DisplayMessageStatusEnum
    status_info: str | None = None
    """Detail for people."""


@message
class GetDisplayMessageRequest:
    """A filter over the stored messages; every condition that is absent lets all pass."""

    id: tuple[int, ...] | None = None
    """Numbers of the wanted messages."""
    priority: MessagePriorityEnum | None = None
    state: MessageStateEnum | None = None


@message
class GetDisplayMessageResponse:
    """The stored messages that passed the filter."""

    status_info: str | None = None
    """Detail for people."""
    messages: tuple[DisplayMessage, ...] | None = None
    """Absent or empty when none passed."""


@message
class ClearDisplayMessageRequest:
    """Which message to remove."""

    id: int


@message
class ClearDisplayMessageResponse:
    """Whether the message was removed."""

    status: ClearMessageResponseEnum
    status_info: str | None = None
    """Detail for people."""

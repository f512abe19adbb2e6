"""What the charge point itself keeps, beside what its blocks keep: messages to be sent, and answers given."""

import enum

from protocols.message import Timestamp, message


class Rank(enum.IntEnum):
    """In which order messages wait, and which of them are given up when there are too many."""

    BOOT = 0
    """Goes out before anything else is allowed to."""
    TRANSACTION = 1
    """One after the other in the order they were made, until acknowledged."""
    ASKED = 2
    """What the CSMS has asked for, reports for example: may go out while it keeps our boot pending (B02)."""
    OTHER = 3
    """In their order beside the transactions'; given up after some attempts or when too old."""


class Weight(enum.IntEnum):
    """What is given up first when the disk's share is used up; the lightest first."""

    SAMPLE = 0
    """Meter values in the midst of a transaction, and those outside of one."""
    NEWS = 1
    """Status, events, reports: what a later message says as well."""
    STEP = 2
    """A transaction has changed its state."""
    NEVER = 3
    """Start and end of transactions, boot, security events: never given up for space."""


@message
class Queued:
    """A message of ours that the CSMS has not answered yet."""

    number: int
    """Its place; never given twice."""
    message_id: str
    action: str
    payload: str
    """JSON in the shape of OCPP 2.1."""
    rank: Rank
    weight: Weight
    made_at: Timestamp
    keep_s: float | None = None
    """After this time nobody wants it any more; None: however late."""
    attempts: int = 0
    """How often the CSMS has answered it with an error, or not in time."""
    not_before: Timestamp | None = None
    """When it may be tried again."""
    transaction_id: str = ""
    """The transaction it belongs to."""

    @property
    def key(self) -> str:
        """By its number."""
        return str(self.number)


@message
class Answered:
    """How a call of the CSMS was answered, for a link that asks again because nobody told it."""

    message_id: str
    payload: str = ""
    code: str = ""
    description: str = ""
    connection: int = 0
    """Over which it was asked: back-ends are seen that number their calls from 1 over each connection."""

    @property
    def key(self) -> str:
        """The last answer only: the CSMS has one call open at a time."""
        return ""


@message
class Numbered:
    """The last number given to a message."""

    last: int

    @property
    def key(self) -> str:
        """There is one."""
        return ""

"""What goes over the wire between two actors of ours: a message and what is needed to route it. Pure."""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

import msgpack

MAX_NAME: Final = 200


class Kind(enum.IntEnum):
    """What the receiver is expected to do."""

    TELL = 0
    """Take note; nobody waits for an answer."""
    REQUEST = 1
    """Answer exactly once, with the same id."""
    RESPONSE = 2
    """The answer to the request with that id."""
    PUBLISH = 3
    """A variable of the name in `about`."""


_KINDS: Final[dict[int, Kind]] = {int(kind): kind for kind in Kind}
_TYPES: Final = [int, int, str, str, bool, bytes, float]
"""Of an envelope's fields on the wire, exactly: a bool is no number."""


class EnvelopeError(ValueError):
    """A name that is too long; or authentic bytes that are no envelope: another version on another host."""


class Envelope(NamedTuple):
    """One message under way."""

    kind: Kind
    id: int
    """Of the request; of a message told to a name, its place in the order of its sender; else 0."""
    sender: str
    """Path of the actor that sent it."""
    about: str
    """The logical name it was sent to, or that published it; empty between supervisor and child."""
    patient: bool
    """Whether it may wait for the name to be served."""
    payload: bytes
    """The encoded message."""
    deadline_s: float = 0.0
    """Until when its sender keeps it for a name that is down, by the sender's own clock."""

    def pack(self) -> bytes:
        """The bytes of this envelope. Raises EnvelopeError for a name that no receiver would take."""
        if len(self.sender) > MAX_NAME or len(self.about) > MAX_NAME:
            raise EnvelopeError(f"names have at most {MAX_NAME} characters: {self.sender!r}, {self.about!r}")
        packed: bytes = msgpack.packb(tuple(self))
        return packed


def tag_in(payload: bytes) -> str:
    """The tag of an encoded message, for a log; "?" where there is none. The rest is not looked at."""
    reader = msgpack.Unpacker()
    reader.feed(payload[: 2 * MAX_NAME])
    try:
        reader.read_array_header()
        tag = reader.unpack()
    except (ValueError, msgpack.UnpackException):
        return "?"
    return tag if isinstance(tag, str) else "?"


def unpack(data: bytes) -> Envelope:
    """The envelope in these bytes. Raises EnvelopeError."""
    try:
        fields = msgpack.unpackb(data)
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise EnvelopeError(f"not msgpack: {error}") from error
    if isinstance(fields, list) and list(map(type, fields)) == _TYPES:  # class patterns cost ten times that
        kind, number, sender, about, waits, payload, end_s = fields
        if kind in _KINDS and number >= 0 and len(sender) <= MAX_NAME and len(about) <= MAX_NAME:
            return Envelope(_KINDS[kind], number, sender, about, waits, payload, end_s)
    raise EnvelopeError("not an envelope")

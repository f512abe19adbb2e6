"""What the hub wants done, and by what clocks it goes. Declarations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # read at run time by whoever asks for the hints
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from protocols.message import Command


class Moment(NamedTuple):
    """Now, by both clocks."""

    s: float
    """Monotonic."""
    at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Send:
    """A text to a connection; `written` is to be told when the peer has been given it."""

    connection: int
    text: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Silent:
    """What came over this connection needs no answer; only told where somebody waits for one."""

    connection: int


@dataclass(frozen=True, slots=True)
class Close:
    """End a connection, with a code of RFC 6455, 7.4."""

    connection: int
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class AskActor:
    """Ask an actor; `replied` is to be told its reply under this number."""

    number: int
    name: str
    command: Command
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Signal:
    """Send a signal to one of the site's processes."""

    pid: int
    number: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the log."""

    event: str
    detail: str


@dataclass(frozen=True, slots=True)
class Follow:
    """What somebody listens to has changed: all topics, and whose variables ("*": everybody's)."""

    topics: frozenset[str]
    names: frozenset[str]


Effect = Send | Silent | Close | AskActor | Signal | Note | Follow

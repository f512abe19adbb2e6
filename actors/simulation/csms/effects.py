"""What the simulated back-end wants done: said by the core, carried out by the server. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actors.simulation.csms.record import Entry
    from protocols.ocpp.frames import Payload


@dataclass(frozen=True, slots=True)
class Say:
    """Send a message: text, or bytes for a binary one, in so many fragments."""

    connection: int
    data: str | bytes
    fragments: int = 1


@dataclass(frozen=True, slots=True)
class Close:
    """End a connection with a close code."""

    connection: int
    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """End the TCP connection without a word."""

    connection: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """Read nothing any more, not even pings, and leave the socket open."""

    connection: int


@dataclass(frozen=True, slots=True)
class Write:
    """Put an entry into the record."""

    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a call of ours."""

    answered: bool
    """With CALLRESULT; `payload` holds it."""
    payload: Payload | None = None
    code: str = ""
    """Of the CALLERROR; else Timeout, Lost, NotSent or Invalid."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Settle:
    """Tell whoever asked for a call by this number what became of it."""

    ticket: int
    outcome: Outcome


Effect = Say | Close | Cut | Freeze | Write | Settle

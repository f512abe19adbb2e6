"""What goes into a simulated car and what comes out of it. Pure data.

What both sides of a talk have in common is that of the station's core (`actors.v2g.secc.exchange`).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actors.v2g.secc.exchange import (
    CancelTimer,
    Close,
    Disconnected,
    Expired,
    Level,
    Note,
    Received,
    Send,
    StartTimer,
    Tls,
)

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from actors.simulation.ev.outcome import Outcome

__all__ = [
    "Awaited",
    "CancelTimer",
    "Close",
    "Connect",
    "Connected",
    "Disconnected",
    "Drop",
    "Effect",
    "Exchanged",
    "Expired",
    "Finished",
    "Input",
    "Level",
    "Measured",
    "Note",
    "Order",
    "Ordered",
    "Pilot",
    "Plugged",
    "Received",
    "Send",
    "SendRaw",
    "SetPilot",
    "StartTimer",
    "Tls",
]


class Pilot(enum.StrEnum):
    """The state of the control pilot that the car makes (IEC 61851-1)."""

    UNPLUGGED = "A"
    PLUGGED = "B"
    READY = "C"


class Order(enum.StrEnum):
    """What somebody may tell a car while it charges; it goes before the script."""

    STOP = "stop"
    PAUSE = "pause"
    """For a second."""
    RENEGOTIATE = "renegotiate"
    HOLD = "hold"
    """Pause until `RESUME`."""
    SUSPEND = "suspend"
    """Take no energy until `RESUME`, and go on talking."""
    RESUME = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugged:
    """The script begins: the car is plugged in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """What `Connect` asked for is there; with the handshake's result where TLS is spoken."""

    tls: Tls | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Somebody tells the car what to do."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the car measures at its inlet; from then on it counts instead of what the station says."""

    voltage_v: Decimal
    current_a: Decimal
    """Of one phase; negative out of the car."""


Input = Plugged | Connected | Received | Expired | Disconnected | Ordered | Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Find the station and connect to it: `Connected` or `Disconnected` follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRaw:
    """Send bytes as they are: what a faulty car sends."""

    data: bytes = field(repr=False)
    chunk_bytes: int = 0
    """Sent in pieces of this size; 0: at once."""
    every_s: float = 0.0
    """The time between two pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Close the connection without a word, not even TLS's own: what a faulty car does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPilot:
    """Put the control pilot to a state."""

    pilot: Pilot


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """A request was answered, for the record."""

    phase: str
    request: str
    response: str
    code: str
    """The response code; empty where there is none."""
    sent_at: datetime
    took_s: float
    """From the request out to the response in."""
    request_bytes: int
    response_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A request that was sent and is not answered yet."""

    name: str
    sent_at: datetime
    size: int
    channel: int
    """The payload type; the answer comes with the same one."""

    def answered(self, phase: str, response: str, code: str, *, took_s: float, size: int) -> Exchanged:
        """Request and answer, for the record."""
        return Exchanged(
            phase=phase,
            request=self.name,
            response=response,
            code=code,
            sent_at=self.sent_at,
            took_s=took_s,
            request_bytes=self.size,
            response_bytes=size,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The script is over; nothing comes after it."""

    outcome: Outcome


Effect = (
    Connect
    | Send
    | SendRaw
    | Drop
    | StartTimer
    | CancelTimer
    | Close
    | Note
    | SetPilot
    | Exchanged
    | Finished
)

"""What goes into the core and what comes out of it. Pure data.

Inputs come one at a time; the effects of an input are carried out in order, all of them, once, after the
state that came with them has been stored.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from protocols.message import Command, Reply, Var
from protocols.types.evse_manager import HlcSessionFailedReasonEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What the handshake with a car gave."""

    version: str
    """`TLSv1.2` or `TLSv1.3`."""
    cipher: str
    client_chain: tuple[bytes, ...] = field(default=(), repr=False)
    """The car's certificates, DER, leaf first; empty without client authentication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A car has connected, and shaken hands where TLS is spoken: a talk begins."""

    tls: Tls | None
    """None on plain TCP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One V2GTP frame of the car; its size is bounded, its content is not to be trusted."""

    payload_type: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A command of `ISO15118_charger` or `iso15118_extensions`."""

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A variable that a connected module has published, for instance the services of a VAS provider."""

    requirement: str
    """The requirement it came by, `iso15118_vas`, and its place among several."""
    index: int
    variable: Var


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The reply to an `Ask` of this talk; answers to an earlier talk's asks never get here."""

    ask: str
    reply: Reply
    """Failure, also when the deadline has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """A timer of this talk has run down."""

    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The connection is gone; the talk ends with it, unless the car paused it."""

    reason: str


Input = Connected | Received | Told | Heard | Answered | Expired | Disconnected


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send one V2GTP frame."""

    payload_type: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Publish a variable of `ISO15118_charger` or `iso15118_extensions`."""

    variable: Var


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Send a command to a connected module; the reply comes back as `Answered`."""

    ask: str
    """Names it; a later one of the same name takes its place."""
    requirement: str
    """`security` or `iso15118_vas`."""
    index: int = 0
    """Which of several that stand behind the requirement."""
    command: Command
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimer:
    """Let `Expired` come after that time; a timer of that name that runs already starts anew."""

    timer: str
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTimer:
    """Stop a timer; no harm if it does not run."""

    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Close the connection once everything before has been sent."""

    reason: str
    failed: HlcSessionFailedReasonEnum | None = None
    """Set where the talk has failed, which is then published as `HlcSessionFailed`."""
    after_s: float = 0.0
    """How long the car is given to close it itself."""


class Level(enum.StrEnum):
    """How much a note matters."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Write something down: the log, and the counter of that event."""

    event: str
    """Snake case, as all events of the log."""
    level: Level = Level.INFO
    facts: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    """No secrets, and nothing of the car's longer than 100 characters."""


Effect = Send | Publish | Ask | StartTimer | CancelTimer | Close | Note

"""What a charge point knows in this life alone; its successor learns it anew. Declarations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from actors.ocpp.entries import Queued, Rank

if TYPE_CHECKING:
    from datetime import datetime

    from actors.ocpp.inputs import Purpose
    from actors.ocpp.messages import Called, LinkState

T = TypeVar("T")


@dataclass(slots=True)
class Direct:
    """A call somebody waits for: it goes out before what is queued, or not at all."""

    message_id: str
    action: str
    payload: str
    purpose: Purpose


CLIENT_CERTIFICATE: Final = 3
"""The security profile in which the CSMS asks for ours."""
OVERHEAD_BYTES: Final = 256
"""What a queued message takes on the disk beside its payload."""


@dataclass(slots=True)
class Waiting:
    """Where the queued messages stand, so that nobody has to go through all of them."""

    keys: dict[Rank, dict[str, int]] = field(default_factory=lambda: {rank: {} for rank in Rank})
    """By rank: the keys in the order of their numbers, with their bytes."""
    total_bytes: int = 0

    def add(self, queued: Queued) -> None:
        """A message has been queued."""
        size = len(queued.payload) + OVERHEAD_BYTES
        self.keys[queued.rank][queued.key] = size
        self.total_bytes += size

    def remove(self, queued: Queued) -> int:
        """A message is gone; return its bytes."""
        size = self.keys[queued.rank].pop(queued.key, 0)
        self.total_bytes -= size
        return size

    def first(self, rank: Rank) -> str | None:
        """The key of the first message of a rank."""
        return next(iter(self.keys[rank]), None)


@dataclass(slots=True)
class Live:
    """All of it. Each block has a part of its own in `blocks`, of the class it asks for."""

    link: LinkState | None = None
    accepted: bool = False
    """The CSMS has accepted our boot over this connection or an earlier one of this life (B01, B02, B03)."""
    pending: bool = False
    """It has kept our boot pending: what it asks for may be sent (B02)."""
    rejected: bool = False
    """It has rejected our boot: it may ask for another one, and for nothing else (B03)."""
    stopped: bool = False
    """`ocpp.Stop` was said: nothing is sent and nothing is kept (S8.10)."""
    direct: list[Direct] = field(default_factory=list)
    waiting: Waiting = field(default_factory=Waiting)
    open_call: Queued | Direct | None = None
    """What the link has in hand."""
    resume_at: datetime | None = None
    """Queued messages wait until then (`MessageQueueResumeDelay`)."""
    paused_until: datetime | None = None
    """Nothing that is queued is handed over until then: the link has not taken the last call."""
    unsendable: set[str] = field(default_factory=set)
    """Actions of which a message could not be sent, and none has been answered since."""
    in_hand: dict[int, Called] = field(default_factory=dict)
    """By tag: a call of the CSMS that is not answered yet."""
    blocks: dict[type, Any] = field(default_factory=dict)

    def of(self, kind: type[T]) -> T:
        """A block's part; made with its defaults when it is first asked for."""
        part: T = self.blocks.setdefault(kind, kind())
        return part

    @property
    def by_certificate(self) -> bool:
        """Whether there is a profile in use whose connections depend on our own certificate."""
        return self.link is not None and self.link.security_profile == CLIENT_CERTIFICATE

    @property
    def online(self) -> bool:
        """Whether there is a connection."""
        return self.link is not None and self.link.connection > 0

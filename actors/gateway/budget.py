"""How much one caller, and all of them, may ask of the Gateway. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What nobody goes beyond."""

    connections: int = 64
    strangers: int = 16
    """Connections that have not authenticated yet."""
    stranger_s: float = 10.0
    """So long they may take for it."""
    stranger_bytes: int = 4 * KIB
    """So long a text of theirs may be."""
    tries: int = 3
    """Wrong tokens until a connection is closed."""
    rate_per_s: float = 100.0
    """Requests of one connection; those over plain HTTP, of one host."""
    burst: int = 200
    """So many more at once after a pause."""
    all_rates: float = 5.0
    """The same for all of them together, as a multiple."""
    running: int = 32
    """Methods of one connection under way."""
    all_running: int = 256
    queued_bytes: int = 8 * MIB
    """What waits for a peer that does not read."""
    all_queued_bytes: int = 32 * MIB
    text_bytes: int = 4 * MIB
    """The longest text that is sent."""


class Bucket:
    """Requests that may be made: `rate_per_s`, and after a pause `burst` at once."""

    def __init__(self, rate_per_s: float, burst: float, now_s: float) -> None:
        self._rate_per_s, self._burst = rate_per_s, burst
        self._left, self._at_s = burst, now_s

    def take(self, now_s: float) -> float:
        """Take one; gives 0, or else the seconds after which there is one."""
        self._left = min(self._burst, self._left + max(0.0, now_s - self._at_s) * self._rate_per_s)
        self._at_s = max(self._at_s, now_s)
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate_per_s

    def full(self, now_s: float) -> bool:
        """Whether nobody has taken any for so long that it may be forgotten."""
        return self._left + (now_s - self._at_s) * self._rate_per_s >= self._burst


class Purse:
    """The buckets of callers that are known by where they are, not by a connection that lasts; bounded."""

    MOST: Final = 1000

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buckets: dict[str, Bucket] = {}

    def bucket(self, peer: str, now_s: float) -> Bucket:
        """The bucket of a host. Of too many those who have paused are forgotten, or else the oldest."""
        found = self._buckets.get(peer)
        if found is None:
            if len(self._buckets) >= self.MOST:
                kept = {each: one for each, one in self._buckets.items() if not one.full(now_s)}
                if len(kept) >= self.MOST:
                    del kept[next(iter(kept))]
                self._buckets = kept
            found = self._buckets[peer] = Bucket(self._limits.rate_per_s, self._limits.burst, now_s)
        return found

"""Counters of one actor. Pure; times are handed in."""

from __future__ import annotations

import bisect
from typing import Final

BUCKETS_S: Final = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
"""Upper bounds of the histogram buckets, in seconds."""


class Histogram:
    """How often a duration fell into each bucket."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS_S) + 1)
        self.total_s = 0.0

    def add(self, duration_s: float) -> None:
        """Count one duration."""
        self.counts[bisect.bisect_left(BUCKETS_S, duration_s)] += 1
        self.total_s += duration_s


class Metrics:
    """What one actor counts."""

    def __init__(self) -> None:
        self.received = 0
        self.sent = 0
        """Handed to the transport, which took them."""
        self.shed = 0
        """Not taken by the transport: too much waited for their receiver."""
        self.dropped = 0
        """Given up although nobody is told of it by an answer."""
        self.handler = Histogram()
        self.mailbox = Histogram()
        """How old messages were when their turn came."""

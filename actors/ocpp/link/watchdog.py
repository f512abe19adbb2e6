"""Pings towards the CSMS, and when one has gone unanswered for too long (2.1 part 4, 5.4). Pure.

Only the pong to our own ping shows that both directions work; whatever else arrives shows one of them.
"""

from __future__ import annotations

import enum
from typing import Final

MIN_PONG_S: Final = 0.1
"""A shorter time for a pong would end every connection."""


class Act(enum.Enum):
    """What is to be done now."""

    PING = enum.auto()
    GIVE_UP = enum.auto()
    """The pong is overdue: the socket is dead in one direction at least."""


class Watchdog:
    """Of one connection at a time."""

    def __init__(self) -> None:
        self._interval_s = self._pong_s = 0.0
        self._ping_at: float | None = None
        self._pong_by: float | None = None
        self._number = 0

    def set(self, interval_s: float, pong_s: float, now_s: float) -> None:
        """Ping so often from now on; 0 or less: never. A pong that is waited for is waited for still."""
        self._interval_s, self._pong_s = interval_s, max(pong_s, MIN_PONG_S)
        self._ping_at = now_s + interval_s if interval_s > 0 else None

    def stop(self) -> None:
        """The connection is over."""
        self._ping_at = self._pong_by = None

    @property
    def next_s(self) -> float | None:
        """When `due` is to be asked next; None: never."""
        moments = [each for each in (self._ping_at, self._pong_by) if each is not None]
        return min(moments, default=None)

    @property
    def payload(self) -> bytes:
        """What the ping that was due last carries, and its pong."""
        return str(self._number).encode()

    def due(self, now_s: float) -> Act | None:
        """What is to be done by now."""
        if self._pong_by is not None and now_s >= self._pong_by:
            self.stop()
            return Act.GIVE_UP
        if self._ping_at is None or now_s < self._ping_at:
            return None
        self._ping_at = now_s + self._interval_s
        if self._pong_by is not None:  # one at a time: the next one goes out when this one is answered
            return None
        self._number += 1
        self._pong_by = now_s + self._pong_s
        return Act.PING

    def pong(self, payload: bytes) -> None:
        """A pong has come; one to another ping than the last, or to none, does not count."""
        if payload == self.payload:
            self._pong_by = None

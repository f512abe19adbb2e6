"""Time as actors see it: one object to ask, so that tests and fault injection can turn the hands."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time for people and protocols, monotonic time for waiting."""

    def now(self) -> datetime:
        """The aware time in UTC. It may jump, also backwards."""

    def monotonic_s(self) -> float:
        """Seconds that only ever go forward; their zero means nothing."""

    def jump(self, by_s: float) -> None:
        """Turn the time of day without any time passing."""


class SystemClock:
    """The clocks of this machine; `jump` shifts what this process takes for the time of day."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        """The machine's time and what was jumped."""
        return datetime.now(UTC) + self._shift

    def monotonic_s(self) -> float:
        """The machine's monotonic clock."""
        return time.monotonic()

    def jump(self, by_s: float) -> None:
        """Shift the time of day, for fault injection and for `set_system_time` without the right to do so."""
        self._shift += timedelta(seconds=by_s)


class ManualClock:
    """A clock that stands still until a test advances it."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic_s = 1000.0

    def now(self) -> datetime:
        """The time the test has set."""
        return self._now

    def monotonic_s(self) -> float:
        """Seconds the test has let pass."""
        return self._monotonic_s

    def advance(self, by_s: float) -> None:
        """Let time pass on both clocks. Raises ValueError when it would run backwards."""
        if by_s < 0:
            raise ValueError("time does not run backwards; use jump")
        self._now += timedelta(seconds=by_s)
        self._monotonic_s += by_s

    def jump(self, by_s: float) -> None:
        """Turn the time of day without any time passing."""
        self._now += timedelta(seconds=by_s)

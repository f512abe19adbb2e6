"""What a process refused to take from others, or could not send: counted always, logged now and then."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

    from actors.engine.log import Log

LOG_EVERY_S: Final = 1.0
"""Refusals of one kind are logged at most this often, so that nobody can fill a disk by knocking."""


class Throttle:
    """How often things of one kind are told of. Pure."""

    def __init__(self) -> None:
        self._told: dict[Hashable, tuple[float, int]] = {}

    def count(self, kind: Hashable, now_s: float) -> int:
        """Count one; return how many there were since the last time when it is time to tell, else 0."""
        told_s, untold = self._told.get(kind, (now_s - LOG_EVERY_S, 0))
        if now_s - told_s < LOG_EVERY_S:
            self._told[kind] = told_s, untold + 1
            return 0
        self._told[kind] = now_s, 0
        return untold + 1


class Refusals:
    """Counters by kind, and when each kind was logged last. Pure but for the log; `now_s` is an argument."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.counted: Counter[str] = Counter()
        self._throttle = Throttle()

    def add(self, kind: str, peer: str, detail: str, now_s: float) -> None:
        """Count one; log it, with how many there were since the last time, when that is long ago enough."""
        self.counted[kind] += 1
        if times := self._throttle.count(kind, now_s):
            self._log.warning("refused", kind=kind, peer=peer, detail=detail, times=times)

"""What a process refused to take from others: counted always, logged now and then."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from actors.engine.log import Log

LOG_EVERY_S: Final = 1.0
"""Refusals of one kind are logged at most this often, so that nobody can fill a disk by knocking."""


class Refusals:
    """Counters by kind, and when each kind was logged last. Pure but for the log; `now_s` is an argument."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.counted: Counter[str] = Counter()
        self._logged: dict[str, tuple[float, int]] = {}

    def add(self, kind: str, peer: str, detail: str, now_s: float) -> None:
        """Count one; log it, with how many there were since the last time, when that is long ago enough."""
        self.counted[kind] += 1
        logged_s, before = self._logged.get(kind, (now_s - LOG_EVERY_S, 0))
        if now_s - logged_s >= LOG_EVERY_S:
            count = self.counted[kind]
            self._logged[kind] = now_s, count
            self._log.warning("refused", kind=kind, peer=peer, detail=detail, times=count - before)

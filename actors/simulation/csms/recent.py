"""The newest entries of a run, numbered, for whoever asks what has passed. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.simulation.csms.matching import text_fits

if TYPE_CHECKING:
    from actors.simulation.csms.record import Entry

KEPT: Final = 10_000
MAX_LIMIT: Final = 1000
MAX_CHARACTERS: Final = 64 * 1024 * 1024
"""Of frames and texts, all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries are wanted; texts may hold `*` and `?`."""

    station: str = "*"
    action: str = "*"
    kind: str = "*"
    direction: str = "*"

    def fits(self, entry: Entry) -> bool:
        """Whether this is one."""
        return (
            text_fits(self.station, entry.station)
            and text_fits(self.action, entry.action or "")
            and text_fits(self.kind, entry.kind.value)
            and text_fits(self.direction, entry.direction or "")
        )


class Recent:
    """Keeps the newest entries. `next_number` is that of the next one; the first has 1."""

    def __init__(self, kept: int = KEPT, max_characters: int = MAX_CHARACTERS) -> None:
        self._kept, self._max_characters = kept, max_characters
        self._entries: deque[tuple[int, Entry]] = deque()
        self._characters = 0
        self.next_number = 1

    def add(self, entry: Entry) -> None:
        """One more; the oldest make room for it."""
        self._entries.append((self.next_number, entry))
        self.next_number += 1
        self._characters += _size(entry)
        while len(self._entries) > self._kept or self._characters > self._max_characters:
            self._characters -= _size(self._entries.popleft()[1])

    def select(self, wanted: Filter, since: int, limit: int) -> list[tuple[int, Entry]]:
        """Those that fit, from number `since` on, the oldest first, at most `limit`."""
        found = []
        for number, entry in self._entries:
            if number >= since and wanted.fits(entry):
                found.append((number, entry))
                if len(found) >= min(limit, MAX_LIMIT):
                    break
        return found


def _size(entry: Entry) -> int:
    return len(entry.frame or "") + len(entry.text)

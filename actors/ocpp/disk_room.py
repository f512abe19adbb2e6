"""Whether the disk on which the station remembers is getting full (security event MemoryExhaustion). Pure."""

from __future__ import annotations

from typing import Final

MEBIBYTE: Final = 1024 * 1024
LEAST_BYTES: Final = 64 * MEBIBYTE
"""With less than this free the disk is getting full..."""
LEAST_SHARE: Final = 0.05
"""... and on a small one with less than this share of it."""
RELIEF: Final = 2
"""It has room again with so many times as much."""


class DiskRoom:
    """Says it once, and again after there has been room in between."""

    def __init__(self) -> None:
        self._full = False

    def look(self, free_bytes: int, total_bytes: int) -> str | None:
        """Take in how much is free; return what is to be reported, for people, or None."""
        least = min(LEAST_BYTES, int(total_bytes * LEAST_SHARE))
        if self._full:
            self._full = free_bytes < RELIEF * least
            return None
        self._full = free_bytes < least
        return f"{free_bytes // MEBIBYTE} MiB are free on the disk" if self._full else None

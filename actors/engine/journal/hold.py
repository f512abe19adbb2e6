"""Who may open a journal: one process at a time, and that one knows how far its predecessor had come.

The lock is a POSIX record lock, on purpose: it goes with its process however that ends, and a child that
its holder forked does not inherit it, so the orphaned children of a killed actor cannot lock out its
successor.

The high-water mark is the sequence number of the last acknowledged entry. It is written after the commit
and not synced: it outlives a kill, and after a power cut it may lag behind but never runs ahead. A file
that ends before the mark has lost acknowledged entries, which nothing inside the file could tell (a log cut
short, or a restored backup, looks like an earlier moment).
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from actors.engine.journal.errors import JournalLocked
from actors.engine.journal.place import FILE_MODE

if TYPE_CHECKING:
    from actors.engine.journal.place import Place

_MARK: Final = struct.Struct(">QI")

_held: set[tuple[int, int]] = set()
"""Device and inode of each lock file this process holds: closing a second descriptor drops the lock."""


class Hold:
    """The exclusive claim on one place, from `take` to `release` or to the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._key = _identity(os.fstat(descriptor))
        _held.add(self._key)

    @classmethod
    def take(cls, place: Place) -> Hold:
        """Raises JournalLocked when this or another process holds the place, OSError when none can."""
        path = place.named(".lock")
        with suppress(FileNotFoundError):
            if _identity(path.stat()) in _held:
                raise JournalLocked(place.path, "this process has it open already")
        flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, FILE_MODE)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            os.close(descriptor)
            raise JournalLocked(place.path, "another process has it open") from error
        return cls(descriptor)

    @property
    def mark(self) -> int:
        """The highest sequence number known to have been acknowledged; 0 when it cannot be told."""
        raw = os.pread(self._descriptor, _MARK.size, 0)
        if len(raw) != _MARK.size:
            return 0
        sequence, crc = _MARK.unpack(raw)
        return int(sequence) if zlib.crc32(raw[:8]) == crc else 0

    def set_mark(self, sequence: int) -> None:
        """Raise the mark. What it stands for is durable already, so failing here is no reason to fail."""
        with suppress(OSError):
            os.pwrite(self._descriptor, _MARK.pack(sequence, zlib.crc32(sequence.to_bytes(8, "big"))), 0)

    def release(self) -> None:
        """Give the place up. In a forked child this closes the child's copy; the parent keeps the place."""
        os.close(self._descriptor)
        _held.discard(self._key)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino

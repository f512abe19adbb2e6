"""The log that all processes of a site write to, kept from filling the disk.

Every actor inherits the open file and appends to it by itself, so it cannot be exchanged under them. When it
is large it is copied and cut back to nothing: all of them go on at its new end. What is written in the
instant between the last copied byte and the cut is lost, which a log may be and a journal may not.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES: Final = 10 * 1024 * 1024
"""A log of this size is set aside."""
KEPT: Final = 5
"""So many files there are in all, the one that is written to included."""
_PIECE: Final = 1024 * 1024


class LogFile:
    """One log and its elder brothers: NAME is being written, NAME.1 is the one before, and so on."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> None:
        self.path = path
        self._max_bytes, self._kept = max_bytes, kept

    def take_over(self, number: int) -> None:
        """Let what is written to a file descriptor come here. Raises OSError when it cannot."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(self.path, flags, 0o600)
        try:
            os.dup2(handle, number)
        finally:
            os.close(handle)

    def rotate(self) -> bool:
        """Set the log aside if it is large; return whether it was. A disk that refuses changes nothing.

        For one process at a time: the one that has claimed the directory.
        """
        try:
            if self.path.stat().st_size < self._max_bytes:
                return False
            self._copy(self._elder(0))
        except OSError:
            with contextlib.suppress(OSError):  # half of a copy; the log itself is whole
                self._elder(0).unlink()
            return False
        for age in range(self._kept - 2, -1, -1):
            with contextlib.suppress(OSError):
                self._elder(age).replace(self._elder(age + 1))
        return True

    def _elder(self, age: int) -> Path:
        """The file of an age; 0 is the copy that is being made."""
        return self.path.with_name(f"{self.path.name}.{age}")

    def _copy(self, target: Path) -> None:
        target.unlink(missing_ok=True)
        source = os.open(self.path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            copy = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(copy, "wb", buffering=0) as file:
                while piece := os.read(source, _PIECE):
                    _write_whole(file.fileno(), piece)
            os.ftruncate(source, 0)
        finally:
            os.close(source)


def _write_whole(number: int, data: bytes) -> None:
    while data:
        data = data[os.write(number, data) :]

"""Why a journal refuses.

    JournalError
    |- JournalFull          the bound is reached: take a snapshot first
    |- EntryTooLarge        would not fit an empty journal either
    |- DiskFull             no room on the disk, in the quota or under the file size limit
    |- JournalLocked        somebody else has this journal open
    |- JournalTooNew        a newer evsite laid this file out
    `- JournalUnavailable   the place cannot be used, or the disk failed under it

After `JournalFull`, `EntryTooLarge` and `DiskFull` nothing has been written, nothing is lost and the
journal can still be used. After `JournalUnavailable` it is closed, and only opening it again tells whether
the write that raised took effect.
"""

from __future__ import annotations

import errno
import sqlite3
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

PAGE_BYTES: Final = 4096

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_SURROUNDINGS: Final = _LOCKED | {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_BAD_READS: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_READ,
        sqlite3.SQLITE_IOERR_SHORT_READ,
        sqlite3.SQLITE_IOERR_CORRUPTFS,
        sqlite3.SQLITE_IOERR_DATA,
    }
)


class JournalError(Exception):
    """A journal refused. `path` is the journal's file, `problem` what is wrong, `advice` what to do."""

    advice = ""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}; {self.advice}")
        self.path, self.problem = path, problem

    def __reduce__(self) -> tuple[type[JournalError], tuple[Path, str]]:
        return type(self), (self.path, self.problem)


class JournalFull(JournalError):  # noqa: N818  # its base says it is an error
    """The records would exceed the journal's bound. Nothing has been written."""

    advice = "take a snapshot, then append again"


class EntryTooLarge(JournalError):  # noqa: N818  # its base says it is an error
    """One entry, or one batch, exceeds the bound all by itself. Nothing has been written."""

    advice = "write less at once or raise the limit"


class DiskFull(JournalError):  # noqa: N818  # its base says it is an error
    """The disk has no room for the write. Nothing has been written and the journal stays open."""

    advice = "free space on this file system, then try again"


class JournalLocked(JournalError):  # noqa: N818  # its base says it is an error
    """Another process, or another Journal of this process, has the file open."""

    advice = "let its holder close it (fuser -v on the file names the holder)"


class JournalTooNew(JournalError):  # noqa: N818  # its base says it is an error
    """The file's table layout is newer than this software. The file has not been changed."""

    advice = "run the newer version of evsite, or move the file away to start empty"


class JournalUnavailable(JournalError):  # noqa: N818  # its base says it is an error
    """The file or its directory cannot be used, or the disk failed; the journal is closed."""

    advice = "check the directory, its permissions and the disk, then open the journal again"


def from_os(error: OSError, path: Path) -> JournalError:
    """What a failed system call on the journal's files means to its owner."""
    kind = DiskFull if error.errno in _NO_ROOM else JournalUnavailable
    return kind(path, f"{error.strerror} ({error.filename or path})")


def from_sqlite(error: sqlite3.Error, path: Path) -> JournalError:
    """What a failed SQLite call means to the journal's owner."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if (code & 0xFF) in _LOCKED:
        return JournalLocked(path, str(error))
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(path, str(error))
    if code == sqlite3.SQLITE_IOERR_WRITE and (cause := _write_error(path)) is not None:
        return from_os(cause, path)
    return JournalUnavailable(path, str(error))


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite could not read because of what is in the file, not because of its surroundings."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code in _BAD_READS or (code & 0xFF) not in _SURROUNDINGS


def _write_error(path: Path) -> OSError | None:
    """Why a page cannot be written beside `path`, None when it can.

    SQLite tells a full disk apart but neither a spent quota nor a file size limit, and it does not hand on
    the errno; so the write is tried again on a nameless file, as far in as the largest file has grown.
    """
    end = 0
    for suffix in ("", "-wal"):
        with suppress(OSError):
            end = max(end, path.with_name(path.name + suffix).stat().st_size)
    try:
        with tempfile.TemporaryFile(dir=path.parent, buffering=0) as probe:
            probe.seek(end)
            left = PAGE_BYTES
            while left:  # what is cut short succeeds first and fails when it goes on
                left -= probe.write(bytes(left))
    except OSError as error:
        return error
    return None

"""A look into a journal that others own: a copy is opened, and the journal is left as it is.

To open a journal is to lock it, to repair it and to keep its owner from starting meanwhile. A look does none
of that, and it works while the owner has the journal open. It is not for the process that has it open
itself: closing any descriptor of a file gives up all of a process's locks on it (POSIX record locks).
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.engine.journal.errors import JournalLocked, JournalUnavailable, from_os
from actors.engine.journal.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_PARTS: Final = ("", "-wal", "-journal", ".rebuilt")
"""What an opener reads; the high-water mark is not among it, for it says nothing about the records."""


@contextmanager
def looked_into(path: Path, *, now: datetime) -> Iterator[Journal]:
    """What the next opener of the journal at `path` would find, in a copy that goes when the block ends.

    A journal that is not there is an empty one, and is not made. Raises JournalLocked when its owner writes
    to it meanwhile, JournalTooNew, and JournalUnavailable or DiskFull when it cannot be read or copied.
    """
    with ExitStack() as held:
        try:
            directory = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="evsite-")))
            _copy(path, directory)
        except OSError as error:
            raise from_os(error, path) from error
        yield held.enter_context(Journal.open(directory / path.name, now=now))


def _copy(path: Path, directory: Path) -> None:
    before = _states(path)
    for suffix, state in before.items():
        if state is not None:
            shutil.copyfile(path.with_name(path.name + suffix), directory / (path.name + suffix))
    if _states(path) != before:
        raise JournalLocked(path, "it is being written to")


def _states(path: Path) -> dict[str, tuple[int, int, int] | None]:
    """What tells whether any part of the journal has changed; None for a part that is not there."""
    return {suffix: _state(path.with_name(path.name + suffix)) for suffix in _PARTS}


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise JournalUnavailable(path, f"it is no regular file (mode {stat.filemode(found.st_mode)})")
    return found.st_ino, found.st_size, found.st_mtime_ns

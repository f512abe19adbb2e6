"""The files of one journal: how a damaged one is set aside and how a new one takes its place.

    NAME                     the SQLite file; NAME-wal its log while it is open, or after a kill
    NAME.lock                held for as long as the journal is open; contains the high-water mark
    NAME.building            a new file being written; worthless until it is renamed to
    NAME.rebuilt             a complete new file that has yet to take NAME's place
    NAME.damaged-<time>      what was set aside, with its log as NAME.damaged-<time>-wal

A new file always comes to NAME by a rename, so there is never half of one. Between "NAME.rebuilt exists"
and "NAME.rebuilt has become NAME" a kill at any instant is made good by the next opener: it moves the rest
of the old files aside and completes the rename.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.engine.journal.incident import IncidentKind

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

FILE_MODE: Final = 0o600
DIRECTORY_MODE: Final = 0o700
ASIDES_KEPT: Final = 8
"""So many damaged files are kept beside a journal, or damage that goes on would fill the disk."""

_COMPANIONS: Final = ("", "-wal", "-shm", "-journal")
_OURS: Final = ("", "-wal", "-journal", ".rebuilt", ".building")


class Finding(NamedTuple):
    """Something wrong with the files themselves, and where it has been moved."""

    kind: IncidentKind
    problem: str
    aside: Path | None


class Place:
    """The names around one journal file. Methods raise OSError when the directory cannot be changed."""

    def __init__(self, path: Path, now: datetime) -> None:
        self.path = path.absolute()
        stamp = now.strftime("%Y%m%dT%H%M%S.%fZ")
        self._aside = f"{path.name}.damaged-{stamp}"

    def named(self, suffix: str) -> Path:
        """The journal's own name with something appended."""
        return self.path.with_name(self.path.name + suffix)

    def make_directory(self) -> None:
        """Create the directory, for its owner only, when it is missing."""
        if not self.path.parent.is_dir():
            self.path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            _sync(self.path.parent.parent)

    def tidy(self, suffixes: tuple[str, ...] = _OURS) -> list[Finding]:
        """Move away what is no file, give its owner access to what is, complete an unfinished repair."""
        found = [finding for suffix in suffixes if (finding := self._make_usable(suffix)) is not None]
        if ".rebuilt" in suffixes and self.named(".rebuilt").exists():
            aside = self.set_aside() or self.newest_aside()
            self.put_in_place()
            if aside is not None:  # or it was the very first file, and nothing has been lost
                problem = "a predecessor was killed while it replaced a damaged file"
                found.append(Finding(IncidentKind.REPAIR_FINISHED, problem, aside))
        return found

    def _make_usable(self, suffix: str) -> Finding | None:
        path = self.named(suffix)
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(mode):
            problem = f"{path.name} is no regular file (mode {stat.filemode(mode)})"
            return Finding(IncidentKind.NOT_A_FILE, problem, self._move(suffix))
        if stat.S_IMODE(mode) == FILE_MODE and os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            return None
        problem = f"{path.name} had mode {stat.filemode(mode)}"
        try:
            path.chmod(FILE_MODE)
        except PermissionError:
            return Finding(
                IncidentKind.PERMISSIONS, problem + " and belongs to somebody else", self._move(suffix)
            )
        return Finding(IncidentKind.PERMISSIONS, problem, None)

    def set_aside(self) -> Path | None:
        """Move the journal and its log out of the way; return where it is now, None if nothing was there."""
        present = [suffix for suffix in _COMPANIONS if os.path.lexists(self.named(suffix))]
        aside = self._move(*present) if present else None
        self._prune()
        return aside

    def _move(self, *suffixes: str) -> Path:
        """Rename files that belong together to a free name; return the first one's."""
        base, again = self._aside, 1
        while any(os.path.lexists(self.path.with_name(base + suffix)) for suffix in suffixes):
            again += 1
            base = f"{self._aside}-{again}"
        for suffix in suffixes:
            self.named(suffix).rename(self.path.with_name(base + suffix))
        return self.path.with_name(base + suffixes[0])

    def _prune(self) -> None:
        """Remove the oldest damaged files; names sort by time. A directory that was set aside stays.

        What was moved just now stays too, even if the clock has been set back.
        """
        names = [name for name in self._asides() if not name.startswith(self._aside)]
        times = sorted({name.rpartition("Z")[0] for name in names})
        for name in names:
            if name.rpartition("Z")[0] in times[:-ASIDES_KEPT]:
                with suppress(OSError):  # a tidy directory is not worth refusing to start
                    self.path.with_name(name).unlink()

    def newest_aside(self) -> Path | None:
        """Where the last damaged file is, None if there is none."""
        names = [name for name in self._asides() if not name.endswith(_COMPANIONS[1:])]
        return self.path.with_name(names[-1]) if names else None

    def _asides(self) -> list[str]:
        prefix = self.path.name + ".damaged-"
        return sorted(path.name for path in self.path.parent.iterdir() if path.name.startswith(prefix))

    def start_building(self) -> Path:
        """An empty file, readable by its owner only, in which a new journal can be written."""
        building = self.named(".building")
        for suffix in _COMPANIONS:
            self.named(".building" + suffix).unlink(missing_ok=True)
        os.close(os.open(building, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, FILE_MODE))
        return building

    def finish_building(self) -> None:
        """Make the new file durable: from here on it will take its place, whatever happens."""
        building = self.named(".building")
        _sync(building)
        building.rename(self.named(".rebuilt"))
        _sync(self.path.parent)

    def put_in_place(self) -> None:
        """Let the complete new file become the journal; the old one must have been set aside."""
        self.named(".rebuilt").rename(self.path)
        _sync(self.path.parent)


def _sync(path: Path) -> None:
    """Make a file's content, or a directory's entries, durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Journals as tests need them: a fixed clock, some content, and the state a kill leaves behind."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.engine.journal import Journal, Limits
from tests.support.journal_messages import Note, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOW: Final = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
STAMP: Final = "20260301T120000.000250Z"
COUNT: Final = 40
"""Notes in the journals that `damage_images` makes."""
SUMMARY: Final = 12
"""So many of them are in the snapshot."""


def opened(path: Path, limits: Limits = Limits(), now: datetime = NOW) -> Journal:  # noqa: B008  # immutable
    """Open a journal at a fixed time."""
    return Journal.open(path, now=now, limits=limits)


def notes(first: int, last: int, text: str = "") -> tuple[Note, ...]:
    """The notes of these numbers."""
    return tuple(Note(number=number, text=text) for number in range(first, last + 1))


def numbers(journal: Journal) -> list[int]:
    """The note numbers a journal holds; a summary stands for all up to its own."""
    state, records = journal.recover()
    return [*range(1, (state.through if state else 0) + 1), *(record.item.number for record in records)]


def log_of(path: Path) -> Path:
    """Where SQLite keeps what has been committed but not yet copied into the file."""
    return path.with_name(path.name + "-wal")


def asides(path: Path) -> list[str]:
    """The names of what has been set aside, logs left out."""
    found = (other.name for other in path.parent.iterdir() if ".damaged-" in other.name)
    return sorted(name for name in found if not name.endswith(("-wal", "-shm", "-journal")))


def written(path: Path, count: int, *, summary: int = 0, text: str = "") -> Path:
    """A closed journal with notes 1 to `count`, those up to `summary` replaced by a snapshot."""
    with opened(path) as journal:
        for note in notes(1, summary, text):
            journal.append(note)
        if summary:
            journal.snapshot(Summary(through=summary, text=text))
        for note in notes(summary + 1, count, text):
            journal.append(note)
    return path


def killed(path: Path, count: int, *, summary: int = 0, text: str = "") -> Path:
    """As `written`, but the files are those of a process that was killed: all records are in the log."""
    with opened(path) as journal:
        if summary:
            journal.snapshot(Summary(through=summary, text=text))
        for note in notes(summary + 1, count, text):
            journal.append(note)
        image, log = path.read_bytes(), log_of(path).read_bytes()
    path.write_bytes(image)
    log_of(path).touch(0o600)
    log_of(path).write_bytes(log)
    return path


@contextmanager
def fresh_path() -> Iterator[Path]:
    """A place for a journal, in memory where possible: for tests that write thousands of files."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name) / "auth.journal"


def damage_images() -> dict[str, dict[str, bytes]]:
    """The files of a journal of several pages: closed in order, and killed with everything in its log."""
    made = {}
    for name, make in (("closed", written), ("killed", killed)):
        with fresh_path() as path:
            make(path, COUNT, summary=SUMMARY, text="x" * 700)
            made[name] = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    return made


def restore(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold these files and nothing else."""
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).touch(0o600)
        (folder / name).write_bytes(content)


def check_damaged(path: Path) -> int:
    """Open what has been damaged, prove that only a tail is gone, and use it; return how much is left."""
    with opened(path) as journal:
        kept = numbers(journal)
        # a state that the owner was in
        assert kept == [*range(1, len(kept) + 1)]
        assert not 0 < len(kept) < SUMMARY
        # nothing is missing in silence
        if len(kept) < COUNT:
            assert journal.incidents
            assert journal.incidents[-1].known_through >= journal.incidents[-1].recovered_through
        assert all(incident.aside for incident in journal.incidents) or not asides(path)
        journal.append(Note(number=len(kept) + 1))
        last = journal.sequence
    with opened(path) as journal:
        assert numbers(journal) == [*range(1, len(kept) + 2)]
        assert journal.incidents == ()
        assert journal.sequence == last
    return len(kept)

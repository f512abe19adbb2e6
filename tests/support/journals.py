"""Journals as tests need them: a fixed clock, some content, and the state a kill leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from actors.engine.journal import Journal, Limits
from tests.support.journal_messages import Note, Summary

if TYPE_CHECKING:
    from pathlib import Path

NOW: Final = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
STAMP: Final = "20260301T120000.000250Z"


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

"""The durable memory of one actor. Nobody else reads or writes it, and it can hurt nobody else.

    with Journal.open(path, now=now) as journal:
        state, records = journal.recover()
        for incident in journal.incidents: ...              # what was found damaged, and put right
        journal.append(ReservationMade(...))                # durable when it returns
        if journal.snapshot_due:
            journal.snapshot(Reservations(...))             # replaces all records, atomically

Promises:
- What `append` or `snapshot` returned for is on the disk: it survives a kill at any instant and, as far as
  the disk keeps its word about syncing, a power cut. Entries of one `append` come back all or not at all.
  An entry whose call was interrupted by a kill may come back or not, never in part.
- Records come back in the order they were appended, each once.
- Nothing is appended that could not be read back: every message is decoded once before it is written.
- The size is bounded: see `Limits`. Over the bound `append` raises JournalFull before anything is written.
- A damaged file never keeps an actor from starting. It is set aside beside the journal, what can be proved
  whole is recovered (see `ledger`: everything up to the first break), and an `Incident` says what is
  missing. That is said again at every start until the owner has written something, so that an owner which
  dies with the news does not take it along.
- A sequence number is used once, as far as the damaged file and the high-water mark still told which were.
- The journal is open in one process at a time. A child forked from that process finds it closed and cannot
  disturb it.

A Journal has no thread and no clock, and is used by one thread at a time.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import weakref
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from actors.engine.journal import ledger
from actors.engine.journal.errors import (
    DiskFull,
    EntryTooLarge,
    JournalFull,
    JournalUnavailable,
    from_os,
    from_sqlite,
)
from actors.engine.journal.hold import Hold
from actors.engine.journal.ledger import EntryKind, Row
from actors.engine.journal.place import Place
from actors.engine.journal.repair import incident_of, open_or_repair
from protocols.codec import MAX_BYTES, decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from actors.engine.journal.incident import Incident
    from actors.engine.journal.ledger import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one journal.

    Its file stays below twice the sum of both bounds in bytes plus 40 bytes per record, because pages are
    not filled to the last byte and a new snapshot is written before the old one goes. The log stays below
    2 MiB plus twice what one batch or snapshot has.
    """

    records: int = 10_000
    """So many records may stand behind the last snapshot."""
    records_bytes: int = 8 * 1024 * 1024
    """So many encoded bytes they may have together."""
    snapshot_bytes: int = MAX_BYTES
    """So many encoded bytes a snapshot may have."""
    due_share: float = 0.5
    """From this share of either bound of the records on, a snapshot is due."""

    def __post_init__(self) -> None:
        for name, most in (("records", None), ("records_bytes", MAX_BYTES), ("snapshot_bytes", MAX_BYTES)):
            value = getattr(self, name)
            if value < 1 or (most is not None and value > most):
                raise ValueError(f"{name} is out of bounds: {value}")
        if not 0 < self.due_share <= 1:
            raise ValueError(f"due_share must be above 0 and at most 1, not {self.due_share}")


DEFAULT: Final = Limits()


class Recovered(NamedTuple):
    """What the predecessor left: its last snapshot (None: it took none) and the records after that."""

    state: Any
    records: tuple[Record, ...]


class Record(NamedTuple):
    """One appended message and its sequence number."""

    sequence: int
    item: Any


class Appended(NamedTuple):
    """What has become durable, and whether it is time for a snapshot."""

    sequence: int
    """The number of the last record."""
    snapshot_due: bool


class Journal:
    """The open journal of one durable actor. Every method raises JournalUnavailable once it is closed."""

    def __init__(
        self, place: Place, hold: Hold, connection: sqlite3.Connection, reading: Reading, limits: Limits
    ) -> None:
        """Use `Journal.open`."""
        self.path: Final = place.path
        self.limits: Final = limits
        self.incidents: tuple[Incident, ...] = ()
        """What was found wrong when the journal was opened, in the order it was found."""
        self._reading: Reading | None = reading
        self._log: Final = place.named("-wal")
        self._hold: Final = hold
        self._connection: sqlite3.Connection | None = connection
        self._sequence = reading.sequence
        self._crc = reading.crc
        self._records = sum(entry.kind is EntryKind.RECORD for entry in reading.entries)
        self._bytes = reading.records_bytes
        self._release = weakref.finalize(self, _release, connection, hold)
        _open_journals.add(self)

    @classmethod
    def open(cls, path: Path, *, now: datetime, limits: Limits = DEFAULT) -> Self:
        """Open the journal at `path`, creating it (0600) and its directory (0700) as needed.

        `now` (aware) names what has to be set aside and dates the incidents.

        Raises JournalLocked when it is open elsewhere, JournalTooNew when a newer evsite wrote it, DiskFull
        or JournalUnavailable when the disk or the directory cannot be used at all; never for damage.
        """
        if now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
        now = now.astimezone(UTC)
        place = Place(path, now)
        try:
            place.make_directory()
            findings = place.tidy((".lock",))
            hold = Hold.take(place)
        except OSError as error:
            raise from_os(error, place.path) from error
        try:
            connection, reading, found = open_or_repair(place, hold)
        except BaseException as error:
            hold.release()
            if isinstance(error, OSError):
                raise from_os(error, place.path) from error
            raise
        journal = cls(place, hold, connection, reading, limits)
        hold.set_mark(reading.sequence)
        journal.incidents = tuple(incident_of(place, finding, reading, now) for finding in findings + found)
        return journal

    def recover(self) -> Recovered:
        """What the predecessor left, handed over once; a second call raises RuntimeError."""
        if self._reading is None:
            raise RuntimeError(f"{self.path}: what was recovered has been handed over already")
        entries, self._reading = self._reading.entries, None
        state = entries[0].item if entries and entries[0].kind is EntryKind.SNAPSHOT else None
        records = (Record(*entry[::2]) for entry in entries if entry.kind is EntryKind.RECORD)
        return Recovered(state, tuple(records))

    def append(self, *records: object) -> Appended:
        """Make records durable, all or none. None at all changes nothing.

        Raises JournalFull or EntryTooLarge over the bound and DiskFull, with nothing written;
        JournalUnavailable; CodecError for an object that could not be read back, with nothing written.
        """
        rows = self._rows(EntryKind.RECORD, records)
        size = sum(len(row.data) for row in rows)
        if len(rows) > self.limits.records or size > self.limits.records_bytes:
            raise EntryTooLarge(self.path, f"{len(rows)} records of {size} bytes exceed {self.limits}")
        count, total = self._records + len(rows), self._bytes + size
        if count > self.limits.records or total > self.limits.records_bytes:
            raise JournalFull(self.path, f"{self._records} records of {self._bytes} bytes stand in it")
        self._commit(rows, replace=False)
        self._records, self._bytes = count, total
        return Appended(self._sequence, self.snapshot_due)

    def snapshot(self, state: object) -> int:
        """Let `state` replace the previous snapshot and all records, atomically; return its number.

        Raises as `append` does, but for JournalFull.
        """
        rows = self._rows(EntryKind.SNAPSHOT, (state,))
        if len(rows[0].data) > self.limits.snapshot_bytes:
            raise EntryTooLarge(self.path, f"a snapshot of {len(rows[0].data)} bytes exceeds {self.limits}")
        self._commit(rows, replace=True)
        self._records = self._bytes = 0
        return self._sequence

    @property
    def sequence(self) -> int:
        """The number of the last entry; 0 before the first."""
        return self._sequence

    @property
    def snapshot_due(self) -> bool:
        """Whether the records have reached the share of either bound at which a snapshot is due."""
        share = self.limits.due_share
        return (
            self._records >= share * self.limits.records or self._bytes >= share * self.limits.records_bytes
        )

    @property
    def size_bytes(self) -> int:
        """What the journal and its log occupy now."""
        size = 0
        for path in (self.path, self._log):
            with suppress(FileNotFoundError):
                size += path.stat().st_size
        return size

    @property
    def closed(self) -> bool:
        """Whether it has been closed: by its owner, by a failing disk, or by a fork in this child."""
        return self._connection is None

    def close(self) -> None:
        """Let a successor open the journal. Closing again does nothing."""
        self._connection = None
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, kind: EntryKind, items: Sequence[object]) -> list[Row]:
        return [Row(number, kind, encode(item)) for number, item in enumerate(items, self._sequence + 1)]

    def _commit(self, rows: list[Row], *, replace: bool) -> None:
        if self._connection is None:
            raise JournalUnavailable(self.path, "the journal is closed")
        for row in rows:
            decode(row.data)
        try:
            self._crc = ledger.write(self._connection, rows, self._crc, replace=replace)
        except sqlite3.Error as error:
            trouble = from_sqlite(error, self.path)
            if isinstance(trouble, DiskFull):
                raise trouble from error
            self.close()
            raise JournalUnavailable(self.path, trouble.problem) from error
        self._sequence += len(rows)
        self._hold.set_mark(self._sequence)

    def _leave_to_parent(self) -> None:
        """Forget, in a forked child, what belongs to the parent.

        The connection must neither be used here nor be closed: closing would empty and delete the log under
        the parent's feet. So the child keeps one reference too many to it, for ever.
        """
        self._release.detach()
        if self._connection is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))
            self._connection = None
            self._hold.release()


_open_journals: weakref.WeakSet[Journal] = weakref.WeakSet()


def _release(connection: sqlite3.Connection, hold: Hold) -> None:
    connection.close()
    hold.release()


def _after_fork_in_child() -> None:
    for journal in _open_journals:
        journal._leave_to_parent()  # noqa: SLF001  # the hook belongs to the class, not to its users


os.register_at_fork(after_in_child=_after_fork_in_child)

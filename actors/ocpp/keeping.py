"""How a charge point remembers: the journal of its tables."""

from __future__ import annotations

import zlib
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from actors.engine.journal import DiskFull, EntryTooLarge, Journal, JournalFull, Limits
from actors.ocpp.tables import Everything, Tables
from protocols import codec
from protocols.codec import MAX_BYTES, EncodeError
from protocols.message import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

LIMITS: Final = Limits(records=40_000, records_bytes=MAX_BYTES)
"""The queue alone may have 6 MiB and its messages come and go: snapshots are made at half of this."""
PART: Final = 100
"""Entries that are compressed together."""
QUICKLY: Final = 1
LENGTH_BYTES: Final = 4
LONGEST_PAUSE: Final = 256
NO_ROOM: Final = (DiskFull, JournalFull, EntryTooLarge)


@message
class Packed:
    """In the journal: all entries, in parts that are compressed: of each its length, and the entry itself.

    Messages that wait differ in little, so many more of them fit into what one entry of a journal may hold:
    some 140,000 starts and ends of transactions.
    """

    parts: tuple[bytes, ...]


@message
class Pressed:
    """The same as earlier releases have written it: each part is an `Everything` as the codec has it."""

    parts: tuple[bytes, ...]


def _packed(entries: Iterable[bytes]) -> Packed:
    parts = []
    left = iter(entries)
    while part := list(islice(left, PART)):
        whole = b"".join(len(each).to_bytes(LENGTH_BYTES) + each for each in part)
        parts.append(zlib.compress(whole, QUICKLY))
    return Packed(parts=tuple(parts))


def _unpacked(packed: Packed) -> Iterator[bytes]:
    for part in packed.parts:
        whole, at = zlib.decompress(part), 0
        while at < len(whole):
            begin = at + LENGTH_BYTES
            at = begin + int.from_bytes(whole[at:begin])
            yield whole[begin:at]


def _unpressed(snapshot: Any) -> Any:
    """An `Everything`; what the first releases have written is one."""
    if not isinstance(snapshot, Pressed):
        return snapshot
    parts: list[Everything] = [codec.decode(zlib.decompress(each)) for each in snapshot.parts]
    return Everything(entries=tuple(entry for part in parts for entry in part.entries))


class Keeper:
    """The journal of a charge point: a snapshot, and what each input has changed since."""

    def __init__(self, path: Path, now: datetime, log: Any) -> None:
        """Raise as `Journal.open`."""
        self._journal = Journal.open(path, now=now, limits=LIMITS)
        self._log = log
        self._behind = False
        """A change could not be written; the next one writes everything."""
        self._failures = self._pause = 0
        """How often in a row everything could not be written, and how many changes long that is not tried."""
        for incident in self._journal.incidents:
            log.error("journal_damaged", incident=str(incident))

    @property
    def is_behind(self) -> bool:
        """Whether there are changes that could not be written."""
        return self._behind

    def recover(self) -> Tables:
        """What the predecessor knew."""
        snapshot, records = self._journal.recover()
        tables = Tables()
        if isinstance(snapshot, Packed):
            tables.restore(_unpacked(snapshot))
        elif snapshot is not None:
            tables.apply((_unpressed(snapshot),))
        tables.apply(record.item for record in records)
        for problem in tables.unread:
            self._log.error("entry_not_readable", problem=problem)
        return tables

    def commit(self, records: Sequence[Any], tables: Tables) -> None:
        """Make changes durable; `tables` do not hold them yet, and do when this returns.

        A disk without room is logged: the tables are right and the disk is behind, until a commit succeeds,
        which then writes everything. So a station whose disk is full goes on, and forgets at its death.

        CodecError for a record that could not be read back: then nothing has changed.
        """
        if self._behind:
            tables.apply(records)
            self._write_all(tables)
            return
        if not records:
            return
        try:
            self._journal.append(*records)
        except NO_ROOM as error:
            self._fall_behind(error)
            tables.apply(records)
            return
        tables.apply(records)
        if self._journal.snapshot_due:
            self._write_all(tables)

    def _write_all(self, tables: Tables) -> None:
        """To write everything costs more the more there is, so it is tried more and more rarely."""
        if self._pause:
            self._pause -= 1
            return
        try:
            self._journal.snapshot(_packed(tables.encoded()))
        except (*NO_ROOM, EncodeError) as error:  # as for what is larger than anything may be
            self._failures += 1
            self._pause = min(2 ** (self._failures - 1), LONGEST_PAUSE) - 1
            self._log.error("not_written_anew", error=str(error), durable=not self._behind)
        else:
            self._behind, self._failures = False, 0

    def _fall_behind(self, error: Exception) -> None:
        self._behind = True
        self._log.error("not_durable", error=str(error))

    def close(self) -> None:
        """Let a successor open the journal."""
        self._journal.close()

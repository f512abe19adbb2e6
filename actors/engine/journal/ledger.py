"""What stands inside a journal's SQLite file, and how it is proved to be what was written.

One table holds one chain of entries in the order of their sequence numbers: at most one snapshot, then the
records that came after it. Each row carries the CRC-32 of its number, kind and bytes, started with the CRC
of the row before it; so a changed, lost, added or exchanged row breaks the chain at that row, whatever the
B-tree around it says. A gap entry stands where numbers are known to be missing and have been reported.

What is behind a break is not replayed. A journal is a history: a record is an instruction to the state that
all earlier records made, and skipping one of those can turn it into a second charge for the same energy, or
into the end of a transaction that never began. A prefix, on the other hand, is a state that the actor
really was in.

The version of the layout is written twice, in SQLite's `user_version` and in the low half of
`application_id`. Only when both agree on a newer one is the file taken to be newer; a flipped bit cannot
pretend that.

Source: https://www.sqlite.org/fileformat2.html (header offsets 60 and 68), https://www.sqlite.org/wal.html.
"""

from __future__ import annotations

import enum
import sqlite3
import struct
import zlib
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.engine.journal.errors import is_damage
from actors.engine.journal.incident import IncidentKind
from protocols.codec import CodecError, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

APPLICATION: Final = 0x4556 << 16
"""The high half of `application_id`: "EV"."""

_ENTRY: Final = """CREATE TABLE entry (
    seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL
)"""

MAX_LAYOUT: Final = 0xFFFF
"""What fits in the low half."""

STEPS: tuple[tuple[str, ...], ...] = ((_ENTRY,),)
"""The statements that lead from each layout to the next; layout 0 is an empty file, the newest is
`len(STEPS)`."""

LOG_PAGES: Final = 256
"""The log is copied into the file whenever it has grown to so many pages (1 MiB)."""

_INSERT: Final = "INSERT INTO entry (seq, kind, data, crc) VALUES (?, ?, ?, ?)"
_KEY: Final = struct.Struct(">qB")
_HEADER: Final = struct.Struct(">60xI4xI28x")
_LOCK: Final = "PRAGMA locking_mode = EXCLUSIVE"
"""No second reader, and the log's index in memory: there is no -shm file that could be damaged."""
_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA wal_autocheckpoint = {LOG_PAGES}",
    f"PRAGMA journal_size_limit = {LOG_PAGES * 4096}",
    "PRAGMA cache_size = -512",  # KiB; there is one journal per durable actor
    "PRAGMA secure_delete = OFF",  # or every snapshot writes the old records once more, as zeros
    "PRAGMA trusted_schema = OFF",
)


class EntryKind(enum.IntEnum):
    """What an entry is. The values are in files."""

    RECORD = 0
    SNAPSHOT = 1
    GAP = 2


_KINDS: Final[dict[object, EntryKind]] = {int(kind): kind for kind in EntryKind}


class Row(NamedTuple):
    """One entry as it is read or written."""

    sequence: int
    kind: EntryKind
    data: bytes


class Entry(NamedTuple):
    """One entry with its message; None for a gap."""

    sequence: int
    kind: EntryKind
    item: Any


@dataclass(slots=True)
class Reading:
    """What was found in a file: the entries up to the first thing that is wrong, and what that is."""

    entries: list[Entry] = field(default_factory=list)
    crc: int = 0
    """Of the last entry that was recovered: where the chain goes on."""
    records_bytes: int = 0
    highest: int = 0
    """The highest intact sequence number, those behind a break included."""
    problem: tuple[IncidentKind, str] | None = None
    too_new: int | None = None
    """The newer layout that the file has; nothing else has been read then."""

    @property
    def sequence(self) -> int:
        """The number of the last entry that was recovered; 0 for none."""
        return self.entries[-1].sequence if self.entries else 0

    @property
    def ends_in_gap(self) -> bool:
        """Whether the last thing that is known is that entries are missing."""
        return bool(self.entries) and self.entries[-1].kind is EntryKind.GAP

    def find(self, kind: IncidentKind, problem: str) -> None:
        """Note what is wrong, unless something earlier is."""
        if self.problem is None:
            self.problem = (kind, problem)


def chained(previous: int, row: Row) -> int:
    """The CRC that belongs beside `row` behind an entry whose CRC is `previous` (0 for the first)."""
    return zlib.crc32(row.data, zlib.crc32(_KEY.pack(row.sequence, row.kind), previous))


def attach_and_read(path: Path) -> tuple[sqlite3.Connection, Reading]:
    """Open an existing file, take it for ourselves, bring its layout up to date and recover what it holds.

    Harm of any kind ends up in `Reading.problem`. Raises sqlite3.Error when it is not the file that is at
    fault: somebody else holds it, or the disk or the process has no room for what opening takes.
    """
    connection = _attach(path)
    try:
        return connection, _read(connection)
    except BaseException:
        connection.close()
        raise


def _attach(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


def header_layout(path: Path) -> int | None:
    """The layout that the file's first bytes claim, None if they claim none. Does not open the database."""
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    version, application = _HEADER.unpack(header)
    return _claimed_layout(application, version)


def _claimed_layout(application: int, version: int) -> int | None:
    return version if version <= MAX_LAYOUT and application == APPLICATION | version else None


def _read(connection: sqlite3.Connection) -> Reading:
    reading = Reading()
    try:
        connection.execute(_LOCK).close()
        _bring_up_to_date(connection, reading)
        if reading.too_new is None:
            _read_entries(connection, reading)
            _check_structure(connection, reading)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite quotes a damaged schema as it finds it
        if isinstance(error, sqlite3.Error) and not is_damage(error):
            raise
        reading.find(IncidentKind.DAMAGED, f"SQLite: {error}")
    return reading


def _bring_up_to_date(connection: sqlite3.Connection, reading: Reading) -> None:
    application, version = (_number(connection, name) for name in ("application_id", "user_version"))
    layout = _claimed_layout(application, version)
    if layout is None:
        reading.find(
            IncidentKind.DAMAGED, "not marked as a journal of evsite"
        )  # and perhaps not ours to change
        return
    if layout > len(STEPS):
        reading.too_new = layout
        return
    for statement in _SETTINGS:
        connection.execute(statement).close()
    if layout < len(STEPS):
        _migrate(connection, layout)
        # the new layout must show in the file's own header, not only in the log: see `header_layout`
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (number,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(number)


def _migrate(connection: sqlite3.Connection, layout: int) -> None:
    """Lead a file from an older layout to the newest one, all or nothing. Raises sqlite3.Error."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for step in STEPS[layout:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION | len(STEPS)}")
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def _read_entries(connection: sqlite3.Connection, reading: Reading) -> None:
    crc, whole = 0, True
    with closing(connection.execute("SELECT seq, kind, data, crc FROM entry ORDER BY seq")) as found:
        for number, kind, data, stored in found:
            row = _row(number, kind, data)
            if row is None or chained(crc, row) != stored:
                reading.find(IncidentKind.DAMAGED, f"checksum of the entry after number {reading.sequence}")
                whole = False
            else:
                reading.highest = row.sequence
                whole = whole and _take(reading, row, stored)
            crc = stored if isinstance(stored, int) else 0


def _row(number: object, kind: object, data: object) -> Row | None:
    known = _KINDS.get(kind)
    if known is None or not isinstance(number, int) or not isinstance(data, bytes):
        return None
    return Row(number, known, data)


def _take(reading: Reading, row: Row, crc: int) -> bool:
    try:
        item = None if row.kind is EntryKind.GAP else decode(row.data)
    except CodecError as error:
        reading.find(IncidentKind.UNREADABLE_RECORD, f"entry {row.sequence}: {error}")
        return False
    reading.entries.append(Entry(row.sequence, row.kind, item))
    reading.crc = crc
    reading.records_bytes += len(row.data) if row.kind is EntryKind.RECORD else 0
    return True


def _check_structure(connection: sqlite3.Connection, reading: Reading) -> None:
    """Find what would hurt later: pages lost or used twice, and a header that forbids writing."""
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        reading.find(IncidentKind.DAMAGED, f"SQLite: {' '.join(verdict.split())}")
    connection.execute("DELETE FROM entry WHERE seq IS NULL").close()


def write(connection: sqlite3.Connection, rows: Iterable[Row], crc: int, *, replace: bool = False) -> int:
    """Commit rows behind the entry whose CRC is `crc`, or in place of all; return the last one's CRC.

    All of them or none are durable when this returns. Raises sqlite3.Error, and then none are (unless
    syncing itself failed: then it is not known).
    """
    chain = []
    if replace:
        crc = 0
    for row in rows:
        crc = chained(crc, row)
        chain.append((*row, crc))
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if replace:
            connection.execute("DELETE FROM entry")
        connection.executemany(_INSERT, chain)
    return crc


def build(path: Path, entries: Iterable[Entry]) -> None:
    """Write a journal of the newest layout into an empty file; the caller syncs it. Raises
    sqlite3.Error.
    """
    with closing(_attach(path)) as connection:
        for statement in ("PRAGMA synchronous = OFF", "PRAGMA journal_mode = OFF"):
            connection.execute(statement).close()
        _migrate(connection, 0)
        write(connection, (Row(sequence, kind, _packed(item)) for sequence, kind, item in entries), 0)
        connection.execute("PRAGMA journal_mode = WAL").close()


def _packed(item: object) -> bytes:
    return b"" if item is None else encode(item)

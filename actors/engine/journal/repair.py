"""How a journal comes to be open: what is whole is used, anything else is set aside and replaced.

The steps of a replacement, each of which a kill may end: write a new file of what could be proved whole,
make it durable under a name that says so, move the old files aside, rename the new one. `place` tells how
the next opener carries on from each.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from actors.engine.journal import ledger
from actors.engine.journal.errors import JournalTooNew, JournalUnavailable, from_sqlite
from actors.engine.journal.incident import ADVICE, Incident, IncidentKind
from actors.engine.journal.ledger import Entry, EntryKind, Reading
from actors.engine.journal.place import Finding, Place

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from actors.engine.journal.hold import Hold


def open_or_repair(place: Place, hold: Hold) -> tuple[sqlite3.Connection, Reading, list[Finding]]:
    """Open what is there; where anything is wrong with it, open what could be recovered instead."""
    findings = place.tidy()
    mark = hold.mark
    connection, reading = _examine(place, mark)
    if connection is not None and reading.problem is None:
        if reading.ends_in_gap:
            problem = "entries went missing before an earlier start, and nothing has been written since"
            findings.append(Finding(IncidentKind.MISSING_RECORDS, problem, place.newest_aside()))
        return connection, reading, findings
    aside = _replace(place, connection, reading, known_through=max(mark, reading.highest))
    if reading.problem is not None:
        findings.append(Finding(*reading.problem, aside))
    connection, reading = _examine(place, mark)
    if connection is None or reading.problem is not None:
        raise JournalUnavailable(place.path, f"what has just been written cannot be read: {reading.problem}")
    return connection, reading, findings


def _examine(place: Place, mark: int) -> tuple[sqlite3.Connection | None, Reading]:
    """Open and read the file; no connection if there is none. It must not end before the mark."""
    connection, reading = None, Reading()
    if place.path.exists():
        layout = ledger.header_layout(place.path)
        if layout is not None and layout > len(ledger.STEPS):
            raise JournalTooNew(
                place.path, f"its layout is {layout}, the newest known one {len(ledger.STEPS)}"
            )
        try:
            connection, reading = ledger.attach_and_read(place.path)
        except sqlite3.Error as error:
            raise from_sqlite(error, place.path) from error
        if reading.too_new is not None:
            connection.close()
            raise JournalTooNew(place.path, f"its layout is {reading.too_new}")
    if mark > reading.sequence:
        problem = f"it ends at number {reading.sequence}, but {mark} had been acknowledged"
        reading.find(IncidentKind.MISSING_RECORDS, problem)
    return connection, reading


def _replace(
    place: Place, connection: sqlite3.Connection | None, reading: Reading, *, known_through: int
) -> Path | None:
    """Put a new file in the journal's place that holds what was recovered; return where the old one is now.

    The new file is complete before the old one moves, and the old one moves before its connection is
    closed: closing it any earlier would fold its log into it, and with the log go the entries that SQLite
    cannot reach.
    """
    entries = list(reading.entries)
    if known_through > reading.sequence:
        entries.append(Entry(known_through, EntryKind.GAP, None))
    try:
        ledger.build(place.start_building(), entries)
        place.finish_building()
        aside = place.set_aside()
    except sqlite3.Error as error:
        raise from_sqlite(error, place.path) from error
    finally:
        if connection is not None:
            connection.close()
    place.put_in_place()
    return aside


def incident_of(place: Place, finding: Finding, reading: Reading, now: datetime) -> Incident:
    """The report of one finding; `reading` is what the journal holds now that it is put right."""
    recovered = [entry.sequence for entry in reading.entries[-2:] if entry.kind is not EntryKind.GAP]
    return Incident(
        kind=finding.kind,
        at=now,
        path=str(place.path),
        aside=None if finding.aside is None else str(finding.aside),
        problem=finding.problem,
        advice=ADVICE[finding.kind],
        recovered_through=recovered[-1] if recovered else 0,
        known_through=reading.sequence,
    )

"""Journals of durable actors: `journal` has the promises, `ledger` the layout."""

from actors.engine.journal.errors import (
    DiskFull,
    EntryTooLarge,
    JournalError,
    JournalFull,
    JournalLocked,
    JournalTooNew,
    JournalUnavailable,
)
from actors.engine.journal.incident import Incident, IncidentKind
from actors.engine.journal.journal import Appended, Journal, Limits, Record, Recovered
from actors.engine.journal.look import looked_into

__all__ = [
    "Appended",
    "DiskFull",
    "EntryTooLarge",
    "Incident",
    "IncidentKind",
    "Journal",
    "JournalError",
    "JournalFull",
    "JournalLocked",
    "JournalTooNew",
    "JournalUnavailable",
    "Limits",
    "Record",
    "Recovered",
    "looked_into",
]

"""What befell a journal's file, as a message for people and for the error framework."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from protocols.message import Timestamp, message

if TYPE_CHECKING:
    from collections.abc import Mapping


class IncidentKind(enum.StrEnum):
    """What was found when a journal was opened."""

    DAMAGED = "Damaged"
    """The content is not what was written: garbage, torn pages, flipped bits, a failing disk."""
    UNREADABLE_RECORD = "UnreadableRecord"
    """An entry is intact, but this software does not know its message or its version."""
    MISSING_RECORDS = "MissingRecords"
    """The file is whole, but ends before the last record that was acknowledged."""
    NOT_A_FILE = "NotAFile"
    """A directory, symbolic link, device or socket stood where a file belongs."""
    PERMISSIONS = "Permissions"
    """The file could not be read and written by its owner alone."""
    REPAIR_FINISHED = "RepairFinished"
    """A predecessor died while it replaced a damaged file; the replacement has been completed."""


ADVICE: Final[Mapping[IncidentKind, str]] = {
    IncidentKind.DAMAGED: "check the disk; what could not be recovered is in the file set aside",
    IncidentKind.UNREADABLE_RECORD: "the file set aside is whole: read it with the version that wrote it",
    IncidentKind.MISSING_RECORDS: "look for a restored backup, a removed file or a failing disk",
    IncidentKind.NOT_A_FILE: "find out who made it; it has been moved aside and can be removed",
    IncidentKind.PERMISSIONS: "let nobody else change this directory; it belongs to evsite alone",
    IncidentKind.REPAIR_FINISHED: "check the disk; the damaged file has been set aside",
}
"""What a person should do about each kind."""


@message
class Incident:
    """One thing found wrong, and put right, while a journal was opened.

    Records with sequence numbers above `recovered_through` up to `known_through` had been acknowledged and
    could not be recovered; the two are equal when nothing is missing.
    """

    kind: IncidentKind
    at: Timestamp
    path: str
    """Where: the journal's file."""
    aside: str | None = None
    """Where the damaged file is now; its log lies beside it with `-wal` appended."""
    problem: str
    """Why: what exactly was found."""
    advice: str
    """What to do."""
    recovered_through: int
    known_through: int

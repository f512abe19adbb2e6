"""Date-times as OCPP writes them, and as back-ends do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

MAX_CHARACTERS: Final = 64


def text_of(moment: datetime) -> str:
    """A moment in UTC with milliseconds (2.1 part 2, 2.2). Raises ValueError for one without its zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """The moment in a peer's date-time; without a zone, which some back-ends forget, it is taken for UTC.

    Raises ValueError for everything else that is no date-time of RFC 3339.
    """
    if len(text) > MAX_CHARACTERS or "T" not in text.upper():
        raise ValueError("no date-time")
    moment = datetime.fromisoformat(text.upper())
    try:
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not between the years 1 and 9999 in UTC") from error


def moment_if(text: str | None) -> datetime | None:
    """The moment in a date-time that may be left out. Raises ValueError as `moment_of`."""
    return None if text is None else moment_of(text)

"""The record of a back-end: one JSON object a line, for every frame and everything that happened. Pure."""

from __future__ import annotations

import enum
import json
from datetime import datetime  # noqa: TC003  # pydantic reads the annotations
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

GOOD: Final = "good"
"""The verdict on a frame that is as it should be; every other verdict is a code of CALLERROR."""


class Kind(enum.StrEnum):
    """What an entry is about."""

    FRAME = "frame"
    CONNECTED = "connected"
    CLOSED = "closed"
    REFUSED = "refused"
    """An upgrade was."""
    PROBLEM = "problem"
    """The station did something else that it must not."""
    FAULT = "fault"
    """We did something wrong on purpose."""
    SCENE = "scene"
    """A scene began, or ended well."""
    FAILED = "failed"
    """What a scene expected did not happen."""


class Entry(BaseModel):
    """One line. What does not apply is left out of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    kind: Kind
    station: str = ""
    connection: int = 0
    """The number of the connection within this run, from 1."""
    version: str | None = None
    direction: Annotated[str | None, Field(pattern="^(in|out)$")] = None
    action: str | None = None
    """Of a frame; of an answer, that of its call."""
    frame: str | None = None
    """As it went over the wire; bytes that are no UTF-8 escaped."""
    verdict: str | None = None
    fault: str | None = None
    """Which fault the frame was sent with."""
    text: str = ""
    """For people."""


def to_line(entry: Entry) -> str:
    """The entry as JSON, without its line end."""
    return entry.model_dump_json(exclude_defaults=True)


class RecordError(ValueError):
    """A line that is none of a record; the text says which and why."""


def from_lines(lines: list[str]) -> list[Entry]:
    """The entries of a record. RecordError; a last line that was cut off in the middle is left out."""
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(Entry.model_validate_json(line))
        except ValidationError as error:
            if number == len(lines) and not _is_whole(line):
                break
            first = error.errors()[0]
            raise RecordError(f"line {number}: {first['msg']}") from None
    return found


def _is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True

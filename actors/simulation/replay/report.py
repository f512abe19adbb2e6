"""What a replay looks like to people and to programs. Pure."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.replay.machine import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from actors.simulation.replay.machine import Outcome, Row
    from actors.simulation.replay.record import Record

HEADINGS: Final = {
    "line": "right",
    "at s": "right",
    "request": "left",
    "answer": "left",
    "in the record": "left",
    "times": "right",
    "mean ms": "right",
    "then ms": "right",
    "verdict": "left",
}


def cells(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """The rows as texts, a cell for each of HEADINGS; what repeats itself in one."""
    start = rows[0].sent_at if rows else None
    kinds = itertools.groupby(
        rows, key=lambda row: (row.request, row.answer, row.recorded, row.verdict, row.details)
    )
    for (request, answer, recorded, verdict, _details), group in kinds:
        some = list(group)
        yield (
            str(some[0].line),
            f"{(some[0].sent_at - start).total_seconds():.3f}" if start is not None else "",
            request,
            answer,
            recorded,
            str(len(some)),
            _mean(row.took_s * 1000 for row in some if row.took_s is not None),
            _mean(row.recorded_ms for row in some if row.recorded_ms is not None),
            verdict.value,
        )


def _mean(times: Iterator[float]) -> str:
    known = list(times)
    return f"{sum(known) / len(known):.1f}" if known else ""


def remarks(record: Record, rows: Sequence[Row]) -> Iterator[str]:
    """What the table cannot tell: what was not played, and what differs."""
    yield from record.notes
    for row in rows:
        for detail in row.details if row.verdict is Verdict.DIFFERENT else ():  # others say it elsewhere
            yield f"line {row.line}: {row.request}: {detail}"


def to_json(record: Record, rows: Sequence[Row], outcome: Outcome) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "outcome": asdict(outcome),
        "talk": dict(record.talk),
        "notes": list(record.notes),
        "requests": [{**asdict(row), "sent_at": row.sent_at.isoformat()} for row in rows],
    }

"""What a car's run looks like to people and to programs: the message sequence with its timings. Pure."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from actors.simulation.ev.exchange import Exchanged
    from actors.simulation.ev.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Answers of one kind behind each other, as one line."""

    phase: str
    request: str
    code: str
    count: int
    began_s: float
    """After the first request of all."""
    mean_ms: float
    max_ms: float
    request_bytes: int
    """Of the first of them."""
    response_bytes: int


def lines(exchanges: Sequence[Exchanged]) -> list[Line]:
    """The sequence, repetitions gathered."""
    if not exchanges:
        return []
    start = exchanges[0].sent_at
    kinds = itertools.groupby(exchanges, key=lambda one: (one.phase, one.request, one.code))
    return [_line(list(group), start) for _, group in kinds]


def _line(group: Sequence[Exchanged], start: datetime) -> Line:
    first, times = group[0], [one.took_s * 1000 for one in group]
    return Line(
        phase=str(first.phase),
        request=first.request,
        code=first.code,
        count=len(group),
        began_s=(first.sent_at - start).total_seconds(),
        mean_ms=sum(times) / len(times),
        max_ms=max(times),
        request_bytes=first.request_bytes,
        response_bytes=first.response_bytes,
    )


HEADINGS = ("at s", "request", "answer", "times", "mean ms", "max ms", "bytes out", "bytes in")


def cells(found: Iterable[Line]) -> list[tuple[str, ...]]:
    """The lines as texts, a cell for each of HEADINGS."""
    return [
        (
            f"{one.began_s:.3f}",
            one.request,
            one.code,
            str(one.count),
            f"{one.mean_ms:.1f}",
            f"{one.max_ms:.1f}",
            str(one.request_bytes),
            str(one.response_bytes),
        )
        for one in found
    ]


def to_json(protocol: str, exchanges: Sequence[Exchanged], outcome: Outcome) -> dict[str, Any]:
    """Everything, for programs: each exchange by itself."""
    return {
        "protocol": protocol,
        "outcome": asdict(outcome),
        "exchanges": [
            {**asdict(one), "phase": str(one.phase), "sent_at": one.sent_at.isoformat()} for one in exchanges
        ],
    }

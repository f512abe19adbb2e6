"""Quantities and times as people read them on a screen. Pure."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING: Final = "-"
KILO: Final = 1000.0
BLOCKS: Final = " ▁▂▃▄▅▆▇█"
"""A column from empty to full."""
STEPS: Final = len(BLOCKS) - 1
EXACT_S: Final = 9.995
"""Up to here hundredths count."""
COARSE_S: Final = 99.95
"""From here on whole seconds do."""
FULL: Final = "━"
HALF: Final = "╸"


def power(watts: float | None) -> str:
    """`11.0 kW`, `350 W`."""
    return _scaled(watts, "W")


def energy(watt_hours: float | None) -> str:
    """`1.24 kWh`, `350 Wh`."""
    return _scaled(watt_hours, "Wh", digits=2)


def _scaled(value: float | None, unit: str, digits: int = 1) -> str:
    if value is None or not math.isfinite(value):
        return NOTHING
    if abs(value) < KILO - 0.5:
        return f"{value:.0f} {unit}"
    return f"{value / KILO:.{digits}f} k{unit}"


def moment(text: str | None) -> datetime | None:
    """A time of the Gateway; None for none, or for a text that is none."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None


def clock(at: datetime | None, *, tenths: bool = False) -> str:
    """The time of day where the terminal is: `18:04:07`."""
    if at is None:
        return NOTHING
    local = at.astimezone()
    return f"{local:%H:%M:%S}" + (f".{local.microsecond // 100_000}" if tenths else "")


def span(seconds: float) -> str:
    """`0:07`, `12:31`, `3:07:00`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def delta(seconds: float) -> str:
    """`+0.12 s`, `+7.1 s`, `+1:20`."""
    if seconds < EXACT_S:
        return f"+{seconds:.2f} s"
    return f"+{seconds:.1f} s" if seconds < COARSE_S else f"+{span(seconds)}"


def curve(points: Sequence[Sequence[float]], width: int, height: int, most: float) -> list[str]:
    """Lines of blocks, the highest first: values over time, the last `width` columns of them.

    Each point is seconds and value; `most` fills the whole height. A column shows its last value.
    """
    values = _columns(points, width)
    rows = []
    for row in range(height - 1, -1, -1):
        text = ""
        for value in values:
            eighths = round(min(1.0, max(0.0, value / most)) * height * STEPS) if most > 0 else 0
            if value > 0 and most > 0:
                eighths = max(1, eighths)  # something flows
            text += BLOCKS[min(STEPS, max(0, eighths - row * STEPS))]
        rows.append(text)
    return rows


def _columns(points: Sequence[Sequence[float]], width: int) -> list[float]:
    """One value for each column: what held when its time began, from the first point to the last."""
    if not points or width < 1:
        return []
    first, last = points[0][0], points[-1][0]
    duration = max(last - first, 1e-9)
    columns, at, found = min(width, max(1, int(duration))), 0, []
    for column in range(columns):
        until = first + duration * (column + 1) / columns
        while at + 1 < len(points) and points[at + 1][0] <= until:
            at += 1
        found.append(float(points[at][1]))
    return found


def bar(share: float, width: int) -> tuple[str, str]:
    """A progress bar as its full and its empty part."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    full = FULL * (halves // 2) + (HALF if halves % 2 else "")
    return full, FULL * (width - len(full))


def one_line(value: Any) -> str:
    """What a text holds, on one line and without anything that steers a terminal."""
    return "".join(c if c.isprintable() else " " for c in " ".join(str(value).split()))

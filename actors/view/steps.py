"""The steps 0 to 6 of a Plug & Charge session, ticking off. Pure. Source: the seven steps of rows S1.*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from actors.view.words import clock, delta, moment, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

TITLES: Final = (
    "certificates and keys are there",
    "car connected, TLS up",
    "contract chosen, chain received",
    "token provided to Auth",
    "validators asked",
    "authorized: the EVSE may start",
    "the car has its AuthorizationRes",
)
"""What a step is called where the Gateway gives it no title."""
SHORT: Final = (
    "Certificates, keys",
    "Car connected",
    "Contract, token built",
    "Token handed over",
    "Validators asked",
    "EVSE authorized",
    "Car told it may charge",
)
"""The same in a terminal of 80 columns, where two EVSEs stand side by side."""
NARROW: Final = 44
"""Columns below which the titles are those."""
ZERO: Final = 0
"""Was there before any car: it is no part of what a session takes."""


def step_rows(steps: Sequence[Mapping[str, Any] | None], width: int) -> Table:
    """A line for each of the seven steps, done or not; the times are counted from the first that was done."""
    known = {int(one["step"]): one for one in steps if one and "step" in one}
    times = {number: moment(one.get("at")) for number, one in known.items()}
    first = min((at for number, at in times.items() if at is not None and number > ZERO), default=None)
    last = max((number for number, at in times.items() if at is not None), default=-1)
    never = {number for number, one in known.items() if one.get("detail") and times[number] is None}
    due = next((number for number in range(last + 1, len(TITLES)) if number not in never), None)
    table = Table.grid(expand=True, padding=(0, 1))
    table.width = width
    table.add_column(width=1)
    table.add_column(width=1)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(justify="right", no_wrap=True)
    for number, title in enumerate(TITLES):
        at = times.get(number)
        told = SHORT[number] if width < NARROW else one_line(known.get(number, {}).get("title") or title)
        table.add_row(
            *_row(
                number,
                told,
                at,
                first,
                due=due == number and last >= 0,
                passed=number < last or number in never,
            )
        )
    return table


def _row(
    number: int, title: str, at: datetime | None, first: datetime | None, *, due: bool, passed: bool
) -> tuple[Text, ...]:
    if at is not None:
        when = (
            ""
            if number == ZERO
            else clock(at)
            if at == first
            else delta((at - (first or at)).total_seconds())
        )
        return Text("✓", "bold green"), Text(str(number), "bold"), Text(title), Text(when, "green")
    if passed:  # it is no part of such a session
        return Text("-", "dim"), Text(str(number), "dim"), Text(title, "dim"), Text("")
    return (
        Text("▸" if due else "·", "bold yellow" if due else "dim"),
        Text(str(number), "dim"),
        Text(title, "dim"),
        Text(""),
    )

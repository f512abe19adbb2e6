"""One EVSE on the screen: state, power and its curve, energy, battery, the steps of its session. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from actors.view.steps import step_rows
from actors.view.words import bar, curve, energy, moment, one_line, power, span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rich.console import RenderableType

STATES: Final[Mapping[str, str]] = {
    "Available": "green",
    "Unavailable": "dim",
    "Faulted": "bold red",
    "Reserved": "magenta",
}
"""Style by state; every other one has to do with a car."""
BUSY: Final = "cyan"
FLOWING_W: Final = 50.0
"""Less is no charging."""
HEADROOM: Final = 1.25
"""Of a curve, above the most there was: so far what is offered is shown."""
FRAME: Final = 4
"""Columns that the border and its padding take."""
PLUGS: Final[Mapping[str, str]] = {
    "cType1": "type 1", "cType2": "type 2", "sType2": "type 2", "cCCS1": "CCS 1", "cCCS2": "CCS 2",
    "cG105": "CHAdeMO", "cMCS": "MCS", "sSchuko": "Schuko",
}  # fmt: skip
"""Connector types of OCPP as people say them."""


def evse_card(evse: Mapping[str, Any], now: datetime, width: int, *, curve_rows: int = 2) -> Panel:
    """An EVSE in a frame of so many columns. What is wrong takes a row of the curve, or that of the bar."""
    inner = width - FRAME
    errors = evse.get("errors")
    session = evse.get("session") or {}
    parts: list[RenderableType] = [_headline(evse, session, now, inner)]
    parts += _curve(evse, session, inner, max(0, curve_rows - bool(errors)))
    if curve_rows or not errors:
        parts.append(_progress(evse, session, inner))
    if errors:
        parts.append(_errors(errors, inner))
    parts.append(step_rows(session.get("steps") or (), inner))
    return Panel(
        Group(*parts), title=_title(evse), title_align="left", border_style=_colour(evse), width=width,
        subtitle=_who(session, inner), subtitle_align="right",
    )  # fmt: skip


def _title(evse: Mapping[str, Any]) -> Text:
    found = [one.get("type") or "" for one in evse.get("connectors") or ()]
    plugs = ", ".join(dict.fromkeys(PLUGS.get(one, one) for one in found if one))
    more = " ".join(part for part in (str(evse.get("mode") or ""), plugs) if part)
    return Text.assemble(
        (f"EVSE {evse.get('evse')}", "bold"), f"  {one_line(evse.get('id') or '')}", (f"  {more}", "dim")
    )


def _who(session: Mapping[str, Any], width: int) -> Text:
    """The token, and how the car speaks, at the foot of the card."""
    token = session.get("token") or {}
    words = [one_line(token.get("type") or ""), one_line(token.get("shown") or "")]
    spoken = one_line(session.get("protocol") or "")
    link = " over TLS" if spoken and session.get("tls") else ""
    told = "  ".join(part for part in (" ".join(filter(None, words)), spoken + link) if part)
    if len(told) > width:
        told = told.replace(link, link.replace(" over", ""))
    return Text(told, style="dim")


def _colour(evse: Mapping[str, Any]) -> str:
    if evse.get("errors"):
        return "red"
    return STATES.get(str(evse.get("state")), BUSY)


def _flows(evse: Mapping[str, Any]) -> bool:
    return abs(float(evse.get("power_w") or 0.0)) >= FLOWING_W


def _headline(evse: Mapping[str, Any], session: Mapping[str, Any], now: datetime, width: int) -> Table:
    """State on the left; power, energy and time on the right."""
    state = one_line(evse.get("state") or "unknown")
    mark = "◉" if _flows(evse) else "●"
    left = Text.assemble((f"{mark} {state}", f"bold {_colour(evse)}"))
    right = Text()
    if session:
        began, ended = moment(session.get("began")), moment(session.get("ended"))
        right.append(power(evse.get("power_w")), style="bold")
        right.append(f"   {energy(session.get('energy_wh', evse.get('energy_wh')))}")
        if began is not None:
            right.append(f"   {span(((ended or now) - began).total_seconds())}", style="dim")
    table = Table.grid(expand=True)
    table.width = width
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(left, right)
    return table


def _curve(evse: Mapping[str, Any], session: Mapping[str, Any], width: int, height: int) -> list[Text]:
    """Power over the time of the session, against the most there was or may be."""
    points = session.get("power") or ()
    if height < 1:
        return []
    peak = max((float(each[1]) for each in points), default=0.0)
    offered = float(evse.get("offered_w") or 0.0)
    most = max(peak, min(offered, HEADROOM * peak)) if peak else offered
    rows = curve(points, width, height, most)
    return [Text(row, style="cyan") for row in rows] if rows else [Text("")] * height


def _progress(evse: Mapping[str, Any], session: Mapping[str, Any], width: int) -> Text:
    """How full the battery is where the car says so, else how much of what is offered is taken."""
    soc = evse.get("soc_percent")
    if session and soc is not None:
        return _bar(float(soc) / 100, f"{float(soc):5.1f} %", "battery", "green", width)
    offered = float(evse.get("offered_w") or 0.0)
    if session and offered > 0:
        share = float(evse.get("power_w") or 0.0) / offered
        return _bar(share, f"of {power(offered)}", "power", "cyan", width)
    return Text(_idle(evse), style="dim")


def _idle(evse: Mapping[str, Any]) -> str:
    return "waits for a car" if evse.get("available", True) else "out of service"


def _bar(share: float, figure: str, name: str, style: str, width: int) -> Text:
    room = max(1, width - len(name) - len(figure) - 2)
    full, empty = bar(share, room)
    return Text.assemble((f"{name} ", "dim"), (full, style), (empty, "dim"), f" {figure}")


def _errors(errors: list[Mapping[str, Any]], width: int) -> Text:
    told = "; ".join(
        one_line(f"{one.get('type', '')} {one.get('message', '')}" if isinstance(one, dict) else one)
        for one in errors
    )
    text = Text(f"✗ {told}", style="red", no_wrap=True)
    text.truncate(width, overflow="ellipsis")
    return text


def evse_rows(evses: list[dict[str, Any]], now: datetime, width: int) -> Table:
    """Many EVSEs, one a line, in so many columns of a terminal."""
    table = Table(box=None, expand=True, padding=(0, 1))
    shown = [column for column in COLUMNS if width >= column.from_width]
    for column in shown:
        table.add_column(column.name, no_wrap=True, overflow="ellipsis", justify=column.justify)
    for evse in evses:
        facts = _facts(evse, now)
        table.add_row(*(facts[column.name] for column in shown))
    return table


class _Column(NamedTuple):
    name: str
    justify: Literal["left", "right"] = "left"
    from_width: int = 0
    """Shown in terminals that have so many columns."""


COLUMNS: Final = (
    _Column("EVSE"),
    _Column("id", from_width=110),
    _Column("state"),
    _Column("token", from_width=90),
    _Column("power", "right"),
    _Column("energy", "right"),
    _Column("battery", "right"),
    _Column("time", "right"),
    _Column("step", "right"),
)


def _facts(evse: Mapping[str, Any], now: datetime) -> dict[str, Text | str]:
    """What stands in each column."""
    session = evse.get("session") or {}
    began, soc = moment(session.get("began")), evse.get("soc_percent")
    done = [one.get("step") for one in session.get("steps") or () if one and one.get("at")]
    token = session.get("token") or {}
    return {
        "EVSE": Text(f"{evse.get('evse')} {evse.get('mode') or ''}", style="bold"),
        "id": Text(one_line(evse.get("id") or ""), style="dim"),
        "state": Text(one_line(evse.get("state") or "unknown"), style=_colour(evse)),
        "token": Text(one_line(token.get("shown") or "")),
        "power": power(evse.get("power_w")) if session else "",
        "energy": energy(session.get("energy_wh")) if session else "",
        "battery": "" if soc is None or not session else f"{float(soc):.0f} %",
        "time": "" if began is None else span((now - began).total_seconds()),
        "step": "" if not done else f"{max(done)}/6",
    }


__all__ = ["evse_card", "evse_rows"]

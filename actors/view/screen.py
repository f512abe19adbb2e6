"""The whole screen: a site at a glance, for any size of terminal. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.columns import Columns
from rich.console import Group
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from actors.view.cards import evse_card, evse_rows
from actors.view.forest import forest
from actors.view.timeline import timeline
from actors.view.words import moment, one_line, span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rich.console import RenderableType

    from actors.view.scene import Scene

CARD: Final = 40
"""Columns that an EVSE needs to be drawn as a card."""
TALLEST_CURVE: Final = 6
CARD_ROWS: Final = 11
"""Rows of a card: its frame, headline, progress and seven steps, without the curve."""
LEAST_BELOW: Final = 9
"""Rows that tree and messages want."""
FOREST: Final = 50
"""Columns of the tree, at most."""
FOREST_SHARE: Final = 0.44
URL: Final = 100
"""Columns from which on the address of the CSMS is told."""
BESIDE: Final = 78
"""Columns that tree and messages need to stand side by side."""


def screen(
    scene: Scene, now: datetime, now_s: float, size: tuple[int, int], foot: str, notes: str = ""
) -> RenderableType:
    """Everything, in a terminal of so many columns and rows.

    `now` for durations of sessions, `now_s` the clock that the scene was fed with; `foot` says where the web
    page is and what to do, `notes` what is going on besides.
    """
    width, height = size
    layout = Layout()
    cards, rows = _cards(scene, now, width, height)
    below = height - rows - 2 - bool(notes)
    parts = [Layout(_head(scene, now, width), size=1), Layout(cards, size=rows)]
    if notes:
        parts.append(
            Layout(Text(f" {notes}", style="bold yellow", no_wrap=True, overflow="ellipsis"), size=1)
        )
    parts.append(Layout(_below(scene, now_s, width, below)))
    parts.append(Layout(Text(f" {foot}", style="dim", no_wrap=True, overflow="ellipsis"), size=1))
    layout.split_column(*parts)
    return layout


def _head(scene: Scene, now: datetime, width: int) -> Table:
    site = scene.site
    left = Text.assemble((" evsite ", "bold reverse"), f"  {_short(site.get('file') or '')}")
    ready = site.get("ready")
    left.append("  ready" if ready else "  starting", style="green" if ready else "yellow")
    if (since := moment(site.get("since"))) is not None:
        left.append(f"  {span((now - since).total_seconds())}", style="dim")
    table = Table.grid(expand=True)
    table.width = width
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(left, _csms(site.get("csms"), width))
    return table


def _short(file: str) -> str:
    """The name of a file and of the folder it is in."""
    return "/".join(one_line(file).split("/")[-2:])


def _csms(csms: Mapping[str, Any] | None, width: int) -> Text:
    if csms is None:
        return Text("no CSMS ", style="dim")
    connected = bool(csms.get("connected"))
    text = Text("CSMS ")
    if width >= URL:
        text.append(f"{one_line(csms.get('url') or '')} ", style="dim")
    words = [one_line(csms.get(name) or "") for name in ("version", "boot")]
    told = " ".join(filter(None, words)) if connected else "not connected"
    text.append(f"{'●' if connected else '○'} {told} ", style="green" if connected else "yellow")
    return text


def _cards(scene: Scene, now: datetime, width: int, height: int) -> tuple[RenderableType, int]:
    """The EVSEs and how many rows they take."""
    evses = scene.evses
    beside = max(1, width // CARD)
    lines = -(-len(evses) // beside) if evses else 1
    spare = height - 2 - LEAST_BELOW - lines * CARD_ROWS
    if not evses:
        return Panel(Text("waiting for word from the site ...", style="dim")), 3
    if spare < 0:
        rows = min(len(evses) + 3, max(4, height - 2 - LEAST_BELOW))
        return Panel(
            evse_rows(evses, now, width), title="EVSEs", title_align="left", border_style="dim"
        ), rows
    columns = min(beside, len(evses))
    tall = min(TALLEST_CURVE, spare // (lines * 2) + spare % 2)
    each = width // columns
    cards = [evse_card(one, now, each, curve_rows=tall) for one in evses]
    if columns == 1:
        return Group(*cards), lines * (CARD_ROWS + tall)
    return Columns(cards, padding=0, expand=False), lines * (CARD_ROWS + tall)


def _below(scene: Scene, now_s: float, width: int, height: int) -> RenderableType:
    """The tree on the left, the messages on the right; in a narrow terminal one above the other."""
    inner = max(1, height - 2)
    if width < BESIDE:
        return _framed(timeline(list(scene.messages), inner), "messages")
    side = Layout()
    tree = forest(scene.tree, scene.restarted, now_s, inner)
    side.split_row(
        Layout(_framed(tree, "supervision"), size=min(FOREST, int(width * FOREST_SHARE))),
        Layout(_framed(timeline(list(scene.messages), inner), "messages, seen from the station")),
    )
    return side


def _framed(what: RenderableType, title: str) -> Panel:
    return Panel(what, title=title, title_align="left", border_style="dim")

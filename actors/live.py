"""The supervision tree for people: as plain text, as JSON, and live in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.engine.messages import TreeNode

COLOURS: Final = {
    "Running": "green",
    "Starting": "yellow",
    "Backoff": "yellow",
    "Stopping": "yellow",
    "Failed": "bold red",
    "Stopped": "dim",
}
MAX_ERROR: Final = 60
MAX_AWAITED: Final = 5
"""So many actors are told of by name."""


def as_json(node: TreeNode) -> dict[str, Any]:
    """The tree as nested objects: name, kind, pid, host, state, restarts, last_error, uptime_s, complete,
    children.

    `complete` is false for a supervisor that did not say in time whom it supervises.
    """
    return {
        "name": node.name,
        "kind": node.kind,
        "pid": node.pid,
        "host": node.host,
        "state": node.state,
        "restarts": node.restarts,
        "last_error": node.last_error,
        "uptime_s": node.uptime_s,
        "complete": node.complete,
        "children": [as_json(child) for child in node.children],
    }


def rows(node: TreeNode, lead: str = "", mark: str = "") -> Iterator[tuple[str, TreeNode]]:
    """Every actor with the branches drawn in front of its name."""
    yield f"{lead}{mark}{node.name}", node
    below = lead + {"": "", "├─ ": "│  ", "└─ ": "   "}[mark]
    for number, child in enumerate(node.children, start=1):
        yield from rows(child, below, "└─ " if number == len(node.children) else "├─ ")


def duration(seconds: float) -> str:
    """A time span in at most two units."""
    whole = int(seconds)
    for size, unit, smaller, step in ((86400, "d", "h", 3600), (3600, "h", "min", 60), (60, "min", "s", 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // step} {smaller}"
    return f"{seconds:.1f} s"


def shorten(text: str | None) -> str:
    """An error on one line."""
    line = " ".join((text or "").split())
    return line if len(line) <= MAX_ERROR else f"{line[: MAX_ERROR - 1]}…"


def state_of(node: TreeNode) -> str:
    """Its state, and whether it told what is below it."""
    return node.state if node.complete else f"{node.state}, below unknown"


def process(node: TreeNode, home: str | None) -> str:
    """Which process it is, and on which host unless that is `home`."""
    if node.pid is None:
        return "-"
    return str(node.pid) if node.host == home else f"{node.pid} on {node.host}"


def as_text(node: TreeNode) -> str:
    """The tree for a pipe or a log: one actor a line, columns aligned."""
    lines = [
        (label, each.kind, state_of(each), process(each, node.host), str(each.restarts),
         duration(each.uptime_s), shorten(each.last_error))
        for label, each in rows(node)
    ]  # fmt: skip
    head = ("actor", "kind", "state", "pid", "restarts", "up", "last error")
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    return "\n".join(
        "  ".join(field.ljust(width) for field, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *lines)
    )


def as_table(node: TreeNode, title: str, footer: str = "") -> Table:
    """The tree for a terminal."""
    table = Table(title=title, title_justify="left", caption=footer, caption_justify="left", box=None)
    for column in ("actor", "kind", "state"):
        table.add_column(column, no_wrap=True)
    for column in ("pid", "restarts", "up"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("last error", overflow="ellipsis", no_wrap=True)
    for label, each in rows(node):
        table.add_row(
            label, Text(each.kind, style="cyan"), Text(state_of(each), style=COLOURS.get(each.state, "")),
            process(each, node.host), Text(str(each.restarts), style="yellow" if each.restarts else "dim"),
            duration(each.uptime_s), Text(shorten(each.last_error), style="red"),
        )  # fmt: skip
    return table


def count(node: TreeNode) -> tuple[int, int]:
    """How many actors there are, and how many of them run."""
    everybody = [each for _label, each in rows(node)]
    return len(everybody), sum(each.state == "Running" for each in everybody)


def awaited(node: TreeNode) -> str:
    """Which actors do not run yet, in what state and why; empty if all do that are known.

    Of a supervisor that waits for those below it only these are named.
    """
    late = [f"{path} ({_why(each)})" for path, each in _late(node, node.name)]
    more = f" and {len(late) - MAX_AWAITED} more" if len(late) > MAX_AWAITED else ""
    return ", ".join(late[:MAX_AWAITED]) + more


def _late(node: TreeNode, path: str) -> Iterator[tuple[str, TreeNode]]:
    below = [each for child in node.children for each in _late(child, f"{path}/{child.name}")]
    if below:
        yield from below
    elif node.state != "Running":
        yield path, node


def _why(node: TreeNode) -> str:
    return f"{node.state}: {shorten(node.last_error)}" if node.last_error else node.state


__all__ = ["as_json", "as_table", "as_text", "awaited", "count", "duration", "rows", "state_of"]

"""The supervision tree, folded to what matters: a mark for each actor, a line for each branch. Pure.

A branch is opened where somebody in it has just been restarted, or does not run, and where there is room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from actors.view.scene import walk
from actors.view.words import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "Running": ("●", "green"),
    "Starting": ("◐", "yellow"),
    "Backoff": ("◌", "yellow"),
    "Stopping": ("◑", "yellow"),
    "Failed": ("✗", "bold red"),
    "Stopped": ("○", "dim"),
}
"""A sign and its style, by state."""
FRESH: Final = ("●", "bold yellow")
"""Runs again, and has not for long."""
MAX_NAME: Final = 24


def forest(
    tree: Mapping[str, Any], restarted: Mapping[str, tuple[float, str]], now_s: float, height: int
) -> Text:
    """The tree in at most so many lines; `restarted` are paths with when and why, as `Scene` has them."""
    branches = [
        _Branch(child, str(tree.get("name", "")), restarted, now_s) for child in tree.get("children") or ()
    ]
    alone = [branch for branch in branches if not branch.children]
    large = [branch for branch in branches if branch.children]
    told = {branch.name: branch.opened() for branch in large}
    room = height - bool(tree) - bool(alone) - len(large) - sum(map(len, told.values()))
    for branch in reversed(large):  # EVSEs stand last, and there is the most to see
        wanted = len(branch.children) - len(told[branch.name])
        if wanted <= room:
            told[branch.name], room = branch.whole(), room - wanted
    lines = [_root(tree)] if tree else []
    lines += [_together(alone)] if alone else []
    for branch in large:
        lines += [branch.line(), *told[branch.name]]
    text = Text("\n").join(_drawn(lines)[:height])
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _drawn(lines: list[tuple[int, Text]]) -> list[Text]:
    """With the branches in front of the names."""
    drawn = []
    for number, (depth, text) in enumerate(lines):
        last = not any(other == 1 for other, _ in lines[number + 1 :])
        lead = ("", "└─ " if last else "├─ ", "      " if last else "│     ")[depth]
        drawn.append(Text.assemble((lead, "dim"), text))
    return drawn


def _root(tree: Mapping[str, Any]) -> tuple[int, Text]:
    everybody = [node for _path, node in walk(tree)]
    running = sum(node.get("state") == "Running" for node in everybody)
    restarts = sum(int(node.get("restarts") or 0) for node in everybody)
    text = Text.assemble((str(tree.get("name")), "bold"), f"  {running} of {len(everybody)} actors run")
    if restarts:
        text.append(f", {restarts} restarted", style="yellow")
    return 0, text


class _Branch:
    """A child of the root with everybody below it."""

    def __init__(
        self,
        node: Mapping[str, Any],
        above: str,
        restarted: Mapping[str, tuple[float, str]],
        now_s: float,
    ) -> None:
        self.name = one_line(node.get("name") or "")
        self.children = node.get("children") or ()
        self._members = walk(node, above)
        self._restarted, self._now_s = restarted, now_s

    def marks(self) -> Text:
        """A sign for each of them."""
        text = Text()
        for path, node in self._members:
            sign, style = self._mark(path, node)
            text.append(sign, style=style)
        return text

    def line(self) -> tuple[int, Text]:
        """The branch on one line."""
        text = Text.assemble(f"{self.name:13} ", self.marks())
        if count := sum(int(node.get("restarts") or 0) for _path, node in self._members):
            text.append(f" ↻{count}", style="yellow")
        return 1, text

    def opened(self) -> list[tuple[int, Text]]:
        """Those in it whom something has happened to, the newest first."""
        told = [(path, node) for path, node in self._members if self._matters(path, node)]
        told.sort(key=lambda one: -self._restarted.get(one[0], (self._now_s, ""))[0])
        return [(2, self._told(path, node)) for path, node in told]

    def whole(self) -> list[tuple[int, Text]]:
        """Everybody in it."""
        return [(2, self._told(path, node)) for path, node in self._members[1:]]

    def _matters(self, path: str, node: Mapping[str, Any]) -> bool:
        return path in self._restarted or node.get("state") not in {"Running", "Stopped"}

    def _mark(self, path: str, node: Mapping[str, Any]) -> tuple[str, str]:
        state = str(node.get("state"))
        if state == "Running" and path in self._restarted:
            return FRESH
        return MARKS.get(state, ("?", "dim"))

    def _told(self, path: str, node: Mapping[str, Any]) -> Text:
        sign, style = self._mark(path, node)
        text = Text.assemble((sign, style), f" {one_line(node.get('name') or '')[:MAX_NAME]}")
        if self._matters(path, node):
            at_s, why = self._restarted.get(path, (self._now_s, str(node.get("last_error") or "")))
            state = str(node.get("state"))
            ago = f"restarted {self._now_s - at_s:.0f} s ago" if state == "Running" else state.lower()
            text.append_text(Text.assemble((f"  {ago}", "yellow"), (f"  {one_line(why)}", "dim")))
        return text


def _together(branches: list[_Branch]) -> tuple[int, Text]:
    """Those that stand by themselves, on one line."""
    text = Text(f"{'station':13} ")
    for branch in branches:
        text.append_text(branch.marks())
    names = ", ".join(branch.name for branch in branches)
    text.append(f" {names}", style="dim")
    return 1, text

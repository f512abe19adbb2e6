"""A YAML document as a tree that remembers where everything stood."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeAlias

from actors.config.problems import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.catalog.manifest import Scalar
    from actors.config.problems import Path, Position


@dataclasses.dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value. `value` is None for an empty place or `null`."""

    value: Scalar | None
    position: Position


@dataclasses.dataclass(frozen=True, slots=True)
class ListNode:
    """A list."""

    items: tuple[Node, ...]
    position: Position


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value."""

    key: str
    position: Position
    value: Node


@dataclasses.dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping; of a key given twice only the first is kept."""

    entries: Mapping[str, Entry]
    position: Position


Node: TypeAlias = ScalarNode | ListNode | MapNode


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A file's tree, to find places in it."""

    file: str
    root: Node

    def locate(self, path: Path, *, key: bool = False) -> Position:
        """Where the value at a path stands, or its key for mappings, lists and on request.

        A path is followed as far as it exists: a thing that is missing is placed where it is missed.
        """
        node, position = self.root, self.root.position
        for part in path:
            if (step := _step(node, part)) is None:
                return position
            node, position = step
        return node.position if isinstance(node, ScalarNode) and not key else position

    def holds(self, path: Path) -> bool:
        """Whether anything but an empty list stands at a path, readable or not."""
        node = self.root
        for part in path:
            if (step := _step(node, part)) is None:
                return False
            node, _ = step
        return not (isinstance(node, ListNode) and not node.items)


def _step(node: Node, part: str | int) -> tuple[Node, Position] | None:
    """The member of a mapping or list and where it begins."""
    if isinstance(part, str) and isinstance(node, MapNode) and part in node.entries:
        entry = node.entries[part]
        return entry.value, entry.position
    if isinstance(part, int) and isinstance(node, ListNode) and part < len(node.items):
        return node.items[part], node.items[part].position
    return None


def describe(node: Node) -> str:
    """What stands there, for a message."""
    match node:
        case MapNode():
            return "a mapping"
        case ListNode():
            return "a list"
        case ScalarNode(value=None):
            return "nothing"
        case ScalarNode(value=bool() as value):
            return "true" if value else "false"
        case ScalarNode(value=str() as value):
            return f"the string {quoted(value)}"
        case _:
            return f"the number {node.value}"


def plain(node: Node) -> Any:
    """What a node holds as dicts, lists and scalars, without its places."""
    if isinstance(node, MapNode):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return node.value

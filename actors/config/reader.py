"""Reads YAML text into a tree that knows its places, whatever the bytes are.

Read event by event, so that a hostile file is refused before it costs anything: the size of the text, the
depth of nesting and the number of nodes with aliases replaced have bounds. Tags that would make objects are
refused. What is wrong is reported; what can still be read is returned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from actors.config.document import Entry, ListNode, MapNode, Node, ScalarNode
from actors.config.problems import Position, Problem, quoted, written
from actors.config.scalars import TAG, TAGGED, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.catalog.manifest import Scalar
    from actors.config.problems import Path

MAX_BYTES: Final = 4 * 1024 * 1024
"""A site of 128 EVSEs takes about a tenth of this."""
MAX_DEPTH: Final = 32
"""The deepest legal place of a site file is 8; only x-module-layout is free."""
MAX_NODES: Final = 200_000
MAX_KEY_LENGTH: Final = 1024
"""YAML itself ends a plain key there, and its parsers then speak of the colon behind it."""
NO_KEY: Final = frozenset({"mapping values are not allowed in this context", "could not find expected ':'"})

_UNPRINTABLE: Final = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_document(data: bytes, file: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """The tree of a YAML file, or None where it cannot be read at all, and what is wrong with it.

    Never raises, whatever the bytes are.
    """
    reader = _Reader(file)
    try:
        return reader.read(data), tuple(reader.problems)
    except _RefusedError as refused:
        return None, (*reader.problems, refused.problem)


class _RefusedError(Exception):
    """The text cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.nodes = 0
        self.merges = False
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.events: Iterator[Any] = iter(())

    def problem(self, at: Position, text: str, suggestion: str = "", path: Path = ()) -> Problem:
        return Problem(
            file=self.file,
            line=at.line,
            column=at.column,
            path=written(path),
            text=text,
            suggestion=suggestion,
        )

    def refuse(self, at: Position, text: str, suggestion: str = "") -> _RefusedError:
        return _RefusedError(self.problem(at, text, suggestion))

    def read(self, data: bytes) -> Node | None:
        """The tree, or None where it is not what was meant: a mapping that others were to be merged into."""
        text = self.decode(data)
        self.events = yaml.parse(text, Loader=_LOADER)
        try:
            root = self.document()
        except yaml.MarkedYAMLError as error:
            raise self.syntax(text, error) from None
        return None if self.merges else root

    def decode(self, data: bytes) -> str:
        if len(data) > MAX_BYTES:
            raise self.refuse(Position(), f"the file is larger than {MAX_BYTES} bytes")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode()
            raise self.refuse(_end_of(before), "this is not UTF-8", "Save the file as UTF-8.") from None
        if (found := _UNPRINTABLE.search(text)) is not None:
            at = _end_of(text[: found.start()])
            raise self.refuse(at, f"control character {found[0]!a} in the text", "Remove it.")
        return text

    def syntax(self, text: str, error: yaml.MarkedYAMLError) -> _RefusedError:
        at = _position(error.problem_mark)
        lines = [*text.splitlines(), ""]  # an error may be seen at the very end
        if lines[at.line - 1][at.column - 1 : at.column] == "\t":
            return self.refuse(at, "a tab indents this line", "YAML is indented by spaces only.")
        if at.column > MAX_KEY_LENGTH and error.problem in NO_KEY:
            return self.refuse(
                Position(at.line, 1),
                f"a key of more than {MAX_KEY_LENGTH} characters",
                "Write a shorter one.",
            )
        what = ", ".join(part for part in (error.context, error.problem) if part)
        return self.refuse(at, f"not YAML: {what}")

    def document(self) -> Node:
        next(self.events)  # the stream starts
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise self.refuse(Position(), "the file is empty", "'evsite init' writes one to begin with.")
        root, _ = self.node(next(self.events), ())
        next(self.events)  # the document ends
        if not isinstance(event := next(self.events), yaml.StreamEndEvent):
            raise self.refuse(
                _position(event.start_mark), "a second document begins here", "Keep one per file."
            )
        return root

    def node(self, event: Any, path: Path) -> tuple[Node, int]:
        """The node that an event begins and how many nodes it is made of."""
        at = _position(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event.anchor, at)
        self.count(1, at)
        if len(path) > MAX_DEPTH:
            raise self.refuse(at, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            node: Node = ScalarNode(self.scalar(event, at, path), at)
            size = 1
        else:
            self.check_collection_tag(event, at, path)
            inside = self.list_items if isinstance(event, yaml.SequenceStartEvent) else self.entries
            node, size = inside(at, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, size)
        return node, size

    def alias(self, anchor: Any, at: Position) -> tuple[Node, int]:
        if anchor not in self.anchors:  # also an alias inside the very thing it names
            raise self.refuse(at, f"alias {quoted('*' + anchor)} names nothing above it")
        node, size = self.anchors[anchor]
        self.count(size, at)
        return node, size

    def count(self, nodes: int, at: Position) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise self.refuse(at, f"more than {MAX_NODES} values, aliases replaced")

    def list_items(self, at: Position, path: Path) -> tuple[Node, int]:
        items: list[Node] = []
        total = 1
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            item, size = self.node(event, (*path, len(items)))
            items.append(item)
            total += size
        return ListNode(tuple(items), at), total

    def entries(self, at: Position, path: Path) -> tuple[Node, int]:
        entries: dict[str, Entry] = {}
        total = 1
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key_at = _position(event.start_mark)
            key = event.value if isinstance(event, yaml.ScalarEvent) else None
            _, key_size = self.node(event, (*path, "?"))
            value, size = self.node(next(self.events), (*path, key or ""))
            total += key_size + size
            self.keep(entries, Entry(key or "", key_at, value), path, readable=key is not None)
        return MapNode(entries, at), total

    def keep(self, entries: dict[str, Entry], entry: Entry, path: Path, *, readable: bool) -> None:
        """Add an entry unless its key is no name, a merge, or there already."""
        if not readable:
            text, advice = "a key must be a plain name", ""
        elif entry.key == "<<":
            self.merges = True
            text, advice = (
                "merge keys are not supported",
                "Write the keys out, or share whole values by alias.",
            )
        elif (first := entries.setdefault(entry.key, entry)) is not entry:
            text = f"key {quoted(entry.key)} is given twice"
            advice = f"The first is in line {first.position.line}. Keep one."
        else:
            return
        self.problems.append(self.problem(entry.position, text, advice, (*path, entry.key)))

    def scalar(self, event: Any, at: Position, path: Path) -> Scalar | None:
        tag = event.tag
        if tag is None or tag == "!":
            untagged = event.implicit[0] and tag is None
            return plain(event.value) if untagged else str(event.value)
        if (read := TAGGED.get(tag)) is not None:
            value = read(event.value)
            if value is not None or tag == f"{TAG}null":
                return value
        self.problems.append(self.problem(at, f"tag {quoted(tag)} does not fit here", "Leave it out.", path))
        return str(event.value)

    def check_collection_tag(self, event: Any, at: Position, path: Path) -> None:
        if event.tag not in {None, "!", f"{TAG}map", f"{TAG}seq"}:
            text = f"tag {quoted(event.tag)} does not fit here"
            self.problems.append(self.problem(at, text, "Leave it out.", path))


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _end_of(text: str) -> Position:
    """The place just behind a text."""
    return Position(text.count("\n") + 1, len(text) - text.rfind("\n"))

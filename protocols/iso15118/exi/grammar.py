"""The grammars of a schema, derived from the declarations of its namespaces.

A `TypeGrammar` sees the content of one class as a row of slots (attributes, then places in the content, or
a single value). A state is "so many occurrences of slot n have been seen"; it knows the width of its event
codes and the code of every event it accepts. Events that the schema counts but this codec refuses (abstract
heads, wildcards, text in mixed content) take codes and widths and have no event.

One file because a type's grammar and the schema's need each other.

Source: exi-notes sections 3 to 5, 7 and 8 (EXI 1.0, sections 8.5.1 to 8.5.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from protocols.iso15118.exi.declaration import (
    Alternative,
    Attribute,
    Declaration,
    Leaf,
    Particle,
    declaration_of,
)
from protocols.iso15118.exi.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from protocols.iso15118.exi.declare import Namespace

START: Final = -1
"""The slot before the first."""
UNBOUNDED_MOST: Final = 1024
"""How often an element may occur that the schema does not bound: as often as in the longest it does bound."""
CHOICES_MOST: Final = 128
"""The same for a repeated choice (key data), of which real messages have a handful.

Its turns take seven bits where they carry nothing, and as objects a hundred times that.
"""
MOST_PLAIN: Final = 4
"""How many leaves an object may have and still be written into the code of its parent."""


def width_of(count: int) -> int:
    """How many bits tell `count` things apart."""
    return (count - 1).bit_length()


@dataclass(frozen=True, slots=True)
class Event:
    """Something a state accepts: an attribute, an element, a value, or the end (`slot` None)."""

    number: int
    """Its place among the events of the type."""
    slot: int | None
    name: str = ""
    uri: str = ""
    alternative: Alternative | None = None
    target: Leaf | type | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The event codes of one state: `width` bits each, by event number."""

    width: int
    codes: dict[int, int]
    only: bool
    """No other event is accepted here."""

    def bits(self, event: int) -> str:
        """The code of an event as a string of binary digits."""
        return format(self.codes[event], f"0{self.width}b")


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in the row and the events that fill it."""

    what: Attribute | Particle | Leaf
    events: tuple[Event, ...]
    """The accepted ones; empty if only refused elements could stand here."""
    productions: tuple[int | None, ...]
    """Event numbers in the order of their codes; None for a production that is refused."""

    @property
    def limits(self) -> tuple[int, int | None]:
        """How often the slot occurs at least and at most (None: no limit)."""
        if isinstance(self.what, Particle):
            return self.what.min_occurs, self.what.max_occurs
        if isinstance(self.what, Attribute):
            return int(self.what.required), 1
        return 1, 1

    @property
    def most(self) -> int:
        """How often the slot occurs at most; where the schema sets no limit, ours."""
        high = self.limits[1]
        if high is not None:
            return high
        return CHOICES_MOST if is_items(self) else UNBOUNDED_MOST

    @property
    def repeated(self) -> bool:
        """Whether it can occur more than once."""
        return self.limits[1] != 1

    @property
    def plain(self) -> bool:
        """Whether exactly one leaf element stands here."""
        return (
            self.limits == (1, 1) and len(self.productions) == 1 and isinstance(self.events[0].target, Leaf)
        )


def fields_in(what: Particle) -> list[str]:
    """The fields of the alternatives of a place."""
    return [one.field for one in what.alternatives]


def fields_of(slot: Slot) -> list[str]:
    """The fields of the class that hold what stands in a slot."""
    what = slot.what
    if isinstance(what, Attribute):
        return [what.field]
    if isinstance(what, Leaf):
        return ["value"]
    return fields_in(what) if what.holder is None else [what.holder]


def is_items(slot: Slot) -> bool:
    """Whether the slot is a repeated choice."""
    return isinstance(slot.what, Particle) and slot.what.items is not None


def grouped(slot: Slot) -> bool:
    """Whether the slot belongs to an optional sequence."""
    return isinstance(slot.what, Particle) and slot.what.group is not None


class TypeGrammar:
    """The content grammar of one class within one schema."""

    def __init__(self, kind: type, schema: SchemaGrammar) -> None:
        self.kind = kind
        self.declaration: Declaration = declaration_of(kind)
        self._schema = schema
        self._count = 0
        self._states: dict[tuple[int, int], State] = {}
        whats: list[Attribute | Particle | Leaf] = [*self.declaration.attributes]
        if self.declaration.content is not None:
            whats.append(self.declaration.content)
        whats.extend(self.declaration.particles)
        self.slots: tuple[Slot, ...] = tuple(self._slot(index, what) for index, what in enumerate(whats))
        self.end: Final = Event(self._count, None, "end of element")

    def _number(self) -> int:
        self._count += 1
        return self._count - 1

    def _slot(self, index: int, what: Attribute | Particle | Leaf) -> Slot:
        if isinstance(what, Attribute):
            event = Event(self._number(), index, what.name, what.uri, None, what.leaf)
            return Slot(what, (event,), (event.number,))
        if isinstance(what, Leaf):
            event = Event(self._number(), index, "value", "", None, what)
            return Slot(what, (event,), (event.number,))
        events: list[Event] = []
        productions: list[int | None] = []
        for alternative in what.alternatives:
            for name, uri, target in self._schema.stand_ins(alternative):
                if target is None:
                    productions.append(None)
                    continue
                event = Event(self._number(), index, name, uri, alternative, target)
                events.append(event)
                productions.append(event.number)
        return Slot(what, tuple(events), tuple(productions))

    def state(self, slot: int = START, count: int = 1) -> State:
        """The state after `count` occurrences of `slot`; `START` for the beginning of the element."""
        if (known := self._states.get((slot, count))) is None:
            known = self._states[slot, count] = self._state(slot, count)
        return known

    def _state(self, slot: int, count: int) -> State:
        offered = list(self._following(slot, count))
        must = bool(offered) and self._must(slot, count, offered[-1])
        row: list[int | None] = [event for index in offered for event in self.slots[index].productions]
        whats = [self.slots[index].what for index in offered]
        wildcard = any(isinstance(what, Particle) and what.wildcard for what in whats)
        may_end = not must and not (self.declaration.never_empty and slot == START)
        if wildcard or (may_end and self.declaration.wildcard is not None):
            row.append(None)
        if may_end and not self.declaration.wildcard:
            row.append(self.end.number)
        if self.declaration.mixed and not (must and isinstance(whats[-1], Attribute)):
            row.append(None)
        codes = {event: code for code, event in enumerate(row) if event is not None}
        return State(width_of(len(row) + 1), codes, only=len(codes) == 1)

    def _must(self, slot: int, count: int, index: int) -> bool:
        """Whether slot `index` has to come before anything behind it, seen from (slot, count)."""
        low, _ = self.slots[index].limits
        if index == slot:
            return count < low
        return low > 0 or self._bound_to(slot, index)

    def _bound_to(self, slot: int, index: int) -> bool:
        """Whether `index` must follow because `slot` opened the optional sequence both belong to."""
        if slot == START:
            return False
        opened, what = self.slots[slot].what, self.slots[index].what
        return (
            isinstance(opened, Particle)
            and isinstance(what, Particle)
            and what.group is not None
            and what.group == opened.group
        )

    def _following(self, slot: int, count: int) -> Iterator[int]:
        """The slots whose events are offered after `count` occurrences of `slot`."""
        if slot != START:
            low, high = self.slots[slot].limits
            if high is None or count < high:
                yield slot
                if count < low:
                    return
        for index in range(slot + 1, len(self.slots)):
            if self._inside_group(slot, index):
                continue
            yield index
            if self._must(slot, count, index):
                return

    def _inside_group(self, slot: int, index: int) -> bool:
        """Whether `index` is a later member of an optional sequence that `slot` has not opened."""
        what = self.slots[index].what
        before = self.slots[index - 1].what if index else None
        return (
            isinstance(what, Particle)
            and what.group is not None
            and isinstance(before, Particle)
            and before.group == what.group
            and not self._bound_to(slot, index)
        )

    def part(self, kind: type) -> TypeGrammar:
        """The grammar of another class of the same schema."""
        return self._schema.grammar(kind)

    @cached_property
    def plain(self) -> bool:
        """Whether every object of the class is the same short row of leaves, so that it need not be called.

        Physical values are what this is for.
        """
        made = self.declaration
        return (
            made.content is None
            and made.wildcard is None
            and not (made.attributes or made.mixed or made.abstract)
            and 0 < len(self.slots) <= MOST_PLAIN
            and all(slot.plain for slot in self.slots)
        )

    @property
    def completable(self) -> bool:
        """Whether an element of this class can be written without content of other namespaces."""
        return self.declaration.wildcard != 1

    def group_end(self, index: int) -> int:
        """The last slot of the optional sequence that slot `index` opens; `index` itself if it opens none."""
        last = index
        while last + 1 < len(self.slots) and self._bound_to(index, last + 1):
            last += 1
        return last

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """All events of the type in the order of their numbers, the end included."""
        return (*(event for slot in self.slots for event in slot.events), self.end)


@dataclass(frozen=True, slots=True)
class Root:
    """An element that can stand at the top of a document or fragment."""

    name: str
    uri: str
    targets: tuple[Leaf | type, ...]
    """The types that elements of this name have in the schema; more than one: the relaxed grammar."""
    code: int


class SchemaGrammar:
    """All grammars of one schema set: the namespaces that its root file reaches."""

    def __init__(self, name: str, namespaces: Sequence[Namespace]) -> None:
        self.name = name
        self.namespaces = tuple(namespaces)
        self.types: tuple[type, ...] = tuple(kind for one in namespaces for kind in one.types)
        self._grammars: dict[type, TypeGrammar] = {}

    def grammar(self, kind: type) -> TypeGrammar:
        """The grammar of a class, made when first asked for."""
        found = self._grammars.get(kind)
        if found is None:
            found = self._grammars[kind] = TypeGrammar(kind, self)
        return found

    def stand_ins(self, alternative: Alternative) -> list[tuple[str, str, Leaf | type | None]]:
        """The elements that may stand for an alternative, sorted; the target is None for a refused one."""
        target = alternative.target
        if isinstance(target, Leaf) or not alternative.reference:
            return [(alternative.name, alternative.uri, target)]
        found: list[tuple[str, str, Leaf | type | None]] = []
        for kind in self.types:
            made = declaration_of(kind)
            if made.element is not None and issubclass(kind, target):
                found.append((made.element, made.namespace.uri, None if made.abstract else kind))
        return sorted(found, key=lambda one: one[:2])

    @cached_property
    def documents(self) -> tuple[Root, ...]:
        """The global elements in the order of their codes."""
        named: dict[tuple[str, str], Leaf | type] = {}
        for kind in self.types:
            made = declaration_of(kind)
            if made.element is not None:
                named[made.element, made.namespace.uri] = kind
            for one in _alternatives(made):
                if one.reference:
                    named.setdefault((one.name, one.uri), one.target)
        return tuple(
            Root(name, uri, (named[name, uri],), code) for code, (name, uri) in enumerate(sorted(named))
        )

    @cached_property
    def document_width(self) -> int:
        """The bits of a document's element code; one code more stands for any other element."""
        return width_of(len(self.documents) + 1)

    @cached_property
    def fragments(self) -> tuple[Root, ...]:
        """Every element name of the schema set, global or local, in the order of its fragment code."""
        named: dict[tuple[str, str], list[Leaf | type]] = {}
        for root in self.documents:
            named.setdefault((root.name, root.uri), []).extend(root.targets)
        for kind in self.types:
            for one in _alternatives(declaration_of(kind)):
                targets = named.setdefault((one.name, one.uri), [])
                if one.target not in targets:
                    targets.append(one.target)
        return tuple(
            Root(name, uri, tuple(named[name, uri]), code) for code, (name, uri) in enumerate(sorted(named))
        )

    @cached_property
    def fragment_width(self) -> int:
        """The bits of a fragment's element code; two codes more: any other element, end of document."""
        return width_of(len(self.fragments) + 2)

    @cached_property
    def attributes(self) -> tuple[tuple[str, str], ...]:
        """Every attribute name of the schema set, sorted."""
        names = {(one.name, one.uri) for kind in self.types for one in declaration_of(kind).attributes}
        return tuple(sorted(names))

    def document_root(self, kind: type) -> Root:
        """The global element of a message class. SchemaError if this schema has none."""
        for root in self.documents:
            if root.targets[0] is kind:
                return root
        raise SchemaError(f"{kind.__qualname__} is no document of schema {self.name}")

    def fragment_root(self, kind: type, name: str | None, namespace: str | None = None) -> Root:
        """The element of class `kind` with this name and namespace, each only if given.

        Among several, the global element of the class. SchemaError if there is none, or no way to choose.
        """
        found = [
            root
            for root in self.fragments
            if kind in root.targets and name in (None, root.name) and namespace in (None, root.uri)
        ]
        if len(found) > 1:
            made = declaration_of(kind)
            own = (made.element, made.namespace.uri)
            found = [root for root in found if (root.name, root.uri) == own] or found
        if len(found) != 1:
            choices = ", ".join(f"{{{root.uri}}}{root.name}" for root in found) or "none"
            wanted = name or f"an element of class {kind.__qualname__}"
            raise SchemaError(f"{wanted} is no single element of schema {self.name}: {choices}")
        return found[0]


def _alternatives(made: Declaration) -> Iterator[Alternative]:
    for particle in made.particles:
        yield from particle.alternatives

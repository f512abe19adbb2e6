"""Writes the decode function of a class from its grammar.

The generated function takes the input as binary digits and a position, and returns the object and the
position behind it. It goes through the slots of the grammar once. Where only one event can come, its code
is not read but joined with the bits behind it (`LeafReader.pending`) and compared or looked up with them;
where several can, the code is looked up and the event's number kept in `k`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118.exi import runtime
from protocols.iso15118.exi.datatypes import Binary, Text, UnixTime
from protocols.iso15118.exi.declaration import Leaf, Particle
from protocols.iso15118.exi.grammar import (
    START,
    Event,
    Slot,
    State,
    TypeGrammar,
    fields_of,
    grouped,
    is_items,
)
from protocols.iso15118.exi.leaf_reader import LeafReader
from protocols.iso15118.exi.source import Scope, Where

if TYPE_CHECKING:
    from collections.abc import Callable

ESCAPE: Final = -1
"""The event number that stands for the escape to the second level."""


def read_scope() -> Scope:
    """The names that generated decode functions start from."""
    names = {
        name: getattr(runtime, name)
        for name in (
            "Fault",
            "OCTETS",
            "binary_leaf",
            "binary_value",
            "empty",
            "fixed",
            "mismatch",
            "more_octets",
            "out_of_range",
            "text_leaf",
            "text_value",
        )
    }
    return Scope({**names, "UnixTime": UnixTime, "new": object.__new__})


class _Reader(LeafReader):
    """The state of generation of one function."""

    def __init__(self, grammar: TypeGrammar, scope: Scope, callee: Callable[[type], str]) -> None:
        super().__init__(scope)
        self.grammar, self.callee = grammar, callee
        self.static: Event | None = None
        """The event that comes next, if only one can and its code is in `pending`."""

    def build(self, name: str, title: str) -> Callable[..., Any]:
        source = self.source
        source.add(f"def {name}(b, p):")
        source.indent += 1
        optional = [variable for variable, default in self._variables() if default == "None"]
        if optional:
            source.add(f"{' = '.join(optional)} = None")
        for variable, default in self._variables():
            if default == "()":
                source.add(f"{variable} = ()")
        self.next_event(self.grammar.state(START))
        for index, slot in enumerate(self.grammar.slots):
            self._slot(index, slot)
        source.here = Where()
        self.flush()
        fields = [variable.removeprefix("f_") for variable, _ in self._variables()]
        self._make(self.grammar.kind, "o", {field: f"f_{field}" for field in fields})
        source.add("return o, p")
        return source.compile(name, title, self.scope.names)

    def _variables(self) -> list[tuple[str, str]]:
        found = []
        for slot in self.grammar.slots:
            low, _ = slot.limits
            for field in fields_of(slot):
                if slot.repeated:
                    found.append((f"f_{field}", "" if low else "()"))
                else:
                    sure = low == 1 and len(fields_of(slot)) == 1 and not grouped(slot)
                    found.append((f"f_{field}", "" if sure else "None"))
        return found

    # -- events ------------------------------------------------------------------------------------------

    def next_event(self, state: State, *, dynamic: bool = False, escape: bool = False) -> None:
        """Read the code of the next event into `k`, or join it to `pending` if there is only one."""
        if state.only and not escape:
            (number,) = state.codes
            self.pending += state.bits(number)
            self.static = self.grammar.events[number]
            if dynamic:
                self.flush()
                self.source.add(f"k = {number}")
                self.static = None
            return
        self.static = None
        if not state.codes:
            self.flush()
            self.source.add("raise Fault('content of other namespaces, which is not supported')")
            return
        codes = {self.pending + state.bits(number): number for number in state.codes}
        if escape:
            code = max(state.codes.values()) + 1
            codes[self.pending + format(code, f"0{state.width}b")] = ESCAPE
        self.pending = ""
        self.look_up("k", codes, ("event", *codes.items()))

    # -- slots -------------------------------------------------------------------------------------------

    def _slot(self, index: int, slot: Slot) -> None:
        source = self.source
        source.here = self._where(slot)
        low, _ = slot.limits
        sure = self.static is not None or (low > 0 and not grouped(slot))
        if not sure:
            source.add(f"if {_is_one_of(slot)}:")
            source.indent += 1
        if slot.repeated:
            self._repeated(index, slot)
        else:
            self._once(slot)
            self.next_event(self.grammar.state(index), dynamic=not sure)
        if not sure:
            self.flush()
            source.indent -= 1
            self.static = None

    def _where(self, slot: Slot) -> Where:
        if len(slot.events) == 1:
            name = slot.events[0].name
            return Where("" if isinstance(slot.what, Leaf) else name)
        return Where(names={event.number: event.name for event in slot.events}, chooser="k")

    def _once(self, slot: Slot) -> None:
        """Read the one occurrence of a slot into the variable of its field."""
        if len(fields_of(slot)) == 1 and not is_items(slot):
            self._alternatives(slot, f"f_{fields_of(slot)[0]}")
            return
        for turn, event in enumerate(slot.events):
            assert event.alternative is not None  # only attributes and values have none
            self.source.add(f"{'if' if turn == 0 else 'elif'} k == {event.number}:")
            self.source.indent += 1
            self._value(event, f"f_{event.alternative.field}")
            self.flush()
            self.source.indent -= 1

    def _alternatives(self, slot: Slot, variable: str) -> None:
        """Read one occurrence, whichever event it is, into `variable`."""
        if len(slot.events) == 1:
            self._value(slot.events[0], variable)
            return
        callees = {event.number: self.callee(event.target) for event in slot.events}  # type: ignore[arg-type]  # a substitution group has classes
        key = ("call", *callees.items())
        self.flush()
        self.source.add(f"{variable}, p = {self._dispatch(key, callees)}(b, p)")

    def _dispatch(self, key: Any, callees: dict[int, str]) -> str:
        table = self.scope.name("d", key, lambda: callees)
        self.scope.names.setdefault("G", self.scope.names)
        return f"G[{table}[k]]"

    def _repeated(self, index: int, slot: Slot) -> None:
        source, (low, high) = self.source, slot.limits
        items = "items"
        where = source.here
        source.here = replace(where, items=items)
        self.flush()
        source.add(f"{items} = []")
        source.add("while True:")
        source.indent += 1
        if high is None:
            source.add(f"if len({items}) == {slot.most}: raise Fault('more than {slot.most} of them')")
        self._item(slot)
        if low > 1:
            source.add(f"if len({items}) < {low}:")
            source.indent += 1
            self.next_event(self.grammar.state(index, 1))
            self.flush()
            source.add("continue")
            source.indent -= 1
        if high is not None:
            source.add(f"if len({items}) == {high}:")
            source.indent += 1
            self.next_event(self.grammar.state(index, high), dynamic=True)
            source.add("break")
            source.indent -= 1
        self.next_event(self.grammar.state(index, max(low, 1)), dynamic=True)
        source.add(f"if not {_is_one_of(slot)}: break")
        source.indent -= 1
        self.static = None
        source.here = where
        source.add(f"f_{fields_of(slot)[0]} = tuple({items})")

    def _item(self, slot: Slot) -> None:
        """Read one occurrence of a repeated slot and append it."""
        if not is_items(slot):
            self._alternatives(slot, "v")
            self.flush()
            self.source.add("items.append(v)")
            return
        what = slot.what
        assert isinstance(what, Particle)  # _is_items has looked
        assert what.items is not None
        kind = what.items
        made = self.scope.name("T", kind, lambda: kind)
        for turn, event in enumerate(slot.events):
            assert event.alternative is not None  # only attributes and values have none
            self.source.add(f"{'if' if turn == 0 else 'elif'} k == {event.number}:")
            self.source.indent += 1
            self._value(event, "v")
            self.flush()
            self.source.add(f"items.append({made}({event.alternative.field}=v))")
            self.source.indent -= 1

    # -- values ------------------------------------------------------------------------------------------

    def _value(self, event: Event, variable: str) -> None:
        """Read what an event carries; leaves the bit that ends a leaf in `pending`."""
        target = event.target
        if isinstance(target, type):
            if self.grammar.part(target).plain:
                self._plain(self.grammar.part(target), variable)
                return
            self.flush()
            self.source.add(f"{variable}, p = {self.callee(target)}(b, p)")
            return
        assert target is not None  # the end of the element fills no slot
        is_element = event.alternative is not None
        if is_element and isinstance(target.datatype, Text | Binary):
            self.flush()
            stem = "text_leaf" if isinstance(target.datatype, Text) else "binary_leaf"
            self.source.add(f"{variable}, p = {stem}(b, p, {target.datatype.low}, {target.datatype.high})")
            return
        if is_element:
            self.pending += "0"
        self.value(target, variable, "0" if is_element else "")

    def _plain(self, part: TypeGrammar, variable: str) -> None:
        """Read an object of a few leaves here, without a call; leaves its end in `pending`."""
        here = self.source.here
        fields = []
        for index, slot in enumerate(part.slots):
            (event,) = slot.events
            fields.append(fields_of(slot)[0])
            self.pending += part.state(index - 1).bits(event.number)
            self.source.here = replace(here, inner=event.name)
            self._value(event, f"{variable}_{fields[-1]}")
        self.pending += part.state(len(part.slots) - 1).bits(part.end.number)
        self.source.here = here
        self._make(part.kind, variable, {field: f"{variable}_{field}" for field in fields})

    def _make(self, kind: type, variable: str, fields: dict[str, str]) -> None:
        """Build an object out of the variables of its fields."""
        self.source.add(f"{variable} = new({self.scope.name('T', kind, lambda: kind)})")
        for field, value in fields.items():
            setter = self.scope.name("s", (kind, field), partial(_setter, kind, field))
            self.source.add(f"{setter}({variable}, {value})")


class _ValueReader(_Reader):
    """The reader of a class with simple content: the value may be missing by the second-level code."""

    def next_event(self, state: State, *, dynamic: bool = False, escape: bool = False) -> None:
        del escape
        value = self.grammar.slots[-1].events[0]
        super().next_event(state, dynamic=dynamic, escape=value.number in state.codes)

    def _slot(self, index: int, slot: Slot) -> None:
        if not isinstance(slot.what, Leaf):
            super()._slot(index, slot)
            return
        source, datatype = self.source, slot.what.datatype
        source.here = Where()
        assert isinstance(datatype, Text | Binary)  # no other simple content occurs in these schemas
        nothing = '""' if isinstance(datatype, Text) else 'b""'
        stem = "text_value" if isinstance(datatype, Text) else "binary_value"
        source.add(f"if k == {ESCAPE}:")
        source.add(f"    p = empty(b, p, {datatype.low})")
        source.add(f"    f_value = {nothing}")
        source.add("else:")
        source.indent += 1
        source.add(f"f_value, p = {stem}(b, p, {datatype.low}, {datatype.high})")
        self.pending = "0"
        self.flush()
        source.indent -= 1


def _setter(kind: type, field: str) -> Callable[[object, object], None]:
    """What sets a field of a new object; the objects themselves are frozen."""
    made: Callable[[object, object], None] = getattr(kind, field).__set__
    return made


def _is_one_of(slot: Slot) -> str:
    """The test whether `k` is an event of a slot, whose numbers are consecutive."""
    first, last = slot.events[0].number, slot.events[-1].number
    return f"k == {first}" if first == last else f"{first} <= k <= {last}"


def emit_reader(
    grammar: TypeGrammar, scope: Scope, name: str, title: str, callee: Callable[[type], str]
) -> Callable[..., Any]:
    """Generate the decode function of a class under `name` in `scope`.

    `callee` gives the name of another class's decode function in the same scope.
    """
    kind = _ValueReader if grammar.declaration.content is not None else _Reader
    return kind(grammar, scope, callee).build(name, title)

"""Writes the encode function of a class from its grammar.

The generated function takes an object and the integer written so far and returns the longer integer. Bits
that are known when the function is generated are joined (`LeafWriter.pending`) and written together with the
value behind them. Where the state depends on which optional elements were present, the local `t` keeps its
number and the code comes from a table.

One file because generating is one pass whose steps share its state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118.exi import runtime
from protocols.iso15118.exi.declaration import Leaf, Particle
from protocols.iso15118.exi.grammar import (
    START,
    Event,
    Slot,
    TypeGrammar,
    fields_in,
    fields_of,
    grouped,
    is_items,
)
from protocols.iso15118.exi.leaf_writer import LeafWriter
from protocols.iso15118.exi.source import Scope, Where

if TYPE_CHECKING:
    from collections.abc import Callable

LONG: Final = 32
"""Lists that can be longer are collected in pieces."""


StateKey = tuple[int, int]
"""A slot and how often it has occurred: a state of the grammar."""


def write_scope() -> Scope:
    """The names that generated encode functions start from."""
    stems = ("BLOCK", "Fault", "join", "out_of_range", "put_binary", "put_number", "put_signed", "put_text")
    names = {stem: getattr(runtime, stem) for stem in (*stems, "shown", "wrong_type")}
    return Scope(names)


class _Writer(LeafWriter):
    """The state of generation of one function."""

    def __init__(self, grammar: TypeGrammar, scope: Scope, callee: Callable[[type], str]) -> None:
        super().__init__(scope)
        self.grammar, self.callee = grammar, callee
        self.states: tuple[StateKey, ...] = ((START, 1),)
        """The states that the output may be in; with more than one, `t` holds the number of the actual."""
        self.numbers: dict[StateKey, int] = {}
        self.coded: Event | None = None
        """The event that comes next, if its code has been written already."""

    def build(self, name: str, title: str) -> Callable[..., Any]:
        source, kind = self.source, self.grammar.kind
        source.add(f"def {name}(m, a):")
        source.indent += 1
        own = self.scope.name("T", kind, lambda: kind)
        source.add(f"if m.__class__ is not {own}: raise wrong_type(m, {kind.__qualname__!r})")
        if not self.grammar.completable:
            source.add("raise Fault('content of other namespaces, which is not supported')")
            return source.compile(name, title, self.scope.names)
        index = 0
        while index < len(self.grammar.slots):
            index = self._slots_from(index)
        source.here = Where()
        if self.grammar.declaration.never_empty and (START, 1) in self.states:
            source.add(f"if t == {self.number((START, 1))}: raise Fault('it must not be empty')")
            self.states = tuple(state for state in self.states if state[0] != START)
        self.code(self.grammar.end)
        self.flush()
        source.add("return a")
        return source.compile(name, title, self.scope.names)

    # -- bits, states and codes --------------------------------------------------------------------------

    def number(self, state: StateKey) -> int:
        """The value of `t` that stands for a state."""
        return self.numbers.setdefault(state, len(self.numbers))

    def _codes(self, event: Event) -> dict[StateKey, str]:
        """The code of an event in every state that the output may be in."""
        return {state: self.grammar.state(*state).bits(event.number) for state in self.states}

    def code(self, event: Event) -> None:
        """Write the code of an event, or leave it waiting if it is known."""
        if self.coded is not None:
            self.coded = None
            return
        codes = self._codes(event)
        if len(set(codes.values())) == 1:
            self.pending += codes[self.states[0]]
            return
        self.flush()
        self.source.add(f"w, c = {self._pairs(event)}")
        self.source.add(f"{self.target} = {self.target} << w | c")

    def _pairs(self, event: Event) -> str:
        """An expression for width and code of an event in the actual state."""
        codes = self._codes(event)
        if len(set(codes.values())) == 1:
            bits = codes[self.states[0]]
            return f"{len(bits)}, {int(bits, 2)}"
        table = {self.number(state): (len(bits), int(bits, 2)) for state, bits in codes.items()}
        return f"{self.scope.name('c', tuple(table.items()), lambda: table)}[t]"

    def _pairs_of(self, events: tuple[Event, ...], states: tuple[StateKey, ...]) -> str:
        """An expression for a table from event number to width and code in the actual state."""
        tables = {
            self.number(state): {
                event.number: (grammar_state.width, grammar_state.codes[event.number]) for event in events
            }
            for state in states
            for grammar_state in (self.grammar.state(*state),)
        }
        key = tuple((number, *table.items()) for number, table in tables.items())
        if len(states) == 1:
            only = tables[self.number(states[0])]
            return self.scope.name("e", key, lambda: only)
        return f"{self.scope.name('e', key, lambda: tables)}[t]"

    def _remember(self) -> None:
        """Before a part that may be absent: `t` says from now on in which state the output is."""
        self.flush()
        if len(self.states) == 1:
            self.source.add(f"t = {self.number(self.states[0])}")

    # -- slots -------------------------------------------------------------------------------------------

    def _slots_from(self, index: int) -> int:
        """Write the slot `index`, with those that belong to its group; the index behind them."""
        slot = self.grammar.slots[index]
        self.source.here = _where(slot)
        if slot.repeated:
            self._repeated(index, slot)
        elif len(fields_of(slot)) > 1:
            self._choice(index, slot)
        elif (last := self.grammar.group_end(index)) > index:
            self._group(index, last)
            return last + 1
        elif slot.limits[0]:
            self.source.add(f"v = m.{fields_of(slot)[0]}")
            self._occurrence(slot)
            self.states = ((index, 1),)
        else:
            self._optional(index, slot)
        return index + 1

    def _optional(self, index: int, slot: Slot) -> None:
        follower = self._certain_after(index)
        if follower is not None and len(self.states) == 1:
            self._optional_before(index, slot, follower)
            return
        before = self.states
        self._remember()
        self.source.add(f"v = m.{fields_of(slot)[0]}")
        self.source.add("if v is not None:")
        self.source.indent += 1
        self._occurrence(slot)
        self.flush()
        self.source.add(f"t = {self.number((index, 1))}")
        self.source.indent -= 1
        self.states = (*before, (index, 1))

    def _certain_after(self, index: int) -> Event | None:
        """The event that follows slot `index` whether it is there or not; None if several can."""
        if self.grammar.declaration.never_empty:
            return None
        if index + 1 == len(self.grammar.slots):
            return self.grammar.end
        following = self.grammar.slots[index + 1]
        sure = following.limits == (1, 1) and len(following.events) == 1 and not grouped(following)
        return following.events[0] if sure else None

    def _optional_before(self, index: int, slot: Slot, follower: Event) -> None:
        """An optional part, with the code of what follows in either branch: no state to remember."""
        before, lead = self.states, self.pending
        here = self.source.here
        self.source.add(f"v = m.{fields_of(slot)[0]}")
        self.source.add("if v is not None:")
        self.source.indent += 1
        self._occurrence(slot)
        self.states = ((index, 1),)
        self.code(follower)
        self.flush()
        self.source.indent -= 1
        self.source.here = here
        self.source.add("else:")
        self.source.indent += 1
        self.states, self.pending = before, lead
        self.code(follower)
        self.flush()
        self.source.indent -= 1
        self.states = ((index, 1),)
        self.coded = follower

    def _group(self, index: int, last: int) -> None:
        """An optional sequence: all of its elements or none."""
        before = self.states
        self._remember()
        names = [fields_of(self.grammar.slots[one])[0] for one in range(index, last + 1)]
        count = " + ".join(f"(m.{name} is not None)" for name in names)
        self.source.add(f"n = {count}")
        self.source.add("if n:")
        self.source.indent += 1
        self.source.add(f"if n != {len(names)}: raise Fault('only together: {', '.join(names)}')")
        for one in range(index, last + 1):
            self.source.add(f"v = m.{names[one - index]}")
            self._occurrence(self.grammar.slots[one])
            self.states = ((one, 1),)
        self.flush()
        self.source.add(f"t = {self.number((last, 1))}")
        self.source.indent -= 1
        self.states = (*before, (last, 1))

    def _choice(self, index: int, slot: Slot) -> None:
        """Exactly one of several fields, or at most one."""
        source, before = self.source, self.states
        low, _ = slot.limits
        names = fields_of(slot)
        if low:
            self.flush()
        else:
            self._remember()
        count = " + ".join(f"(m.{name} is not None)" for name in names)
        wanted = "exactly" if low else "at most"
        source.add(f"n = {count}")
        source.add(f"if n {'!=' if low else '>'} 1: raise Fault('{wanted} one of: {', '.join(names)}')")
        for turn, event in enumerate(slot.events):
            source.here = Where(event.name)
            source.add(f"{'if' if turn == 0 else 'elif'} m.{names[turn]} is not None:")
            source.indent += 1
            source.add(f"v = m.{names[turn]}")
            self.states = before
            self.code(event)
            self._value(event)
            self.flush()
            source.indent -= 1
        self.states = ((index, 1),)
        if not low:
            source.add(f"if n: t = {self.number((index, 1))}")
            self.states = (*before, (index, 1))

    def _occurrence(self, slot: Slot) -> None:
        """Write one occurrence, code and content, from the local `v`."""
        if len(slot.events) == 1:
            self.code(slot.events[0])
            self._value(slot.events[0])
            return
        self.flush()
        callees: dict[Any, tuple[int, str]] = {}
        for event in slot.events:
            callees[event.target] = (event.number, self.callee(event.target))  # type: ignore[arg-type]  # a substitution group has classes
        table = self.scope.name("d", tuple(callees.items()), lambda: callees)
        self.scope.names.setdefault("G", self.scope.names)
        self.source.add(f"if v.__class__ not in {table}: raise wrong_type(v, 'element that may stand here')")
        self.source.add(f"e, call = {table}[v.__class__]")
        self.source.add(f"w, c = {self._pairs_of(slot.events, self.states)}[e]")
        self.source.add(f"{self.target} = G[call](v, {self.target} << w | c)")

    # -- lists -------------------------------------------------------------------------------------------

    def _repeated(self, index: int, slot: Slot) -> None:
        source, before, (low, high) = self.source, self.states, slot.limits
        if low:
            self.flush()
        else:
            self._remember()
        source.add(f"items = m.{fields_of(slot)[0]}")
        source.add("if items.__class__ is not tuple: raise wrong_type(items, 'tuple')")
        source.add("n = len(items)")
        source.add(f"if not {low} <= n <= {slot.most}: raise out_of_range(n, {low}, {slot.most})")
        where = source.here
        source.here = replace(where, items="i")
        long = high is None or high > LONG
        if long:
            source.add("g = 1")
            self.target = "g"
        if is_items(slot):
            self._items(index, slot)
        else:
            self._loop(index, slot)
        if long:
            self.target = "a"
            source.add("a = join(a, g)")
        source.here = where
        self._after_list(index, low, high, before)

    def _after_list(self, index: int, low: int, high: int | None, before: tuple[StateKey, ...]) -> None:
        part = (index, max(low, 1))
        after = [part]
        line = f"t = {self.number(part)}"
        if high is not None:
            full = (index, high)
            after.append(full)
            line = f"t = {self.number(full)} if n == {high} else {self.number(part)}"
        self.source.add(line if low else f"if n: {line}")
        self.states = (*after, *(before if not low else ()))

    def _pieces(self) -> None:
        """Keep the piece that a long list is collected in short."""
        if self.target == "g":
            self.source.add("if g > BLOCK:")
            self.source.add("    a = join(a, g)")
            self.source.add("    g = 1")

    def _loop(self, index: int, slot: Slot) -> None:
        source, low = self.source, slot.limits[0]
        event = slot.events[0]
        source.add(f"w, c = {self._pairs(event)}")
        source.add("for i, v in enumerate(items):")
        source.indent += 1
        source.add(f"{self.target} = {self.target} << w | c")
        self._value(event)
        self.flush()
        again = self.grammar.state(index, max(low, 1))
        pair = f"{again.width}, {again.codes[event.number]}"
        if low > 1:
            must = self.grammar.state(index, 1)
            pair = f"({must.width}, {must.codes[event.number]}) if i + 1 < {low} else ({pair})"
        source.add(f"w, c = {pair}")
        self._pieces()
        source.indent -= 1

    def _items(self, index: int, slot: Slot) -> None:
        """A repeated choice: each item says by its one field which element it is."""
        source, what = self.source, slot.what
        assert isinstance(what, Particle)  # is_items has looked
        kind = what.items
        own = self.scope.name("T", kind, lambda: kind)
        source.add(f"codes = {self._pairs_of(slot.events, self.states)}")
        source.add("for i, m_ in enumerate(items):")
        source.indent += 1
        source.add(f"if m_.__class__ is not {own}: raise wrong_type(m_, 'item of this list')")
        names = fields_in(what)
        count = " + ".join(f"(m_.{name} is not None)" for name in names)
        source.add(f"if {count} != 1: raise Fault('exactly one of: {', '.join(names)}')")
        for turn, event in enumerate(slot.events):
            source.add(f"{'if' if turn == 0 else 'elif'} m_.{names[turn]} is not None:")
            source.indent += 1
            source.add(f"v = m_.{names[turn]}")
            source.add(f"w, c = codes[{event.number}]")
            source.add(f"{self.target} = {self.target} << w | c")
            self._value(event)
            self.flush()
            source.indent -= 1
        source.add(f"codes = {self._pairs_of(slot.events, ((index, 1),))}")
        self._pieces()
        source.indent -= 1

    def _value(self, event: Event) -> None:
        """Write what an event carries, from the local `v`; leaves the end of a leaf waiting."""
        target = event.target
        if isinstance(target, type):
            if self.grammar.part(target).plain:
                self._plain(self.grammar.part(target))
                return
            self.flush()
            self.source.add(f"{self.target} = {self.callee(target)}(v, {self.target})")
            return
        assert target is not None  # the end of the element fills no slot
        is_element = event.alternative is not None
        if is_element:
            self.pending += "0"
        self.value(target, "0" if is_element else "")

    def _plain(self, part: TypeGrammar) -> None:
        """Write an object of a few leaves here, without a call; leaves its end waiting."""
        source, kind, here = self.source, part.kind, self.source.here
        own = self.scope.name("T", kind, lambda: kind)
        source.add(f"if v.__class__ is not {own}: raise wrong_type(v, {kind.__qualname__!r})")
        source.add("o = v")
        for index, slot in enumerate(part.slots):
            (event,) = slot.events
            source.here = replace(here, inner=event.name)
            source.add(f"v = o.{fields_of(slot)[0]}")
            self.pending += part.state(index - 1).bits(event.number)
            self._value(event)
        self.pending += part.state(len(part.slots) - 1).bits(part.end.number)
        source.here = here


def _where(slot: Slot) -> Where:
    if isinstance(slot.what, Leaf):
        return Where()
    if len(slot.events) == 1:
        return Where(slot.events[0].name)
    names = {event.target: event.name for event in slot.events}
    return Where("/".join(fields_of(slot)), names=names, chooser="v")


def emit_writer(
    grammar: TypeGrammar, scope: Scope, name: str, title: str, callee: Callable[[type], str]
) -> Callable[..., Any]:
    """Generate the encode function of a class under `name` in `scope`.

    `callee` gives the name of another class's encode function in the same scope.
    """
    return _Writer(grammar, scope, callee).build(name, title)

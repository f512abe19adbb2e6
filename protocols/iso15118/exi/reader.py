"""Writes the decode function of a class from its grammar.

The generated function takes the input as binary digits and a position, and returns the object and the
position behind it. It goes through the slots of the grammar once. Where only one event can come, its code
is not read but joined with the bits behind it and compared or looked up together (`_Reader.pending`); where
several can, the code is looked up and the event's number kept in `k`.

The file is longer than most here because generating is one pass whose steps share its state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118.exi import runtime
from protocols.iso15118.exi.datatypes import Binary, Boolean, Datatype, Enumeration, Integer, Text, UnixTime
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
from protocols.iso15118.exi.source import Scope, Source, Where

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE_BITS: Final = 8
"""Values of at most this many bits are looked up together with the codes around them."""
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


def digits(value: int, width: int) -> str:
    """`value` in `width` binary digits; no digits at all for a value that takes no bits."""
    return format(value, f"0{width}b") if width else ""


def values_of(datatype: Datatype) -> dict[str, Any] | None:
    """Every value of a narrow type by its bits; None for a type without a narrow fixed width."""
    if isinstance(datatype, Boolean):
        return {"0": False, "1": True}
    if isinstance(datatype, Enumeration):
        members = list(datatype.kind)  # type: ignore[call-overload]  # an enumeration class
        width = (len(members) - 1).bit_length()
        return {digits(index, width): one for index, one in enumerate(members)}
    if isinstance(datatype, Integer) and datatype.bits is not None and datatype.bits <= TABLE_BITS:
        low, high = datatype.low or 0, datatype.high or 0
        return {digits(value - low, datatype.bits): value for value in range(low, high + 1)}
    return None


class _Reader:
    """The state of generation of one function."""

    def __init__(self, grammar: TypeGrammar, scope: Scope, callee: Callable[[type], str]) -> None:
        self.grammar, self.scope, self.callee = grammar, scope, callee
        self.source = Source()
        self.pending = ""
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
        self._construct()
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

    def _construct(self) -> None:
        kind = self.grammar.kind
        self.source.add(f"o = new({self.scope.name('T', kind, lambda: kind)})")
        for variable, _ in self._variables():
            field = variable.removeprefix("f_")
            setter = self.scope.name("s", (kind, field), lambda: getattr(kind, field).__set__)  # noqa: B023  # called at once
            self.source.add(f"{setter}(o, {variable})")
        self.source.add("return o, p")

    # -- events ------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Compare the bits that must stand here."""
        bits, self.pending = self.pending, ""
        if not bits:
            return
        if len(bits) == 1:
            self.source.add(f"if b[p] != '{bits}': raise mismatch(b, p, '{bits}')", 1)
            self.source.add("p += 1")
            return
        width = len(bits)
        self.source.add(f"if b[p:p + {width}] != '{bits}': raise mismatch(b, p, '{bits}')", width)
        self.source.add(f"p += {width}")

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
        self._look_up("k", codes, ("event", *codes.items()))

    def _look_up(self, variable: str, table: dict[str, Any], key: Any) -> None:
        width = len(next(iter(table)))
        name = self.scope.name("t", key, lambda: table)
        self.source.add(f"{variable} = {name}[b[p:p + {width}]]", width)
        self.source.add(f"p += {width}")

    # -- slots -------------------------------------------------------------------------------------------

    def _slot(self, index: int, slot: Slot) -> None:
        source = self.source
        source.here = self._where(slot)
        low, _ = slot.limits
        sure = self.static is not None or (low > 0 and not grouped(slot))
        if not sure:
            numbers = [event.number for event in slot.events]
            source.add(f"if k == {numbers[0]}:" if len(numbers) == 1 else f"if k in {tuple(numbers)}:")
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
        source.here = Where(where.name, items, where.names, where.chooser)
        self.flush()
        source.add(f"{items} = []")
        source.add("while True:")
        source.indent += 1
        self._item(slot)
        numbers = [event.number for event in slot.events]
        again = f"k != {numbers[0]}" if len(numbers) == 1 else f"k not in {tuple(numbers)}"
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
        source.add(f"if {again}: break")
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
        self._bare(target, variable, "0" if is_element else "")

    def _bare(self, leaf: Leaf, variable: str, closing: str) -> None:
        """Read a value without the codes around it; `closing` are the bits that follow it."""
        datatype = leaf.datatype
        table = values_of(datatype)
        if table is not None:
            framed = {self.pending + bits + closing: value for bits, value in table.items()}
            key = ("value", self.pending, leaf, closing)
            self.pending = ""
            self._look_up(variable, framed, key)
        elif isinstance(datatype, Integer):
            self._integer(datatype, variable)
            self.pending = closing
        else:
            self.flush()
            stem = "text_value" if isinstance(datatype, Text) else "binary_value"
            assert isinstance(datatype, Text | Binary)  # the others have tables
            self.source.add(f"{variable}, p = {stem}(b, p, {datatype.low}, {datatype.high})")
            self.pending = closing
        if leaf.python_type is UnixTime:
            self.source.add(f"{variable} = UnixTime({variable})")

    def _integer(self, datatype: Integer, variable: str) -> None:
        source = self.source
        if datatype.bits is not None:
            self.flush()
            source.add(f"{variable} = fixed(b, p, {datatype.bits}) + {datatype.low}", datatype.bits)
            source.add(f"p += {datatype.bits}")
        elif datatype.signed:
            prefix = self.pending
            self.pending = ""
            self._look_up(variable, _signed_starts(prefix), ("signed", prefix))
            limit = runtime.MAX_NUMBER_BITS if datatype.low is not None else runtime.MAX_BIG_NUMBER_BITS
            source.add(f"if {variable} > 255:")
            source.add(f"    {variable}, p = more_octets(b, p, {variable} - 128, {limit})")
            source.add(f"    {variable} = -1 - {variable}")
            source.add(f"elif {variable} > 127: {variable}, p = more_octets(b, p, {variable}, {limit})")
        else:
            prefix = self.pending
            self.pending = ""
            framed = {prefix + bits: value for bits, value in runtime.OCTETS.items()}
            self._look_up(variable, framed, ("octets", prefix))
            limit = runtime.MAX_NUMBER_BITS
            source.add(f"if {variable} > 127: {variable}, p = more_octets(b, p, {variable}, {limit})")
        self._check(datatype, variable)

    def _check(self, datatype: Integer, variable: str) -> None:
        low, high = datatype.low, datatype.high
        if low is None or high is None:
            return
        if low == 0 and datatype.bits is None:
            test = f"{variable} > {high}"
        else:
            test = f"not {low} <= {variable} <= {high}"
        self.source.add(f"if {test}: raise out_of_range({variable}, {low}, {high})")


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


def _signed_starts(prefix: str) -> dict[str, int]:
    """Sign and first octet: the number if it is complete, else the octet (plus 128 if negative)."""
    table: dict[str, int] = {}
    for bits, octet in runtime.OCTETS.items():
        more = octet >= runtime.CONTINUED
        table[f"{prefix}0{bits}"] = octet
        table[f"{prefix}1{bits}"] = octet + 128 if more else -1 - octet
    return table


def emit_reader(
    grammar: TypeGrammar, scope: Scope, name: str, title: str, callee: Callable[[type], str]
) -> Callable[..., Any]:
    """Generate the decode function of a class under `name` in `scope`.

    `callee` gives the name of another class's decode function in the same scope.
    """
    kind = _ValueReader if grammar.declaration.content is not None else _Reader
    return kind(grammar, scope, callee).build(name, title)

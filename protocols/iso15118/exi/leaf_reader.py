"""The part of the decode generator that reads bits and leaf values.

A value of few bits is looked up together with the known bits around it; a number of one or two octets, which
nearly all are, is read without a call.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118.exi import runtime
from protocols.iso15118.exi.datatypes import Binary, Boolean, Datatype, Enumeration, Integer, Text, UnixTime
from protocols.iso15118.exi.source import Source

if TYPE_CHECKING:
    from protocols.iso15118.exi.declaration import Leaf
    from protocols.iso15118.exi.source import Scope

TABLE_BITS: Final = 8
"""Values of at most this many bits are looked up together with the codes around them."""


def digits(value: int, width: int) -> str:
    """`value` in `width` binary digits; no digits at all for a value that takes no bits."""
    return format(value, f"0{width}b") if width else ""


@functools.cache
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


class LeafReader:
    """Generates lines that read from the digits `b` at the position `p`.

    Bits that must come next wait in `pending` until they are compared, alone or with what follows.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.source = Source()
        self.pending = ""

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

    def look_up(self, variable: str, table: dict[str, Any], key: Any) -> None:
        """Read as many bits as the keys of `table` have, into the value of the key."""
        width = len(next(iter(table)))
        name = self.scope.name("t", key, lambda: table)
        self.source.add(f"{variable} = {name}[b[p:p + {width}]]", width)
        self.source.add(f"p += {width}")

    def value(self, leaf: Leaf, variable: str, closing: str) -> None:
        """Read a value without the codes around it; `closing` are the bits that follow it."""
        datatype = leaf.datatype
        table = values_of(datatype)
        if table is not None:
            framed = _framed(datatype, self.pending, closing)
            key = ("value", self.pending, leaf, closing)
            self.pending = ""
            self.look_up(variable, framed, key)
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
            self.look_up(variable, _signed_starts(prefix), ("signed", prefix))
            limit = runtime.MAX_NUMBER_BITS if datatype.low is not None else runtime.MAX_BIG_NUMBER_BITS
            source.add(f"if {variable} > 255:")
            source.add(f"    {variable}, p = more_octets(b, p, {variable} - 128, {limit})")
            source.add(f"    {variable} = -1 - {variable}")
            source.add(f"elif {variable} > 127:")
            self._second_octet(variable, limit)
        else:
            prefix = self.pending
            self.pending = ""
            self.look_up(variable, _octets(prefix), ("octets", prefix))
            source.add(f"if {variable} > 127:")
            self._second_octet(variable, runtime.MAX_NUMBER_BITS)
        self._check(datatype, variable)

    def _second_octet(self, variable: str, limit: int) -> None:
        """The rest of a number that goes on, most often one octet or, as in the seconds of a day, two."""
        source = self.source
        source.indent += 1
        source.add("q = OCTETS[b[p:p + 8]]", 8)
        source.add("if q < 128:")
        source.add("    p += 8")
        source.add(f"    {variable} += (q << 7) - 128")
        source.add("else:")
        source.add("    r = OCTETS[b[p + 8:p + 16]]", 16)
        source.add("    if r < 128:")
        source.add("        p += 16")
        source.add(f"        {variable} += (q << 7) + (r << 14) - 16512")
        source.add(f"    else: {variable}, p = more_octets(b, p, {variable}, {limit})")
        source.indent -= 1

    def _check(self, datatype: Integer, variable: str) -> None:
        low, high = datatype.low, datatype.high
        if low is None or high is None:
            return
        if low == 0 and datatype.bits is None:
            test = f"{variable} > {high}"
        else:
            test = f"not {low} <= {variable} <= {high}"
        self.source.add(f"if {test}: raise out_of_range({variable}, {low}, {high})")


# The same few tables are asked for again and again, by functions of one schema and of several.


@functools.cache
def _framed(datatype: Datatype, prefix: str, closing: str) -> dict[str, Any]:
    """Every value of a narrow type by its bits and those around it."""
    return {prefix + bits + closing: value for bits, value in (values_of(datatype) or {}).items()}


@functools.cache
def _octets(prefix: str) -> dict[str, int]:
    """Every octet by its bits and those before it."""
    return {prefix + bits: value for bits, value in runtime.OCTETS.items()}


@functools.cache
def _signed_starts(prefix: str) -> dict[str, int]:
    """Sign and first octet: the number if it is complete, else the octet (plus 128 if negative)."""
    table: dict[str, int] = {}
    for bits, octet in runtime.OCTETS.items():
        more = octet >= runtime.CONTINUED
        table[f"{prefix}0{bits}"] = octet
        table[f"{prefix}1{bits}"] = octet + 128 if more else -1 - octet
    return table

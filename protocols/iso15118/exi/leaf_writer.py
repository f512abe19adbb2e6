"""The part of the encode generator that writes bits and leaf values.

Numbers of one, two or three octets, which nearly all are, are written without a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from protocols.iso15118.exi import runtime
from protocols.iso15118.exi.datatypes import Boolean, Enumeration, Integer, Text
from protocols.iso15118.exi.source import Source

if TYPE_CHECKING:
    from protocols.iso15118.exi.declaration import Leaf
    from protocols.iso15118.exi.source import Scope

TWO_OCTETS: Final = 2**14
"""The numbers below this take at most two octets, and most numbers are below this."""
THREE_OCTETS: Final = 2**21
"""The numbers below this take at most three octets, as the seconds of a day do."""


class LeafWriter:
    """Generates lines that append to the integer in the variable `target`.

    Bits that are known when the lines are generated wait in `pending` until a value or `flush`.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.source = Source()
        self.target = "a"
        self.pending = ""

    def append(self, bits: str, expression: str = "0", width: int = 0, closing: str = "") -> None:
        """Write what is pending, `bits`, the value of `expression` (`width` bits) and `closing` at once."""
        lead = self.pending + bits
        self.pending = ""
        total = len(lead) + width + len(closing)
        constant = int(f"{lead}{'0' * width}{closing}" or "0", 2)
        shifted = f"({expression}) << {len(closing)}" if closing and width else expression
        parts = [f"{self.target} << {total}"]
        if width:
            parts.append(shifted)
        if constant:
            parts.append(str(constant))
        if total:
            self.source.add(f"{self.target} = {' | '.join(parts)}")

    def flush(self) -> None:
        """Write the bits that are waiting."""
        self.append("")

    def value(self, leaf: Leaf, closing: str) -> None:
        """Write the local `v` without the codes around it; `closing` are the bits that follow it."""
        source, datatype = self.source, leaf.datatype
        if isinstance(datatype, Boolean):
            source.add("if v is not True and v is not False: raise wrong_type(v, 'truth value')")
            self.append("", "v", 1, closing)
        elif isinstance(datatype, Enumeration):
            self._enumeration(datatype.kind, closing)
        elif isinstance(datatype, Integer):
            self._integer(datatype, closing)
        else:
            self.flush()
            stem = "put_text" if isinstance(datatype, Text) else "put_binary"
            source.add(f"{self.target} = {stem}({self.target}, v, {datatype.low}, {datatype.high})")
            self.pending = closing

    def _enumeration(self, kind: type, closing: str) -> None:
        members = {one: index for index, one in enumerate(kind)}  # type: ignore[var-annotated,arg-type]  # an enumeration class
        width = (len(members) - 1).bit_length()
        table = self.scope.name("m", kind, lambda: members)
        self.source.add(f"if v not in {table}: raise wrong_type(v, {kind.__qualname__!r})")
        self.append("", f"{table}[v]", width, closing)

    def _integer(self, datatype: Integer, closing: str) -> None:
        source, (low, high) = self.source, (datatype.low, datatype.high)
        check = f"if not {low} <= v <= {high}: raise out_of_range(v, {low}, {high})"
        if datatype.bits is not None:
            source.add(check)
            self.append("", f"v - {low}" if low else "v", datatype.bits, closing)
            return
        lead = self.pending + ("0" if datatype.signed else "")
        unsigned = self.pending
        first = max(low or 0, 0)
        source.add(f"if {first} <= v < 128:")
        self._octets(lead, "v", 8)
        if high is None or high >= TWO_OCTETS:
            source.add(f"elif 128 <= v < {TWO_OCTETS}:")
            self._octets(lead, "(v & 127 | 128) << 8 | v >> 7", 16)
        if high is not None and high >= THREE_OCTETS:
            source.add(f"elif {TWO_OCTETS} <= v < {THREE_OCTETS}:")
            self._octets(lead, "(v & 127) << 16 | (v & 16256) << 1 | v >> 14 | 8421376", 24)
        source.add("else:")
        source.indent += 1
        if low is not None:
            source.add(check)
        else:
            most = runtime.MAX_BIG_NUMBER_BITS
            source.add(f"if v.bit_length() > {most}: raise Fault('a number of more than {most} bits')")
        self.pending = unsigned
        self.flush()
        stem = "put_signed" if datatype.signed else "put_number"
        source.add(f"{self.target} = {stem}({self.target}, v)")
        source.indent -= 1
        self.pending = closing

    def _octets(self, lead: str, expression: str, width: int) -> None:
        """Write a number whose octets are known, in a branch of its own."""
        self.source.indent += 1
        self.pending = lead
        self.append("", expression, width)
        self.source.indent -= 1

"""Valid random messages of every type, derived from the same declarations as the codec.

`Maker` draws from any `random.Random`: a seeded one for bulk runs (interop, fuzzing, benchmarks), the one
that `hypothesis.strategies.randoms` provides for properties that shrink.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from protocols.iso15118.exi.datatypes import Binary, Boolean, Enumeration, Integer, Text
from protocols.iso15118.exi.declaration import Leaf, declaration_of
from protocols.iso15118.exi.schema import Schema, grammar_of

if TYPE_CHECKING:
    import random

    from protocols.iso15118.exi.declaration import Alternative, Particle
    from protocols.iso15118.exi.grammar import Root, SchemaGrammar

PLAIN = string.ascii_letters + string.digits + "-_.:/#"
FOREIGN = "\u00e9\u00df\u03a9\u6f22\u5b57\U0001d11e\u0416"
ODD = "\x00\x07\x7f \ud7ff\ue000\uffff\U0010ffff"


class Maker:
    """Draws valid objects of the classes of one schema.

    `xml_safe` keeps to text that survives XML; `long_lists` allows lists up to their limits; without
    `empty_values` no string or binary has length 0, which Java writes in its own way.
    """

    def __init__(
        self,
        schema: Schema | SchemaGrammar,
        rng: random.Random,
        *,
        xml_safe: bool = False,
        empty_values: bool = True,
        long_lists: bool = False,
        longest_text: int = 40,
    ) -> None:
        self.grammar = grammar_of(schema) if isinstance(schema, Schema) else schema
        self.rng = rng
        self.xml_safe, self.long_lists, self.longest_text = xml_safe, long_lists, longest_text
        self.empty_values = empty_values

    def message(self, kind: type) -> Any:
        """A valid object of a declared class."""
        made = declaration_of(kind)
        values: dict[str, Any] = {}
        for attribute in made.attributes:
            present = attribute.required or self.rng.random() < 0.5
            values[attribute.field] = self.leaf(attribute.leaf) if present else None
        if made.content is not None:
            values["value"] = self.leaf(made.content)
        opened: dict[str, bool] = {}
        for particle in made.particles:
            if particle.group is not None:
                present = opened.setdefault(particle.group, self.rng.random() < 0.5)
                (one,) = particle.alternatives
                values[one.field] = self.one(one) if present else None
            else:
                self._particle(particle, values)
        if made.never_empty and all(value is None for value in values.values()):
            one = self.rng.choice(made.particles).alternatives[0]
            values[one.field] = self.one(one)
        return kind(**values)

    def _particle(self, particle: Particle, values: dict[str, Any]) -> None:
        if particle.items is not None:
            assert particle.holder is not None
            values[particle.holder] = tuple(
                particle.items(**{one.field: self.one(one)})
                for one in self.rng.choices(particle.alternatives, k=self._count(1, None))
            )
        elif len(particle.alternatives) > 1:
            values.update(dict.fromkeys(one.field for one in particle.alternatives))
            if particle.min_occurs or self.rng.random() < 0.7:
                one = self.rng.choice(particle.alternatives)
                values[one.field] = self.one(one)
        elif particle.max_occurs != 1:
            (one,) = particle.alternatives
            count = self._count(particle.min_occurs, particle.max_occurs)
            values[one.field] = tuple(self.one(one) for _ in range(count))
        else:
            (one,) = particle.alternatives
            present = particle.min_occurs or self.rng.random() < 0.5
            values[one.field] = self.one(one) if present else None

    def _count(self, low: int, high: int | None) -> int:
        roll = self.rng.random()
        if roll < 0.4:
            return low
        if high is not None and (high <= 8 or self.long_lists) and roll < 0.55:
            return high
        return self.rng.randint(low, min(low + 4, high if high is not None else low + 4))

    def one(self, one: Alternative) -> Any:
        """A value for one place, any member of its substitution group."""
        members = [target for _, _, target in self.grammar.stand_ins(one) if target is not None]
        target = self.rng.choice(members)
        return self.leaf(target) if isinstance(target, Leaf) else self.message(target)

    def leaf(self, leaf: Leaf) -> Any:
        """A value of a simple type, its limits more often than chance would have it."""
        datatype = leaf.datatype
        if isinstance(datatype, Boolean):
            return self.rng.random() < 0.5
        if isinstance(datatype, Enumeration):
            return self.rng.choice(list(leaf.python_type))
        if isinstance(datatype, Integer):
            return leaf.python_type(self._number(datatype))
        length = self._length(datatype)
        if isinstance(datatype, Binary):
            return bytes(self.rng.randrange(256) for _ in range(length))
        return self._text(length)

    def _number(self, datatype: Integer) -> int:
        low = -(2**200) if datatype.low is None else datatype.low
        high = 2**200 if datatype.high is None else datatype.high
        roll = self.rng.random()
        if roll < 0.1:
            return low
        if roll < 0.2:
            return high
        bits = self.rng.randrange(1, 201)
        near = self.rng.choice((low, 0, high)) + self.rng.randint(-(2**bits), 2**bits)
        return min(max(near, low), high)

    def _length(self, datatype: Text | Binary) -> int:
        low = datatype.low
        high = self.longest_text if datatype.high is None else datatype.high
        if not self.empty_values and low == 0:
            low = 1
        roll = self.rng.random()
        if roll < 0.1:
            return low
        if roll < 0.2:
            return high
        return self.rng.randint(low, min(high, low + self.longest_text))

    def _text(self, length: int) -> str:
        roll = self.rng.random()
        alphabet = PLAIN if roll < 0.8 else PLAIN + FOREIGN
        if roll > 0.9 and not self.xml_safe:
            alphabet += ODD
        return "".join(self.rng.choice(alphabet) for _ in range(length))


def document_kinds(schema: Schema) -> list[type]:
    """The classes that can be the root of a document and can be written."""
    return [kind for root in grammar_of(schema).documents if (kind := _writable(schema, root)) is not None]


def fragment_names(schema: Schema) -> list[tuple[str, str, type]]:
    """Name, namespace and class of every element that can be a fragment."""
    found = []
    for root in grammar_of(schema).fragments:
        kinds = [one for one in root.targets if isinstance(one, type)]
        if kinds and (len(root.targets) == 1 or declaration_of(kinds[0]).content is not None):
            kind = kinds[0]
            if _complete(schema, kind):
                found.append((root.name, root.uri, kind))
    return found


def _writable(schema: Schema, root: Root) -> type | None:
    kind = root.targets[0]
    return kind if isinstance(kind, type) and _complete(schema, kind) else None


def _complete(schema: Schema, kind: type) -> bool:
    """Whether objects of the class can exist on the wire: not abstract, no foreign content needed."""
    made = declaration_of(kind)
    if made.abstract or not grammar_of(schema).grammar(kind).completable:
        return False
    for particle in made.particles:
        if not particle.min_occurs:
            continue
        for one in particle.alternatives:
            targets = [target for _, _, target in grammar_of(schema).stand_ins(one) if target is not None]
            usable = [one for one in targets if isinstance(one, Leaf) or _complete(schema, one)]
            if not usable:
                return False
    return True


def messages(schema: Schema, kind: type | None = None, **options: Any) -> st.SearchStrategy[Any]:
    """Valid messages of one class, or of every class that can be a document of the schema."""
    kinds = [kind] if kind is not None else document_kinds(schema)
    return st.builds(
        lambda rng, chosen: Maker(schema, rng, **options).message(chosen),
        st.randoms(use_true_random=False),
        st.sampled_from(kinds),
    )

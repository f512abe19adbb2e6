"""The relaxed grammar of a fragment whose element name has several types in the schema.

Of all elements that are signed this concerns one: eMAID in ISO 15118-2, a string in one message and a
string with an Id in others. Only simple content can be written and read this way.

Source: exi-notes section 8 (EXI 1.0, section 8.5.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocols.iso15118.exi.datatypes import Text
from protocols.iso15118.exi.declaration import Attribute, Declaration, Leaf, declaration_of
from protocols.iso15118.exi.grammar import Root, SchemaGrammar, width_of
from protocols.iso15118.exi.runtime import Fault, fixed, put_text, text_value

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Codes:
    """The codes of the two states that simple content passes through."""

    def __init__(self, grammar: SchemaGrammar) -> None:
        attributes, elements = len(grammar.attributes), len(grammar.fragments)
        self.start_width = width_of(attributes + elements + 5)
        self.start_end = attributes + elements + 2
        self.start_text = attributes + elements + 3
        self.content_width = width_of(elements + 4)
        self.content_end = elements + 1


def _text_class(targets: Iterable[Leaf | type]) -> tuple[Declaration, Text]:
    """The class with attributes and text among the types of a name."""
    for target in targets:
        if isinstance(target, type):
            made = declaration_of(target)
            if made.content is not None and isinstance(made.content.datatype, Text):
                return made, made.content.datatype
    raise Fault("an element with several types of which none is text with attributes")


def write(grammar: SchemaGrammar, element: Any, a: int) -> int:
    """Append the content of an element by the relaxed grammar."""
    codes = _Codes(grammar)
    made, text = _text_class([element.__class__])
    for one in made.attributes:
        value = getattr(element, one.field)
        if value is None and not one.required:
            continue
        code = grammar.attributes.index((one.name, one.uri))
        a = put_text(a << codes.start_width | code, value, *_limits(one.leaf))
    a = put_text(a << codes.start_width | codes.start_text, element.value, text.low, text.high)
    return a << codes.content_width | codes.content_end


def read(grammar: SchemaGrammar, root: Root, b: str, p: int) -> tuple[Any, int]:
    """The element at `p`, read by the relaxed grammar, and the position behind it."""
    codes = _Codes(grammar)
    made, text = _text_class(root.targets)
    known = {grammar.attributes.index((one.name, one.uri)): one for one in made.attributes}
    found: dict[str, Any] = {}
    while (code := fixed(b, p, codes.start_width)) in known:
        one = known[code]
        if one.field in found:
            raise Fault(f"attribute {one.name} twice")
        found[one.field], p = text_value(b, p + codes.start_width, *_limits(one.leaf))
    _complete(made.attributes, found)
    if code == codes.start_end and not text.low:
        return made.kind(value="", **found), p + codes.start_width
    if code != codes.start_text:
        raise Fault(f"event code {code}: only text may stand in this element")
    value, p = text_value(b, p + codes.start_width, text.low, text.high)
    if fixed(b, p, codes.content_width) != codes.content_end:
        raise Fault("content behind the text of the element")
    return made.kind(value=value, **found), p + codes.content_width


def _complete(attributes: Iterable[Attribute], found: dict[str, Any]) -> None:
    for one in attributes:
        if one.field in found:
            continue
        if one.required:
            raise Fault(f"attribute {one.name} is missing")
        found[one.field] = None


def _limits(leaf: Leaf) -> tuple[int, int | None]:
    """The facets of an attribute that is text, as all are that occur here."""
    assert isinstance(leaf.datatype, Text)  # a declaration of ours
    return leaf.datatype.low, leaf.datatype.high

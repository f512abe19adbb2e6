"""A schema of our own with the shapes that real ones have seldom or never, to test the codec's corners."""

import enum
from typing import Annotated

from protocols.iso15118.exi.codec import Codec
from protocols.iso15118.exi.datatypes import (
    Base64Binary,
    BigInteger,
    Binary,
    Integer,
    Long,
    Short,
    String,
    Text,
    UnsignedByte,
    UnsignedLong,
)
from protocols.iso15118.exi.declare import (
    Namespace,
    attribute,
    choice_item,
    content,
    element,
    repeated_choice,
    xml_type,
)
from protocols.iso15118.exi.grammar import SchemaGrammar

SHAPES = Namespace("urn:shapes")


class Only(enum.StrEnum):
    """One value takes no bits."""

    IT = "it"


class Colour(enum.StrEnum):
    """Three values leave one code that means nothing."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"


@xml_type(SHAPES, element="Values")
class Values:
    only: Only
    colour: Colour
    truth: bool
    wide: Annotated[int, Integer(-100, 3000)]
    small: Annotated[int, Integer(5, 9)]
    fixed: Annotated[int, Integer(7, 7)]
    short: Short
    long: Long
    big: BigInteger
    positive: UnsignedLong
    text: Annotated[str, Text(low=1, high=5)]
    data: Annotated[bytes, Binary(low=2, high=3, hexadecimal=True)]
    medium: Annotated[int, Integer(1, 10_000)]


@xml_type(SHAPES, element="Labelled")
class Labelled:
    """Attributes of every kind, required between optional ones, before text."""

    a: String | None = attribute("A", default=None)
    b: UnsignedByte = attribute("B")
    c: Colour | None = attribute("C", default=None)
    value: String = content()


@xml_type(SHAPES, element="Strict")
class Strict:
    """A required attribute before text that must not be empty."""

    id: String = attribute()
    value: Annotated[str, Text(low=1)] = content()


@xml_type(SHAPES, element="Raw")
class Raw:
    """Bytes alone, without attributes."""

    value: Base64Binary = content()


@xml_type(SHAPES, element="Lists")
class Lists:
    """Every kind of occurrence, one after the other."""

    two_to_four: tuple[UnsignedByte, ...] = element(min_occurs=2, max_occurs=4)
    any_number: tuple[Values, ...] = element(min_occurs=0, default=())
    up_to_three: tuple[Colour, ...] = element(min_occurs=0, max_occurs=3, default=())
    many: tuple[String, ...] = element(max_occurs=100)
    maybe: bool | None = None
    last: bool


@xml_type(SHAPES, element="Shape", abstract=True)
class Shape:
    """Head of a group."""


@xml_type(SHAPES, element="Circle")
class Circle(Shape):
    radius: UnsignedByte


@xml_type(SHAPES, element="Square")
class Square(Shape):
    side: UnsignedByte


@xml_type(SHAPES, element="Drawing")
class Drawing:
    """Substitution, choice and optional parts in a row, so that the state depends on all of them."""

    title: String | None = None
    first: Shape | None = element(reference=True, default=None)
    left: UnsignedByte | None = element(choice="side", optional_choice=True, default=None)
    right: Colour | None = element(choice="side", optional_choice=True, default=None)
    one: bool | None = element(group="pair", default=None)
    two: bool | None = element(group="pair", default=None)
    must_a: bool | None = element(choice="must", default=None)
    must_b: UnsignedByte | None = element(choice="must", default=None)
    second: Shape = element(reference=True)


@choice_item(SHAPES)
class Token:
    word: String | None = None
    number: UnsignedByte | None = None


@xml_type(SHAPES, element="Tokens", mixed=True)
class Tokens:
    id: String | None = attribute(default=None)
    items: tuple[Token, ...] = repeated_choice(wildcard=True)


@xml_type(SHAPES, element="Foreign", wildcard=1)
class Foreign:
    """Needs an element of another namespace, so it cannot be written."""

    target: String = attribute()


@xml_type(SHAPES, element="Either", never_empty=True)
class Either:
    """Both optional, one needed."""

    this: UnsignedByte | None = None
    that: UnsignedByte | None = None


@xml_type(SHAPES)
class Local:
    """A type without a global element, used under two names."""

    number: UnsignedByte


@xml_type(SHAPES, element="Holder")
class Holder:
    here: Local
    there: Local | None = None
    nothing: Either | None = None


GRAMMAR = SchemaGrammar("shapes", (SHAPES,))
CODEC = Codec(GRAMMAR)


def data_of(bits: str) -> bytes:
    """Binary digits as bytes, filled up with zero bits."""
    size = -(-len(bits) // 8)
    return int(bits.ljust(size * 8, "0"), 2).to_bytes(size, "big")


def start(name: str) -> str:
    """Header and code of a document of this schema, as binary digits."""
    root = next(one for one in CODEC.grammar.documents if one.name == name)
    return "10000000" + format(root.code, f"0{CODEC.grammar.document_width}b")


def values(**changes: object) -> Values:
    """Values with everything at its simplest, but for the changes."""
    base: dict[str, object] = {
        "only": Only.IT,
        "colour": Colour.RED,
        "truth": True,
        "wide": 0,
        "small": 5,
        "fixed": 7,
        "short": 0,
        "long": 0,
        "big": 0,
        "positive": 0,
        "text": "a",
        "data": b"12",
        "medium": 1,
    }
    return Values(**{**base, **changes})

"""What a declared class says, read from its fields in the form that grammars and JSON are derived from."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
import typing
from dataclasses import dataclass
from typing import Any

from protocols.iso15118.exi.datatypes import (
    Binary,
    Boolean,
    Datatype,
    Enumeration,
    Integer,
    Text,
)
from protocols.iso15118.exi.declare import EXI, OPTIONS, Namespace, Options, Spec, is_declared


@dataclass(frozen=True, slots=True)
class Leaf:
    """A simple type as a field uses it: how it is written and which Python type holds it."""

    datatype: Datatype
    python_type: type


@dataclass(frozen=True, slots=True)
class Alternative:
    """One element that may stand at a place in the content."""

    field: str
    """The dataclass field that holds its value."""
    name: str
    uri: str
    target: Leaf | type
    """Its simple type, or the class of its content."""
    reference: bool
    """It refers to a global element, so members of its substitution group may stand for it."""
    unit: str | None = None
    """The unit of the number where the schema fixes it, for people and tools; never checked."""


@dataclass(frozen=True, slots=True)
class Particle:
    """One place in the content: an element, a choice of elements, each with its occurrence."""

    alternatives: tuple[Alternative, ...]
    min_occurs: int
    max_occurs: int | None
    items: type | None = None
    """For a repeated choice: the class whose instances hold one alternative each."""
    holder: str | None = None
    """For a repeated choice: the field that holds those instances."""
    group: str | None = None
    """Its name where it belongs to an optional sequence."""
    wildcard: bool = False
    """Any element of another namespace is allowed here too (and refused by this codec)."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute, in the order of the grammar."""

    field: str
    name: str
    uri: str
    leaf: Leaf
    required: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything the grammars need to know about one class, read from its fields."""

    kind: type
    namespace: Namespace
    element: str | None
    abstract: bool
    mixed: bool
    never_empty: bool
    attributes: tuple[Attribute, ...]
    content: Leaf | None
    particles: tuple[Particle, ...]
    wildcard: int | None
    """Where wildcard elements follow the content: how many must (0 or 1); None for nowhere."""


_CACHE: dict[type, Declaration] = {}


def declaration_of(kind: type) -> Declaration:
    """Read the declaration of a class. TypeError for a class that was not declared with `xml_type`."""
    found = _CACHE.get(kind)
    if found is None:
        found = _CACHE[kind] = _read(kind)
    return found


def _read(kind: type) -> Declaration:
    if not is_declared(kind):
        raise TypeError(f"{kind!r} is no declared message type")
    options: Options = vars(kind)[OPTIONS]
    owners = _owners(kind)
    attributes: list[Attribute] = []
    places: list[_Place] = []
    simple: Leaf | None = None
    for field in dataclasses.fields(kind):
        spec = field.metadata.get(EXI, Spec())
        place = _Place(field, spec, owners[field.name])
        if spec.role == "attribute":
            attributes.append(_attribute(place))
        elif spec.role == "content":
            simple = _leaf(field.type)
        else:
            places.append(place)
    return Declaration(
        kind=kind,
        namespace=options.namespace,
        element=options.element,
        abstract=options.abstract,
        mixed=options.mixed,
        never_empty=options.never_empty,
        attributes=tuple(sorted(attributes, key=lambda a: (a.name, a.uri))),
        content=simple,
        particles=tuple(_particles(places)),
        wildcard=options.wildcard,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    field: dataclasses.Field[Any]
    spec: Spec
    namespace: Namespace


def _owners(kind: type) -> dict[str, Namespace]:
    """The namespace of each field: that of the class that declared it."""
    owners: dict[str, Namespace] = {}
    for base in reversed(kind.__mro__):
        if is_declared(base):
            for name in inspect.get_annotations(base):
                owners.setdefault(name, vars(base)[OPTIONS].namespace)
    return owners


def xml_name(python_name: str) -> str:
    """The XML name that a Python field name stands for: `response_code` is `ResponseCode`."""
    return "".join(word[:1].upper() + word[1:] for word in python_name.split("_"))


def _attribute(place: _Place) -> Attribute:
    uri = place.namespace.uri if place.namespace.qualified_attributes else ""
    kind, optional, _ = _annotation(place.field.type)
    leaf = _leaf(kind)
    name = place.spec.name or xml_name(place.field.name)
    return Attribute(place.field.name, name, uri, leaf, required=not optional)


def _particles(places: list[_Place]) -> list[Particle]:
    particles: list[Particle] = []
    index = 0
    while index < len(places):
        spec = places[index].spec
        if spec.role == "items":
            particles.append(_items(places[index]))
            index += 1
        elif spec.choice is not None:
            end = index
            while end < len(places) and places[end].spec.choice == spec.choice:
                end += 1
            alternatives = tuple(_alternative(place) for place in places[index:end])
            wildcard = any(place.spec.wildcard for place in places[index:end])
            low = 0 if spec.optional_choice else 1
            particles.append(Particle(alternatives, low, 1, wildcard=wildcard))
            index = end
        else:
            particles.append(_single(places[index]))
            index += 1
    return particles


def _single(place: _Place) -> Particle:
    _, optional, many = _annotation(place.field.type)
    spec = place.spec
    low = 0 if optional else 1
    high: int | None = 1
    if many:
        low = 1 if spec.min_occurs is None else spec.min_occurs
        high = spec.max_occurs
    return Particle((_alternative(place),), low, high, group=spec.group)


def _items(place: _Place) -> Particle:
    item, _, _ = _annotation(place.field.type)
    owners = _owners(item)
    alternatives = tuple(
        _alternative(_Place(field, field.metadata.get(EXI, Spec()), owners[field.name]))
        for field in dataclasses.fields(item)
    )
    return Particle(alternatives, 1, None, items=item, holder=place.field.name, wildcard=place.spec.wildcard)


def _alternative(place: _Place) -> Alternative:
    kind, _, _ = _annotation(place.field.type)
    name = place.spec.name or xml_name(place.field.name)
    qualified = place.namespace.qualified_elements or place.spec.reference
    target: Leaf | type = kind if is_declared(kind) else _leaf(kind)
    if place.spec.reference and isinstance(target, type):
        referred: Options = vars(target)[OPTIONS]
        if referred.element is None:
            raise TypeError(f"{place.field.name} refers to {target!r}, which has no global element")
        name, uri = referred.element, referred.namespace.uri
    else:
        uri = place.namespace.uri if qualified else ""
    return Alternative(place.field.name, name, uri, target, place.spec.reference, place.spec.unit)


def _annotation(annotation: Any) -> tuple[Any, bool, bool]:
    """The bare type of an annotation, whether it is optional and whether it is repeated."""
    origin = typing.get_origin(annotation)
    if origin is tuple:
        return typing.get_args(annotation)[0], False, True
    if origin in (types.UnionType, typing.Union):
        bare = [one for one in typing.get_args(annotation) if one is not type(None)]
        if len(bare) != 1:
            raise TypeError(f"{annotation!r}: a field has one type, or that and None")
        return bare[0], True, False
    return annotation, False, False


def _leaf(annotation: Any) -> Leaf:
    if typing.get_origin(annotation) is typing.Annotated:
        python_type, *notes = typing.get_args(annotation)
        for note in notes:
            if isinstance(note, Integer | Text | Binary):
                return Leaf(note, python_type)
    elif annotation is bool:
        return Leaf(Boolean(), bool)
    elif isinstance(annotation, type) and issubclass(annotation, enum.StrEnum):
        return Leaf(Enumeration(annotation), annotation)
    raise TypeError(f"{annotation!r} has no form on the wire")

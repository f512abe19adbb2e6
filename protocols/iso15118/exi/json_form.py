"""Messages as JSON trees and back: stable, lossless, made for people, logs and test vectors.

An element is a member under its local name, a repeatable one always a list, an attribute a member under its
plain name. Simple content with attributes is {"Id": .., "value": ..}. Numbers and truth values are JSON's,
enumerations and strings are strings, hexBinary is upper-case hex, base64Binary is base64; what is absent is
absent. The root is an object with one member, the element's name. Two things are lost: the order of
different elements within KeyInfo and X509Data, which the form groups by name, and namespaces, so that a
fragment whose name and class occur in two of them comes back as the global element.

Source: exi-notes section 10.
"""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import TYPE_CHECKING, Any

from protocols.iso15118.exi.codec import Fragment, codec_of
from protocols.iso15118.exi.datatypes import Binary, Boolean, Enumeration, Integer, Text
from protocols.iso15118.exi.declaration import Alternative, Leaf, Particle, declaration_of
from protocols.iso15118.exi.declare import is_declared
from protocols.iso15118.exi.errors import JsonFormError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from protocols.iso15118.exi.grammar import Root, SchemaGrammar
    from protocols.iso15118.exi.schema import Schema

_MISSING = object()


def to_json(message: Any, name: str | None = None) -> dict[str, Any]:
    """The JSON tree of a message, or of a `Fragment`.

    `name` is the root's name for an element whose class has none of its own. SchemaError if it is needed.
    """
    if isinstance(message, Fragment):
        message, name = message.element, message.name
    if not is_declared(message.__class__):
        raise JsonFormError(f"{message!r} is no message")
    root = name or declaration_of(message.__class__).element
    if root is None:
        raise SchemaError(f"an element of class {message.__class__.__qualname__} needs a name")
    return {root: _tree(message)}


# -- objects to trees ------------------------------------------------------------------------------------


def _tree(message: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for step in _steps(message.__class__):
        step(message, tree)
    return tree


@cache
def _steps(kind: type) -> tuple[Callable[[Any, dict[str, Any]], None], ...]:
    """What to do with an object of a class to fill its tree, one step for each field."""
    made = declaration_of(kind)
    steps = [_plain(one.field, one.name, one.leaf, many=False) for one in made.attributes]
    if made.content is not None:
        steps.append(_plain("value", "value", made.content, many=False))
    for particle in made.particles:
        if particle.holder is not None:
            steps.append(_items(particle.holder, particle))
            continue
        many = particle.max_occurs != 1
        for one in particle.alternatives:
            if isinstance(one.target, Leaf):
                steps.append(_plain(one.field, one.name, one.target, many=many))
            else:
                steps.append(_nested(one, many=many))
    return tuple(steps)


def _plain(field: str, name: str, leaf: Leaf, *, many: bool) -> Callable[[Any, dict[str, Any]], None]:
    convert = _dumper(leaf)

    def step(message: Any, tree: dict[str, Any]) -> None:
        value = getattr(message, field)
        if many:
            if value:
                tree[name] = [convert(one) for one in value]
        elif value is not None:
            tree[name] = convert(value)

    return step


def _nested(one: Alternative, *, many: bool) -> Callable[[Any, dict[str, Any]], None]:
    field, name, reference = one.field, one.name, one.reference

    def step(message: Any, tree: dict[str, Any]) -> None:
        value = getattr(message, field)
        if many:
            if value:
                tree[name] = [_tree(item) for item in value]
        elif value is not None:
            own = declaration_of(value.__class__).element if reference else None
            tree[own or name] = _tree(value)

    return step


def _items(holder: str, particle: Particle) -> Callable[[Any, dict[str, Any]], None]:
    def step(message: Any, tree: dict[str, Any]) -> None:
        for item in getattr(message, holder):
            for one in particle.alternatives:
                value = getattr(item, one.field)
                if value is not None:
                    made = _dumper(one.target)(value) if isinstance(one.target, Leaf) else _tree(value)
                    tree.setdefault(one.name, []).append(made)

    return step


@cache
def _dumper(leaf: Leaf) -> Callable[[Any], Any]:
    datatype = leaf.datatype
    if isinstance(datatype, Binary):
        if datatype.hexadecimal:
            return lambda value: value.hex().upper()
        return lambda value: base64.b64encode(value).decode("ascii")
    if isinstance(datatype, Integer):
        return int
    return bool if isinstance(datatype, Boolean) else str


# -- trees to objects ------------------------------------------------------------------------------------


def from_json(tree: Any, schema: Schema | str) -> Any:
    """The message of a JSON tree.

    JsonFormError for a tree that has not the form of a message of the schema. Lengths, ranges and
    occurrences are checked when the message is encoded.
    """
    grammar = codec_of(schema).grammar
    name, content = _root(tree)
    for root in grammar.documents:
        target = root.targets[0]
        if root.name == name and isinstance(target, type) and not declaration_of(target).abstract:
            return _Loader(grammar).element(target, content, name)
    raise JsonFormError(f"schema {schema} has no message {name}")


def fragment_from_json(tree: Any, schema: Schema | str) -> Fragment:
    """The fragment of a JSON tree; errors as for `from_json`."""
    grammar = codec_of(schema).grammar
    name, content = _root(tree)
    for root in grammar.fragments:
        kind = _class_of(root)
        if root.name == name and kind is not None:
            return Fragment(name=name, element=_Loader(grammar).element(kind, content, name))
    raise JsonFormError(f"schema {schema} has no fragment {name}")


def _class_of(root: Root) -> type | None:
    kinds = [one for one in root.targets if isinstance(one, type) and not declaration_of(one).abstract]
    return kinds[0] if len(kinds) == 1 else None


def _root(tree: Any) -> tuple[str, Any]:
    if not isinstance(tree, dict) or len(tree) != 1:
        raise JsonFormError("the root is an object with one member, the name of the message")
    ((name, content),) = tree.items()
    return name, content


class _Loader:
    """Builds objects by the declarations of one schema."""

    def __init__(self, grammar: SchemaGrammar) -> None:
        self._grammar = grammar

    def element(self, kind: type, tree: Any, path: str) -> Any:
        """An object of class `kind` from its tree."""
        if not isinstance(tree, dict):
            raise JsonFormError("an object is expected", path)
        left = dict(tree)
        values: dict[str, Any] = {}
        made = declaration_of(kind)
        for attribute in made.attributes:
            value = self._take(left, attribute.name, attribute.leaf, path, many=False)
            values[attribute.field] = self._required(value, attribute.name, path, needed=attribute.required)
        if made.content is not None:
            value = self._take(left, "value", made.content, path, many=False)
            values["value"] = self._required(value, "value", path, needed=True)
        for particle in made.particles:
            if particle.holder is not None:
                values[particle.holder] = self._item_list(particle, left, path)
            else:
                self._particle(particle, left, values, path)
        if left:
            raise JsonFormError(f"unknown member {', '.join(map(repr, left))}", path)
        return kind(**values)

    def _particle(self, particle: Particle, left: dict[str, Any], values: dict[str, Any], path: str) -> None:
        many = particle.max_occurs != 1
        needed = particle.min_occurs > 0 and len(particle.alternatives) == 1
        for one in particle.alternatives:
            value: Any = _MISSING
            for name, target in self._names(one):
                value = self._take(left, name, target, path, many=many)
                if value is not _MISSING:
                    break
            if many and value is _MISSING and not needed:
                value = ()
            values[one.field] = self._required(value, one.name, path, needed=needed)

    def _names(self, one: Alternative) -> list[tuple[str, Leaf | type]]:
        stand_ins = self._grammar.stand_ins(one)
        return [(name, target) for name, _, target in stand_ins if target is not None]

    def _item_list(self, particle: Particle, left: dict[str, Any], path: str) -> tuple[Any, ...]:
        made: list[Any] = []
        assert particle.items is not None  # it has a holder
        for one in particle.alternatives:
            values = self._take(left, one.name, one.target, path, many=True)
            if values is not _MISSING:
                made.extend(particle.items(**{one.field: value}) for value in values)
        return tuple(made)

    def _required(self, value: Any, name: str, path: str, *, needed: bool) -> Any:
        if value is _MISSING:
            if needed:
                raise JsonFormError(f"member {name} is missing", path)
            return None
        return value

    def _take(self, left: dict[str, Any], name: str, target: Leaf | type, path: str, *, many: bool) -> Any:
        """The value of a member, removed from `left`; _MISSING if it is absent."""
        if name not in left:
            return _MISSING
        value = left.pop(name)
        here = f"{path}/{name}"
        if not many:
            return self._one(target, value, here)
        if not isinstance(value, list):
            raise JsonFormError("a list is expected", here)
        return tuple(self._one(target, item, f"{here}[{index}]") for index, item in enumerate(value))

    def _one(self, target: Leaf | type, value: Any, path: str) -> Any:
        if isinstance(target, type):
            return self.element(target, value, path)
        try:
            return _LOADERS[target.datatype.__class__](target, value)
        except (ValueError, TypeError) as error:
            raise JsonFormError(str(error), path) from None


def _number(leaf: Leaf, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is expected")
    made: int = leaf.python_type(value)
    return made


def _truth(leaf: Leaf, value: Any) -> bool:
    if not isinstance(value, leaf.python_type):
        raise TypeError("true or false is expected")
    return bool(value)


def _text(leaf: Leaf, value: Any) -> str:
    if not isinstance(value, leaf.python_type):
        raise TypeError("a string is expected")
    return str(value)


def _member(leaf: Leaf, value: Any) -> Any:
    if not isinstance(value, str):
        raise TypeError("a string is expected")
    return leaf.python_type(value)


def _bytes(leaf: Leaf, value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError("a string is expected")
    assert isinstance(leaf.datatype, Binary)  # chosen by the table below
    if leaf.datatype.hexadecimal:
        return bytes.fromhex(value)
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(f"no base64: {error}") from None


_LOADERS: Mapping[type, Callable[[Leaf, Any], Any]] = {
    Integer: _number,
    Boolean: _truth,
    Text: _text,
    Enumeration: _member,
    Binary: _bytes,
}

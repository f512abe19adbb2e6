"""What a message's annotations say about its fields, taken apart: for the conformance test and strategies."""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from protocols.message import Json

LIMIT_NAMES = {
    "ge": "minimum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
PLAIN_TYPES = {
    str: "string",
    float: "number",
    Decimal: "number",
    int: "integer",
    bool: "boolean",
    AwareDatetime: "timestamp",
}


@dataclasses.dataclass(frozen=True)
class Shape:
    """One annotation: the bare type, its limits by their pydantic names, and whether None is allowed."""

    base: Any
    limits: dict[str, Any]
    alias: str | None
    optional: bool


def shape_of(hint: Any) -> Shape:
    """Take apart one resolved annotation such as `Annotated[float | None, Field(alias="soc", ge=0)]`."""
    base, limits, alias, optional = hint, {}, None, False
    while True:
        origin = typing.get_origin(base)
        if origin is Annotated:
            base, *metadata = typing.get_args(base)
            for field in (item for item in metadata if isinstance(item, FieldInfo)):
                alias = alias or field.alias
                limits |= _limits(field)
        elif origin in {types.UnionType, typing.Union}:
            rest = [member for member in typing.get_args(base) if member is not types.NoneType]
            if len(rest) != 1:
                raise TypeError(f"a union of more than one type and None: {base}")
            base, optional = rest[0], True
        else:
            return Shape(base, limits, alias, optional)


def _limits(field: FieldInfo) -> dict[str, Any]:
    return {
        name: getattr(item, name)
        for item in field.metadata
        for name in LIMIT_NAMES
        if getattr(item, name, None) is not None
    }


@functools.cache
def hints_of(kind: type) -> dict[str, Any]:
    """The resolved annotations of a message's fields, by our names, in order."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def node_of(hint: Any, home: str) -> dict[str, Any]:
    """An annotation as a node of the inventory (see `everest_inventory`).

    Classes of `protocols.types` become references, except enums that EVerest has no name for; `home` is the
    package of the types.
    """
    shape = shape_of(hint)
    base = shape.base
    lengths = {"minLength": "minItems", "maxLength": "maxItems"} if typing.get_origin(base) is tuple else {}
    names = {name: lengths.get(LIMIT_NAMES[name], LIMIT_NAMES[name]) for name in shape.limits}
    return _bare(base, home) | {names[name]: limit for name, limit in shape.limits.items()}


def _bare(base: Any, home: str) -> dict[str, Any]:
    if base is Json:
        return {"type": "json"}
    if typing.get_origin(base) is tuple:
        item, _ellipsis = typing.get_args(base)
        return {"type": "array", "items": node_of(item, home)}
    if base in PLAIN_TYPES:
        return {"type": PLAIN_TYPES[base]}
    return {"ref": f"{base.__module__.removeprefix(home + '.')}/{base.__name__}"}


def fields_of(kind: type, home: str) -> dict[str, dict[str, Any]]:
    """The fields of a message as nodes of the inventory, by wire name, in order."""
    nodes = {}
    for field in dataclasses.fields(kind):
        hint = hints_of(kind)[field.name]
        shape = shape_of(hint)
        node = node_of(hint, home)
        if field.default is not dataclasses.MISSING:
            node["optional"] = True
            if field.default is not None:
                node["default"] = field.default
        elif shape.optional:
            raise TypeError(f"{kind.__qualname__}.{field.name} may be None and yet must be given")
        nodes[shape.alias or field.name] = node
    return nodes


def is_enum(kind: Any) -> bool:
    """Whether something is an enum of texts."""
    return isinstance(kind, type) and issubclass(kind, enum.StrEnum)

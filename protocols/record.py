"""Immutable dataclasses in quantity: what messages and the types of XML schemas are made with.

`dataclasses.dataclass(frozen=True, slots=True, kw_only=True)` compiles six functions for each class, which
takes half a millisecond; there are over a thousand such classes, and a site waits for all of them before it
starts. Here what has to be quick is compiled, in one piece: `__init__`, which sets slots without asking, and
`__eq__`. The others are closures. Whoever looks sees a dataclass: `fields`, `replace`, pydantic, pickle and
copy find what they need.
"""

from __future__ import annotations

import dataclasses
import sys
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class _Default:
    """What a field's factory makes when no value is given."""

    def __repr__(self) -> str:
        return "<factory>"


_DEFAULT: Final = _Default()


def record(kind: type[T]) -> type[T]:
    """Make a class a frozen, slotted, keyword-only dataclass, equal and hashable by its values.

    Raises TypeError or ValueError, as `dataclass`, for fields that cannot be.
    """
    kind.__doc__ = kind.__doc__ or kind.__qualname__  # dataclass would work out a signature instead
    made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(kind)
    for method in (*_compiled(made), *_by_values(made), *_guards(made)):
        name = method.__name__
        if vars(made).get(name) is None:  # None is the hash of a class that has an __eq__ of its own
            method.__qualname__ = f"{made.__qualname__}.{name}"
            setattr(made, name, method)
    return made


def _compiled(kind: type) -> tuple[Callable[..., Any], ...]:
    """The constructor, which knows the setter of every slot, and the comparison."""
    given: dict[str, Any] = {"_default": _DEFAULT}
    parameters, lines, annotations = [], [], {}
    for field in dataclasses.fields(kind):
        name = value = field.name
        annotations[name] = field.type
        given[f"_set_{name}"] = getattr(kind, name).__set__
        if field.default_factory is not dataclasses.MISSING:
            given[f"_make_{name}"] = field.default_factory
            parameters.append(f"{name}=_default")
            value = f"_make_{name}() if {name} is _default else {name}"
        elif field.default is not dataclasses.MISSING:
            given[f"_else_{name}"] = field.default
            parameters.append(f"{name}=_else_{name}")
        else:
            parameters.append(name)
        lines.append(f"  _set_{name}(_self, {value})")
    if hasattr(kind, "__post_init__"):
        lines.append("  _self.__post_init__()")
    mine, others = ("".join(f"{whose}.{name}," for name in annotations) for whose in ("_self", "_other"))
    text = f"""
def make({", ".join(given)}):
 def __init__(_self{", *, " if parameters else ""}{", ".join(parameters)}):
{chr(10).join(lines) or "  pass"}
 def __eq__(_self, _other):
  return ({mine}) == ({others}) if _other.__class__ is _self.__class__ else NotImplemented
 return __init__, __eq__"""
    found: dict[str, Any] = {}
    exec(text, getattr(sys.modules.get(kind.__module__), "__dict__", {}), found)  # noqa: S102  # made of the names of a class's fields
    init, equals = found["make"](**given)
    init.__annotations__ = {**annotations, "return": None}
    return init, equals


def _by_values(kind: type) -> tuple[Callable[..., Any], ...]:
    """What looks at the values of all fields."""
    names = tuple(field.name for field in dataclasses.fields(kind))
    shown = tuple(field.name for field in dataclasses.fields(kind) if field.repr)
    values = attrgetter(*names, "__class__", "__class__")  # two more: it gives a tuple, however few they are

    def __hash__(self: object) -> int:  # noqa: N807  # a method in the making
        return hash(values(self))

    @recursive_repr()
    def __repr__(self: object) -> str:  # noqa: N807  # as above
        inside = (f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({', '.join(inside)})"

    def __getstate__(self: object) -> list[object]:  # noqa: N807  # as above
        return list(values(self)[:-2])

    def __setstate__(self: object, state: list[object]) -> None:  # noqa: N807  # as above
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    return __hash__, __repr__, __getstate__, __setstate__


def _guards(kind: type) -> tuple[Callable[..., Any], ...]:
    """What keeps an instance as it is. Only a subclass that is no record has more to set than fields."""
    names = frozenset(field.name for field in dataclasses.fields(kind))

    def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807  # a method in the making
        if type(self) is kind or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self: object, name: str) -> None:  # noqa: N807  # as above
        if type(self) is kind or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    return __setattr__, __delattr__

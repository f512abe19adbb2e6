"""Hypothesis strategies that make valid messages of any class, from what its annotations say."""

from __future__ import annotations

import functools
import typing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st
from pydantic import AwareDatetime

from protocols.message import Json
from tests.support.shapes import hints_of, is_enum, shape_of

T = TypeVar("T")

INT64 = st.integers(-(2**63), 2**64 - 1)
"""Every integer that the wire can carry."""

FLOATS = st.floats(allow_nan=False, allow_infinity=False)

EPOCH = datetime.fromtimestamp(0, UTC)
TIMESTAMPS = st.datetimes(timezones=st.just(UTC)) | st.builds(
    lambda microseconds, offset: (EPOCH + timedelta(microseconds=microseconds)).astimezone(
        timezone(timedelta(minutes=offset))
    ),
    st.integers(0, 4 * 10**15),
    st.integers(-14 * 60, 14 * 60),
)
"""Moments in UTC from the first year to the last, and recent ones in any time zone."""

DECIMALS = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(-12, 3),
) | FLOATS.map(lambda number: Decimal(repr(number)))
"""Decimals of up to 15 digits, and those that a double spells out."""

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | INT64 | FLOATS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
"""What a field of type Any may hold: JSON values, arrays as lists."""


@functools.cache
def messages(kind: type[T]) -> st.SearchStrategy[T]:
    """Valid messages of one class: every field within its type and limits, absent ones included."""
    return _messages(kind, ())


def _messages(kind: type[T], inside: tuple[type, ...]) -> st.SearchStrategy[T]:
    inside = (*inside, kind)
    return st.builds(kind, **{name: _values(hint, inside) for name, hint in hints_of(kind).items()})


def _values(hint: Any, inside: tuple[type, ...]) -> st.SearchStrategy[Any]:
    shape = shape_of(hint)
    values = _bare(shape.base, shape.limits, inside)
    return st.none() | values if shape.optional else values


def _bare(base: Any, limits: dict[str, Any], inside: tuple[type, ...]) -> st.SearchStrategy[Any]:
    if typing.get_origin(base) is tuple and typing.get_args(base)[-1] is not Ellipsis:
        return st.tuples(*(_values(each, inside) for each in typing.get_args(base)))
    if typing.get_origin(base) is tuple:
        return _tuples(typing.get_args(base)[0], limits, inside)
    if typing.get_origin(base) is dict:
        return st.dictionaries(st.text(max_size=5), _values(typing.get_args(base)[1], inside), max_size=3)
    if is_enum(base):
        return st.sampled_from(base)
    if base in SIMPLE:
        return SIMPLE[base](**limits)
    return _messages(base, inside)


def _tuples(
    item: Any, limits: dict[str, Any], inside: tuple[type, ...]
) -> st.SearchStrategy[tuple[Any, ...]]:
    if inside.count(shape_of(item).base) > 1:
        return st.just(())
    least = limits.get("min_length", 0)
    most = min(limits.get("max_length", least + 2), least + 2)
    return st.lists(_values(item, inside), min_size=least, max_size=most).map(tuple)


def _texts(min_length: int = 0, max_length: int = 12, pattern: str | None = None) -> st.SearchStrategy[str]:
    if pattern is not None:
        return st.from_regex(pattern.removeprefix("^").removesuffix("$"), fullmatch=True)
    return st.text(min_size=min_length, max_size=min(max_length, min_length + 12))


def _integers(ge: int = -(2**63), le: int = 2**64 - 1) -> st.SearchStrategy[int]:
    return st.integers(ge, le)


def _floats(ge: float | None = None, le: float | None = None) -> st.SearchStrategy[float]:
    return st.floats(ge, le, allow_nan=False, allow_infinity=False)


SIMPLE: dict[Any, Any] = {
    str: _texts,
    int: _integers,
    float: _floats,
    bool: st.booleans,
    bytes: lambda: st.binary(max_size=12),
    Decimal: lambda: DECIMALS,
    Any: lambda: PLAIN,
    AwareDatetime: lambda: TIMESTAMPS,
    Json: lambda: JSON_VALUES,
}

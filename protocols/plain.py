"""Which plain values a message may be made of on the wire, and where the first one stands that it may not.

Plain values are what JSON and msgpack both carry: null, booleans, integers of 64 bits, finite numbers, text,
arrays, and objects with text for keys. Pure.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from protocols.message import MAX_KEYS

MAX_DEPTH: Final = 128
"""Arrays and objects inside one another, a message's body included; the libraries below follow about 200."""

JSON_VALUES: Final = "null, true or false, a finite number, text, an array (tuple) or an object (dict)"


class Unfit(NamedTuple):
    """A value that cannot travel: where it stands, keys and indexes from the top, and why."""

    path: tuple[str, ...]
    problem: str


def first_unfit(
    value: object, path: tuple[str, ...] = (), *, arrays: tuple[type, ...] = (list, tuple)
) -> Unfit | None:
    """The first value that cannot travel, or None. `arrays`: the types that are taken for an array."""
    match value:
        case None | bool():
            problem = ""
        case int():
            problem = "" if -(2**63) <= value < 2**64 else "Integer needs more than 64 bits"
        case float():
            problem = "" if math.isfinite(value) else "not JSON: the number is not finite"
        case str():
            problem = _of_text(value)
        case dict():
            return _of_object(value, path, arrays)
        case list() | tuple() if isinstance(value, arrays):
            return _of_members([(str(index), one) for index, one in enumerate(value)], path, arrays)
        case _:
            problem = f"Input should be {JSON_VALUES}, not {type(value).__name__}"
    return Unfit(path, problem) if problem else None


def _of_text(value: str) -> str:
    if not value.isascii():  # which it mostly is, and that is known at once
        try:
            value.encode()
        except UnicodeEncodeError:
            return "not JSON: text with half a surrogate pair"
    return ""


def _of_object(value: dict[object, object], path: tuple[str, ...], arrays: tuple[type, ...]) -> Unfit | None:
    if len(value) > MAX_KEYS:
        return Unfit(path, f"{len(value)} keys are more than the {MAX_KEYS} allowed")
    members: list[tuple[str, object]] = []
    for key, one in value.items():
        if not isinstance(key, str) or _of_text(key):
            return Unfit(path, "not JSON: a key is no text")
        members.append((key, one))
    return _of_members(members, path, arrays)


def _of_members(
    members: list[tuple[str, object]], path: tuple[str, ...], arrays: tuple[type, ...]
) -> Unfit | None:
    if len(path) >= MAX_DEPTH:
        return Unfit(path, f"nested deeper than {MAX_DEPTH} levels")
    for key, one in members:
        if (found := first_unfit(one, (*path, key), arrays=arrays)) is not None:
            return found
    return None

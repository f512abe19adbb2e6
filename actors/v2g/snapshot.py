"""The core's state as parts, so that a step passes on what it changed and nothing else. Pure.

    parts = snapshot.parts_of(State())                # each part is one message, by the codec
    changed = snapshot.changes(before, after)         # None: the part is gone, and what is below it
    snapshot.apply(parts, changed)
    snapshot.state_of(parts) == after

A part is a message that stands in the state, in its station or in its talk; its path says where. What else
these three hold goes with them, each in a part of its own. So an input costs the codec what it changed, not
all that a station has ever been told.

Errors: `SnapshotError` for parts that make no state.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgpack

from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols import codec
from protocols.message import message_types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Parts = dict[str, bytes]
"""All of a state, by path."""
Changes = dict[str, bytes | None]
"""What has become of some parts, by path."""
TALK: Final = "/talk"
"""The path of the talk."""
MAX_BYTES: Final = 4 * 1024 * 1024
"""More than this is not looked at; a state has some kilobytes."""


class SnapshotError(ValueError):
    """Parts that are not those of a state."""


class _Layout(NamedTuple):
    """How a class is taken apart."""

    parts: Mapping[str, type]
    """The fields that are parts of their own, with their classes."""
    absent: Mapping[str, object]
    """What these fields hold while their parts are elsewhere: their defaults."""
    others: Callable[[Any], object]
    """The values of the other fields, to be compared."""


def _layout(kind: type) -> _Layout:
    hints = typing.get_type_hints(kind)
    fields: list[dataclasses.Field[Any]] = list(dataclasses.fields(kind))
    parts: dict[str, type] = {}
    for field in fields:
        hint = hints[field.name]
        choices = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        parts.update((field.name, each) for each in choices if each in _MESSAGES)
    absent = {field.name: field.default for field in fields if field.name in parts}
    others = [field.name for field in fields if field.name not in parts]
    return _Layout(parts, absent, attrgetter(*others, "__class__"))  # a state has no other fields


_MESSAGES: Final = frozenset(message_types().values())
_LAYOUTS: Final[Mapping[type, _Layout]] = {kind: _layout(kind) for kind in (State, Station, Talk)}


def parts_of(state: State) -> Parts:
    """A whole state, taken apart."""
    return {path: part for path, part in changes(None, state).items() if part is not None}


def changes(before: State | None, after: State) -> Changes:
    """What is to be done to the parts of the one state to have those of the other."""
    found: Changes = {}
    _compare("", before, after, found)
    return found


def _compare(path: str, before: Any, after: Any, found: Changes) -> None:
    if after is before:
        return
    layout = _LAYOUTS.get(type(after))
    if layout is None:
        if after != before:
            found[path] = None if after is None else codec.encode(after)
        return
    if before is None or layout.others(before) != layout.others(after):
        found[path] = codec.encode(dataclasses.replace(after, **layout.absent))
    for name in layout.parts:
        _compare(f"{path}/{name}", getattr(before, name, None), getattr(after, name), found)


def apply(parts: Parts, changed: Changes) -> None:
    """Bring parts up to date."""
    for path, part in changed.items():
        if part is not None:
            parts[path] = part
        else:
            for gone in [each for each in parts if each == path or each.startswith(f"{path}/")]:
                del parts[gone]


def state_of(parts: Mapping[str, bytes | None]) -> State:
    """The state that these are the parts of. Raises SnapshotError."""
    left = {path: part for path, part in parts.items() if part is not None}
    state = _built("", State, left)
    if left:
        raise SnapshotError(f"parts of nothing: {', '.join(sorted(left))}")
    if state is None:
        raise SnapshotError("no parts")
    return state  # type: ignore[no-any-return]  # it was asked for by its class


def _built(path: str, kind: type, left: Parts) -> Any:
    """What stands at a path, None where nothing does; its parts are taken out of `left`."""
    if (data := left.pop(path, None)) is None:
        return None
    try:
        found = codec.decode(data)
    except codec.DecodeError as error:
        raise SnapshotError(f"{path}: {error}") from error
    if not isinstance(found, kind):
        raise SnapshotError(f"{path}: {type(found).__name__} is no {kind.__name__}")
    if (layout := _LAYOUTS.get(kind)) is None:
        return found
    below = {name: _built(f"{path}/{name}", part, left) for name, part in layout.parts.items()}
    for name, value in below.items():
        if value is None and layout.absent[name] is not None:
            raise SnapshotError(f"{path}/{name} is missing")
    return dataclasses.replace(found, **below)  # type: ignore[type-var]  # a message is a dataclass


def pack(content: Parts | Changes) -> bytes:
    """Parts, or what has become of them, as bytes."""
    data: bytes = msgpack.packb(content)
    return data


def unpack(data: bytes) -> Changes:
    """What was packed. Raises SnapshotError."""
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"{len(data)} bytes are more than the {MAX_BYTES} allowed")
    try:
        content = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise SnapshotError(str(error)) from error
    if not isinstance(content, dict) or not all(
        isinstance(path, str) and isinstance(part, bytes | None) for path, part in content.items()
    ):
        raise SnapshotError("no parts")
    return content

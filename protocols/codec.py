"""The one codec of journals, gateway and the wire between actors.

A message becomes `[tag, version, body]` in msgpack, where `body` holds plain values under EVerest's names.
Decoding validates everything: exact types, no unknown and no missing field, nothing behind the end.

Errors: `DecodeError` for what came from outside, `EncodeError` for a message whose fields do not have the
types they declare. Both name the tag and the path of the field.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgpack
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from protocols.message import message_types, tag_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

T = TypeVar("T")

MAX_BYTES: Final = 16 * 1024 * 1024
"""An encoded message larger than this is refused before it is looked at."""


class CodecError(ValueError):
    """A message that cannot be encoded or decoded.

    `tag` is the message's tag as far as it is known, `field` the dotted path of the first field at fault
    under its wire name ("" when the whole is at fault), `problem` what is wrong with it.
    """

    def __init__(self, tag: str | None, field: str, problem: str) -> None:
        super().__init__(f"{tag or 'message'}{': ' + field if field else ''}: {problem}")
        self.tag, self.field, self.problem = tag, field, problem

    def __reduce__(self) -> tuple[type[CodecError], tuple[str | None, str, str]]:
        return type(self), (self.tag, self.field, self.problem)


class DecodeError(CodecError):
    """Bytes or plain values that are not a known, valid message."""


class EncodeError(CodecError):
    """A message object whose fields do not hold what their types say."""


_UPGRADES: dict[tuple[str, int], Upgrade] = {}


def upgrades(kind: type, from_version: int) -> Callable[[Upgrade], Upgrade]:
    """Register how a body of `from_version` becomes one of `from_version + 1`; both are plain dicts."""

    def register(step: Upgrade) -> Upgrade:
        _UPGRADES[tag_of(kind), from_version] = step
        return step

    return register


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if (adapter := _ADAPTERS.get(kind)) is None:
        adapter = _ADAPTERS[kind] = TypeAdapter(kind)
    return adapter


def encode(item: object) -> bytes:
    """The msgpack bytes `[tag, version, body]` of one message. Raises EncodeError."""
    kind = type(item)
    tag = tag_of(kind)
    body = to_plain(item)
    try:
        packed: bytes = msgpack.packb([tag, getattr(kind, "version", 1), body])
    except (OverflowError, ValueError) as error:
        raise EncodeError(tag, "", str(error)) from error
    return packed


def decode(data: bytes) -> Any:
    """The message that `data` holds. Raises DecodeError."""
    if len(data) > MAX_BYTES:
        raise DecodeError(None, "", f"{len(data)} bytes are more than the {MAX_BYTES} allowed")
    try:
        envelope = msgpack.unpackb(data, strict_map_key=True)
    except msgpack.ExtraData as error:
        raise DecodeError(None, "", f"{len(error.extra)} trailing bytes") from error
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise DecodeError(None, "", f"not msgpack: {str(error) or type(error).__name__}") from error
    return from_envelope(envelope)


def from_envelope(envelope: object) -> Any:
    """The message of an unpacked `[tag, version, body]`. Raises DecodeError."""
    match envelope:
        case [str(tag), int(version), dict(body)]:
            pass
        case _:
            raise DecodeError(None, "", "not a [tag, version, body] triple")
    kind = message_types().get(tag)
    if kind is None:
        raise DecodeError(tag[:200], "", "unknown tag")
    current = getattr(kind, "version", 1)
    if not 1 <= version <= current:
        raise DecodeError(tag, "", f"version {version} is not among the known versions 1 to {current}")
    for step in range(version, current):
        upgrade = _UPGRADES.get((tag, step))
        if upgrade is None:
            raise DecodeError(tag, "", f"version {version} can no longer be read")
        body = upgrade(body)
    return from_plain(kind, body)


def to_plain(item: object) -> dict[str, Any]:
    """The message as JSON values under EVerest's names. Raises EncodeError."""
    kind = type(item)
    tag = tag_of(kind)
    if message_types().get(tag) is not kind:
        raise EncodeError(tag, "", "not declared with @message")
    try:
        body: dict[str, Any] = _adapter(kind).dump_python(
            item, mode="json", by_alias=True, exclude_none=True, warnings="error"
        )
    except PydanticSerializationError as error:
        raise EncodeError(tag, "", " ".join(str(error).split())) from error
    return body


def from_plain(kind: type[T], body: Mapping[str, Any]) -> T:
    """The message of class `kind` whose JSON values are `body`. Raises DecodeError.

    Values are checked as JSON: a string is no number, `1.0` is no integer, enums and times are strings.
    """
    tag = tag_of(kind)
    try:
        item: T = _adapter(kind).validate_json(to_json(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise DecodeError(tag, ".".join(map(str, first["loc"])), first["msg"]) from error
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise DecodeError(tag, "", " ".join(str(error).split())) from error
    return item


def schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a message's body, under EVerest's names."""
    return _adapter(kind).json_schema(by_alias=True)


def to_json_text(item: object) -> str:
    """The body as compact JSON text. Raises EncodeError."""
    return json.dumps(to_plain(item), separators=(",", ":"), ensure_ascii=False)

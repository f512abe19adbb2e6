"""The one codec of journals, gateway and the wire between actors.

A message becomes `[tag, version, body]` in msgpack, where `body` holds JSON values under EVerest's names.
Both directions validate everything: exact types, limits, no unknown, missing or doubled field, nothing behind
the end. What `encode` lets out `decode` takes in, and gives back an equal message: what one refuses (a value
nested too deep, an object with too many keys) the other refuses as well.

Errors: `DecodeError` for what came from outside, `EncodeError` for a message whose fields do not hold what
they declare, or what cannot travel (see `protocols.plain`). Both name the tag and the path of the field, and
never repeat a value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgpack
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, SchemaSerializer, SchemaValidator

from protocols.message import MAX_KEYS, message_types, tag_of
from protocols.plain import JSON_VALUES, Unfit, first_unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

T = TypeVar("T")

MAX_BYTES: Final = 16 * 1024 * 1024
"""An encoded message larger than this is neither produced nor looked at."""


_TRIPLE: Final = [str, int, dict]
"""Exactly: a bool is no version."""


class CodecError(ValueError):
    """A message that cannot be encoded or decoded.

    `tag` is the message's tag as far as it is known, `field` the dotted path of the first field at fault
    ("" when the whole is at fault), `problem` what is wrong with it. The path is made of wire names when
    decoding and of our own names when encoding; what only the wire cannot carry has wire names.
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


NOT_JSON: Final = "json_value"
FREE: Final = "free"

_UPGRADES: dict[tuple[str, int], Upgrade] = {}


def upgrades(kind: type, from_version: int) -> Callable[[Upgrade], Upgrade]:
    """Register how a body of `from_version` becomes one of `from_version + 1`; both are plain dicts.

    A message inside another has no version of its own: when it changes, the messages that hold it change.
    """

    def register(step: Upgrade) -> Upgrade:
        _UPGRADES[tag_of(kind), from_version] = step
        return step

    return register


class _Tools(NamedTuple):
    """What pydantic builds for one class."""

    serializer: SchemaSerializer
    validator: SchemaValidator
    free: bool
    """Whether values of it have no bound by their type: any JSON, mappings, messages that hold themselves."""


_TOOLS: dict[type, _Tools] = {}


def _tools(kind: type) -> _Tools:
    if (tools := _TOOLS.get(kind)) is None:
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        core_schema = adapter.core_schema
        kinds = {_refined(each) for each in _parts(core_schema)}
        free = not kinds.isdisjoint({"any", "dict", FREE}) or (
            "definition-ref" in kinds and _holds_itself(core_schema)
        )
        tools = _TOOLS[kind] = _Tools(adapter.serializer, SchemaValidator(core_schema), free)
        _share(kind, core_schema, tools)
    return tools


def _share(kind: type, core_schema: object, tools: _Tools) -> None:
    """Have pydantic take what was built for a class wherever the class stands in another one.

    It looks for it under these names, as its own dataclasses have it. Built anew in each place, all messages
    together take three times as long and three times the memory.
    """
    if message_types().get(tag_of(kind)) is kind:
        kind.__pydantic_core_schema__ = core_schema  # type: ignore[attr-defined]  # pydantic's name
        kind.__pydantic_validator__ = tools.validator  # type: ignore[attr-defined]  # as above
        kind.__pydantic_serializer__ = tools.serializer  # type: ignore[attr-defined]  # as above
        kind.__pydantic_complete__ = True  # type: ignore[attr-defined]  # as above


def _parts(core_schema: object) -> Iterator[dict[str, Any]]:
    """Everything that pydantic's core schema of a class is made of, but not what stands in known classes."""
    if isinstance(core_schema, dict):
        yield core_schema
        known = core_schema.get("type") == "dataclass" and core_schema["cls"] in _TOOLS
        core_schema = [] if known else list(core_schema.values())
    if isinstance(core_schema, list):
        for each in core_schema:
            yield from _parts(each)


def _holds_itself(core_schema: object) -> bool:
    """Whether some class has a part of its own kind, at whatever distance: only then has depth no bound.

    Pydantic refers to whatever occurs twice, so a reference alone says nothing.
    """
    inside = {
        part["ref"]: {each["schema_ref"] for each in _parts(part) if each.get("type") == "definition-ref"}
        for part in _parts(core_schema)
        if "ref" in part
    }
    while inside:  # take away what refers to nothing that is left, until nothing is or only circles are
        ends = [ref for ref, others in inside.items() if others.isdisjoint(inside)]
        if not ends:
            return True
        for ref in ends:
            del inside[ref]
    return False


def _refined(part: dict[str, Any]) -> str | None:
    """Let an array or a union report one fault, not each; return which kind of part it is.

    A megabyte of wrong items would otherwise cost a gigabyte, and a value that is no JSON would be called no
    boolean. The only unions are those of `Json`. A class that is known and has no bound is of the kind FREE.
    """
    kind = part.get("type")
    if kind == "dataclass" and (known := _TOOLS.get(part["cls"])) is not None and known.free:
        return FREE
    if kind == "tuple":
        part["fail_fast"] = True
    elif kind == "union":
        part["custom_error_type"] = NOT_JSON
        part["custom_error_message"] = f"Input should be {JSON_VALUES}"
    return kind if isinstance(kind, str) else None


def prepare(kinds: Iterable[type]) -> None:
    """Build now what the first use of each class would build: for a process that is about to fork."""
    for kind in kinds:
        _tools(kind)


def encode(item: object) -> bytes:
    """The msgpack bytes `[tag, version, body]` of one message. Raises EncodeError."""
    kind = type(item)
    tag, body = tag_of(kind), _dump(item)
    packed = _pack(EncodeError, tag, body, [tag, getattr(kind, "version", 1), body])
    if len(packed) > MAX_BYTES:
        raise EncodeError(tag, "", f"{len(packed)} bytes are more than the {MAX_BYTES} allowed")
    return packed


def decode(data: bytes) -> Any:
    """The message that `data` holds. Raises DecodeError."""
    if len(data) > MAX_BYTES:
        raise DecodeError(None, "", f"{len(data)} bytes are more than the {MAX_BYTES} allowed")
    try:
        envelope = msgpack.unpackb(
            data,
            strict_map_key=True,
            max_map_len=MAX_KEYS,
            object_pairs_hook=_unique,
            ext_hook=_no_extension,
        )
    except msgpack.ExtraData as error:
        raise DecodeError(None, "", f"{len(error.extra)} trailing bytes") from error
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise DecodeError(None, "", f"not msgpack: {str(error) or type(error).__name__}") from error
    return from_envelope(envelope)


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a key occurs twice in one map")
    return unique


def _no_extension(code: int, _data: bytes) -> None:
    raise ValueError(f"extension type {code}")


def from_envelope(envelope: object) -> Any:
    """The message of an unpacked `[tag, version, body]`. Raises DecodeError."""
    if not isinstance(envelope, list | tuple) or list(map(type, envelope)) != _TRIPLE:
        raise DecodeError(None, "", "not a [tag, version, body] triple")
    tag, version, body = envelope
    kind = message_types().get(tag)
    if kind is None:
        raise DecodeError(tag[:200], "", "unknown tag")
    current = getattr(kind, "version", 1)
    if not 1 <= version <= current:
        raise DecodeError(tag, "", f"version {version} is not among the known versions 1 to {current}")
    for step in range(version, current):
        body = _upgraded(tag, step, body)
    if _tools(kind).free:
        _must_travel(DecodeError, tag, body)
    return _load(kind, body)


def _upgraded(tag: str, version: int, body: dict[str, Any]) -> dict[str, Any]:
    upgrade = _UPGRADES.get((tag, version))
    if upgrade is None:
        raise DecodeError(tag, "", f"version {version} can no longer be read")
    try:
        return upgrade(body)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DecodeError(tag, "", f"not a body of version {version}: {type(error).__name__}") from error


def to_plain(item: object) -> dict[str, Any]:
    """The message as JSON values under EVerest's names. Raises EncodeError."""
    body = _dump(item)
    _pack(EncodeError, tag_of(type(item)), body, body)
    return body


def _dump(item: object) -> dict[str, Any]:
    kind = type(item)
    tag = tag_of(kind)
    if message_types().get(tag) is not kind:
        raise EncodeError(tag, "", "not declared with @message")
    serializer, validator, free = _tools(kind)
    try:
        sound = validator.validate_python(item, by_alias=False, by_name=True)
        body: dict[str, Any] = serializer.to_python(
            sound, mode="json", by_alias=True, exclude_defaults=True, warnings="error"
        )
    except ValidationError as error:
        raise EncodeError(tag, *_first_fault(error)) from error
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise EncodeError(tag, "", " ".join(str(error).split())) from error
    if free:
        _must_travel(EncodeError, tag, body)
    return body


def from_plain(kind: type[T], body: Mapping[str, Any]) -> T:
    """The message of class `kind` whose JSON values are `body`. Raises DecodeError.

    Values are checked as JSON: a string is no number, `1.0` is no integer, enums and times are strings.
    """
    _must_travel(DecodeError, tag_of(kind), body)
    return _load(kind, body)


_JSON: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _load(kind: type[T], body: object) -> T:
    tag = tag_of(kind)
    try:
        item: T = _tools(kind).validator.validate_json(_JSON.encode(body))
    except ValidationError as error:
        raise DecodeError(tag, *_first_fault(error)) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise _unsendable(DecodeError, tag, body, error) from error
    return item


def _first_fault(error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_url=False, include_context=False)[0]
    path, problem = tuple(map(str, first["loc"])), first["msg"]
    if first["type"] == NOT_JSON:  # pydantic says which field it was, but not where in its value
        path, problem = first_unfit(first["input"], path, arrays=(tuple,)) or (path, problem)
    return ".".join(path), problem


def _must_travel(fault: type[CodecError], tag: str, body: object) -> None:
    if (unfit := first_unfit(body)) is not None:
        raise fault(tag, ".".join(unfit.path), unfit.problem)


def _unsendable(fault: type[CodecError], tag: str, body: object, error: Exception) -> CodecError:
    """The `fault` of a body that a library refused with `error`: where it is, as far as that can be told."""
    unfit = first_unfit(body) or Unfit((), f"not JSON: {' '.join(str(error).split())}")
    return fault(tag, ".".join(unfit.path), unfit.problem)


def _pack(fault: type[CodecError], tag: str, body: object, whole: object) -> bytes:
    """The msgpack bytes of `whole`, or a `fault` of the message `tag` that points into its `body`."""
    try:
        packed: bytes = msgpack.packb(whole)
    except (OverflowError, TypeError, ValueError, RecursionError) as error:
        raise _unsendable(fault, tag, body, error) from error
    return packed


def schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a message's body, under EVerest's names."""
    return TypeAdapter(kind).json_schema(by_alias=True)


def to_json_text(item: object) -> str:
    """The body as compact JSON text. Raises EncodeError."""
    return json.dumps(to_plain(item), separators=(",", ":"), ensure_ascii=False)

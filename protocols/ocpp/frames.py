"""The frames of OCPP-J, from text and to text. Sans-IO (OCPP 2.1 part 4, section 4.2; OCPP-J 1.6, section 4).

    frame = parse(text, Version.V21)        # Call | CallResult | CallError | CallResultError | Send
    text = encode(Call("19223201", "Heartbeat", {}), Version.V21)

`parse` raises `RefusalError`; its code and message id are what the frame is answered with if it was a CALL.
Neither looks at a payload beyond its being an object: that is what `schemas` is for.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from protocols.ocpp.errors import MAX_DESCRIPTION, Code, RefusalError, wire_code
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping

Payload = dict[str, Any]
"""A payload as JSON has it."""

MAX_FRAME_BYTES: Final = 1024 * 1024
"""A longer frame is not looked at."""
MAX_MESSAGE_ID: Final = 36
"""Characters of a message id."""
UNREADABLE_ID: Final = "-1"
"""The message id of an answer to a CALL whose own could not be read (2.0.1 part 4, 4.2.3)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request: [2, id, action, payload]."""

    message_id: str
    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class CallResult:
    """The answer to a CALL: [3, id, payload]."""

    message_id: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class CallError:
    """A CALL was refused: [4, id, code, description, details]. `code` is as the version writes it."""

    message_id: str
    code: str
    description: str = ""
    details: Payload = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallResultError:
    """An answer was not understood: [5, id, code, description, details]. From OCPP 2.1 on."""

    message_id: str
    code: str
    description: str = ""
    details: Payload = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """A message that nobody answers: [6, id, action, payload]. From OCPP 2.1 on."""

    message_id: str
    action: str
    payload: Payload


Frame = Call | CallResult | CallError | CallResultError | Send

_KINDS: Final[Mapping[int, tuple[type[Frame], tuple[type, ...], int]]] = MappingProxyType(
    {
        2: (Call, (str, dict), 2),
        3: (CallResult, (dict,), 1),
        4: (CallError, (str, str, dict), 1),
        5: (CallResultError, (str, str, dict), 1),
        6: (Send, (str, dict), 2),
    }
)
"""By message type: the frame, what stands behind its id, and how many of those there must be. Back-ends leave
out the description and the details of an error."""
_NUMBERS: Final[Mapping[type, int]] = MappingProxyType(
    {kind: number for number, (kind, _, _) in _KINDS.items()}
)
_NEWER: Final = frozenset({5, 6})
_ANSWERED: Final = 2
"""The one message type that is answered."""


def error(call_id: str | None, refusal: RefusalError, version: Version) -> CallError:
    """The CALLERROR for a refused CALL."""
    message_id = call_id or refusal.message_id or UNREADABLE_ID
    return CallError(message_id, wire_code(refusal.code, version), refusal.problem[:MAX_DESCRIPTION])


def encode(frame: Frame, version: Version) -> str:
    """The frame as text. Raises ValueError for a payload that is no JSON, or a frame the version has not."""
    number = _NUMBERS[type(frame)]
    if number in _NEWER and version is not Version.V21:
        raise ValueError(f"{type(frame).__name__} does not exist in {version.value}")
    parts = [number, *(getattr(frame, each) for each in frame.__slots__)]
    return json.dumps(parts, separators=(",", ":"), allow_nan=False)


def parse(text: str | bytes, version: Version) -> Frame:
    """The frame in a text message, or in a binary one, which some back-ends send.

    Raises RefusalError: RpcFrameworkError for what is no frame, or no JSON at all (part 4, section 4.3: the
    message id cannot be read), MessageTypeNotSupported for a message type that the version has not.
    """
    if len(text) > MAX_FRAME_BYTES:
        raise RefusalError(Code.RPC_FRAMEWORK_ERROR, f"a frame of more than {MAX_FRAME_BYTES} bytes")
    number, message_id, rest = _parts(_loaded(text))
    asked = message_id if number == _ANSWERED else None
    if number not in _KINDS or (number in _NEWER and version is not Version.V21):
        raise RefusalError(Code.MESSAGE_TYPE_NOT_SUPPORTED, f"message type {number}", message_id)
    kind, shape, needed = _KINDS[number]
    if not needed <= len(rest) <= len(shape):
        raise RefusalError(Code.RPC_FRAMEWORK_ERROR, f"{len(rest) + 2} elements in a {kind.__name__}", asked)
    for place, (given, wanted) in enumerate(zip(rest, shape, strict=False), 3):
        if not isinstance(given, wanted):
            problem = f"element {place} of a {kind.__name__} is no {_JSON_NAMES[wanted]}"
            raise RefusalError(Code.RPC_FRAMEWORK_ERROR, problem, asked)
    return kind(message_id, *rest)


_JSON_NAMES: Final[Mapping[type, str]] = MappingProxyType({str: "string", dict: "object"})


def _parts(loaded: object) -> tuple[int, str, list[Any]]:
    """Message type, id, and what stands behind."""
    match loaded:
        case [int() as number, str() as message_id, *rest] if not isinstance(number, bool):
            if not 0 < len(message_id) <= MAX_MESSAGE_ID:
                raise RefusalError(Code.RPC_FRAMEWORK_ERROR, f"a message id of {len(message_id)} characters")
            return number, message_id, rest
    raise RefusalError(Code.RPC_FRAMEWORK_ERROR, "no array that begins with a message type and an id")


def _loaded(text: str | bytes) -> object:
    try:
        loaded = json.loads(text, parse_float=_finite, parse_constant=_refuse)
        if ("\\u" in text) if isinstance(text, str) else (b"\\u" in text):
            json.dumps(loaded, ensure_ascii=False).encode()  # half a surrogate pair has no encoding
    except (ValueError, RecursionError) as problem:  # errors of Unicode are ValueErrors
        raise RefusalError(Code.RPC_FRAMEWORK_ERROR, "no JSON") from problem
    return loaded


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError("a number beyond all bounds")
    return value


def _refuse(_name: str) -> float:
    raise ValueError("no JSON number")

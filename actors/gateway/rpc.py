"""JSON-RPC 2.0: bytes in, calls and answers out, and the other way round. Pure.

Whatever arrives, `read` gives back what is to be done with it and never raises: what cannot be a request is a
`Fault`, to be answered with its error. No error repeats a value that was sent. Source: the JSON-RPC 2.0
specification; what it leaves open is decided here: parameters have names, ids are text, 64-bit integers or
null, an object with a key twice is no JSON, batches are bounded.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from protocols.plain import first_unfit

if TYPE_CHECKING:
    from collections.abc import Iterable

    Id = str | int | None

MAX_BYTES: Final = 1024 * 1024
"""A text longer than this is not looked at."""
MAX_BATCH: Final = 50
"""Requests in one text."""
MAX_ID: Final = 200
"""Characters of an id that is text."""
MAX_METHOD: Final = 100
"""Characters of a method's name."""
MAX_MESSAGE: Final = 1000
"""Characters that are kept of what the other side says for an error."""
_VERSION: Final = "2.0"
_IDS: Final = frozenset({str, int, type(None)})
"""Exactly: a bool is no number."""


class Code(enum.IntEnum):
    """Why a request was refused: the five of the specification, and ours."""

    PARSE = -32700
    """No JSON."""
    REQUEST = -32600
    """JSON, but no request."""
    METHOD = -32601
    """There is no such method; `data.nearest` is one that was perhaps meant."""
    PARAMS = -32602
    """The parameters do not fit the method's schema; `data.field` is the first that does not."""
    INTERNAL = -32603
    """A fault of the Gateway."""
    FAILURE = -32000
    """An actor did not carry the command out; `data` has its `reason` and `detail`."""
    NOT_ALLOWED = -32001
    """A token is missing, or does not allow this."""
    LIMIT = -32002
    """Too large, too many, too often, too slow; `data.limit` says which limit."""
    NOT_SIMULATED = -32003
    """What is to be simulated is real at this site, or not there."""
    NO_SUCH = -32004
    """There is no such name, EVSE, session or car; `data.nearest` is one that was perhaps meant."""


class RpcError(Exception):
    """A request that is answered with an error. `data` is JSON; None: there is nothing more to say."""

    def __init__(self, code: Code, message: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data

    def __reduce__(self) -> tuple[type[RpcError], tuple[Code, str, dict[str, Any] | None]]:
        return type(self), (self.code, self.message, self.data)


@dataclass(frozen=True, slots=True)
class Call:
    """A request; it is answered exactly once, with its id."""

    id: Id
    method: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """A request that nobody wants an answer to."""

    method: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side says to a request of ours: its result, or its error."""

    id: Id
    result: Any = None
    error: RpcError | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is no request; it is answered with the error."""

    id: Id
    error: RpcError


Item = Call | Notice | Answer | Fault


@dataclass(frozen=True, slots=True)
class Incoming:
    """One text. The answers to a `batch` go back as one array, if there are any."""

    items: tuple[Item, ...]
    batch: bool = False


def read(data: bytes | str) -> Incoming:
    """What a text says; never raises."""
    try:
        value = _value(data)
    except RpcError as problem:
        return Incoming((Fault(None, problem),))
    if not isinstance(value, list):
        return Incoming((_item(value),))
    if 0 < len(value) <= MAX_BATCH:
        return Incoming(tuple(map(_item, value)), batch=True)
    text = f"a batch has 1 to {MAX_BATCH} requests"
    return Incoming((Fault(None, over("batch", text) if value else RpcError(Code.REQUEST, text)),))


def over(limit: str, message: str) -> RpcError:
    """The error of what goes beyond a limit."""
    return RpcError(Code.LIMIT, message, {"limit": limit})


def too_often(wait_s: float) -> RpcError:
    """The error of who says too much: after so many seconds there is room again."""
    return RpcError(Code.LIMIT, "too often", {"limit": "rate", "retry_after_s": round(wait_s, 3)})


def _value(data: bytes | str) -> Any:
    if len(data) > MAX_BYTES:
        raise over("size", f"more than {MAX_BYTES} bytes")
    try:
        value = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError):  # bytes that are no text, too
        raise RpcError(Code.PARSE, "not JSON") from None
    if (unfit := first_unfit(value)) is not None:
        raise RpcError(Code.PARSE, unfit.problem)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a key occurs twice")
    return unique


def _no_number(_name: str) -> None:
    raise ValueError("no number")


def _item(value: object) -> Item:
    if not isinstance(value, dict):
        return Fault(None, RpcError(Code.REQUEST, "a request is an object"))
    number = value.get("id")
    if type(number) not in _IDS or (isinstance(number, str) and len(number) > MAX_ID):
        return Fault(
            None, RpcError(Code.REQUEST, f"an id is an integer, or text of at most {MAX_ID} characters")
        )
    try:
        return _request(number, value) if "method" in value else _answer(number, value)
    except RpcError as problem:
        return Fault(number, problem)


def _request(number: Id, value: dict[str, Any]) -> Item:
    _of_version(value)
    method, params = value["method"], value.get("params", {})
    if not isinstance(method, str) or len(method) > MAX_METHOD:
        raise RpcError(Code.REQUEST, f"a method is text of at most {MAX_METHOD} characters")
    if not isinstance(params, dict):
        raise RpcError(Code.PARAMS, "parameters have names: an object")
    return Call(number, method, params) if "id" in value else Notice(method, params)


def _of_version(value: dict[str, Any]) -> None:
    if value.get("jsonrpc") != _VERSION:
        raise RpcError(Code.REQUEST, 'there must be "jsonrpc": "2.0"')


def _answer(number: Id, value: dict[str, Any]) -> Item:
    _of_version(value)
    match value:
        case {"error": _, "result": _}:
            pass
        case {"result": told} if number is not None:
            return Answer(number, told)
        case {"error": {"code": int(code), "message": str(message), **more}} if number is not None:
            data = {"code": code, **({"data": more["data"]} if "data" in more else {})}
            return Answer(number, error=RpcError(Code.FAILURE, message[:MAX_MESSAGE], data))
    raise RpcError(Code.REQUEST, "neither a request nor an answer")


# -- what is written -----------------------------------------------------------------------------------------


_WRITE: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def result(number: Id, value: Any) -> str:
    """The answer to a call. Raises ValueError for what is no JSON."""
    return _WRITE({"jsonrpc": _VERSION, "id": number, "result": value})


def error(number: Id, problem: RpcError) -> str:
    """The answer to a call that is refused."""
    told: dict[str, Any] = {"code": int(problem.code), "message": problem.message}
    if problem.data is not None:
        told["data"] = problem.data
    return _WRITE({"jsonrpc": _VERSION, "id": number, "error": told})


def notice(method: str, params: dict[str, Any]) -> str:
    """News that nobody answers."""
    return _WRITE({"jsonrpc": _VERSION, "method": method, "params": params})


def call(number: Id, method: str, params: dict[str, Any]) -> str:
    """A request to the other side."""
    return _WRITE({"jsonrpc": _VERSION, "id": number, "method": method, "params": params})


def batch(texts: Iterable[str]) -> str:
    """The answers to a batch."""
    return f"[{','.join(texts)}]"

"""The streaming form of both commands: JSON objects, one a line, each answered by one line in its place.

Decode takes `schema` and `exi_hex` and adds `message`; encode takes `schema` and `message` and adds
`exi_hex`. What is wrong with a line is said in the line's own answer, as `error`; other members pass
through. A line that is no object is answered by one with its number and the error.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118 import exi, guess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    Step = Callable[[dict[str, Any]], None]

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""Longer than the hexadecimal digits of any message; a longer line is passed over and reported."""


class LineError(ValueError):
    """A line that is not what it should be."""


def decode_line(record: dict[str, Any]) -> None:
    """Add `message` to a record with `schema` and `exi_hex`. Raises LineError or exi.ExiError."""
    record.pop("message", None)  # an answer that came along must not pass for ours
    schema, digits = _text(record, "schema"), _text(record, "exi_hex")
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        raise LineError("exi_hex is no even number of hexadecimal digits") from None
    record["message"] = exi.to_json(guess.decode(data, schema))


def encode_line(record: dict[str, Any]) -> None:
    """Add `exi_hex` to a record with `schema` and `message`. Raises LineError or exi.ExiError."""
    record.pop("exi_hex", None)  # as above
    schema = _text(record, "schema")
    if "message" not in record:
        raise LineError("member 'message' is missing")
    record["exi_hex"] = guess.encode(guess.from_json(record["message"], schema), schema).hex()


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise LineError(f"member {name!r} is " + ("missing" if value is None else "no string"))
    return value


def answer(line: bytes, number: int, step: Step) -> tuple[str, bool]:
    """The answer to one line, and whether the line was good."""
    try:
        record = _object(line)
        record.pop("error", None)
        good = _add(record, step)
        return json.dumps(record), good
    except (LineError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return json.dumps({"line": number, "error": problem}), False


def _add(record: dict[str, Any], step: Step) -> bool:
    try:
        step(record)
    except (LineError, exi.ExiError) as error:
        record["error"] = str(error)
        return False
    return True


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE_BYTES:
        raise LineError(f"longer than {MAX_LINE_BYTES} bytes")
    try:
        record = json.loads(line.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
    except ValueError as error:
        raise LineError(f"no JSON: {error}") from None
    if not isinstance(record, dict):
        raise LineError("no JSON object")
    return record


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:40]} is too large for a number")
    return value


def split(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream without their ends; of an over-long one only as much as shows that it is."""
    while line := stream.readline(MAX_LINE_BYTES + 2):
        if not line.endswith(b"\n") and len(line) > MAX_LINE_BYTES:
            while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
        yield line.rstrip(b"\r\n")

"""The lines of an evidence bundle: one JSON object each, with `kind` and `time`. Written and read. Pure.

`talk` is always the first, `end` the last; between them `tls`, `message`, `note`, `skipped`, `fault` and
`gap`. docs/evidence.md describes their members. Messages are in the form of docs/exi-json.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118 import exi, guess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FORMAT: Final = 1
LINES: Final = "talk.jsonl"
PACKETS: Final = "talk.pcap"
KEYS: Final = "keys.log"
FILES: Final = (LINES, PACKETS, KEYS)
BEGINNING: Final = b'{"kind":"talk"'
"""How a file of lines begins."""
CAR: Final = "car"
STATION: Final = "station"
MAX_LINE_BYTES: Final = 4 * 1024 * 1024
"""Longer than the line of the largest frame, whose bytes are in it twice, once as text."""
MAX_TOOK_MS: Final = 3_600_000
ENVELOPE: Final = "V2G_Message"
"""The root of every message of DIN and -2; in -20 and before the agreement the message is the root."""


class EvidenceError(ValueError):
    """A bundle that is none, or a damaged one; `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line, self.problem = line, problem

    def __reduce__(self) -> tuple[type[EvidenceError], tuple[int, str]]:
        return type(self), (self.line, self.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line that is no message."""

    line: int
    kind: str
    time: datetime
    members: Mapping[str, Any]
    """All of them, as they stand there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A frame, and the message in it."""

    line: int
    time: datetime
    sender: str
    """CAR or STATION."""
    payload_type: int
    payload: bytes = field(repr=False)
    schema: str | None
    protocol: str | None
    """The namespace that was agreed on before or by it."""
    name: str
    """Empty where it could not be decoded."""
    code: str
    """The response code; empty where there is none."""
    took_ms: float | None
    """The station's answer: since the request was there."""
    message: Any = field(default=None, repr=False)
    error: str | None = None
    """Why it could not be decoded."""


def of(kind: str, time: datetime, members: Mapping[str, Any]) -> bytes:
    """One line."""
    return json.dumps({"kind": kind, "time": stamp(time), **members}, separators=(",", ":")).encode() + b"\n"


def stamp(time: datetime) -> str:
    """A time as it stands in a line: UTC, microseconds."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parts(tree: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Name, header and content of a message's JSON tree, whatever the protocol; empty where it has none."""
    ((name, inner),) = tree.items()
    if name != ENVELOPE:
        return name, inner.get("Header", {}), inner
    body = inner["Body"]
    name = next(iter(body), name)
    return name, inner["Header"], body.get(name, {})


def read(lines: Iterable[bytes]) -> Iterator[Fact | Message]:
    """The lines of a bundle, each checked as it comes. Raises EvidenceError at the first that is wrong."""
    number = 0
    for number, line in enumerate(lines, 1):
        yield _read(number, line)
    if not number:
        raise EvidenceError(1, "there is no line")


def _read(number: int, line: bytes) -> Fact | Message:
    members = _object(number, line)
    kind = _text(number, members, "kind")
    if (number == 1) is not (kind == "talk"):
        raise EvidenceError(number, "a bundle has one line of kind talk, its first")
    if kind == "talk" and members.get("format") != FORMAT:
        raise EvidenceError(number, f"format {members.get('format')!r:.40} is not {FORMAT}")
    try:
        time = datetime.fromisoformat(_text(number, members, "time"))
    except ValueError:
        raise EvidenceError(number, "time is no time of ISO 8601") from None
    if time.tzinfo is None:
        raise EvidenceError(number, "time is without a time zone")
    if kind == "message":
        return _message(number, time, members)
    return Fact(line=number, kind=kind, time=time, members=members)


def _object(number: int, line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE_BYTES:
        raise EvidenceError(number, f"longer than {MAX_LINE_BYTES} bytes")
    try:
        members = json.loads(line.decode("utf-8"))
        if b"\\u" in line:
            json.dumps(members, ensure_ascii=False).encode()  # half a character, which nobody can print
    except (ValueError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise EvidenceError(number, f"no JSON: {what}") from None
    if not isinstance(members, dict):
        raise EvidenceError(number, "no JSON object")
    return members


def _text(number: int, members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise EvidenceError(number, f"member {name!r} is " + ("missing" if value is None else "no string"))
    return value


def _optional(number: int, members: Mapping[str, Any], name: str) -> str | None:
    return None if members.get(name) is None else _text(number, members, name)


def _message(number: int, time: datetime, members: Mapping[str, Any]) -> Message:
    sender = _text(number, members, "from")
    if sender not in (CAR, STATION):
        raise EvidenceError(number, f"from is neither {CAR} nor {STATION}")
    try:
        payload_type = int(_text(number, members, "payload_type"), 16)
        payload = bytes.fromhex(_text(number, members, "exi_hex"))
    except EvidenceError:
        raise
    except ValueError:
        raise EvidenceError(number, "payload_type and exi_hex are hexadecimal digits") from None
    if not payload or not 0 <= payload_type < 2**16:
        raise EvidenceError(number, "no frame is without payload, or of such a payload type")
    took = members.get("took_ms")
    if took is not None and not (isinstance(took, int | float) and 0 <= took <= MAX_TOOK_MS):
        raise EvidenceError(number, "took_ms is no number of milliseconds")
    error, schema = _optional(number, members, "error"), _optional(number, members, "schema")
    name, code, message = "", "", None
    if error is None:
        message, error = _decoded(number, payload, schema, members)
    if message is not None:
        name, _header, content = parts(exi.to_json(message))
        code = str(content.get("ResponseCode", ""))
    return Message(
        line=number,
        time=time,
        sender=sender,
        payload_type=payload_type,
        payload=payload,
        schema=schema,
        protocol=_optional(number, members, "protocol"),
        name=name,
        code=code,
        took_ms=float(took) if took is not None else None,
        message=message,
        error=error,
    )


def _decoded(
    number: int, payload: bytes, schema: str | None, members: Mapping[str, Any]
) -> tuple[Any, str | None]:
    """The message, which has to be that of the line; or why it is none, if nobody had decoded it before."""
    if schema not in guess.DOCUMENTS:
        raise EvidenceError(number, "schema is missing, or none that a frame can have")
    try:
        message = exi.decode_with_rest(payload, schema).message
    except exi.ExiError as error:
        if "name" not in members:
            return None, str(error)
        raise EvidenceError(number, f"exi_hex: {error}") from None
    if "message" in members and members["message"] != exi.to_json(message):
        raise EvidenceError(number, "message is not what exi_hex says")
    return message, None

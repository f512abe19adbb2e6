"""Payloads, good and with one thing wrong each, for our validation and that of a back-end to judge.

Each keyword that the schema of a message has is broken once per message, at the first place that has it.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from protocols.ocpp import schemas
from protocols.ocpp.errors import RefusalError
from tests.support.ocpp_samples import made_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from protocols.ocpp.version import Version

SENT_ONLY: Final = frozenset({"NotifyPeriodicEventStream"})
"""Actions of SEND: nobody answers them, and neither back-end knows that kind of message."""


class Judged(NamedTuple):
    """One payload, and what we say about it."""

    action: str
    answer: bool
    broken: str
    """The keyword; empty for a good one."""
    payload: dict[str, Any]
    ours: str
    """Code of the refusal; empty where there is none."""


def judged(version: Version) -> Iterator[Judged]:
    """Those of every message of a version."""
    for action in sorted(schemas.actions(version) - SENT_ONLY):
        for answer in (False, True):
            schema = schemas.schema(version, action, answer=answer)
            for broken, payload in _payloads(schema):
                yield Judged(
                    action, answer, broken, payload, _verdict(version, action, payload, answer=answer)
                )


def _verdict(version: Version, action: str, payload: dict[str, Any], *, answer: bool) -> str:
    try:
        schemas.check(version, action, payload, answer=answer)
    except RefusalError as error:
        return error.code.value
    return ""


def _payloads(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", made_from(schema, full=False)
    whole = made_from(schema, full=True)
    yield "", whole
    for keyword, (path, spoil) in _breaks(schema, whole).items():
        broken = copy.deepcopy(whole)
        holder: Any = broken
        for step in path:
            holder = holder[step]
        spoil(holder)
        yield keyword, broken


def _breaks(schema: Mapping[str, Any], whole: dict[str, Any]) -> dict[str, tuple[list[Any], Any]]:
    found: dict[str, tuple[list[Any], Any]] = {"additionalProperties": ([], _with("surplus", 1))}
    pending: list[tuple[Mapping[str, Any], Any, list[Any]]] = [(schema, whole, [])]
    while pending:
        shape, value, path = pending.pop(0)
        for name in shape.get("required", ()):
            found.setdefault("required", (path, _without(name)))
        for name, inner in shape.get("properties", {}).items():
            if name not in value:
                continue
            shown = _shape(inner, schema)
            for keyword, wrong in _wrong(shown):
                found.setdefault(keyword, (path, _with(name, wrong)))
            if shown.get("type") == "object":
                pending.append((shown, value[name], [*path, name]))
            elif (
                shown.get("type") == "array"
                and (each := _shape(shown["items"], schema)).get("type") == "object"
            ):
                pending.append((each, value[name][0], [*path, name, 0]))
    return found


def _shape(shape: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in shape:
        return shape
    found: Mapping[str, Any] = schema["definitions"][shape["$ref"].rpartition("/")[2]]
    return found


def _wrong(shape: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A value for each keyword that says no."""
    if "enum" in shape:
        yield "enum", "Nonsense"
        return
    yield "type", {} if shape.get("type") != "object" else "text"
    if "maxLength" in shape:
        yield "maxLength", "x" * (shape["maxLength"] + 1)
    if shape.get("minItems", 0):
        yield "minItems", []
    if "minimum" in shape:
        yield "minimum", shape["minimum"] - 1
    if "maximum" in shape:
        yield "maximum", shape["maximum"] + 1


def _with(name: str, value: object) -> Callable[[Any], None]:
    def spoil(holder: Any) -> None:
        holder[name] = value

    return spoil


def _without(name: str) -> Callable[[Any], None]:
    def spoil(holder: Any) -> None:
        del holder[name]

    return spoil

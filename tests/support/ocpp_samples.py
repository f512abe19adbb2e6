"""Payloads made from their schemas: the least a message may hold, or all; of tame or wild values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocols.ocpp import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.ocpp.version import Version

    Shape = Mapping[str, Any]

WILD_TEXTS = ("", "\x1b[2J\u202e", "-1e999", "nan", "0", "\u00e9=", "{" * 200, "9" * 500, "*", "x")
WILD_NUMBERS = (0, -1, 1e308, -1e308, 10**30, 10**400, 2.5, 1)
WILD_INTEGERS = (0, 1, -1, 10**9, 10**30, 10**400, 2, 3)


def sample(version: Version, action: str, *, full: bool = False, wild: int | None = None) -> dict[str, Any]:
    """A request that its schema allows. `wild` chooses among values that nobody expects."""
    return made_from(schemas.schema(version, action), full=full, wild=wild)


def made_from(root: Shape, *, full: bool = False, wild: int | None = None) -> dict[str, Any]:
    """As `sample`, from a schema."""
    made: dict[str, Any] = _made(root, root, full, wild, 0)
    return made


def _made(shape: Shape, root: Shape, full: bool, wild: int | None, depth: int) -> Any:  # noqa: FBT001  # passed down
    if "$ref" in shape:
        shape = root["definitions"][shape["$ref"].rpartition("/")[2]]
    if "enum" in shape:
        return shape["enum"][(wild or 0) % len(shape["enum"])]
    kind = shape.get("type")
    if kind == "object":
        required = shape.get("required", ())
        return {
            name: _made(inner, root, full, None if wild is None else wild + number, depth + 1)
            for number, (name, inner) in enumerate(shape.get("properties", {}).items())
            if name in required or (full and depth < 6 and name != "customData")
        }
    if kind == "array":
        return [_made(shape["items"], root, full, wild, depth + 1)] * max(shape.get("minItems", 1), 1)
    if kind == "boolean":
        return bool((wild or 0) % 2)
    if kind in {"integer", "number"}:
        return _number(shape, kind, wild)
    text = "x" if wild is None else WILD_TEXTS[wild % len(WILD_TEXTS)]
    return "2026-01-01T00:00:00Z" if shape.get("format") == "date-time" else text[: shape.get("maxLength")]


def _number(shape: Mapping[str, Any], kind: str, wild: int | None) -> Any:
    values = WILD_INTEGERS if kind == "integer" else WILD_NUMBERS
    number = 1 if wild is None else values[wild % len(values)]
    return min(max(number, shape.get("minimum", number)), shape.get("maximum", number))

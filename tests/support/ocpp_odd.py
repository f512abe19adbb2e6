"""Strange things for a charge point, from a seed: payloads that their schemas allow, messages of ours that
their types allow, with values that nobody expects.
"""

from __future__ import annotations

import random
import typing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime

from protocols import codec
from protocols.message import Json
from protocols.ocpp import schemas
from protocols.ocpp.errors import RefusalError
from tests.support.ocpp_station import START, shipped
from tests.support.shapes import hints_of, is_enum, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.ocpp.version import Version

    Shape = Mapping[str, Any]

DATES = (
    *("2026-03-01T12:00:00Z", "2026-03-01T12:00:05.123456789+02:00", "2099-01-01T00:00:00Z", "2026-03-01"),
    *(
        "2026-03-01T12:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1970-01-01t00:00:00z",
    ),
    *("", "T", "now", "2026-02-30T12:00:00Z", "9999-12-31T23:59:59Z"),
)
TEXTS = (
    *("", "x", "*", "CARD", "\0", "\x1b[2J\u202e", "\U0001f697", "\uffff", "%s", "a b", " 1 ", "../../x"),
    *("-1", "0", "1", "1,2", "1.5", "true", "1e999", "nan", "\u0661", "\u00b2", "9" * 400, "9" * 18),
    *("{", "[]", "{}", "[1]", "null", '"\\ud800"', "[" * 900, "wss://h", "ws://h:99999", "wss://["),
    *("2026-03-01T12:00:00Z", "Heartbeat", "TxStarted,PowerPathClosed", "00" * 20, "a" * 40),
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
)
INTEGERS = (0, 1, 2, 3, 5, 60, 300, -1, 2**31 - 1, -(2**31), 10**9, 2**63 - 1, 1 - 2**63)
PLACES = (1, 2, 1, 2, 0, 3, -1)
"""Numbers of EVSEs and connectors; the station has two of one."""
NUMBERS = (0, 1, -1, 0.5, 2.5, 16.0, 1e12, 1e300, 5e-324)
MOMENTS = (
    *(START, START + timedelta(days=400), START - timedelta(days=9000)),
    *(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
)
ANY = (None, 1, "x", (), {"a": 1})


class Odd:
    """A source of them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.known: list[str] = []
        """Texts that mean something to the station by now, for example ids of transactions."""
        self._share = 0.5
        self._variables = [(each.name, name) for each in shipped() for name in each.variables]

    def maybe(self, share: float = 0.5) -> bool:
        """Yes or no."""
        return self.chance.random() < share

    def text(self) -> str:
        """A text."""
        return self.chance.choice(self.known if self.known and self.maybe(0.3) else TEXTS)

    # -- payloads by their schemas ---------------------------------------------------------------------------

    def payload(self, version: Version, action: str, *, answer: bool = False) -> dict[str, Any]:
        """One that the link would let in."""
        root = schemas.schema(version, action, answer=answer)
        while True:
            self._share = self.chance.choice((0.0, 0.3, 0.7))
            made: dict[str, Any] = self._made("", root, root, 0)
            try:
                schemas.check_received(version, action, made, answer=answer)
            except RefusalError:
                continue  # a rule of the schema that nobody has told us of
            return made

    def _made(self, name: str, shape: Shape, root: Shape, depth: int) -> Any:  # noqa: PLR0911  # one per type
        if "$ref" in shape:
            shape = root["definitions"][shape["$ref"].rpartition("/")[2]]
        if "enum" in shape:
            return self.chance.choice(shape["enum"])
        match shape.get("type"):
            case "object":
                return self._object(shape, root, depth)
            case "array":
                least = shape.get("minItems", 0)
                many = self.chance.randint(least, max(least, min(shape.get("maxItems", 3), 3)))
                return [self._made(name, shape["items"], root, depth + 1) for _ in range(many)]
            case "boolean":
                return self.maybe()
            case "string":
                text = self.chance.choice(DATES) if shape.get("format") == "date-time" else self.text()
                return text[: shape.get("maxLength")]
            case "integer":
                place = name in {"evseId", "connectorId", "id"} and self.maybe(0.9)
                return self._within(self.chance.choice(PLACES if place else INTEGERS), shape)
            case "number":
                return self._within(self.chance.choice(NUMBERS), shape)
        return self.chance.choice((None, 1, 1e300, "x", [], {}, [[[]]], {"a": {"b": [None]}}))

    @staticmethod
    def _within(number: float, shape: Shape) -> float:
        fitting: float = min(max(number, shape.get("minimum", number)), shape.get("maximum", number))
        return fitting

    def _object(self, shape: Shape, root: Shape, depth: int) -> dict[str, Any]:
        made = {
            name: self._made(name, inner, root, depth + 1)
            for name, inner in shape.get("properties", {}).items()
            if name in shape.get("required", ()) or (depth < 6 and self.maybe(self._share))
        }
        if "component" in made and "variable" in made and self.maybe(0.8):
            component, variable = self.chance.choice(self._variables)
            made["component"] = {"name": component.name}
            made["variable"] = {"name": variable.name}
            if component.evse_id is not None:
                made["component"]["evse"] = {"id": component.evse_id}
            if variable.instance is not None:
                made["variable"]["instance"] = variable.instance
        return made

    # -- messages of ours by their types ---------------------------------------------------------------------

    def message(self, kind: type) -> Any:
        """One that the codec would let in."""
        while True:
            try:
                return codec.decode(codec.encode(self._message(kind, ())))
            except codec.CodecError:
                continue  # a rule beyond the types

    def _message(self, kind: type, inside: tuple[type, ...]) -> Any:
        values = {name: self._value(name, hint, (*inside, kind)) for name, hint in hints_of(kind).items()}
        return kind(**values)

    def _value(self, name: str, hint: Any, inside: tuple[type, ...]) -> Any:  # noqa: PLR0911  # as above
        shape = shape_of(hint)
        base, limits = shape.base, shape.limits
        if shape.optional and self.maybe():
            return None
        if typing.get_origin(base) is tuple:
            return self._tuple(name, typing.get_args(base), limits, inside)
        if typing.get_origin(base) is dict:
            return {}
        if is_enum(base):
            return self.chance.choice(list(base))
        if base is str:
            return self.text()[: limits.get("max_length")].ljust(limits.get("min_length", 0), "x")
        if base in {int, float}:
            return self._number(name, base, limits)
        if base in CHOICES:
            return self.chance.choice(CHOICES[base])
        return self._message(base, inside)

    def _tuple(
        self, name: str, kinds: tuple[Any, ...], limits: Mapping[str, Any], inside: tuple[type, ...]
    ) -> tuple[Any, ...]:
        if kinds[-1] is not Ellipsis:
            return tuple(self._value(name, each, inside) for each in kinds)
        least = limits.get("min_length", 0)
        more = 0 if inside.count(shape_of(kinds[0]).base) > 1 else 2
        many = self.chance.randint(least, min(least + more, limits.get("max_length", least + more)))
        return tuple(self._value(name, kinds[0], inside) for _ in range(many))

    def _number(self, name: str, kind: type, limits: Mapping[str, Any]) -> Any:
        least, most = limits.get("ge", 1 - 2**63), limits.get("le", 2**63 - 1)
        place = name.endswith(("evse_id", "connector_id")) and self.maybe(0.9)
        pool: tuple[float, ...] = PLACES if place else INTEGERS if kind is int else NUMBERS
        return kind(self.chance.choice([each for each in pool if least <= each <= most] or [least]))


CHOICES: dict[Any, tuple[Any, ...]] = {
    bool: (False, True),
    bytes: (b"x",),
    Decimal: (Decimal(0), Decimal(1234), Decimal(-1), Decimal("1e15"), Decimal("0.001")),
    AwareDatetime: MOMENTS,
    Json: ANY,
    Any: ANY,
}

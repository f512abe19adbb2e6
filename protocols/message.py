"""What a message is: immutable dataclasses with a versioned tag, and the kinds that actors exchange.

A module under `protocols/` (or an engine module) declares its messages with `@message`:

    @message
    class Reserve(Command):
        '''Hold this EVSE for a reservation.'''
        answer: ClassVar[type[Reply]] = ReserveReply
        reservation_id: int

The tag is `<module>.<class name in snake case>` with the packages `protocols.interfaces` and `protocols`
left out: `evse_manager.reserve`, `types.evse_manager.evse`, `message.reply`.

Names on the wire are EVerest's. Where our field name differs (it carries a unit, or Python forbids it) the
annotation says so: `limit_w: Annotated[float, Field(alias="limit")]`. A field that holds its default is left
out on the wire, so a default belongs to the version of its message as much as a field does.

Field types: `int` (64 bits), `float` (finite), `str`, `bool`, enums, other messages, `tuple[X, ...]` for
arrays, `X | None = None` for what may be absent, and from here `Timestamp`, `ExactNumber` and `Json`.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, NamedTuple, TypeVar, dataclass_transform

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from protocols.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not between the years 1 and 9999 in UTC") from error


Timestamp = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware point in time, always UTC once it has passed the codec; RFC 3339 on the wire."""


def _read_exact(value: object, info: ValidationInfo) -> object:
    if info.mode == "python":
        return value
    if type(value) in {int, float}:
        return Decimal(repr(value))
    raise PydanticCustomError("number_type", "Input should be a valid number")


def _write_exact(value: Decimal) -> int | float:
    if value == value.to_integral_value() and -(2**63) <= value < 2**64:
        return int(value)
    number = float(value)
    if not math.isfinite(number) or Decimal(repr(number)) != value:
        raise ValueError(f"{value} has more digits than a JSON number keeps")
    return number


ExactNumber = Annotated[
    Decimal,
    BeforeValidator(_read_exact),
    PlainSerializer(_write_exact, return_type=int | float),
    WithJsonSchema({"type": "number"}),
]
"""A decimal that stays exactly what it is: money, meter registers. A plain number on the wire.

Numbers of up to 15 digits always pass; one with more passes if a double keeps it, and is refused by the
encoder if not. Trailing zeros are not kept.
"""

MAX_KEYS: Final = 4096
"""A JSON object with more keys than this is refused."""

Json = TypeAliasType(
    "Json",
    "Annotated[bool, Field(strict=True)] | Annotated[int, Field(strict=True)]"
    "| Annotated[float, Field(strict=True, allow_inf_nan=False)] | Annotated[str, Field(strict=True)]"
    "| Annotated[tuple[Json, ...], Field(strict=True)]"
    "| Annotated[dict[str, Json], Field(strict=True, max_length=MAX_KEYS)] | None",
)
"""Any JSON value. Arrays are tuples; objects are dicts, the one mutable thing in a message: leave them be."""

CONFIG: Final = ConfigDict(
    strict=True,
    extra="forbid",
    allow_inf_nan=False,
    revalidate_instances="always",
    ser_json_bytes="base64",
    val_json_bytes="base64",
)
"""How every message is validated: exact types, no unknown field, no NaN, whoever made the object."""

RESERVED: Final = frozenset({"version", "answer", "everest_name"})
"""Names that say something about the class of a message and so cannot be its fields."""

_TYPES: dict[str, type] = {}
_TAGS: dict[type, str] = {}
_PACKAGES: Final = ("protocols.interfaces.", "protocols.")
_HUMPS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """A class name as EVerest writes commands and variables: `GetEvse` becomes `get_evse`."""
    return _HUMPS.sub("_", name).lower()


def tag_of(kind: type) -> str:
    """The wire tag of a message class; whether it has been declared is not checked."""
    if (tag := _TAGS.get(kind)) is None:
        module = kind.__module__
        for package in _PACKAGES:
            if module.startswith(package):
                module = module.removeprefix(package)
                break
        tag = _TAGS[kind] = f"{module}.{snake_case(kind.__qualname__)}"
    return tag


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
def message(kind: type[T]) -> type[T]:
    """Make a class an immutable, slotted, keyword-only dataclass known to the codec by its tag.

    Raises ValueError when another class has the same tag or a field has a name that messages reserve.
    """
    kind.__pydantic_config__ = CONFIG  # type: ignore[attr-defined]  # pydantic looks for it by this name
    made = record(kind)
    tag = tag_of(made)
    if taken := RESERVED.intersection(field.name for field in dataclasses.fields(made)):  # type: ignore[arg-type]  # it is one now
        raise ValueError(f"{tag}: a field cannot be called {', '.join(sorted(taken))}; give it an alias")
    known = _TYPES.get(tag)
    if known is not None and (known.__module__, known.__qualname__) != (made.__module__, made.__qualname__):
        raise ValueError(f"two messages have the tag {tag!r}: {known!r} and {made!r}")
    _TYPES[tag] = made
    return made


class _Slots(NamedTuple):
    """How the fields of one class of messages are read and, of a copy that nobody has seen yet, written."""

    values: Callable[[Any], tuple[Any, ...]]
    writers: Mapping[str, Callable[[Any, Any], None]]


_SLOTS: dict[type, _Slots] = {}


def _slots(kind: type) -> _Slots:
    if _TYPES.get(tag_of(kind)) is not kind:
        raise TypeError(f"{kind.__name__} is no message")
    names = [field.name for field in dataclasses.fields(kind)]
    values = attrgetter(*names, "__class__", "__class__")  # two more: it gives a tuple, however few they are
    made = _SLOTS[kind] = _Slots(values, {name: getattr(kind, name).__set__ for name in names})
    return made


def changed(item: T, **fields: Any) -> T:
    """The message with other values in some fields; as `dataclasses.replace`, in less than half the time.

    Raises TypeError for a field it does not have, or something that was not made by `@message`.
    """
    kind = type(item)
    slots = _SLOTS.get(kind) or _slots(kind)
    copy = object.__new__(kind)
    for write, value in zip(slots.writers.values(), slots.values(item), strict=False):
        write(copy, value)
    for name, value in fields.items():
        if (other := slots.writers.get(name)) is None:
            raise TypeError(f"{kind.__name__} has no field {name!r}")
        other(copy, value)
    return copy


def message_types() -> Mapping[str, type]:
    """Every message class declared so far, by tag."""
    return MappingProxyType(_TYPES)


@message
class Reply:
    """The answer to a command. This bare form means: done, nothing to report."""

    version: ClassVar[int] = 1


class FailureReason(enum.StrEnum):
    """Why a command was not carried out."""

    UNSUPPORTED = "Unsupported"
    """The receiver does not (yet) implement this command."""
    UNKNOWN_NAME = "UnknownName"
    """No actor has ever been registered under the name."""
    UNAVAILABLE = "Unavailable"
    """The actor behind the name is down and the sender asked not to wait."""
    TIMEOUT = "Timeout"
    """No answer within the deadline; whether the command took effect is not known."""
    CRASHED = "Crashed"
    """The receiver failed while handling the command and is being replaced."""
    INVALID = "Invalid"
    """The command is well-formed but its content makes no sense to the receiver."""
    OVERLOADED = "Overloaded"
    """A queue on the way was full."""


@message
class Failure(Reply):
    """The command was not carried out; every command may be answered with it."""

    reason: FailureReason
    detail: str
    """For people: what happened and what to do."""


@message
class Command:
    """A request that is answered exactly once: with `answer`, or with `Failure`."""

    version: ClassVar[int] = 1
    answer: ClassVar[type[Reply]] = Reply
    everest_name: ClassVar[str | None] = None
    """EVerest's name where it is not the class name in snake case."""


@message
class Var:
    """A value that an actor publishes to whoever has subscribed."""

    version: ClassVar[int] = 1
    everest_name: ClassVar[str | None] = None
    """EVerest's name where it is not the class name in snake case."""

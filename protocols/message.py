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
annotation says so: `limit_w: Annotated[float, Field(alias="limit")]`.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, TypeVar, dataclass_transform

from pydantic import AfterValidator, AwareDatetime, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

Timestamp = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""An aware point in time, always UTC once it has passed the codec; RFC 3339 on the wire."""

CONFIG: Final = ConfigDict(
    strict=True,
    extra="forbid",
    allow_inf_nan=False,
    ser_json_bytes="base64",
    val_json_bytes="base64",
)
"""How every message is validated: exact types, no unknown field, no NaN."""

_TYPES: dict[str, type] = {}
_PACKAGES: Final = ("protocols.interfaces.", "protocols.")


def tag_of(kind: type) -> str:
    """The wire tag of a message class; whether it has been declared is not checked."""
    module = kind.__module__
    for package in _PACKAGES:
        if module.startswith(package):
            module = module.removeprefix(package)
            break
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__qualname__).lower()
    return f"{module}.{name}"


@dataclass_transform(frozen_default=True, kw_only_default=True)
def message(kind: type[T]) -> type[T]:
    """Make a class an immutable, slotted, keyword-only dataclass known to the codec by its tag.

    Raises ValueError when another class has the same tag.
    """
    kind.__pydantic_config__ = CONFIG  # type: ignore[attr-defined]  # pydantic looks for it by this name
    made = dataclasses.dataclass(frozen=True, slots=True, kw_only=True)(kind)
    tag = tag_of(made)
    known = _TYPES.get(tag)
    if known is not None and (known.__module__, known.__qualname__) != (made.__module__, made.__qualname__):
        raise ValueError(f"two messages have the tag {tag!r}: {known!r} and {made!r}")
    _TYPES[tag] = made
    return made


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


@message
class Var:
    """A value that an actor publishes to whoever has subscribed."""

    version: ClassVar[int] = 1

"""What values a variable can have, and the one check that a value has to pass (rows M11.12, S20.14). Pure.

Values travel as text. Source: OCPP 2.1 Part 2, DataEnumType and VariableCharacteristicsType.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class DataType(enum.StrEnum):
    """OCPP's DataEnumType."""

    STRING = "string"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE_TIME = "dateTime"
    BOOLEAN = "boolean"
    OPTION_LIST = "OptionList"
    """One out of a list."""
    SEQUENCE_LIST = "SequenceList"
    """Several out of a list, and their order matters."""
    MEMBER_LIST = "MemberList"
    """Several out of a list, in no particular order."""


NUMBERS: Final = frozenset({DataType.DECIMAL, DataType.INTEGER})
LISTS: Final = frozenset({DataType.SEQUENCE_LIST, DataType.MEMBER_LIST})
EMPTY_IS_NO_VALUE: Final = frozenset(
    {DataType.DECIMAL, DataType.INTEGER, DataType.DATE_TIME, DataType.BOOLEAN, DataType.OPTION_LIST}
)
"""In a file, an empty text under one of these types means that there is no value."""

LEAST: Final = -(2**31)
MOST: Final = 2**31 - 1
"""Integers of OCPP have 32 bits (part 2, primitive datatypes), whatever limits a file gives."""
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_FRACTION: Final = re.compile(r"(\.[0-9]{6})[0-9]+")


class Reason(enum.StrEnum):
    """Why something was refused: reason codes of OCPP's appendix, at most 20 characters each."""

    INTERNAL_ERROR = "InternalError"
    INVALID_NETWORK_CONF = "InvalidNetworkConf"
    INVALID_VALUE = "InvalidValue"
    NO_SECURITY_DOWNGRADE = "NoSecurityDowngrade"
    NOT_FOUND = "NotFound"
    OUT_OF_STORAGE = "OutOfStorage"
    PRIORITY_NETWORK_CONF = "PriorityNetworkConf"
    READ_ONLY = "ReadOnly"
    TOO_LARGE_ELEMENT = "TooLargeElement"
    UNSUPPORTED_PARAM = "UnsupportedParam"
    VALUE_TOO_HIGH = "ValueTooHigh"
    VALUE_TOO_LOW = "ValueTooLow"
    WRITE_ONLY = "WriteOnly"


class Refusal(NamedTuple):
    """Why a value is not taken; `text` is for people."""

    reason: Reason
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristics:
    """The type of a variable and the bounds of its values; limits of texts are of their length."""

    data_type: DataType
    unit: str | None = None
    min_limit: Decimal | None = None
    max_limit: Decimal | None = None
    min_length: int = 0
    """A bound on the text that EVerest's files have beside the limits; OCPP has no word for it."""
    max_length: int | None = None
    max_elements: int | None = None
    """Of a list. Since OCPP 2.1."""
    values_list: str | None = None
    """As it is reported: separated by commas."""
    supports_monitoring: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """What a list is made of; empty when anything may be in it."""
        return members(self.values_list or "")

    def refusal(self, value: str) -> Refusal | None:
        """Why the variable cannot have this value, None when it can."""
        return _CHECKS[self.data_type](self, value) or self._length_refusal(value)

    def _length_refusal(self, value: str) -> Refusal | None:
        if len(value) < self.min_length:
            return Refusal(Reason.VALUE_TOO_LOW, f"shorter than {self.min_length} characters")
        if self.max_length is not None and len(value) > self.max_length:
            return Refusal(Reason.VALUE_TOO_HIGH, f"longer than {self.max_length} characters")
        return None


def members(value: str) -> tuple[str, ...]:
    """The members of a list. The empty text is the empty list."""
    return tuple(member.strip() for member in value.split(",")) if value.strip() else ()


def moment(value: str) -> datetime | None:
    """The point in time that an RFC 3339 text names, in UTC; None when it names none."""
    if not _MOMENT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", value).upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _bounds(characteristics: Characteristics, amount: Decimal | int, of: str) -> Refusal | None:
    low, high = characteristics.min_limit, characteristics.max_limit
    if low is not None and amount < low:
        return Refusal(Reason.VALUE_TOO_LOW, f"{of} below {low}")
    if high is not None and amount > high:
        return Refusal(Reason.VALUE_TOO_HIGH, f"{of} above {high}")
    return None


def _text(characteristics: Characteristics, value: str) -> Refusal | None:
    return _bounds(characteristics, len(value), "its length is")


def _integer(characteristics: Characteristics, value: str) -> Refusal | None:
    if not _INTEGER.fullmatch(value):
        return Refusal(Reason.INVALID_VALUE, "not a whole number")
    number = int(value)
    if not LEAST <= number <= MOST:
        reason = Reason.VALUE_TOO_HIGH if number > MOST else Reason.VALUE_TOO_LOW
        return Refusal(reason, "it does not fit into 32 bits")
    return _bounds(characteristics, number, "it is")


def _decimal(characteristics: Characteristics, value: str) -> Refusal | None:
    if not _DECIMAL.fullmatch(value):
        return Refusal(Reason.INVALID_VALUE, "not a number")
    return _bounds(characteristics, Decimal(value), "it is")


def _boolean(_: Characteristics, value: str) -> Refusal | None:
    return None if value in {"true", "false"} else Refusal(Reason.INVALID_VALUE, "neither true nor false")


def _date_time(_: Characteristics, value: str) -> Refusal | None:
    return Refusal(Reason.INVALID_VALUE, "not a time in RFC 3339") if moment(value) is None else None


def _option(characteristics: Characteristics, value: str) -> Refusal | None:
    if characteristics.values and value not in characteristics.values:
        return Refusal(Reason.INVALID_VALUE, f"not one of {characteristics.values_list}")
    return _text(characteristics, value)


def _list(characteristics: Characteristics, value: str) -> Refusal | None:
    given, allowed = members(value), characteristics.values
    if strange := [member for member in given if not member or (allowed and member not in allowed)]:
        return Refusal(Reason.INVALID_VALUE, f"{strange[0]!r} is not one of {characteristics.values_list}")
    if characteristics.data_type is DataType.MEMBER_LIST and len(set(given)) != len(given):
        return Refusal(Reason.INVALID_VALUE, "a member occurs twice")
    if characteristics.max_elements is not None and len(given) > characteristics.max_elements:
        return Refusal(Reason.VALUE_TOO_HIGH, f"more than {characteristics.max_elements} members")
    return _text(characteristics, value)


_CHECKS: Final[Mapping[DataType, Callable[[Characteristics, str], Refusal | None]]] = {
    DataType.STRING: _text,
    DataType.DECIMAL: _decimal,
    DataType.INTEGER: _integer,
    DataType.DATE_TIME: _date_time,
    DataType.BOOLEAN: _boolean,
    DataType.OPTION_LIST: _option,
    DataType.SEQUENCE_LIST: _list,
    DataType.MEMBER_LIST: _list,
}

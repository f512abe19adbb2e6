"""What people want to read in a message beside its exact JSON: values with units, and times as dates.

`values_of` gives a flat object: the path of a value in the JSON form, and the value as text, for example
`{"V2G_Message.Body.CurrentDemandReq.EVTargetVoltage": "400 V"}`. Only numbers that mean more than the JSON
shows are in it: physical values, numbers whose unit the schema fixes, and time stamps. It is made for
reading, not for reading back.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118.exi import Fragment
from protocols.iso15118.exi.datatypes import UnixTime
from protocols.iso15118.exi.declaration import Leaf, declaration_of
from protocols.iso15118.physical import ScaledNumber, ScaledValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from protocols.iso15118.exi.declaration import Alternative

MAX_DIGITS: Final = 16
"""Longer numbers are shown with an exponent: a hundred digits are no help to anyone."""

_SUFFIXES: Final = {"s": "s", "percent": "%", "wh": "Wh", "w": "W", "a": "A", "v": "V"}
"""The unit that the name of a field ends with, where the schema leaves it to the reader."""


def values_of(message: Any) -> dict[str, str]:
    """Values with units and times of a message or `Fragment`, by their path in the JSON form."""
    name = None
    if isinstance(message, Fragment):
        message, name = message.element, message.name
    name = name or declaration_of(message.__class__).element
    return dict(_walk(message, name or message.__class__.__qualname__))


def _walk(message: Any, path: str) -> Iterator[tuple[str, str]]:
    for particle in declaration_of(message.__class__).particles:
        items = getattr(message, particle.holder) if particle.holder is not None else (message,)
        for item in items:
            for one in particle.alternatives:
                value = getattr(item, one.field)
                if isinstance(value, tuple):
                    for number, single in enumerate(value):
                        yield from _value(single, one, f"{path}.{_name(single, one)}[{number}]")
                elif value is not None:
                    yield from _value(value, one, f"{path}.{_name(value, one)}")


def _name(value: Any, one: Alternative) -> str:
    own = None if isinstance(one.target, Leaf) or not one.reference else declaration_of(type(value)).element
    return own or one.name


def _value(value: Any, one: Alternative, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, ScaledValue):
        unit = getattr(value, "unit", None)  # DIN may leave it out
        yield path, _number(value.to_decimal(), one.unit if unit is None else str(unit))
    elif isinstance(value, ScaledNumber):
        yield path, _number(value.to_decimal(), one.unit)
    elif isinstance(value, UnixTime):
        text = _moment(value)
        if text is not None:
            yield path, text
    elif isinstance(one.target, Leaf):
        unit = one.unit or _SUFFIXES.get(one.field.rpartition("_")[2])
        if unit is not None and isinstance(value, int):
            yield path, _number(Decimal(value), unit)
    else:
        yield from _walk(value, path)


def _number(number: Decimal, unit: str | None) -> str:
    text = f"{number:f}" if abs(number.adjusted()) < MAX_DIGITS else f"{number:E}"
    if "." in text and "E" not in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit}" if unit else text


def _moment(time: UnixTime) -> str | None:
    try:
        return time.to_datetime().isoformat().replace("+00:00", "Z")
    except OverflowError:
        return None

"""Numbers between the wire and the rest of the station. Pure.

A RationalNumber has 16 bits and a power of ten; what is published has bounds. Neither may stop a talk, so
numbers are rounded to what the wire carries and cut to what a variable allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, overload

from protocols.iso15118.iso20.types import RationalNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

_DECIMALS: Final[Sequence[tuple[float, int]]] = ((32, 3), (327, 2), (3276, 1), (32767, 0))
_LARGEST: Final = 1e100


def rational(value: float) -> RationalNumber:
    """The number for the wire: to the thousandth, or as near as four or five digits come."""
    for limit, decimals in _DECIMALS:
        if abs(value) <= limit:
            return RationalNumber.from_decimal(round(value, decimals))
    return RationalNumber.from_decimal(float(f"{clip(value, -_LARGEST, _LARGEST):.4g}"))


def optional(value: float | None) -> RationalNumber | None:
    """As `rational`; None stays None."""
    return None if value is None else rational(value)


@overload
def amount(number: RationalNumber) -> float: ...
@overload
def amount(number: RationalNumber | None) -> float | None: ...
def amount(number: RationalNumber | None) -> float | None:
    """The number the car has sent."""
    return None if number is None else float(number)


def magnitude(number: RationalNumber | None) -> float | None:
    """A discharge limit: cars state it positive or negative, here it counts positive."""
    return None if number is None else abs(float(number))


def clip(value: float, low: float, high: float) -> float:
    """The number within bounds."""
    return min(max(value, low), high)


def positive(value: float | None) -> float | None:
    """The number, zero where it is below; None stays None."""
    return None if value is None else max(value, 0.0)

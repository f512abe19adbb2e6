"""Physical values as the messages carry them: a 16-bit number, a power of ten and, before -20, a unit.

Reading one is exact (`to_decimal`); making one is exact or an error (`from_decimal`), or as near as the
wire allows where a reading has more digits than it can carry (`nearest`).
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

LOWEST: Final = -(2**15)
HIGHEST: Final = 2**15 - 1
_CONTEXT: Final = Context(prec=60)
"""Independent of what the caller's thread has set; more digits than 16 bits ever need."""


class PhysicalValueError(ValueError):
    """A number that a physical value cannot carry."""


class OutOfRangeError(PhysicalValueError):
    """Its magnitude is too large for every exponent, or it is no finite number."""


class InexactError(PhysicalValueError):
    """It has more digits than 16 bits and the exponents can carry; `nearest` rounds it."""


def _parts(value: Decimal | float | str) -> Decimal:
    """The number as a Decimal; a float counts as the shortest decimal that reads back as it."""
    try:
        made = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation as error:
        raise PhysicalValueError("the text is no number") from error
    if not made.is_finite():
        raise OutOfRangeError(f"{value} is no finite number")
    return made


def split(value: Decimal | float | str, exponents: range, *, rounding: bool) -> tuple[int, int]:
    """The exponent and 16-bit number for a value; the exponent nearest to 0 that carries it exactly.

    With `rounding`, the exponent that loses least. Raises InexactError or OutOfRangeError, and the
    PhysicalValueError above both for a text that is no number.
    """
    number = _parts(value)
    for exponent in _from_zero(exponents):
        scaled = _scaled(number, exponent)
        if LOWEST <= scaled <= HIGHEST and Decimal(scaled).scaleb(exponent, _CONTEXT) == number:
            return exponent, scaled
    for exponent in exponents:
        scaled = _scaled(number, exponent)
        if LOWEST <= scaled <= HIGHEST:
            if rounding:
                return exponent, scaled
            raise InexactError(f"{value} has more digits than a physical value carries")
    raise OutOfRangeError(f"{value} is beyond {HIGHEST}e{exponents[-1]}")


def _scaled(number: Decimal, exponent: int) -> int:
    """The whole number of steps of 10**exponent nearest to `number`, but never far beyond 16 bits."""
    if number.adjusted() - exponent > len(str(HIGHEST)):
        return HIGHEST + 1
    return int(number.scaleb(-exponent, _CONTEXT).to_integral_value(ROUND_HALF_EVEN, _CONTEXT))


def _from_zero(exponents: range) -> Iterable[int]:
    return sorted(exponents, key=lambda exponent: (abs(exponent), exponent))


class _Scaled:
    """What both forms share: a number times a power of ten."""

    __slots__ = ()
    EXPONENTS: ClassVar[range]
    EXPONENT: ClassVar[str]
    """The field that holds the exponent."""
    value: int

    def to_decimal(self) -> Decimal:
        """The number, exact."""
        return Decimal(self.value).scaleb(getattr(self, self.EXPONENT), _CONTEXT)

    def __float__(self) -> float:
        return float(self.to_decimal())


class ScaledValue(_Scaled):
    """Base of the PhysicalValue types of DIN 70121 and ISO 15118-2: multiplier, unit, value."""

    __slots__ = ()
    EXPONENTS: ClassVar[range] = range(-3, 4)
    EXPONENT: ClassVar[str] = "multiplier"

    @classmethod
    def from_decimal(cls, value: Decimal | float | str, unit: Any) -> Self:
        """The physical value that equals `value`. Raises PhysicalValueError."""
        exponent, number = split(value, cls.EXPONENTS, rounding=False)
        return cls(multiplier=exponent, unit=unit, value=number)  # type: ignore[call-arg]  # the dataclass below has them

    @classmethod
    def nearest(cls, value: Decimal | float | str, unit: Any) -> Self:
        """The physical value nearest to `value`. Raises PhysicalValueError."""
        exponent, number = split(value, cls.EXPONENTS, rounding=True)
        return cls(multiplier=exponent, unit=unit, value=number)  # type: ignore[call-arg]  # as above


class ScaledNumber(_Scaled):
    """Base of RationalNumber of ISO 15118-20: exponent and value; the field says the unit."""

    __slots__ = ()
    EXPONENTS: ClassVar[range] = range(-128, 128)
    EXPONENT: ClassVar[str] = "exponent"

    @classmethod
    def from_decimal(cls, value: Decimal | float | str) -> Self:
        """The rational number that equals `value`. Raises PhysicalValueError."""
        exponent, number = split(value, cls.EXPONENTS, rounding=False)
        return cls(exponent=exponent, value=number)  # type: ignore[call-arg]  # the dataclass below has them

    @classmethod
    def nearest(cls, value: Decimal | float | str) -> Self:
        """The rational number nearest to `value`. Raises PhysicalValueError."""
        exponent, number = split(value, cls.EXPONENTS, rounding=True)
        return cls(exponent=exponent, value=number)  # type: ignore[call-arg]  # as above

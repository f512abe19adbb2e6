"""The simple types a declaration can use: what a leaf may hold and so how its value is written.

A declaration says them as annotations, `Annotated[int, Integer(0, 255)]`, and mostly through the aliases
below, which are the XML Schema types of the same names. Enumerations are `enum.StrEnum` classes in the
order of their codes; booleans are plain `bool`.

Source: exi-notes section 6 (EXI 1.0, sections 7.1.1 to 7.1.10).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Final

SMALL_RANGE: Final = 4096
"""Integers of at most this many different values are written in as many bits as the range needs."""


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from `low` to `high`; None means no limit on that side."""

    low: int | None
    high: int | None

    @property
    def bits(self) -> int | None:
        """The width of the value on the wire where it is fixed, None for a number of variable length."""
        if self.low is None or self.high is None or self.high - self.low >= SMALL_RANGE:
            return None
        return (self.high - self.low).bit_length()

    @property
    def signed(self) -> bool:
        """Whether the variable-length form starts with a sign."""
        return self.low is None or self.low < 0


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `low` to `high` code points; None means any length."""

    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes, `low` to `high` of them; `hexadecimal` chooses the JSON form (upper-case hex or base64)."""

    low: int = 0
    high: int | None = None
    hexadecimal: bool = False


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false, one bit."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One of the members of a `StrEnum`, written as its index."""

    kind: type
    """The enumeration; its order of definition is the order of the codes."""


Datatype = Integer | Text | Binary | Boolean | Enumeration

Byte = Annotated[int, Integer(-(2**7), 2**7 - 1)]
Short = Annotated[int, Integer(-(2**15), 2**15 - 1)]
Int = Annotated[int, Integer(-(2**31), 2**31 - 1)]
Long = Annotated[int, Integer(-(2**63), 2**63 - 1)]
UnsignedByte = Annotated[int, Integer(0, 2**8 - 1)]
UnsignedShort = Annotated[int, Integer(0, 2**16 - 1)]
UnsignedInt = Annotated[int, Integer(0, 2**32 - 1)]
UnsignedLong = Annotated[int, Integer(0, 2**64 - 1)]
BigInteger = Annotated[int, Integer(None, None)]
Percent = Annotated[int, Integer(0, 100)]
String = Annotated[str, Text()]
Base64Binary = Annotated[bytes, Binary()]
HexBinary = Annotated[bytes, Binary(hexadecimal=True)]


class UnixTime(int):
    """Seconds since 1970-01-01 UTC as the wire carries them; any number of the field's range is kept.

    The wire's range is far wider than a datetime's, so a received value stays a number until asked.
    """

    __slots__ = ()

    @classmethod
    def of(cls, moment: dt.datetime) -> UnixTime:
        """The second in which an aware `moment` lies. ValueError for a naive one."""
        if moment.tzinfo is None:
            raise ValueError("a naive datetime does not say which moment it is")
        return cls((moment - _EPOCH) // dt.timedelta(seconds=1))

    def to_datetime(self) -> dt.datetime:
        """The moment as an aware UTC datetime. OverflowError outside the years 1 to 9999."""
        return _EPOCH + dt.timedelta(seconds=int(self))


_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

SignedTime = Annotated[UnixTime, Integer(-(2**63), 2**63 - 1)]
"""A time stamp in a signed 64-bit field (DIN 70121, ISO 15118-2)."""
UnsignedTime = Annotated[UnixTime, Integer(0, 2**64 - 1)]
"""A time stamp in an unsigned 64-bit field (ISO 15118-20)."""

"""What registers hold: integers and floating point numbers of 16 to 64 bits, as exact decimals. Pure."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from actors.drivers.modbus.register_map import DataType, WordOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from actors.drivers.modbus.register_map import Entry

FORMATS: Final[Mapping[DataType, str]] = {
    DataType.INT16: ">h",
    DataType.UINT16: ">H",
    DataType.INT32: ">i",
    DataType.UINT32: ">I",
    DataType.FLOAT32: ">f",
    DataType.INT64: ">q",
    DataType.UINT64: ">Q",
    DataType.FLOAT64: ">d",
}


def decoded(entry: Entry, registers: Sequence[int], order: WordOrder) -> Decimal | None:
    """The value in the unit of its entry, exactly as the registers have it.

    None when the meter says that it has no such value: by the entry's `absent`, or by a NaN. A floating point
    infinity is a `Decimal` infinity.
    """
    words = registers if order is WordOrder.HIGH_FIRST else registers[::-1]
    data = b"".join(word.to_bytes(2, "big") for word in words)
    if entry.absent is not None and int.from_bytes(data, "big") == entry.absent:
        return None
    (number,) = struct.unpack(FORMATS[entry.type], data)
    value = Decimal(number)
    return None if value.is_nan() else value * entry.scale


def encoded(entry: Entry, value: Decimal, order: WordOrder) -> tuple[int, ...]:
    """The registers that hold a value, rounded to what they can; for simulated meters.

    Raises OverflowError or struct.error when it does not fit.
    """
    steps = value / entry.scale
    is_float = entry.type in {DataType.FLOAT32, DataType.FLOAT64}
    data = struct.pack(FORMATS[entry.type], float(steps) if is_float else round(steps))
    words = tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    return words if order is WordOrder.HIGH_FIRST else words[::-1]

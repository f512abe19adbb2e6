"""Tests for actors/drivers/modbus/values.py: every type, both orders of words, exactly."""

from __future__ import annotations

import math
import struct
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.drivers.modbus.register_map import DataType, Entry, WordOrder
from actors.drivers.modbus.values import decoded, encoded


def entry(kind, scale="1", absent=None):
    return Entry(register=0, type=kind, unit="W", scale=Decimal(scale), absent=absent)


@pytest.mark.parametrize(
    ("kind", "words", "value"),
    [
        (DataType.INT16, (0xFFFE,), "-2"),
        (DataType.UINT16, (0xFFFE,), "65534"),
        (DataType.INT32, (0xFFFF, 0xFFFE), "-2"),
        (DataType.UINT32, (0x0001, 0x0002), "65538"),
        (DataType.FLOAT32, (0x4348, 0x8000), "200.5"),
        (DataType.INT64, (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF), "-1"),
        (DataType.UINT64, (0, 1, 0, 0), "4294967296"),
        (DataType.FLOAT64, (0x4069, 0x1000, 0, 0), "200.5"),
    ],
)
@pytest.mark.parametrize("order", WordOrder)
def test_registers_hold_values_of_each_type(kind, words, value, order):
    registers = words if order is WordOrder.HIGH_FIRST else words[::-1]

    assert decoded(entry(kind), registers, order) == Decimal(value)


def test_a_scale_is_applied_exactly():
    assert decoded(entry(DataType.UINT16, "0.1"), (3,), WordOrder.HIGH_FIRST) == Decimal("0.3")


def test_a_negative_scale_turns_the_sign():
    assert decoded(entry(DataType.INT16, "-1"), (5,), WordOrder.HIGH_FIRST) == -5


def test_what_the_meter_calls_absent_is_no_value():
    assert decoded(entry(DataType.INT32, absent=0x7FFFFFFF), (0x7FFF, 0xFFFF), WordOrder.HIGH_FIRST) is None


def test_a_number_that_is_none_is_no_value():
    assert decoded(entry(DataType.FLOAT32), (0x7FC0, 0), WordOrder.HIGH_FIRST) is None


def test_an_infinity_stays_one_for_those_who_judge():
    found = decoded(entry(DataType.FLOAT32), (0x7F80, 0), WordOrder.HIGH_FIRST)

    assert found is not None
    assert found.is_infinite()


@pytest.mark.parametrize("order", WordOrder)
@pytest.mark.parametrize("kind", [each for each in DataType if "int" in each])
@settings(derandomize=True, max_examples=25)
@given(data=st.data())
def test_integers_come_back_as_they_went(kind, order, data):
    bits = kind.words * 16
    low, high = (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    value = data.draw(st.integers(low, high))

    assert decoded(entry(kind), encoded(entry(kind), Decimal(value), order), order) == value


@settings(derandomize=True, max_examples=50)
@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_floating_point_numbers_come_back_exactly(value):
    words = encoded(entry(DataType.FLOAT32), Decimal(value), WordOrder.LOW_FIRST)

    found = decoded(entry(DataType.FLOAT32), words, WordOrder.LOW_FIRST)

    assert found is not None
    assert math.isclose(float(found), value, abs_tol=0.0)


def test_what_does_not_fit_is_not_encoded():
    with pytest.raises((OverflowError, struct.error)):
        encoded(entry(DataType.UINT16), Decimal(70_000), WordOrder.HIGH_FIRST)

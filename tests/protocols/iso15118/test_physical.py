from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118 import din, iso2
from protocols.iso15118.iso20.types import RationalNumber
from protocols.iso15118.physical import InexactError, OutOfRangeError, PhysicalValueError

SETTINGS = settings(derandomize=True, deadline=None)
W = iso2.UnitSymbol.W


@pytest.mark.parametrize(
    ("value", "exponent", "number"),
    [
        (0, 0, 0),
        (11_000, 0, 11_000),
        (230.5, -1, 2305),
        ("0.001", -3, 1),
        (Decimal(-32768), 0, -32768),
        (150_000, 1, 15_000),
        (32_767_000, 3, 32_767),
    ],
)
def test_a_value_takes_the_exponent_nearest_to_zero_that_is_exact(value, exponent, number):
    made = iso2.PhysicalValue.from_decimal(value, W)
    assert (made.multiplier, made.value, made.unit) == (exponent, number, W)
    assert made.to_decimal() == Decimal(str(value))


@SETTINGS
@given(st.integers(-3, 3), st.integers(-(2**15), 2**15 - 1))
def test_every_physical_value_converts_there_and_back(exponent, number):
    made = iso2.PhysicalValue(multiplier=exponent, unit=W, value=number)
    again = iso2.PhysicalValue.from_decimal(made.to_decimal(), W)
    assert again.to_decimal() == made.to_decimal()


@SETTINGS
@given(st.integers(-128, 127), st.integers(-(2**15), 2**15 - 1))
def test_every_rational_number_converts_there_and_back(exponent, number):
    made = RationalNumber(exponent=exponent, value=number)
    assert RationalNumber.from_decimal(made.to_decimal()).to_decimal() == made.to_decimal()


@SETTINGS
@given(st.floats(-3e7, 3e7))
def test_the_nearest_value_is_off_by_half_a_step_at_most(value):
    made = iso2.PhysicalValue.nearest(value, W)
    step = Decimal(1).scaleb(made.multiplier)
    assert abs(made.to_decimal() - Decimal(repr(value))) <= step / 2


def test_a_value_with_too_many_digits_is_rounded_only_on_request():
    with pytest.raises(InexactError, match="more digits"):
        iso2.PhysicalValue.from_decimal("12345.678", W)
    assert iso2.PhysicalValue.nearest("12345.678", W).to_decimal() == Decimal(12346)
    with pytest.raises(InexactError):
        RationalNumber.from_decimal("1.23456")
    with pytest.raises(InexactError):
        iso2.PhysicalValue.from_decimal("1." + "0" * 99 + "1", W)
    assert RationalNumber.nearest("1.23456").to_decimal() == Decimal("1.2346")


@pytest.mark.parametrize("value", [10**9, -(10**500), float("inf"), float("nan"), "-Infinity"])
def test_a_value_beyond_every_exponent_is_refused(value):
    for make in (iso2.PhysicalValue.from_decimal, iso2.PhysicalValue.nearest):
        with pytest.raises(OutOfRangeError):
            make(value, W)
    assert issubclass(OutOfRangeError, PhysicalValueError)


def test_a_value_reads_as_a_float():
    assert float(iso2.PhysicalValue(multiplier=-1, unit=iso2.UnitSymbol.V, value=4005)) == 400.5
    assert float(RationalNumber(exponent=3, value=11)) == 11_000.0


def test_a_din_value_may_lack_its_unit():
    assert din.PhysicalValue.from_decimal(5, None).unit is None


@pytest.mark.parametrize("value", ["abc", "", "1,5", "1e", "0x10"])
def test_a_text_that_is_no_number_is_refused_as_one(value):
    for make in (iso2.PhysicalValue.from_decimal, iso2.PhysicalValue.nearest):
        with pytest.raises(PhysicalValueError, match="no number"):
            make(value, W)
    with pytest.raises(PhysicalValueError, match="no number"):
        RationalNumber.from_decimal(value)

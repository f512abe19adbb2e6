from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.v2g.secc.iso20.numbers import amount, clip, magnitude, optional, positive, rational
from protocols.iso15118.iso20.types import RationalNumber


@pytest.mark.parametrize(
    ("value", "exponent", "number"),
    [
        (0.0, 0, 0),
        (-0.0, 0, 0),
        (32.0, 0, 32),
        (0.001, -3, 1),
        (400.126, -1, 4001),
        (387.5, -1, 3875),
        (22080.0, 0, 22080),
        (150000.0, 1, 15000),
        (-20000.4, 0, -20000),
    ],
)
def test_a_number_goes_out_as_near_as_needed(value, exponent, number):
    assert rational(value) == RationalNumber(exponent=exponent, value=number)


@settings(derandomize=True, max_examples=200)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_can_be_sent(value):
    sent = float(rational(value))

    expected = clip(value, -1e100, 1e100)
    assert sent == pytest.approx(expected, rel=1e-3, abs=5e-4)


def test_what_is_absent_stays_absent():
    assert (optional(None), amount(None), magnitude(None), positive(None)) == (None, None, None, None)


def test_what_is_there_is_read():
    assert amount(RationalNumber(exponent=-1, value=-15)) == -1.5
    assert magnitude(RationalNumber(exponent=0, value=-7)) == 7
    assert positive(-1.0) == 0
    assert optional(2.0).to_decimal() == Decimal(2)

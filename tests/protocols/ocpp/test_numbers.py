"""Numbers of the wire, exactly."""

from decimal import Decimal

import pytest

from protocols.ocpp.numbers import exact


@pytest.mark.parametrize(
    ("number", "text"), [(6.1, "6.1"), (6, "6"), (-0.1, "-0.1"), (1e-7, "1e-07"), (230.0, "230.0")]
)
def test_a_number_is_what_was_written(number, text):
    assert exact(number) == Decimal(text)

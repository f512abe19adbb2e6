"""The codes of the ChargeX consortium (M14.9)."""

import re

import pytest

from actors.errors.mrec import CODES, tech_code
from protocols.errors import ERROR_TYPES

MREC = [kind for kind in ERROR_TYPES.values() if kind.short_name.startswith("MREC")]


@pytest.mark.parametrize("kind", MREC)
def test_every_minimum_required_error_has_the_code_of_its_number(kind):
    number = int(re.match(r"MREC(\d+)", kind.short_name)[1])

    assert tech_code(kind.value) == f"CX{number:03d}"


def test_no_other_error_has_a_code():
    assert set(CODES) == set(MREC)


def test_an_error_without_a_code_is_told_by_its_type():
    assert tech_code("generic/VendorError") == "generic/VendorError"
    assert tech_code("nobody/Knows") == "nobody/Knows"

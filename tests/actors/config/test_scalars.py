import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.config.scalars import TAG, TAGGED, is_long_number, plain
from tests.support.examples import few


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("nUll", "nUll"),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1e999", math.inf),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("DE*PNX*E1", "DE*PNX*E1"),
        ("1" * 41, "1" * 41),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_says(text, value):
    found = plain(text)

    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_a_float():
    assert math.isnan(plain(".nan"))


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "5", "5"),
        ("int", "5", 5),
        ("int", "x", None),
        ("bool", "true", True),
        ("float", "5", 5.0),
        ("null", "x", None),
    ],
)
def test_a_tagged_scalar_means_what_its_tag_says(tag, text, value):
    assert TAGGED[f"{TAG}{tag}"](text) == value


@given(st.text())
@few(100)
def test_any_text_is_a_scalar_of_some_kind(text):
    assert plain(text) is None or isinstance(plain(text), bool | int | float | str)


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("1" * 40, False),
        ("1" * 41, True),
        ("-0." + "0" * 40, True),
        ("0x" + "f" * 40, True),
        ("x" * 41, False),
    ],
)
def test_a_number_is_long_by_its_characters_alone(text, long):
    assert is_long_number(text) is long

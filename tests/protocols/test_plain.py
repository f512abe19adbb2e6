"""Which plain values can travel, and where the first one stands that cannot."""

import json

import msgpack
import pytest
from hypothesis import given, settings

from protocols.message import MAX_KEYS
from protocols.plain import JSON_VALUES, MAX_DEPTH, first_unfit
from tests.support.strategies import PLAIN

WORD = f"Input should be {JSON_VALUES}, not "


@pytest.mark.parametrize(
    ("value", "path", "problem"),
    [
        (2**64, (), "Integer needs more than 64 bits"),
        ([0, {"a": -(2**63) - 1}], ("1", "a"), "Integer needs more than 64 bits"),
        ((float("nan"),), ("0",), "not JSON: the number is not finite"),
        ("\ud800", (), "not JSON: text with half a surrogate pair"),
        ({"\ud800": 1}, (), "not JSON: a key is no text"),
        ({1: 1}, (), "not JSON: a key is no text"),
        ({"a": {2}}, ("a",), f"{WORD}set"),
        (b"", (), f"{WORD}bytes"),
        ({str(number): 0 for number in range(MAX_KEYS + 1)}, (), "4097 keys are more than the 4096 allowed"),
    ],
)
def test_the_first_value_that_cannot_travel_is_found(value, path, problem):
    assert first_unfit(value) == (path, problem)


def test_what_is_no_array_to_the_asker_is_named():
    assert first_unfit(("a", [1]), arrays=(tuple,)) == (("1",), f"{WORD}list")


def test_a_value_that_holds_itself_is_too_deep():
    endless = {}
    endless["again"] = endless

    assert first_unfit(endless) == (("again",) * MAX_DEPTH, f"nested deeper than {MAX_DEPTH} levels")


@settings(derandomize=True, database=None)
@given(PLAIN)
def test_what_can_travel_comes_back_from_json_and_msgpack(value):
    assert first_unfit(value) is None
    assert json.loads(json.dumps(value)) == value
    assert msgpack.unpackb(msgpack.packb(value)) == value

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118.exi import runtime
from protocols.iso15118.exi.runtime import Fault

SETTINGS = settings(derandomize=True, deadline=None)


def written(a: int) -> str:
    """What was written behind the leading 1."""
    return format(a, "b")[1:]


@SETTINGS
@given(st.integers(0, 2**80))
def test_an_unsigned_number_is_read_as_it_was_written(value):
    bits = written(runtime.put_number(1, value))
    first = runtime.OCTETS[bits[:8]]
    read, p = (first, 8) if first < 128 else runtime.more_octets(bits, 8, first, 7 * 12)
    assert (read, p) == (value, len(bits))


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        (0, "0" + "00000000"),
        (-1, "1" + "00000000"),
        (127, "0" + "01111111"),
        (-129, "1" + "1000000000000001"),
    ],
)
def test_a_signed_number_has_a_sign_and_a_magnitude(value, bits):
    assert written(runtime.put_signed(1, value)) == bits


def test_a_number_without_end_is_refused():
    with pytest.raises(Fault, match="more than 10 octets"):
        runtime.more_octets("1" * 8 * 20, 8, 255, 70)


@SETTINGS
@given(st.text(max_size=200))
def test_text_is_read_as_it_was_written(value):
    bits = written(runtime.put_text(1, value, 0, None))
    assert runtime.text_value(bits, 0, 0, None) == (value, len(bits))


def test_long_foreign_text_is_read_as_it_was_written():
    value = "\u6f22" * 3000
    bits = written(runtime.put_text(1, value, 0, None))
    assert runtime.text_value(bits, 0, 0, None) == (value, len(bits))


@SETTINGS
@given(st.binary(max_size=300))
def test_bytes_are_read_as_they_were_written(value):
    bits = written(runtime.put_binary(1, value, 0, None))
    assert runtime.binary_value(bits, 0, 0, None) == (value, len(bits))


@pytest.mark.parametrize("point", [0xD800, 0xDFFF, 0x110000])
def test_a_code_point_that_is_no_character_is_refused(point):
    bits = written(runtime.put_number(runtime.put_number(1, 3), point))
    with pytest.raises(Fault, match="no character"):
        runtime.text_value(bits + "0" * 16, 0, 0, None)


@pytest.mark.parametrize("length", [0, 1])
def test_a_string_table_hit_is_refused(length):
    with pytest.raises(Fault, match="string table"):
        runtime.text_value(format(length, "08b"), 0, 0, None)


@pytest.mark.parametrize("value", [b"1", b"12345"])
def test_bytes_outside_their_length_are_not_written(value):
    with pytest.raises(Fault, match=r"not in 2\.\.4"):
        runtime.put_binary(1, value, 2, 4)


@pytest.mark.parametrize("value", ["ab", None, bytearray(b"ab")])
def test_what_is_no_bytes_is_not_written_as_bytes(value):
    with pytest.raises(Fault, match="is no bytes"):
        runtime.put_binary(1, value, 0, None)


def test_a_leaf_must_end_behind_its_value():
    with pytest.raises(Fault, match="event code 1"):
        runtime.text_leaf("0" + "00000011" + "01100001" + "1", 0, 0, None)
    with pytest.raises(Fault, match="event code 1"):
        runtime.binary_leaf("0" + "00000000" + "1", 0, 0, None)


def test_both_forms_of_an_empty_leaf_are_read():
    assert runtime.text_leaf("0" + "00000010" + "0", 0, 0, None) == ("", 10)
    assert runtime.text_leaf("1000", 0, 0, None) == ("", 4)
    assert runtime.binary_leaf("0" + "00000000" + "0", 0, 0, None) == (b"", 10)
    assert runtime.binary_leaf("1000", 0, 0, None) == (b"", 4)


def test_a_number_of_fixed_width_needs_all_its_bits():
    assert runtime.fixed("0101", 0, 4) == 5
    with pytest.raises(Fault, match="ends"):
        runtime.fixed("0101", 1, 4)


def test_a_mismatch_tells_an_early_end_from_a_wrong_code():
    assert "ends" in str(runtime.mismatch("01", 1, "00"))
    assert "event code 01" in str(runtime.mismatch("01", 0, "00"))


def test_a_long_value_is_shortened_for_a_message():
    assert len(runtime.shown("x" * 1000)) == 60


def test_pieces_are_joined_with_their_leading_zeros():
    assert runtime.join(0b1, 0b100) == 0b100
    assert runtime.join(0b10, 0b1) == 0b10

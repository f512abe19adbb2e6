from __future__ import annotations

import pytest

from protocols.iso15118.exi.datatypes import Boolean, Enumeration, Integer, Text
from protocols.iso15118.exi.errors import DecodeError
from protocols.iso15118.exi.leaf_reader import digits, values_of
from tests.support.exi_synthetic import CODEC, Colour, Only, data_of, start, values


def test_narrow_types_are_tables_of_all_their_values():
    assert values_of(Boolean()) == {"0": False, "1": True}
    assert values_of(Enumeration(Colour)) == {"00": Colour.RED, "01": Colour.GREEN, "10": Colour.BLUE}
    assert values_of(Enumeration(Only)) == {"": Only.IT}
    assert values_of(Integer(5, 7)) == {"00": 5, "01": 6, "10": 7}
    assert values_of(Integer(0, 1000)) is None
    assert values_of(Text()) is None


def test_a_value_of_no_bits_has_no_digits():
    assert digits(0, 0) == ""
    assert digits(2, 3) == "010"


def test_a_code_above_the_last_member_is_refused():
    # given Values with Colour coded 11, behind Only, which takes no bits
    with pytest.raises(DecodeError, match="Values/Colour: bits"):
        CODEC.decode(data_of(start("Values") + "0" + "00" + "0" + "0" + "11" + "0" * 40))


@pytest.mark.parametrize("value", [3101, 4095])
def test_a_number_above_its_range_is_refused(value):
    bits = start("Values") + "000" + "00" + "000" + "0000" + "00" + format(value, "012b") + "0" * 60
    with pytest.raises(DecodeError, match=r"Values/Wide: \d+ is not in -100..3000"):
        CODEC.decode(data_of(bits))


def test_a_wide_number_is_read_with_its_offset():
    made = CODEC.decode(CODEC.encode(values(wide=3000))).message
    assert made.wide == 3000


@pytest.mark.parametrize(("big", "sign"), [(2**3500, "0"), (-(2**3500), "1")])
def test_a_number_without_limits_is_read_up_to_512_octets(big, sign):
    assert CODEC.decode(CODEC.encode(values(big=big))).message.big == big
    leaves = ["", "00", "1", "0" * 12, "000", "", "0" * 9, "0" * 9, sign + "10000000" * 512 + "00000001"]
    bits = start("Values") + "".join(f"00{one}0" for one in leaves)
    with pytest.raises(DecodeError, match="more than 512 octets"):
        CODEC.decode(data_of(bits + "0" * 64))


@pytest.mark.parametrize(
    ("index", "number"),
    [(6, "0" + "10000000" + "10000000" + "00000010"), (7, "1" + "10000000" * 9 + "00000001")],
)
def test_a_signed_number_is_held_against_its_range(index, number):
    leaves = ["", "00", "1", "0" * 12, "000", "", "0" * 9, "0" * 9, "0" * 9, "0" * 8]
    leaves[index] = number
    bits = start("Values") + "".join(f"00{one}0" for one in leaves)
    with pytest.raises(DecodeError, match="is not in -"):
        CODEC.decode(data_of(bits + "0" * 64))


def test_an_unsigned_number_is_held_against_its_range():
    leaves = ["", "00", "1", "0" * 12, "000", "", "0" * 9, "0" * 9, "0" * 9, "11111111" * 9 + "01111111"]
    bits = start("Values") + "".join(f"00{one}0" for one in leaves)
    with pytest.raises(DecodeError, match=r"Positive: \d+ is not in 0.."):
        CODEC.decode(data_of(bits + "0" * 64))


@pytest.mark.parametrize("number", [127, 128, 16383, 16384, 2**21 - 1, 2**21, 2**28, 2**63])
def test_a_number_of_any_octets_is_read_or_its_end_missed(number):
    data = CODEC.encode(values(positive=number, big=-number))
    made = CODEC.decode(data).message
    assert (made.positive, made.big) == (number, -number)
    for size in range(1, len(data) - 2):
        with pytest.raises(DecodeError, match="the input ends"):
            CODEC.decode(data[:size])

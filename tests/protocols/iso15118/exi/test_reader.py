from __future__ import annotations

import pytest

from protocols.iso15118.exi.errors import DecodeError
from tests.support.exi_synthetic import CODEC, Drawing, Holder, Lists, Local, Square, data_of, start


def test_an_item_too_many_is_refused():
    # given four entries, the most allowed, and a code that is none of the three that may follow
    lists = CODEC.encode(Lists(two_to_four=(1, 2, 3, 4), many=("x",), last=True))
    bits = format(int.from_bytes(lists, "big"), "b")
    four = len(start("Lists")) + (1 + 10) * 2 + (3 + 10) * 2
    assert bits[four : four + 2] == "10"
    with pytest.raises(DecodeError, match=r"Lists/TwoToFour\[4\]"):
        CODEC.decode(data_of(bits[:four] + "11" + bits[four + 2 :]))


def test_the_actual_member_of_a_group_is_read():
    assert CODEC.decode(CODEC.encode(Drawing(must_a=True, second=Square(side=9)))).message.second == Square(
        side=9
    )


def test_the_path_of_a_part_read_in_place_names_it():
    # given a holder cut inside the number of its first part, which is read without a call
    data = CODEC.encode(Holder(here=Local(number=200)))
    bits = format(int.from_bytes(data, "big"), "b")
    with pytest.raises(DecodeError, match="Holder/Here/Number: bits"):
        CODEC.decode(data_of(bits[: len(start("Holder"))] + "0" + "0" + "1" + "0" * 40))


def test_the_codes_of_an_optional_sequence_are_read_in_order():
    drawing = Drawing(one=True, two=False, must_b=7, second=Square(side=1))
    assert CODEC.decode(CODEC.encode(drawing)).message == drawing
    # given the second of the pair without the first: its code does not exist there
    lonely = Drawing(title="t", must_b=7, second=Square(side=1))
    bits = format(int.from_bytes(CODEC.encode(lonely), "big"), "b")
    state = CODEC.grammar.grammar(Drawing).state(0)
    place = len(start("Drawing")) + 4 + 1 + 8 + 8 + 1
    assert bits[place : place + state.width] == format(7, f"0{state.width}b")
    with pytest.raises(DecodeError, match="Drawing/Title: bits"):
        CODEC.decode(data_of(bits[:place] + format(8, f"0{state.width}b") + bits[place + state.width :]))

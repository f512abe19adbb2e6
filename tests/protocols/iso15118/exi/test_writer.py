from __future__ import annotations

import pytest

from protocols.iso15118.exi.errors import EncodeError
from tests.support.exi_synthetic import (
    CODEC,
    Circle,
    Colour,
    Drawing,
    Labelled,
    Lists,
    Square,
    Token,
    Tokens,
)


def body_bits(message) -> str:
    """What is written behind header and element code, without padding."""
    data = CODEC.encode(message)
    used = CODEC.decode(data).bits_used
    start = 8 + CODEC.grammar.document_width
    return format(int.from_bytes(data, "big"), "b")[start:used]


def test_codes_follow_the_state_that_absent_parts_leave():
    # given attribute B alone: code 1 of A, B; then the value's code of C, value
    assert body_bits(Labelled(b=5, value="")) == "01" + "00000101" + "01" + "00000010" + "0"
    # given A as well: B is the only one left
    text = "00000011" + "01111000"
    assert body_bits(Labelled(a="x", b=5, value="")) == (
        "00" + text + "0" + "00000101" + "01" + "00000010" + "0"
    )


def test_a_list_changes_its_codes_with_its_length():
    def leaf(value):
        return "0" + format(value, "08b") + "0"

    word = "0" + "00000011" + "01111000" + "0"
    # after two of 2..4 the next may be another one or any that follows: 4 productions and escape, 3 bits
    two = body_bits(Lists(two_to_four=(1, 2), many=("x",), last=True))
    assert two == "0" + leaf(1) + "0" + leaf(2) + "011" + word + "10" + "0" + "1" + "0" + "0"
    # after four it may not
    four = body_bits(Lists(two_to_four=(1, 2, 3, 4), many=("x",), last=True))
    assert four == (
        "0"
        + leaf(1)
        + "0"
        + leaf(2)
        + "000"
        + leaf(3)
        + "000"
        + leaf(4)
        + "10"
        + word
        + "10"
        + "0"
        + "1"
        + "0"
        + "0"
    )


@pytest.mark.parametrize("many", [1, 99, 100])
def test_a_long_list_is_written_in_pieces(many):
    message = Lists(two_to_four=(1, 2), many=("x" * 50,) * many, last=False)
    assert CODEC.decode(CODEC.encode(message)).message == message


def test_a_long_repeated_choice_is_written_in_pieces():
    items = tuple(Token(word="x" * 60) if number % 2 else Token(number=number) for number in range(128))
    assert CODEC.decode(CODEC.encode(Tokens(items=items))).message.items == items


@pytest.mark.parametrize("side", [{}, {"left": 3}, {"right": Colour.BLUE}])
@pytest.mark.parametrize("pair", [{}, {"one": True, "two": False}])
@pytest.mark.parametrize("first", [{}, {"first": Circle(radius=1)}, {"title": "t", "first": Square(side=2)}])
def test_every_mixture_of_absent_parts_round_trips(side, pair, first):
    message = Drawing(**side, **pair, **first, must_b=4, second=Circle(radius=200))
    assert CODEC.decode(CODEC.encode(message)).message == message


def test_two_of_an_optional_choice_are_refused():
    with pytest.raises(EncodeError, match="at most one of: left, right"):
        CODEC.encode(Drawing(left=1, right=Colour.RED, must_a=True, second=Circle(radius=1)))


def test_the_path_names_the_actual_member_of_a_group():
    with pytest.raises(EncodeError) as caught:
        CODEC.encode(Drawing(must_a=True, second=Circle(radius=256)))
    assert caught.value.path == "Drawing/Circle/Radius"

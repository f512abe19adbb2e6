from __future__ import annotations

import pytest

from protocols.iso15118.exi.errors import EncodeError
from protocols.iso15118.exi.runtime import put_number, put_signed
from tests.support.exi_synthetic import CODEC, Only, values

EDGES = sorted(
    edge + offset for edge in (0, 127, 2**14 - 1, 2**15 - 1, 2**21 - 1, 2**28, 2**62) for offset in (-1, 0, 1)
)


def bits_of(message) -> str:
    return format(int.from_bytes(CODEC.encode(message), "big"), "b")


@pytest.mark.parametrize("number", [edge for edge in EDGES if edge >= 0])
def test_an_unsigned_number_has_as_many_octets_as_it_needs(number):
    assert format(put_number(1, number), "b")[1:] in bits_of(values(positive=number))
    assert CODEC.decode(CODEC.encode(values(positive=number))).message.positive == number


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("field", ["long", "big"])
@pytest.mark.parametrize("number", EDGES)
def test_a_signed_number_has_as_many_octets_as_it_needs(number, field, sign):
    message = values(**{field: sign * number})
    assert format(put_signed(1, sign * number), "b")[1:] in bits_of(message)
    assert CODEC.decode(CODEC.encode(message)).message == message


@pytest.mark.parametrize("number", [-(2**15), -1, 127, 128, 2**14, 2**15 - 1])
def test_a_short_number_is_written_up_to_its_limits(number):
    assert CODEC.decode(CODEC.encode(values(short=number))).message.short == number


@pytest.mark.parametrize(
    "change",
    [
        {"short": 2**15},
        {"short": -(2**15) - 1},
        {"positive": -1},
        {"positive": 2**64},
        {"small": 4},
        {"small": 10},
        {"wide": 3001},
        {"fixed": 8},
        {"medium": 0},
        {"medium": 10_001},
    ],
)
def test_a_number_outside_its_range_is_not_written(change):
    with pytest.raises(EncodeError, match="is not in"):
        CODEC.encode(values(**change))


@pytest.mark.parametrize("value", ["1", None, 1.0, 200.0, 20_000.0, 3e6, [1]])
@pytest.mark.parametrize("field", ["short", "long", "big", "positive", "small", "wide"])
def test_what_is_no_whole_number_is_not_written(field, value):
    with pytest.raises(EncodeError) as caught:
        CODEC.encode(values(**{field: value}))
    assert caught.value.path == f"Values/{field.capitalize()}"


def test_an_enumeration_member_may_be_given_by_its_string():
    assert CODEC.encode(values(only="it", colour="green")) == CODEC.encode(
        values(only=Only.IT, colour="green")
    )

"""Envelopes: what comes out is what went in, and nothing else is taken for one."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.engine.envelope import MAX_NAME, Envelope, EnvelopeError, Kind, tag_in, unpack
from protocols import codec
from protocols.message import Failure, FailureReason

LETTER = Envelope(
    Kind.REQUEST, 3, "site/evse_1", "evse_1/evse", patient=True, payload=b"reserve", deadline_s=5.5
)
FIELDS = list(LETTER)

names = st.text(max_size=MAX_NAME)
envelopes = st.builds(
    Envelope,
    kind=st.sampled_from(Kind),
    id=st.integers(0, 2**64 - 1),
    sender=names,
    about=names,
    patient=st.booleans(),
    payload=st.binary(max_size=200),
    deadline_s=st.floats(allow_nan=False),
)


@given(envelopes)
@settings(derandomize=True, deadline=None)
def test_an_envelope_comes_back_as_it_was(letter):
    back = unpack(letter.pack())

    assert back == letter
    assert list(map(type, back)) == list(map(type, letter))


@pytest.mark.parametrize("field", ["sender", "about"])
def test_a_name_that_no_receiver_takes_is_not_packed(field):
    longest = LETTER._replace(**{field: "n" * MAX_NAME})

    assert unpack(longest.pack()) == longest
    with pytest.raises(EnvelopeError, match="at most 200 characters"):
        LETTER._replace(**{field: "n" * (MAX_NAME + 1)}).pack()


WRONG = {
    0: [4, -1, True, 1.0, "1", None],
    1: [-1, True, 1.0, "1", None],
    2: ["n" * (MAX_NAME + 1), b"site", 1, None],
    3: ["n" * (MAX_NAME + 1), b"evse", 1, None],
    4: [0, 1, None, "yes"],
    5: ["text", [1], None],
    6: [0, True, "1.0", None],
}


@pytest.mark.parametrize(("place", "value"), [(place, value) for place in WRONG for value in WRONG[place]])
def test_a_field_of_another_type_or_range_is_refused(place, value):
    fields = [*FIELDS[:place], value, *FIELDS[place + 1 :]]

    with pytest.raises(EnvelopeError, match="not an envelope"):
        unpack(msgpack.packb(fields))


@pytest.mark.parametrize("item", [[], FIELDS[:-1], [*FIELDS, 1], {}, None, 5, "text", b"bytes"])
def test_another_shape_is_refused(item):
    with pytest.raises(EnvelopeError, match="not an envelope"):
        unpack(msgpack.packb(item))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        LETTER.pack() + b"\x00",
        LETTER.pack()[:-1],
        b"\xdd\xff\xff\xff\xff",  # an array of 2**32 - 1 items
        b"\xc6\xff\xff\xff\xff",  # as many bytes
        b"\xa1\xff",  # text that is not UTF-8
        b"\x81\x90\x00",  # a map with an array for a key
        b"\x91" * 100_000,
        b"\xc7\x05\xff12345",  # a point in time of a size there is not
    ],
)
def test_what_is_not_msgpack_is_refused(data):
    with pytest.raises(EnvelopeError):
        unpack(data)


@given(st.binary(max_size=100))
@settings(derandomize=True, deadline=None, max_examples=500)
def test_garbage_raises_only_envelope_errors(data):
    with pytest.raises(EnvelopeError):
        unpack(data)


def test_the_tag_of_a_message_is_read_without_the_rest():
    whole = codec.encode(Failure(reason=FailureReason.CRASHED, detail="x" * 5000))

    assert [tag_in(whole), tag_in(whole[:500])] == ["message.failure"] * 2


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x93", b"\x93\x01\x02\x03", b"text", b"\x93\xc1"])
def test_what_has_no_tag_is_said_to_have_none(payload):
    assert tag_in(payload) == "?"

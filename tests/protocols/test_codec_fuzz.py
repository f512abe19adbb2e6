"""Whatever the codec is given, it returns a message that it can encode again, or refuses in its own words."""

import json

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocols import codec, types
from protocols.codec import DecodeError
from protocols.interfaces import load_all, powermeter
from protocols.message import message_types
from tests.support.examples import few

pytestmark = pytest.mark.untraced

load_all()

fuzz = few(100)

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=4)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TAGS = st.sampled_from(sorted(message_types()))
GOOD = codec.encode(
    powermeter.Powermeter(
        powermeter=codec.from_plain(
            types.powermeter.Powermeter,
            {"timestamp": "2025-03-01T12:00:00Z", "energy_Wh_import": {"total": 1234.5}, "meter_id": "m"},
        )
    )
)


def decodes_or_refuses(data):
    try:
        item = codec.decode(data)
    except DecodeError as error:
        assert error.problem  # noqa: PT017  # either outcome is right, but an error always says something
    else:
        assert codec.decode(codec.encode(item)) == item


@fuzz
@given(st.binary(max_size=200))
@example(b"")
def test_random_bytes_raise_nothing_but_decode_errors(data):
    decodes_or_refuses(data)


@fuzz
@given(tag=TAGS, version=st.integers(-1, 3), body=ANYTHING)
def test_random_bodies_raise_nothing_but_decode_errors(tag, version, body):
    decodes_or_refuses(msgpack.packb([tag, version, body]))


@fuzz
@given(at=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255), cut=st.integers(0, 2))
def test_a_damaged_message_raises_nothing_but_decode_errors(at, byte, cut):
    decodes_or_refuses(GOOD[:at] + bytes([byte]) + GOOD[at + cut :])


@fuzz
@given(tag=TAGS, body=ANYTHING)
def test_random_plain_values_raise_nothing_but_decode_errors(tag, body):
    kind = message_types()[tag]
    try:
        item = codec.from_plain(kind, body)
    except DecodeError as error:
        assert error.tag == tag  # noqa: PT017  # as above
    else:
        assert codec.from_plain(kind, json.loads(codec.to_json_text(item))) == item

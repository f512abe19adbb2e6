"""Every message and type that the interfaces know survives the codec, whatever valid values it holds."""

import functools

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols import codec
from protocols.interfaces import load_all
from protocols.message import message_types
from tests.support.examples import few
from tests.support.strategies import messages

load_all()
MODULES = ("protocols.interfaces.", "protocols.types.", "protocols.message")
TAGS = sorted(tag for tag, kind in message_types().items() if kind.__module__.startswith(MODULES))

some = settings(
    few(4),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@functools.cache
def validator(tag):
    return jsonschema_rs.validator_for(codec.schema(message_types()[tag]), validate_formats=True)


@pytest.mark.untraced
@pytest.mark.parametrize("tag", TAGS)
@some
@given(data=st.data())
def test_every_message_survives_as_bytes_and_as_plain_values_of_its_schema(tag, data):
    kind = message_types()[tag]
    item = data.draw(messages(kind))

    assert codec.decode(codec.encode(item)) == item

    plain = codec.to_plain(item)
    validator(tag).validate(plain)
    assert codec.from_plain(kind, plain) == item


def test_no_class_is_left_out_of_the_property():
    kinds = [message_types()[tag] for tag in TAGS]

    # 188 types, 134 commands, 54 replies, 109 variables; and Reply, Failure, Command, Var
    assert len(set(kinds)) == 188 + 134 + 54 + 109 + 4

"""Every message of the engine survives the codec."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.engine import faults, messages, supervision_spec
from protocols import codec
from protocols.message import message_types
from tests.support import strategies

MODULES = {messages.__name__, faults.__name__, supervision_spec.__name__}
KINDS = sorted(
    (kind for kind in message_types().values() if kind.__module__ in MODULES), key=lambda kind: kind.__name__
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(derandomize=True, max_examples=25, deadline=None)
@given(data=st.data())
def test_an_engine_message_survives_the_codec(kind, data):
    item = data.draw(strategies.messages(kind))

    assert codec.decode(codec.encode(item)) == item

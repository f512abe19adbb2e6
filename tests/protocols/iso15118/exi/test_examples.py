from __future__ import annotations

import pytest

from protocols.iso15118 import exi
from tests.support.exi_examples import examples


@pytest.mark.parametrize("name", examples())
def test_a_typical_message_round_trips(name):
    schema, message, _ = examples()[name]
    assert exi.decode(exi.encode(message, schema), schema) == message

"""The blocks together: what they serve, and the page that says so."""

import pytest

from actors.ocpp.blocks import BLOCKS
from tests.support import ocpp_messages


def test_the_page_of_messages_says_what_is_served():
    assert ocpp_messages.DOCUMENT.read_text() == ocpp_messages.document()


@pytest.mark.parametrize("action", [*ocpp_messages.served(), *ocpp_messages.sent()])
def test_every_message_has_tests_of_its_own(action):
    assert ocpp_messages.tests_of(action)


def test_no_two_blocks_have_one_name():
    names = [block.name for block in BLOCKS]
    assert len(names) == len(set(names))

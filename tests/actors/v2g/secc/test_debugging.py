import pytest

from actors.v2g.secc import debugging
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from tests.support.secc import NOW, counted_random


def published(name, *, debug):
    state = State(station=Station(debug_mode=debug), talk=Talk())
    turn = Turn(state, Settings(), NOW, counted_random())
    debugging.publish(turn, name, b"\x80")
    return [each.variable.message for each in turn.effects]


@pytest.mark.parametrize(("name", "kind"), [("SessionSetupReq", "SessionSetupReq"), ("X", "UnknownMessage")])
def test_a_message_is_published_by_its_name(name, kind):
    (message,) = published(name, debug=True)

    assert message.id == kind
    assert message.exi_base64 == "gA=="


def test_without_debug_mode_nothing_is_published():
    assert not published("SessionSetupReq", debug=False)

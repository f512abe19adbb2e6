"""What an attempt needs, gathered by an actor in a simulation."""

import pytest

from actors.ocpp.link import preparation
from actors.ocpp.link.preparation import LOOKUP_S
from actors.ocpp.messages import Trouble
from tests.support.ocpp_links import Stage, orders, profile

pytestmark = pytest.mark.timeout(30)


class Silent:
    """A look-up that never ends."""

    fd = 10_000

    def __init__(self, host, port):
        self.closed = False

    def result(self):
        raise OSError("the name has not been looked up yet")

    def close(self):
        self.closed = True


@pytest.fixture
def stage():
    yield Stage()
    Stage.close_all()


def test_a_name_that_is_not_found_in_time_is_unreachable(stage, monkeypatch):
    monkeypatch.setattr(preparation, "Lookup", Silent)
    stage.order(orders(profile("ws://nowhere.invalid")))
    stage.advance(LOOKUP_S + 0.1)

    assert stage.state.trouble is Trouble.UNREACHABLE
    assert "nowhere.invalid" in stage.state.detail
    assert Silent.fd not in stage.link._watches


def test_a_look_up_is_given_up_when_nobody_wants_a_connection(stage, monkeypatch):
    monkeypatch.setattr(preparation, "Lookup", Silent)
    stage.order(orders(profile("ws://nowhere.invalid")))
    stage.order(orders(profile("ws://nowhere.invalid"), online=False))

    assert Silent.fd not in stage.link._watches
    assert stage.state.trouble is None


def test_too_many_look_ups_are_told(stage, monkeypatch):
    def refuse(*_what):
        raise OSError("too many")

    monkeypatch.setattr(preparation, "Lookup", refuse)
    stage.order(orders(profile("ws://nowhere.invalid")))

    assert (stage.state.trouble, stage.state.detail) == (Trouble.UNREACHABLE, "too many")

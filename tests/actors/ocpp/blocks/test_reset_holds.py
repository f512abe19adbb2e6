"""EVSEs out of service for a reset (B12): said until heard, in every life."""

import pytest

from actors.ocpp.blocks import reset, reset_holds
from actors.ocpp.blocks.reset_entries import Hold
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.evse_manager import EnableSource, EnableState
from tests.support.ocpp_station import Station


@pytest.fixture
def station() -> Station:
    return Station(blocks=(reset.BLOCK,))


def said(station: Station) -> list[EnableState]:
    return [each.cmd_source.enable_state for each in station.asks(evse_manager.EnableDisable)]


def test_it_is_an_opinion_of_its_own_about_the_whole_evse(station: Station) -> None:
    """S9.7, S9.8."""
    station.turn(lambda turn: reset_holds.hold(turn, 2))

    (command,) = station.asks(evse_manager.EnableDisable)
    assert command.connector_id == 0
    assert command.cmd_source.enable_source is EnableSource.UNSPECIFIED
    assert command.cmd_source.enable_priority == 5000


def test_what_holds_is_not_said_twice_in_a_life(station: Station) -> None:
    station.turn(lambda turn: reset_holds.hold(turn, 2))
    station.turn(lambda turn: reset_holds.hold(turn, 2))
    station.turn(lambda turn: reset_holds.release(turn, 1))
    assert said(station) == [EnableState.DISABLE]

    station.turn(lambda turn: reset_holds.release(turn, 2))
    station.turn(lambda turn: reset_holds.release(turn, 2))

    assert said(station) == [EnableState.DISABLE, EnableState.UNASSIGNED]


@pytest.mark.parametrize("answered", [True, False])
def test_a_successor_says_again_what_was_not_heard(station: Station, *, answered: bool) -> None:
    station.turn(lambda turn: reset_holds.hold(turn, 2))
    station.turn(lambda turn: reset_holds.release(turn, 2))
    if answered:
        station.reply(evse_manager.EnableDisable, evse_manager.EnableDisableReply(enabled=True))

    station.restart()

    assert said(station) == [EnableState.UNASSIGNED] * (not answered)


def test_a_manager_that_cannot_be_reached_is_told_later(station: Station) -> None:
    station.turn(lambda turn: reset_holds.hold(turn, 2))
    station.reply(evse_manager.EnableDisable, Failure(reason=FailureReason.UNAVAILABLE, detail="x"))
    assert station.timers() == {"reset_hold 2": reset_holds.AGAIN_S}

    station.fire("reset_hold 2")
    station.reply(evse_manager.EnableDisable, evse_manager.EnableDisableReply(enabled=False))

    assert said(station) == [EnableState.DISABLE] * 2
    assert list(station.tables.all(Hold)) == ["2"]

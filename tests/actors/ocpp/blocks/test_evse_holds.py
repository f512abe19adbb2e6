"""EVSEs that a block keeps out of service (S9.7, S9.8): said until heard, in every life, for every block."""

from typing import Any

import pytest

from actors.ocpp.blocks import firmware, reset
from actors.ocpp.blocks.evse_holds import AGAIN_S, EvseHolds
from actors.ocpp.blocks.firmware_holds import FirmwareHold
from actors.ocpp.blocks.reset_entries import Hold
from actors.ocpp.inputs import Ask
from actors.ocpp.tables import Tables
from protocols import codec
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.evse_manager import EnableSource, EnableState
from tests.support.ocpp_station import START, Station

OUT, IN = (evse_manager.EnableDisableReply(enabled=each) for each in (False, True))
LOST = Failure(reason=FailureReason.UNAVAILABLE, detail="x")


@pytest.fixture(params=[firmware, reset], ids=["firmware", "reset"])
def both(request: pytest.FixtureRequest) -> tuple[Station, EvseHolds[Any]]:
    return Station(blocks=(request.param.BLOCK,)), request.param.HOLDS


def said(station: Station) -> list[EnableState]:
    return [each.cmd_source.enable_state for each in station.asks(evse_manager.EnableDisable)]


@pytest.mark.parametrize(
    ("block", "source"), [(firmware, EnableSource.FIRMWARE_UPDATE), (reset, EnableSource.UNSPECIFIED)]
)
def test_it_is_an_opinion_of_its_own_about_the_whole_evse(block: Any, source: EnableSource) -> None:
    """S9.7, S9.8."""
    station = Station(blocks=(block.BLOCK,))

    station.turn(lambda turn: block.HOLDS.hold(turn, 2))

    (ask,) = (each for each in station.effects if isinstance(each, Ask))
    assert ask.peer.number == 2
    (command,) = station.asks(evse_manager.EnableDisable)
    assert (command.connector_id, command.cmd_source.enable_source) == (0, source)
    assert command.cmd_source.enable_priority == 5000


def test_what_holds_is_not_said_twice_in_a_life(both: tuple[Station, EvseHolds[Any]]) -> None:
    station, holds = both
    station.turn(lambda turn: holds.hold(turn, 2))
    station.reply(evse_manager.EnableDisable, OUT)
    station.turn(lambda turn: holds.hold(turn, 2))
    station.turn(lambda turn: holds.release(turn, 1))
    assert said(station) == [EnableState.DISABLE]

    station.turn(lambda turn: holds.release(turn, 2))
    station.turn(holds.release_all)

    assert said(station) == [EnableState.DISABLE, EnableState.UNASSIGNED]


def test_a_manager_that_cannot_be_reached_is_told_later(both: tuple[Station, EvseHolds[Any]]) -> None:
    station, holds = both
    station.turn(lambda turn: holds.hold(turn, 2))
    station.reply(evse_manager.EnableDisable, LOST)
    assert station.timers() == {f"{holds.timer} 2": AGAIN_S}

    station.fire(f"{holds.timer} 2")
    station.reply(evse_manager.EnableDisable, OUT)

    assert said(station) == [EnableState.DISABLE] * 2


def test_an_evse_that_is_to_come_back_can_be_held_again(both: tuple[Station, EvseHolds[Any]]) -> None:
    station, holds = both
    station.turn(lambda turn: holds.hold(turn, 2))
    station.turn(holds.release_all)
    late = next(each for each in reversed(station.effects) if isinstance(each, Ask)).purpose

    station.turn(lambda turn: holds.hold(turn, 2))
    station.turn(lambda turn: holds.held(turn, late.context, IN))  # of what is not wanted any more
    station.restart()

    assert said(station) == [EnableState.DISABLE]


@pytest.mark.parametrize("answered", [True, False])
def test_one_that_is_back_is_forgotten(both: tuple[Station, EvseHolds[Any]], *, answered: bool) -> None:
    station, holds = both
    station.turn(lambda turn: holds.hold(turn, 2))
    station.turn(holds.release_all)
    station.reply(evse_manager.EnableDisable, IN if answered else LOST)

    station.restart()

    assert said(station) == [EnableState.UNASSIGNED] * (not answered)


@pytest.mark.parametrize(
    ("stored", "hold"),
    [
        (
            (
                b"\x93\xd9/actors.ocpp.blocks.firmware_holds.firmware_hold\x01\x84\xa7evse_id\x02"
                b"\xa9wanted_at\xb42026-03-01T12:00:00Z\xa6closed\xc3\xa4over\xc3"
            ),
            FirmwareHold(evse_id=2, wanted_at=START, closed=True, over=True),
        ),
        (
            b"\x93\xd9%actors.ocpp.blocks.reset_entries.hold\x01\x82\xa7evse_id\x02\xa4over\xc3",
            Hold(evse_id=2, over=True),
        ),
    ],
    ids=["firmware", "reset"],
)
def test_what_an_earlier_release_has_stored_is_read(stored: bytes, hold: FirmwareHold | Hold) -> None:
    tables = Tables()

    tables.apply((codec.decode(stored),))

    assert tables.get(type(hold), "2") == hold

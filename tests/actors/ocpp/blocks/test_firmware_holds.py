"""EVSEs out of service for a firmware update (S12.4, S12.5): said until it holds, in every life."""

import pytest

from actors.ocpp.blocks import firmware
from actors.ocpp.blocks.evse_holds import AGAIN_S
from actors.ocpp.blocks.firmware_holds import AWAY_S, HOLDS, FirmwareHold
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason, Reply
from protocols.types.evse_manager import EnableState
from tests.support.ocpp_station import Station

OUT, IN = (evse_manager.EnableDisableReply(enabled=each) for each in (False, True))
LOST = Failure(reason=FailureReason.UNAVAILABLE, detail="x")


@pytest.fixture
def station() -> Station:
    return Station(blocks=(firmware.BLOCK,))


def said(station: Station) -> list[EnableState]:
    return [each.cmd_source.enable_state for each in station.asks(evse_manager.EnableDisable)]


def hold(station: Station, reply: Reply | None = None) -> None:
    station.turn(lambda turn: HOLDS.hold(turn, 2))
    if reply is not None:
        station.reply(evse_manager.EnableDisable, reply)


def closed(station: Station) -> bool:
    found: list[bool] = []
    station.turn(lambda turn: found.append(HOLDS.closed(turn, 2)))
    return found[0]


@pytest.mark.parametrize(("reply", "out"), [(None, False), (OUT, True), (IN, False), (LOST, False)])
def test_an_evse_is_closed_when_its_manager_says_so(
    station: Station, reply: Reply | None, *, out: bool
) -> None:
    """IN: somebody of more weight wants it in service."""
    hold(station, reply)

    assert closed(station) is out


@pytest.mark.parametrize("reply", [IN, LOST])
def test_it_is_said_again_until_it_holds(station: Station, reply: Reply) -> None:
    hold(station, reply)
    assert station.timers() == {"firmware_hold 2": AGAIN_S}

    station.fire("firmware_hold 2")
    station.reply(evse_manager.EnableDisable, OUT)
    station.fire("firmware_hold 2")

    assert said(station) == [EnableState.DISABLE] * 2
    assert closed(station)


@pytest.mark.parametrize(("reply", "out"), [(LOST, True), (IN, False)])
def test_an_evse_that_cannot_be_reached_for_long_serves_nobody(
    station: Station, reply: Reply, *, out: bool
) -> None:
    hold(station, LOST)
    station.later(AWAY_S + 1)

    station.fire("firmware_hold 2")
    station.reply(evse_manager.EnableDisable, reply)

    assert closed(station) is out


def test_one_that_is_back_is_forgotten(station: Station) -> None:
    hold(station, OUT)
    station.turn(HOLDS.release_all)
    station.reply(evse_manager.EnableDisable, LOST)
    assert station.timers() == {"firmware_hold 2": AGAIN_S}
    station.fire("firmware_hold 2")
    station.reply(evse_manager.EnableDisable, IN)
    station.fire("firmware_hold 2")

    assert station.tables.all(FirmwareHold) == {}
    assert said(station) == [EnableState.DISABLE, EnableState.UNASSIGNED, EnableState.UNASSIGNED]


@pytest.mark.parametrize(
    ("reply", "over", "again"),
    [
        (None, False, [EnableState.DISABLE]),
        (OUT, False, []),
        (OUT, True, [EnableState.UNASSIGNED]),
    ],
)
def test_a_successor_says_again_what_was_not_heard(
    station: Station, reply: Reply | None, again: list[EnableState], *, over: bool
) -> None:
    hold(station, reply)
    if over:
        station.turn(HOLDS.release_all)

    station.restart()

    assert said(station) == again

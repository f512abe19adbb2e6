"""EVSEs whose managers are programs from outside: how they are, by what EVerest's interface says (S9.19)."""

from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes

from actors.errors.messages import Standing, StandingErrors
from actors.ocpp.blocks import (
    evse_conditions,
    metering,
    remote_transactions,
    startup,
    status,
    transactions,
    unlock,
)
from actors.ocpp.blocks.unlock import SETTLE_S
from actors.ocpp.inputs import Resumed, Target
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.error_history import ErrorObject, ImplementationIdentifier, Severity, State
from protocols.types.evse_manager import Connector, SessionEventEnum
from protocols.types.evse_manager import Evse as EvseType
from tests.support.ocpp_station import START, Station
from tests.support.ocpp_transactions import Evse

BLOCKS = (
    evse_conditions.BLOCK, metering.BLOCK, transactions.BLOCK, remote_transactions.BLOCK, startup.BLOCK,
    status.BLOCK, unlock.BLOCK,
)  # fmt: skip
MINE = 2
"""The EVSE of a program; the other one says nothing."""
READY = evse_manager.Ready(ready=True)
THERE = evse_manager.GetEvseReply(evse=EvseType(id=MINE, connectors=(Connector(id=1),)))


@pytest.fixture
def station() -> Station:
    """Connected, and accepted by the CSMS."""
    made = Station(blocks=BLOCKS, options={"outside": frozenset({MINE}), "site_life": "one"})
    made.feed(Resumed())
    made.connect()
    made.turn(lambda turn: setattr(turn.live, "accepted", True))
    return made


def told(station: Station) -> list[str]:
    """The statuses of its connector that the CSMS was told."""
    while station.open is not None:
        kind = call_result.StatusNotification if station.open.action == "StatusNotification" else None
        station.answered(call_result.TransactionEvent() if kind is None else kind())
    said = station.sent("StatusNotification")
    assert {(each["evseId"], each["connectorId"]) for each in said} <= {(MINE, 1)}
    return [each["connectorStatus"] for each in said]


def inoperative(evse: int) -> StandingErrors:
    error = ErrorObject(
        type="evse_manager/Inoperative",
        description="what it means",
        message="what happened",
        severity=Severity.HIGH,
        origin=ImplementationIdentifier(module_id="evse_2", implementation_id="evse"),
        timestamp=START,
        uuid="1",
        state=State.ACTIVE,
    )
    return StandingErrors(errors=(Standing(error=error, evse=evse),))


@pytest.mark.parametrize("news", [READY, evse_manager.WaitingForExternalReady(waiting=True)])
def test_one_that_is_there_is_available(station: Station, news: Any) -> None:
    assert told(station) == []
    station.say(Target.EVSE_MANAGER, news, MINE)

    assert told(station) == ["Available"]


def test_a_manager_of_ours_is_believed_by_its_condition_alone(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, READY, 1)
    Evse(station, 1).plug()
    station.reply(evse_manager.GetEvse, Failure(reason=FailureReason.UNAVAILABLE, detail=""))

    assert told(station) == []


def test_a_station_without_programs_does_not_look_at_errors() -> None:
    ours = Station(blocks=BLOCKS, options={"site_life": "one"})
    ours.connect()
    ours.turn(lambda turn: setattr(turn.live, "accepted", True))
    ours.say(Target.SYSTEM, inoperative(MINE))

    assert told(ours) == []


def test_its_session_makes_it_occupied_until_the_car_leaves(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, READY, MINE)
    evse = Evse(station, MINE)
    evse.plug()
    assert told(station) == ["Available", "Occupied"]
    evse.authorize()
    evse.unplug()

    assert told(station) == ["Available", "Occupied", "Available"]


def test_it_goes_out_of_service_by_its_own_word(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, READY, MINE)
    evse = Evse(station, MINE)
    evse.say(SessionEventEnum.DISABLED)
    assert told(station) == ["Available", "Unavailable"]

    station.restart()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    evse.say(SessionEventEnum.ENABLED)
    assert told(station)[-1] == "Available"


def test_an_error_that_makes_it_inoperative_makes_it_faulted(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, READY, MINE)
    station.say(Target.SYSTEM, inoperative(1))
    assert told(station) == ["Available"]
    station.say(Target.SYSTEM, inoperative(MINE))
    station.say(Target.SYSTEM, StandingErrors(errors=()))

    assert told(station) == ["Available", "Faulted", "Available"]


def test_a_successor_learns_that_it_is_there_by_asking(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, READY, MINE)
    Evse(station, MINE).plug()
    assert told(station) == ["Available", "Occupied"]
    station.restart()
    station.reply(evse_manager.GetEvse, THERE)
    station.turn(lambda turn: setattr(turn.live, "accepted", True))

    def look(turn: Any) -> None:
        found = evse_conditions.condition_of(turn, MINE)
        assert found is not None
        assert found.plugged_in

    station.turn(look)
    assert told(station) == []  # the CSMS knows


def test_one_that_cannot_be_reached_is_unavailable_until_it_speaks(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, READY, MINE)
    station.fire("status")
    station.reply(evse_manager.GetEvse, Failure(reason=FailureReason.UNAVAILABLE, detail=""))
    assert told(station) == ["Available", "Unavailable"]
    station.fire("status")
    station.reply(evse_manager.GetEvse, THERE)
    assert told(station)[-1] == "Available"


def test_the_csms_can_start_a_transaction_there(station: Station) -> None:
    token = datatypes.IdTokenType(id_token="CARD", type="Central")
    asked = call.RequestStartTransaction(remote_start_id=7, evse_id=MINE, id_token=token)
    before: Any = station.request(asked)
    station.say(Target.EVSE_MANAGER, READY, MINE)
    after: Any = station.request(asked)

    assert (before["status"], after["status"]) == ("Rejected", "Accepted")


def test_its_word_that_the_plug_is_free_is_enough(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, READY, MINE)
    assert station.request(call.UnlockConnector(evse_id=MINE, connector_id=1)) is None
    station.reply(evse_manager.ForceUnlock, evse_manager.ForceUnlockReply(accepted=True))
    assert station.timers()["unlock 2 1"] == SETTLE_S
    station.fire("unlock 2 1")

    assert station.response() == {"status": "Unlocked"}

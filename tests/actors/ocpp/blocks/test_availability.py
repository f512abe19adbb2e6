"""What the CSMS wants in service (G03, G04; rows S8.15, S9.6 to S9.8, M9.6)."""

from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import OperationalStatusEnumType as Operational

from actors.evse.messages import OutletCondition
from actors.ocpp.blocks import availability, evse_conditions, metering, status, transactions
from actors.ocpp.blocks.transaction_entries import Standing, Transaction, running
from actors.ocpp.inputs import Ask, Replied
from protocols import types
from protocols.interfaces import evse_manager, ocpp
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types.evse_manager import EnableSource, EnableState, StopTransactionReason
from tests.support.ocpp_station import START, Station
from tests.support.ocpp_transactions import Evse

BLOCKS = (evse_conditions.BLOCK, metering.BLOCK, transactions.BLOCK, status.BLOCK)
DISABLE, ENABLE = EnableState.DISABLE, EnableState.ENABLE


def station_of(**fields: Any) -> Station:
    """Two EVSEs that are free, and known to the CSMS as that."""
    made = Station(blocks=BLOCKS, options={"site_life": "one"}, **fields)
    made.restart()
    for number in made.evses:
        Evse(made, number).condition()
    made.connect()
    made.turn(lambda turn: setattr(turn.live, "accepted", True))
    acknowledged(made)
    made.effects.clear()
    return made


@pytest.fixture
def station() -> Station:
    return station_of()


def acknowledged(station: Station) -> None:
    answers = {
        "StatusNotification": call_result.StatusNotification(),
        "TransactionEvent": call_result.TransactionEvent(),
    }
    while station.open is not None:
        station.answered(answers[station.open.action])


def told(station: Station) -> list[tuple[int, str]]:
    acknowledged(station)
    return [(each["evseId"], each["connectorStatus"]) for each in station.sent("StatusNotification")]


def orders(station: Station) -> list[tuple[int, int, EnableState]]:
    """What the managers were told: EVSE, connector, and what is wanted."""
    return [
        (each.peer.number, each.command.connector_id, each.command.cmd_source.enable_state)
        for each in station.effects
        if isinstance(each, Ask) and isinstance(each.command, evse_manager.EnableDisable)
    ]


def change(station: Station, state: Operational, *place: int) -> dict[str, Any]:
    evse = datatypes.EVSEType(*place) if place else None
    answer = station.request(call.ChangeAvailability(operational_status=state, evse=evse))
    assert isinstance(answer, dict)
    return answer


def out(station: Station, *place: int) -> str:
    return str(change(station, Operational.inoperative, *place)["status"])


def into(station: Station, *place: int) -> str:
    return str(change(station, Operational.operative, *place)["status"])


def run(station: Station, evse_id: int = 1, connector_id: int | None = 1) -> None:
    """A transaction begins."""

    def begin(turn: Any) -> None:
        turn.put(Standing(evse_id=evse_id, connector_id=connector_id, transaction_id="t"))
        turn.put(Transaction(transaction_id="t", evse_id=evse_id, session_id="s", started_at=START))

    station.turn(begin)


def over(station: Station, evse_id: int = 1) -> None:
    """It ends."""
    station.turn(lambda turn: turn.put(Standing(evse_id=evse_id)))


def outlets(count: int, *, enabled: bool = True) -> tuple[OutletCondition, ...]:
    return tuple(OutletCondition(connector_id=each, enabled=enabled) for each in range(1, count + 1))


# -- an EVSE, a connector, the station -----------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_an_evse_is_put_out_of_service(version: Version) -> None:  # G03.FR.03, S9.6, S9.8
    station = station_of(version=version)

    assert out(station, 1) == "Accepted"

    (command,) = station.asks(evse_manager.EnableDisable)
    assert command.connector_id == 0
    source = command.cmd_source
    assert (source.enable_source, source.enable_state) == (EnableSource.CSMS, DISABLE)
    assert source.enable_priority == 5000
    assert told(station) == [(1, "Unavailable")]


def test_the_answer_goes_out_before_the_status(station: Station) -> None:
    out(station, 1)

    names = [type(each).__name__ for each in station.effects]
    assert names.index("AnswerCall") < names.index("SendCall")


def test_an_evse_comes_back_when_its_manager_says_so(station: Station) -> None:
    out(station, 1)
    Evse(station, 1).condition(connectors=outlets(1, enabled=False))

    assert into(station, 1) == "Accepted"
    assert orders(station) == [(1, 0, DISABLE), (1, 0, ENABLE)]
    assert told(station) == [(1, "Unavailable")]

    Evse(station, 1).condition()
    assert told(station) == [(1, "Unavailable"), (1, "Available")]


def test_what_is_wanted_again_is_accepted_without_more_ado(station: Station) -> None:  # G03.FR.02
    out(station, 1)

    assert out(station, 1) == "Accepted"

    assert orders(station) == [(1, 0, DISABLE)]
    assert told(station) == [(1, "Unavailable")]


def test_one_connector_is_put_out_of_service_alone() -> None:
    station = station_of(evses={1: 2})
    Evse(station).condition(connectors=outlets(2))
    acknowledged(station)
    station.effects.clear()

    assert out(station, 1, 2) == "Accepted"

    assert orders(station) == [(1, 2, DISABLE)]
    acknowledged(station)
    (sent,) = station.sent("StatusNotification")
    assert (sent["connectorId"], sent["connectorStatus"]) == (2, "Unavailable")


@pytest.mark.parametrize("place", [(), (0,)], ids=["no EVSE", "EVSE 0"])
def test_the_station_is_put_out_of_service(station: Station, place: tuple[int, ...]) -> None:  # G04
    assert out(station, *place) == "Accepted"

    assert orders(station) == [(1, 0, DISABLE), (2, 0, DISABLE)]
    assert told(station) == [(1, "Unavailable"), (2, "Unavailable")]


def test_what_was_out_of_service_by_itself_stays_so(station: Station) -> None:  # G03.FR.07, G04.FR.08
    out(station, 2)
    out(station)
    acknowledged(station)
    station.effects.clear()

    into(station)

    assert orders(station) == [(1, 0, ENABLE)]
    assert told(station) == [(1, "Available")]


def test_an_evse_of_a_station_out_of_service_stays_so(station: Station) -> None:  # G03.FR.06
    out(station)
    acknowledged(station)
    station.effects.clear()

    assert into(station, 1) == "Accepted"

    assert orders(station) == []
    assert told(station) == []


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ((3,), "UnknownEvse"),
        ((3, 1), "UnknownEvse"),
        ((1, 2), "UnknownConnectorId"),
        ((0, 1), "UnknownConnectorId"),
    ],
)
def test_a_place_that_is_not_there_is_refused(station: Station, place: tuple[int, ...], code: str) -> None:
    answer = change(station, Operational.inoperative, *place)

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert orders(station) == []
    assert not station.tables.all(availability.Wish)


# -- while a transaction runs (G03.FR.05, G04.FR.06) ---------------------------------------------------------


def test_a_transaction_is_waited_for(station: Station) -> None:
    run(station)

    assert out(station, 1) == "Scheduled"
    assert out(station, 1) == "Scheduled"
    assert (orders(station), told(station)) == ([], [])

    over(station)
    assert orders(station) == [(1, 0, DISABLE)]
    assert told(station) == [(1, "Unavailable")]


def test_evses_without_a_transaction_do_not_wait(station: Station) -> None:
    run(station, 2)

    assert out(station) == "Scheduled"

    assert orders(station) == [(1, 0, DISABLE)]
    assert told(station) == [(1, "Unavailable")]
    over(station, 2)
    assert orders(station) == [(1, 0, DISABLE), (2, 0, DISABLE)]
    assert told(station) == [(1, "Unavailable"), (2, "Unavailable")]


@pytest.mark.parametrize(
    ("used", "wanted", "answer"), [(1, 1, "Scheduled"), (None, 1, "Scheduled"), (2, 1, "Accepted")]
)
def test_a_connector_waits_for_its_own_transaction(used: int | None, wanted: int, answer: str) -> None:
    station = station_of(evses={1: 2})
    run(station, 1, used)

    assert out(station, 1, wanted) == answer

    assert orders(station) == ([] if answer == "Scheduled" else [(1, 1, DISABLE)])


def test_who_is_wanted_again_meanwhile_stays_in_service(station: Station) -> None:
    run(station)
    out(station, 1)

    assert into(station, 1) == "Accepted"

    over(station)
    assert orders(station) == [(1, 0, ENABLE)]
    assert told(station) == []


def test_into_service_waits_for_nobody(station: Station) -> None:
    out(station, 1)
    run(station, 1)  # somebody weightier has put it back
    station.effects.clear()

    assert into(station, 1) == "Accepted"

    assert orders(station) == [(1, 0, ENABLE)]


def test_what_waits_survives_a_kill(station: Station) -> None:
    run(station)
    out(station, 1)

    station.restart()
    assert orders(station) == []

    over(station)
    assert orders(station) == [(1, 0, DISABLE)]


def test_a_real_transaction_ends_before_its_evse_goes(station: Station) -> None:
    evse = Evse(station)
    evse.plug()
    evse.authorize()
    evse.condition()
    assert out(station, 1) == "Scheduled"

    evse.finish(StopTransactionReason.LOCAL)
    evse.unplug()
    evse.condition()

    assert orders(station) == [(1, 0, DISABLE)]
    assert told(station) == [(1, "Occupied"), (1, "Unavailable")]


def test_a_transaction_that_ends_without_its_manager_is_noticed(station: Station) -> None:
    evse = Evse(station)
    evse.plug()
    evse.condition()
    run(station)
    out(station, 1)

    def stop(turn: Any) -> None:
        transaction = running(turn, 1)
        assert transaction is not None
        transactions.stop(turn, transaction, StopTransactionReason.REMOTE)

    station.turn(stop)

    assert orders(station) == [(1, 0, DISABLE)]


# -- lives, and managers that do not hear --------------------------------------------------------------------


def test_availability_outlives_a_restart(station: Station) -> None:  # G03.FR.08, G04.FR.09, M9.6
    out(station, 1)
    into(station, 2)

    station.options["site_life"] = "two"
    station.restart()

    assert orders(station) == [(1, 0, DISABLE), (2, 0, ENABLE)]


def test_a_station_that_was_never_told_anything_tells_nobody(station: Station) -> None:
    station.restart()

    assert orders(station) == []


def failed(station: Station, reason: FailureReason) -> None:
    station.reply(evse_manager.EnableDisable, Failure(reason=reason, detail="x"))


@pytest.mark.parametrize("reason", sorted(set(FailureReason) - availability.HOPELESS))
def test_a_manager_that_did_not_hear_is_told_again(station: Station, reason: FailureReason) -> None:
    out(station, 1)

    failed(station, reason)
    assert station.timers()["availability 1"] == availability.AGAIN_S
    station.fire("availability 1")

    assert orders(station) == [(1, 0, DISABLE), (1, 0, DISABLE)]


@pytest.mark.parametrize("reason", sorted(availability.HOPELESS))
def test_a_manager_that_cannot_obey_is_not_bothered_again(station: Station, reason: FailureReason) -> None:
    out(station, 1)

    failed(station, reason)

    assert "availability 1" not in station.timers()
    assert "availability_not_taken" in station.notes()


def test_a_manager_that_has_heard_is_left_alone(station: Station) -> None:
    out(station, 1)

    station.reply(evse_manager.EnableDisable, evse_manager.EnableDisableReply(enabled=False))

    assert "availability 1" not in station.timers()


def test_a_reply_to_an_older_wish_does_no_harm(station: Station) -> None:
    out(station, 1)
    first = next(each for each in station.effects if isinstance(each, Ask))
    into(station, 1)

    station.feed(Replied(first.purpose, Failure(reason=FailureReason.TIMEOUT, detail="x")))
    station.fire("availability 1")

    assert orders(station)[-1] == (1, 0, ENABLE)


# -- the site's own wish (S8.15) -----------------------------------------------------------------------------


def ask(station: Station, state: str, evse: types.ocpp.EVSE | None) -> types.ocpp.ChangeAvailabilityResponse:
    request = types.ocpp.ChangeAvailabilityRequest(
        operational_status=types.ocpp.OperationalStatusEnumType(state), evse=evse
    )
    (reply,) = station.ask(ocpp.ChangeAvailability(request=request))
    assert isinstance(reply, ocpp.ChangeAvailabilityReply)
    return reply.response


def test_the_site_changes_availability_as_the_csms_does(station: Station) -> None:
    first = ask(station, "Inoperative", types.ocpp.EVSE(id=2, connector_id=1))
    second = ask(station, "Operative", None)

    assert first.status is second.status is types.ocpp.ChangeAvailabilityStatusEnumType.ACCEPTED
    assert orders(station) == [(2, 1, DISABLE), (1, 0, ENABLE), (2, 0, ENABLE)]
    assert told(station) == [(2, "Unavailable")]


def test_the_site_is_refused_a_place_that_is_not_there(station: Station) -> None:
    response = ask(station, "Inoperative", types.ocpp.EVSE(id=9))

    assert response.status is types.ocpp.ChangeAvailabilityStatusEnumType.REJECTED
    assert response.status_info is not None
    assert response.status_info.reason_code == "UnknownEvse"

"""Status of connectors and what the CSMS is told of it (G01, B01, B04; rows S17.3, S17.4, M10.6, S9.19)."""

from itertools import product
from typing import Any

import pytest
from ocpp.v21 import call_result
from ocpp.v21.enums import ConnectorStatusEnumType as Status

from actors.evse.messages import EvseCondition, OutletCondition, Phase
from actors.ocpp.blocks import evse_conditions, status
from actors.ocpp.blocks.availability import Wish
from actors.ocpp.blocks.transaction_entries import Standing, Transaction
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Ask, LinkSaid, Replied, Resumed, Target
from actors.ocpp.messages import LinkState
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types.evse_manager import Connector, Evse
from tests.support.ocpp_station import START, Station

AVAILABLE, OCCUPIED, RESERVED = "Available", "Occupied", "Reserved"
FAULTED, UNAVAILABLE = "Faulted", "Unavailable"
BLOCKS = (evse_conditions.BLOCK, status.BLOCK)


def condition(
    evse_id: int = 1, *, faulted: tuple[int, ...] = (), disabled: tuple[int, ...] = (), **fields: Any
) -> EvseCondition:
    count = fields.pop("count", 1)
    connectors = tuple(
        OutletCondition(connector_id=each, enabled=each not in disabled, faulted=each in faulted)
        for each in range(1, count + 1)
    )
    return EvseCondition(evse_id=evse_id, connectors=connectors, **fields)


def plugged(evse_id: int = 1, **fields: Any) -> EvseCondition:
    return condition(evse_id, phase=Phase.SESSION, session_id="s", plugged_in=True, connector_id=1, **fields)


def station_of(**fields: Any) -> Station:
    return Station(blocks=BLOCKS, options={"site_life": "one"}, **fields)


def accepted(station: Station) -> None:
    station.connect()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))


@pytest.fixture
def station() -> Station:
    """Two EVSEs that are free, and known to the CSMS as that."""
    made = station_of()
    made.say(Target.EVSE_MANAGER, condition(1), 1)
    made.say(Target.EVSE_MANAGER, condition(2), 2)
    accepted(made)
    acknowledged(made)
    made.effects.clear()
    return made


def acknowledged(station: Station) -> None:
    while station.open is not None:
        station.answered(call_result.StatusNotification())


def told(station: Station) -> list[tuple[int, int, str]]:
    return [
        (each["evseId"], each["connectorId"], each["connectorStatus"])
        for each in station.sent("StatusNotification")
    ]


# -- M10.6 ---------------------------------------------------------------------------------------------------


def expected(faulted: int, unavailable: int, occupied: int, reserved: int, wanted: int) -> Status:
    if not wanted:
        return Status.unavailable
    names = (Status.faulted, Status.unavailable, Status.occupied, Status.reserved)
    facts = (faulted, unavailable, occupied, reserved)
    return next((name for name, holds in zip(names, facts, strict=True) if holds), Status.available)


@pytest.mark.parametrize("facts", list(product((0, 1), repeat=5)), ids=str)
def test_the_weightiest_fact_is_the_status(facts: tuple[int, ...]) -> None:
    faulted, unavailable, occupied, reserved, wanted = facts
    station = station_of()
    station.turn(lambda turn: turn.put(Wish(evse_id=1, connector_id=0, operative=bool(wanted))))
    news = condition(
        faulted=(1,) * faulted,
        disabled=(1,) * unavailable,
        plugged_in=bool(occupied),
        reservation_id=7 if reserved else None,
    )

    station.say(Target.EVSE_MANAGER, news)

    found: list[Status] = []
    station.turn(lambda turn: found.append(status.connector_status(turn, 1, 1)))
    assert found == [expected(*facts)]


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.IDLE, Status.available),
        (Phase.SESSION, Status.occupied),
        (Phase.TRANSACTION, Status.occupied),
        (Phase.OVER, Status.occupied),
    ],
)
def test_whoever_is_about_to_charge_occupies_the_connector(
    station: Station, phase: Phase, expected: Status
) -> None:
    station.say(Target.EVSE_MANAGER, condition(phase=phase))

    assert station.model.read(variables.CONNECTOR_AVAILABILITY, 1, 1) == expected.value


def of_two(news: EvseCondition) -> list[Status]:
    station = station_of(evses={1: 2})
    station.say(Target.EVSE_MANAGER, news)
    found: list[Status] = []
    station.turn(lambda turn: found.extend(status.connector_status(turn, 1, each) for each in (1, 2, 3)))
    assert found.pop() is Status.unavailable  # there is no third
    return found


@pytest.mark.parametrize(
    ("news", "statuses"),
    [
        (plugged(count=2), [Status.occupied, Status.available]),
        (condition(count=2, phase=Phase.SESSION), [Status.occupied, Status.occupied]),
        (condition(count=2, faulted=(2,)), [Status.available, Status.faulted]),
        (condition(count=2, disabled=(1,)), [Status.unavailable, Status.available]),
        (condition(count=2, reservation_id=-1), [Status.reserved, Status.reserved]),
    ],
    ids=["plugged", "authorized first", "faulted", "disabled", "reserved"],
)
def test_each_connector_has_a_status_of_its_own(news: EvseCondition, statuses: list[Status]) -> None:
    assert of_two(news) == statuses


def test_an_evse_that_has_said_nothing_is_unavailable() -> None:
    found: list[Status] = []

    station_of().turn(lambda turn: found.append(status.connector_status(turn, 1, 1)))

    assert found == [Status.unavailable]


def test_a_station_that_is_not_wanted_is_unavailable_though_faulted(station: Station) -> None:
    station.turn(lambda turn: turn.put(Wish(evse_id=0, connector_id=0, operative=False)))

    station.say(Target.EVSE_MANAGER, condition(faulted=(1,)))

    assert told(station)[0] == (1, 1, "Unavailable")


def test_a_connector_that_is_not_wanted_is_unavailable_before_its_manager_says_so(station: Station) -> None:
    station.turn(lambda turn: turn.put(Wish(evse_id=1, connector_id=1, operative=False)))

    station.say(Target.EVSE_MANAGER, condition(plugged_in=True))

    assert told(station) == [(1, 1, "Unavailable")]


def test_a_transaction_is_not_hidden_by_what_waits_for_its_end(station: Station) -> None:
    def run(turn: Any) -> None:
        turn.put(Wish(evse_id=1, connector_id=0, operative=False))
        turn.put(Standing(evse_id=1, transaction_id="t"))
        turn.put(Transaction(transaction_id="t", evse_id=1, session_id="s", started_at=START))

    station.turn(run)
    station.say(Target.EVSE_MANAGER, plugged())

    assert told(station) == [(1, 1, "Occupied")]


# -- the device model ----------------------------------------------------------------------------------------


NEWS = {
    AVAILABLE: condition(),
    OCCUPIED: condition(plugged_in=True),
    RESERVED: condition(reservation_id=1),
    FAULTED: condition(faulted=(1,)),
    UNAVAILABLE: condition(disabled=(1,)),
}


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        (AVAILABLE, UNAVAILABLE, AVAILABLE),
        (OCCUPIED, AVAILABLE, AVAILABLE),
        (OCCUPIED, RESERVED, OCCUPIED),
        (RESERVED, FAULTED, RESERVED),
        (FAULTED, UNAVAILABLE, FAULTED),
        (UNAVAILABLE, UNAVAILABLE, UNAVAILABLE),
    ],
)
def test_the_station_is_as_available_as_its_best_evse(first: str, second: str, whole: str) -> None:
    station = station_of()

    station.say(Target.EVSE_MANAGER, NEWS[first], 1)
    station.say(Target.EVSE_MANAGER, NEWS[second], 2)

    assert station.model.read(variables.STATION_AVAILABILITY) == whole
    assert station.model.read(variables.EVSE_AVAILABILITY, 1) == first
    assert station.model.read(variables.CONNECTOR_AVAILABILITY, 2, 1) == second


@pytest.mark.parametrize(
    ("news", "whole"),
    [
        (plugged(count=2), OCCUPIED),
        (condition(count=2, faulted=(1,)), AVAILABLE),
        (condition(count=2, faulted=(1,), disabled=(2,)), FAULTED),
        (condition(count=2, faulted=(1,), reservation_id=2), RESERVED),
    ],
)
def test_an_evse_in_use_is_occupied_whatever_its_other_connector_is(news: EvseCondition, whole: str) -> None:
    station = station_of(evses={1: 2})

    station.say(Target.EVSE_MANAGER, news)

    assert station.model.read(variables.EVSE_AVAILABILITY, 1) == whole


# -- after the boot (B01.FR.05) ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_every_connector_is_told_once_the_boot_is_accepted(version: Version) -> None:
    station = station_of(version=version, evses={1: 2, 2: 1})
    station.say(Target.EVSE_MANAGER, condition(1, count=2, faulted=(2,)), 1)
    station.say(Target.EVSE_MANAGER, plugged(2), 2)
    station.connect()
    assert told(station) == []

    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    acknowledged(station)

    assert told(station) == [(1, 1, AVAILABLE), (1, 2, FAULTED), (2, 1, OCCUPIED)]
    first = station.sent("StatusNotification")[0]
    assert first.keys() == {"timestamp", "connectorStatus", "evseId", "connectorId"}  # S17.3
    assert first["timestamp"] == "2026-03-01T12:00:00.000Z"


def test_what_changes_before_the_boot_is_accepted_is_not_kept(station: Station) -> None:
    station = station_of()
    for news in (condition(), plugged(), condition(), condition(2)):
        station.say(Target.EVSE_MANAGER, news, news.evse_id)

    accepted(station)
    acknowledged(station)

    assert told(station) == [(1, 1, AVAILABLE), (2, 1, AVAILABLE)]


def test_another_life_of_the_site_tells_every_connector_again(station: Station) -> None:
    station.options["site_life"] = "two"
    station.disconnect()
    station.restart()
    station.say(Target.EVSE_MANAGER, condition(1), 1)
    station.say(Target.EVSE_MANAGER, condition(2), 2)

    accepted(station)
    acknowledged(station)

    assert told(station) == [(1, 1, AVAILABLE), (2, 1, AVAILABLE)]


# -- while connected (G01) -----------------------------------------------------------------------------------


def test_a_change_is_told_and_a_condition_without_one_is_not(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, plugged())
    station.say(Target.EVSE_MANAGER, plugged(grants_taken=1))
    acknowledged(station)

    assert told(station) == [(1, 1, OCCUPIED)]


def test_changes_go_out_in_their_order(station: Station) -> None:
    for news in (plugged(), plugged(faulted=(1,)), plugged(), condition()):
        station.say(Target.EVSE_MANAGER, news)
        station.later(1)
    acknowledged(station)

    assert told(station) == [(1, 1, OCCUPIED), (1, 1, FAULTED), (1, 1, OCCUPIED), (1, 1, AVAILABLE)]
    assert [each["timestamp"][17:19] for each in station.sent()] == ["00", "01", "02", "03"]


def test_a_successor_tells_nothing_twice_and_nothing_false(station: Station) -> None:
    station.restart()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    assert told(station) == []  # its EVSEs have not said a word

    station.say(Target.EVSE_MANAGER, condition(1), 1)
    station.say(Target.EVSE_MANAGER, plugged(2), 2)
    acknowledged(station)

    assert told(station) == [(2, 1, OCCUPIED)]


def test_a_change_between_commit_and_sending_is_not_lost(station: Station) -> None:
    station.say(Target.EVSE_MANAGER, plugged())

    station.restart()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    acknowledged(station)

    assert told(station) == [(1, 1, OCCUPIED)]


def test_nothing_is_told_while_the_site_wants_no_connection(station: Station) -> None:
    station.turn(lambda turn: setattr(turn.live, "stopped", True))
    station.say(Target.EVSE_MANAGER, plugged())
    assert told(station) == []

    station.turn(lambda turn: setattr(turn.live, "stopped", False))
    station.connect()

    assert told(station) == [(1, 1, OCCUPIED)]


def test_a_connector_is_told_on_request_though_it_is_known(station: Station) -> None:
    station.turn(lambda turn: status.notify(turn, 2, 1))

    assert told(station) == [(2, 1, AVAILABLE)]


# -- after an outage (B04) -----------------------------------------------------------------------------------


def outage(station: Station, seconds: float, *news: EvseCondition) -> list[tuple[int, int, str]]:
    station.disconnect()
    for each in news:
        station.say(Target.EVSE_MANAGER, each, each.evse_id)
    station.later(seconds)
    station.connect()
    acknowledged(station)
    return told(station)


def test_after_a_short_outage_only_changes_are_told(station: Station) -> None:
    assert outage(station, 60, plugged(2)) == [(2, 1, OCCUPIED)]


def test_a_change_that_was_undone_in_a_short_outage_is_no_change(station: Station) -> None:
    assert outage(station, 60, plugged(2), condition(2)) == []


def test_after_a_long_outage_every_connector_is_told(station: Station) -> None:
    assert outage(station, 61, plugged(2)) == [(1, 1, AVAILABLE), (2, 1, OCCUPIED)]


def test_the_threshold_is_a_variable(station: Station) -> None:
    station.set(variables.OFFLINE_THRESHOLD, 5)

    assert outage(station, 6) == [(1, 1, AVAILABLE), (2, 1, AVAILABLE)]


def test_an_outage_is_as_long_as_it_was_though_we_died_in_it(station: Station) -> None:
    station.disconnect()
    station.later(50)
    station.restart()
    station.say(Target.EVSE_MANAGER, condition(1), 1)
    station.say(Target.EVSE_MANAGER, condition(2), 2)
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    station.later(20)

    station.connect()
    acknowledged(station)

    assert told(station) == [(1, 1, AVAILABLE), (2, 1, AVAILABLE)]


def test_an_outage_that_began_while_we_were_away_counts_from_its_beginning(station: Station) -> None:
    station.life()
    station.feed(Resumed())
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    station.say(Target.EVSE_MANAGER, condition(1), 1)
    station.later(61)
    station.feed(LinkSaid(LinkState(connection=0, since=START)))

    station.connect()
    acknowledged(station)

    assert told(station) == [(1, 1, AVAILABLE)]


# -- managers that are not there -----------------------------------------------------------------------------


def probe(station: Station, evse_id: int, reply: Any) -> None:
    station.fire("status")
    asks = [each for each in station.effects if isinstance(each, Ask)]
    ask = next(each for each in reversed(asks) if each.peer.number == evse_id)
    assert isinstance(ask.command, evse_manager.GetEvse)
    station.feed(Replied(ask.purpose, reply))
    acknowledged(station)


def here(evse_id: int) -> evse_manager.GetEvseReply:
    return evse_manager.GetEvseReply(evse=Evse(id=evse_id, connectors=(Connector(id=1),)))


def failure(reason: FailureReason) -> Failure:
    return Failure(reason=reason, detail="x")


@pytest.mark.parametrize("reason", sorted(status.AWAY))
def test_an_evse_whose_manager_is_away_is_unavailable(station: Station, reason: FailureReason) -> None:
    probe(station, 2, failure(reason))

    assert told(station) == [(2, 1, UNAVAILABLE)]
    assert "evse_away" in station.notes()
    assert station.timers()["status"] == status.LOOK_S

    probe(station, 2, failure(reason))
    assert told(station) == [(2, 1, UNAVAILABLE)]


def test_a_manager_that_is_back_counts_again(station: Station) -> None:
    probe(station, 2, failure(FailureReason.TIMEOUT))

    probe(station, 2, here(2))

    assert told(station) == [(2, 1, UNAVAILABLE), (2, 1, AVAILABLE)]
    assert "evse_back" in station.notes()


def test_a_manager_that_says_a_word_is_back(station: Station) -> None:
    probe(station, 2, failure(FailureReason.TIMEOUT))

    station.say(Target.EVSE_MANAGER, plugged(2), 2)
    acknowledged(station)

    assert told(station) == [(2, 1, UNAVAILABLE), (2, 1, OCCUPIED)]


@pytest.mark.parametrize("reply", [here(1), failure(FailureReason.CRASHED)], ids=["there", "just died"])
def test_a_manager_that_is_there_changes_nothing(station: Station, reply: Any) -> None:
    probe(station, 1, reply)

    assert told(station) == []


def test_an_evse_that_never_says_a_word_is_told_as_unavailable() -> None:
    station = station_of()
    station.restart()
    assert station.timers() == {"status": status.LOOK_S}
    accepted(station)
    assert told(station) == []

    probe(station, 2, failure(FailureReason.TIMEOUT))

    assert told(station) == [(2, 1, UNAVAILABLE)]


# -- MinimumStatusDuration -----------------------------------------------------------------------------------


def test_a_status_is_told_once_it_has_lasted(station: Station) -> None:
    station.set(variables.MINIMUM_STATUS_DURATION, 10)
    station.say(Target.EVSE_MANAGER, plugged())
    assert told(station) == []
    assert station.timers()["status_lasts 1 1"] == 10

    station.later(10)
    station.fire("status_lasts 1 1")

    assert told(station) == [(1, 1, OCCUPIED)]


def test_a_status_that_does_not_last_is_told_to_nobody(station: Station) -> None:
    station.set(variables.MINIMUM_STATUS_DURATION, 10)
    station.say(Target.EVSE_MANAGER, plugged())
    station.later(9)
    station.say(Target.EVSE_MANAGER, condition())
    station.later(9)
    station.say(Target.EVSE_MANAGER, plugged())
    station.later(1)
    station.fire("status_lasts 1 1")

    assert told(station) == []
    assert station.timers()["status_lasts 1 1"] == 9


def test_each_other_status_has_to_last_anew(station: Station) -> None:
    station.set(variables.MINIMUM_STATUS_DURATION, 10)
    station.say(Target.EVSE_MANAGER, plugged())
    station.later(9)
    station.say(Target.EVSE_MANAGER, plugged(faulted=(1,)))
    station.later(9)
    station.fire("status_lasts 1 1")
    assert told(station) == []
    station.later(1)
    station.fire("status_lasts 1 1")

    assert told(station) == [(1, 1, FAULTED)]


def test_the_status_after_a_boot_is_told_at_once() -> None:
    made = station_of()
    made.set(variables.MINIMUM_STATUS_DURATION, 10)
    made.say(Target.EVSE_MANAGER, plugged())
    accepted(made)

    assert told(made) == [(1, 1, OCCUPIED)]


def test_a_clock_that_is_set_back_keeps_no_status(station: Station) -> None:
    station.set(variables.MINIMUM_STATUS_DURATION, 10)
    station.say(Target.EVSE_MANAGER, plugged())
    station.later(-3600)
    station.fire("status_lasts 1 1")

    assert told(station) == [(1, 1, OCCUPIED)]


def test_another_back_end_is_told_of_every_connector(station: Station) -> None:
    """B10.FR.10, B01.FR.05."""
    station.disconnect()
    station.connections += 1
    other = LinkState(connection=station.connections, slot=2, since=station.now)
    station.feed(LinkSaid(other))
    acknowledged(station)

    assert told(station) == [(1, 1, AVAILABLE), (2, 1, AVAILABLE)]

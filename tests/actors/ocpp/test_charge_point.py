"""The core hands each input to the block it belongs to, and answers for those that nobody serves."""

import random

import pytest
from ocpp.v21 import call, call_result, enums

from actors.evse.messages import EvseCondition, OutletCondition
from actors.ocpp import inputs
from actors.ocpp.block import Block
from actors.ocpp.charge_point import ChargePoint
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.requests import Change
from actors.ocpp.entries import Answered, Queued
from actors.ocpp.inputs import Target
from actors.ocpp.messages import Called, CalledReply, CallReply, Outcome
from actors.ocpp.turn import Turn, chance
from protocols.interfaces import ocpp, system
from protocols.message import Failure, FailureReason
from protocols.ocpp.errors import Code
from protocols.ocpp.version import Version
from tests.support.ocpp_station import Station

heard: list[object] = []


@pytest.fixture(autouse=True)
def _deaf() -> None:
    heard.clear()


def clear(turn: Turn, tag: int, request: call.ClearCache) -> None:
    heard.append(request)
    turn.respond(tag, call_result.ClearCache(enums.ClearCacheStatusEnumType.accepted))


def later(turn: Turn, tag: int, _request: call.GetLocalListVersion) -> None:
    turn.ask(Target.SYSTEM, system.GetBootReason(), "later", tag=tag)


def now(turn: Turn, context: dict[str, int], reply: object) -> None:
    heard.append(reply)
    turn.respond(context["tag"], call_result.GetLocalListVersion(version_number=3))


def stop(turn: Turn, tag: int, _command: ocpp.Stop) -> None:
    turn.answer(tag, ocpp.StopReply(stopped=True))


def hear(word: str) -> object:
    return lambda *_: heard.append(word)


BLOCK = Block(
    name="one",
    requests={call.ClearCache: clear, call.GetLocalListVersion: later},
    commands={ocpp.Stop: stop},
    news={EvseCondition: lambda _turn, peer, news: heard.append((peer.number, news.evse_id))},
    replies={"later": now},
    timers={"wake": lambda _turn, rest: heard.append(rest)},
    resumed=hear("resumed"),  # type: ignore[arg-type]  # takes anything
    connected=hear("connected"),  # type: ignore[arg-type]  # as above
    accepted=hear("accepted"),  # type: ignore[arg-type]  # as above
    disconnected=hear("disconnected"),  # type: ignore[arg-type]  # as above
)


@pytest.fixture
def station() -> Station:
    return Station(blocks=(BLOCK,))


def test_a_request_is_answered_by_its_block(station: Station) -> None:
    assert station.request(call.ClearCache()) == {"status": "Accepted"}
    assert heard == [call.ClearCache()]


def test_a_request_may_be_answered_later(station: Station) -> None:
    assert station.request(call.GetLocalListVersion()) is None

    station.reply(system.GetBootReason, Failure(reason=FailureReason.CRASHED, detail="x"))

    assert station.response() == {"versionNumber": 3}


def test_a_request_that_comes_again_gets_the_same_answer(station: Station) -> None:
    station.request(call.ClearCache(), message_id="a")
    station.restart()

    assert station.request(call.ClearCache(), message_id="a") == {"status": "Accepted"}
    assert heard.count(call.ClearCache()) == 1


def test_a_request_under_an_old_id_over_a_new_connection_is_another_one(station: Station) -> None:
    station.connect()
    station.request(call.ClearCache(), message_id="1")
    station.disconnect()
    station.connect()

    station.request(call.ClearCache(), message_id="1")

    assert heard.count(call.ClearCache()) == 2


def test_a_request_that_a_handler_fails_at_is_answered_for_a_successor(station: Station) -> None:
    called = Called(connection=1, ocpp_version=Version.V21, message_id="a", action="ClearCache", payload="{}")

    spared = station.core.spare(inputs.CalledIn(7, called))
    station.core.commit(spared)
    station.feed(inputs.CalledIn(8, called))

    reply = station.response(8)
    assert isinstance(reply, CalledReply)
    assert reply.code == Code.INTERNAL_ERROR
    assert spared.effects == (inputs.AnswerCall(7, reply),)


@pytest.mark.parametrize(
    ("outcome", "left"),
    [(Outcome.ANSWERED, 0), (Outcome.REFUSED, 0), (Outcome.LOST, 1), (Outcome.TIMEOUT, 1)],
)
def test_of_an_answer_that_a_handler_fails_at_only_the_message_goes(
    station: Station, outcome: Outcome, left: int
) -> None:
    station.turn(lambda turn: turn.send(call.Heartbeat()))
    (queued,) = station.tables.all(Queued).values()
    fate = inputs.CallEnded(queued.message_id, CallReply(outcome=outcome, payload="{}"))

    station.core.commit(station.core.spare(fate))

    assert len(station.tables.all(Queued)) == left
    assert station.core.spare(inputs.Fired("test")).records == ()


def test_a_request_in_hand_is_taken_up_again_by_a_successor(station: Station) -> None:
    station.request(call.GetLocalListVersion(), message_id="a")
    station.restart()
    station.request(call.GetLocalListVersion(), message_id="a")

    station.reply(system.GetBootReason, system.GetBootReasonReply(boot_reason="PowerUp"))  # type: ignore[arg-type]  # any reply

    assert station.response() == {"versionNumber": 3}


def test_a_request_said_twice_is_answered_to_the_last_who_asked(station: Station) -> None:
    station.request(call.GetLocalListVersion(), message_id="a")
    first = station.tags
    station.request(call.GetLocalListVersion(), message_id="a")

    station.turn(lambda turn: turn.respond(first, call_result.GetLocalListVersion(version_number=1)))
    station.reply(system.GetBootReason, Failure(reason=FailureReason.CRASHED, detail="x"))

    assert station.response(first) is None
    assert station.response() == {"versionNumber": 3}
    assert "answered_twice" in station.notes()


@pytest.mark.parametrize(
    ("action", "code"), [("Reset", Code.NOT_SUPPORTED), ("Nonsense", Code.NOT_IMPLEMENTED)]
)
def test_what_no_block_serves_is_refused(station: Station, action: str, code: Code) -> None:
    called = Called(
        connection=1, ocpp_version=Version.V21, message_id="a", action=action, payload='{"type":"Immediate"}'
    )

    station.feed(inputs.CalledIn(7, called))

    reply = station.response(7)
    assert isinstance(reply, CalledReply)
    assert reply.code == code
    assert station.tables.get(Answered) == Answered(
        message_id="a", code=reply.code, description=reply.description, connection=1
    )


def test_an_action_of_2_1_is_not_known_in_2_0_1(station: Station) -> None:
    called = Called(
        connection=1, ocpp_version=Version.V201, message_id="a", action="BatterySwap", payload="{}"
    )

    station.feed(inputs.CalledIn(7, called))

    assert getattr(station.response(7), "code", "") == Code.NOT_IMPLEMENTED


def test_a_payload_that_the_types_do_not_hold_is_refused(station: Station) -> None:
    blocks = (Block(name="two", requests={call.Reset: clear}),)
    station = Station(blocks=blocks)
    called = Called(
        connection=1, ocpp_version=Version.V21, message_id="a", action="Reset", payload='{"type":"Now"}'
    )

    station.feed(inputs.CalledIn(7, called))

    assert getattr(station.response(7), "code", "") == Code.TYPE_CONSTRAINT_VIOLATION
    assert heard == []


def test_a_command_is_answered_by_its_block(station: Station) -> None:
    assert station.ask(ocpp.Stop()) == [ocpp.StopReply(stopped=True)]
    assert station.core.commands == {ocpp.Stop}


def test_news_reach_those_who_listen(station: Station) -> None:
    condition = EvseCondition(evse_id=2, connectors=(OutletCondition(connector_id=1),))

    station.say(Target.EVSE_MANAGER, condition, 2)
    station.say(Target.SYSTEM, ocpp.IsConnected(connected=True))

    assert heard == [(2, 2)]
    assert station.core.news == {EvseCondition}


def test_a_timer_goes_to_the_block_of_its_first_word(station: Station) -> None:
    station.fire("wake evse 1")

    assert heard == ["evse 1"]


def test_moments_of_the_connection_are_told_once(station: Station) -> None:
    station.feed(inputs.Resumed())
    station.connect()
    station.feed(inputs.LinkSaid(station.core.live.link))  # type: ignore[arg-type]  # there is one
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    station.connect()
    station.disconnect()
    station.disconnect()

    assert heard == ["resumed", "connected", "accepted", "disconnected", "connected", "disconnected"]


def test_two_blocks_cannot_claim_the_same() -> None:
    twin = Block(name="twin", commands={ocpp.Stop: stop})

    with pytest.raises(ValueError, match="twin"):
        Station(blocks=(BLOCK, twin))


def test_a_block_has_a_part_of_its_own_until_the_actor_dies(station: Station) -> None:
    station.core.live.of(list).append(1)

    assert station.core.live.of(list) == [1]
    station.restart()
    assert station.core.live.of(list) == []


def test_numbers_are_never_given_twice(station: Station) -> None:
    numbers: list[int] = []
    for _ in range(2):
        station.turn(lambda turn: numbers.extend((turn.number(), turn.number())))
        station.restart()

    assert numbers == [1, 2, 3, 4]


def test_a_turn_knows_whom_the_site_connects(station: Station) -> None:
    found: list[bool] = []
    station.turn(
        lambda turn: found.extend(
            (turn.is_connected(Target.SYSTEM), turn.is_connected(Target.DISPLAY_MESSAGE))
        )
    )

    assert found == [True, False]


def test_the_version_is_the_agreed_one_or_the_preferred(station: Station) -> None:
    found: list[Version] = []
    station.version = Version.V201
    station.turn(lambda turn: found.append(turn.version))
    station.connect()
    station.turn(lambda turn: found.append(turn.version))

    assert found == [Version.V21, Version.V201]


def test_chance_is_the_systems_unless_a_test_seeds_it() -> None:
    assert chance(5).getrandbits(64) == chance(5).getrandbits(64)
    assert isinstance(chance(), random.SystemRandom)


def test_the_shipped_blocks_claim_nothing_twice() -> None:
    station = Station(blocks=())

    ChargePoint(station.tables, station.model, station.core.settings)


def test_the_fate_of_a_message_nobody_asks_for_is_dropped(station: Station) -> None:
    event = call.SecurityEventNotification(type="x", timestamp="2026-03-01T12:00:00.000Z")
    station.connect()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    station.turn(lambda turn: turn.send(event))

    station.answered(call_result.SecurityEventNotification())

    assert station.open is None


def test_blocks_hear_of_changed_variables_at_the_end_of_the_turn() -> None:
    told: list[str] = []

    def changed(turn: Turn, changes: tuple[Change, ...]) -> None:
        told.extend(f"{each.name.variable}={each.new}" for each in changes)
        turn.model.put(variables.ICCID, "8949")  # which is a change once

    def wish(turn: Turn) -> None:
        turn.model.put(variables.IMSI, "262")
        assert told == []

    listening = Station(blocks=(Block(name="a", changed=changed), Block(name="deaf")))

    listening.turn(wish)

    assert told == ["IMSI=262", "ICCID=8949"]


def test_blocks_settle_once_all_have_heard_an_input() -> None:
    first = Block(name="a", settled=hear("settled"))  # type: ignore[arg-type]  # takes anything
    station = Station(blocks=(first, BLOCK))

    station.fire("wake up")
    station.feed(inputs.Resumed())

    assert heard == ["up", "settled", "resumed", "settled"]

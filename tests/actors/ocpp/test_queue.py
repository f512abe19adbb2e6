"""What goes out when, what is tried again, and what is given up."""

import pytest
from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp import inputs
from actors.ocpp.block import Block
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank, Weight
from actors.ocpp.inputs import SendCall
from actors.ocpp.messages import CallReply, Outcome
from actors.ocpp.turn import Turn
from tests.support.ocpp_station import Station

EVENT = call.TransactionEvent(
    event_type=enums.TransactionEventEnumType.started,
    timestamp="2026-03-01T12:00:00.000Z",
    trigger_reason=enums.TriggerReasonEnumType.authorized,
    seq_no=0,
    transaction_info=datatypes.TransactionType(transaction_id="t"),
)
BOOT = call.BootNotification(
    datatypes.ChargingStationType(model="m", vendor_name="v"), enums.BootReasonEnumType.power_up
)
NEWS = call.SecurityEventNotification(type="x", timestamp="2026-03-01T12:00:00.000Z")
DONE = call_result.SecurityEventNotification()


class Fates:
    """What became of messages, as the block that had sent them is told."""

    def __init__(self) -> None:
        self.sealed: list[tuple[str, Outcome]] = []

    def block(self) -> Block:
        names = ("TransactionEvent", "SecurityEventNotification", "BootNotification")
        return Block(
            name="fates", answers=dict.fromkeys(names, self._queued), replies={"direct": self._direct}
        )

    def _queued(self, _turn: Turn, queued: Queued, reply: CallReply) -> None:
        self.sealed.append((queued.action, reply.outcome))

    def _direct(self, _turn: Turn, context: object, reply: CallReply) -> None:
        assert context == {"name": "a"}
        self.sealed.append(("direct", reply.outcome))


@pytest.fixture
def fates() -> Fates:
    return Fates()


@pytest.fixture
def station(fates: Fates) -> Station:
    return Station(blocks=(fates.block(),))


def event(turn: Turn) -> None:
    turn.send(EVENT, rank=Rank.TRANSACTION, weight=Weight.NEVER, transaction_id="t")


def sample(turn: Turn) -> None:
    turn.send(EVENT, rank=Rank.TRANSACTION, weight=Weight.SAMPLE, transaction_id="t")


def news(turn: Turn) -> None:
    turn.send(NEWS)


def asked(turn: Turn) -> None:
    turn.send(NEWS, rank=Rank.ASKED)


def boot(turn: Turn) -> None:
    turn.send(BOOT, rank=Rank.BOOT, weight=Weight.NEVER)


def direct(turn: Turn) -> None:
    turn.call(call.Heartbeat(), "direct", name="a")


def accept(turn: Turn) -> None:
    turn.live.accepted = True


def actions(station: Station) -> list[str]:
    return [each.action for each in station.effects if isinstance(each, SendCall)]


def waiting(station: Station) -> list[str]:
    return [each.action for each in station.tables.all(Queued).values()]


def online(station: Station) -> None:
    station.connect()
    station.turn(accept)


def test_nothing_goes_out_without_a_connection(station: Station) -> None:
    station.turn(accept)
    station.turn(event)

    assert actions(station) == []
    assert waiting(station) == ["TransactionEvent"]


def test_boot_goes_first_and_holds_up_the_rest(station: Station) -> None:
    station.turn(event)
    station.turn(boot)

    station.connect()
    station.answered(DONE)

    assert actions(station) == ["BootNotification"]
    station.turn(accept)
    assert actions(station) == ["BootNotification", "TransactionEvent"]


def test_what_was_asked_for_goes_out_while_pending(station: Station) -> None:
    station.connect()
    station.turn(news)
    station.turn(asked)
    assert actions(station) == []

    station.turn(lambda turn: setattr(turn.live, "pending", True))

    assert len(actions(station)) == 1
    assert station.core.live.open_call.rank is Rank.ASKED  # type: ignore[union-attr]  # a queued one


def test_one_call_is_open_at_a_time(station: Station) -> None:
    online(station)

    station.turn(event)
    station.turn(event)
    assert actions(station) == ["TransactionEvent"]
    station.answered(DONE)

    assert actions(station) == ["TransactionEvent"] * 2
    assert waiting(station) == ["TransactionEvent"]


def test_messages_of_all_ranks_go_in_the_order_they_were_made(station: Station) -> None:
    for each in (news, event, asked, event):
        station.turn(each)
    online(station)
    for _ in range(3):
        station.answered(DONE)

    assert actions(station) == [
        "SecurityEventNotification",
        "TransactionEvent",
        "SecurityEventNotification",
        "TransactionEvent",
    ]


def test_a_call_somebody_waits_for_goes_before_the_queue(station: Station, fates: Fates) -> None:
    online(station)
    for each in (event, event, direct):
        station.turn(each)

    station.answered(DONE)
    station.answered(call_result.Heartbeat(current_time="2026-03-01T12:00:00Z"))

    assert actions(station) == ["TransactionEvent", "Heartbeat", "TransactionEvent"]
    assert fates.sealed == [("TransactionEvent", Outcome.ANSWERED), ("direct", Outcome.ANSWERED)]


def test_nobody_waits_for_a_call_without_a_connection(station: Station) -> None:
    taken = []
    station.turn(lambda turn: taken.append(turn.call(call.Heartbeat(), "direct", name="a")))

    assert taken == [False]
    assert station.connect() == []


@pytest.mark.parametrize("outcome", [Outcome.LOST, Outcome.NOT_SENT])
def test_a_lost_message_goes_again_under_its_id(station: Station, fates: Fates, outcome: Outcome) -> None:
    online(station)
    station.turn(event)
    first = station.open

    station.ended(outcome)
    station.disconnect()
    station.connect()
    assert station.open is None
    station.later(1)
    station.fire("queue")

    assert station.open == first
    assert fates.sealed == []


def test_a_call_whose_link_died_counts_as_lost(station: Station, fates: Fates) -> None:
    online(station)
    station.turn(event)
    assert station.open is not None

    station.feed(inputs.CallEnded(station.open.message_id, None))

    assert fates.sealed == []
    assert waiting(station) == ["TransactionEvent"]


def test_a_message_goes_again_after_a_restart(station: Station) -> None:
    online(station)
    station.turn(event)
    first = station.open

    station.restart()
    station.turn(accept)

    assert station.open == first


def test_an_attempt_is_made_again_after_a_growing_pause(station: Station) -> None:
    station.set(variables.MESSAGE_ATTEMPT_INTERVAL, 10)
    online(station)
    station.turn(event)

    pauses = []
    for _ in range(3):
        station.ended(Outcome.REFUSED, code="InternalError")
        pauses.append(station.timers()["queue"])
        station.later(pauses[-1])
        station.fire("queue")

    assert pauses == [10, 20, 30]
    assert len({each.message_id for each in station.effects if isinstance(each, SendCall)}) == 1


def test_other_ranks_go_on_while_one_waits(station: Station) -> None:
    online(station)
    station.turn(event)

    station.ended(Outcome.TIMEOUT)
    station.turn(news)

    assert actions(station) == ["TransactionEvent", "SecurityEventNotification"]


@pytest.mark.parametrize(
    ("make", "outcome", "kept"),
    [
        (event, Outcome.REFUSED, False),
        (event, Outcome.INVALID, False),
        (event, Outcome.TIMEOUT, True),
        (boot, Outcome.TIMEOUT, True),
        (boot, Outcome.REFUSED, False),
        (news, Outcome.REFUSED, False),
        (news, Outcome.TIMEOUT, False),
    ],
    ids=lambda each: getattr(each, "__name__", str(each)),
)
def test_after_all_attempts_only_patient_messages_stay(
    station: Station, fates: Fates, *, make: object, outcome: Outcome, kept: bool
) -> None:
    station.set(variables.MESSAGE_ATTEMPTS, 3)
    online(station)
    station.turn(make)  # type: ignore[arg-type]  # one of the functions above

    for _ in range(3):
        station.ended(outcome)
        station.later(100)
        station.fire("queue")

    assert bool(waiting(station)) is kept
    assert [each for _, each in fates.sealed] == ([] if kept else [outcome])
    assert ("message_given_up" in station.notes()) is not kept


def test_a_fate_that_belongs_to_no_open_call_is_passed_over(station: Station, fates: Fates) -> None:
    online(station)

    station.feed(inputs.CallEnded("stray", CallReply(outcome=Outcome.ANSWERED)))

    assert fates.sealed == []
    assert "stray_fate" in station.notes()


def test_waiting_calls_are_lost_with_the_connection(station: Station, fates: Fates) -> None:
    online(station)
    station.turn(event)
    station.turn(direct)

    station.disconnect()

    assert fates.sealed == [("direct", Outcome.LOST)]


def test_what_nobody_wants_any_more_is_given_up(station: Station) -> None:
    station.turn(lambda turn: turn.send(NEWS, keep_s=60))
    station.turn(news)
    station.later(61)
    online(station)

    assert "message_too_old" in station.notes()
    assert actions(station) == ["SecurityEventNotification"]
    station.answered(DONE)
    assert waiting(station) == []


def test_the_resume_delay_holds_back_all_but_boot(fates: Fates) -> None:
    station = Station(blocks=(fates.block(),), options={"resume_delay_s": 30.0})
    station.turn(boot)
    station.turn(event)
    online(station)
    station.answered(DONE)

    assert actions(station) == ["BootNotification"]
    assert station.timers()["queue"] == 30

    station.later(30)
    station.fire("queue")

    assert actions(station) == ["BootNotification", "TransactionEvent"]


def test_after_stop_nothing_is_kept_and_nothing_goes(station: Station) -> None:
    online(station)
    station.turn(lambda turn: setattr(turn.live, "stopped", True))

    station.turn(event)
    station.turn(direct)

    assert waiting(station) == []
    assert actions(station) == []


def test_the_lightest_and_oldest_give_way_to_the_disk() -> None:
    station = Station(blocks=(), options={"queue_bytes": 1800})
    for make in (event, sample, news, sample, event, news):
        station.turn(make)

    kept = [each.weight for each in station.tables.all(Queued).values()]

    assert Weight.SAMPLE not in kept
    assert kept.count(Weight.NEVER) == 2
    assert station.core.live.waiting.total_bytes <= 1800
    assert "message_shed" in station.notes()


def test_what_must_never_go_stays_over_the_bound() -> None:
    station = Station(blocks=(), options={"queue_bytes": 500})
    for _ in range(5):
        station.turn(event)

    assert len(waiting(station)) == 5


def test_an_open_call_is_not_shed() -> None:
    station = Station(blocks=(), options={"queue_bytes": 600})
    online(station)
    station.turn(sample)
    station.turn(sample)

    assert station.open is not None
    assert len(waiting(station)) == 1


def test_a_clock_that_was_set_back_holds_up_no_attempt(station: Station) -> None:
    station.turn(lambda turn: turn.send(EVENT, rank=Rank.TRANSACTION))
    station.core.live.accepted = True
    station.connect()
    station.ended(Outcome.TIMEOUT)
    assert station.open is None

    station.later(-10 * 365 * 86400)
    station.fire("queue")

    assert station.open is not None


@pytest.mark.parametrize("outcome", [Outcome.LOST, Outcome.NOT_SENT])
def test_a_clock_that_was_set_back_ends_the_pause(station: Station, outcome: Outcome) -> None:
    station.turn(lambda turn: turn.send(EVENT, rank=Rank.TRANSACTION))
    station.core.live.accepted = True
    station.connect()
    station.ended(outcome)
    assert station.open is None

    station.later(-3600)
    station.fire("queue")

    assert station.open is not None


# -- what cannot be sent -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [event, sample, boot, news, asked], ids=lambda each: each.__name__)
def test_what_cannot_be_sent_holds_up_nobody(station: Station, fates: Fates, make: object) -> None:
    station.connect()
    station.core.live.accepted = True
    station.turn(make)  # type: ignore[arg-type]  # one of the above
    station.turn(direct)

    station.ended(Outcome.UNSENDABLE, code="PropertyConstraintViolation")

    assert [outcome for _, outcome in fates.sealed] == [Outcome.UNSENDABLE]
    assert station.notes() == ["message_not_sendable"]
    (complaint,) = [each for each in station.effects if isinstance(each, inputs.Complain)]
    assert complaint.subject == fates.sealed[0][0]
    assert not station.tables.all(Queued)
    assert station.core.live.waiting.total_bytes == 0
    assert station.open is not None  # the next one


def test_the_error_is_over_when_such_a_message_goes_out(station: Station) -> None:
    station.connect()
    station.core.live.accepted = True
    for _ in range(3):
        station.turn(news)
    station.ended(Outcome.UNSENDABLE)
    assert not [each for each in station.effects if isinstance(each, inputs.Content)]

    station.answered(DONE)
    station.answered(DONE)

    assert [each.subject for each in station.effects if isinstance(each, inputs.Content)] == [
        "SecurityEventNotification"
    ]

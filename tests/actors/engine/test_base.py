"""What every actor does: dispatch by type, one answer per command, crash once, live and end in order.

Speaking to names is tested in test_base_asks.py, publishing in test_base_publishing.py.
"""

import os
import select

import pytest
from structlog.testing import capture_logs
from thespian.actors import ActorExitRequest, PoisonMessage, WatchMessage

from actors.engine import base, faults, messages
from actors.engine.base import SiteActor, handles
from actors.engine.envelope import Envelope, Kind
from actors.engine.metrics import BUCKETS_S
from actors.engine.simulation import Simulation
from protocols import codec
from protocols.interfaces import ac_rcd, slac, system
from protocols.message import Command, Failure, FailureReason, Reply, tag_of
from protocols.types.system import ResetType
from tests.support import actors
from tests.support.actors import Puppet
from tests.support.actors_messages import Answer, Note, Order, Question, Unheard, Unknown
from tests.support.simulated import Stage, branch, child


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    faults.disable()
    actors.reset()


@pytest.fixture
def stage():
    return Stage(child("asker"), child("evse", "evse"))


@pytest.fixture
def ask(stage):
    """Send a command to the EVSE from outside."""
    return lambda command: stage.simulation.ask("evse", command)


def events(logs):
    return [each["event"] for each in logs]


def put(stage, path, data, sender="site/asker"):
    """Have raw bytes arrive at an actor."""
    base, actor = stage.simulation.base, stage.simulation.actors()
    base.actor_send(actor[sender].myAddress, stage[path].myAddress, data)
    stage.simulation.run()


# Dispatch


class Resettable(SiteActor):
    """Handles three messages that are all called Reset."""

    heard = ""

    @handles(ac_rcd.Reset)
    def handle_rcd_reset(self, _command: ac_rcd.Reset) -> ac_rcd.ResetReply:
        self.heard = "ac_rcd"
        return ac_rcd.ResetReply(reset=True)

    @handles(slac.Reset)
    def handle_slac_reset(self, _command: slac.Reset) -> Reply:
        self.heard = "slac"
        return Reply()

    @handles(system.Reset)
    def handle_system_reset(self, _command: system.Reset) -> Reply:
        self.heard = "system"
        return Reply()


@pytest.mark.parametrize(
    "command",
    [
        ac_rcd.Reset(),
        slac.Reset(enable=True),
        system.Reset(type=ResetType.SOFT, scheduled=False),
    ],
    ids=lambda command: tag_of(type(command)),
)
def test_messages_of_one_name_reach_the_handler_of_their_module(command):
    simulation = Simulation()
    simulation.start(Resettable)

    simulation.ask("site", command)

    assert f"{simulation.actor('site').heard}.reset" == tag_of(type(command))


def test_two_handlers_of_one_message_are_refused_at_once():
    with pytest.raises(TypeError, match="one and other both handle Note"):

        class Torn(SiteActor):
            @handles(Note)
            def one(self, news: Note) -> None: ...

            @handles(Note)
            def other(self, news: Note) -> None: ...


class Loud(Puppet):
    """Handles a question by another method, and an order by an override without a mark."""

    @handles(Question)
    def shout(self, _command: Question) -> Answer:
        return Answer(text="HEARD")

    def handle_order(self, command: Order) -> Reply:
        super().handle_order(command)
        self.note("overridden")
        return Reply()


def test_handlers_are_inherited_and_can_be_replaced():
    simulation = Simulation()
    simulation.start(Loud)

    assert simulation.ask("site", Question()) == Answer(text="HEARD")
    assert simulation.ask("site", Order(number=1)) == Reply()
    assert actors.RECORDS["site"] == [1, "overridden"]
    assert Puppet._handlers[Question] == "handle_question"


class Noting:
    """Handlers for any actor, itself none."""

    @handles(Note)
    def handle_note_too(self, news: Note) -> None:
        actors.RECORDS["mixed in"].append(news.number)


class OrderTaker(SiteActor):
    @handles(Order)
    def handle_an_order(self, _command: Order) -> Reply:
        return Reply()


class Asked(SiteActor):
    @handles(Question)
    def handle_a_question(self, _command: Question) -> Answer:
        return Answer(text="mixed")


class Mixed(Noting, OrderTaker, Asked):
    pass


def test_handlers_of_every_base_are_inherited():
    simulation = Simulation()
    simulation.start(Mixed)

    assert simulation.ask("site", Question()) == Answer(text="mixed")
    assert simulation.ask("site", Order()) == Reply()
    simulation.tell("site", Note(number=7))
    assert actors.RECORDS["mixed in"] == [7]


def test_an_unknown_command_is_answered_unsupported(ask):
    with capture_logs() as logs:
        reply = ask(Unheard())

    assert reply == Failure(
        reason=FailureReason.UNSUPPORTED,
        detail="Puppet does not implement tests.support.actors_messages.unheard",
    )
    assert events(logs) == ["command_unsupported"]


def test_an_unknown_message_is_logged_and_harms_nobody(stage):
    with capture_logs() as logs:
        stage.simulation.tell("evse", Unknown())
        stage.simulation.tell("evse", Unheard())

    assert events(logs) == ["message_unknown", "command_unsupported"]
    assert logs[0]["tag"] == "tests.support.actors_messages.unknown"
    assert stage.tree("evse").restarts == 0


def test_a_command_of_a_base_type_reaches_no_handler_of_a_derived_one(ask):
    assert ask(Command()).reason is FailureReason.UNSUPPORTED


# Bytes that are no messages


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x93\x01\x02\x03", b"\x00" * 1000])
def test_bytes_that_are_no_envelope_are_refused_and_logged(stage, data):
    with capture_logs() as logs:
        put(stage, "evse", data)

    assert events(logs) == ["envelope_refused"]
    assert stage.tree("evse").restarts == 0


PAYLOADS = {
    "not msgpack": b"\xc1",
    "unknown tag": b"\x93\xa1x\x01\x80",
    "unknown field": b"\x93\xd9\x22tests.support.actors_messages.note\x01\x81\xa1x\x01",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_request_that_cannot_be_read_is_answered_invalid(stage, payload):
    replies = []
    stage.do("asker", lambda me: replies.append(me._ask_directly(me.heard)))
    letter = Envelope(Kind.REQUEST, replies[0], "site/asker", "", patient=False, payload=payload)
    with capture_logs() as logs:
        put(stage, "evse", letter.pack())

    assert "message_refused" in events(logs)
    assert [each.reason for each in stage.record("asker")] == [FailureReason.INVALID]


def test_an_answer_that_cannot_be_read_fails_the_ask(stage):
    numbers = []
    stage.script("evse", "question", lambda me: me.defer())
    stage.do("asker", lambda me: numbers.append(me.ask("evse", Question(), me.heard)))
    letter = Envelope(Kind.RESPONSE, numbers[0], "site/evse", "", patient=False, payload=b"\xc1")
    put(stage, "asker", letter.pack(), sender="site/evse")

    assert [each.reason for each in stage.record("asker")] == [FailureReason.INVALID]


@pytest.mark.parametrize("kind", [Kind.TELL, Kind.PUBLISH])
def test_other_messages_that_cannot_be_read_are_logged(stage, kind):
    letter = Envelope(kind, 0, "site/asker", "", patient=False, payload=b"\xc1")
    with capture_logs() as logs:
        put(stage, "evse", letter.pack())

    assert events(logs) == ["message_refused"]
    assert logs[0]["sender"] == "site/asker"
    assert stage.tree("evse").restarts == 0


def test_a_publication_nobody_subscribed_to_is_ignored(stage):
    letter = Envelope(Kind.PUBLISH, 0, "site/asker", "x", patient=False, payload=codec.encode(Unknown()))
    with capture_logs() as logs:
        put(stage, "evse", letter.pack())

    assert events(logs) == []


# One answer per command


def test_a_handler_answers_by_what_it_returns(ask):
    assert ask(Question(text="a")) == Answer(text="a!")


def test_a_failure_answers_any_command(stage, ask):
    failure = Failure(reason=FailureReason.INVALID, detail="no")
    stage.script("evse", "question", lambda _me: failure)

    assert ask(Question()) == failure


def defer_into(deferred):
    return lambda me: deferred.append(me.defer()) or deferred[-1]


def test_a_deferred_command_is_answered_later_and_once(stage, ask):
    deferred = []
    stage.script("evse", "question", defer_into(deferred))
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))
    assert stage.record("asker") == []
    stage.pass_time(5)

    deferred[0].answer(Answer(text="later"))
    stage.simulation.run()

    assert deferred[0].answered
    assert stage.record("asker") == [Answer(text="later")]
    with pytest.raises(RuntimeError, match="question was answered twice"):
        deferred[0].answer(Answer(text="again"))


def test_a_deferred_command_may_be_answered_at_once(stage, ask):
    def answer(me):
        deferred = me.defer()
        deferred.answer(Answer(text="now"))
        return deferred

    stage.script("evse", "question", answer)

    assert ask(Question()) == Answer(text="now")


def test_there_is_nothing_to_defer_outside_a_command(stage):
    caught = []

    def try_it(me):
        try:
            me.defer()
        except RuntimeError as error:
            caught.append(str(error))

    stage.do("evse", try_it)

    assert caught == ["there is no command to defer"]


@pytest.mark.parametrize("wrong", [Reply(), None, "text", Note(number=1), Question()])
def test_an_answer_of_another_type_is_a_crash(stage, ask, wrong):
    stage.script("evse", "question", lambda _me: wrong)
    reply = ask(Question())

    assert reply.reason is FailureReason.CRASHED
    assert "question must be answered with Answer, not" in reply.detail
    assert stage.tree("evse").restarts == 1


def test_a_surplus_answer_type_is_a_crash_too(stage, ask):
    stage.script("evse", "order", lambda _me: Answer(text="chatty"))

    assert ask(Order()).reason is FailureReason.CRASHED


def test_a_wrong_deferred_answer_is_a_crash_too(stage):
    deferred = []
    stage.script("evse", "question", defer_into(deferred))
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))

    stage.do("evse", lambda _me: deferred[0].answer(Reply()))

    [failure] = stage.record("asker")
    assert failure.reason is FailureReason.CRASHED
    assert "question must be answered with Answer, not Reply()" in failure.detail


def test_a_command_is_deferred_or_answered_not_both(stage, ask):
    stage.script("evse", "question", lambda me: (me.defer(), Answer(text="and yet"))[1])
    reply = ask(Question())

    assert reply.reason is FailureReason.CRASHED
    assert "was deferred, and answered with" in reply.detail


def test_a_promise_that_is_not_returned_is_a_crash(stage, ask):
    stage.script("evse", "question", lambda me: me.defer() and None)

    assert ask(Question()).reason is FailureReason.CRASHED


def test_another_commands_promise_is_no_answer(stage, ask):
    deferred = []
    stage.script("evse", "question", defer_into(deferred))
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))
    stage.script("evse", "order", lambda _me: deferred[0])

    assert "must be answered with Reply, not" in ask(Order()).detail


def test_deferring_twice_is_deferring_once(stage, ask):
    stage.script("evse", "question", lambda me: me.defer() if me.defer() is me.defer() else None)
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))

    stage.do("evse", lambda me: next(iter(me._deferred.values()))[0].answer(Answer(text="once")))
    assert stage.record("asker") == [Answer(text="once")]


def test_a_handler_that_crashes_after_its_deferred_answer_answers_once(stage):
    def answer_and_crash(me):
        me.defer().answer(Answer(text="in time"))
        crash(me)

    stage.script("evse", "question", answer_and_crash)
    with capture_logs() as logs:
        stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))

    assert stage.record("asker") == [Answer(text="in time")]
    assert "answer_late" not in events(logs)


def test_a_told_command_may_be_deferred_though_nobody_waits(stage):
    deferred = []
    stage.script("evse", "question", defer_into(deferred))
    stage.do("asker", lambda me: me.tell("evse", Question(text="told")))

    stage.do("evse", lambda _me: deferred[0].answer(Answer(text="to nobody")))

    assert stage.record("evse") == ["told"]
    assert stage.tree("evse").restarts == 0
    assert stage["evse"]._deferred == {}


def test_a_crash_over_a_told_command_is_answered_to_nobody(stage):
    stage.script("evse", "question", crash)
    with capture_logs() as logs:
        stage.do("asker", lambda me: me.tell("evse", Question(text="told")))

    assert stage.record("evse") == ["told"]
    assert events(logs) == ["crashed", "child_died", "restarting"]


def test_a_request_that_is_no_command_is_answered_invalid(stage):
    replies = []
    stage.do("asker", lambda me: replies.append(me._ask_directly(me.heard)))
    payload = codec.encode(Note(number=1))
    letter = Envelope(Kind.REQUEST, replies[0], "site/asker", "", patient=False, payload=payload)
    put(stage, "evse", letter.pack())

    assert [each.reason for each in stage.record("asker")] == [FailureReason.INVALID]
    assert stage.record("evse") == []
    assert stage.tree("evse").restarts == 0


# A crash happens once


def crash(me):
    raise ValueError(f"{me.path} is broken")


def test_a_crash_runs_the_handler_once_and_answers_once(stage, ask):
    stage.script("evse", "question", crash)
    with capture_logs() as logs:
        reply = ask(Question(text="fatal"))

    assert reply == Failure(reason=FailureReason.CRASHED, detail="site/evse: ValueError: site/evse is broken")
    assert stage.record("evse") == ["fatal"]
    assert events(logs) == ["crashed", "child_died", "restarting"]
    assert logs[0]["error"] == "ValueError: site/evse is broken"
    assert logs[0]["message"] == "tests.support.actors_messages.question"
    assert "in crash" in logs[0]["where"]


def test_the_supervisor_learns_why_an_actor_crashed(stage, ask):
    stage.script("evse", "question", crash)
    ask(Question())

    node = stage.tree("evse")
    assert (node.restarts, node.last_error) == (1, "ValueError: site/evse is broken")
    assert stage["evse"].exit_code == 0


def test_a_crashed_actor_handles_nothing_more(stage):
    stage.script("evse", "note", crash)
    address = stage["evse"].myAddress
    dead = stage["evse"]
    for number in (1, 2):
        stage.simulation._send(address, Kind.TELL, "evse", Note(number=number), 0)
    stage.simulation.base.step()
    dead.receiveMessage(Envelope(Kind.TELL, 0, "x", "", patient=False, payload=b"").pack(), address)

    stage.simulation.run()
    assert stage.record("evse") == [1]


def test_everybody_who_waits_for_a_deferred_answer_hears_of_the_crash(stage):
    stage.script("evse", "question", lambda me: me.defer())
    for _ in range(3):
        stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))

    stage.do("evse", crash)

    assert [each.reason for each in stage.record("asker")] == [FailureReason.CRASHED] * 3
    assert {each.detail for each in stage.record("asker")} == {"site/evse: ValueError: site/evse is broken"}


def test_a_deferred_answer_given_before_the_crash_stands(stage):
    deferred = []
    stage.script("evse", "question", defer_into(deferred))
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))

    def answer_and_crash(me):
        deferred[0].answer(Answer(text="in time"))
        crash(me)

    stage.do("evse", answer_and_crash)

    assert stage.record("asker") == [Answer(text="in time")]


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError("even this")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError("/a/\udcff"), "FileNotFoundError: /a/\\udcff"),
        (UnspeakableError(), "UnspeakableError: (its text cannot be made)"),
        (ValueError("x" * 10**7), f"ValueError: {'x' * 1988}"),
    ],
    ids=["surrogate", "unspeakable", "endless"],
)
def test_a_crash_with_a_text_that_cannot_be_said_is_still_one(stage, ask, error, text):
    def fail(_me):
        raise error

    stage.script("evse", "question", fail)

    assert ask(Question(text="fatal")).detail == f"site/evse: {text}"
    assert stage.record("evse") == ["fatal"]
    assert stage.tree("evse").last_error == text


def test_a_crash_that_cannot_be_logged_is_still_one(stage, ask):
    # given a log on a disk that is full
    class FullDisk:
        def __getattr__(self, _level):
            raise OSError(28, "No space left on device")

    stage["evse"].log = FullDisk()
    stage.script("evse", "question", crash)

    assert ask(Question(text="fatal")).reason is FailureReason.CRASHED
    assert stage.record("evse") == ["fatal"]
    assert stage.tree("evse").restarts == 1


@pytest.mark.parametrize("where", ["timer", "soon", "watch", "then", "subscription"])
def test_whatever_is_called_back_may_crash_the_actor(stage, where):
    def arrange(me):
        match where:
            case "timer":
                me.start_timer("t", 1.0, lambda: crash(me))
            case "soon":
                me.soon(lambda: crash(me))
            case "watch":
                me.watch(0, lambda: crash(me))
            case "then":
                me.ask("asker", Question(), lambda _reply: crash(me), deadline_s=1.0)
            case "subscription":
                me.subscribe("evse", Unknown, lambda _item: crash(me))

    stage.do("evse", arrange)
    if where == "watch":
        stage["evse"].receiveMessage(WatchMessage([0]), None)
        stage.simulation.run()
    elif where == "subscription":
        stage.do("evse", lambda me: me.publish(Unknown(), "evse"))
    stage.pass_time(1.5)

    node = stage.tree("evse")
    assert (node.restarts, node.last_error) == (1, "ValueError: site/evse is broken")


def test_a_crash_in_the_constructor_counts_as_a_failed_start(stage):
    lives = []

    def init(_me):
        lives.append(1)
        if len(lives) == 1:
            raise ValueError("stillborn")

    actors.SCRIPTS["Puppet", "init"] = init
    stage.kill("evse")

    node = stage.tree("evse")
    assert (node.restarts, node.state, node.last_error) == (1, "Backoff", "ended")
    stage.pass_time(0.1)
    node = stage.tree("evse")
    assert (node.restarts, node.state) == (2, "Running")
    assert len(lives) == 2


def test_a_crash_in_on_stop_still_ends_the_actor(stage):
    stage.script("evse", "on_stop", crash)
    with capture_logs() as logs:
        stage.simulation.tell("site/evse", messages.Stop(within_s=1.0))

    assert "crashed" in events(logs)
    assert stage.tree("evse").restarts == 1


# Life


def test_an_actor_starts_registers_and_becomes_ready_in_that_order():
    order = []
    actors.SCRIPTS["site/evse", "on_start"] = lambda me: order.append(("start", me.ready, me._generation))
    actors.SCRIPTS["site/evse", "on_ready"] = lambda me: order.append(("ready", me.ready, me._generation))
    stage = Stage(child("evse", "evse"))

    assert order == [("start", False, 0), ("ready", True, stage["evse"]._generation)]
    assert stage["evse"]._generation > 0


def test_an_actor_knows_who_it_is():
    stage = Stage(child("evse", "evse", evse=3, config={"limit": [1, {"a": None}]}))
    actor = stage["evse"]

    assert (actor.path, actor.lineage, actor.evse) == ("site/evse", "site#0/evse#0", 3)
    assert actor.config == {"limit": [1, {"a": None}]}
    assert [grant.name for grant in actor.grants] == ["evse"]
    stage.kill("evse")
    assert stage["evse"].lineage == "site#0/evse#1"


def test_everything_below_an_evse_belongs_to_it():
    stage = Stage(branch("evse_2", child("connector"), child("other", evse=7), evse=2), child("auth"))

    assert [stage[each].evse for each in ("evse_2", "evse_2/connector", "evse_2/other", "auth")] == [
        2, 2, 7, None]  # fmt: skip


def test_logs_say_which_actor_and_which_evse():
    stage = Stage(child("evse", evse=3), child("auth"))
    with capture_logs() as logs:
        stage.do("evse", lambda me: me.log.info("here"))
        stage.do("auth", lambda me: me.log.info("there"))

    assert logs == [
        {"event": "here", "log_level": "info", "actor": "site/evse", "evse": 3},
        {"event": "there", "log_level": "info", "actor": "site/auth"},
    ]


def test_an_actor_has_not_started_while_something_holds_it():
    stage = Stage(child("evse", "evse", actor="Slow"))
    assert stage.supervision().supervision.children["evse"].state == "Starting"

    stage.do("evse", lambda me: me.release("something else"))
    assert stage.supervision().supervision.children["evse"].state == "Starting"
    stage.do("evse", lambda me: me.release("test"))
    stage.do("evse", lambda me: me.release("test"))
    assert stage.supervision().supervision.children["evse"].state == "Running"
    assert stage["evse"].ready


def test_stop_calls_on_stop_and_leaves_cleanly(stage):
    stage.simulation.tell("site/evse", messages.Stop(within_s=1.0))

    assert stage.record("evse") == ["stopped"]
    node = stage.tree("evse")
    assert (node.restarts, node.last_error) == (1, None)


def test_thespians_exit_request_is_a_stop_as_well(stage):
    actor = stage["evse"]
    actor.receiveMessage(ActorExitRequest(), actor.myAddress)
    stage.simulation.run()

    assert stage.record("evse") == ["stopped"]
    assert stage.tree("evse").restarts == 1


def test_a_lost_message_that_thespian_returns_is_logged(stage):
    actor = stage["evse"]
    with capture_logs() as logs:
        actor.receiveMessage(PoisonMessage(b"", "details"), actor.myAddress)
        actor.receiveMessage("something else", actor.myAddress)

    assert events(logs) == ["message_lost"]
    assert logs[0]["details"] == "details"


@pytest.mark.parametrize(("code", "last_error"), [(0, None), (3, "exit code 3")])
def test_an_actor_may_leave_by_itself(stage, code, last_error):
    stage.do("evse", lambda me: me.leave(code))

    node = stage.tree("evse")
    assert (node.restarts, node.last_error) == (1, last_error)


def test_who_has_left_does_nothing_more(stage):
    def leave(me):
        me.soon(lambda: me.note("too late"))
        me.start_timer("t", 0.0, lambda: me.note("too late"))
        me.leave()

    stage.do("evse", leave)
    stage.pass_time(1)

    assert stage.record("evse") == []


def test_a_superseded_actor_leaves(stage):
    with capture_logs() as logs:
        stage.simulation.tell("site/evse", messages.Superseded())

    assert "superseded" in events(logs)
    assert stage.tree("evse").restarts == 1


def test_an_actor_refused_by_the_registry_says_so(stage):
    with capture_logs() as logs:
        stage["evse"]._registered(Failure(reason=FailureReason.CRASHED, detail="x"))

    assert events(logs) == ["not_registered"]


# Timers


def test_a_timer_fires_once_after_its_time(stage):
    stage.do("evse", lambda me: me.start_timer("t", 2.0, lambda: me.note(stage.now_s)))
    begun_s = stage.now_s

    stage.pass_time(10)

    assert stage.record("evse") == [pytest.approx(begun_s + 2.0)]


def test_a_cancelled_timer_does_not_fire(stage):
    said = []
    stage.do("evse", lambda me: me.start_timer("t", 2.0, lambda: me.note("fired")))
    stage.do("evse", lambda me: said.extend([me.cancel_timer("t"), me.cancel_timer("t")]))
    stage.pass_time(10)

    assert stage.record("evse") == []
    assert said == [True, False]


def test_a_timer_started_again_fires_at_the_later_time_only(stage):
    stage.do("evse", lambda me: me.start_timer("t", 2.0, lambda: me.note("first")))
    stage.pass_time(1)
    stage.do("evse", lambda me: me.start_timer("t", 5.0, lambda: me.note("second")))

    stage.pass_time(4.9)
    assert stage.record("evse") == []
    stage.pass_time(0.2)
    assert stage.record("evse") == ["second"]


def test_an_earlier_timer_wakes_the_actor_before_a_later_one(stage):
    def arrange(me):
        for after_s in (5.0, 1.0, 3.0):
            me.start_timer(f"t{after_s}", after_s, lambda after_s=after_s: me.note(after_s))

    stage.do("evse", arrange)

    stage.pass_time(1.5)
    assert stage.record("evse") == [1.0]
    stage.pass_time(10)
    assert stage.record("evse") == [1.0, 3.0, 5.0]


def test_a_timer_beyond_the_longest_sleep_fires_after_its_time(stage, monkeypatch):
    monkeypatch.setattr(base, "LONGEST_SLEEP_S", 3.0)
    stage.do("evse", lambda me: me.start_timer("t", 7.0, lambda: me.note("late")))
    stage.do("evse", lambda me: me.start_timer("never", 1e300, lambda: me.note("never")))

    stage.pass_time(6.9)
    assert stage.record("evse") == []
    stage.pass_time(4)
    assert stage.record("evse") == ["late"]


def test_the_kernel_takes_the_longest_sleep():
    awake = os.eventfd(1)
    with select.epoll() as epoll:
        epoll.register(awake, select.EPOLLIN)
        assert epoll.poll(base.LONGEST_SLEEP_S) == [(awake, select.EPOLLIN)]
    os.close(awake)


def test_timers_die_with_their_actor(stage):
    stage.do("evse", lambda me: me.start_timer("t", 2.0, lambda: me.note("fired")))
    stage.kill("evse")
    stage.pass_time(10)

    assert stage.record("evse") == []


def test_soon_is_after_the_message_in_hand(stage):
    def arrange(me):
        me.soon(lambda: me.note("second"))
        me.soon(lambda: me.soon(lambda: me.note("fourth")))
        me.soon(lambda: me.note("third"))
        me.note("first")

    stage.do("evse", arrange)

    assert stage.record("evse") == ["first", "second", "third", "fourth"]


def test_a_timer_without_delay_does_not_starve_the_others(stage):
    def again(me):
        me.note("again")
        me.start_timer("again", 0.0, lambda: again(me))

    def arrange(me):
        again(me)
        me.start_timer("once", 0.0, lambda: me.note("once"))

    stage.do("evse", arrange)
    with pytest.raises(RuntimeError, match="wake-ups at the same moment"):
        stage.pass_time(1.0)

    assert stage.record("evse")[:3] == ["again", "again", "once"]


# What the transport says while the actor is busy


@pytest.mark.parametrize("lost", [False, True])
def test_a_message_that_fails_while_it_is_sent_is_dealt_with_afterwards(stage, lost):
    # given a transport that knows at once that it cannot deliver
    actor, gone = stage["asker"], stage["evse"].myAddress
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))

    def send(target, frame):
        if lost:
            actor.on_lost(target, frame, shed=True)
        else:
            actor.on_undeliverable(target, frame)

    def ask_and_go_on(me):
        me.send = send
        me.ask("evse", Question(), lambda reply: me.note(type(reply)), patient=False)
        del me.send
        me.note("the handler went on")

    stage.do("asker", ask_and_go_on)

    assert gone == stage["evse"].myAddress
    assert stage.record("asker")[1:] == ["the handler went on", Failure]


@pytest.mark.parametrize("lost", [False, True])
def test_a_callback_of_a_failed_message_may_use_soon_and_timers(stage, lost):
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))
    frames = []

    def on_failure(me):
        me.soon(lambda: me.note("soon"))
        me.start_timer("t", 1.0, lambda: me.note("timer"))

    def ask(me):
        me.send = lambda _target, frame: frames.append(frame)
        me.ask("evse", Question(), lambda _reply: on_failure(me), patient=False)
        del me.send

    stage.do("asker", ask)
    actor, target = stage["asker"], stage["evse"].myAddress
    if lost:
        actor.on_lost(target, frames[0], shed=False)
    else:
        actor.on_undeliverable(target, frames[0])
    stage.pass_time(2.0)

    assert stage.record("asker")[1:] == ["soon", "timer"]


class Stuck:
    """Cannot be closed."""

    def close(self):
        raise OSError("no space left on device")


class Closed:
    """Notes that it was closed."""

    def __init__(self):
        self.times = 0

    def close(self):
        self.times += 1


def test_a_resource_that_cannot_be_closed_keeps_no_crash_from_being_told():
    stage = Stage(child("asker"), child("evse", "evse"))
    first, last = Closed(), Closed()

    def crash(me):
        for each in (first, Stuck(), last):
            me.own(each)
        raise ValueError("asked to")

    stage.script("evse", "question", crash)
    with capture_logs() as logs:
        stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))

    assert [each.reason for each in stage.record("asker")] == [FailureReason.CRASHED]
    assert (first.times, last.times) == (1, 1)
    assert stage.tree("evse").restarts == 1
    [complaint] = [each for each in logs if each["event"] == "not_closed"]
    assert (complaint["resource"], complaint["error"]) == ("Stuck", "OSError: no space left on device")


def test_an_actor_leaves_though_its_resources_cannot_even_be_looked_for(monkeypatch):
    stage = Stage(child("evse", "evse", restart="transient"))

    def broken(_me):
        raise KeyboardInterrupt

    monkeypatch.setattr(SiteActor, "close_owned", broken)
    with pytest.raises(KeyboardInterrupt):
        stage["evse"].leave()

    assert stage.simulation.base.leaving


# Logging


def test_lines_carry_actor_evse_and_session_while_there_is_one():
    stage = Stage(child("evse", "evse", evse=1))
    with capture_logs() as logs:
        stage.do("evse", lambda me: me.log.info("before"))
        stage.do("evse", lambda me: (me.bind_session("s-1"), me.log.info("during")))
        stage.do("evse", lambda me: me.log.info("still"))
        stage.do("evse", lambda me: (me.bind_session("s-2"), me.log.info("next")))
        stage.do("evse", lambda me: (me.bind_session(None), me.bind_session(None), me.log.info("after")))

    assert [(line["event"], line.get("session")) for line in logs] == [
        ("before", None), ("during", "s-1"), ("still", "s-1"), ("next", "s-2"), ("after", None)
    ]  # fmt: skip
    assert {(line["actor"], line["evse"]) for line in logs} == {("site/evse", 1)}


# File descriptors


def test_a_watched_descriptor_calls_its_action(stage):
    stage.do("evse", lambda me: me.watch(7, lambda: me.note("readable")))
    actor = stage["evse"]

    watch = actor.receiveMessage(WatchMessage([7]), actor.myAddress)
    assert watch.filenos == [7]
    assert stage.record("evse") == ["readable"]

    stage.do("evse", lambda me: me.unwatch(7))
    assert actor.receiveMessage(WatchMessage([7]), actor.myAddress) is None
    assert stage.record("evse") == ["readable"]


def test_who_leaves_watches_nothing_any_more(stage):
    stage.do("evse", lambda me: me.watch(7, me.leave))
    actor = stage["evse"]

    assert actor.receiveMessage(WatchMessage([7]), actor.myAddress) is None
    assert actor._left


# Counters and other questions every actor answers


def test_an_actor_tells_what_it_counted(stage, ask):
    before = ask(messages.GetMetrics())
    for _ in range(3):
        ask(Question())
    after = ask(messages.GetMetrics())

    assert after.path == "site/evse"
    assert after.received - before.received == 4
    assert after.sent - before.sent == 4  # three answers and that of the first question for counters
    assert sum(after.handler_s) == after.received - 1
    assert sum(after.mailbox_s) == after.received
    assert len(after.handler_s) == len(after.mailbox_s) == len(BUCKETS_S) + 1
    assert after.refused == {}


def test_handler_time_is_counted_where_it_is_spent(stage, ask):
    stage.script("evse", "question", lambda me: me.port.clock.advance(0.3) or Answer(text=""))
    ask(Question())
    reply = ask(messages.GetMetrics())

    assert reply.handler_total_s == pytest.approx(0.3)
    assert reply.handler_s[BUCKETS_S.index(0.5)] == 1


def test_a_tick_is_answered_after_all_before_it(stage, ask):
    stage.simulation._send(stage["evse"].myAddress, Kind.TELL, "evse", Note(number=1), 0)

    assert ask(messages.Tick()) == Reply()
    assert stage.record("evse") == [1]


def test_a_ping_is_answered_to_the_supervisor(stage):
    stage.pass_time(60)

    assert stage.tree("evse").restarts == 0
    assert stage.supervision().supervision.children["evse"].ping >= 100

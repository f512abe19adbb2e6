"""Speaking to names: what arrives, in which order, and what is said when nobody answers."""

import pytest
from structlog.testing import capture_logs

from actors.engine import faults, messages
from actors.engine.base import ASK_DEADLINE_S, TELL_DEADLINE_S
from actors.engine.conversation import DIRECT_DEADLINE_S
from actors.engine.envelope import Envelope, Kind
from actors.engine.names import MAX_WAITING, RESOLVE_S
from protocols.message import Failure, FailureReason, Reply
from tests.support import actors
from tests.support.actors_messages import Answer, Note, Order, Question
from tests.support.simulated import Stage, child

# a second death within a day is followed by a long rest
RESTING = {"intensity": 1000, "period_s": 1e6, "backoff_s": 1e5, "backoff_max_s": 1e5}


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    faults.disable()
    actors.reset()


@pytest.fixture
def stage():
    """Somebody who speaks and somebody who is spoken to."""
    return Stage(child("asker"), child("evse", "evse", **RESTING))


def ask(stage, name="evse", command=None, **kwargs):
    stage.do("asker", lambda me: me.ask(name, command or Question(text="who"), me.heard, **kwargs))


def tell(stage, *numbers, name="evse", run=True, **kwargs):
    for number in numbers:
        stage.do("asker", lambda me, number=number: me.tell(name, Note(number=number), **kwargs), run=run)


def down(stage):
    """Have the actor spoken to killed so often that its supervisor waits before it tries again."""
    while "site/evse" in stage.paths():
        stage.kill("evse")


def up(stage):
    """Have the supervisor try now."""
    stage.supervision().restart_child("evse")
    stage.simulation.run()


def failures(stage):
    return [(each.reason, each.detail) for each in stage.record("asker")]


# Asks


def test_an_ask_gets_its_reply(stage):
    ask(stage)

    assert stage.record("asker") == [Answer(text="who!")]


def test_a_command_without_result_gets_the_bare_reply(stage):
    ask(stage, command=Order(number=4))

    assert stage.record("asker") == [Reply()]
    assert stage.record("evse") == [4]


def test_answers_reach_the_ask_they_belong_to(stage):
    deferred = []
    stage.script("evse", "question", lambda me: deferred.append(me.defer()) or deferred[-1])
    for text in "ab":
        stage.do(
            "asker", lambda me, text=text: me.ask("evse", Question(), lambda reply: me.note((text, reply)))
        )

    stage.do("evse", lambda _me: deferred[1].answer(Answer(text="second")))
    stage.do("evse", lambda _me: deferred[0].answer(Answer(text="first")))

    assert stage.record("asker") == [("b", Answer(text="second")), ("a", Answer(text="first"))]


def test_an_ask_without_answer_fails_at_its_deadline(stage):
    stage.script("evse", "question", lambda me: me.defer())
    ask(stage, deadline_s=7.0)

    stage.pass_time(6.99)
    assert stage.record("asker") == []
    stage.pass_time(0.02)
    [(reason, detail)] = failures(stage)
    assert reason is FailureReason.TIMEOUT
    assert detail == "evse did not answer tests.support.actors_messages.question within 7 s"


def test_an_ask_is_bounded_even_when_nobody_says_so(stage):
    stage.script("evse", "question", lambda me: me.defer())
    ask(stage)

    stage.pass_time(ASK_DEADLINE_S - 1)
    assert stage.record("asker") == []
    stage.pass_time(2)
    assert [each.reason for each in stage.record("asker")] == [FailureReason.TIMEOUT]


def test_an_answer_after_the_deadline_is_ignored(stage):
    deferred = []
    stage.script("evse", "question", lambda me: deferred.append(me.defer()) or deferred[-1])
    ask(stage, deadline_s=1.0)
    stage.pass_time(2.0)

    with capture_logs() as logs:
        stage.do("evse", lambda _me: deferred[0].answer(Answer(text="late")))

    assert [each.reason for each in stage.record("asker")] == [FailureReason.TIMEOUT]
    assert [each["event"] for each in logs] == ["answer_late"]


def test_a_withdrawn_ask_is_never_answered(stage):
    stage.script("evse", "question", lambda me: me.defer())
    numbers = []
    stage.do("asker", lambda me: numbers.append(me.ask("evse", Question(text="x"), me.heard, deadline_s=1.0)))
    stage.do("asker", lambda me: me.withdraw(numbers[0]))
    stage.kill("evse")
    stage.pass_time(2.0)

    assert stage.record("evse") == ["x"]
    assert stage.record("asker") == []


def test_an_ask_withdrawn_while_it_waits_is_not_sent(stage):
    down(stage)
    numbers = []
    stage.do("asker", lambda me: numbers.append(me.ask("evse", Question(text="x"), me.heard)))
    stage.do("asker", lambda me: me.withdraw(numbers[0]))
    up(stage)

    assert stage.record("evse") == []
    assert stage.record("asker") == []


def test_an_ask_may_be_made_inside_the_answer_to_another(stage):
    stage.do(
        "asker",
        lambda me: me.ask(
            "evse", Question(text="1"), lambda _r: me.ask("evse", Question(text="2"), me.heard)
        ),
    )

    assert stage.record("asker") == [Answer(text="2!")]


def test_an_actor_may_ask_itself(stage):
    stage.do("evse", lambda me: me.ask("evse", Question(text="me"), me.heard))

    assert stage.record("evse") == ["me", Answer(text="me!")]


# Names nobody serves


def test_a_patient_ask_waits_for_its_name(stage):
    down(stage)
    ask(stage)
    stage.pass_time(2.0)
    assert stage.record("asker") == []

    up(stage)

    assert stage.record("asker") == [Answer(text="who!")]


def test_a_patient_ask_in_vain_fails_at_its_deadline(stage):
    ask(stage, "nobody", deadline_s=30.0)

    stage.pass_time(31.0)

    assert [reason for reason, _detail in failures(stage)] == [FailureReason.TIMEOUT]


def test_an_impatient_ask_fails_at_once_when_the_name_is_down(stage):
    ask(stage)
    down(stage)
    ask(stage, patient=False)

    assert stage.record("asker")[1:] == [
        Failure(reason=FailureReason.UNAVAILABLE, detail="nobody serves evse now")
    ]
    up(stage)
    assert stage.record("evse") == ["who"]


def test_an_impatient_ask_is_the_first_word_to_a_name_that_is_served(stage):
    ask(stage, patient=False)

    assert stage.record("asker") == [Answer(text="who!")]


def test_an_impatient_first_word_to_nobody_fails_without_delay(stage):
    ask(stage, "nobody", patient=False)

    assert failures(stage) == [(FailureReason.UNAVAILABLE, "nobody serves nobody now")]


def test_an_impatient_first_word_does_not_wait_for_a_dead_registry(stage):
    stage.simulation.hang("site/registry")
    ask(stage, patient=False)
    stage.pass_time(RESOLVE_S / 2)
    assert stage.record("asker") == []

    stage.pass_time(RESOLVE_S)

    assert stage.record("asker") in (
        [Failure(reason=FailureReason.UNAVAILABLE, detail="nobody serves evse now")],
        [Answer(text="who!")],  # the hang was noticed in time
    )


def test_an_impatient_ask_that_is_withdrawn_stays_silent(stage):
    stage.do("asker", lambda me: me.withdraw(me.ask("nobody", Question(), me.heard, patient=False)))
    stage.pass_time(2 * RESOLVE_S)

    assert stage.record("asker") == []


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_deadline_that_has_passed_fails_like_any_other(stage, seconds):
    ask(stage)
    down(stage)
    ask(stage, deadline_s=seconds)
    stage.pass_time(0.1)

    assert isinstance(stage.record("asker")[1], Failure)
    assert len(stage.record("asker")) == 2


def test_without_a_registry_nobody_serves_any_name():
    stage = Stage(child("asker"))
    stage["asker"]._registry = None
    ask(stage, patient=False)

    assert failures(stage) == [(FailureReason.UNAVAILABLE, "nobody serves evse now")]


# Who is asked dies


def test_an_ask_fails_when_its_receiver_dies_before_it_answers(stage):
    stage.script("evse", "question", lambda me: me.defer())
    ask(stage)

    stage.kill("evse")

    assert failures(stage) == [
        (FailureReason.CRASHED, "evse died before it answered tests.support.actors_messages.question")
    ]
    assert stage.record("evse") == ["who"]


def test_a_repeatable_ask_goes_to_the_successor(stage):
    lives = []
    stage.script("evse", "question", lambda me: lives.append(1) or (
        me.defer() if len(lives) == 1 else Answer(text="again")))  # fmt: skip
    ask(stage, repeat=True)

    stage.kill("evse")

    assert stage.record("asker") == [Answer(text="again")]
    assert stage.record("evse") == ["who", "who"]


def test_a_repeated_ask_keeps_its_deadline(stage):
    stage.script("evse", "question", lambda me: me.defer())
    stage.kill("evse")
    ask(stage, repeat=True, deadline_s=5.0)
    stage.pass_time(4.0)
    down(stage)

    stage.pass_time(1.5)
    assert [reason for reason, _detail in failures(stage)] == [FailureReason.TIMEOUT]
    up(stage)
    assert stage.record("evse") == ["who"]


def test_an_ask_that_was_never_received_goes_to_the_successor(stage):
    ask(stage)
    # given a receiver that is dead before it has seen the question, and nobody knows
    stage.simulation.kill("site/evse")

    ask(stage, command=Question(text="second"))

    assert stage.record("asker") == [Answer(text="who!"), Answer(text="second!")]


def test_an_impatient_ask_that_was_never_received_fails(stage):
    ask(stage)
    stage.simulation.kill("site/evse")

    ask(stage, command=Question(text="second"), patient=False)

    assert stage.record("evse") == ["who"]
    assert stage.record("asker")[1:] == [Failure(reason=FailureReason.UNAVAILABLE, detail="evse is gone")]


def test_the_late_answer_of_a_dead_generation_is_ignored(stage):
    kept = []
    stage.script("evse", "question", lambda me: kept.append(me.defer()) or kept[-1])
    ask(stage)
    dead, base = stage["evse"], stage.simulation.base
    stage.kill("evse")

    # when an answer arrives that the dead one had sent
    answer = dead._pack(Kind.RESPONSE, kept[0]._context.id, "evse", Answer(text="ghost"))
    base.actor_send(dead.myAddress, stage["asker"].myAddress, answer)
    stage.simulation.run()

    assert [reason for reason, _detail in failures(stage)] == [FailureReason.CRASHED]


def test_an_ask_resent_to_a_successor_is_not_sent_twice(stage):
    # given a repeatable ask on its slow way to an actor that dies
    ask(stage)
    rule = faults.Rule(fault=faults.Fault.DUPLICATE, actor="site/asker", target="evse")
    faults.enable([rule])
    stage.simulation.kill("site/evse")

    # when both copies come back
    ask(stage, command=Question(text="second"), repeat=True)

    assert stage.record("evse") == ["who", "second"]
    assert stage.record("asker") == [Answer(text="who!"), Answer(text="second!")]


def test_a_callback_may_withdraw_another_ask_that_fails_with_it(stage):
    stage.script("evse", "question", lambda me: me.defer())
    numbers = []

    def two(me):
        def first(_reply):
            me.note("first failed")
            me.withdraw(numbers[1])
            me.withdraw(numbers[2])

        numbers.append(me.ask("evse", Question(text="1"), first))
        numbers.append(me.ask("evse", Question(text="2"), me.heard))
        numbers.append(me.ask("evse", Question(text="3"), me.heard, repeat=True))

    stage.do("asker", two)
    stage.kill("evse")

    assert stage.record("asker") == ["first failed"]
    assert "site/asker" in stage.paths()
    assert stage.tree("asker").restarts == 0


# Tells


def test_messages_of_one_sender_arrive_in_order(stage):
    tell(stage, *range(50), run=False)
    stage.simulation.run()

    assert stage.record("evse") == list(range(50))


def test_messages_to_a_name_that_is_down_arrive_in_order_later(stage):
    tell(stage, 1)
    down(stage)
    tell(stage, *range(2, 20))
    ask(stage, command=Order(number=20))
    tell(stage, 21)
    assert stage.record("evse") == [1]

    up(stage)

    assert stage.record("evse") == list(range(1, 22))


@pytest.mark.parametrize("steps", range(0, 40, 3))
def test_order_is_kept_however_deep_the_dead_ones_box_was(stage, steps):
    # given messages on their way to an actor that dies, and more that are sent while it is replaced
    tell(stage, 0)
    tell(stage, *range(1, 10), run=False)
    for _ in range(12):
        stage.simulation.base.step()
    arrived = len(stage.record("evse"))
    stage.simulation.kill("site/evse")
    for _ in range(steps):
        stage.simulation.base.step()
    tell(stage, *range(10, 20), run=False)
    stage.simulation.run()
    stage.pass_time(1.0)

    assert 1 <= arrived < 20
    assert stage.record("evse") == list(range(20))


def loses(stage, kept):
    """What the asker says from now on waits in `kept` and does not reach who is asked."""
    asker, there = stage["asker"], stage["evse"].myAddress
    send = asker.send

    def keep(target, frame):
        return kept.append(frame) is None if target == there else send(target, frame)

    def give_up(target):
        while kept:
            asker.on_undeliverable(target, kept.pop(0))

    asker.send, asker.port.give_up = keep, give_up


def test_what_a_dead_one_has_not_taken_goes_before_what_is_said_after_its_death(stage):
    # given a connection at whose other end nobody is any more, without a word: what is sent there just waits
    tell(stage, 1)
    loses(stage, waiting := [])
    tell(stage, 2)
    ask(stage, command=Order(number=3))
    tell(stage, 4)
    assert len(waiting) == 3

    # when its death is known, and more is said
    stage.kill("evse")
    tell(stage, 5)

    # then
    assert stage.record("evse") == [1, 2, 3, 4, 5]
    assert stage.record("asker") == [Reply()]


def test_who_asked_one_that_dies_hears_of_it_though_something_comes_back_first(stage):
    stage.script("evse", "question", lambda me: me.defer())
    ask(stage)
    loses(stage, kept := [])
    tell(stage, 1)
    assert len(kept) == 1

    # when it dies, and no successor comes up
    stage.script("evse", "on_start", lambda _me: 1 / 0)
    stage.kill("evse")

    assert [reason for reason, _detail in failures(stage)] == [FailureReason.CRASHED]
    stage.script("evse", "on_start", lambda _me: None)
    up(stage)
    assert stage.record("evse") == ["who", 1]


def test_who_hears_that_nobody_is_there_and_asks_again_waits_for_the_successor(stage):
    ask(stage)
    loses(stage, [])

    def again(me):
        def then(reply):
            me.heard(reply)
            me.ask("evse", Question(text="again"), me.heard)

        me.ask("evse", Question(text="first"), then, patient=False)

    stage.do("asker", again)
    stage.kill("evse")

    assert stage.record("asker")[1:] == [
        Failure(reason=FailureReason.UNAVAILABLE, detail="evse is gone"),
        Answer(text="again!"),
    ]


def test_a_told_message_is_dropped_when_its_patience_ends(stage):
    tell(stage, 1)
    down(stage)
    tell(stage, 2, patience_s=3.0)
    tell(stage, 3, patience_s=5.0)

    with capture_logs() as logs:
        stage.pass_time(4.0)

    [expired] = [each for each in logs if each["event"] == "message_expired"]
    assert expired["name"] == "evse"
    assert expired["tag"] == "tests.support.actors_messages.note"
    up(stage)
    assert stage.record("evse") == [1, 3]


def test_patience_does_not_begin_anew_when_a_message_comes_back(stage):
    tell(stage, 1)
    stage.kill("evse")
    # given a message that turns out to be undeliverable
    stage.simulation.kill("site/evse")
    tell(stage, 2, patience_s=3.0)

    stage.pass_time(4.0)
    up(stage)

    assert stage.record("evse") == [1]


def test_a_message_waits_a_minute_unless_said_otherwise(stage):
    tell(stage, 1)
    down(stage)
    sent_s = stage.now_s
    tell(stage, 2)

    with capture_logs() as logs:
        stage.pass_time(TELL_DEADLINE_S - 1)
        early = [each for each in logs if each["event"] == "message_expired"]
        stage.pass_time(2)

    assert early == []
    assert [each["event"] for each in logs if each["event"] == "message_expired"] == ["message_expired"]
    assert stage.now_s - sent_s == TELL_DEADLINE_S + 1


def test_a_tell_without_patience_is_dropped_and_says_so(stage):
    said = []
    tell(stage, 1)
    down(stage)
    with capture_logs() as logs:
        stage.do("asker", lambda me: said.append(me.tell("evse", Note(number=2), patience_s=0)))

    assert said == [False]
    [dropped] = [each for each in logs if each["event"] == "message_dropped"]
    assert (dropped["name"], dropped["reason"]) == ("evse", "unavailable")
    up(stage)
    assert stage.record("evse") == [1]


def test_a_tell_without_patience_that_comes_back_is_dropped(stage):
    tell(stage, 1)
    stage.simulation.kill("site/evse")
    with capture_logs() as logs:
        tell(stage, 2, patience_s=0)

    assert stage.record("evse") == [1]
    assert "message_dropped" in [each["event"] for each in logs]


def test_a_first_tell_without_patience_arrives_when_the_name_is_served(stage):
    said = []
    stage.do("asker", lambda me: said.append(me.tell("evse", Note(number=2), patience_s=0)))

    assert said == [True]
    assert stage.record("evse") == [2]


def test_what_waits_for_a_name_is_bounded(stage):
    said = []

    def flood(me):
        said.extend(me.tell("evse", Note(number=number)) for number in range(MAX_WAITING + 5))
        me.ask("evse", Question(), me.heard)

    tell(stage, 0)
    down(stage)
    stage.do("asker", flood)

    assert said == [True] * MAX_WAITING + [False] * 5
    assert failures(stage) == [(FailureReason.OVERLOADED, "too much waits for evse")]
    up(stage)
    assert stage.record("evse")[1:] == list(range(MAX_WAITING))


def test_names_do_not_wait_for_each_other():
    stage = Stage(child("asker"), child("evse", "evse", **RESTING), child("auth", "auth"))
    tell(stage, 1)
    down(stage)
    tell(stage, 2)
    tell(stage, 3, name="auth")

    assert stage.record("auth") == [3]


# The transport's opinion


def test_an_undeliverable_answer_needs_no_treatment(stage):
    deferred = []
    stage.script("evse", "question", lambda me: deferred.append(me.defer()) or deferred[-1])
    ask(stage)
    stage.simulation.kill("site/asker")

    stage.do("evse", lambda _me: deferred[0].answer(Answer(text="to nobody")))

    assert stage.tree("evse").restarts == 0
    assert stage["evse"]._asks == {}


def test_what_comes_back_to_one_that_has_left_is_dropped(stage):
    tell(stage, 1)
    asker = stage["asker"]
    asker.leave()
    asker.on_undeliverable(stage["evse"].myAddress, b"not even a frame")

    assert asker._left


@pytest.mark.parametrize(
    ("shed", "reason"), [(True, FailureReason.OVERLOADED), (False, FailureReason.TIMEOUT)]
)
def test_an_ask_the_transport_gave_up_fails_and_is_not_sent_again(stage, shed, reason):
    ask(stage)
    frames = []

    def lose(me):
        me.send = lambda _target, frame: frames.append(frame)
        me.ask("evse", Question(text="lost"), me.heard)
        me.tell("evse", Note(number=1))
        del me.send

    stage.do("asker", lose)
    with capture_logs() as logs:
        for frame in frames:
            stage["asker"].on_lost(stage["evse"].myAddress, frame, shed=shed)
    stage["asker"].on_lost(stage["evse"].myAddress, frames[0], shed=shed)
    stage.pass_time(5.0)

    assert [each.reason for each in stage.record("asker")[1:]] == [reason]
    assert stage.record("evse") == ["who"]
    assert [each["reason"] for each in logs] == ([] if shed else ["unreachable"])


def test_a_lost_message_that_cannot_be_decoded_harms_nobody(stage):
    tell(stage, 1)
    frame = Envelope(Kind.TELL, 7, "site/asker", "evse", patient=True, payload=b"\xc1 no message").pack()
    with capture_logs() as logs:
        stage["asker"].on_lost(stage["evse"].myAddress, frame, shed=False)
        stage["asker"].on_undeliverable(stage["evse"].myAddress, frame)
    stage.pass_time(1.0)

    assert "site/asker" in stage.paths()
    assert [(each["event"], each["tag"]) for each in logs][:1] == [("message_dropped", "?")]


def test_who_tells_more_than_there_is_room_for_learns_it_at_once(stage):
    tell(stage, 1)
    taken = []

    def tell_to_a_full_queue(me):
        me.send = lambda _target, _frame: False
        taken.append(me.tell("evse", Note(number=2)))
        del me.send
        taken.append(me.tell("evse", Note(number=3)))

    with capture_logs() as logs:
        stage.do("asker", tell_to_a_full_queue)
    counted = stage.simulation.ask("site/asker", messages.GetMetrics())

    assert taken == [False, True]
    assert (counted.shed, counted.dropped) == (1, 1)
    assert [(each["name"], each["reason"]) for each in logs] == [("evse", "overflow")]


def test_an_ask_there_is_no_room_for_fails_as_overloaded_once(stage):
    ask(stage)

    def ask_a_full_queue(me):
        me.send = lambda _target, _frame: False
        me.ask("evse", Question(), lambda reply: me.note(reply.reason))
        del me.send

    stage.do("asker", ask_a_full_queue)
    stage.pass_time(400.0)

    assert stage.record("asker")[1:] == [FailureReason.OVERLOADED]


def test_a_flood_of_dropped_messages_is_logged_now_and_then_with_their_number():
    stage = Stage(child("asker"))
    tell(stage, 0, name="nobody")
    with capture_logs() as logs:
        for number in range(1, 1500):
            tell(stage, number, name="nobody")
        stage.pass_time(1.0)
        tell(stage, 1500, name="nobody")

    dropped = [each["times"] for each in logs if each["event"] == "message_dropped"]
    assert dropped == [1, 500]


def test_who_is_asked_at_its_address_and_dies_with_it_is_given_up(stage):
    stage.script("evse", "question", lambda me: me.defer())

    def ask_directly(me):
        number = me._ask_directly(me.heard)
        me._post(stage["evse"].myAddress, Kind.REQUEST, "", Question(), number)

    stage.do("asker", ask_directly)
    stage.kill("evse")
    stage.pass_time(DIRECT_DEADLINE_S + 1)

    assert [each.reason for each in stage.record("asker")] == [FailureReason.TIMEOUT]
    assert stage["asker"]._asks == {}


def test_nothing_asked_or_told_is_kept_for_ever():
    stage = Stage(child("asker"), child("evse", "evse"))
    for _ in range(5):
        ask(stage)
        ask(stage, "nobody", deadline_s=5.0)
        tell(stage, 1, name="nobody", patience_s=5.0)
        stage.kill("evse")
        stage.pass_time(11.0)

    for actor in stage.simulation.actors().values():
        assert actor._asks == {}, actor.path
        assert len(actor.timers._live) <= 2, actor.path

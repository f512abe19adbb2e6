"""Fault rules: what they hit, how often, in which process, and that a seed repeats it."""

import os
import re
import resource
import signal

import pytest

from actors.engine import faults, messages
from actors.engine.clock import ManualClock
from actors.engine.envelope import Envelope, Kind
from actors.engine.faults import Fault, FaultRuleError, InjectedFault, Moment, Rule
from protocols import codec
from protocols.message import Failure, FailureReason
from tests.support import actors
from tests.support.actors_messages import Answer, Question
from tests.support.engine import nodes, running
from tests.support.engine_actors import House, Who, WhoReply
from tests.support.simulated import Stage, child

PATH, KIND, TAG = "site/evse_1/v2g", "V2gSessionActor", "evse_manager.reserve"
LIMIT_S = 20


@pytest.fixture(autouse=True)
def afterwards_nothing_goes_wrong():
    yield
    faults.disable()


class V2gSessionActor:
    """An actor, as far as rules look at it."""

    path = PATH
    grants = (messages.Grant(name="v2g_1/main"), messages.Grant(name="v2g_1/more"))

    def __init__(self):
        self.flushed = []
        self.port = self

    def flush(self, within_s):
        """As Port."""
        self.flushed.append(within_s)


def receive(tag=TAG, *, kind=Kind.TELL, sender="site/auth", about="v2g_1/main", moment=Moment.BEFORE):
    """A message has arrived at `V2gSessionActor`, and it is as far with it as `moment` says."""
    letter = Envelope(kind, 0, sender, about, patient=False, payload=b"")
    faults.on_receive(V2gSessionActor(), letter, tag, moment)


def send(about="auth/main", tag=TAG, *, kind=Kind.TELL):
    """What becomes of a message that `V2gSessionActor` sends."""
    return faults.on_send(V2gSessionActor(), kind, about, tag)


class Surroundings:
    """What injection needs of an actor's port."""

    def __init__(self):
        self.clock = ManualClock()


def crashes(times=1):
    """How often the next messages crash."""
    struck = 0
    for _ in range(times):
        try:
            receive()
        except InjectedFault:
            struck += 1
    return struck


def in_a_child(action):
    """Run `action` in a forked process, which ends after `LIMIT_S` at the latest; return its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LIMIT_S)
            action()
        finally:
            os._exit(3)
    return pid


def exit_code(action):
    """What a forked process exits with that hands `action`'s result to the kernel; negative for a signal."""
    _pid, status = os.waitpid(in_a_child(lambda: os._exit(action())), 0)
    return os.waitstatus_to_exitcode(status)


def test_without_rules_nothing_goes_wrong():
    receive()
    faults.on_start(PATH, KIND)

    assert send("auth/main") is None


@pytest.mark.parametrize("actor", [PATH, "*/v2g", KIND, "V2g*", "*"])
def test_a_rule_hits_by_path_or_class(actor):
    faults.enable([Rule(fault=Fault.CRASH, actor=actor)])

    with pytest.raises(InjectedFault, match=TAG):
        receive()


@pytest.mark.parametrize(
    "rule",
    [
        Rule(fault=Fault.CRASH, actor="site/evse_2/*"),
        Rule(fault=Fault.CRASH, tag="kvs.*"),
        Rule(fault=Fault.FAIL_START),
        Rule(fault=Fault.DROP),
    ],
    ids=lambda rule: f"{rule.fault} {rule.actor} {rule.tag}",
)
def test_a_rule_for_something_else_does_not_hit_a_handler(rule):
    faults.enable([rule])

    assert crashes(5) == 0


def test_the_first_matches_pass_and_the_following_are_hit():
    faults.enable([Rule(fault=Fault.CRASH, after=2, times=3)])

    assert [crashes() for _ in range(7)] == [0, 0, 1, 1, 1, 0, 0]


def test_a_start_fails_as_often_as_the_rule_says():
    faults.enable([Rule(fault=Fault.FAIL_START, actor=PATH, times=2)])

    for _ in range(2):
        with pytest.raises(InjectedFault, match="start of"):
            faults.on_start(PATH, KIND)
    faults.on_start(PATH, KIND)


@pytest.mark.parametrize(
    ("fault", "copies"),
    [
        (Fault.DROP, []),
        (Fault.DELAY, [1.5]),
        (Fault.DUPLICATE, [0.0, 0.0]),
        (Fault.REORDER, [1.5]),
    ],
)
def test_a_sent_message_becomes_the_copies_of_the_rule(fault, copies):
    faults.enable([Rule(fault=fault, target="auth/*", seconds=1.5)])

    assert send("auth/main") == copies
    assert send("auth/main") is None  # only once


def test_reordering_without_a_time_holds_a_message_for_a_moment():
    faults.enable([Rule(fault=Fault.REORDER)])

    assert send("auth/main") == [faults.REORDER_S]


def test_messages_to_other_names_are_sent_as_usual():
    faults.enable([Rule(fault=Fault.DROP, target="auth/*", times=100)])

    assert send("store/main") is None


def test_the_same_seed_hits_the_same_messages():
    def struck(seed):
        faults.enable([Rule(fault=Fault.CRASH, times=1000, probability=0.3)], seed=seed)
        return [crashes() for _ in range(200)]

    assert struck(7) == struck(7)
    assert struck(7) != struck(8)
    assert 20 < sum(struck(7)) < 100


def test_matches_in_a_forked_process_count_here_as_well():
    rules = faults.enable([Rule(fault=Fault.CRASH, after=10, times=1)])

    os.waitpid(in_a_child(lambda: crashes(4)), 0)

    assert rules.count(0) == 4
    assert crashes(6) == 0
    assert crashes() == 1


def test_more_rules_than_there_is_room_for_are_refused():
    with pytest.raises(FaultRuleError, match="257 rules"):
        faults.enable([Rule(fault=Fault.DROP)] * (faults.MAX_RULES + 1))


def test_a_busy_hang_burns_its_core_until_killed():
    faults.enable([Rule(fault=Fault.HANG_BUSY)])

    def hang():
        # SIGPROF comes after time on the core, not on the clock
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, 0.1)
        receive()
        return 0

    assert exit_code(hang) == -signal.SIGPROF


def test_a_stopped_hang_stops_the_process():
    faults.enable([Rule(fault=Fault.HANG_STOPPED)])

    pid = in_a_child(receive)
    _pid, status = os.waitpid(pid, os.WUNTRACED)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

    assert os.WIFSTOPPED(status)


def test_a_kill_leaves_the_process_no_last_words():
    faults.enable([Rule(fault=Fault.KILL)])

    assert exit_code(receive) == -signal.SIGKILL


@pytest.mark.parametrize("moment", Moment)
def test_a_fault_strikes_at_its_moment_only(moment):
    current = faults.enable([Rule(fault=Fault.CRASH, moment=moment)])
    for other in set(Moment) - {moment}:
        receive(moment=other)
    assert current.count(0) == 0

    with pytest.raises(InjectedFault):
        receive(moment=moment)


@pytest.mark.parametrize("moment", Moment)
def test_only_a_fault_after_the_answer_waits_for_it_to_be_taken(moment):
    faults.enable([Rule(fault=Fault.CRASH, moment=moment)])
    actor, letter = V2gSessionActor(), Envelope(Kind.TELL, 0, "", "", patient=False, payload=b"")

    with pytest.raises(InjectedFault):
        faults.on_receive(actor, letter, TAG, moment)

    assert actor.flushed == ([faults.FLUSH_S] if moment is Moment.ANSWERED else [])


def test_an_armed_rule_hits_the_next_match_and_rests_again():
    current = faults.enable([Rule(fault=Fault.CRASH, after=10**6), Rule(fault=Fault.DROP)])
    assert crashes(3) == 0

    for _ in range(2):
        current.arm(0)
        assert [crashes(), crashes()] == [1, 0]
    assert current.count(1) == 0


def test_a_rule_is_armed_in_every_process_at_once():
    current = faults.enable([Rule(fault=Fault.CRASH, after=10**6)])
    near, far = os.pipe()

    def wait_to_be_armed():
        os.read(near, 1)
        return crashes()

    pid = in_a_child(lambda: os._exit(wait_to_be_armed()))
    current.arm(0)
    os.write(far, b"x")

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    for each in (near, far):
        os.close(each)


def test_injection_is_refused_where_it_was_not_enabled():
    problem = faults.inject([codec.to_plain(Rule(fault=Fault.CRASH))], Surroundings())

    assert problem is not None
    assert "without fault injection" in problem


def test_injected_rules_replace_the_ones_before():
    faults.enable([Rule(fault=Fault.CRASH, times=100)])

    problem = faults.inject([codec.to_plain(Rule(fault=Fault.DROP))], Surroundings())

    assert problem is None
    assert crashes(3) == 0
    assert send("auth/main") == []


def test_injected_rules_count_from_zero_each_time():
    faults.enable()
    for _ in range(2):
        faults.inject([codec.to_plain(Rule(fault=Fault.CRASH, after=1))], Surroundings())

        assert [crashes(), crashes(), crashes()] == [0, 1, 0]


def test_a_rule_that_makes_no_sense_is_told_with_its_field():
    faults.enable()

    problem = faults.inject([{"fault": "crash", "times": "often"}], Surroundings())

    assert problem is not None
    assert "times" in problem


def test_a_jump_of_the_clock_happens_at_once():
    faults.enable()
    port = Surroundings()
    before = port.clock.now()

    faults.inject([codec.to_plain(Rule(fault=Fault.JUMP_CLOCK, seconds=-3600))], port)

    assert (port.clock.now() - before).total_seconds() == -3600


def test_a_full_disk_lets_the_process_write_nothing_more(tmp_path):
    faults.enable()

    def fill():
        faults.inject([codec.to_plain(Rule(fault=Fault.DISK_FULL))], Surroundings())
        try:
            (tmp_path / "file").write_bytes(b"x")
        except OSError:
            os._exit(42)

    status = os.waitpid(in_a_child(fill), 0)[1]

    assert os.WEXITSTATUS(status) == 42
    (tmp_path / "other").write_bytes(b"here nothing changed")


# -- what is left alone ------------------------------------------------------------------------------------

ON_MESSAGES = sorted(faults.ON_RECEIVE | faults.ON_SEND)


def test_every_fault_strikes_at_exactly_one_occasion():
    occasions = [faults.ON_RECEIVE, faults.ON_SEND, faults.AT_ONCE, faults.ON_BIRTH]

    assert sorted(fault for kinds in occasions for fault in kinds) == sorted(Fault)


def test_disabled_rules_hit_nothing():
    faults.enable([Rule(fault=fault) for fault in (*ON_MESSAGES, Fault.FAIL_START)])
    faults.disable()

    faults.on_construct(KIND)
    faults.on_start(PATH, KIND)
    assert crashes() == 0
    assert send("auth/main") is None


def test_rules_for_others_hit_nothing():
    faults.enable([Rule(fault=fault, actor="site/other") for fault in (*ON_MESSAGES, Fault.FAIL_START)])

    faults.on_start(PATH, KIND)
    assert crashes() == 0
    assert send("auth/main") is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        (PATH, True),
        ("site/evse_?/v2g", True),
        (KIND, True),
        ("V2g*", True),
        ("v2gsessionactor", False),
        ("site/evse_2/*", False),
        ("v2g", False),
    ],
)
def test_handlers_and_senders_are_hit_by_the_same_patterns(pattern, expected):
    faults.enable([Rule(fault=fault, actor=pattern) for fault in (Fault.CRASH, Fault.DROP)])

    assert crashes() == int(expected)
    assert (send("auth/main") == []) is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"target": "evse_1"}, True),
        ({"target": "evse_*"}, True),
        ({"target": "auth"}, False),
        ({"tag": "evse_manager.*"}, True),
        ({"tag": "auth.*"}, False),
        ({"target": "evse_*", "tag": "auth.*"}, False),
        ({"actor": "*/v2g", "target": "evse_1", "tag": "*.reserve"}, True),
    ],
)
def test_a_message_is_hit_by_its_target_and_tag(fields, expected):
    faults.enable([Rule(fault=Fault.DROP, **fields)])

    assert (send("evse_1") == []) is expected


SAID = {
    "tell": (Kind.TELL, "auth/main"),
    "request": (Kind.REQUEST, "auth/main"),
    "response": (Kind.RESPONSE, "v2g_1/main"),
    "publish": (Kind.PUBLISH, "v2g_1/main"),
}
"""Everything an actor that serves v2g_1/main and v2g_1/more says, and the name that goes with it."""


@pytest.mark.parametrize(
    ("fields", "hit"),
    [
        ({}, {"tell", "request", "response", "publish"}),
        ({"kind": "request"}, {"request"}),
        ({"kind": "publish"}, {"publish"}),
        ({"target": "auth/main"}, {"tell", "request"}),
        ({"target": "v2g_1/main"}, set()),
        ({"sender": "v2g_1/main"}, {"tell", "request", "response", "publish"}),
        ({"sender": "v2g_1/more"}, {"tell", "request"}),
        ({"sender": PATH}, {"tell", "request", "response", "publish"}),
        ({"sender": "auth/main"}, set()),
        ({"sender": "v2g_1/*", "target": "auth/*"}, {"tell", "request"}),
        ({"sender": "v2g_1/*", "kind": "response"}, {"response"}),
    ],
)
def test_a_sent_message_is_hit_by_its_kind_and_both_names(fields, hit):
    for kind, (how, about) in SAID.items():
        faults.enable([Rule(fault=Fault.DROP, **fields)])

        assert (send(about, kind=how) == []) is (kind in hit)


HEARD = {
    "tell": (Kind.TELL, "v2g_1/main"),
    "request": (Kind.REQUEST, "v2g_1/main"),
    "response": (Kind.RESPONSE, "auth/main"),
    "publish": (Kind.PUBLISH, "auth/main"),
}
"""Everything that actor hears from site/auth, which serves auth/main."""


@pytest.mark.parametrize(
    ("fields", "hit"),
    [
        ({}, {"tell", "request", "response", "publish"}),
        ({"kind": "tell"}, {"tell"}),
        ({"target": "v2g_1/main"}, {"tell", "request"}),
        ({"sender": "auth/main"}, {"response", "publish"}),
        ({"sender": "site/auth"}, {"tell", "request", "response", "publish"}),
    ],
)
def test_a_handler_is_hit_by_kind_and_names_of_its_message(fields, hit):
    for kind, (how, about) in HEARD.items():
        faults.enable([Rule(fault=Fault.CRASH, **fields)])
        try:
            receive(kind=how, about=about)
            struck = False
        except InjectedFault:
            struck = True

        assert struck is (kind in hit)


@pytest.mark.parametrize(
    ("kind", "about", "tag"),
    [
        (Kind.TELL, "", "actors.engine.messages.ping"),
        (Kind.REQUEST, "", "actors.engine.messages.register"),
        (Kind.RESPONSE, "", "protocols.message.reply"),
        (Kind.RESPONSE, "", "actors.engine.messages.registered"),
    ],
)
def test_what_the_engine_says_is_left_alone_unless_asked_for(kind, about, tag):
    faults.enable([Rule(fault=fault, times=9) for fault in (Fault.DROP, Fault.CRASH)])
    assert send(about, tag, kind=kind) is None
    receive(tag, kind=kind, about=about)

    faults.enable([Rule(fault=Fault.DROP, tag="actors.engine.*")])
    assert (send(about, tag, kind=kind) == []) is tag.startswith("actors.engine.")


def test_a_constructor_fails_for_its_path_as_often_as_the_rule_says():
    faults.enable([Rule(fault=Fault.FAIL_CONSTRUCTOR, actor=PATH, times=2)])
    faults.constructing("site/other")
    faults.on_construct(KIND)

    faults.constructing(PATH)
    for _ in range(2):
        with pytest.raises(InjectedFault, match="constructor of site/evse_1/v2g fails"):
            faults.on_construct(KIND)
    faults.on_construct(KIND)


def test_of_two_rules_that_fit_only_the_first_counts():
    current = faults.enable([Rule(fault=Fault.DELAY, seconds=1.0), Rule(fault=Fault.DROP)])

    assert send("auth/main") == [1.0]
    assert [current.count(slot) for slot in (0, 1)] == [1, 0]
    assert send("auth/main") == []
    assert [current.count(slot) for slot in (0, 1)] == [2, 1]


# -- in this process and in others -------------------------------------------------------------------------


def test_a_busy_hang_holds_this_process_until_it_is_interrupted():
    faults.enable([Rule(fault=Fault.HANG_BUSY)])

    def interrupt(*_args):
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.05)
        with pytest.raises(TimeoutError):
            receive()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_a_stopped_process_works_on_when_it_is_continued():
    faults.enable([Rule(fault=Fault.HANG_STOPPED)])

    pid = in_a_child(lambda: os._exit(7 if receive() is None else 8))
    os.waitpid(pid, os.WUNTRACED)
    os.kill(pid, signal.SIGCONT)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def test_a_full_disk_leaves_what_was_written_and_can_be_lifted(tmp_path):
    faults.enable()
    file = tmp_path / "file"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with file.open("wb", buffering=0) as stream:
        stream.write(b"before")
        try:
            faults.inject([{"fault": "disk_full"}], Surroundings())
            with pytest.raises(OSError, match="too large"):
                stream.write(b"while")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        stream.write(b" after")
    assert file.read_bytes() == b"before after"


def test_a_jump_in_a_forked_process_leaves_the_time_here_alone():
    faults.enable()
    port = Surroundings()
    before = port.clock.now()

    def jump():
        faults.inject([{"fault": "jump_clock", "seconds": 90.0}], port)
        return int((port.clock.now() - before).total_seconds())

    assert exit_code(jump) == 90
    assert port.clock.now() == before


def test_a_jump_lets_no_time_pass():
    faults.enable()
    port = Surroundings()
    before_s = port.clock.monotonic_s()

    faults.inject([{"fault": "jump_clock", "seconds": 3600.0}], port)
    assert port.clock.monotonic_s() == before_s


def test_chance_does_not_start_over_in_every_forked_process():
    rules = [Rule(fault=Fault.CRASH, times=1000, probability=0.5)]
    faults.enable(rules, seed=3)
    here = [crashes() for _ in range(20)]

    faults.enable(rules, seed=3)
    assert [exit_code(crashes) for _ in range(20)] == here
    assert set(here) == {0, 1}


@pytest.mark.parametrize(("probability", "expected"), [(0.0, 0), (1.0, 500)])
def test_what_is_impossible_or_certain_is_not_left_to_chance(probability, expected):
    faults.enable([Rule(fault=Fault.CRASH, times=1000, probability=probability)])

    assert crashes(500) == expected


def test_rules_injected_elsewhere_leave_the_counters_here_alone():
    current = faults.enable([Rule(fault=Fault.DROP)] * 200 + [Rule(fault=Fault.CRASH, times=3)])
    assert crashes() == 1

    def elsewhere():
        faults.inject([{"fault": "drop"}] * 200 + [{"fault": "crash", "times": 9}], Surroundings())
        return crashes(20)

    assert exit_code(elsewhere) == 9
    assert current.count(200) == 1
    assert crashes(9) == 2


# -- rules that make no sense ------------------------------------------------------------------------------

OUT_OF_RANGE = [
    ({"fault": Fault.DROP, "kind": "answer"}, "kind is none of *, tell, request, response, publish"),
    ({"fault": Fault.CRASH, "after": -1}, "after is negative"),
    ({"fault": Fault.CRASH, "times": -1}, "times is negative"),
    ({"fault": Fault.CRASH, "probability": 1.1}, "probability is not in 0...1"),
    ({"fault": Fault.CRASH, "probability": -0.1}, "probability is not in 0...1"),
    ({"fault": Fault.DELAY, "seconds": -1.0}, "seconds are negative"),
    ({"fault": Fault.REORDER, "seconds": -1.0}, "seconds are negative"),
    ({"fault": Fault.DROP, "moment": Moment.DECIDED}, "moment is for faults of handlers"),
    ({"fault": Fault.FAIL_START, "moment": Moment.ANSWERED}, "moment is for faults of handlers"),
]


@pytest.mark.parametrize(("fields", "problem"), OUT_OF_RANGE)
def test_a_rule_out_of_its_range_is_not_enabled(fields, problem):
    with pytest.raises(FaultRuleError, match=re.escape(problem)):
        faults.enable([Rule(**fields)])
    assert faults.Faults.current is None


@pytest.mark.parametrize("fault", sorted(faults.AT_ONCE))
def test_what_happens_at_once_can_only_be_injected(fault):
    with pytest.raises(FaultRuleError, match="can only be injected into a running actor"):
        faults.enable([Rule(fault=fault)])


@pytest.mark.parametrize(
    "plain", [{}, {"fault": "flood"}, {"fault": "crash", "times": "often"}, {"fault": "crash", "times": -1}]
)
def test_a_bad_rule_is_refused_and_the_old_ones_stay(plain):
    faults.enable([Rule(fault=Fault.CRASH, times=9)])

    assert faults.inject([{"fault": "drop"}, plain], Surroundings())
    assert crashes() == 1
    assert send("auth/main") is None


def test_as_many_rules_as_there_is_room_for_all_count():
    most = [Rule(fault=Fault.DROP)] * faults.MAX_RULES
    current = faults.enable(most)

    for _ in most:
        assert send("auth/main") == []
    assert send("auth/main") is None
    assert current.count(faults.MAX_RULES - 1) == 2


def test_too_many_rules_are_not_injected_in_part():
    faults.enable([Rule(fault=Fault.CRASH)])

    problem = faults.inject([{"fault": "drop"}] * (faults.MAX_RULES + 1), Surroundings())
    assert problem == "257 rules are more than the 256 there is room for"
    assert crashes() == 1
    assert faults.inject([{"fault": "drop"}] * faults.MAX_RULES, Surroundings()) is None


# -- among actors ------------------------------------------------------------------------------------------


@pytest.fixture
def stage():
    """Two actors that serve names; what they hear is forgotten afterwards."""
    actors.reset()
    yield lambda: Stage(child("a", "a/main"), child("b", "b/main"))
    actors.reset()


def ask_b(stage):
    stage.do("a", lambda me: me.ask("b/main", Question(text="?"), me.heard, deadline_s=1.0))
    stage.pass_time(2.0)
    return stage.record("a")[-1]


def test_a_rule_for_a_target_lets_the_answer_pass(stage):
    faults.enable([Rule(fault=Fault.DROP, actor="site/b", target="b/main", times=9)])

    assert ask_b(stage()) == Answer(text="?!")


def test_a_rule_between_two_names_hits_nothing_else(stage):
    faults.enable([Rule(fault=Fault.DROP, sender="a/main", target="b/main", times=9)])
    made = stage()

    assert ask_b(made).reason is FailureReason.TIMEOUT
    assert made.record("b") == []
    assert made.simulation.ask("b/main", Question(text="you")) == Answer(text="you!")


def test_answers_alone_can_be_dropped(stage):
    faults.enable([Rule(fault=Fault.DROP, sender="b/main", kind="response")])
    made = stage()

    assert ask_b(made).reason is FailureReason.TIMEOUT
    assert made.record("b") == ["?"]
    assert ask_b(made) == Answer(text="?!")


CRASHED_AT = {
    Moment.BEFORE: ([], FailureReason.CRASHED),
    Moment.DECIDED: (["?"], FailureReason.CRASHED),
    Moment.ANSWERED: (["?"], None),
}


@pytest.mark.parametrize(("moment", "expected"), CRASHED_AT.items(), ids=CRASHED_AT)
def test_what_is_lost_in_a_crash_depends_on_its_moment(stage, moment, expected):
    faults.enable([Rule(fault=Fault.CRASH, actor="site/b", moment=moment, kind="request", tag="*.question")])
    made = stage()

    answer = ask_b(made)

    assert (made.record("b"), getattr(answer, "reason", None)) == expected
    assert len([each for each in made.record("a") if isinstance(each, (Answer, Failure))]) == 1
    assert made.tree("b").restarts == 1


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.CRASH])
def test_a_rule_for_everything_leaves_starts_and_heartbeats_alone(stage, fault):
    current = faults.enable([Rule(fault=fault, times=10**9)])
    made = stage()

    made.pass_time(5.0)

    assert {node.state for node in made.tree().children} == {"Running"}
    assert current.count(0) == 0


@pytest.mark.parametrize("fault", sorted(faults.ON_BIRTH))
def test_an_actor_that_fails_at_birth_is_tried_again(stage, fault):
    faults.enable([Rule(fault=fault, actor="site/b", times=2)])

    made = stage()
    made.pass_time(1.0)

    assert made.tree("b").state == "Running"
    assert (made.tree("a").restarts, made.tree("b").restarts) == (0, 2)


@pytest.mark.parametrize("actor", ["site/a", "Plain"])
def test_a_constructor_of_a_real_process_fails_and_is_reported(actor):
    faults.enable([Rule(fault=Fault.FAIL_CONSTRUCTOR, actor=actor, times=2)])

    with running(House, {"children": [{"id": "a"}]}) as (_made, client):
        node = nodes(client.tree())["site/a"]

    assert node.restarts == 2
    assert node.last_error.startswith("InjectedFault: constructor of site/a fails")


def test_a_killed_process_has_answered_only_what_came_before():
    children = [{"id": str(moment), "grants": {f"{moment}/main": ""}} for moment in Moment]
    rules = [
        Rule(fault=Fault.KILL, actor=f"site/{moment}", moment=moment, tag="*.who", kind="request")
        for moment in Moment
    ]
    faults.enable(rules)

    with running(House, {"children": children}) as (_made, client):
        first = {moment: client.ask(f"{moment}/main", Who()) for moment in Moment}
        second = {moment: finally_who(client, moment).pid for moment in Moment}

    assert [type(first[moment]) for moment in Moment] == [Failure, Failure, WhoReply]
    assert first[Moment.ANSWERED].pid != second[Moment.ANSWERED]


def finally_who(client, moment):
    """The process that serves after the fault."""
    replies = iter(lambda: client.ask(f"{moment}/main", Who()), None)
    return next(reply for reply in replies if isinstance(reply, WhoReply))

"""What a supervisor decides, for everything that can happen to its children."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from actors.engine.supervision import (
    CALM_S,
    LATE_SHARE,
    MAX_PATIENCE,
    AllStarted,
    AllStopped,
    ChildSpec,
    Create,
    Escalate,
    Exhausted,
    GaveUp,
    Kill,
    Probe,
    Restart,
    State,
    Strategy,
    Supervision,
    Terminate,
    Vitals,
    hung,
)

ALIVE = (State.STARTING, State.RUNNING, State.STOPPING)


class Site:
    """A supervision whose actions are carried out, as the supervisor actor does it, and written down."""

    def __init__(self, *specs, strategy=Strategy.ONE_FOR_ONE):
        self.core = Supervision(specs, strategy)
        self.now_s = 100.0
        self.log = []

    def do(self, actions):
        for action in actions:
            self.log.append(action)
            match action:
                case Create():
                    assert self.state(action.id) not in ALIVE
                    self.core.created(action.id, self.now_s)
                case Terminate():
                    self.core.terminating(action.id, self.now_s)
        return actions

    def state(self, child_id):
        return self.core.children[child_id].state

    def states(self):
        return [child.state for child in self.core.children.values()]

    def start(self):
        return self.do(self.core.start())

    def started(self, child_id, **kwargs):
        return self.do(self.core.started(child_id, 7, self.now_s, **kwargs))

    def died(self, child_id, *, clean=False, chance=0.5, reason="boom"):
        return self.do(self.core.died(child_id, reason, clean=clean, now_s=self.now_s, chance=chance))

    def unplaced(self, child_id):
        return self.do(self.core.unplaced(child_id, "nowhere", self.now_s))

    def tick(self, vitals=None):
        return self.do(self.core.tick(self.now_s, vitals or {}))

    def wait(self, by_s, vitals=None):
        self.now_s += by_s
        return self.tick(vitals)

    def run(self):
        """Start everybody."""
        self.start()
        while starting := [key for key in self.core.children if self.state(key) is State.STARTING]:
            for child_id in starting:
                self.started(child_id)
        self.log.clear()
        return self

    def put(self, child_id, state):
        """Bring a running child into a state, by events only."""
        match state:
            case State.STARTING:
                self.died(child_id)
            case State.BACKOFF:
                self.died(child_id)
                self.died(child_id)
            case State.STOPPING:
                self.do(self.core.restart(child_id))
            case State.STOPPED:
                self.died(child_id, clean=True)
            case State.FAILED:
                self.unplaced(child_id)
        assert self.state(child_id) is state
        self.log.clear()


def spec(child_id="a", **kwargs):
    return ChildSpec(id=child_id, actor=f"some.{child_id}", **kwargs)


def one(state, **kwargs):
    kwargs.setdefault("restart", Restart.TRANSIENT)
    site = Site(spec(**kwargs)).run()
    site.put("a", state)
    return site


# -- every state, every input ------------------------------------------------------------------------------

INPUTS = {
    "started": lambda site: site.started("a"),
    "crashed": lambda site: site.died("a"),
    "ended": lambda site: site.died("a", clean=True),
    "unplaced": lambda site: site.unplaced("a"),
    "placeable": lambda site: site.do(site.core.placeable("a")),
    "restart": lambda site: site.do(site.core.restart("a")),
    "stop": lambda site: site.do(site.core.stop()),
    "tick": lambda site: site.tick(),
    "pong": lambda site: site.core.pong("a", 1, site.now_s) or [],
}
CREATE, TERMINATE = [Create("a")], [Terminate("a")]
GAVE_UP, STOPPED = [GaveUp("a", "nowhere")], [AllStopped()]
# What is not listed changes nothing and asks for nothing. A transient child, which failed not long ago.
EXPECTED = {
    (State.STARTING, "started"): (State.RUNNING, []),
    (State.STARTING, "crashed"): (State.BACKOFF, []),
    (State.STARTING, "ended"): (State.STOPPED, []),
    (State.STARTING, "unplaced"): (State.FAILED, GAVE_UP),
    (State.STARTING, "restart"): (State.STOPPING, TERMINATE),
    (State.STARTING, "stop"): (State.STOPPING, TERMINATE),
    (State.RUNNING, "crashed"): (State.STARTING, CREATE),
    (State.RUNNING, "ended"): (State.STOPPED, []),
    (State.RUNNING, "unplaced"): (State.FAILED, GAVE_UP),
    (State.RUNNING, "restart"): (State.STOPPING, TERMINATE),
    (State.RUNNING, "stop"): (State.STOPPING, TERMINATE),
    (State.BACKOFF, "restart"): (State.STARTING, CREATE),
    (State.BACKOFF, "stop"): (State.STOPPED, STOPPED),
    (State.STOPPING, "crashed"): (State.STARTING, CREATE),
    (State.STOPPING, "ended"): (State.STARTING, CREATE),
    (State.STOPPING, "unplaced"): (State.FAILED, GAVE_UP),
    (State.STOPPED, "restart"): (State.STARTING, CREATE),
    (State.STOPPED, "stop"): (State.STOPPED, STOPPED),
    (State.FAILED, "placeable"): (State.STARTING, CREATE),
    (State.FAILED, "restart"): (State.STARTING, CREATE),
    (State.FAILED, "stop"): (State.STOPPED, STOPPED),
}
NEVER = {(State.BACKOFF, "unplaced"), (State.STOPPED, "unplaced"), (State.FAILED, "unplaced")}
"""Only a child that was created can turn out to have no place."""


@pytest.mark.parametrize("given", INPUTS)
@pytest.mark.parametrize("state", State)
def test_every_input_in_every_state_does_what_is_listed(state, given):
    if (state, given) in NEVER:
        return
    site = one(state)

    actions = INPUTS[given](site)

    assert (site.state("a"), actions) == EXPECTED.get((state, given), (state, []))


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("state", State)
def test_while_stopping_no_input_brings_a_child_back(state, clean):
    site = one(state)
    site.do(site.core.stop())

    site.died("a", clean=clean)
    for given in ("started", "placeable", "restart", "tick", "pong"):
        INPUTS[given](site)
    assert site.state("a") is State.STOPPED
    assert site.log[-1] == AllStopped()
    assert site.log.count(AllStopped()) == 1
    assert Create("a") not in site.log


def test_a_child_without_place_counts_as_stopped_while_stopping():
    site = Site(spec())
    site.start()
    site.do(site.core.stop())

    assert site.unplaced("a") == STOPPED
    assert site.state("a") is State.STOPPED


# -- who is replaced ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("policy", Restart)
def test_the_restart_policy_says_who_is_replaced(policy, clean):
    site = Site(spec(restart=policy)).run()

    replaced = policy is Restart.PERMANENT or (policy is Restart.TRANSIENT and not clean)
    assert site.died("a", clean=clean) == (CREATE if replaced else [])
    if policy is Restart.TEMPORARY:
        assert site.core.children == {}
    else:
        assert site.core.children["a"].restarts == int(replaced)
        assert site.core.children["a"].last_error == (None if clean else "boom")


def test_a_child_that_is_forgotten_leaves_no_trace_but_its_number():
    site = Site(spec("a", restart=Restart.TEMPORARY), spec("b")).run()
    lives = []
    for _ in range(3):
        site.died("a")
        site.core.add(spec("a", restart=Restart.TEMPORARY))
        lives.append(site.core.children["a"].life)
        site.do([Create("a")])

    assert lives == [1, 2, 3]
    assert list(site.core.children) == ["b", "a"]


@pytest.mark.parametrize(
    ("strategy", "suffering"),
    [
        (Strategy.ONE_FOR_ONE, []),
        (Strategy.REST_FOR_ONE, ["c", "d"]),
        (Strategy.ONE_FOR_ALL, ["a", "c", "d"]),
    ],
)
def test_the_strategy_says_who_suffers_from_a_death(strategy, suffering):
    site = Site(*map(spec, "abcd"), strategy=strategy).run()

    actions = site.died("b")
    for each in suffering:
        assert Create("b") not in actions  # not before the last of them has ended
        assert Terminate(each) in actions
        actions += site.died(each, clean=True)
    assert actions[len(suffering) :] == [Create(each) for each in sorted(["b", *suffering])]
    assert all(not site.core.children[each].recent for each in suffering)


def test_those_restarted_together_start_stage_by_stage():
    specs = (spec("a", stage=2), spec("b", stage=1), spec("c", stage=1), spec("d", stage=2))
    site = Site(*specs, strategy=Strategy.ONE_FOR_ALL).run()
    for each in "dabc":
        actions = site.died(each)

    assert actions == [Create("b"), Create("c")]
    assert site.started("b") == []
    assert site.started("c") == [Create("a"), Create("d")]


def test_those_restarted_together_wait_for_the_longest_back_off():
    site = Site(spec("a", jitter=0.0), spec("b"), strategy=Strategy.ONE_FOR_ALL).run()
    site.died("a")
    site.died("b")
    site.died("a")
    assert site.died("b") == []
    assert site.core.next_s() == pytest.approx(site.now_s + 0.05)

    assert site.wait(0.04) == []
    assert site.wait(0.02) == [Create("a"), Create("b")]


def test_a_death_beside_those_restarted_together_joins_them():
    site = Site(*map(spec, "abc"), strategy=Strategy.REST_FOR_ONE).run()
    assert site.died("b") == [Terminate("c")]

    assert site.died("a") == []
    assert site.died("c") == [Create("a"), Create("b"), Create("c")]


def test_nobody_is_created_of_those_restarted_together_once_all_stop():
    site = Site(*map(spec, "ab"), strategy=Strategy.ONE_FOR_ALL).run()
    site.died("a")

    site.do(site.core.stop())

    assert site.died("b") == [AllStopped()]
    assert site.core.next_s() is None


def test_one_without_a_place_holds_up_nobody_restarted_together():
    site = Site(*map(spec, "ab"), strategy=Strategy.ONE_FOR_ALL).run()
    site.died("a")

    assert site.unplaced("b") == [GaveUp("b", "nowhere"), Create("a")]


@pytest.mark.parametrize("strategy", Strategy)
def test_a_death_that_needs_no_replacement_hurts_no_sibling(strategy):
    site = Site(spec("a"), spec("b", restart=Restart.TEMPORARY), spec("c"), strategy=strategy).run()

    assert site.died("b") == []


@pytest.mark.parametrize("strategy", [Strategy.ONE_FOR_ONE, Strategy.REST_FOR_ONE])
def test_siblings_that_wait_for_their_back_off_are_left_alone(strategy):
    site = Site(spec("a"), spec("b"), strategy=strategy).run()
    site.died("b")
    site.died("b")
    assert site.state("b") is State.BACKOFF

    assert site.died("a") == [Create("a")]
    assert site.state("b") is State.BACKOFF


# -- budget and back-off -----------------------------------------------------------------------------------


def fail(site, times, every_s, child_id="a"):
    """The child fails again and again; return what the last failure led to."""
    actions = []
    for _ in range(times):
        site.now_s += every_s
        actions = site.died(child_id)
        if site.state(child_id) is State.BACKOFF:
            site.do(site.core.restart(child_id))
    return actions


@pytest.mark.parametrize("intensity", [0, 1, 5])
def test_one_failure_more_than_the_intensity_escalates(intensity):
    site = Site(spec(intensity=intensity, period_s=10.0)).run()

    fail(site, intensity, 0.1)
    assert site.state("a") is not State.STOPPED
    [escalation] = fail(site, 1, 0.1)
    assert isinstance(escalation, Escalate)
    assert escalation.reason == f"a failed {intensity + 1} times within 10 s, last: boom"


def test_failures_older_than_the_period_are_forgotten():
    site = Site(spec(intensity=2, period_s=10.0)).run()

    fail(site, 50, 5.0)
    assert site.state("a") is State.STARTING
    assert isinstance(fail(site, 1, 4.9)[0], Escalate)


def test_children_do_not_use_up_their_siblings_budget():
    site = Site(spec("a", intensity=2), spec("b", intensity=2)).run()

    fail(site, 2, 0.1, "a")
    fail(site, 2, 0.1, "b")
    assert site.states() == [State.STARTING, State.STARTING]


def delays(site, count, chance):
    """Back-off of each of the next failures, in seconds; 0 where there was none."""
    seen = []
    for _ in range(count):
        actions = site.died("a", chance=chance)
        due_s = site.core.next_s() if not actions else site.now_s
        seen.append(due_s - site.now_s)
        if not actions:
            assert site.wait(due_s - site.now_s - 0.001) == []
            assert site.wait(0.002) == CREATE
    return seen


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_the_back_off_doubles_up_to_its_cap(chance, factor):
    site = Site(spec(intensity=99, period_s=999.0, backoff_s=1.0, backoff_max_s=5.0, jitter=0.2)).run()

    expected = [0.0, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert delays(site, 6, chance) == pytest.approx([each * factor for each in expected])


def test_without_back_off_every_restart_is_immediate():
    site = Site(spec(intensity=99, backoff_s=0.0)).run()

    assert delays(site, 5, 0.5) == [0.0] * 5


def test_a_child_given_up_is_tried_again_later_with_a_fresh_budget():
    kwargs = {"intensity": 1, "period_s": 999.0, "exhausted": Exhausted.GIVE_UP, "retry_s": 60.0}
    site = Site(spec("a", **kwargs), spec("b")).run()

    [gave_up] = fail(site, 2, 0.1)
    assert gave_up == GaveUp("a", "a failed 2 times within 999 s, last: boom")
    assert site.states() == [State.FAILED, State.RUNNING]
    assert site.wait(59.9) == [Probe("b", 1)]
    assert Create("a") in site.wait(0.2)
    assert fail(site, 1, 0.1) == CREATE


# -- stages ------------------------------------------------------------------------------------------------


def staged(**kwargs):
    return Site(spec("c", stage=2), spec("a1"), spec("b", stage=1, **kwargs), spec("a2"))


def test_stages_start_in_rising_order_and_wait_for_each_other():
    site = staged()

    assert site.start() == [Create("a1"), Create("a2")]
    assert site.started("a1") == []
    assert site.started("a2") == [Create("b")]
    assert site.started("b") == [Create("c")]
    assert site.started("c") == [AllStarted()]
    site.died("b")
    assert site.started("b") == []


def test_stages_stop_in_falling_order_and_wait_for_each_other():
    site = staged().run()

    assert site.do(site.core.stop()) == [Terminate("c")]
    assert site.died("c", clean=True) == [Terminate("b")]
    assert site.died("b") == [Terminate("a1"), Terminate("a2")]
    assert site.died("a2") == []
    assert site.died("a1") == [AllStopped()]


def test_stop_during_the_start_ends_only_who_was_begun():
    site = staged()
    site.start()
    site.started("a1")

    assert site.do(site.core.stop()) == [Terminate("a1"), Terminate("a2")]
    assert site.started("a2") == []
    assert site.died("a1") == []
    assert site.died("a2") == [AllStopped()]


@pytest.mark.parametrize("clean", [True, False])
def test_a_child_that_ends_before_it_started_keeps_no_stage_waiting(clean):
    site = staged(restart=Restart.TEMPORARY)
    site.start()
    site.started("a1")
    site.started("a2")

    assert site.died("b", clean=clean) == [Create("c")]


def test_a_child_given_up_keeps_no_stage_waiting():
    site = staged(intensity=0, exhausted=Exhausted.GIVE_UP)
    site.start()
    site.started("a1")
    site.started("a2")

    assert site.died("b")[1:] == [Create("c")]


def test_a_child_without_place_keeps_no_stage_waiting_and_is_tried_again():
    site = staged(retry_s=30.0)
    site.start()
    site.started("a1")
    site.started("a2")

    assert site.unplaced("b") == [GaveUp("b", "nowhere"), Create("c")]
    site.started("c")
    assert site.core.children["b"].restarts == 0
    assert Create("b") in site.wait(30.0)


def test_a_child_placed_meanwhile_is_not_created_again():
    site = Site(spec()).run()
    site.put("a", State.FAILED)
    INPUTS["placeable"](site)

    assert INPUTS["placeable"](site) == []


def test_a_child_that_was_given_up_does_not_wait_for_a_host():
    site = Site(spec(intensity=0, exhausted=Exhausted.GIVE_UP)).run()
    site.died("a")

    assert site.state("a") is State.FAILED
    assert INPUTS["placeable"](site) == []


@pytest.mark.parametrize("strategy", Strategy)
def test_without_children_start_and_stop_are_done_at_once(strategy):
    site = Site(strategy=strategy)

    assert site.core.next_s() is None
    assert site.start() == [AllStarted()]
    assert site.do(site.core.stop()) == [AllStopped()]


def test_two_children_of_one_id_are_refused():
    with pytest.raises(ValueError, match="two children are called 'a'"):
        Supervision([spec(), spec()])


# -- time-outs and heartbeats ------------------------------------------------------------------------------


def test_a_child_that_does_not_start_in_time_is_killed_each_time():
    site = Site(spec(start_s=3.0))
    site.start()

    assert site.core.next_s() == site.now_s + 3.0
    assert site.wait(2.9) == []
    kill = [Kill("a", "did not start within 3 s")]
    assert site.wait(0.2) == kill
    assert site.wait(2.9) == []
    assert site.wait(0.2) == kill


@pytest.mark.parametrize(
    ("now", "killed"),
    [
        (Vitals("R", 0.2, 2.5), False),
        (Vitals("S", 0.2, 2.5), False),
        (Vitals("S", 0.2, 0.1), True),
        (Vitals("R", 1.6, 1.0), True),
        (Vitals("T", 0.2, 2.5), True),
    ],
)
def test_a_child_that_starts_late_for_want_of_a_core_is_waited_for(now, killed):
    site = Site(spec(start_s=3.0))
    site.start()

    assert site.core.owing(site.now_s + 3.0) == ["a"]
    actions = site.wait(3.1, {"a": now})

    assert actions == ([Kill("a", "did not start within 3 s")] if killed else [])
    assert site.core.next_s() == site.now_s + (3.0 if killed else 0.75)


def test_a_child_is_not_waited_for_without_end_whatever_it_lacks():
    site = Site(spec(start_s=3.0))
    site.start()

    assert site.wait(24.1, {"a": Vitals("R", 0.2, 23.0)}) == [Kill("a", "did not start within 3 s")]


def test_a_child_that_does_not_stop_in_time_is_killed_each_time():
    site = Site(spec(shutdown_s=2.0)).run()
    site.do(site.core.stop())

    assert site.core.next_s() == site.now_s + 2.0
    assert site.wait(1.9) == []
    kill = [Kill("a", "did not stop within 2 s")]
    assert site.wait(0.2) == kill
    assert site.wait(2.1) == kill
    assert site.died("a") == [AllStopped()]


@pytest.mark.parametrize(
    ("now", "killed"),
    [
        (Vitals("R", 1.2, 1.8), False),
        (Vitals("S", 1.2, 1.8), False),
        (Vitals("S", 1.2, 0.1), True),
        (Vitals("R", 2.1, 0.9), True),
        (Vitals("T", 1.2, 1.8), True),
        (None, True),
    ],
)
def test_a_child_that_stops_late_for_want_of_a_core_is_waited_for(now, killed):
    site = Site(spec(shutdown_s=2.0)).run()
    site.do(site.core.stop())
    site.core.terminating("a", site.now_s, Vitals("S", 1.0, 0.0))

    assert site.core.owing(site.now_s + 1.9) == []
    assert site.core.owing(site.now_s + 2.0) == ["a"]
    actions = site.wait(2.0, {"a": now})

    assert actions == ([Kill("a", "did not stop within 2 s")] if killed else [])
    assert site.core.next_s() == site.now_s + (2.0 if killed else 0.5)


def test_a_child_that_is_to_stop_is_not_waited_for_without_end_whatever_it_lacks():
    site = Site(spec(shutdown_s=2.0)).run()
    site.do(site.core.stop())
    site.core.terminating("a", site.now_s, Vitals("S", 1.0, 0.0))
    starved = Vitals("R", 1.0, 30.0)

    assert [site.wait(2.0, {"a": starved}), *(site.wait(0.5, {"a": starved}) for _ in range(3))] == [[]] * 4
    assert site.wait(0.5, {"a": starved}) == [Kill("a", "did not stop within 2 s")]


def test_a_supervisor_that_is_late_itself_looks_for_the_end_of_its_children_again():
    site = Site(spec(shutdown_s=2.0)).run()
    site.do(site.core.stop())

    # given the news of an end that may have come while the supervisor had no core
    assert site.wait(2.3) == []
    assert site.core.next_s() == site.now_s + 2.0 * LATE_SHARE
    assert site.died("a", clean=True) == [AllStopped()]


def test_a_child_whose_end_is_not_reported_yet_is_not_killed():
    site = Site(spec(shutdown_s=2.0)).run()
    site.do(site.core.stop())

    assert site.wait(2.0, {"a": Vitals("Z", 1.0, 0.0)}) == []
    for _ in range(MAX_PATIENCE - 1):
        assert site.wait(0.25, {"a": Vitals("Z", 1.0, 0.0)}) == []
    assert site.wait(0.25, {"a": Vitals("Z", 1.0, 0.0)}) == [Kill("a", "did not stop within 2 s")]


def test_a_running_child_is_pinged_and_its_pong_puts_off_the_next():
    site = Site(spec(heartbeat_s=1.0, deadline_s=0.5)).run()

    assert site.core.next_s() == site.now_s + 1.0
    assert site.wait(0.9) == []
    assert site.wait(0.1) == [Probe("a", 1)]
    assert site.core.owing() == ["a"]
    assert site.core.owing(by_s=site.now_s + 0.4) == []  # it need not be looked at before its deadline
    assert site.core.owing(by_s=site.now_s + 0.5) == ["a"]
    assert site.core.next_s() == site.now_s + 0.5
    site.now_s += 0.25
    site.core.pong("a", 1, site.now_s)
    assert site.core.owing() == []
    assert site.core.next_s() == site.now_s + 1.0
    assert site.wait(1.0) == [Probe("a", 2)]


@pytest.mark.parametrize(("heartbeat_s", "calm_s"), [(0.15, CALM_S), (2.0, 2.0)])
def test_nobody_is_pinged_often_before_the_site_runs(heartbeat_s, calm_s):
    # given a child that has started, in a site that has not
    site = Site(spec(heartbeat_s=heartbeat_s, deadline_s=0.1))
    site.core.calm = True
    site.run()
    assert site.core.next_s() == site.now_s + calm_s
    site.wait(calm_s)
    site.core.pong("a", 1, site.now_s)
    assert site.core.next_s() == site.now_s + calm_s

    # when the site runs
    site.core.rouse(site.now_s)

    # then the child is looked after as its specification says
    assert site.core.next_s() == site.now_s + heartbeat_s
    site.wait(heartbeat_s)
    site.core.pong("a", 2, site.now_s)
    assert site.core.next_s() == site.now_s + heartbeat_s


def test_a_child_that_hangs_before_the_site_runs_is_killed():
    site = Site(spec(heartbeat_s=0.15, deadline_s=0.5))
    site.core.calm = True
    site.run()

    assert site.wait(CALM_S) == [Probe("a", 1)]
    assert site.wait(0.5) == []
    assert site.wait(0.5 * LATE_SHARE) == [Kill("a", "hung: silent for 0.562 s")]


def test_a_child_that_is_doubted_is_pinged_out_of_turn():
    site = Site(spec(heartbeat_s=1.0, deadline_s=0.5, grants={"a/main": ""})).run()

    site.core.doubt("b/main", site.now_s)
    assert site.wait(0.1) == []
    site.core.doubt("a/main", site.now_s)
    assert site.core.next_s() == site.now_s
    assert site.wait(0.0) == [Probe("a", 1)]


def test_doubt_does_not_put_off_what_a_ping_finds_out():
    site = Site(spec(heartbeat_s=1.0, deadline_s=0.5, grants={"a/main": ""})).run()
    site.wait(1.0)
    due_s = site.core.next_s()

    for _ in range(3):
        site.now_s += 0.1
        site.core.doubt("a/main", site.now_s)

    assert site.core.next_s() == due_s


def test_a_child_that_does_not_run_is_not_pinged_for_doubt():
    site = Site(spec(grants={"a/main": ""}))
    site.start()

    site.core.doubt("a/main", site.now_s)

    assert site.wait(0.0) == []


def test_a_pong_to_an_earlier_ping_does_not_count():
    site = Site(spec(heartbeat_s=1.0)).run()
    site.wait(1.0)
    site.core.pong("a", 1, site.now_s)
    site.wait(1.0)

    site.core.pong("a", 1, site.now_s)
    assert site.core.owing() == ["a"]


@pytest.mark.parametrize(("remote", "patience"), [(False, 1), (True, MAX_PATIENCE)])
def test_a_silent_child_is_killed_and_one_afar_gets_more_time(remote, patience):
    site = Site(spec(heartbeat_s=1.0, deadline_s=0.5))
    site.start()
    site.started("a", remote=remote)
    site.wait(1.0)

    deadline_s = 0.5 * patience
    assert site.wait(deadline_s) == []
    assert site.core.owing() == ["a"]
    assert site.wait(deadline_s * LATE_SHARE) == [
        Kill("a", f"hung: silent for {deadline_s * (1 + LATE_SHARE):.3f} s")
    ]
    assert site.core.owing() == []


def test_a_starved_child_is_checked_again_until_it_is_hung():
    site = Site(spec(heartbeat_s=1.0, deadline_s=0.4)).run()
    site.wait(1.0)
    site.core.probed("a", Vitals("R", 1.0, 0.0))

    # given a child that waited for a core all the time
    assert site.wait(0.4, {"a": Vitals("R", 1.0, 0.4)}) == []
    assert site.wait(0.05, {"a": Vitals("R", 1.0, 0.45)}) == []
    assert site.core.next_s() == pytest.approx(site.now_s + 0.1)
    # and then had its turn, and still does not answer
    assert isinstance(site.wait(0.1, {"a": Vitals("R", 1.6, 0.4)})[0], Kill)


def test_a_pong_that_waits_to_be_read_at_its_deadline_still_counts():
    site = Site(spec(heartbeat_s=1.0, deadline_s=0.4)).run()
    site.wait(1.0)

    assert site.wait(0.4) == []
    assert site.core.next_s() == pytest.approx(site.now_s + 0.05)
    site.core.pong("a", 1, site.now_s)
    assert site.wait(0.05) == []


@pytest.mark.parametrize(("late_s", "again"), [(0.049, False), (0.051, True), (2.7, True), (60.0, True)])
def test_a_supervisor_that_is_late_itself_looks_again_before_it_judges(late_s, again):
    site = Site(spec(heartbeat_s=1.0, deadline_s=0.4)).run()
    site.wait(1.0)
    site.wait(0.4)
    # given a pong that may have come while the supervisor had no core
    actions = site.wait(0.05 + late_s)

    assert bool(actions) is not again
    if again:
        assert isinstance(site.wait(0.05)[0], Kill)


def test_a_supervisor_that_was_away_for_long_kills_nobody_who_has_answered():
    site = Site(spec("a", heartbeat_s=1.0, deadline_s=0.4), spec("b", heartbeat_s=1.0, deadline_s=0.4)).run()
    site.wait(1.0)

    # given a machine that stood still for longer than the patience with anybody
    assert site.wait(0.4 * MAX_PATIENCE + 10.0) == []
    # when one pong is found in the mailbox
    site.core.pong("a", 1, site.now_s)
    # then only the other child is hung
    assert [each.id for each in site.wait(0.05)] == ["b"]


def test_a_supervisor_that_is_always_late_judges_all_the_same():
    site = Site(spec(heartbeat_s=1.0, deadline_s=0.4)).run()
    site.wait(1.0)

    looks = [site.wait(1.0) for _ in range(MAX_PATIENCE)]

    assert looks[:-1] == [[]] * (MAX_PATIENCE - 1)
    assert isinstance(looks[-1][0], Kill)


BEFORE = Vitals("S", 1.0, 1.0)


@pytest.mark.parametrize(
    ("silent_s", "before", "now", "expected"),
    [
        (1.0, None, BEFORE, True),
        (1.0, BEFORE, None, True),
        (1.0, BEFORE, Vitals("S", 1.0, 1.0), True),
        (1.0, BEFORE, Vitals("R", 2.0, 1.0), True),
        (1.0, BEFORE, Vitals("R", 1.5, 1.49), True),
        (1.0, BEFORE, Vitals("R", 1.25, 1.49), False),
        (1.0, BEFORE, Vitals("R", 1.5, 1.5), True),
        (1.0, BEFORE, Vitals("R", 1.49, 1.5), False),
        (1.0, BEFORE, Vitals("R", 1.0, 2.0), False),
        (7.9, BEFORE, Vitals("R", 1.0, 8.9), False),
        (8.0, BEFORE, Vitals("R", 1.0, 9.0), True),
        *((1.0, BEFORE, Vitals(letter, 1.0, 2.0), True) for letter in "TtZX"),
    ],
)
def test_only_who_had_its_turn_and_is_silent_is_hung(silent_s, before, now, expected):
    assert hung(silent_s, 1.0, before, now) is expected


# -- on purpose --------------------------------------------------------------------------------------------


def test_a_restart_on_purpose_costs_nothing_of_the_budget():
    site = Site(spec(intensity=0)).run()

    for number in range(1, 5):
        assert site.do(site.core.restart("a")) == TERMINATE
        assert site.do(site.core.restart("a")) == []
        assert site.died("a") == CREATE
        assert site.started("a") == []
        assert site.core.children["a"].restarts == number


def test_a_restart_on_purpose_does_not_overtake_earlier_stages():
    site = staged()
    site.start()

    assert site.do(site.core.restart("b")) == []
    site.started("a1")
    assert site.started("a2") == [Create("b")]


def test_a_temporary_sibling_is_ended_and_never_replaced():
    specs = (spec("a"), spec("b", restart=Restart.TEMPORARY))
    site = Site(*specs, strategy=Strategy.ONE_FOR_ALL).run()

    assert site.died("a") == [Terminate("b")]
    assert site.died("b") == [Create("a")]
    assert site.states() == [State.STARTING]


@pytest.mark.parametrize("end", ["crashed", "unplaced"])
def test_a_temporary_sibling_ended_in_its_start_keeps_no_stage_waiting(end):
    specs = (spec("b", restart=Restart.TEMPORARY), spec("a"), spec("c", stage=1))
    site = Site(*specs, strategy=Strategy.ONE_FOR_ALL)
    site.start()
    site.started("a")

    site.died("a")
    assert (site.unplaced("b") if end == "unplaced" else site.died("b")) == [Create("a")]
    assert site.started("a") == [Create("c")]
    assert "b" not in site.core.children


def test_one_that_is_restarted_with_its_siblings_is_not_restarted_twice():
    site = Site(spec("a"), spec("b"), strategy=Strategy.ONE_FOR_ALL).run()
    site.died("a")

    assert site.do(site.core.restart("b")) == site.do(site.core.restart("a")) == []
    assert site.died("b") == [Create("a"), Create("b")]


def test_the_back_off_stays_at_its_cap_after_thousands_of_failures():
    site = Site(spec(intensity=5000, period_s=1e9, backoff_max_s=5.0, jitter=0.0)).run()

    assert delays(site, 3000, 0.5)[-1] == pytest.approx(5.0)


# -- whatever happens --------------------------------------------------------------------------------------

SPECS = st.builds(
    spec,
    restart=st.sampled_from(Restart),
    intensity=st.integers(0, 3),
    exhausted=st.sampled_from(Exhausted),
    stage=st.integers(0, 2),
    retry_s=st.sampled_from([1.0, 60.0]),
    backoff_s=st.sampled_from([0.0, 0.05, 3.0]),
)
SHUFFLED = ("restart", "intensity", "exhausted", "stage", "retry_s", "backoff_s")
ANYBODY = st.sampled_from("abcd")
BUSY = (State.STARTING, State.STOPPING)
LONGEST_S = 61.0
"""Nobody waits longer than this for the next attempt."""
QUIET_ROUNDS = 5
"""How often that time passes before everybody must be where they belong."""


class Model(RuleBasedStateMachine):
    """Children that do what they like. `Site.do` checks that none is created while it lives."""

    @initialize(specs=st.lists(SPECS, min_size=1, max_size=4), strategy=st.sampled_from(Strategy))
    def begin(self, specs, strategy):
        kinds = [{field: getattr(each, field) for field in SHUFFLED} for each in specs]
        self.named = [spec(child_id, **kind) for child_id, kind in zip("abcd", kinds, strict=False)]
        self.strategy = strategy
        self.build()

    def build(self):
        self.site = Site(*self.named, strategy=self.strategy)
        self.site.start()

    def end(self, child_id, **kwargs):
        """It dies; a supervisor that fails with it is built anew by its own."""
        if any(isinstance(each, Escalate) for each in self.site.died(child_id, **kwargs)):
            self.build()

    def knows(self, child_id):
        return child_id in self.site.core.children

    def lives(self, child_id):
        return self.knows(child_id) and self.site.state(child_id) in ALIVE

    @rule(child_id=ANYBODY, remote=st.booleans())
    def it_starts(self, child_id, remote):
        if self.lives(child_id):
            self.site.started(child_id, remote=remote)

    @rule(child_id=ANYBODY, clean=st.booleans(), chance=st.floats(0, 1))
    def it_dies(self, child_id, clean, chance):
        if self.lives(child_id):
            self.end(child_id, clean=clean, chance=chance)

    @rule(child_id=ANYBODY)
    def it_has_no_place(self, child_id):
        if self.lives(child_id) and self.site.state(child_id) is not State.RUNNING:
            self.site.unplaced(child_id)

    @rule(child_id=ANYBODY)
    def a_host_joins(self, child_id):
        if self.knows(child_id):
            self.site.do(self.site.core.placeable(child_id))

    @rule(child_id=ANYBODY)
    def it_is_restarted_on_purpose(self, child_id):
        if self.knows(child_id):
            self.site.do(self.site.core.restart(child_id))

    @rule(child_id=ANYBODY, number=st.integers(1, 3))
    def it_says_pong(self, child_id, number):
        if self.knows(child_id):
            self.site.core.pong(child_id, number, self.site.now_s)

    @rule(by_s=st.sampled_from([0.01, 0.4, 1.0, 11.0, 70.0]))
    def time_passes(self, by_s):
        for action in self.site.wait(by_s):
            if isinstance(action, Kill) and self.lives(action.id):
                self.end(action.id)

    def settle(self):
        """From now on nothing fails and everybody does what they are asked for."""
        self.answer_pings()
        for _ in range(QUIET_ROUNDS):
            while busy := [child for child in self.site.core.children.values() if child.state in BUSY]:
                for child in busy:
                    self.begin_or_end(child)
            if set(self.site.states()) <= {State.RUNNING, State.STOPPED}:
                return
            self.site.wait(LONGEST_S)
            self.answer_pings()

    def begin_or_end(self, child):
        if child.state is State.STARTING:
            self.site.started(child.spec.id)
        else:
            self.site.died(child.spec.id, clean=True)

    def answer_pings(self):
        for child_id in self.site.core.owing():
            self.site.core.pong(child_id, self.site.core.children[child_id].ping, self.site.now_s)

    @rule()
    def when_all_is_quiet_everybody_is_where_they_belong(self):
        self.settle()
        assert AllStarted() in self.site.log
        for child in self.site.core.children.values():
            ended = child.state is State.STOPPED and child.spec.restart is not Restart.PERMANENT
            assert ended or child.state is State.RUNNING

    def teardown(self):
        if not hasattr(self, "site"):
            return
        self.site.do(self.site.core.stop())
        for child_id in self.site.core.children:
            self.site.do(self.site.core.restart(child_id))
        self.settle()
        assert self.site.log.count(AllStopped()) == 1
        assert all(state is State.STOPPED for state in self.site.states())
        assert self.site.core.next_s() is None


TestModel = Model.TestCase
TestModel.settings = settings(derandomize=True, deadline=None, max_examples=120, stateful_step_count=30)

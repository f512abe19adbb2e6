"""Supervisors in a simulation: who is replaced, given up, stopped, killed, and what the tree says of it."""

import pytest
from structlog.testing import capture_logs

from actors.engine import faults, messages
from actors.engine.envelope import Kind
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec, Restart, State
from actors.engine.supervisor import Supervisor, load
from protocols.message import Failure, FailureReason, Reply
from tests.support import actors
from tests.support.actors_messages import Answer, Question
from tests.support.simulated import Stage, branch, child

QUICK = {"backoff_s": 0.01, "backoff_max_s": 0.02}


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    faults.disable()
    actors.reset()


def pids(node):
    """Every process of a subtree by its path below it."""
    own = {node.name: node.pid}
    return own | {f"{node.name}/{key}": pid for each in node.children for key, pid in pids(each).items()}


def crash(stage, path, text="boom"):
    def fail(_me):
        raise RuntimeError(text)

    stage.do(path, fail)


# The tree


def test_the_tree_shows_every_actor_in_order():
    stage = Stage(child("a"), branch("b", child("c"), branch("d", child("e"))))

    assert list(pids(stage.tree())) == [
        "site", "site/registry", "site/a", "site/b", "site/b/c", "site/b/d", "site/b/d/e",
    ]  # fmt: skip


def test_the_tree_tells_restarts_and_the_last_error():
    stage = Stage(branch("b", child("c")))

    crash(stage, "b/c")

    node = stage.tree("b/c")
    assert (node.restarts, node.last_error, node.state) == (1, "RuntimeError: boom", "Running")


def test_the_tree_tells_how_long_each_has_lived():
    stage = Stage(branch("b", child("c"), child("d")))
    stage.pass_time(3)
    stage.kill("b/d")
    stage.pass_time(2)

    assert [stage.tree(path).uptime_s for path in ("", "b", "b/c", "b/d")] == [5.0, 5.0, 5.0, 2.0]


def ask_tree(stage):
    """Ask for the tree, let its deadline pass, and return what the root answers and when."""
    taken = []
    begun_s = stage.now_s

    def took(reply):
        taken.append((stage.now_s - begun_s, reply.node))

    def ask(me):
        number = me._ask_directly(took)
        frame = me._pack(Kind.REQUEST, number, "", messages.GetTree())
        me.send(stage.supervision().myAddress, frame)

    stage.do("asker", ask)
    stage.pass_time(0.6)
    return taken[0]


def test_a_silent_subtree_alone_is_left_out_in_time():
    # given a supervisor two levels down that hangs
    patient = {"heartbeat_s": 60.0}
    inner = branch("inner", child("x"), **patient)
    stage = Stage(child("asker"), branch("outer", inner, child("y")), branch("other", child("z")))
    stage.simulation.hang("site/outer/inner")

    # when the tree is asked for
    took_s, node = ask_tree(stage)

    # then only what is below the silent one is missing
    assert took_s <= 0.5
    found = set(pids(node))
    assert found >= {"site/outer", "site/outer/inner", "site/outer/y", "site/other/z"}
    assert "site/outer/inner/x" not in found


def test_a_subtree_that_was_not_told_is_marked_as_such():
    patient = {"heartbeat_s": 60.0}
    stage = Stage(
        child("asker"),
        branch("outer", branch("inner", child("x"), **patient), child("y")),
        branch("empty"),
    )
    stage.simulation.hang("site/outer/inner")

    _took_s, node = ask_tree(stage)

    found = {each.name: each for each in (*node.children, *node.children[2].children)}
    incomplete = {name for name, each in found.items() if not each.complete}
    assert incomplete == {"inner"}
    assert found["empty"].children == ()


def test_a_supervisor_that_starts_says_who_keeps_it_waiting():
    stage = Stage(child("asker"), branch("late", child("slow", actor="Slow"), child("quick")))

    took_s, node = ask_tree(stage)

    (late,) = (each for each in node.children if each.name == "late")
    assert (late.state, late.complete) == (State.STARTING, True)
    assert [(each.name, each.state) for each in late.children] == [
        ("slow", State.STARTING),
        ("quick", State.RUNNING),
    ]
    assert took_s == 0.0


def test_a_tree_with_metrics_has_everybodys():
    stage = Stage(child("a", "a/main"), branch("b", child("c")))
    for _ in range(3):
        stage.simulation.ask("a/main", Question(text="?"))
    reply = stage.simulation.ask("site", messages.GetTree(metrics=True))

    nodes = {each.name: each for each in (reply.node, *reply.node.children, *reply.node.children[2].children)}
    assert {each.metrics.path for each in nodes.values()} == stage.paths()
    assert nodes["a"].metrics.received >= 4
    assert reply.admin is None  # there is none here
    assert stage.tree("a").metrics is None


def test_a_silent_actor_alone_is_without_metrics():
    stage = Stage(child("a", heartbeat_s=60.0), child("b"))
    stage.simulation.hang("site/a")
    taken = []
    supervisor = stage.supervision()

    def ask(me):
        number = me._ask_directly(taken.append)
        me._post(supervisor.myAddress, Kind.REQUEST, "", messages.GetTree(metrics=True), number)

    stage.do("b", ask)
    stage.pass_time(0.6)

    nodes = {each.name: each for each in taken[0].node.children}
    assert [name for name, each in nodes.items() if each.metrics is None] == ["a"]
    assert nodes["a"].complete


def test_a_tree_that_was_late_leaves_no_ask_behind():
    stage = Stage(child("asker"), branch("inner", child("x"), heartbeat_s=60.0))
    before = len(stage.supervision()._asks)
    stage.simulation.hang("site/inner")

    ask_tree(stage)

    assert len(stage.supervision()._asks) == before


# Escalation and giving up


def test_an_escalation_kills_the_subtree_and_rebuilds_it():
    stage = Stage(
        branch("b", child("c", intensity=1, **QUICK), child("d"), branch("e", child("f"))), child("g")
    )
    before = pids(stage.tree())

    crash(stage, "b/c")
    crash(stage, "b/c")

    after = pids(stage.tree())
    changed = {path for path in after if after[path] != before[path]}
    assert changed == {"site/b", "site/b/c", "site/b/d", "site/b/e", "site/b/e/f"}
    assert "c failed 2 times" in stage.tree("b").last_error


def test_a_child_given_up_leaves_its_siblings_alone():
    spec = {"intensity": 1, "exhausted": "give_up", "retry_s": 30.0}
    stage = Stage(branch("b", child("c", **spec), child("d")))
    before = pids(stage.tree())

    crash(stage, "b/c")
    crash(stage, "b/c")

    assert stage.tree("b/c").state == "Failed"
    assert [stage.tree(each).pid for each in ("b", "b/d")] == [before["site/b"], before["site/b/d"]]
    assert stage.record("b")[1][:2] == ("gave up", "c")


def test_a_child_given_up_is_tried_again_later():
    spec = {"intensity": 1, "exhausted": "give_up", "retry_s": 30.0}
    stage = Stage(branch("b", child("c", **spec)))
    crash(stage, "b/c")
    crash(stage, "b/c")

    stage.pass_time(29.9)
    assert stage.tree("b/c").state == "Failed"
    stage.pass_time(0.2)

    assert stage.tree("b/c").state == "Running"


@pytest.mark.parametrize(
    ("restart", "code", "replaced"),
    [
        ("permanent", 0, True),
        ("permanent", 1, True),
        ("transient", 0, False),
        ("transient", 1, True),
        ("temporary", 0, False),
        ("temporary", 1, False),
    ],
)
def test_who_is_replaced_depends_on_how_it_ended(restart, code, replaced):
    stage = Stage(child("c", restart=restart))

    stage.do("c", lambda me: me.leave(code))

    assert ("site/c" in stage.paths()) is replaced
    states = {node.name: node.state for node in stage.tree().children}
    forgotten = restart == "temporary"
    assert states.get("c") == ("Running" if replaced else None if forgotten else "Stopped")


def test_a_strategy_that_hurts_siblings_needs_a_reason():
    stage = Stage(branch("b", child("c"), actor="OneForAllBranch", **QUICK, intensity=0))

    node = stage.tree("b")
    assert node.state == "Failed"
    assert "strategy one_for_all of site/b needs a reason in its specification" in node.last_error


def test_a_life_of_a_temporary_child_has_a_number_of_its_own():
    stage = Stage(branch("b"))
    lineages = []
    for _ in range(3):
        spec = ChildSpec(id="c", actor="tests.support.actors.Puppet", restart=Restart.TEMPORARY)
        stage.supervision("b").add_child(spec)
        stage.simulation.run()
        lineages.append(stage["b/c"].lineage)
        stage.kill("b/c")

    assert lineages == ["site#0/b#0/c#0", "site#0/b#0/c#1", "site#0/b#0/c#2"]
    assert stage.tree("b").children == ()


@pytest.mark.parametrize(("restart", "told"), [("temporary", [("c", "exit code 3")]), ("permanent", [])])
def test_a_supervisor_is_told_which_child_it_has_forgotten(monkeypatch, restart, told):
    heard = []
    monkeypatch.setattr(
        Supervisor, "on_child_forgotten", lambda _self, child_id, reason: heard.append((child_id, reason))
    )
    stage = Stage(branch("b", child("c", restart=restart)))

    stage.do("b/c", lambda me: me.leave(3))

    assert heard == told


def test_a_child_killed_before_it_has_started_leaves_no_ask_behind():
    stage = Stage(branch("b", child("c", intensity=100)))
    supervisor, base = stage.supervision("b"), stage.simulation.base
    before, first = len(supervisor._asks), supervisor._pids["c"]
    # given a replacement that has not been told yet who it is
    stage.simulation.kill("site/b/c")
    while supervisor._pids.get("c", first) == first:
        base.step()

    base.kill_pid(supervisor._pids["c"])
    stage.pass_time(1.0)

    assert stage.tree("b/c").restarts == 2
    assert len(supervisor._asks) == before


def test_one_for_all_creates_nobody_before_all_have_ended():
    stage = Stage(branch("b", child("c"), child("d"), actor="OneForAllBranch", reason="test"))
    alive = []
    actors.SCRIPTS["site/b/d", "on_stop"] = lambda _me: alive.append("site/b/c" in stage.paths())

    stage.kill("b/c")

    assert alive == [False]
    assert stage.paths() >= {"site/b/c", "site/b/d"}


def test_one_for_all_replaces_every_sibling():
    stage = Stage(branch("b", child("c"), child("d"), child("e"), actor="OneForAllBranch", reason="test"))

    stage.kill("b/d")

    assert [node.restarts for node in stage.tree("b").children] == [1, 1, 1]


def test_rest_for_one_replaces_those_that_follow():
    stage = Stage(branch("b", child("c"), child("d"), child("e"), actor="RestForOneBranch", reason="test"))

    stage.kill("b/d")

    assert [node.restarts for node in stage.tree("b").children] == [0, 1, 1]


def test_a_storm_in_one_branch_leaves_the_other_alone():
    stage = Stage(
        branch("storm", *[child(f"s{number}", intensity=2) for number in range(4)], intensity=1000),
        branch("calm", branch("deep", child("x")), child("y")),
    )
    before = pids(stage.tree("calm"))

    for round_ in range(60):
        path = f"storm/s{round_ % 4}"
        if f"site/{path}" in stage.paths():
            stage.kill(path)
        stage.pass_time(0.03)

    assert stage.tree("storm").restarts > 0
    assert pids(stage.tree("calm")) == before


# Starting


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_child_whose_start_fails_is_tried_again(times):
    faults.enable([faults.Rule(fault=faults.Fault.FAIL_START, actor="site/b/c", times=times)])
    stage = Stage(branch("b", child("c"), child("d")))

    stage.pass_time(2)

    node = stage.tree("b/c")
    assert (node.state, node.restarts) == ("Running", times)
    assert "InjectedFault" in node.last_error
    assert stage.tree("b/d").restarts == 0


def test_a_child_that_never_starts_is_killed_and_replaced():
    stage = Stage(child("c", actor="Slow", start_s=2.0, heartbeat_s=60.0))

    stage.pass_time(1.9)
    assert stage.tree("c").restarts == 0
    stage.pass_time(0.2)

    assert stage.tree("c").restarts == 1
    assert stage.tree("c").last_error == "did not start within 2 s"


def test_children_of_one_stage_are_all_there_before_the_first_is_told_to_start(monkeypatch):
    # given
    steps = []
    for name in ("_create", "_send_start"):
        carry_out = getattr(Supervisor, name)

        def noted(supervisor, child_id, step=name, carry_out=carry_out, **how):
            steps.append((step, child_id))
            carry_out(supervisor, child_id, **how)

        monkeypatch.setattr(Supervisor, name, noted)

    # when
    Stage(branch("b", child("c"), child("d")))

    # then
    assert [step for step in steps if step[1] in {"c", "d"}] == [
        ("_create", "c"), ("_create", "d"), ("_send_start", "c"), ("_send_start", "d"),
    ]  # fmt: skip


def test_a_later_stage_waits_for_the_earlier_ones():
    stage = Stage(child("late", stage=1), child("slow", actor="Slow"))
    assert "site/late" not in stage.paths()

    stage.do("slow", lambda me: me.release("test"))

    assert "site/late" in stage.paths()


def test_a_child_added_later_is_started_and_ready():
    stage = Stage(branch("b", child("c")))

    stage.supervision("b").add_child(ChildSpec(id="new", actor="tests.support.actors.Puppet"))
    stage.simulation.run()

    assert stage["b/new"].ready
    with pytest.raises(ValueError, match="'new'"):
        stage.supervision("b").add_child(ChildSpec(id="new", actor="tests.support.actors.Puppet"))


# Stopping


def test_children_stop_in_reverse_order_of_stages():
    stage = Stage(branch("b", child("x", stage=0), child("y", stage=1), child("z", stage=2)))
    order = []
    for name in "xyz":
        stage.script(f"b/{name}", "on_stop", lambda me: order.append(me.path[-1]))

    stage.simulation.tell("site", messages.Stop(within_s=5))

    assert order == ["z", "y", "x"]
    assert stage.paths() == set()


def test_a_child_that_never_stops_is_killed():
    stage = Stage(branch("b", child("c", shutdown_s=0.5, heartbeat_s=60.0), shutdown_s=3.0))
    stage.simulation.hang("site/b/c")

    stage.simulation.tell("site/b", messages.Stop(within_s=3))
    stage.pass_time(0.4)
    assert "site/b/c" in stage.paths()
    with capture_logs() as logs:
        stage.pass_time(0.2)

    assert "did not stop within 0.5 s" in [each.get("reason") for each in logs]
    assert stage.tree("b").restarts == 1


def test_a_stop_ends_even_children_that_wait():
    stage = Stage(branch("b", child("c", backoff_s=5.0, intensity=5), restart="temporary"))
    stage.kill("b/c")
    stage.kill("b/c")
    assert stage.tree("b/c").state == "Backoff"

    stage.simulation.tell("site/b", messages.Stop(within_s=3))
    stage.simulation.tell("site", messages.Stop(within_s=3))

    assert stage.paths() == set()


def test_a_supervisor_that_stops_says_so_in_the_tree():
    stage = Stage(branch("b", child("c"), shutdown_s=3.0))
    stage.simulation.hang("site/b/c")
    stage.simulation.tell("site/b", messages.Stop(within_s=3))
    stage.simulation.tell("site/b", messages.Stop(within_s=3))

    reply = stage.simulation.ask("site/b", messages.GetTree())

    assert reply.node.state == "Stopping"
    assert [each.state for each in reply.node.children] == ["Stopping"]


def test_a_child_restarted_on_purpose_costs_no_budget():
    stage = Stage(child("c", intensity=1, exhausted="give_up"))

    for _ in range(5):
        assert stage.supervision().restart_child("c") == Reply()
        stage.simulation.run()

    node = stage.tree("c")
    assert (node.state, node.restarts, node.last_error) == ("Running", 5, None)


def test_a_child_nobody_knows_cannot_be_restarted():
    failure = Stage().supervision().restart_child("nobody")

    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.UNKNOWN_NAME


# Deaths and hangs


def test_a_death_nobody_reported_is_noticed():
    stage = Stage(child("c", "evse", heartbeat_s=60.0))
    stage.simulation.base._end_silently(stage["c"].myAddress)

    with capture_logs() as logs:
        stage.pass_time(2.1)

    assert [each["event"] for each in logs].count("death_was_not_reported") == 1
    assert stage.simulation.ask("evse", Question(text="you")) == Answer(text="you!")
    assert stage.tree("c").restarts == 1


def test_a_death_whose_notice_is_on_its_way_is_not_one_that_nobody_reported():
    stage = Stage(child("c", "evse", heartbeat_s=60.0))
    supervisor = stage.supervision()
    supervisor.port.reap = lambda: stage.simulation.base.end(stage["c"].myAddress, "exit code 0")

    with capture_logs() as logs:
        stage.pass_time(1.1)

    assert "death_was_not_reported" not in [each["event"] for each in logs]
    assert stage.tree("c").restarts == 1


def test_a_child_that_has_ended_when_it_would_be_killed_is_not_called_killed():
    # given a child that ends when it is asked to, and a supervisor that has not read of it when time is up
    stage = Stage(branch("b", child("c", shutdown_s=0.5, heartbeat_s=60.0), shutdown_s=3.0))
    stage.simulation.hang("site/b/c")
    port, living = stage.supervision("b").port, stage["b/c"].port.pid
    stage.simulation.tell("site/b", messages.Stop(within_s=3))
    port.exit_note = {living: "exit code 0"}.get
    port.children_alive = frozenset

    with capture_logs() as logs:
        stage.pass_time(0.6)

    assert not {"killing", "child_died"} & {each["event"] for each in logs}
    assert stage.tree("b").restarts == 1


@pytest.mark.parametrize("phase_s", [0.0, 0.1, 0.25, 0.39])
@pytest.mark.parametrize(("spec", "within_s"), [({}, 1.0), ({"heartbeat_s": 0.08, "deadline_s": 0.08}, 0.2)])
def test_a_hung_child_is_replaced_in_time(phase_s, spec, within_s):
    stage = Stage(branch("b", child("c", **spec)))
    stage.pass_time(5 + phase_s)
    stage.simulation.hang("site/b/c")

    stage.pass_time(within_s)

    node = stage.tree("b/c")
    assert (node.state, node.restarts) == ("Running", 1)
    assert node.last_error.startswith("hung: silent for")


def test_a_hung_supervisor_goes_with_all_below():
    stage = Stage(branch("b", branch("c", child("d"))), child("e"))
    before = pids(stage.tree())
    stage.simulation.hang("site/b")

    stage.pass_time(1.0)

    after = pids(stage.tree())
    assert {path for path in after if after[path] != before[path]} == {"site/b", "site/b/c", "site/b/c/d"}


def test_an_idle_tree_is_never_taken_for_hung():
    stage = Stage(branch("b", child("c", heartbeat_s=0.08, deadline_s=0.08)), child("d"))
    before = pids(stage.tree())

    stage.pass_time(120)

    assert pids(stage.tree()) == before


@pytest.mark.parametrize(("doubts", "not_yet_s"), [(False, 1.4), (True, 0.5)])
def test_a_sibling_that_is_doubted_is_found_hung_earlier(doubts, not_yet_s):
    # given: a hang right after a heartbeat, which comes each second
    stage = Stage(child("a"), child("b", "b/main", heartbeat_s=1.0, deadline_s=0.5))
    stage.pass_time(1.01)
    before = pids(stage.tree())
    stage.simulation.hang("site/b")

    if doubts:
        stage.do("a", lambda me: me.doubt("b/main"))
    stage.pass_time(not_yet_s)
    assert pids(stage.tree()) == before
    stage.pass_time(0.3)

    assert pids(stage.tree()) != before


@pytest.mark.parametrize(
    "news",
    [messages.Started(path="site/x", pid=1), messages.Crashed(path="x", error="y"), messages.Pong(number=1)],
)
def test_news_of_strangers_changes_nothing(news):
    stage = Stage(child("c"))
    before = pids(stage.tree())

    stage.simulation.tell("site", news)

    assert pids(stage.tree()) == before


def test_a_supervisor_without_a_registry_mourns_silently():
    simulation = Simulation()
    spec = {"id": "c", "actor": "tests.support.actors.Puppet"}
    start = messages.Start(path="b", lineage="b#0", config={"children": [spec]})
    simulation.start(actors.Branch, start)

    simulation.kill("b/c")
    simulation.run()

    assert simulation.ask("b", messages.GetTree()).node.children[0].restarts == 1


def test_an_actor_class_is_loaded_by_its_path():
    assert load("tests.support.actors.Puppet") is actors.Puppet
    with pytest.raises(AttributeError):
        load("tests.support.actors.Nobody")


def test_wake_ups_do_not_pile_up_with_time():
    stage = Stage(branch("b", child("c", heartbeat_s=0.08, deadline_s=0.08)), child("d"))
    stage.pass_time(10)
    before = len(stage.simulation.base._alarms)

    stage.pass_time(60)

    assert len(stage.simulation.base._alarms) <= before + 4


# What was lost on the way to a child, on another host say


def test_a_child_that_missed_that_the_site_runs_is_told_again():
    stage = Stage(child("slow", actor="Slow"), branch("b", child("c")))
    with stage.cut("", "site/b"):
        stage.do("slow", lambda me: me.release("test"))
    assert not stage["b/c"].ready

    stage.pass_time(1.1)

    assert stage["b/c"].ready


def test_a_child_that_missed_a_new_registry_is_told_again():
    stage = Stage(branch("b", child("c", "evse")))
    with stage.cut("", "site/b"):
        stage.kill("registry")
    assert stage["b/c"]._registry != stage.registry.myAddress

    stage.pass_time(1.1)

    assert stage["b/c"]._registry == stage.registry.myAddress
    assert stage.registry.table.serving("evse")[1] is not None


def test_a_child_that_missed_its_end_is_told_again():
    stage = Stage(branch("b", child("c"), shutdown_s=5.0))
    with stage.cut("", "site/b"):
        stage.simulation.tell("site", messages.Stop(within_s=5.0))
    assert stage.record("b/c") == []

    stage.pass_time(1.1)

    assert stage.record("b/c") == ["stopped"]
    assert stage.paths() == set()

"""The root: registry first, everybody ready at once, and a way in for those outside."""

from dataclasses import replace

import pytest

from actors.engine import faults, messages
from actors.engine.address import text_of
from actors.engine.root import SETTLE_S, RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec, Exhausted
from actors.engine.supervisor import SupervisorError
from tests.support import actors
from tests.support.actors_messages import Answer, Question
from tests.support.simulated import Stage, branch, child


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    faults.disable()
    actors.reset()


def ready(stage):
    return {path for path, actor in stage.simulation.actors().items() if actor.ready}


def awaited():
    """A site that becomes ready with `slow`, has a child `late` beside it, and is waited for by somebody."""
    stage = Stage(child("slow", actor="Slow"), child("late"))
    with pytest.raises(LookupError):
        stage.simulation.ask("site", messages.AwaitReady())
    return stage


def test_nobody_is_ready_before_all_have_started():
    stage = Stage(child("a"), branch("b", child("slow", actor="Slow")))
    assert ready(stage) == set()

    stage.do("b/slow", lambda me: me.release("test"))

    assert ready(stage) == stage.paths()


def test_the_first_event_of_each_reaches_everybody():
    for path in ("a", "b/c"):
        actors.SCRIPTS[f"site/{path}", "on_ready"] = lambda me: me.tell_everybody(1)
        actors.SCRIPTS[f"site/{path}", "on_start"] = lambda me: [me.listen(name) for name in ("x", "y")]

    stage = Stage(child("a", "x"), branch("b", child("c", "y")))

    for path in ("a", "b/c"):
        assert sorted(stage.record(path)) == [("x", 1), ("y", 1)]


def test_who_awaits_readiness_is_answered_when_all_have_started():
    stage = Stage(child("slow", actor="Slow"))
    with pytest.raises(LookupError):
        stage.simulation.ask("site", messages.AwaitReady())
    assert len(stage.supervision()._awaiting) == 1

    stage.do("slow", lambda me: me.release("test"))

    assert stage.supervision()._awaiting == []
    pid = stage.supervision().port.pid
    assert stage.simulation.ask("site", messages.AwaitReady()) == messages.AwaitReadyReply(pid=pid)


def test_readiness_is_told_when_every_child_has_taken_it_in():
    # given children that are told that the site runs
    stage = awaited()
    stage.simulation.hang("site/late")
    stage.do("slow", lambda me: me.release("test"))
    assert "site/slow" in ready(stage)
    assert "site/late" not in ready(stage)
    assert len(stage.supervision()._awaiting) == 1

    # when one of them has its turn late, or never
    stage.pass_time(SETTLE_S)

    assert stage.supervision()._awaiting == []


def test_a_child_that_dies_before_it_knows_of_readiness_keeps_nobody_waiting():
    stage = awaited()
    stage.simulation.kill("site/late")

    stage.do("slow", lambda me: me.release("test"))

    assert stage.supervision()._awaiting == []
    assert ready(stage) == stage.paths()


def test_a_child_that_dies_with_the_news_of_readiness_keeps_nobody_waiting():
    stage = awaited()
    stage.simulation.hang("site/late")
    stage.do("slow", lambda me: me.release("test"))
    assert len(stage.supervision()._awaiting) == 1

    stage.kill("late")

    assert stage.supervision()._awaiting == []
    assert ready(stage) == stage.paths()


def test_a_silent_registry_delays_readiness_a_second_at_most():
    stage = Stage(child("slow", actor="Slow"))
    stage.simulation.hang("site/registry")
    stage.do("slow", lambda me: me.release("test"))
    assert ready(stage) == set()

    stage.pass_time(1.0)

    assert "site" in ready(stage)
    stage.pass_time(1.0)
    assert ready(stage) == stage.paths()


def test_those_outside_find_the_registry_by_name():
    stage = Stage(child("a", "evse"))

    reply = stage.simulation.ask("site", messages.Resolve(name="registry"))

    assert reply.address == text_of(stage.registry.myAddress)
    assert stage.simulation.ask("site", messages.Resolve(name="evse")).address is None


def test_everybody_is_told_where_a_new_registry_lives():
    stage = Stage(child("a"), branch("b", branch("c", child("d", "evse"))))

    stage.kill("registry")

    assert len({text_of(actor._registry) for actor in stage.simulation.actors().values()}) == 1
    reply = stage.simulation.ask("site/registry", messages.Resolve(name="evse"))
    assert reply.address == text_of(stage["b/c/d"].myAddress)
    assert stage.simulation.ask("evse", Question(text="you")) == Answer(text="you!")


def test_a_replacement_is_ready_as_soon_as_it_has_started():
    stage = Stage(branch("b", child("c")))

    stage.kill("b")

    assert ready(stage) == stage.paths()


def test_a_site_without_branches_is_ready():
    assert ready(Stage()) == {"site", "site/registry"}


def test_a_child_that_keeps_dying_does_not_end_the_site():
    stage = Stage(child("a", intensity=3, period_s=60.0, backoff_s=0.01), child("b"))

    for _ in range(4):
        stage.kill("a")
        stage.pass_time(0.1)

    assert stage.tree("a").state == "Failed"
    assert [stage.tree(each).restarts for each in ("registry", "b")] == [0, 0]


def test_a_child_whose_death_ends_the_site_must_say_why():
    with pytest.raises(SupervisorError, match="nobody says why the whole site is to end"):
        RootSupervisor().admitted(ChildSpec(id="a", actor="x.Y", exhausted=Exhausted.ESCALATE))


def test_a_child_may_end_the_site_for_a_reason():
    stage = Stage(child("a", exhausted="escalate", reason="nothing works without it", intensity=0))

    stage.kill("a")

    assert stage.paths() == set()


class HastyRoot(actors.Site):
    """Gives its registry up soon."""

    def specs(self):
        registry, *others = super().specs()
        return [replace(registry, intensity=1), *others]


def test_a_site_whose_registry_is_given_up_gets_one_a_second_later():
    # given a registry that fails to start twice
    faults.enable([faults.Rule(fault=faults.Fault.FAIL_START, actor="*/registry", times=2)])
    simulation = Simulation()
    config = {"children": [child("a", "evse")]}
    simulation.start(HastyRoot, messages.Start(path="site", lineage="site#0", config=config))
    assert simulation.ask("site", messages.GetTree()).node.children[0].state == "Failed"
    assert not any(actor.ready for actor in simulation.actors().values())
    # when
    simulation.advance(1.1)
    # then
    assert all(actor.ready for actor in simulation.actors().values())
    assert simulation.ask("evse", Question(text="you")) == Answer(text="you!")
    # and when it is given up again, all who know each other go on
    for _ in range(2):
        simulation.kill("site/registry")
        simulation.run()
    assert simulation.ask("site", messages.GetTree()).node.children[0].state == "Failed"
    simulation.advance(1.1)
    assert set(simulation.actors()) == {"site", "site/registry", "site/a"}
    assert simulation.actor("site").registry_text() == text_of(simulation.actor("site/registry").myAddress)

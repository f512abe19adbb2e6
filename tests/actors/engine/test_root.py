"""The root: registry first, everybody ready at once, and a way in for those outside."""

import pytest

from actors.engine import messages
from actors.engine.address import text_of
from tests.support import actors
from tests.support.actors_messages import Answer, Question
from tests.support.simulated import Stage, branch, child


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    actors.reset()


def ready(stage):
    return {path for path, actor in stage.simulation.actors().items() if actor.ready}


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

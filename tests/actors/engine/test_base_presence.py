"""Whether anybody serves a name: told once when it is known, and on each change."""

import pytest

from tests.support import actors
from tests.support.simulated import Stage, child


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    actors.reset()


def looks_out(path="other", name="evse"):
    """Have every life of a puppet note down whether a name is served."""
    actors.SCRIPTS[f"site/{path}", "on_start"] = lambda me: me.subscribe_presence(name, me.note)


def broken(_me):
    raise RuntimeError("it does not start any more")


@pytest.fixture
def stage():
    """Somebody who serves `evse`, and somebody who wants to know."""
    looks_out()
    return Stage(child("evse", "evse", backoff_s=0.01), child("other"))


def test_whoever_wants_to_know_is_told_once_that_a_name_is_served(stage):
    stage.pass_time(5)

    assert stage.record("other")[-1:] == [True]
    assert stage.record("other").count(True) == 1


def test_a_name_that_nobody_has_ever_served_is_told_of_as_such():
    looks_out(name="nobody")
    stage = Stage(child("other"))

    assert stage.record("other") == [False]


def test_a_restart_is_heard_as_a_short_absence(stage):
    del stage.record("other")[:]

    stage.kill("evse")
    stage.pass_time(1)

    assert stage.record("other") == [False, True]


def test_who_is_given_up_is_absent_until_it_serves_again(stage, monkeypatch):
    del stage.record("other")[:]
    with monkeypatch.context() as patch:
        patch.setattr(actors.Puppet, "on_start", broken)
        stage.kill("evse")
        stage.pass_time(30)
        assert stage.record("other") == [False]

    stage.pass_time(120)

    assert stage.record("other") == [False, True]


def test_a_successor_is_told_how_it_is(stage):
    del stage.record("other")[:]

    stage.kill("other")

    assert stage.record("other")[-1:] == [True]


def test_a_new_registry_changes_nothing_of_it(stage):
    del stage.record("other")[:]

    stage.kill("registry")
    stage.pass_time(10)

    assert stage.record("other") == []


def test_who_dies_with_the_registry_is_missed_when_it_is_spoken_to(stage, monkeypatch):
    del stage.record("other")[:]
    monkeypatch.setattr(actors.Puppet, "on_start", broken)
    stage.simulation.kill("site/evse")
    stage.kill("registry")

    stage.do("other", lambda me: me.tell("evse", actors.Note(number=1)))

    assert stage.record("other") == [False]

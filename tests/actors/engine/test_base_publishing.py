"""Publishing and subscribing, across the deaths of publisher, subscriber and registry."""

from itertools import permutations

import pytest
from structlog.testing import capture_logs

from actors.engine import faults
from actors.engine.conversation import MAX_UNREADY
from tests.support import actors
from tests.support.actors_messages import Event, Level, Note
from tests.support.simulated import INTERFACE, Stage, branch, child


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    faults.disable()
    actors.reset()


def listens(path, *names, kind=Event):
    """Have every life of a puppet subscribe when it starts."""

    def subscribe(me):
        for name in names or ("evse",):
            me.listen(name, kind)

    actors.SCRIPTS[f"site/{path}", "on_start"] = subscribe


@pytest.fixture
def stage():
    """Somebody who publishes as `evse`, and somebody who listens."""
    listens("listener")
    return Stage(child("evse", "evse"), child("listener"))


def publish(stage, *numbers, path="evse", run=True):
    for number in numbers:
        stage.do(path, lambda me, number=number: me.tell_everybody(number), run=run)


def heard(stage, path="listener"):
    return [number for _name, number in stage.record(path)]


# Who gets what


def test_a_subscriber_gets_what_is_published_in_order(stage):
    publish(stage, *range(20), run=False)
    stage.simulation.run()

    assert stage.record("listener") == [("evse", number) for number in range(20)]


def test_who_publishes_knows_whether_anybody_has_subscribed(stage):
    asked = []

    stage.do("evse", lambda me: asked.append((me.is_heard(Event, "evse"), me.is_heard(Level, "evse"))))

    assert asked == [(True, False)]


def test_only_the_variable_subscribed_to_arrives(stage):
    stage.do("evse", lambda me: me.publish(Level(number=1)))
    stage.do("evse", lambda me: me.publish(Note(number=2)))
    publish(stage, 3)

    assert heard(stage) == [3]


def test_only_the_name_subscribed_to_counts():
    listens("listener", "left")
    stage = Stage(child("evse", "left", "right"), child("listener"))
    for number, name in ((1, "left"), (2, "right"), (3, "left")):
        stage.do("evse", lambda me, number=number, name=name: me.publish(Event(number=number), name))

    assert stage.record("listener") == [("left", 1), ("left", 3)]


def test_several_subscribers_get_the_same():
    for path in ("a", "b", "c"):
        listens(path)
    stage = Stage(child("evse", "evse"), *map(child, "abc"))
    publish(stage, 1, 2)

    assert [heard(stage, path) for path in "abc"] == [[1, 2]] * 3


def test_an_actor_may_subscribe_to_itself():
    listens("evse")
    stage = Stage(child("evse", "evse"))
    publish(stage, 1)

    assert stage.record("evse") == [("evse", 1)]


def test_subscribing_anew_replaces_what_is_called(stage):
    stage.do("listener", lambda me: me.subscribe("evse", Event, lambda item: me.note(-item.number)))
    publish(stage, 5)

    assert stage.record("listener") == [-5]


def test_one_may_subscribe_at_any_time():
    stage = Stage(child("evse", "evse"), child("listener"))
    publish(stage, 1)
    stage.do("listener", lambda me: me.listen("evse"))
    publish(stage, 2)

    assert heard(stage) == [2]


def test_the_name_may_be_left_out_when_one_fits():
    listens("listener")
    stage = Stage(
        {**child("evse"), "grants": {"evse": INTERFACE.upper(), "meter": "powermeter"}}, child("listener")
    )
    publish(stage, 1)

    assert heard(stage) == [1]


AMBIGUOUS = "ValueError: site/evse: tests.support.actors_messages is served under"


@pytest.mark.parametrize("names", [(), ("left", "right")])
def test_the_name_must_be_said_when_none_or_several_fit(names):
    stage = Stage(child("evse", *names))
    publish(stage, 1)

    assert stage.tree("evse").last_error.startswith(AMBIGUOUS)


def test_a_missing_name_is_noticed_where_it_is_missing():
    # given an actor that publishes before the site is ready
    first_life = [True]
    actors.SCRIPTS["site/evse", "on_start"] = lambda me: first_life and first_life.pop() and me.show(1)
    stage = Stage(child("evse"), child("slow", actor="Slow"))

    assert stage.tree("evse").last_error.startswith(AMBIGUOUS)


# Before the site is ready


def test_of_a_state_shown_before_the_site_is_ready_the_last_value_is_sent():
    def show_often(me):
        for number in range(5):
            me.show(number)
            me.tell_everybody(number)

    actors.SCRIPTS["site/evse", "on_start"] = show_often
    actors.SCRIPTS["site/ear", "on_start"] = lambda me: (me.listen("evse", Level), me.listen("evse", Event))
    stage = Stage(child("evse", "evse"), child("ear"))

    assert [number for _name, number in stage.record("ear")] == [0, 1, 2, 3, 4, 4]


def test_events_before_the_site_is_ready_are_bounded_and_states_are_not_lost():
    def talk(me):
        for number in range(MAX_UNREADY + 10):
            me.tell_everybody(number)
        me.show(7)

    actors.SCRIPTS["site/evse", "on_start"] = talk
    actors.SCRIPTS["site/ear", "on_start"] = lambda me: (me.listen("evse", Level), me.listen("evse", Event))
    with capture_logs() as logs:
        stage = Stage(child("evse", "evse"), child("ear"))

    heard = [number for _name, number in stage.record("ear")]
    assert heard == [*range(MAX_UNREADY), 7]
    assert stage["evse"].metrics.dropped == 10
    assert [each["reason"] for each in logs if each["event"] == "message_dropped"] == ["unready"]


def test_what_is_published_too_early_is_held_back_in_order():
    listens("listener")
    listens("late")
    actors.SCRIPTS["site/evse", "on_start"] = lambda me: [me.tell_everybody(number) for number in (1, 2)]
    actors.SCRIPTS["site/evse", "on_ready"] = lambda me: me.tell_everybody(4)
    stage = Stage(child("evse", "evse"), child("listener"), child("late", actor="Slow", stage=1))
    publish(stage, 3)
    assert heard(stage) == []

    stage.do("late", lambda me: me.release("test"))

    assert heard(stage) == heard(stage, "late") == [1, 2, 3, 4]


def test_a_replacement_reaches_everybody_from_its_first_word(stage):
    stage.script("evse", "on_start", lambda me: me.tell_everybody(1))
    stage.script("evse", "on_ready", lambda me: me.tell_everybody(2))

    stage.kill("evse")

    assert heard(stage) == [1, 2]


def test_a_replaced_branch_reaches_everybody_from_its_first_word():
    listens("listener")
    stage = Stage(branch("b", child("evse", "evse"), child("other")), child("listener"))
    stage.script("b/evse", "on_start", lambda me: me.tell_everybody(1))
    stage.script("b/evse", "on_ready", lambda me: me.tell_everybody(2))
    stage.script("b/other", "on_ready", lambda me: me.note("ready"))

    stage.kill("b")

    assert heard(stage) == [1, 2]
    assert stage.record("b/other") == ["ready"]
    assert all(actor.ready for actor in stage.simulation.actors().values())


def test_an_actor_that_still_starts_is_not_ready_with_the_site():
    # given an actor that is being replaced when the site becomes ready
    listens("listener")
    stage = Stage(
        child("evse", "evse", actor="Slow"), child("listener"), child("last", actor="Slow", stage=1)
    )
    stage.do("evse", lambda me: me.release("test"))
    stage.kill("evse")
    stage.do("evse", lambda me: me.tell_everybody(1))
    stage.do("last", lambda me: me.release("test"))
    assert stage["listener"].ready
    assert not stage["evse"].ready

    stage.do("evse", lambda me: me.release("test"))

    assert stage["evse"].ready
    assert heard(stage) == [1]


# Retained values


def show(stage, number, **kwargs):
    stage.do("evse", lambda me: me.publish(Level(number=number), **kwargs, retain=True))


def test_who_subscribes_late_gets_the_last_retained_value():
    stage = Stage(child("evse", "evse"), child("listener"))
    show(stage, 1)
    show(stage, 2)
    publish(stage, 3)
    stage.do("listener", lambda me: me.listen("evse", Level))
    stage.do("listener", lambda me: me.listen("evse", Event))

    assert heard(stage) == [2]


def test_a_retained_value_comes_once_to_those_who_were_there():
    listens("listener", kind=Level)
    listens("newcomer", kind=Level)
    stage = Stage(child("evse", "evse"), child("listener"), child("newcomer"))
    show(stage, 1)
    stage.kill("newcomer")

    assert heard(stage) == [1]
    assert heard(stage, "newcomer") == [1, 1]


def test_retained_values_of_several_names_are_kept_apart():
    stage = Stage(child("evse", "left", "right"), child("listener"))
    show(stage, 1, name="left")
    show(stage, 2, name="right")
    stage.do("listener", lambda me: me.listen("right", Level))

    assert stage.record("listener") == [("right", 2)]


def test_retained_values_die_with_their_actor():
    stage = Stage(child("evse", "evse"), child("listener"))
    show(stage, 1)
    stage.kill("evse")
    stage.do("listener", lambda me: me.listen("evse", Level))
    assert heard(stage) == []

    show(stage, 2)
    assert heard(stage) == [2]


# Deaths


def test_a_subscription_outlives_the_publisher(stage):
    publish(stage, 1)
    for number in (2, 3, 4):
        stage.kill("evse")
        publish(stage, number)
        stage.pass_time(20)

    assert heard(stage) == [1, 2, 3, 4]


def test_a_subscribers_successor_subscribes_again(stage):
    publish(stage, 1)
    stage.kill("listener")
    publish(stage, 2)

    assert heard(stage) == [1, 2]
    assert len(stage["evse"]._subscribers["evse"]) == 1


def test_a_dead_subscriber_disturbs_nobody(stage):
    stage.simulation.kill("site/listener")
    with capture_logs() as logs:
        publish(stage, 1)

    assert [each["event"] for each in logs] == ["child_died", "restarting"]
    assert stage.tree("evse").restarts == 0


def test_a_subscriber_may_come_before_the_publisher():
    listens("listener")
    stage = Stage(child("listener"), child("evse", "evse", stage=5))
    publish(stage, 1)

    assert heard(stage) == [1]


def test_nothing_published_is_lost_while_the_registry_is_replaced(stage):
    publish(stage, 0)
    # given a registry that dies while events are published, one after each message handled
    stage.simulation.kill("site/registry")
    number = 0
    while stage.simulation.base._pendingSends:
        stage.simulation.base.step()
        number += 1
        publish(stage, number, run=False)
        if number > 200:
            break
    stage.simulation.run()
    publish(stage, number + 1)

    assert stage.tree("registry").restarts == 1
    assert heard(stage) == list(range(number + 2))


def test_subscribers_that_died_with_the_registry_are_forgotten(stage):
    stage.simulation.kill("site/registry")
    stage.kill("listener")
    publish(stage, 1)
    assert heard(stage) == [1]
    stage.pass_time(30)

    publish(stage, 2)
    assert heard(stage) == [1, 2]
    assert stage["evse"]._former == {}
    assert len(stage["evse"]._subscribers["evse"]) == 1


def test_a_new_registry_does_not_repeat_retained_values():
    listens("listener", kind=Level)
    stage = Stage(child("evse", "evse"), child("listener"))
    show(stage, 1)
    stage.kill("registry")
    stage.pass_time(30)

    assert heard(stage) == [1]
    show(stage, 2)
    assert heard(stage) == [1, 2]


DEATHS = [victims for count in (1, 2, 3) for victims in permutations(("evse", "listener", "registry"), count)]


@pytest.mark.parametrize("victims", DEATHS, ids="+".join)
def test_publishing_works_after_any_deaths(victims):
    listens("listener")
    actors.SCRIPTS["site/evse", "on_ready"] = lambda me: me.show(8)
    stage = Stage(child("evse", "evse"), child("listener"))
    for victim in victims:
        stage.simulation.kill(f"site/{victim}")
    stage.simulation.run()

    publish(stage, 1)
    assert heard(stage) == [1]
    stage.do("listener", lambda me: me.listen("evse", Level))
    assert heard(stage) == [1, 8]

"""Who is behind which name: the table against a model, and the actor through deaths of its own."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from structlog.testing import capture_logs

from actors.engine import messages
from actors.engine.address import text_of
from actors.engine.envelope import Kind
from actors.engine.names import Names
from actors.engine.registry import GENERATIONS_OF_A_LIFE, Notice, Table, letters, outlives
from protocols.message import Reply
from tests.support import actors
from tests.support.actors_messages import Event, Note, Question
from tests.support.simulated import Stage, branch, child

SUPERSEDED = messages.Superseded()


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    actors.reset()


@pytest.fixture
def table():
    return Table()


def announce(name, generation, address=None):
    return messages.Announce(name=name, generation=generation, address=address)


def told(notices, address, kind=messages.Announce):
    return [notice.item for notice in notices if notice.address == address and isinstance(notice.item, kind)]


def subscribers(name, **tags):
    return messages.Subscribers(
        name=name,
        subscribers=tuple(messages.Subscriber(address=each, tags=tags[each]) for each in tags),
    )


# Names and generations


def test_a_registered_name_is_served(table):
    generation, notices = table.register("A", "s#0/a#0", ("evse",), 0)

    assert generation == 1
    assert table.serving("evse") == (1, "A")
    assert notices == [Notice("A", subscribers("evse"))]
    assert table.addresses() == ["A"]


def test_a_name_never_registered_is_served_by_nobody(table):
    assert table.serving("evse") == (0, None)
    assert table.addresses() == []


def test_one_actor_serves_all_its_names_at_one_generation(table):
    table.register("B", "s#0/b#0", ("other",), 0)
    generation, _notices = table.register("A", "s#0/a#0", ("left", "right"), 0)

    assert table.serving("left") == table.serving("right") == (generation, "A")
    assert table.addresses() == ["A", "B"]


def test_every_registration_has_a_higher_generation(table):
    generations = [table.register(f"A{life}", f"s#0/a#{life}", ("evse",), 0)[0] for life in range(5)]

    assert generations == sorted(set(generations))


def test_a_table_begins_above_what_it_is_told():
    assert Table(last=100).register("A", "s#0/a#0", ("evse",), 0)[0] == 101


def test_followers_hear_of_each_new_server(table):
    table.register("A", "s#0/a#0", ("evse",), 0)
    assert table.follow("F", "s#0/f#0", ("evse",), ()) == [Notice("F", announce("evse", 1, "A"))]

    _generation, notices = table.register("B", "s#0/a#1", ("evse",), 0)

    assert told(notices, "F") == [announce("evse", 2, "B")]


def test_who_follows_an_unknown_name_is_told_that_nobody_serves_it(table):
    assert table.follow("F", "s#0/f#0", ("evse",), ()) == [Notice("F", announce("evse", 0))]

    _generation, notices = table.register("A", "s#0/a#0", ("evse",), 0)
    assert told(notices, "F") == [announce("evse", 1, "A")]


def test_who_does_not_follow_a_name_hears_nothing_of_it(table):
    table.follow("F", "s#0/f#0", ("other",), ())
    _generation, notices = table.register("A", "s#0/a#0", ("evse",), 0)

    assert told(notices, "F") == []


def test_a_new_server_supersedes_the_old_one(table):
    table.register("A", "s#0/a#0", ("evse",), 0)
    _generation, notices = table.register("B", "s#0/b#0", ("evse",), 0)

    assert told(notices, "A", messages.Superseded) == [SUPERSEDED]


# Re-registration with a new registry


def test_a_claimed_generation_is_kept(table):
    assert table.register("A", "s#0/a#0", ("evse",), 7)[0] == 7
    assert table.register("B", "s#0/b#0", ("other",), 3)[0] == 3
    assert table.register("C", "s#0/c#0", ("third",), 0)[0] == 8


def test_a_claim_repeated_changes_nothing(table):
    table.register("A", "s#0/a#0", ("evse",), 7)
    generation, notices = table.register("A", "s#0/a#0", ("evse",), 7)

    assert generation == 7
    assert told(notices, "A", messages.Superseded) == []


def test_a_claim_below_a_living_successor_is_superseded(table):
    table.register("B", "s#0/b#0", ("evse",), 9)

    assert table.register("A", "s#0/a#0", ("evse",), 7) == (None, [Notice("A", SUPERSEDED)])
    assert table.serving("evse") == (9, "B")


def test_a_claim_below_a_dead_successor_gets_a_new_generation(table):
    table.register("B", "s#0/b#0", ("evse",), 9)
    table.gone("s#0/b#0")

    assert table.register("A", "s#0/a#0", ("evse",), 7)[0] == 10


def test_a_late_registration_of_an_earlier_life_is_superseded(table):
    # given a registration that was overtaken by that of the successor
    table.register("A1", "s#0/a#1", ("evse",), 0)

    for claimed in (0, 1, 100):
        assert table.register("A0", "s#0/a#0", ("evse",), claimed) == (None, [Notice("A0", SUPERSEDED)])
    assert table.serving("evse") == (1, "A1")


@pytest.mark.parametrize(
    ("one", "other", "later"),
    [
        ("s#0/a#1", "s#0/a#0", True),
        ("s#0/a#0", "s#0/a#1", False),
        ("s#0/a#1", "s#0/a#1", False),
        ("s#0/a#10", "s#0/a#9", True),
        ("s#0/p#1/a#0", "s#0/p#0/a#5", True),
        ("s#0/b#1", "s#0/a#0", False),
        ("s#0/p#1/a#1", "s#0/a#0", False),
        ("s#0/module/main#1", "s#0/module/main#0", True),
        ("s#0/odd#9name#0", "s#0/odd#8name#0", False),
        ("", "", False),
    ],
)
def test_lives_of_one_place_are_ordered(one, other, later):
    assert outlives(one, other) is later


# Deaths


def test_followers_hear_when_nobody_serves_a_name_any_more(table):
    table.register("A", "s#0/a#0", ("evse",), 0)
    table.follow("F", "s#0/f#0", ("evse",), ())

    assert table.gone("s#0/a#0") == [Notice("F", announce("evse", 1))]
    assert table.serving("evse") == (1, None)
    assert table.gone("s#0/a#0") == []


def test_a_whole_subtree_goes_with_its_supervisor(table):
    table.register("A", "s#0/p#0/a#0", ("a",), 0)
    table.register("B", "s#0/p#0/q#3/b#1", ("b",), 0)
    table.register("C", "s#0/p2#0/c#0", ("c",), 0)
    table.register("D", "s#0/p#00/d#0", ("d",), 0)

    table.gone("s#0/p#0")

    assert [table.serving(name)[1] for name in "abcd"] == [None, None, "C", "D"]


@pytest.mark.parametrize("earlier", ["s#0/a#1", "s#0/a#10", "s#0/a#1/b#0", "s#0/a", "s#1"])
def test_the_end_of_another_life_harms_nobody(table, earlier):
    table.register("A", "s#0/a#2", ("evse",), 0)
    table.follow("A", "s#0/a#2", ("evse",), (("evse", "t"),))

    assert table.gone(earlier) == []
    assert table.serving("evse") == (1, "A")


def test_a_dead_follower_is_told_nothing(table):
    table.follow("F", "s#0/p#0/f#0", ("evse",), ())
    table.gone("s#0/p#0")
    _generation, notices = table.register("A", "s#0/a#0", ("evse",), 0)

    assert told(notices, "F") == []


def test_an_unreachable_follower_is_told_nothing(table):
    table.follow("F", "s#0/f#0", ("evse",), ())
    table.unreachable("F")
    table.unreachable("never seen")

    assert told(table.register("A", "s#0/a#0", ("evse",), 0)[1], "F") == []


# Subscriptions


def test_a_publisher_is_told_who_wants_what(table):
    table.register("A", "s#0/a#0", ("evse",), 0)
    table.follow("F", "s#0/f#0", ("evse",), (("evse", "t2"), ("evse", "t1"), ("other", "t3")))
    notices = table.follow("G", "s#0/g#0", (), (("evse", "t1"),))

    assert notices == [Notice("A", subscribers("evse", F=("t1", "t2"), G=("t1",)))]


def test_subscribing_again_is_no_news(table):
    table.register("A", "s#0/a#0", ("evse",), 0)
    table.follow("F", "s#0/f#0", (), (("evse", "t"),))

    assert table.follow("F", "s#0/f#0", (), (("evse", "t"),)) == []


def test_who_subscribes_to_much_of_one_publisher_is_told_of_once(table):
    table.register("A", "s#0/a#0", ("evse",), 0)
    table.register("B", "s#0/b#0", ("board",), 0)
    wanted = (("evse", "t1"), ("board", "t1"), ("evse", "t2"), ("board", "t3"))

    notices = table.follow("F", "s#0/f#0", (), wanted)

    assert notices == [
        Notice("A", subscribers("evse", F=("t1", "t2"))),
        Notice("B", subscribers("board", F=("t1", "t3"))),
    ]


def test_all_news_for_one_actor_go_into_one_message():
    news = [
        Notice("A", announce("x", 1, "X")),
        Notice("B", announce("x", 1, "X")),
        Notice("A", messages.Superseded()),
        Notice("A", subscribers("a", F=("t",))),
        Notice("A", announce("y", 0)),
        Notice("C", subscribers("c")),
    ]

    assert letters(news) == [
        Notice("A", messages.News(
            announced=(announce("x", 1, "X"), announce("y", 0)), subscribed=(subscribers("a", F=("t",)),))),
        Notice("A", messages.Superseded()),
        Notice("B", announce("x", 1, "X")),
        Notice("C", subscribers("c")),
    ]  # fmt: skip


def test_a_publisher_that_comes_later_is_told_at_once(table):
    assert table.follow("F", "s#0/f#0", (), (("evse", "t"),)) == []
    _generation, notices = table.register("A", "s#0/a#0", ("evse", "other"), 0)

    assert told(notices, "A", messages.Subscribers) == [
        subscribers("evse", F=("t",)), subscribers("other")]  # fmt: skip


def test_a_publisher_is_told_when_a_subscriber_dies(table):
    table.register("A", "s#0/a#0", ("evse",), 0)
    table.follow("F", "s#0/p#0/f#0", (), (("evse", "t"),))
    table.follow("G", "s#0/g#0", (), (("evse", "t"),))

    assert table.gone("s#0/p#0") == [Notice("A", subscribers("evse", G=("t",)))]


def test_nobody_is_told_about_subscribers_of_a_name_that_is_down(table):
    table.register("A", "s#0/a#0", ("evse",), 0)
    table.gone("s#0/a#0")

    assert table.follow("F", "s#0/f#0", (), (("evse", "t"),)) == []
    assert table.gone("s#0/f#0") == []


PLACES = {"x": ("p/x", ("a",)), "y": ("p/y", ("b", "c")), "z": ("z", ("d", "a2"))}
NAMES = ("a", "b", "c", "d", "a2")
TAG = "t"


class Life:
    """One process of an actor, and what it has heard."""

    def __init__(self, place, address, lineage):
        self.place, self.address, self.lineage = place, address, lineage
        self.served = PLACES[place][1]
        self.generation = 0
        self.names = Names()
        self.wanted = set()
        self.subscribers = {}
        self.superseded = False
        self.followed_at = -1

    def hear(self, item):
        match item:
            case messages.Announce():
                self.names.announce(item.name, item.generation, item.address)
            case messages.Subscribers():
                self.subscribers[item.name] = {each.address for each in item.subscribers}
            case messages.Superseded():
                self.superseded = True


class Consistency(RuleBasedStateMachine):
    """Actors come, die and are replaced; news of deaths comes late or, when the registry died too, never."""

    def __init__(self):
        super().__init__()
        self.table = Table()
        self.registry_life = 0
        self.parent_life = 0
        self.lives = dict.fromkeys(PLACES, -1)
        self.alive = {}
        self.everybody = {}
        self.unreported = []
        self.overtaken = []
        self.generations = dict.fromkeys(NAMES, 0)

    def deliver(self, notices):
        for notice in notices:
            for life in self.alive.values():
                if life.address == notice.address:
                    life.hear(notice.item)

    def register(self, life):
        generation, notices = self.table.register(life.address, life.lineage, life.served, life.generation)
        self.deliver(notices)
        if generation is None:
            return
        if not life.generation:
            for name in life.served:
                assert generation > self.generations[name], "generations only rise"
        for name in life.served:
            self.generations[name] = max(self.generations[name], generation)
        life.generation = generation

    def follow(self, life):
        life.followed_at = self.registry_life
        variables = tuple((name, TAG) for name in sorted(life.wanted))
        self.deliver(self.table.follow(life.address, life.lineage, life.names.known(), variables))

    @rule(place=st.sampled_from(sorted(PLACES)))
    def begin(self, place):
        if place not in self.alive:
            self.lives[place] += 1
            where = PLACES[place][0].replace("p/", f"p#{self.parent_life}/")
            life = Life(place, f"{place}@{len(self.everybody)}", f"s#0/{where}#{self.lives[place]}")
            self.alive[place] = self.everybody[life.address] = life

    @rule(place=st.sampled_from(sorted(PLACES)), late=st.booleans())
    def introduce(self, place, late):
        """An actor registers; or its registration is on its way."""
        if (life := self.alive.get(place)) is None or life.generation:
            return
        if late:
            self.overtaken.append(life)
        else:
            self.register(life)

    @rule(place=st.sampled_from(sorted(PLACES)))
    def successor_overtakes(self, place):
        """An actor dies before its registration is read; that of its successor is read first."""
        self.begin(place)
        if not self.alive[place].generation:
            self.overtaken.append(self.alive[place])
            self.die(place)
            self.begin(place)
            self.register(self.alive[place])

    @rule()
    def overtaken_registration_arrives(self):
        if self.overtaken:
            life = self.overtaken.pop(0)
            if self.alive.get(life.place) is life:
                self.register(life)
            else:
                _generation, notices = self.table.register(life.address, life.lineage, life.served, 0)
                self.deliver(notices)
                for name in life.served:
                    self.generations[name] = max(self.generations[name], self.table.serving(name)[0])

    @rule(place=st.sampled_from(sorted(PLACES)), name=st.sampled_from(NAMES), subscribes=st.booleans())
    def want(self, place, name, subscribes):
        if (life := self.alive.get(place)) is not None:
            life.names.entry(name)
            if subscribes:
                life.wanted.add(name)
            self.follow(life)

    @rule(place=st.sampled_from(sorted(PLACES)))
    def die(self, place):
        if (life := self.alive.pop(place, None)) is not None:
            self.unreported.append(life.lineage)

    @rule()
    def parent_dies(self):
        for place in ("x", "y"):
            self.alive.pop(place, None)
        self.unreported.append(f"s#0/p#{self.parent_life}")
        self.parent_life += 1

    @rule()
    def deaths_are_reported(self):
        while self.unreported:
            self.deliver(self.table.gone(self.unreported.pop(0)))

    @rule(order=st.permutations(sorted(PLACES)), told=st.integers(0, 3), first=st.booleans())
    def registry_is_replaced(self, order, told, first):
        """What was on its way to it is lost, and not everybody introduces themselves at once."""
        self.registry_life += 1
        self.table = Table(self.registry_life * GENERATIONS_OF_A_LIFE)
        self.unreported.clear()
        self.overtaken.clear()
        self.not_introduced = [self.alive[place] for place in order if place in self.alive]
        for life in self.not_introduced[:told]:
            self.reintroduce(life, follow_first=first)

    def reintroduce(self, life, *, follow_first=True):
        if follow_first:
            self.follow(life)
        self.register(life)
        if not follow_first:
            self.follow(life)

    @invariant()
    def nobody_who_lives_is_superseded(self):
        # there is one actor per place, and none of them claims another's names
        assert not any(life.superseded for life in self.alive.values())

    @invariant()
    def who_follows_is_up_to_date(self):
        for life in self.alive.values():
            for name in life.names.known() if life.followed_at == self.registry_life else ():
                entry = life.names.entry(name)
                generation, address = self.table.serving(name)
                # a new registry may not have heard yet of somebody the follower knows
                assert generation < entry.generation or (generation, address) == (
                    entry.generation, entry.address)  # fmt: skip

    def teardown(self):
        """When everybody has spoken, all agree."""
        self.deaths_are_reported()
        while self.overtaken:
            self.overtaken_registration_arrives()
        for place in PLACES:
            self.begin(place)
        for life in self.alive.values():
            self.reintroduce(life)
        for life in self.alive.values():
            self.reintroduce(life, follow_first=False)
        for life in self.alive.values():
            for name in life.served:
                assert self.table.serving(name) == (life.generation, life.address)
                wanting = {each.address for each in self.alive.values() if name in each.wanted}
                assert life.subscribers[name] & self.addresses() == wanting
            for name in life.names.known():
                entry = life.names.entry(name)
                assert (entry.generation, entry.address) == self.table.serving(name)
        self.nobody_who_lives_is_superseded()

    def addresses(self):
        return {life.address for life in self.alive.values()}


TestConsistency = Consistency.TestCase
TestConsistency.settings = settings(derandomize=True, deadline=None, max_examples=150, stateful_step_count=40)


# The actor


@pytest.fixture
def stage():
    actors.SCRIPTS["site/listener", "on_start"] = lambda me: me.listen("evse")
    return Stage(child("evse", "evse"), child("listener"), branch("b", child("deep", "deep")))


def serving(stage, name):
    return stage.registry.table.serving(name)


def test_a_name_is_resolved_once_for_those_outside(stage):
    for name, path in (("evse", "evse"), ("deep", "b/deep")):
        reply = stage.simulation.ask("site/registry", messages.Resolve(name=name))
        assert reply.address == text_of(stage[path].myAddress)
        assert reply.generation == stage[path]._generation
    assert stage.simulation.ask("site/registry", messages.Resolve(name="x")) == messages.Resolved(
        generation=0
    )


def test_the_registry_knows_everybody_again_after_a_restart(stage):
    before = {name: serving(stage, name) for name in ("evse", "deep")}
    stage.kill("registry")

    assert {name: serving(stage, name) for name in ("evse", "deep")} == before
    assert stage.tree("registry").restarts == 1
    assert [stage.tree(path).restarts for path in ("evse", "listener", "b/deep")] == [0, 0, 0]


def test_names_are_spoken_to_while_the_registry_is_away(stage):
    stage.do("listener", lambda me: me.tell("deep", Note(number=1)))
    stage.simulation.hang("site/registry")
    stage.do("listener", lambda me: me.tell("deep", Note(number=2)))

    assert stage.record("b/deep") == [1, 2]


def test_an_actor_replaced_together_with_the_registry_is_found_again(stage):
    # given somebody who knows a high generation of a name
    for _ in range(4):
        stage.kill("b/deep")
        stage.pass_time(20)
    stage.do("listener", lambda me: me.ask("deep", Question(text="1"), me.heard))
    known = stage["listener"]._names.entry("deep").generation

    stage.simulation.kill("site/b/deep")
    stage.simulation.kill("site/registry")
    stage.simulation.run()
    stage.do("listener", lambda me: me.ask("deep", Question(text="2"), me.heard))

    assert stage.record("b/deep") == ["1", "2"]
    assert stage["listener"]._names.entry("deep").generation > known


def test_an_actor_that_starts_without_a_registry_is_announced_by_the_next(stage):
    stage.simulation.hang("site/registry")
    stage.kill("evse")
    assert stage.tree("evse").state == "Starting"

    stage.pass_time(1.5)

    assert stage.tree("evse").state == "Running"
    stage.do("evse", lambda me: me.tell_everybody(1))
    assert stage.record("listener") == [("evse", 1)]


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_registry_that_dies_again_and_again_forgets_nothing(stage, times):
    for number in range(times):
        stage.kill("registry")
        stage.simulation.kill("site/evse" if number % 2 else "site/b")
        stage.kill("registry") if stage.simulation.actors().get("site/registry") else None
        stage.pass_time(20)

    stage.do("evse", lambda me: me.tell_everybody(1))
    stage.do("listener", lambda me: me.tell("deep", Note(number=2)))
    assert stage.record("listener") == [("evse", 1)]
    assert stage.record("b/deep") == [2]


def test_an_actor_whose_names_were_taken_over_leaves(stage):
    stage.supervision("b").add_child(stage.supervision().supervision.children["evse"].spec)
    with capture_logs() as logs:
        stage.simulation.run()

    assert "superseded" in [each["event"] for each in logs]


def test_settle_is_answered_when_all_who_serve_have_heard(stage):
    assert stage.simulation.ask("site/registry", messages.Settle()) == Reply()

    stage.simulation.hang("site/evse")
    with pytest.raises(LookupError):
        stage.simulation.ask("site/registry", messages.Settle())


def test_settle_does_not_wait_for_the_dead(stage):
    stage.simulation.kill("site/evse")

    assert stage.simulation.ask("site/registry", messages.Settle()) == Reply()
    assert stage.registry._asks == {}


def test_settle_with_nobody_is_answered_at_once():
    stage = Stage(child("silent"))

    assert stage.simulation.ask("site/registry", messages.Settle()) == Reply()


def test_a_follower_that_died_unreported_is_dropped_when_it_is_told(stage):
    dead = stage["listener"]
    stage.kill("listener")
    # given a wish of the dead one that was overtaken by the report of its death
    wish = dead._pack(Kind.TELL, 0, "", messages.Follow(lineage=dead.lineage, names=("evse",)))
    stage.simulation.base.actor_send(dead.myAddress, stage.registry.myAddress, wish)
    stage.simulation.run()

    stage.kill("evse")

    assert text_of(dead.myAddress) not in stage.registry.table._followers
    assert text_of(stage["listener"].myAddress) in stage.registry.table._followers


def test_events_reach_their_subscribers_whatever_the_registry_went_through(stage):
    for number in range(3):
        stage.kill("registry")
        stage.do("evse", lambda me, number=number: me.publish(Event(number=number)))
        stage.pass_time(30)

    assert stage.record("listener") == [("evse", number) for number in range(3)]


# Messages that were lost on the way


def test_a_follower_that_missed_a_successor_is_told_again(stage):
    # given somebody who has spoken to a name
    stage.do("listener", lambda me: me.tell("deep", Note(number=1)))
    # when the news of its death and of its successor are lost
    with stage.cut("registry", "site/listener"):
        stage.kill("b/deep")
        stage.do("listener", lambda me: me.tell("deep", Note(number=2)))
        stage.pass_time(5.0)
        assert stage.record("b/deep") == [1]
    # then it hears of them when it can be reached again
    stage.pass_time(1.1)
    assert stage.record("b/deep") == [1, 2]


def test_a_publisher_that_missed_a_subscriber_is_told_again(stage):
    with stage.cut("registry", "site/b/deep"):
        stage.do("listener", lambda me: me.listen("deep"))
    stage.do("b/deep", lambda me: me.tell_everybody(1))
    assert stage.record("listener") == []

    stage.pass_time(1.1)
    stage.do("b/deep", lambda me: me.tell_everybody(2))

    assert stage.record("listener") == [("deep", 2)]


def test_nobody_is_told_again_who_has_ended(stage):
    with stage.cut("registry", "site/b/deep"):
        stage.do("listener", lambda me: me.listen("deep"))
    dead = stage["b/deep"].myAddress
    stage.kill("b")
    sent = []
    stage.registry._post = lambda target, *_letter: sent.append(target)

    stage.pass_time(1.1)

    assert dead not in sent


@pytest.mark.parametrize("path", ["listener", "evse"])
def test_who_could_not_introduce_itself_to_a_new_registry_does_so_again(stage, path):
    with stage.cut(path, "site/registry"):
        stage.kill("registry")
        stage.pass_time(3.0)

    stage.pass_time(7.0)  # until those told of by the former registry are forgotten
    stage.do("evse", lambda me: me.tell_everybody(1))

    assert stage.record("listener") == [("evse", 1)]
    assert serving(stage, "evse")[1] == text_of(stage["evse"].myAddress)


def test_a_death_the_registry_missed_is_reported_again():
    stage = Stage(branch("b", child("c", "evse", restart="temporary")))
    with stage.cut("b", "site/registry"):
        stage.kill("b/c")
    assert serving(stage, "evse")[1] is not None

    stage.pass_time(1.1)

    assert serving(stage, "evse")[1] is None

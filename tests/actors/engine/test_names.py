"""What is held back for names nobody serves, and the order in which it goes out again."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.engine.names import MAX_WAITING, RESOLVE_S, Held, Names, Outcome

LATER = 1e9


def letter(number, deadline_s=LATER, **kwargs):
    return Held(number, b"%d" % number, deadline_s, **kwargs)


def numbers(held):
    return [each.number for each in held]


@pytest.fixture
def names():
    return Names()


@pytest.fixture
def down():
    """One name that was served once and is not now."""
    names = Names()
    names.announce("evse", 1, "A")
    names.announce("evse", 1, None)
    return names


def test_a_name_is_known_from_its_first_use(names):
    names.entry("a")
    names.hand_in("b", letter(1), 0.0)
    names.announce("c", 1, "C")

    assert names.known() == ("a", "b", "c")
    assert "b" in names
    assert "d" not in names


def test_a_message_to_a_served_name_is_sent(names):
    names.announce("evse", 1, "A")

    assert names.hand_in("evse", letter(1), 0.0) is Outcome.SEND
    assert names.hand_in("evse", letter(2, deadline_s=0.0), 0.0) is Outcome.SEND
    assert names.next_deadline_s() is None


def test_messages_to_a_name_that_is_down_wait_in_order(down):
    for number in (1, 2, 3):
        assert down.hand_in("evse", letter(number), 0.0) is Outcome.HELD

    is_news, released, refused = down.announce("evse", 2, "B")
    assert (is_news, numbers(released), refused) == (True, [1, 2, 3], [])
    assert down.announce("evse", 2, "B") == (False, [], [])


def test_an_older_message_handed_in_late_goes_first(down):
    down.hand_in("evse", letter(7), 0.0)
    down.hand_in("evse", letter(3), 0.0)  # an ask that is repeated

    assert numbers(down.announce("evse", 2, "B").released) == [3, 7]


def test_who_does_not_want_to_wait_is_told_at_once(down):
    assert down.hand_in("evse", letter(1, deadline_s=0.0), 0.0) is Outcome.UNAVAILABLE
    assert down.announce("evse", 2, "B").released == []


# Names nobody has said anything about yet


def test_the_impatient_wait_for_the_first_word_about_a_name(names):
    assert names.hand_in("evse", letter(1, deadline_s=5.0), 5.0) is Outcome.HELD
    assert names.next_deadline_s() == 5.0 + RESOLVE_S

    assert numbers(names.announce("evse", 1, "A").released) == [1]


def test_the_impatient_are_refused_when_the_first_word_is_nobody(names):
    names.hand_in("evse", letter(1, deadline_s=5.0), 5.0)
    names.hand_in("evse", letter(2), 5.0)

    is_news, released, refused = names.announce("evse", 0, None)

    assert (is_news, released, numbers(refused)) == (True, [], [1])
    assert names.hand_in("evse", letter(3, deadline_s=5.0), 5.0) is Outcome.UNAVAILABLE
    assert numbers(names.announce("evse", 1, "A").released) == [2]


def test_the_first_word_is_not_waited_for_for_ever(names):
    names.hand_in("evse", letter(1, deadline_s=5.0), 5.0)

    assert names.expire(5.0 + RESOLVE_S - 0.001) == []
    [(name, held)] = names.expire(5.0 + RESOLVE_S)
    assert (name, held.number, held.patient) == ("evse", 1, False)


# Announcements


def test_an_older_announcement_is_ignored(names):
    names.announce("evse", 5, "B")

    assert names.announce("evse", 4, "A") == (False, [], [])
    assert names.announce("evse", 4, None) == (False, [], [])
    assert names.entry("evse").address == "B"


def test_nobody_at_the_same_generation_is_news(names):
    names.announce("evse", 5, "B")

    assert names.announce("evse", 5, None).is_news
    assert names.hand_in("evse", letter(1), 0.0) is Outcome.HELD


@pytest.mark.parametrize(
    ("generation", "address", "dead"),
    [(1, None, "a"), (2, None, "a"), (0, None, None), (1, "a", None), (2, "b", None)],
)
def test_who_is_dead_is_known_by_a_name_that_nobody_serves_any_more(names, generation, address, dead):
    names.announce("evse", 1, "a")

    assert names.dead_by("evse", generation, address) == dead
    assert names.entry("evse").address == "a"


def test_a_higher_generation_takes_over_without_a_gap(names):
    names.announce("evse", 5, "B")

    assert names.announce("evse", 6, "C").is_news
    assert (names.entry("evse").generation, names.entry("evse").address) == (6, "C")


# What comes back undelivered


def test_an_undelivered_message_goes_in_front_of_younger_ones(names):
    names.announce("evse", 1, "A")
    for number in (1, 2):
        assert names.hand_in("evse", letter(number), 0.0) is Outcome.SEND

    assert names.give_back("evse", letter(1), "A") == []
    assert names.hand_in("evse", letter(3), 0.0) is Outcome.HELD
    assert names.give_back("evse", letter(2), "A") == []

    assert numbers(names.announce("evse", 2, "B").released) == [1, 2, 3]


def test_an_undelivered_message_goes_to_a_successor_known_already(names):
    names.announce("evse", 1, "A")
    names.announce("evse", 2, "B")
    late = letter(1)

    assert names.give_back("evse", late, "A") == [late]
    assert names.entry("evse").address == "B"
    assert names.hand_in("evse", letter(2), 0.0) is Outcome.SEND


def test_an_undelivered_message_waits_when_the_name_is_down(down):
    assert down.give_back("evse", letter(1), "A") == []
    assert down.give_back("evse", letter(0), None) == []

    assert numbers(down.announce("evse", 2, "B").released) == [0, 1]


def test_the_same_actor_announced_again_is_tried_again(names):
    names.announce("evse", 1, "A")
    names.give_back("evse", letter(1), "A")

    is_news, released, _refused = names.announce("evse", 1, "A")
    assert is_news
    assert numbers(released) == [1]


# Bounds


def test_what_waits_for_one_name_is_bounded(down):
    for number in range(MAX_WAITING):
        assert down.hand_in("evse", letter(number), 0.0) is Outcome.HELD

    assert down.hand_in("evse", letter(MAX_WAITING), 0.0) is Outcome.OVERFLOW
    assert down.hand_in("other", letter(MAX_WAITING + 1), 0.0) is Outcome.HELD
    assert len(down.announce("evse", 2, "B").released) == MAX_WAITING


def test_what_was_under_way_is_kept_beyond_the_bound(down):
    for number in range(1, MAX_WAITING + 1):
        down.hand_in("evse", letter(number), 0.0)

    down.give_back("evse", letter(0), "A")

    assert numbers(down.announce("evse", 2, "B").released) == list(range(MAX_WAITING + 1))


def test_each_message_has_its_own_deadline(down):
    for number, deadline_s in ((1, 30.0), (2, 10.0), (3, 20.0)):
        down.hand_in("evse", letter(number, deadline_s), 0.0)
    down.hand_in("other", letter(4, 15.0), 0.0)

    assert down.next_deadline_s() == 10.0
    assert down.expire(9.9) == []
    assert [(name, held.number) for name, held in down.expire(15.0)] == [("evse", 2), ("other", 4)]
    assert down.next_deadline_s() == 20.0
    assert numbers(down.announce("evse", 2, "B").released) == [1, 3]


class Model(RuleBasedStateMachine):
    """One sender, one name, lives A1, A2, ... of the actor behind it, and a network in between.

    Each message is in exactly one place. A life gets messages in the order they were handed in, save those
    that came back from a dead life after a successor had been spoken to.
    """

    def __init__(self):
        super().__init__()
        self.names = Names()
        self.now_s = 0.0
        self.handed_in = 0
        self.generation = 0
        self.alive = None
        self.network = []
        """(address, held), in the order sent."""
        self.arrived = {}
        self.late = set()
        self.gone = set()
        """Expired, refused or dropped."""

    def send(self, held):
        address = self.names.entry("n").address
        assert address is not None
        self.network.append((address, held))

    @rule(patience_s=st.sampled_from([0.0, 0.0, 1.0, 5.0, 100.0]), count=st.integers(1, 5))
    def hand_in(self, patience_s, count):
        for _ in range(count):
            self.handed_in += 1
            held = letter(self.handed_in, self.now_s + patience_s)
            heard = self.names.entry("n").heard
            outcome = self.names.hand_in("n", held, self.now_s)
            if outcome is Outcome.SEND:
                self.send(held)
            elif outcome is Outcome.UNAVAILABLE:
                assert patience_s == 0.0
                assert heard
                self.gone.add(held.number)

    @rule()
    def replace(self):
        """The actor is replaced, and the registry says so."""
        self.generation += 1
        self.alive = f"A{self.generation}"
        self.hear(self.generation, self.alive)

    @rule()
    def die(self):
        """The actor dies; nobody says so yet."""
        self.alive = None

    @rule()
    def hear_of_death(self):
        if self.alive is None:
            self.hear(self.generation, None)

    @rule(generation=st.integers(0, 5))
    def hear_old_news(self, generation):
        if generation < self.generation:
            before = self.names.entry("n").address
            assert not self.names.announce("n", generation, f"A{generation}").is_news
            assert self.names.entry("n").address == before

    @rule()
    def hear_again(self):
        """The registry was replaced and repeats itself."""
        self.hear(self.generation, f"A{self.generation}" if self.generation else None)

    def hear(self, generation, address):
        _news, released, refused = self.names.announce("n", generation, address)
        assert numbers(released) == sorted(numbers(released))
        for held in released:
            self.send(held)
        assert all(not held.patient for held in refused)
        self.gone |= set(numbers(refused))

    @rule(count=st.integers(1, 6))
    def carry(self, count):
        """The network delivers, or finds that nobody is there."""
        for _ in range(min(count, len(self.network))):
            address, held = self.network.pop(0)
            if address == self.alive:
                self.arrived.setdefault(address, []).append(held)
                continue
            for again in self.names.give_back("n", held, address):
                self.late.add(again.number)
                self.send(again)

    @rule(by_s=st.sampled_from([0.1, 1.0, 10.0, 1000.0]))
    def pass_time(self, by_s):
        self.now_s += by_s
        for _name, held in self.names.expire(self.now_s):
            assert held.deadline_s <= self.now_s
            self.gone.add(held.number)

    @invariant()
    def nothing_is_lost_or_doubled(self):
        waiting = numbers(self.names.entry("n").waiting)
        under_way = [held.number for _address, held in self.network]
        there = [held.number for box in self.arrived.values() for held in box]
        places = sorted([*waiting, *under_way, *there, *self.gone])
        assert places == list(range(1, self.handed_in + 1))

    @invariant()
    def nothing_waits_while_somebody_is_there(self):
        entry = self.names.entry("n")
        assert entry.address is None or not entry.waiting
        assert self.names.next_deadline_s() == min((held.deadline_s for held in entry.waiting), default=None)

    @invariant()
    def order_is_kept(self):
        waiting = numbers(self.names.entry("n").waiting)
        assert waiting == sorted(waiting)
        for box in self.arrived.values():
            in_time = [held.number for held in box if held.number not in self.late]
            assert in_time == sorted(in_time)


TestModel = Model.TestCase
TestModel.settings = settings(derandomize=True, deadline=None, max_examples=200, stateful_step_count=40)

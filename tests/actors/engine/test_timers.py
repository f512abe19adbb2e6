"""Named timers with generations, compared with a model that is too simple to be wrong."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.engine.timers import Timers


class Log:
    """Timers whose actions write down their names."""

    def __init__(self):
        self.timers = Timers()
        self.fired = []

    def start(self, name, due_s, then=None):
        def action():
            self.fired.append(name)
            if then is not None:
                then()

        return self.timers.start(name, due_s, action)

    def fire(self, now_s, up_to=None):
        while (action := self.timers.due(now_s, up_to)) is not None:
            action()


@pytest.fixture
def log():
    return Log()


def test_no_timer_is_ever_due_when_none_was_started(log):
    assert log.timers.next_s() is None
    assert log.timers.due(1e9) is None
    assert not log.timers.running("x")
    assert not log.timers.cancel("x")


def test_a_timer_fires_when_due_and_only_once(log):
    log.start("x", 10.0)

    log.fire(9.999)
    assert log.fired == []
    assert log.timers.running("x")
    log.fire(10.0)
    log.fire(11.0)
    assert log.fired == ["x"]
    assert not log.timers.running("x")
    assert log.timers.next_s() is None


def test_timers_fire_in_the_order_they_are_due(log):
    for name, due_s in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        log.start(name, due_s)

    assert log.timers.next_s() == 1.0
    log.fire(5.0)
    assert log.fired == ["a", "b", "c"]


def test_timers_due_together_fire_as_they_were_started(log):
    for name in ("b", "a", "c"):
        log.start(name, 1.0)

    log.fire(1.0)
    assert log.fired == ["b", "a", "c"]


@pytest.mark.parametrize(("first_s", "second_s"), [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0)])
def test_a_timer_started_again_fires_once_at_the_new_time(log, first_s, second_s):
    first = log.start("x", first_s)
    second = log.start("x", second_s)

    assert second > first
    assert log.timers.next_s() == second_s
    log.fire(second_s - 0.5)
    assert log.fired == []
    log.fire(10.0)
    assert log.fired == ["x"]


def test_what_an_earlier_start_left_behind_never_fires(log):
    # given a timer that was cancelled and started anew for later
    log.start("x", 1.0)
    assert log.timers.cancel("x")
    log.start("x", 5.0)

    log.fire(2.0)
    assert log.fired == []
    assert log.timers.next_s() == 5.0


def test_a_cancelled_timer_does_not_fire(log):
    log.start("x", 1.0)

    assert log.timers.cancel("x")
    assert not log.timers.cancel("x")
    log.fire(2.0)
    assert log.fired == []
    assert log.timers.next_s() is None


def test_an_action_can_cancel_another_due_at_the_same_moment(log):
    log.start("a", 1.0, then=lambda: log.timers.cancel("b"))
    log.start("b", 1.0)

    log.fire(1.0)
    assert log.fired == ["a"]


def test_an_action_can_start_its_own_timer_again(log):
    log.start("x", 1.0, then=lambda: log.start("x", 2.0))

    log.fire(1.5)
    assert log.fired == ["x"]
    assert log.timers.next_s() == 2.0


def test_a_timer_without_delay_waits_for_the_next_round(log):
    # given a timer that always starts itself again, due at once
    def again():
        log.start("x", 1.0, then=again)

    again()
    log.start("y", 1.0)

    for rounds in (1, 2, 3):
        log.fire(1.0, up_to=log.timers.latest)
        assert log.fired.count("x") == rounds
    assert log.fired.count("y") == 1


def test_timers_cancelled_long_before_they_are_due_do_not_pile_up(log):
    for number in range(10_000):
        log.start(f"ask {number}", 300.0 + number)
        log.timers.cancel(f"ask {number}")
        log.start("tick", 0.1 + number)

    assert len(log.timers._heap) < 200
    log.fire(1e6)
    assert log.fired == ["tick"]


class Model(RuleBasedStateMachine):
    """Against a dict of name to (due, order of start)."""

    def __init__(self):
        super().__init__()
        self.timers = Timers()
        self.model = {}
        self.started = 0
        self.now_s = 0.0

    @rule(name=st.sampled_from("abcd"), after_s=st.sampled_from([0.0, 0.5, 1.0, 1.0, 7.0, 100.0]))
    def start(self, name, after_s):
        self.started += 1
        token = (self.now_s + after_s, self.started)
        self.timers.start(name, token[0], lambda: self.fired.append((name, token)))
        self.model[name] = token

    @rule(name=st.sampled_from("abcd"), count=st.integers(1, 100))
    def start_over_and_over(self, name, count):
        for _ in range(count):
            self.start(name, 50.0)

    @rule(name=st.sampled_from("abcd"))
    def cancel(self, name):
        assert self.timers.cancel(name) is (self.model.pop(name, None) is not None)

    @rule(by_s=st.sampled_from([0.0, 0.25, 1.0, 10.0, 200.0]))
    def pass_time(self, by_s):
        self.now_s += by_s
        self.fired = []
        while (action := self.timers.due(self.now_s)) is not None:
            action()
        due = [(name, token) for name, token in self.model.items() if token[0] <= self.now_s]
        assert self.fired == sorted(due, key=lambda each: each[1])
        for name, _token in due:
            del self.model[name]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def take_those_started_before(self, data):
        bound = data.draw(st.integers(0, self.started))
        first = min(self.model.values())
        self.fired = []
        action = self.timers.due(self.now_s, bound)
        assert (action is not None) is (first[0] <= self.now_s and first[1] <= bound)
        if action is not None:
            action()
            [(name, token)] = self.fired
            assert token == first
            assert self.model.pop(name) == token

    @invariant()
    def agrees(self):
        assert self.timers.next_s() == min((due for due, _order in self.model.values()), default=None)
        assert [name for name in "abcd" if self.timers.running(name)] == sorted(self.model)
        assert self.timers.latest == self.started


TestModel = Model.TestCase
TestModel.settings = settings(derandomize=True, deadline=None, max_examples=100, stateful_step_count=40)

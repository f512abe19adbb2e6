"""The simulation: always the same order, a clock that stands still, deaths and hangs as the kernel has."""

import random

import pytest
from structlog.testing import capture_logs

from actors.engine import simulation as simulations
from actors.engine.clock import ManualClock
from actors.engine.simulation import Simulation
from protocols.message import Failure, FailureReason, Reply
from tests.support import actors
from tests.support.actors_messages import Answer, Note, Order, Question
from tests.support.simulated import Stage, branch, child


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    actors.reset()


@pytest.fixture
def stage():
    return Stage(child("asker", heartbeat_s=60.0), child("evse", "evse", heartbeat_s=60.0))


def adventure(seed):
    """Everything that happens, letter by letter, in a site where things are killed and hang."""
    actors.reset()
    letters = []
    chance = random.Random(seed)
    with capture_logs() as logs:
        stage = Stage(branch("b", child("c", "x"), child("d", "y")), child("e", "z"))
        base = stage.simulation.base
        deliver = base._runSingleSend

        def note(letter):
            letters.append((stage.now_s, str(letter.toActor), str(letter.msg)[:200]))
            deliver(letter)

        base._runSingleSend = note
        for _ in range(30):
            path = chance.choice(sorted(stage.paths() - {"site"})).removeprefix("site/")
            if chance.random() < 0.3:
                stage.simulation.hang(f"site/{path}")
            else:
                stage.kill(path)
            stage.pass_time(chance.random())
    return letters, logs


def test_two_runs_are_the_same_letter_by_letter():
    letters, logs = adventure(7)

    assert len(letters) > 300
    assert adventure(7) == (letters, logs)


def test_time_passes_only_when_told(stage):
    begun_s = stage.now_s
    stage.do(
        "asker", lambda me: me.start_timer("t", 2.0, lambda: me.note(me.port.clock.monotonic_s() - begun_s))
    )
    assert stage.now_s == begun_s

    stage.pass_time(1.5)
    assert stage.record("asker") == []
    stage.pass_time(1.0)

    assert stage.record("asker") == [pytest.approx(2.0)]
    assert stage.now_s == pytest.approx(begun_s + 2.5)


def test_a_clock_of_ones_own_is_used():
    clock = ManualClock()

    Simulation(clock).advance(3)

    assert clock.monotonic_s() == ManualClock().monotonic_s() + 3


def test_what_is_sent_to_one_that_hangs_waits(stage):
    stage.simulation.hang("site/evse")

    stage.simulation.tell("evse", Note(number=1))

    assert stage.record("evse") == []
    with pytest.raises(LookupError, match="has not answered"):
        stage.simulation.ask("evse", Question())


def test_who_hangs_is_not_told_of_a_dead_receiver(stage):
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard, patient=False))
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard, patient=False), run=False)
    stage.simulation.base.step()  # it has asked
    stage.simulation.kill("site/evse")
    stage.simulation.hang("site/asker")

    stage.simulation.run()

    assert stage.record("asker") == [Answer(text="!")]


def test_who_asks_the_dead_is_told(stage):
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard))
    stage.do("asker", lambda me: me.ask("evse", Question(), me.heard, patient=False), run=False)
    stage.simulation.base.step()
    stage.simulation.kill("site/evse")

    stage.simulation.run()

    failure = stage.record("asker")[-1]
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.UNAVAILABLE


def test_a_kill_takes_everybody_below_along():
    stage = Stage(branch("b", branch("c", child("d", restart="temporary"))))
    old = stage["b/c/d"]

    stage.simulation.kill("site/b")
    assert not any(path.startswith("site/b") for path in stage.paths())
    stage.simulation.run()

    assert stage["b/c/d"] is not old


def test_nothing_is_said_by_one_that_is_killed(stage):
    stage.do("evse", lambda me: me.tell("evse", Note(number=1)), run=False)

    stage.kill("evse")

    assert stage.record("evse") == []


class Resource:
    closed = 0

    def close(self):
        self.closed += 1


def test_what_an_actor_owns_is_closed_when_it_is_killed():
    stage = Stage(branch("b", child("c")))
    resource = stage["b/c"].own(Resource())

    stage.kill("b")

    assert resource.closed == 1


def test_a_killed_actor_can_be_killed_again_without_harm(stage):
    pid = stage["evse"].port.pid
    stage.kill("evse")
    successor = stage["evse"]

    stage.simulation.base.kill_pid(pid)
    stage.simulation.run()

    assert stage["evse"] is successor


def test_names_and_paths_are_both_targets(stage):
    assert stage.simulation.ask("evse", Order(number=1)) == Reply()
    assert stage.simulation.ask("site/evse", Order(number=2)) == Reply()
    assert stage.record("evse") == [1, 2]


@pytest.mark.parametrize("use", ["ask", "tell"])
def test_a_target_nobody_knows_is_a_key_error(stage, use):
    with pytest.raises(KeyError, match="nobody"):
        getattr(stage.simulation, use)("nobody", Question())


@pytest.mark.parametrize("use", ["kill", "hang", "actor"])
def test_a_path_nobody_has_is_a_key_error(stage, use):
    with pytest.raises(KeyError, match="nobody"):
        getattr(stage.simulation, use)("nobody")


def test_chatter_without_end_is_an_error(stage, monkeypatch):
    monkeypatch.setattr(simulations, "MAX_STEPS", 2000)
    stage.script("evse", "note", lambda me: me.tell("evse", Note(number=1)))

    with pytest.raises(RuntimeError, match="still busy after 2000 messages"):
        stage.simulation.tell("evse", Note(number=1))


def test_a_timer_that_never_lets_time_pass_is_an_error(stage, monkeypatch):
    monkeypatch.setattr(simulations, "MAX_ROUNDS", 100)

    def again(me):
        me.start_timer("again", 0.0, lambda: again(me))

    stage.do("evse", again)

    with pytest.raises(RuntimeError, match="100 wake-ups at the same moment"):
        stage.pass_time(1)


def test_the_surroundings_of_an_actor_promise_nothing_they_lack(stage):
    port = stage["evse"].port

    assert port.vitals(port.pid) is None
    assert port.where(stage["asker"].myAddress) is None
    assert port.refused == {}
    assert port.exit_note(None) is None
    assert port.children_alive() == frozenset()

"""What an actor with a process of its own sees of its surroundings, and knows of its children."""

import os
import signal

import pytest

from actors.engine import messages, port
from actors.engine.clock import SystemClock
from actors.engine.frames import Kind
from actors.engine.simulation import Simulation
from tests.support.engine import KEY, Peer, eventually, listeners, nodes, pids, running
from tests.support.engine_actors import House, Plain, Who

TWO = {"children": [{"id": "a"}, {"id": "floor", "actor": "Floor", "config": {"children": [{"id": "x"}]}}]}


class FakeManager(port.Manager):
    """A manager without process: what is asked of it is noted down."""

    def __init__(self):
        self.killed, self.exit_notes = [], {7: "exit code 1"}

    def child_pids(self):
        return [7]


def test_only_children_of_its_own_are_signalled(monkeypatch):
    manager, sent = FakeManager(), []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    surroundings = port.ProcessPort(manager)
    surroundings.kill(1, signal.SIGKILL)
    surroundings.kill(7, signal.SIGKILL)

    assert sent == [(7, signal.SIGKILL)]


def test_a_child_that_has_just_ended_is_no_error(monkeypatch):
    asked = []

    def gone(pid, number):
        asked.append((pid, number))
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", gone)
    port.ProcessPort(FakeManager()).kill(7, signal.SIGKILL)

    assert asked == [(7, signal.SIGKILL)]


@pytest.mark.parametrize(("pid", "note"), [(7, "exit code 1"), (8, None), (None, None)])
def test_the_reason_of_a_childs_end_is_known_once_it_is(pid, note):
    assert port.ProcessPort(FakeManager()).exit_note(pid) == note


def test_first_words_are_said_when_a_child_has_taken_them():
    manager = FakeManager()
    surroundings = port.ProcessPort(manager)
    surroundings.first_words(b"hello")
    manager.first_words = None  # as the manager does when it forks

    assert surroundings.first_words_said()


def test_first_words_that_no_child_took_are_offered_no_more():
    manager = FakeManager()
    surroundings = port.ProcessPort(manager)
    surroundings.first_words(b"hello")

    assert not surroundings.first_words_said()
    assert manager.first_words is None


def test_every_actor_of_a_process_shares_its_clock():
    assert port.ProcessPort(FakeManager()).clock is port.clock
    assert isinstance(port.clock, SystemClock)


def test_an_actor_in_a_simulation_gets_simulated_surroundings():
    simulation = Simulation()
    simulation.start(Plain)

    assert type(simulation.actor("site").port).__name__ == "SimulatedPort"


def test_an_actor_knows_its_own_process():
    with running(House, TWO) as (_made, client):
        assert client.ask("a/main", Who()).pid == pids(client)["site/a"]


def test_a_supervisor_knows_where_its_children_run():
    with running(House, TWO) as (_made, client):
        assert {node.host for node in nodes(client.tree()).values()} == {"127.0.0.1"}


def test_an_actor_tells_what_its_transport_refused():
    with running(House, TWO) as (made, client):
        from actors.engine.address import SiteAddress

        ((_address, listening),) = listeners(pids(client)["site/a"])
        with Peer(SiteAddress("127.0.0.1", listening, 0), KEY) as attacker:
            attacker.greet()
            attacker.open()
            attacker.send(Kind.MESSAGE, 1, b"let me in")

        assert made.host.key != KEY
        assert eventually(lambda: client.ask("a/main", messages.GetMetrics()).refused) == {"forged": 1}

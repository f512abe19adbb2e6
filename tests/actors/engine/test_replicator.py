"""Deaths of children: every one is reported, once, and with its reason."""

import os
import signal

import pytest
from thespian.actors import ActorAddress, ChildActorExited

from actors.engine import supervisor as supervisor_module
from actors.engine.address import SiteAddress
from actors.engine.replicator import dotted, exited, note_of
from actors.engine.supervisor import Supervisor
from protocols.message import Failure
from tests.support.engine import eventually, nodes, pids, running
from tests.support.engine_actors import Burn, Crash, House, Who, WhoReply

HERE = ActorAddress(SiteAddress("127.0.0.1", 1, 2))


def house(*children):
    return {"children": list(children)}


def node(client, path):
    return nodes(client.tree()).get(path)


def test_fifty_children_killed_at_once_are_fifty_deaths():
    # given
    with running(House, house(*({"id": f"m{number}"} for number in range(50)))) as (made, client):
        before = pids(client)
        members = [path for path in before if "/m" in path]
        # when
        for path in members:
            os.kill(before[path], signal.SIGKILL)
        # then everyone is replaced, and exactly once
        after = eventually(
            lambda: (now := pids(client)) and all(now[path] != before[path] for path in members) and now
        )
        assert {node.restarts for path, node in nodes(client.tree()).items() if "/m" in path} == {1}
        assert set(made.processes()) == {made.admin_pid, *after.values()}


def test_a_lost_signal_is_made_up_for(monkeypatch):
    # given a supervisor that does not hear of deaths: the signal is ignored as if it had been lost
    monkeypatch.setattr("actors.engine.manager.Manager.signalChildDied", lambda *_: None)
    with running(House, house({"id": "m0"})) as (_made, client):
        before = pids(client)
        os.kill(before["site/m0"], signal.SIGKILL)

        after = eventually(lambda: (now := pids(client)) and now["site/m0"] != before["site/m0"] and now)
        assert after


@pytest.mark.parametrize(
    ("child", "error"),
    [
        ({"actor": "Stillborn"}, "ValueError: no such device"),
        ({"actor": "DeadBeforeBirth"}, "killed by SIGKILL"),
        ({"actor": "Quitter", "config": {"code": 7}}, "exit code 7"),
    ],
)
def test_the_reason_of_a_death_is_kept(child, error):
    spec = {"id": "m0", "exhausted": "give_up", "intensity": 1, **child}
    with running(House, house(spec)) as (_made, client):
        found = eventually(lambda: (now := node(client, "site/m0")).state == "Failed" and now)

        assert (found.last_error, found.restarts, found.pid) == (error, 1, None)


def test_a_killed_child_says_by_what():
    with running(House, house({"id": "m0"})) as (_made, client):
        os.kill(pids(client)["site/m0"], signal.SIGSEGV)

        assert eventually(lambda: node(client, "site/m0").last_error) == "killed by SIGSEGV"


def test_a_crashed_child_says_why_in_its_own_words():
    with running(House, house({"id": "m0"})) as (_made, client):
        reply = client.ask("m0/main", Crash())

        assert isinstance(reply, Failure)
        assert eventually(lambda: node(client, "site/m0").last_error) == "RuntimeError: asked to"


def test_a_child_that_leaves_by_itself_has_not_failed():
    with running(
        House, house({"id": "m0", "actor": "Quitter", "config": {"code": 0}, "restart": "transient"})
    ) as (_made, client):
        found = eventually(lambda: (now := node(client, "site/m0")).state == "Stopped" and now)

        assert (found.last_error, found.restarts) == (None, 0)


def test_a_class_that_cannot_be_loaded_is_a_failed_child():
    spec = {"id": "m0", "actor": "NoSuchActor", "exhausted": "give_up", "intensity": 0}
    with running(House, house(spec, {"id": "m1"})) as (_made, client):
        assert node(client, "site/m0").state == "Failed"
        assert "NoSuchActor" in node(client, "site/m0").last_error
        assert isinstance(client.ask("m1/main", Who()), WhoReply)


def test_a_child_that_cannot_be_forked_is_a_failed_child(monkeypatch):
    real = os.fork
    starter, forks = os.getpid(), iter(range(100))

    def scarce():
        # given a root that is refused its second process; the counter is the root's own after its fork
        if os.getppid() != starter and next(forks) == 1:
            raise BlockingIOError("no more processes")
        return real()

    monkeypatch.setattr("actors.engine.processes.os.fork", scarce)
    with running(House, house({"id": "m0"})) as (_made, client):
        assert isinstance(client.ask("m0/main", Who()), WhoReply)
        assert {each.last_error for each in nodes(client.tree()).values()} >= {
            "BlockingIOError: no more processes"
        }


def test_messages_to_a_child_that_never_started_are_nobodys_trouble(capfd):
    spec = {"id": "m0", "actor": "DeadBeforeBirth", "exhausted": "give_up", "intensity": 3}
    with running(House, house(spec)) as (_made, client):
        eventually(lambda: node(client, "site/m0").state == "Failed")

    assert "message_lost" not in capfd.readouterr().out


def test_a_successor_is_born_with_its_start_message(monkeypatch):
    # given supervisors whose start messages get lost once everybody has started
    real = Supervisor._transmit

    def lossy(supervisor, target, kind, frame, about, tag):
        lost = tag == supervisor_module.START and supervisor.ready
        return lost or real(supervisor, target, kind, frame, about, tag)

    monkeypatch.setattr(Supervisor, "_transmit", lossy)
    with running(House, house({"id": "m0"})) as (_made, client):
        before = pids(client)
        # when
        os.kill(before["site/m0"], signal.SIGKILL)
        # then
        eventually(lambda: (now := pids(client)) and now["site/m0"] != before["site/m0"])
        assert isinstance(client.ask("m0/main", Who()), WhoReply)


def test_the_start_message_of_a_child_is_no_others():
    # given
    with running(House, house({"id": "m0"}, {"id": "m1"})) as (_made, client):
        before = pids(client)
        # when one after the other is born with its own
        for path in ("site/m0", "site/m1"):
            os.kill(before[path], signal.SIGKILL)
            eventually(lambda path=path: (now := pids(client)) and now[path] != before[path])
        # then
        assert [client.ask(f"{each}/main", Who()).pid for each in ("m0", "m1")] == [
            pids(client)["site/m0"],
            pids(client)["site/m1"],
        ]


def test_a_busy_supervisor_hears_of_deaths_in_the_end():
    floor = {"id": "floor", "actor": "Floor", "config": {"children": [{"id": "x"}]}}
    with running(House, house(floor)) as (_made, client):
        before = pids(client)
        os.kill(before["site/floor"], signal.SIGSTOP)
        os.kill(before["site/floor/x"], signal.SIGKILL)
        os.kill(before["site/floor"], signal.SIGCONT)

        eventually(lambda: (now := pids(client)) and now["site/floor/x"] != before["site/floor/x"])
        assert isinstance(client.ask("x/main", Burn(seconds=0)), object)


def test_a_notice_carries_its_reason():
    assert note_of(exited(HERE, "killed by SIGKILL")) == "killed by SIGKILL"
    assert note_of(ChildActorExited(HERE)) is None


def test_a_class_is_known_by_its_path():
    assert dotted(House) == dotted("tests.support.engine_actors.House") == "tests.support.engine_actors.House"

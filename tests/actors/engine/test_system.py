"""Running systems: how they start, that nobody outlives anybody, how they end."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from thespian.actors import ActorSystemFailure

from actors.engine import messages
from actors.engine.address import text_of
from actors.engine.client import Client
from actors.engine.system import Host, System, free_port, session_processes
from actors.engine.transport import wire
from protocols.message import Failure
from tests.support.engine import LOOPBACK, eventually, listeners, nodes, pids, running, system
from tests.support.engine_actors import House, Relay, Who, WhoReply

FOUR = {
    "children": [
        {},
        {},
        {"id": "floor", "actor": "Floor", "config": {"children": [{"id": "x"}, {"id": "y"}]}},
    ]
}
"""Two actors, and a supervisor of two more."""


def test_every_actor_is_a_process_of_the_admins_session():
    with running(House, FOUR) as (made, client):
        found = pids(client)

        assert set(found) == {
            "site",
            "site/registry",
            "site/c0",
            "site/c1",
            "site/floor",
            "site/floor/x",
            "site/floor/y",
        }
        assert {made.admin_pid, *found.values()} == set(made.processes())
        assert made.alive
        assert sorted(made.actors_alive()) == sorted(found.values())


def test_no_process_listens_anywhere_but_on_loopback():
    with running(House, FOUR) as (made, _client):
        bound = {pid: listeners(pid) for pid in made.processes()}

        assert len(bound) == 8
        assert {address for each in bound.values() for address, _port in each} == {LOOPBACK}
        assert all(len(each) == 1 for each in bound.values())


def test_no_actor_holds_descriptors_of_its_relatives_or_of_the_starter(tmp_path):
    with (
        (tmp_path / "secret").open("w"),
        socket.create_server(("127.0.0.1", 0)),
        running(House, FOUR) as (made, _client),
    ):
        held = [link for pid in made.processes() for link in descriptors(pid)]
    sockets = [link for link in held if link.startswith("socket:")]

    # a socket belongs to one process only, and there is nothing but sockets and what waits for them
    assert len(sockets) == len(set(sockets)) >= 8
    assert {link for link in held if not link.startswith(("socket:", "anon_inode:"))} == {"/dev/null"}


def descriptors(pid):
    """What a process has open beside the standard streams."""
    return [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir() if int(each.name) > 2]


def test_an_orderly_end_leaves_nothing_behind():
    with running(House, FOUR) as (made, _client):
        begun_s = time.monotonic()
        made.close()
        made.close()

        assert time.monotonic() - begun_s < 2
        assert made.processes() == []
        assert not made.alive
        assert not Path(f"/proc/{made.admin_pid}").exists()  # not even a zombie


@pytest.mark.parametrize(
    ("victims", "orderly_s"),
    [
        ("site/floor/x", 3.5),
        ("site/floor", 3.5),
        ("site/registry", 3.5),
        ("site", 0.5),
        ("admin", 0.5),
        ("all", 3.5),
    ],
)
def test_a_system_with_stopped_processes_ends_within_five_seconds(victims, orderly_s, monkeypatch):
    monkeypatch.setattr(System, "ORDERLY_S", orderly_s)
    monkeypatch.setattr(System, "SHUTDOWN_S", orderly_s + 0.5)
    with running(House, FOUR) as (made, client):
        known = {**pids(client), "admin": made.admin_pid}
        for path, pid in known.items():
            if victims in (path, "all"):
                os.kill(pid, signal.SIGSTOP)
        begun_s = time.monotonic()
        made.close()

        assert time.monotonic() - begun_s < 5
        assert made.processes() == []


def test_an_actor_that_will_not_stop_is_ended_in_its_time():
    with running(House, {"children": [{"actor": "Stubborn", "shutdown_s": 0.2}]}) as (made, _client):
        begun_s = time.monotonic()
        made.close()

        assert 0.2 <= time.monotonic() - begun_s < 2


def test_a_stopped_tree_ends_from_the_top_stage_down(capfd):
    with running(
        House, {"children": [{"stage": 1}, {"stage": 0, "actor": "Stubborn", "shutdown_s": 1.5}]}
    ) as (made, client):
        found = pids(client)
        client.tell("", messages.Stop(within_s=3))
        eventually(lambda: found["site/c0"] not in made.processes())

        assert {found["site/c1"], found["site/registry"]} <= set(made.processes())


# -- death of the great --------------------------------------------------------------------------------------


def test_a_dead_supervisor_takes_its_subtree_along_and_is_rebuilt():
    with running(House, FOUR) as (made, client):
        before = pids(client)
        os.kill(before["site/floor"], signal.SIGKILL)
        after = eventually(
            lambda: {} if (now := pids(client)) and now["site/floor"] == before["site/floor"] else now
        )

        below = {"site/floor", "site/floor/x", "site/floor/y"}
        assert not {before[path] for path in below} & set(made.processes())
        assert {path for path in after if after[path] != before[path]} == below
        assert isinstance(client.ask("x/main", Who()), WhoReply)


def test_a_dead_root_takes_the_tree_along_and_the_starter_sees_it():
    with running(House, FOUR) as (made, client):
        os.kill(pids(client)["site"], signal.SIGKILL)
        begun_s = time.monotonic()
        eventually(lambda: not made.alive)
        eventually(lambda: made.processes() == [made.admin_pid])

        assert time.monotonic() - begun_s < 1


def test_a_dead_admin_takes_everything_along():
    with running(House, FOUR) as (made, _client):
        os.kill(made.admin_pid, signal.SIGKILL)
        begun_s = time.monotonic()
        eventually(lambda: not made.actors_alive())

        assert time.monotonic() - begun_s < 1
        made.close()


STARTER = """
import logging, structlog, sys, time
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
sys.path.insert(0, {root!r})
from tests.support.engine import running
from tests.support.engine_actors import House
with running(House, {config!r}) as (system, client):
    print(system.admin_pid, flush=True)
    time.sleep(60)
"""


def test_a_dead_starter_takes_the_site_along():
    root = str(Path(__file__).parents[3])
    script = STARTER.format(root=root, config=FOUR)
    starter = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        session = int(starter.stdout.readline())
        assert len(list(session_processes(session))) == 8
        starter.kill()
        begun_s = time.monotonic()
        eventually(lambda: not list(session_processes(session)))

        assert time.monotonic() - begun_s < 1
    finally:
        starter.kill()
        starter.wait()
        starter.stdout.close()


def test_an_interrupt_from_the_keyboard_is_the_starters_affair():
    with running(House, FOUR) as (made, client):
        before = pids(client)
        for pid in made.processes():
            os.kill(pid, signal.SIGINT)

        assert isinstance(client.ask("x/main", Who()), WhoReply)
        assert pids(client) == before


def test_a_terminated_tree_ends_in_order_and_cleanly(capfd):
    with running(House, FOUR) as (made, client):
        os.kill(pids(client)["site"], signal.SIGTERM)
        eventually(lambda: made.processes() == [made.admin_pid])

    assert "child_died" not in capfd.readouterr().out


# -- several systems ---------------------------------------------------------------------------------------


def test_two_systems_in_one_process_do_not_know_each_other():
    with running(House, FOUR) as (one, first), running(House, FOUR) as (two, second):
        assert set(pids(first).values()) | {one.admin_pid} == set(one.processes())
        assert set(pids(second).values()) | {two.admin_pid} == set(two.processes())
        assert first.ask("x/main", Who()).pid in one.processes()
        assert second.ask("x/main", Who()).pid in two.processes()
        # when one of them ends, the other does not notice
        two.close()
        assert isinstance(first.ask("y/main", Relay(name="x/main")), WhoReply)


def test_a_client_with_another_systems_key_is_not_heard(capfd):
    with running(House, FOUR) as (one, first), running(House, FOUR) as (two, _second):
        with Client(text_of(first._root), two.wiring) as stranger:
            reply = stranger.ask("", messages.GetTree(), deadline_s=0.5)

        assert isinstance(reply, Failure)
        refused = first.ask("", messages.GetMetrics()).refused
        assert refused["forged"] >= 1
        assert len(one.processes()) == 8


def test_a_client_uses_the_last_wiring_by_default():
    with running(House, FOUR) as (one, first), system():
        wire(one.wiring)
        with Client(text_of(first._root)) as other:
            assert other.tree() is not None


# -- starting ----------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_said_at_once():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(ActorSystemFailure, match="in use"):
        System(Host(port=server.getsockname()[1]))


def test_a_given_port_is_used():
    port = free_port("127.0.0.1")
    with system(Host(port=port)) as made:
        assert listeners(made.admin_pid) == [(LOOPBACK, port)]


def test_a_chosen_port_that_somebody_else_took_is_chosen_anew(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = [server.getsockname()[1], free_port("127.0.0.1")]
        monkeypatch.setattr("actors.engine.system.free_port", lambda _address: free.pop(0))
        with system() as made:
            assert made.host.port != server.getsockname()[1]


def test_an_admin_that_cannot_start_is_said_at_once(monkeypatch, capfd):
    monkeypatch.setattr("actors.engine.system.admin_main", lambda *_: 3)
    begun_s = time.monotonic()
    with pytest.raises(ActorSystemFailure, match="ended at once"):
        System(Host(port=free_port("127.0.0.1")))

    assert time.monotonic() - begun_s < 2


def test_an_admin_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr("actors.engine.system.admin_main", lambda *_: time.sleep(60))
    monkeypatch.setattr("actors.engine.system.START_TIMEOUT_S", 0.2)
    with pytest.raises(ActorSystemFailure, match="did not start"):
        System(Host(port=free_port("127.0.0.1")))


def test_a_key_is_drawn_for_every_run_unless_one_is_given():
    with system() as one, system() as two, system(Host(key=bytes(range(32)))) as three:
        assert len({one.host.key, two.host.key, three.host.key}) == 3
        assert three.wiring.key == bytes(range(32))


def test_nothing_is_written_to_the_systems_temporary_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with running(House, {"children": [{"actor": "Stillborn", "exhausted": "give_up", "intensity": 1}]}):
        pass

    assert list(tmp_path.iterdir()) == []


def test_the_tree_tells_hosts_states_and_errors():
    with running(
        House, {"children": [{}, {"actor": "Stillborn", "exhausted": "give_up", "intensity": 0}]}
    ) as (_made, client):
        found = nodes(client.tree())

        assert (found["site/c0"].state, found["site/c0"].host) == ("Running", "127.0.0.1")
        assert (found["site/c1"].state, found["site/c1"].pid) == ("Failed", None)
        assert found["site/c1"].last_error == "ValueError: no such device"


def test_who_joins_others_needs_their_key():
    with pytest.raises(ValueError, match="key of their site"):
        Host(leader="127.0.0.1:4711")

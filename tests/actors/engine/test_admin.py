"""The admin of one host. Wards on other hosts: test_hosts."""

import itertools
import os
import pickle
import signal
import time
from pathlib import Path

import pytest
from thespian.actors import (
    ActorAddress,
    ActorExitRequest,
    InvalidActorSpecification,
    NoCompatibleSystemForActor,
)
from thespian.system.messages.admin import PendingActor, QueryExists

from actors.engine import control
from actors.engine.address import SiteAddress
from actors.engine.frames import Kind
from actors.engine.hosts import EndWard
from actors.engine.messages import GetMetrics, GetTree
from actors.engine.system import Host
from tests.support.engine import KEY, Peer, eventually, listeners, nodes, pids, running, system
from tests.support.engine_actors import DeadBeforeBirth, House, Who, WhoReply

ONE = {"children": [{}]}


def peer_of(made):
    """Somebody with the site's key who speaks to the admin by hand."""
    peer = Peer(SiteAddress("127.0.0.1", made.host.port, 0), made.host.key)
    peer.greet()
    peer.open()
    return peer


def test_a_top_level_actor_that_dies_before_birth_is_said_at_once():
    with system() as made:
        begun_s = time.monotonic()
        with pytest.raises(InvalidActorSpecification, match="killed by SIGKILL"):
            made.create(DeadBeforeBirth)

        assert time.monotonic() - begun_s < 2


def test_a_top_level_actor_that_no_host_can_carry_is_refused():
    with system(Host(capabilities={"evse:1": True})) as made:
        with pytest.raises(NoCompatibleSystemForActor):
            made.create(House, {"evse:2": True})

        assert made.create(House, {"evse:1": True}) is not None


def test_the_admin_is_shown_by_its_name():
    with system() as made:
        assert Path(f"/proc/{made.admin_pid}/comm").read_text() == "evsite-admin\n"


def test_the_admin_is_not_ended_by_a_polite_signal():
    with running(House, ONE) as (made, client):
        os.kill(made.admin_pid, signal.SIGTERM)

        assert isinstance(client.ask("c0/main", Who()), WhoReply)


def test_nonsense_from_a_peer_is_dropped_and_logged(capfd):
    incomplete = PendingActor.__new__(PendingActor)
    with running(House, ONE) as (made, client), peer_of(made) as peer:
        peer.send(Kind.CONTROL, 1, control.dumps(incomplete))
        peer.send(Kind.CONTROL, 2, pickle.dumps({"not": "a message"}))
        peer.send(Kind.MESSAGE, 3, b"not for an admin")
        eventually(lambda: "not_handled" in capfd.readouterr().out)

        assert isinstance(client.ask("c0/main", Who()), WhoReply)
        # a new tree can still be made
        assert made.create(House) is not None


def test_a_pickle_bomb_harms_no_process_of_the_site(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "boom"),)

    with running(House, ONE, host=Host(key=KEY)) as (made, client):
        ports = [port for pid in made.processes() for _address, port in listeners(pid)]
        for port, key in itertools.product(ports, (KEY, bytes(32))):
            with Peer(SiteAddress("127.0.0.1", port, 0), key) as attacker:
                attacker.greet()
                attacker.open()
                attacker.send(Kind.CONTROL, 1, pickle.dumps(Bomb()))
        assert isinstance(client.ask("c0/main", Who()), WhoReply)
        refused = eventually(
            lambda: (
                client.ask("c0/main", GetMetrics()).refused.get("unreadable")
                and client.ask("c0/main", GetMetrics()).refused
            )
        )
        assert refused == {"unreadable": 1, "forged": 1}

    assert not (tmp_path / "boom").exists()


def test_a_wish_to_end_a_local_actor_is_carried_out_for_children_of_the_admin_only():
    with running(House, ONE) as (made, client), peer_of(made) as peer:
        before = pids(client)
        stranger = ActorAddress(SiteAddress("127.0.0.1", 1, 1))
        elsewhere = ActorAddress(SiteAddress("192.0.2.1", 1, 1))
        peer.send(Kind.CONTROL, 1, control.dumps(EndWard(stranger)))
        peer.send(Kind.CONTROL, 2, control.dumps(EndWard(elsewhere)))
        peer.send(Kind.CONTROL, 3, control.dumps(QueryExists()))

        assert pids(client) == before
        peer.send(Kind.CONTROL, 4, control.dumps(EndWard(client._root)))
        eventually(lambda: not made.alive)


def test_an_exit_request_to_the_tree_ends_it_in_order(capfd):
    with running(House, ONE) as (made, client):
        target = client._root.addressDetails
        with Peer(target, made.host.key) as peer:
            peer.greet()
            peer.open()
            peer.send(Kind.CONTROL, 1, control.dumps(ActorExitRequest()))
            eventually(lambda: not made.alive)

    assert "child_died" not in capfd.readouterr().out


def test_a_tree_has_as_many_nodes_as_processes_beside_the_admin():
    with running(House, ONE) as (made, client):
        assert len(nodes(client.tree())) == len(made.processes()) - 1


def test_what_strangers_are_refused_is_told_with_the_metrics():
    with running(House, ONE) as (made, client):
        stranger = Peer(SiteAddress("127.0.0.1", made.host.port, 0), bytes(32))
        stranger.greet()
        stranger.open()
        eventually(stranger.hung_up)
        stranger.close()
        reply = client.ask("", GetTree(metrics=True))

    assert sum(reply.admin.refused.values()) == 1
    assert reply.node.metrics.path == "site"
    assert {each.metrics.path for each in reply.node.children} == {"site/registry", "site/c0"}


def test_an_admin_asked_for_anything_else_stays_silent_and_lives():
    with running(House, ONE) as (made, client):
        peer = peer_of(made)
        for number, kind in enumerate((Kind.MESSAGE, Kind.MESSAGE), start=1):
            peer.send(kind, number, b"no envelope")
        peer.close()

        assert isinstance(client.ask("c0/main", Who()), WhoReply)
        assert client.ask("", GetTree(metrics=True)).admin is not None

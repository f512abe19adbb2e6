"""Talking to a running tree from outside."""

import os
import signal
import threading
import time

import pytest

from actors.engine import messages, vitals
from actors.engine.address import text_of
from actors.engine.chaos import find
from actors.engine.client import Client
from protocols.message import Failure, FailureReason, Reply
from tests.support.crowd import CrowdRoot, Numbered, Who, WhoReply
from tests.support.engine import eventually, pids, running
from tests.support.engine_actors import Burn, House, Note, Notes, NotesReply


@pytest.fixture
def crowd(evsite_system):
    return evsite_system(CrowdRoot, {"groups": 1, "members": 2})


def test_a_command_to_a_name_is_answered(crowd):
    _system, client = crowd

    assert client.ask("g0_m1/main", Who()).path == "site/g0/m1"


def test_a_name_nobody_serves_is_told_as_such(crowd):
    _system, client = crowd

    reply = client.ask("nobody/main", Who())

    assert reply == Failure(reason=FailureReason.UNKNOWN_NAME, detail="nobody serves nobody/main")


def test_a_command_the_actor_does_not_know_is_unsupported(crowd):
    _system, client = crowd

    reply = client.ask("g0_m1/main", messages.GetTree())

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.UNSUPPORTED


def test_the_tree_names_everybody(crowd):
    _system, client = crowd

    tree = client.tree()

    assert all(find(tree, path) for path in ("site/registry", "site/g0", "site/g0/m0", "site/g0/m1"))


def test_who_started_the_root_hears_what_it_says_once(crowd):
    _system, client = crowd
    client.tree()

    assert [(type(each), each.path) for each in client.told(0.0)] == [(messages.Started, "site")]
    assert client.told(0.01) == []


def test_a_told_message_is_taken_over(crowd):
    _system, client = crowd

    assert client.tell("g0_m0/main", Numbered(row="x", number=1)) is True


def test_telling_nobody_is_told_as_such(crowd):
    _system, client = crowd

    assert client.tell("nobody/main", Who()) is False


def test_a_name_whose_actor_has_died_is_looked_up_again(crowd):
    _system, client = crowd
    before = client.ask("g0_m1/main", Who())
    os.kill(before.pid, signal.SIGKILL)
    eventually(lambda: (now := find(client.tree(), before.path)) and now.pid not in (None, before.pid))
    eventually(lambda: find(client.tree(), before.path).state == "Running")

    # then the first attempt reaches the dead one's address, and the answer is the successor's
    reply = client.ask("g0_m1/main", Who())
    assert isinstance(reply, WhoReply)
    assert reply.pid != before.pid


def test_a_registry_that_has_died_is_looked_up_again(crowd):
    # given a client that knows where the registry was
    _system, client = crowd
    assert isinstance(client.ask("g0_m0/main", Who()), WhoReply)
    before = pids(client)["site/registry"]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: pids(client).get("site/registry") not in (None, before))

    # then names that it has never asked for are found all the same
    assert eventually(lambda: not isinstance(client.ask("g0_m1/main", Who()), Failure))


def test_who_dies_with_a_command_in_hand_does_not_cost_the_deadline():
    with running(House, {"children": [{"id": "a", "deadline_s": 30.0}]}) as (_made, client):
        victim = pids(client)["site/a"]
        idle_s = vitals.read(victim).ran_s

        def kill():
            """Once it burns."""
            eventually(lambda: vitals.read(victim).ran_s > idle_s + 0.1, 20.0)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        begun_s = time.monotonic()
        failure = client.ask("a/main", Burn(seconds=60), deadline_s=30)
        killer.join()

        assert failure == Failure(reason=FailureReason.CRASHED, detail="a/main died before it answered")
        assert time.monotonic() - begun_s < 10


def test_who_is_late_is_said_to_be_late_and_not_gone():
    with running(House, {"children": [{"id": "a", "deadline_s": 30.0}]}) as (made, client):
        victim = pids(client)["site/a"]
        os.kill(victim, signal.SIGSTOP)
        with Client(text_of(client._root), made.wiring) as stranger:
            known = stranger.ask("a/main", Burn(seconds=0.0), deadline_s=0.5)
            told = stranger.tell("a/main", Note(text="too late"), deadline_s=0.5)
        os.kill(victim, signal.SIGCONT)

        assert known.reason is FailureReason.TIMEOUT
        assert told is False
        # and what had not left by then never arrives
        time.sleep(0.2)
        assert client.ask("a/main", Notes()) == NotesReply(count=0)


def test_after_the_end_of_the_tree_commands_fail_and_do_not_hang(crowd):
    system, client = crowd
    client.ask("g0_m0/main", Who())
    client.tell("", messages.Stop(within_s=2.0))
    while system.actors_alive():
        client.tree(deadline_s=0.1)

    reply = client.ask("g0_m0/main", Who(), deadline_s=2.0)

    assert isinstance(reply, Failure)
    assert client.tree(deadline_s=0.5) is None


def test_two_clients_do_not_get_each_others_answers(crowd):
    _system, client = crowd
    root = str(client._root.addressDetails)

    with Client(root) as other:
        answers = [each.ask(f"g0_m{number}/main", Who()) for number in (0, 1) for each in (client, other)]

    assert [answer.path for answer in answers] == ["site/g0/m0"] * 2 + ["site/g0/m1"] * 2
    assert all(isinstance(answer, WhoReply) for answer in answers)


def test_a_tick_is_answered_by_every_actor(crowd):
    _system, client = crowd

    assert client.ask("g0_m0/main", messages.Tick()) == Reply()


def test_metrics_count_what_was_received(crowd):
    _system, client = crowd
    before = client.ask("g0_m0/main", messages.GetMetrics())
    for _ in range(5):
        client.ask("g0_m0/main", Who())

    after = client.ask("g0_m0/main", messages.GetMetrics())

    assert after.received - before.received >= 5
    assert sum(after.handler_s) > sum(before.handler_s)
    assert after.path == "site/g0/m0"

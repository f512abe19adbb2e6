"""One actor's process from the inside: what it sends, what comes back, how it leaves."""

import os
import signal
import time

import pytest
from thespian.system.ratelimit import RateThrottle

from actors.engine import messages, outgoing
from actors.engine.manager import Manager
from protocols.message import Failure, FailureReason, Reply
from tests.support.engine import eventually, nodes, pids, running
from tests.support.engine_actors import (
    Burn,
    Crash,
    House,
    Note,
    Notes,
    NotesReply,
    Relay,
    Spam,
    Watch,
    Who,
    WhoReply,
)

TWO = {"children": [{"id": "a"}, {"id": "b"}]}
SLEEPY = {"children": [{"id": "a", "heartbeat_s": 60.0}, {"id": "b", "heartbeat_s": 60.0}]}
"""Nobody kills b for being silent, nor a for being busy with its burst."""


def test_a_burst_arrives_whole_and_in_one_piece():
    with running(House, TWO) as (_made, client):
        client.ask("a/main", Spam(name="b/main", count=900, size=10))
        eventually(lambda: client.ask("b/main", Notes()) == NotesReply(count=900))


def test_nobody_is_put_to_sleep_for_sending_much(monkeypatch):
    # Thespian would stop the sender's process for 0.1 s a message
    monkeypatch.setattr(RateThrottle, "eventRatePause", lambda *_: os._exit(9))
    with running(House, TWO) as (_made, client):
        assert isinstance(client.ask("a/main", Relay(name="b/main")), WhoReply)


def test_a_stopped_receiver_costs_its_sender_a_bounded_queue_and_no_time():
    with running(House, SLEEPY) as (_made, client):
        found = pids(client)
        assert isinstance(client.ask("a/main", Relay(name="b/main")), WhoReply)
        os.kill(found["site/b"], signal.SIGSTOP)
        begun_s = time.monotonic()
        reply = client.ask(
            "a/main", Spam(name="b/main", count=outgoing.MAX_QUEUED_MESSAGES * 2, size=2000), deadline_s=30
        )
        # then the sender is done soon, and answers others
        assert type(reply) is Reply
        assert time.monotonic() - begun_s < 10
        assert isinstance(client.ask("a/main", Who()), WhoReply)
        # and the receiver, when it goes on, gets what was queued and no more
        os.kill(found["site/b"], signal.SIGCONT)
        taken = eventually(
            lambda: (
                (count := client.ask("b/main", Notes(), deadline_s=20).count) >= outgoing.MAX_QUEUED_MESSAGES
                and count
            )
        )
        assert taken <= outgoing.MAX_QUEUED_MESSAGES
        assert isinstance(client.ask("a/main", Relay(name="b/main")), WhoReply)


def test_an_ask_that_is_shed_fails_at_once(monkeypatch):
    monkeypatch.setattr(outgoing, "MAX_QUEUED_MESSAGES", 50)
    with running(House, SLEEPY) as (_made, client):
        found = pids(client)
        assert isinstance(client.ask("a/main", Relay(name="b/main")), WhoReply)
        os.kill(found["site/b"], signal.SIGSTOP)
        client.ask("a/main", Spam(name="b/main", count=60, size=2000))
        failure = client.ask("a/main", Relay(name="b/main", deadline_s=60))

        assert failure == Failure(reason=FailureReason.OVERLOADED, detail="too much waits for b/main")


def test_a_file_number_that_is_used_again_is_watched_again():
    with running(House, TWO) as (_made, client):
        assert client.ask("a/main", Watch()) == NotesReply(count=5)


def test_a_crash_is_handled_once_and_ends_the_process(capfd):
    with running(House, TWO) as (_made, client):
        before = pids(client)
        reply = client.ask("a/main", Crash())
        eventually(lambda: (now := pids(client)) and now["site/a"] != before["site/a"])

    assert reply.reason is FailureReason.CRASHED
    assert capfd.readouterr().out.count("crashed ") == 1


def test_a_crash_is_not_delayed_by_a_peer_that_does_not_read():
    with running(House, SLEEPY) as (_made, client):
        found = pids(client)
        assert isinstance(client.ask("a/main", Relay(name="b/main")), WhoReply)
        os.kill(found["site/b"], signal.SIGSTOP)
        client.ask("a/main", Spam(name="b/main", count=500, size=2000))
        begun_s = time.monotonic()
        client.ask("a/main", Crash())
        eventually(lambda: nodes(client.tree())["site/a"].pid not in (None, found["site/a"]))

        assert time.monotonic() - begun_s < 2


def test_what_was_said_before_a_crash_still_arrives():
    with running(House, TWO) as (_made, client):
        client.ask("a/main", Relay(name="b/main"))
        client.tell("a/main", Spam(name="b/main", count=500, size=10))
        client.tell("a/main", Crash())

        eventually(lambda: client.ask("b/main", Notes()) == NotesReply(count=500))


def test_an_error_outside_the_handlers_ends_the_process_as_a_failure(monkeypatch, capfd):
    real = Manager.handleMessages

    def broken(self, envelope):
        if isinstance(envelope.message, bytes) and b"trigger" in envelope.message:
            raise LookupError("in the engine itself")
        return real(self, envelope)

    monkeypatch.setattr(Manager, "handleMessages", broken)
    with running(House, TWO) as (_made, client):
        client.tell("a/main", Note(text="trigger"))

        assert eventually(lambda: nodes(client.tree())["site/a"].last_error) == "exit code 70"
    assert "LookupError: in the engine itself" in capfd.readouterr().err


def test_only_the_newest_reasons_are_kept(monkeypatch):
    monkeypatch.setattr("actors.engine.manager.MAX_NOTES", 2)
    manager = Manager.__new__(Manager)
    manager.exit_notes = {}
    for pid in range(5):
        manager.note_exit(pid, "exit code 1")

    assert list(manager.exit_notes) == [3, 4]


@pytest.mark.parametrize("name", ["a/main", "b/main"])
def test_the_age_of_a_message_counts_from_its_arrival(name):
    with running(House, SLEEPY) as (_made, client):
        client.tell(name, Burn(seconds=1.0))
        assert isinstance(client.ask(name, Who()), WhoReply)
        metrics = client.ask(name, messages.GetMetrics())

        assert 0.1 < metrics.mailbox_total_s < 5

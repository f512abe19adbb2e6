"""Two and more transports in one process, pumped by hand; nothing here has a process of its own."""

import os
import signal
import socket
import time
from datetime import timedelta

import pytest
from thespian.actors import (
    ActorAddress,
    ActorExitRequest,
    ChildActorExited,
    WakeupMessage,
    WatchMessage,
)
from thespian.system.addressManager import ActorAddressManager, CannotPickleAddress
from thespian.system.messages.multiproc import ChildMayHaveDied
from thespian.system.messages.status import Thespian_SystemStatus
from thespian.system.transport import (
    ExternalInterfaceTransportInit,
    SendStatus,
    Thespian__Run_Expired,
    Thespian__Run_Terminated,
    Thespian__UpdateWork,
    TransmitIntent,
    TransmitOnly,
)

from actors.engine import outgoing
from actors.engine.address import SiteAddress
from actors.engine.system import Host
from actors.engine.transport import PORT_CAPABILITY, Endpoint, Transport, Wiring, wire
from actors.engine.wiring import Identity, in_force
from tests.support.engine import KEY, WIRING, payloads, pump, send, take, transport, transports


def stopped(transport, *, drain):
    """A handler that leaves the loop."""

    def handler(_envelope):
        transport.abort_run(drain=drain)
        return True

    return handler


def test_a_message_arrives_once_with_its_sender():
    with transports(2) as (here, there):
        fate = send(here, there, b"hello")
        pump(here, there, until=lambda: fate)

        assert fate == [SendStatus.Sent]
        assert [(each.message, each.sender) for each in take(there)] == [(b"hello", here.myAddress)]
        assert (here.sent, there.received) == (1, 1)


def test_many_messages_keep_their_order():
    with transports(2) as (here, there):
        said = [b"%d" % number for number in range(3000)]
        fates = [send(here, there, each) for each in said]
        pump(here, there, until=lambda: all(fates))

        assert payloads(there) == said


@pytest.mark.parametrize("size", [0, 1, 300_000, 16 * 1024 * 1024])
def test_a_message_of_any_allowed_size_arrives_whole(size):
    with transports(2) as (here, there):
        fate = send(here, there, bytes(size))
        pump(here, there, until=lambda: fate)

        assert payloads(there) == [bytes(size)]


def test_a_message_that_is_too_large_is_shed_at_once():
    with transports(2) as (here, there):
        fate = send(here, there, bytes(16 * 1024 * 1024 + 1))
        pump(here, there, until=lambda: fate)

        assert (fate, here.shed) == ([SendStatus.NotSent], 1)


def test_a_control_message_of_thespian_arrives_as_an_object():
    with transports(2) as (here, there):
        send(here, there, ChildActorExited(here.myAddress))
        pump(here, there, until=lambda: there.received)

        (notice,) = payloads(there)
        assert isinstance(notice, ChildActorExited)
        assert notice.childAddress == here.myAddress


def test_what_is_neither_bytes_nor_control_is_not_sent():
    with transports(2) as (here, there), pytest.raises(TypeError, match="control message"):
        send(here, there, {"a": "dict"})


def test_a_message_to_itself_arrives_without_a_connection():
    with transports(1) as (alone,):
        fate = send(alone, alone, b"note")
        alone.pump(0)

        assert (fate, payloads(alone), len(alone._outgoing)) == ([SendStatus.Sent], [b"note"], 0)


def test_a_message_to_a_child_without_address_waits_for_it():
    with transports(2) as (here, there):
        manager = ActorAddressManager(here.myAddress, here.myAddress)
        here.setAddressManager(manager)
        child = manager.createLocalAddress()
        intent = TransmitIntent(child, b"first")
        # given a child that has not said where it listens
        with pytest.raises(CannotPickleAddress):
            here.scheduleTransmit(manager, intent)
        # when it has
        manager.associateUseableAddress(
            here.myAddress, child.addressDetails.addressInstanceNum, there.myAddress
        )
        here.scheduleTransmit(manager, intent)
        pump(here, there, until=lambda: there.received)
        # then
        assert payloads(there) == [b"first"]


def test_a_message_for_a_known_dead_address_goes_nowhere():
    with transports(2) as (here, there):
        manager = ActorAddressManager(here.myAddress, here.myAddress)
        manager.deadAddress(there.myAddress)
        fate = []
        intent = TransmitIntent(
            there.myAddress, ChildActorExited(here.myAddress), onSuccess=lambda *_: fate.append(1)
        )
        here.scheduleTransmit(manager, intent)
        here.pump(0)

        assert (fate, len(here._outgoing)) == ([1], 0)


def test_a_request_to_look_at_the_queues_is_done_at_once():
    with transports(1) as (alone,):
        fate = send(alone, alone, Thespian__UpdateWork())
        alone.pump(0)

        assert (fate, payloads(alone)) == ([SendStatus.Sent], [])


# -- death -------------------------------------------------------------------------------------------------


def test_a_message_to_nobody_is_reported_dead_at_once():
    with transports(2) as (here, there):
        there.close()
        begun_s = time.monotonic()
        fate = send(here, there.myAddress, b"hello")
        pump(here, until=lambda: fate)

        assert fate == [SendStatus.DeadTarget]
        assert time.monotonic() - begun_s < 1


def test_what_waited_for_a_peer_that_dies_is_reported_dead():
    with transports(2) as (here, there):
        fates = [send(here, there, b"x" * 1000) for _ in range(100)]
        here.pump(0)
        there.close()
        pump(here, until=lambda: all(fates))

        assert all(fate == [SendStatus.DeadTarget] for fate in fates)


def test_who_gets_a_dead_actors_port_does_not_get_its_messages():
    with transports(2) as (here, there):
        address = there.myAddress
        there.close()
        # given another actor of the same site on the same port
        wire(WIRING)
        other = Transport(
            Endpoint(None, ActorAddress(SiteAddress("127.0.0.1", address.addressDetails.port, 0)), address)
        )
        # when
        fate = send(here, address, b"for the dead")
        pump(here, other, until=lambda: fate)
        # then
        assert (fate, payloads(other)) == ([SendStatus.DeadTarget], [])
        other.close()


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n padding", b"EVS2" + bytes(24)])
def test_a_foreign_server_on_a_dead_actors_port_is_told_nothing(greeting):
    with transports(1) as (here,), socket.create_server(("127.0.0.1", 0)) as server:
        fate = send(here, ActorAddress(SiteAddress(*server.getsockname(), 77)), b"secret")
        here.pump(0)
        foreign, _ = server.accept()
        foreign.sendall(greeting)
        pump(here, until=lambda: fate)

        assert (fate, foreign.recv(100)) == ([SendStatus.DeadTarget], b"")
        assert here.refused["malformed"] == 1
        foreign.close()


def test_a_server_that_repeats_a_dead_actors_greeting_is_told_nothing():
    with transports(2) as (here, there), socket.create_server(("127.0.0.1", 0)) as server:
        # given somebody who has listened to the greeting of the actor before it died
        with socket.create_connection(
            (there.myAddress.addressDetails.host, there.myAddress.addressDetails.port)
        ) as spy:
            pump(there, until=lambda: there._incoming._strangers)
            greeting = spy.recv(100)
        # when it repeats it on a port of its own
        fate = send(
            here,
            ActorAddress(SiteAddress(*server.getsockname(), there.myAddress.addressDetails.instance)),
            b"secret",
        )
        here.pump(0)
        foreign, _ = server.accept()
        foreign.sendall(greeting)
        pump(
            here,
            until=lambda: (
                here._outgoing._links and next(iter(here._outgoing._links.values())).initiator.greeted
            ),
        )
        here.pump(0)
        # then it hears who calls, and no message
        said = foreign.recv(1000)
        assert b"secret" not in said
        assert not fate
        foreign.close()


def test_a_server_that_cannot_prove_the_key_is_told_nothing():
    with transports(1) as (here,), transports(1, Wiring(key=bytes(32))) as (stranger,):
        fate = send(here, stranger, b"secret")
        pump(here, stranger, until=lambda: stranger.refused["forged"])

        assert (fate, payloads(stranger)) == ([], [])


def test_a_port_that_calls_itself_is_nobody(monkeypatch):
    with transports(1) as (here,):
        # given the kernel gives the very port that is called to the caller
        port = 0
        bound = socket.socket.connect_ex

        def from_the_same_port(sock, target):
            sock.bind(target)
            return bound(sock, target)

        monkeypatch.setattr(socket.socket, "connect_ex", from_the_same_port)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        # when
        fate = send(here, ActorAddress(SiteAddress("127.0.0.1", port, 1)), b"hello")
        pump(here, until=lambda: fate)
        # then
        assert fate == [SendStatus.DeadTarget]


def test_an_address_reported_dead_gives_up_what_waits_for_it():
    with transports(2) as (here, there):
        manager = ActorAddressManager(here.myAddress, here.myAddress)
        here.setAddressManager(manager)
        child = manager.createLocalAddress()
        manager.associateUseableAddress(
            here.myAddress, child.addressDetails.addressInstanceNum, there.myAddress
        )
        fates = [send(here, there, b"never read") for _ in range(3)]
        here.deadAddress(manager, child)
        here.pump(0)

        assert fates == [[SendStatus.DeadTarget]] * 3


def test_what_one_that_is_known_to_be_dead_has_not_taken_comes_back_at_once_and_in_order():
    with transports(1) as (here,), socket.create_server(("127.0.0.1", 0)) as silent:
        # given an address where calls are taken and nobody ever speaks
        dead = ActorAddress(SiteAddress("127.0.0.1", silent.getsockname()[1], 7))
        came_back = []
        for said in (b"1", b"2"):
            intent = TransmitIntent(
                dead, said, onError=lambda status, it: came_back.append((it.message, status))
            )
            here.scheduleTransmit(None, intent)
        here.pump(0.01)
        assert came_back == []

        here.give_up(dead)

        assert came_back == [(b"1", SendStatus.DeadTarget), (b"2", SendStatus.DeadTarget)]
        assert not here.knows(dead)


def test_what_the_dead_has_taken_does_not_come_back_though_its_word_was_not_read_yet():
    with transports(2) as (here, there):
        begun = send(here, there, b"0")
        pump(here, there, until=lambda: begun)
        # given a peer that takes a message, and says so, before it dies
        fate = send(here, there, b"1")
        pump(there, until=lambda: there.received == 2)
        assert fate == []

        here.give_up(there.myAddress)

        assert fate == [SendStatus.Sent]
        here.give_up(there.myAddress)


def test_what_another_hosts_actor_may_have_taken_does_not_come_back():
    with transports(1) as (here,):
        elsewhere = ActorAddress(SiteAddress("127.0.0.9", 9, 7))
        fate = send(here, elsewhere, b"1")

        here.give_up(elsewhere)

        assert fate == []
        assert here.knows(elsewhere)


def test_a_lost_host_gives_up_all_its_actors():
    with transports(3) as (here, one, two):
        fates = [send(here, one, b"a"), send(here, two, b"b")]
        here.lostRemote(ActorAddress(SiteAddress("127.0.0.1", 1, 0)))
        here.pump(0)

        assert fates == [[SendStatus.Failed], [SendStatus.Failed]]


def test_closing_reports_what_was_not_sent():
    with transports(2) as (here, there):
        fate = send(here, there, b"late")
        here.close()
        here.close()

        assert fate == [SendStatus.Failed]


# -- slow peers --------------------------------------------------------------------------------------------


def test_a_peer_that_does_not_read_never_blocks_the_sender():
    with transports(2) as (here, stuck):
        begun_s = time.monotonic()
        fates = [send(here, stuck, bytes(1000)) for _ in range(outgoing.MAX_QUEUED_MESSAGES + 500)]
        here.pump(0)
        spent_s = time.monotonic() - begun_s

        assert spent_s < 5
        assert (sum(map(bool, fates)), here.shed) == (500, 500)
        assert all(fate == [SendStatus.NotSent] for fate in fates[outgoing.MAX_QUEUED_MESSAGES :])


def test_large_messages_fill_the_queue_by_their_bytes():
    with transports(2) as (here, stuck):
        fates = [send(here, stuck, bytes(1024 * 1024)) for _ in range(40)]
        here.pump(0)

        assert sum(map(bool, fates)) == 40 - outgoing.MAX_QUEUED_BYTES // (1024 * 1024)


def test_a_peer_that_reads_again_gets_what_was_queued():
    with transports(2) as (here, slow):
        fates = [send(here, slow, b"%d" % number) for number in range(outgoing.MAX_QUEUED_MESSAGES + 1)]
        pump(here, slow, until=lambda: all(fates))
        after = send(here, slow, b"after")
        pump(here, slow, until=lambda: after)

        said = [b"%d" % number for number in range(outgoing.MAX_QUEUED_MESSAGES)]
        assert payloads(slow) == [*said, b"after"]


def test_a_slow_peer_does_not_hold_up_another():
    with transports(3) as (here, stuck, quick):
        for _ in range(outgoing.MAX_QUEUED_MESSAGES + 1):
            send(here, stuck, bytes(1000))
        fate = send(here, quick, b"hello")
        pump(here, quick, until=lambda: fate)

        assert payloads(quick) == [b"hello"]


def test_idle_connections_are_closed_when_there_are_many(monkeypatch):
    monkeypatch.setattr(outgoing, "MAX_LINKS", 3)
    with transports(6) as (here, *others):
        for other in others:
            fate = send(here, other, b"hello")
            pump(here, other, until=lambda fate=fate: fate)

        assert len(here._outgoing) == 3
        again = send(here, others[0], b"again")
        pump(here, others[0], until=lambda: again)
        assert payloads(others[0]) == [b"hello", b"again"]


# -- running -----------------------------------------------------------------------------------------------


def test_run_without_handler_returns_the_first_message():
    with transports(2) as (here, there):
        fates = [send(here, there, b"one"), send(here, there, b"two")]
        pump(here, there, until=lambda: all(fates))

        assert there.run(None, 1).message == b"one"
        assert there.run(None, timedelta(seconds=1)).message == b"two"


def test_a_heartbeat_is_handed_over_before_all_that_waits():
    with transports(2) as (here, there):
        fates = [send(here, there, b"mail %d" % number) for number in range(3)]
        fates.append(send(here, there, b"ping", urgent=True))
        pump(here, there, until=lambda: all(fates))

        assert payloads(there) == [b"ping", b"mail 0", b"mail 1", b"mail 2"]


def busy(worker, peer, work_s, count):
    """Answer so many messages, each of which takes some time; what the peer heard during each."""
    had = []

    def handler(envelope):
        send(worker, peer, b"answer to " + envelope.message)
        end_s = time.monotonic() + work_s
        while time.monotonic() < end_s:
            peer.pump(0.001)  # as it would in a process of its own
        had.append(payloads(peer))
        return len(had) < count

    worker.run(handler, 10)
    return had


def test_what_is_said_leaves_while_messages_wait():
    # given a peer that is called for the first time, to be answered
    with transports(2) as (worker, peer):
        for number in range(6):
            send(worker, worker, b"%d" % number)

        had = busy(worker, peer, 0.005, 6)
        assert any(b"answer to 0" in each for each in had[:4])


def test_the_first_answer_arrives_before_the_second_handler_ends():
    assert any(answered_early() for _ in range(5))  # of five one had a core


def answered_early():
    """Whether somebody who asks several times was answered before the second handler had ended."""
    with transports(1) as (worker,):
        child, (reader, writer) = peer_in_a_process(worker, requests=4)
        ends, begun_s = [], time.monotonic()

        def handler(envelope):
            end_s = time.monotonic() + 0.08
            while time.monotonic() < end_s:
                pass
            ends.append(time.monotonic() - begun_s)
            send(worker, envelope.sender, b"answer")
            return len(ends) < 4

        worker.run(handler, 10)
        arrived_s = float(os.read(reader, 100)) - begun_s
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)
        return arrived_s < ends[1]


def peer_in_a_process(worker, requests):
    """A process that says something several times and writes down when it is answered first."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with transports(1) as (peer,):
            for number in range(requests):
                send(peer, worker.myAddress, b"%d" % number)
            peer.run(None, 10)
            os.write(writer, str(time.monotonic()).encode())
            peer.run(lambda _envelope: True, 10)
        os._exit(0)
    return child, (reader, writer)


def test_a_timer_does_not_wait_for_all_that_has_arrived():
    with transports(1) as (alone,):
        for number in range(50):
            send(alone, alone, b"%d" % number)
        alone.addWakeup(timedelta(seconds=0.003), "timer")
        seen = []

        def handler(envelope):
            seen.append(envelope.message)
            end_s = time.monotonic() + 0.001
            while time.monotonic() < end_s:
                pass
            if len(seen) == 10:
                send(alone, alone, b"later mail")
            return not isinstance(envelope.message, WakeupMessage)

        alone.run(handler, 10)
        assert b"later mail" not in seen


def test_a_stranger_is_let_in_while_messages_wait():
    with transports(2) as (worker, stranger):
        for number in range(6):
            send(worker, worker, b"%d" % number)
        fate = send(stranger, worker, b"hello")
        seen = []

        def handler(envelope):
            seen.append(envelope.message)
            for _ in range(3):
                stranger.pump(0.001)
            return len(seen) < 6

        worker.run(handler, 10)
        assert fate == [SendStatus.Sent]


def test_run_ends_in_time_though_messages_never_end():
    with transports(1) as (alone,):
        send(alone, alone, b"again")

        def handler(envelope):
            send(alone, alone, envelope.message)
            return True

        assert isinstance(alone.run(handler, 0.01), Thespian__Run_Expired)


def test_a_watched_file_is_reported_once_until_its_turn_has_come():
    with transports(1) as (alone,):
        reader, writer = os.pipe()
        alone.set_watch([reader])
        os.write(writer, b"x")
        for _ in range(3):
            alone.pump(0)
        reports = payloads(alone)

        assert [each.ready for each in reports[:1]] == [[reader]]
        assert len(reports) == 1
        os.close(reader)
        os.close(writer)


def test_run_ends_when_its_time_is_up():
    with transports(1) as (alone,):
        assert isinstance(alone.run(None, 0.01), Thespian__Run_Expired)


def test_run_ends_when_the_handler_has_enough():
    with transports(1) as (alone,):
        send(alone, alone, b"one")
        send(alone, alone, b"two")

        result = alone.run(lambda _envelope: False, 1)
        assert result.return_value is False
        assert payloads(alone) == [b"two"]


def test_aborting_leaves_the_loop_at_once():
    with transports(2) as (here, stuck):
        send(here, stuck, b"never read")
        send(here, here, b"go")

        assert isinstance(here.run(stopped(here, drain=False), 5), Thespian__Run_Terminated)


def test_draining_leaves_the_loop_when_all_is_sent():
    with transports(2) as (here, there):
        first = send(here, there, b"connect")
        pump(here, there, until=lambda: first)
        fates = [send(here, there, b"last words")]
        send(here, here, b"go")
        # the peer's acknowledgement waits in the socket: it has to answer from another process
        child = os.fork()
        if child == 0:
            there.run(lambda _envelope: True, 1)
            os._exit(0)
        result = here.run(stopped(here, drain=True), 5)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

        assert isinstance(result, Thespian__Run_Terminated)
        assert fates == [[SendStatus.Sent]]


def test_draining_gives_up_on_a_peer_that_does_not_read():
    with transports(2) as (here, stuck):
        send(here, stuck, b"never read")
        send(here, here, b"go")
        begun_s = time.monotonic()
        here.run(stopped(here, drain=True), 20)

        assert 0.4 < time.monotonic() - begun_s < 5


def test_sending_only_returns_how_many_peers_still_owe():
    with transports(2) as (here, stuck):
        send(here, stuck, b"never read")
        send(here, here, b"kept for later")

        assert here.run(TransmitOnly, 0.01) == 1
        assert here.run(TransmitOnly(), 0.01) == 1
        assert payloads(here) == [b"kept for later"]


def test_sending_only_returns_zero_when_nothing_waits():
    with transports(1) as (alone,):
        assert alone.run(TransmitOnly, 5) == 0


def test_wakeups_come_in_order_and_not_too_early():
    with transports(1) as (alone,):
        begun_s = time.monotonic()
        alone.addWakeup(timedelta(seconds=0.02), "late")
        alone.addWakeup(timedelta(seconds=0.01), "early")
        first, second = alone.run(None, 5).message, alone.run(None, 5).message

        assert isinstance(first, WakeupMessage)
        assert (first.payload, second.payload) == ("early", "late")
        assert first.delayPeriod == timedelta(seconds=0.01)
        assert time.monotonic() - begun_s >= 0.02


@pytest.mark.parametrize(
    ("asked", "kind"),
    [({"signal_shutdown": True}, ActorExitRequest), ({"check_children": True}, ChildMayHaveDied)],
)
def test_a_signal_handler_wakes_the_loop(asked, kind):
    with transports(1) as (alone,):
        before = signal.signal(signal.SIGALRM, lambda *_: alone.interrupt_wait(**asked))
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        try:
            received = alone.run(None, 10)
        finally:
            signal.signal(signal.SIGALRM, before)

        assert isinstance(received.message, kind)


def test_an_interrupt_without_reason_delivers_nothing():
    with transports(1) as (alone,):
        alone.interrupt_wait()
        alone.pump(1)

        assert payloads(alone) == []


def test_an_interrupt_after_closing_does_no_harm():
    with transports(1) as (alone,):
        alone.close()
        alone.interrupt_wait(signal_shutdown=True)


def test_a_watched_file_that_is_readable_is_reported():
    with transports(1) as (alone,):
        reader, writer = os.pipe()
        alone.set_watch([reader])
        os.write(writer, b"x")
        received = alone.run(None, 5)

        assert isinstance(received.message, WatchMessage)
        assert received.message.ready == [reader]
        os.close(reader)
        os.close(writer)


def test_it_says_what_has_not_been_taken_over_yet():
    with transports(2) as (here, stuck):
        send(here, stuck, b"waiting")
        status = Thespian_SystemStatus(here.myAddress)
        here._updateStatusResponse(status)

        assert len(status.pendingMessages) == 1


# -- addresses and endpoints -------------------------------------------------------------------------------


def test_an_external_transport_knows_the_admin_by_its_port():
    wire(WIRING)
    outside = Transport(ExternalInterfaceTransportInit(), {PORT_CAPABILITY: 4711})

    assert outside._adminAddr == ActorAddress(SiteAddress("127.0.0.1", 4711, 0))
    outside.close()


def test_a_clone_speaks_for_the_same_system():
    with transports(1) as (there,):
        other_key = Wiring(key=bytes(32))
        outside = transport()
        wire(other_key)
        clone = outside.external_transport_clone()
        fate = send(clone, there, b"hello")
        pump(clone, there, until=lambda: fate)

        assert (payloads(there), in_force()) == ([b"hello"], other_key)
        clone.close()
        outside.close()
        wire(WIRING)


def test_a_transport_needs_to_know_what_it_is_for():
    with pytest.raises(TypeError, match="cannot start a transport"):
        Transport(object())


def test_a_child_is_told_its_number_and_the_admin():
    with transports(1) as (alone,):
        manager = ActorAddressManager(alone.myAddress, alone.myAddress)
        child = manager.createLocalAddress()

        assert alone.prepEndpoint(child, {}) == Endpoint(0, None, alone._adminAddr)
        assert alone.prepEndpoint(alone.myAddress, {}) == Endpoint(None, alone.myAddress, alone._adminAddr)


def test_what_a_fork_must_close_are_its_own_descriptors():
    with transports(2) as (here, there):
        fate = send(here, there, b"hello")
        pump(here, there, until=lambda: fate)

        fds = here.fds()
        assert here.socket.fileno() in fds
        assert len(set(fds)) == len(fds) == 4  # listener, connection, wake-up call, epoll


def test_calls_of_thespian_that_need_nothing_do_nothing():
    with transports(1) as (alone,):
        assert alone.connectEndpoint(None) is None
        assert alone.enableRXPauseFlowControl() is None


@pytest.mark.parametrize(
    "holder",
    [WIRING, Host(key=KEY), Identity(KEY, 1, SiteAddress("127.0.0.1", 1, 1))],
    ids=["wiring", "host", "identity"],
)
def test_the_key_is_never_shown(holder):
    assert repr(KEY)[2:-1] not in repr(holder)
    assert "key" not in repr(holder)


def test_a_sender_learns_at_once_that_there_is_no_room(monkeypatch):
    monkeypatch.setattr(outgoing, "MAX_QUEUED_MESSAGES", 2)
    with transports(2) as (here, stuck):
        taken = [
            here.scheduleTransmit(None, TransmitIntent(stuck.myAddress, message))
            for message in (b"one", ChildActorExited(here.myAddress), b"three")
        ]

        assert taken == [True, True, False]
        assert here.scheduleTransmit(None, TransmitIntent(here.myAddress, b"to itself")) is True


def test_a_message_that_has_not_left_can_be_withdrawn():
    with transports(2) as (here, there):
        intents = [TransmitIntent(there.myAddress, b"%d" % number) for number in range(3)]
        for each in intents:
            here.scheduleTransmit(None, each)
        assert here.knows(there.myAddress)
        assert here.withdraw(intents[1])
        assert not here.withdraw(intents[1])
        pump(here, there, until=lambda: there.received == 2)

        assert payloads(there) == [b"0", b"2"]
        pump(here, there, until=lambda: here._outgoing.idle)
        assert not here.withdraw(intents[0])


def test_a_peer_that_hung_up_is_known_no_longer():
    with transports(2) as (here, there):
        fate = send(here, there, b"hello")
        pump(here, there, until=lambda: fate)
        there.close()
        pump(here, until=lambda: not here.knows(there.myAddress))

"""Links to peers: lost connections, silent peers, other hosts. Whole transports: test_transport."""

import contextlib
import errno
import random
import socket
import time

import pytest
from thespian.actors import ActorAddress
from thespian.system.transport import SendStatus, TransmitIntent

from actors.engine import frames, outgoing
from actors.engine.address import SiteAddress
from actors.engine.outgoing import Outgoing, Patience
from actors.engine.poller import Poller
from actors.engine.wiring import Identity
from tests.support.engine import KEY, Reader, Wire, payloads, pump, send, transports

HURRIED = Patience(connect_s=0.02, give_up_s=0.06, retry_s=0.001)


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(outgoing, "SAME_HOST", HURRIED)
    monkeypatch.setattr(outgoing, "OTHER_HOST", HURRIED)


@pytest.fixture
def restless(monkeypatch):
    """Call again without waiting."""
    monkeypatch.setattr(outgoing, "RETRY_MAX_S", 0.001)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("seed", range(20))
def test_cut_connections_lose_double_and_reorder_nothing(seed):
    with transports(2) as (here, there):
        wire, reader = Wire(there, seed, cuts=15), Reader(there)
        sizes = random.Random(seed)
        said = [b"%d:" % number + bytes(sizes.choice((0, 10, 500, 5000))) for number in range(400)]
        fates = []
        for number, each in enumerate(said):
            fates.append(send(here, wire.address, each))
            if number % 20 == 0:
                for part in (here, wire, reader):
                    part.pump(0)
        pump(here, wire, reader, until=lambda: all(fates), within_s=30)

        assert reader.taken == said
        assert all(fate == [SendStatus.Sent] for fate in fates)
        assert wire.cuts_left == 0
        wire.close()


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("seed", range(5))
def test_a_connection_cut_at_any_byte_of_its_opening_is_made_again(seed):
    with transports(2) as (here, there):
        wire = Wire(there, seed, cuts=12, every_bytes=40)
        fate = send(here, wire.address, b"hello")
        pump(here, wire, there, until=lambda: fate, within_s=30)

        assert payloads(there) == [b"hello"]
        wire.close()


def test_a_peer_behind_a_cut_wire_that_dies_is_reported_dead():
    with transports(2) as (here, there):
        wire = Wire(there, 1, cuts=0)
        first = send(here, wire.address, b"one")
        pump(here, wire, there, until=lambda: first)
        wire.close()
        fate = send(here, wire.address, b"two")
        pump(here, until=lambda: fate)

        assert fate == [SendStatus.DeadTarget]


def test_a_lost_connection_without_messages_is_forgotten():
    with transports(2) as (here, there):
        first = send(here, there, b"one")
        pump(here, there, until=lambda: first)
        there.close()
        pump(here, until=lambda: not len(here._outgoing))


def test_a_forged_acknowledgement_is_refused_and_believed_by_nobody():
    with transports(1) as (here,), socket.create_server(("127.0.0.1", 0)) as server:
        # given a peer that knows the key
        fate = send(here, ActorAddress(SiteAddress(*server.getsockname(), 77)), b"hello")
        here.pump(0)
        peer, _ = server.accept()
        acceptor = frames.Acceptor(KEY, 77, bytes(frames.NONCE_SIZE))
        peer.sendall(acceptor.greeting)
        pump(here, until=lambda: readable(peer))
        acceptor.feed(peer.recv(1000))
        genuine = acceptor.acknowledge(0)
        # when somebody in between turns its word "nothing yet" into "all of it"
        peer.sendall(genuine)
        pump(here, until=lambda: readable(peer))
        forged = bytearray(acceptor.acknowledge(0))
        forged[12] = 9
        peer.sendall(forged)
        pump(here, until=lambda: here.refused["forged"])
        # then
        assert not fate
        assert len(here._outgoing) == 1
        peer.close()


def readable(sock):
    sock.settimeout(0)
    try:
        return sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False


# -- silence -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hurried")
def test_a_peer_that_never_greets_is_given_up_in_the_end():
    with transports(1) as (here,), socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        begun_s = time.monotonic()
        fate = send(here, ActorAddress(SiteAddress(*server.getsockname(), 77)), b"hello")
        pump(here, until=lambda: fate)

        assert fate == [SendStatus.Failed]
        assert time.monotonic() - begun_s >= HURRIED.give_up_s


@pytest.mark.usefixtures("hurried")
def test_a_peer_that_hangs_up_again_and_again_is_given_up_in_the_end():
    with transports(1) as (here,), socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        fate = send(here, ActorAddress(SiteAddress(*server.getsockname(), 77)), b"hello")

        def refuse():
            with contextlib.suppress(BlockingIOError):
                server.accept()[0].close()
            return fate

        pump(here, until=refuse)
        assert fate == [SendStatus.Failed]


def test_a_peer_that_hangs_up_is_not_called_in_a_tight_loop():
    with transports(1) as (here,), socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        send(here, ActorAddress(SiteAddress(*server.getsockname(), 77)), b"hello")
        begun_s, calls = time.monotonic(), 0
        while (spent_s := time.monotonic() - begun_s) < 0.3 or calls < 2:
            assert spent_s < 10, "it is called once and no more"
            here.pump(0.001)
            with contextlib.suppress(BlockingIOError):
                server.accept()[0].close()
                calls += 1

        assert calls <= 10  # at once, at once again, then after 1, 2, 4, ... 128 ms


def test_a_dead_neighbour_whose_port_closes_last_is_known_within_milliseconds():
    # given calls that lose their connection, and are taken by a port which closes a moment later
    took_s = []
    for _ in range(5):
        with transports(1) as (here,), socket.create_server(("127.0.0.1", 0)) as server:
            fate = send(here, ActorAddress(SiteAddress(*server.getsockname(), 77)), b"hello")
            here.pump(0)
            server.accept()[0].close()
            here.pump(0.01)
            # when
            server.close()
            begun_s = time.monotonic()
            pump(here, until=lambda: fate)  # noqa: B023  # it is over within this round
            took_s.append(time.monotonic() - begun_s)

            assert fate == [SendStatus.DeadTarget]
    # then, of five one had a core
    assert min(took_s) < 0.02


def test_a_neighbour_that_is_silent_is_called_again_before_long():
    with transports(1) as (here,), socket.create_server(("127.0.0.1", 0)) as server:
        # given a connection that nobody answers, at a port that is closed by now
        fate = send(here, ActorAddress(SiteAddress(*server.getsockname(), 77)), b"hello")
        here.pump(0)
        silent, _peer = server.accept()
        server.close()
        # when
        begun_s = time.monotonic()
        pump(here, until=lambda: fate)
        # then
        assert fate == [SendStatus.DeadTarget]
        assert time.monotonic() - begun_s < outgoing.SAME_HOST.connect_s / 2
        silent.close()


def test_a_neighbour_that_is_slow_gets_the_message_once():
    # given a peer that takes its time, and is called several times meanwhile
    with transports(2) as (here, there):
        fate = send(here, there, b"hello")
        calls, link = 0, next(iter(here._outgoing._links.values()))
        first = link.socket
        end_s = time.monotonic() + 10
        while calls < 2:
            assert time.monotonic() < end_s, "it is called once and no more"
            here.pump(0.01)
            if link.socket not in (None, first):
                first, calls = link.socket, calls + 1
        # when
        pump(here, there, until=lambda: fate)
        # then
        assert fate == [SendStatus.Sent]
        assert payloads(there) == [b"hello"]


def test_a_greeting_that_is_read_late_is_a_greeting():
    with transports(2) as (here, there):
        fate, link = send(here, there, b"hello"), next(iter(here._outgoing._links.values()))
        first = link.socket
        end_s = time.monotonic() + 2 * outgoing.SILENT_S
        while time.monotonic() < end_s:  # here is busy with something else
            there.pump(0.01)

        here.pump(0)

        assert link.socket is first
        pump(here, there, until=lambda: fate)
        assert payloads(there) == [b"hello"]


def test_an_unreachable_network_is_tried_again_until_patience_ends(monkeypatch, hurried):
    monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: errno.ENETUNREACH)
    with transports(1) as (here,):
        fate = send(here, ActorAddress(SiteAddress("192.0.2.1", 1, 77)), b"hello")
        pump(here, until=lambda: fate)

        assert fate == [SendStatus.Failed]


def test_running_out_of_descriptors_delays_a_message_only(monkeypatch):
    with transports(2) as (here, there):
        real = socket.socket
        failures = [OSError(errno.EMFILE, "too many open files")]

        def scarce(*args):
            if failures:
                raise failures.pop()
            return real(*args)

        monkeypatch.setattr(outgoing.socket, "socket", scarce)
        fate = send(here, there, b"hello")
        monkeypatch.setattr(outgoing.socket, "socket", real)
        pump(here, there, until=lambda: fate)

        assert payloads(there) == [b"hello"]


# -- other hosts -------------------------------------------------------------------------------------------


def test_another_host_is_waited_for_less_than_a_starved_neighbour():
    assert outgoing.OTHER_HOST.give_up_s < outgoing.SAME_HOST.give_up_s


def test_the_kernel_is_told_how_long_another_host_may_be_silent(monkeypatch):
    options = {}

    class Recording(socket.socket):
        def setsockopt(self, level, option, value):
            options[level, option] = value
            super().setsockopt(level, option, value)

        def connect_ex(self, _target):
            return errno.EINPROGRESS

    monkeypatch.setattr(outgoing.socket, "socket", Recording)
    poller = Poller(lambda: None, lambda _fd: None)
    mine = Identity(KEY, 1, SiteAddress("127.0.0.1", 9, 1))
    links = Outgoing(poller, mine, lambda *_: None, lambda *_: None)
    intent = TransmitIntent(ActorAddress(SiteAddress("192.0.2.1", 1, 7)), b"hello")
    links.send(intent, frames.Kind.MESSAGE, b"hello")

    assert options[socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT] == outgoing.SILENCE_MS
    links.close()
    poller.close()

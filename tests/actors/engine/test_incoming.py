"""What strangers and attackers can do with the port of an actor, while peers are served."""

import contextlib
import errno
import os
import pickle
import random
import resource
import socket
from time import monotonic

import pytest
import structlog
from thespian.actors import ActorExitRequest
from thespian.system.transport import SendStatus

from actors.engine import control, frames, incoming
from actors.engine.address import SiteAddress
from actors.engine.frames import Kind
from actors.engine.incoming import Arrival, listen
from tests.support.engine import KEY, NOBODY, Peer, Reader, payloads, pump, send, take, transports

WRONG_KEY = bytes(32)


class Bomb:
    """Unpickled, it makes a file: the shortest proof that code was run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def victim():
    with transports(1) as (made,):
        yield made


def details(transport) -> SiteAddress:
    return transport.myAddress.addressDetails


def greeted(victim, key=KEY, **kwargs):
    """A connection to the victim that has read its greeting."""
    peer = Peer(details(victim), key, **kwargs)
    pump(victim, until=lambda: readable(peer.socket))
    peer.greet()
    return peer


def readable(sock):
    sock.settimeout(0)
    try:
        return sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        sock.settimeout(5)


def serves_others(victim):
    """Whether somebody who knows the key is served."""
    with transports(1) as (friend,):
        fate = send(friend, victim, b"friend")
        pump(friend, victim, until=lambda: fate)
        return fate == [SendStatus.Sent] and b"friend" in payloads(victim)


# -- forgeries ---------------------------------------------------------------------------------------------


def test_a_peer_with_the_right_key_is_heard(victim):
    with greeted(victim, address="127.0.0.1:4711:abc") as peer:
        peer.open()
        peer.send(Kind.MESSAGE, 1, b"hello")
        pump(victim, until=lambda: victim.received)

        (envelope,) = take(victim)
        assert (envelope.message, envelope.sender.addressDetails) == (
            b"hello",
            SiteAddress("127.0.0.1", 4711, 0xABC),
        )


def test_a_wrong_key_is_refused_counted_and_logged(victim):
    with structlog.testing.capture_logs() as logs, greeted(victim, WRONG_KEY) as attacker:
        attacker.open()
        pump(victim, until=lambda: victim.refused["forged"])

        assert attacker.hung_up()
        assert victim.refused == {"forged": 1}
        assert [(each["event"], each["kind"], each["peer"]) for each in logs] == [
            ("refused", "forged", "a stranger")
        ]
        assert serves_others(victim)


def test_a_message_without_introduction_is_refused(victim):
    with greeted(victim) as attacker:
        attacker.send(Kind.MESSAGE, 1, b"hello")
        pump(victim, until=lambda: victim.refused["malformed"])

        assert attacker.hung_up()
        assert payloads(victim) == []


@pytest.mark.parametrize("place", [0, 1, 5, 20, -1])
def test_a_frame_with_a_flipped_bit_is_refused(victim, place):
    with greeted(victim) as peer:
        peer.open()
        frame = bytearray(peer.initiator.seal(Kind.MESSAGE, 1, b"pay 10 EUR"))
        frame[place] ^= 0x40
        peer.say(bytes(frame))
        pump(victim, until=lambda: victim.refused or peer.hung_up(), within_s=1)

        assert payloads(victim) == []
        assert serves_others(victim)


def test_a_recorded_connection_cannot_be_played_again(victim):
    # given somebody who has heard every byte of a conversation
    with greeted(victim) as peer:
        peer.open()
        peer.send(Kind.MESSAGE, 1, b"unlock the connector")
        pump(victim, until=lambda: victim.received)
        heard = peer.said
    assert payloads(victim) == [b"unlock the connector"]
    # when it says the same
    with greeted(victim, WRONG_KEY) as attacker:
        attacker.say(heard)
        pump(victim, until=lambda: victim.refused["forged"])
    # then
    assert payloads(victim) == []


def test_a_frame_said_twice_on_one_connection_is_refused(victim):
    with greeted(victim) as peer:
        peer.open()
        frame = peer.initiator.seal(Kind.MESSAGE, 1, b"unlock")
        peer.say(frame + frame)
        pump(victim, until=lambda: victim.refused["replayed"])

        assert peer.hung_up()


def test_what_was_taken_is_not_taken_again_on_a_new_connection(victim):
    with greeted(victim) as peer:
        peer.open()
        peer.send(Kind.MESSAGE, 1, b"unlock")
        pump(victim, until=lambda: victim.received)
    with greeted(victim) as peer:
        peer.open()
        peer.send(Kind.MESSAGE, 1, b"unlock")
        pump(victim, until=lambda: victim.refused["repeated"])

    assert payloads(victim) == [b"unlock"]


def test_only_so_many_peers_are_remembered(victim, monkeypatch):
    monkeypatch.setattr(incoming, "MAX_REMEMBERED", 2)
    with transports(4) as friends:
        for friend in friends:
            fate = send(friend, victim, b"hello")
            pump(friend, victim, until=lambda fate=fate: fate)

    assert len(victim._incoming._taken) == 2


def test_an_introduction_with_a_nonsensical_address_is_refused(victim):
    with greeted(victim, address="nowhere") as peer:
        peer.open()
        pump(victim, until=lambda: victim.refused["malformed"])

        assert serves_others(victim)


# -- floods and garbage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [257, 2**20, 2**32 - 1])
def test_a_stranger_that_announces_much_is_refused_before_it_sends_it(victim, length):
    with greeted(victim) as attacker:
        attacker.say(frames._HEADER.pack(Kind.OPEN, length, 0))
        pump(victim, until=lambda: victim.refused["oversized"])

        assert attacker.hung_up()


def test_a_peer_that_announces_too_much_is_refused_before_it_sends_it(victim):
    with greeted(victim) as peer:
        peer.open()
        peer.say(frames._HEADER.pack(Kind.MESSAGE, frames.MAX_PAYLOAD + 1, 1))
        pump(victim, until=lambda: victim.refused["oversized"])

        assert peer.hung_up()


@pytest.mark.parametrize("seed", range(10))
def test_garbage_is_refused_and_harms_nobody(victim, seed):
    noise = random.Random(seed)
    attackers = [Peer(details(victim)) for _ in range(20)]
    for attacker in attackers:
        attacker.say(noise.randbytes(noise.randrange(29, 3000)))
    pump(victim, until=lambda: sum(victim.refused.values()) == 20)

    assert all(attacker.hung_up() for attacker in attackers)
    assert payloads(victim) == []
    assert serves_others(victim)
    for attacker in attackers:
        attacker.close()


def test_a_silent_stranger_is_sent_away_after_a_while(victim):
    with greeted(victim) as attacker:
        victim._incoming.tick(monotonic() + incoming.STRANGER_TIMEOUT_S - 1)
        assert not attacker.hung_up()
        victim._incoming.tick(monotonic() + incoming.STRANGER_TIMEOUT_S)

        assert attacker.hung_up()
        assert victim.refused == {"silent": 1}


def test_a_stranger_that_dribbles_bytes_is_sent_away_too(victim):
    with greeted(victim) as attacker:
        for byte in attacker.initiator.open()[:-1]:
            attacker.say(bytes([byte]))
            victim.pump(0)
        victim._incoming.tick(monotonic() + incoming.STRANGER_TIMEOUT_S)

        assert attacker.hung_up()


def test_the_loop_wakes_up_by_itself_to_send_strangers_away(victim, monkeypatch):
    monkeypatch.setattr(incoming, "STRANGER_TIMEOUT_S", 0.02)
    with greeted(victim) as attacker:
        victim.run(None, 0.2)

        assert attacker.hung_up()
        assert victim._incoming.next_s() is None


def test_a_peer_may_be_silent_as_long_as_it_likes(victim):
    with greeted(victim) as peer:
        peer.open()
        pump(victim, until=lambda: readable(peer.socket))
        victim._incoming.tick(monotonic() + 1000)

        assert not peer.hung_up()


def test_of_too_many_strangers_the_oldest_goes(victim, monkeypatch):
    monkeypatch.setattr(incoming, "MAX_STRANGERS", 5)
    with greeted(victim) as peer:
        peer.open()
        pump(victim, until=lambda: victim._incoming._peers)
        attackers = [Peer(details(victim)) for _ in range(12)]
        pump(victim, until=lambda: victim.refused["crowded"] == 7)

        assert [attacker.hung_up() for attacker in attackers] == [True] * 7 + [False] * 5
        assert not peer.hung_up()
        assert serves_others(victim)
    for attacker in attackers:
        attacker.close()


def test_of_too_many_peers_the_one_longest_silent_goes(victim, monkeypatch):
    monkeypatch.setattr(incoming, "MAX_PEERS", 2)
    with transports(3) as (first, second, third):
        for friend in (first, second, first):
            fate = send(friend, victim, b"hello")
            pump(friend, victim, until=lambda fate=fate: fate)
        fate = send(third, victim, b"hello")
        pump(third, victim, until=lambda: fate)
        # then the second one, who calls again, is heard all the same
        pump(second, until=lambda: not len(second._outgoing))
        again = send(second, victim, b"again")
        pump(second, victim, until=lambda: again)

        assert payloads(victim)[-1] == b"again"


def test_running_out_of_descriptors_closes_the_door_for_a_moment(victim):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    attackers = [Peer(details(victim)) for _ in range(8)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    with full() as spare:
        # given there is room for three of them only
        for _ in range(3):
            os.close(spare.pop())
        pump(victim, until=lambda: victim._incoming._open_again_s is not None)
        assert victim.refused["crowded"] == 3
        victim.pump(0)
        assert victim.refused["crowded"] == 3
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    # when there is room again
    victim._incoming.tick(monotonic() + incoming.PAUSE_S)
    # then
    assert serves_others(victim)
    for attacker in attackers:
        attacker.close()


@contextlib.contextmanager
def full():
    """Every descriptor this process may have is taken."""
    taken = []
    with contextlib.suppress(OSError):
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    yield taken
    for each in taken:
        os.close(each)


def test_a_door_that_is_shut_for_a_moment_is_still_not_inherited(victim):
    victim._incoming._cannot_accept(OSError(errno.EMFILE, "too many open files"))

    assert victim.socket.fileno() in victim.fds()
    assert serves_others(victim)  # when the moment has passed


def test_who_never_reads_acknowledgements_costs_one_of_them(victim):
    with greeted(victim) as peer:
        peer.open()
        pump(victim, until=lambda: victim._incoming._peers)
        (inbound,) = victim._incoming._peers
        stuck = inbound.socket

        class Full:
            def send(self, _data):
                raise BlockingIOError

            def __getattr__(self, name):
                return getattr(stuck, name)

        inbound.socket = Full()
        for number in range(1, 101):
            peer.send(Kind.MESSAGE, number, b"x")
            pump(victim, until=lambda number=number: victim.received == number)
        assert len(inbound.out) < 100
        # when it reads again, it learns of the newest
        inbound.socket = stuck
        pump(victim, until=lambda: not inbound.out and inbound.owed is None)
        assert peer.initiator.feed(peer.socket.recv(65536))[-1] == frames.Acknowledged(100)


def test_a_caller_that_has_hung_up_again_is_no_trouble(victim, monkeypatch):
    aborted = [ConnectionAbortedError()]
    accept = victim.socket.accept

    class Listener:
        def fileno(self):
            return victim.socket.fileno()

        def accept(self):
            if aborted:
                raise aborted.pop()
            return accept()

        def close(self):
            victim.socket.close()

    monkeypatch.setattr(victim._incoming, "_listener", Listener())
    assert serves_others(victim)
    assert not victim.refused


class Stingy:
    """A real socket whose buffer is nearly always full."""

    def __init__(self, sock):
        self._sock, self._turn = sock, 0

    def send(self, data):
        self._turn += 1
        if self._turn % 3:
            raise BlockingIOError
        return self._sock.send(data[:5])

    def __getattr__(self, name):
        return getattr(self._sock, name)


def test_an_acknowledgement_that_does_not_fit_is_sent_bit_by_bit(victim):
    with greeted(victim) as peer:
        peer.open()
        pump(victim, until=lambda: victim._incoming._peers)
        (inbound,) = victim._incoming._peers
        inbound.socket = Stingy(inbound.socket)
        for number in range(1, 6):
            peer.send(Kind.MESSAGE, number, b"x")
        pump(victim, until=lambda: victim.received == 5 and not inbound.out)

        assert peer.initiator.feed(peer.socket.recv(65536))[-1] == frames.Acknowledged(5)


# -- pickles -----------------------------------------------------------------------------------------------


def test_a_pickle_from_a_stranger_is_never_looked_at(victim, tmp_path, monkeypatch):
    looked_at = []
    monkeypatch.setattr(control, "loads", looked_at.append)
    for kind in (Kind.CONTROL, Kind.OPEN, Kind.MESSAGE):
        with greeted(victim, WRONG_KEY) as attacker:
            attacker.open()
            attacker.send(kind, 1, pickle.dumps(Bomb(tmp_path / "boom")))
            pump(victim, until=lambda attacker=attacker: attacker.hung_up())

    assert looked_at == []
    assert not (tmp_path / "boom").exists()
    assert victim.refused["forged"] == 3


def test_a_pickle_bomb_from_a_peer_does_not_go_off(victim, tmp_path):
    with structlog.testing.capture_logs() as logs, greeted(victim) as traitor:
        traitor.open()
        traitor.send(Kind.CONTROL, 1, pickle.dumps(Bomb(tmp_path / "boom")))
        pump(victim, until=lambda: victim.refused["unreadable"])
        # then it is dropped, and even the traitor is heard on
        traitor.send(Kind.MESSAGE, 2, b"sorry")
        pump(victim, until=lambda: victim.received)

        assert not (tmp_path / "boom").exists()
        assert payloads(victim) == [b"sorry"]
        assert any("posix.mkdir is not a control message" in each["detail"] for each in logs)
        assert serves_others(victim)


def test_a_control_message_from_a_peer_is_taken(victim):
    with greeted(victim) as peer:
        peer.open()
        peer.send(Kind.CONTROL, 1, control.dumps(ActorExitRequest()))
        pump(victim, until=lambda: victim.received)

        assert isinstance(payloads(victim)[0], ActorExitRequest)


# -- too much at once --------------------------------------------------------------------------------------


def test_a_peer_of_whom_much_waits_is_not_read_and_others_are(victim, monkeypatch):
    monkeypatch.setattr(incoming, "MAX_UNHANDLED", 50_000)
    with transports(1) as (flood,):
        said = [b"%d:" % number + bytes(1000) for number in range(500)]
        fates = [send(flood, victim, each) for each in said]
        for _ in range(50):
            flood.pump(0)
            victim.pump(0)
        # then it is not read further than it is served, and others are
        (inbound,) = victim._incoming._peers
        assert 50_000 <= inbound.unhandled < 50_000 + incoming.CHUNK + 1100
        with transports(1) as (friend,):
            fate = send(friend, victim, b"friend")
            pump(friend, victim, until=lambda: fate)
        # and when that is handled the rest comes, in order and once
        reader = Reader(victim)
        pump(flood, reader, until=lambda: all(fates))
        reader.pump(0)
        assert [each for each in reader.taken if each != b"friend"] == said
        assert inbound.unhandled == 0


def test_an_unreadable_message_counts_for_its_connection_no_longer(victim):
    with greeted(victim) as traitor:
        traitor.open()
        traitor.send(Kind.CONTROL, 1, b"no pickle")
        pump(victim, until=lambda: victim.refused["unreadable"])

        (inbound,) = victim._incoming._peers
        assert inbound.unhandled == 0


def test_what_is_handled_after_its_connection_was_lost_does_no_harm(victim, monkeypatch):
    monkeypatch.setattr(incoming, "MAX_UNHANDLED", 100)
    with greeted(victim) as peer:
        peer.open()
        for number in range(1, 11):
            peer.send(Kind.MESSAGE, number, b"x" * 50)
        pump(victim, until=lambda: victim.received == 10)
        peer.send(Kind.MESSAGE, 11, b"unread")
        (inbound,) = victim._incoming._peers
        pump(victim, until=lambda: inbound.paused)
        victim._incoming._send_away(inbound, "crowded")

        assert payloads(victim) == [b"x" * 50] * 10


# -- sockets -----------------------------------------------------------------------------------------------


def test_it_listens_where_it_is_told_and_nowhere_else():
    listener = listen("127.0.0.1", 0)

    assert listener.getsockname()[0] == "127.0.0.1"
    assert listener.get_inheritable() is False
    listener.close()


def test_a_taken_port_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", server.getsockname()[1])


def test_an_arrival_is_described_without_its_content():
    assert Arrival(NOBODY, b"secret", 0.0).identify() == f"bytes from {NOBODY}"

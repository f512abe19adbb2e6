import socket

import pytest

from actors.simulation.ev.exchange import Connected, Disconnected, Received
from actors.simulation.ev.link import CarLink
from protocols.iso15118 import v2gtp


@pytest.fixture
def ends():
    """A link and the station's end of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = CarLink(socket.AF_INET, server.getsockname(), None)
        other, _ = server.accept()
        other.settimeout(5)
        yield link, other
        link.drop()
        other.close()


def until(link, kind):
    """What the link gives, up to the first of a kind."""
    found = []
    while not any(isinstance(one, kind) for one in found):
        found += link.ready()
    return found


def test_a_connection_is_told_once(ends):
    link, _ = ends

    assert link.wants_write
    assert until(link, Connected) == [Connected(tls=None)]
    assert not link.wants_write
    assert link.ready() == []


def test_frames_come_whole_however_they_arrive(ends):
    link, other = ends
    until(link, Connected)
    frame = v2gtp.encode(0x8001, b"abc")
    other.sendall(frame + frame[:5])
    first = until(link, Received)
    other.sendall(frame[5:])

    assert first + until(link, Received) == [Received(payload_type=0x8001, payload=b"abc")] * 2


def test_what_is_sent_arrives(ends):
    link, other = ends
    until(link, Connected)
    link.send(b"hello")

    assert other.recv(10) == b"hello"


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "closed by the station"), (b"GET / HTTP/1.1\r\n", "no V2GTP")]
)
def test_an_end_has_its_reason(ends, data, reason):
    link, other = ends
    until(link, Connected)
    other.sendall(data)
    if not data:
        other.shutdown(socket.SHUT_WR)
    (lost,) = until(link, Disconnected)

    assert lost.reason.startswith(reason)
    assert link.over
    link.send(b"nothing")
    link.close()
    assert link.ready() == []


def test_a_reset_is_an_end_too(ends):
    link, other = ends
    until(link, Connected)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    other.close()
    (lost,) = until(link, Disconnected)

    assert "reset" in lost.reason


def test_a_refusal_is_told_as_such():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    (lost,) = until(CarLink(socket.AF_INET, address, None), Disconnected)

    assert "refused" in lost.reason

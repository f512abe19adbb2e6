import socket

import pytest

from actors.v2g.link.car import Car
from actors.v2g.link.channel import MAX_UNSENT_BYTES, Channel, Ended, Opened
from certs.tls import TlsBacklogError
from protocols.iso15118 import v2gtp

FRAME = v2gtp.Frame(v2gtp.PayloadType.EXI, bytes(60_000))


@pytest.fixture
def ends():
    """A car as the link has it, and the other end of its connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(10)
        car = Car(ours, Channel(None))
        assert list(car.channel.start()) == [Opened(tls=None)]
        yield car, theirs


def test_what_the_car_says_arrives_as_frames(ends):
    car, theirs = ends
    theirs.sendall(v2gtp.Frame(v2gtp.PayloadType.EXI, b"hello").encode())

    assert list(car.read()) == [v2gtp.Frame(v2gtp.PayloadType.EXI, b"hello")]
    assert list(car.read()) == []


def test_a_connection_that_breaks_is_an_end(ends):
    car, theirs = ends
    theirs.close()

    assert [event.reason for event in car.read()] == ["closed_by_car"]


def test_a_socket_that_fails_is_an_end(ends):
    car, _theirs = ends
    car.close()

    (event,) = car.read()

    assert isinstance(event, Ended)
    assert event.reason == "connection_lost"


def test_everything_is_sent_once_though_the_car_reads_late(ends):
    car, theirs = ends
    for _ in range(10):
        car.channel.send(FRAME.payload_type, FRAME.payload)
    found = b""

    while not car.flush():
        found += theirs.recv(2**20)
    car.close()
    while data := theirs.recv(2**20):
        found += data

    assert found == FRAME.encode() * 10


def test_a_car_that_never_reads_costs_bounded_memory(ends):
    car, _theirs = ends

    def send(frames):
        for _ in range(frames):
            car.channel.send(FRAME.payload_type, FRAME.payload)
            car.flush()

    with pytest.raises(TlsBacklogError):
        send(8 * MAX_UNSENT_BYTES // len(FRAME.payload))

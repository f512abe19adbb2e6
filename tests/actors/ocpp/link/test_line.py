import os
import select
import socket

import pytest

from actors.ocpp.link.channel import Channel, Ended
from actors.ocpp.link.line import Line
from actors.ocpp.link.target import target_of
from actors.ocpp.messages import Trouble
from protocols.ocpp.version import Version
from tests.support.ocpp_links import profile

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def dial():
    """Makes lines, which are closed in the end."""
    made = []

    def line(*ports, interface=None):
        channel = Channel(target_of(profile("ws://h"), 0), (Version.V21,), None)
        addresses = [(socket.AF_INET, ("127.0.0.1", port)) for port in ports]
        made.append(Line(channel, addresses, interface))
        return made[-1]

    yield line
    for each in made:
        each.close()


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as made:
        return made.getsockname()[1]


def run(line, until):
    """Advance the line when it says so."""
    events = list(line.connect())
    while not until(events):
        assert select.select([line.fd], [], [], 10)[0]
        events += line.advance()
    return events


def test_a_line_connects_and_asks_for_the_upgrade(dial, listener):
    line = dial(listener.getsockname()[1])

    run(line, lambda _events: line.is_connected)

    with listener.accept()[0] as far:
        assert far.recv(4096).startswith(b"GET /CP%201%2FA HTTP/1.1\r\n")
    assert line.is_idle
    assert line.written_bytes


def test_the_next_address_is_tried_when_one_refuses(dial, listener):
    line = dial(closed_port(), listener.getsockname()[1])

    assert run(line, lambda _events: line.is_connected) == []


@pytest.mark.parametrize("count", [0, 1, 2])
def test_without_an_address_that_answers_nobody_is_reached(dial, count):
    line = dial(*(closed_port() for _ in range(count)))

    events = run(line, lambda events: events)

    assert [each.mishap.trouble for each in events] == [Trouble.UNREACHABLE]
    assert ("refused" if count else "no address") in events[0].mishap.detail
    assert list(line.advance()) == []
    assert line.flush() is None


def test_an_interface_that_does_not_exist_is_told(dial, listener):
    line = dial(listener.getsockname()[1], interface="nosuchdev0")

    (event,) = line.connect()

    assert event.mishap.trouble is Trouble.UNREACHABLE
    assert "127.0.0.1:" in event.mishap.detail


def test_a_line_that_was_woken_too_early_goes_on_connecting(dial):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            line = dial(port)

            assert list(line.connect()) == []
            assert list(line.advance()) == []
            assert not line.is_connected


def test_a_reset_is_an_end(dial, listener):
    line = dial(listener.getsockname()[1])
    run(line, lambda _events: line.is_connected)
    far = listener.accept()[0]
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    far.close()

    assert select.select([line.fd], [], [], 10)[0]
    (event,) = line.advance()
    assert isinstance(event, Ended)
    assert event.mishap.trouble is Trouble.REFUSED


def test_what_a_slow_peer_does_not_take_is_kept_and_sent_later(dial, listener):
    line = dial(listener.getsockname()[1])
    run(line, lambda _events: line.is_connected)
    far = listener.accept()[0]
    line.channel._outgoing += os.urandom(8 * 1024 * 1024)

    assert line.flush() is None
    assert not line.is_idle
    with far:
        while not line.is_idle:
            far.recv(1 << 20)
            if select.select([line.fd], [], [], 0)[0]:
                assert list(line.advance()) == []


def test_writing_to_a_peer_that_is_gone_is_an_end(dial, listener):
    line = dial(listener.getsockname()[1])
    run(line, lambda _events: line.is_connected)
    line._socket.shutdown(socket.SHUT_WR)
    line.channel._outgoing += b"more"

    (event,) = line.advance()

    assert event.mishap.trouble is Trouble.REFUSED

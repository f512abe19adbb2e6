"""Tests for actors/drivers/modbus/line.py: connections and serial lines that never make anybody wait."""

from __future__ import annotations

import os
import socket
import termios
import threading
import time
import tty

import pytest

from actors.drivers.modbus import line
from actors.drivers.modbus.line import LineError, SerialLine, TcpLine

pytestmark = pytest.mark.timeout(20)


def opened(wire):
    end_s = time.monotonic() + 10
    while not wire.ready():
        assert time.monotonic() < end_s
        time.sleep(0.005)
    return wire


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture
def terminal():
    ours, theirs = os.openpty()
    tty.setraw(ours)
    yield ours, os.ttyname(theirs)
    for fd in (ours, theirs):
        os.close(fd)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_connection_carries_bytes_both_ways(server, host):
    wire = opened(TcpLine(host, server.getsockname()[1]))
    peer, _address = server.accept()

    wire.send(b"question")
    assert peer.recv(100) == b"question"
    assert wire.receive() == b""
    peer.sendall(b"answer")
    peer.close()
    time.sleep(0.01)
    assert wire.receive() == b"answer"
    with pytest.raises(LineError, match="closed the connection"):
        wire.receive()
    wire.close()


def test_a_refused_connection_says_so(server):
    port = server.getsockname()[1]
    server.close()

    wire = TcpLine("127.0.0.1", port)
    with pytest.raises(LineError, match="refused"):
        opened(wire)
    wire.close()


def test_a_name_nobody_knows_says_so(monkeypatch):
    resolve = socket.getaddrinfo

    def unknown(host, *rest, flags=0, **more):
        if flags:
            return resolve(host, *rest, flags=flags, **more)
        raise socket.gaierror("not known")

    monkeypatch.setattr(line.socket, "getaddrinfo", unknown)
    wire = TcpLine("meter.invalid", 502)

    with pytest.raises(LineError, match=r"meter\.invalid: not known"):
        opened(wire)
    assert wire.fileno() == -1
    wire.close()


def test_a_slow_name_service_holds_nobody_up(monkeypatch):
    resolve, answers = socket.getaddrinfo, threading.Event()

    def slow(host, *rest, flags=0, **more):
        if not flags:
            answers.wait()
        return resolve(host, *rest, flags=flags, **more)

    monkeypatch.setattr(line.socket, "getaddrinfo", slow)
    wire = TcpLine("localhost", 9)

    assert not wire.ready()
    answers.set()
    with pytest.raises(LineError):
        opened(wire)
    wire.close()


def test_a_reset_connection_is_lost_both_ways(server):
    wire = opened(TcpLine("127.0.0.1", server.getsockname()[1]))
    peer, _address = server.accept()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    time.sleep(0.01)

    with pytest.raises(LineError):
        wire.receive()
    with pytest.raises(LineError):
        wire.send(b"more")
    wire.close()


def test_a_connection_that_takes_no_more_is_lost(server):
    wire = opened(TcpLine("127.0.0.1", server.getsockname()[1]))

    with pytest.raises(LineError, match=r"takes no more|temporarily"):
        wire.send(b"x" * 50_000_000)
    wire.close()


def test_a_serial_line_carries_bytes_both_ways(terminal):
    ours, path = terminal
    wire = SerialLine(path, 9600, "even")

    assert wire.ready()
    wire.send(b"\0\x11\x13\r\n")
    assert os.read(ours, 100) == b"\0\x11\x13\r\n"
    assert wire.receive() == b""
    os.write(ours, b"\xff\0\r")
    assert wire.receive() == b"\xff\0\r"
    speed = termios.tcgetattr(wire.fileno())[4]
    wire.close()
    assert speed == termios.B9600


def test_what_came_before_a_question_is_thrown_away(terminal):
    ours, path = terminal
    wire = SerialLine(path, 9600)
    os.write(ours, b"stale")
    wire.send(b"question")

    assert wire.receive() == b""
    wire.close()


def test_a_serial_line_serves_one_at_a_time(terminal):
    _ours, path = terminal
    wire = SerialLine(path, 9600)

    with pytest.raises(LineError, match="another meter uses it"):
        SerialLine(path, 9600)
    wire.close()
    SerialLine(path, 9600).close()


def test_a_serial_line_that_goes_away_is_lost():
    ours, theirs = os.openpty()
    wire = SerialLine(os.ttyname(theirs), 9600)
    os.close(ours)

    with pytest.raises(LineError):
        wire.receive()
    with pytest.raises(LineError):
        wire.send(b"question")
    wire.close()
    wire.close()
    os.close(theirs)


@pytest.mark.parametrize(
    ("path", "baud_rate", "text"),
    [
        ("/dev/no-such-line", 9600, "No such file"),
        ("/dev/null", 9600, "no serial line"),
        ("/dev/null", 12345, "12345 Bd"),
    ],
)
def test_what_is_no_serial_line_is_refused(path, baud_rate, text):
    with pytest.raises(LineError, match=text):
        SerialLine(path, baud_rate)

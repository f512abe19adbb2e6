from datetime import UTC, datetime

from actors.simulation.ev.capture import Capture
from protocols.iso15118.capture.dialogue import Dialogue
from protocols.iso15118.capture.keylog import KeyLog
from protocols.iso15118.capture.packets import read
from protocols.iso15118.capture.tcp import Side
from protocols.iso15118.v2gtp import encode
from tests.support.links import AGREED, HELLO

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
STATION = ("fe80::2", 61851, 0, 3)


def talk(capture, port):
    watch = capture.of_connection(lambda: NOON)
    watch.opened(("fe80::1%eth0", port, 0, 3), STATION)
    watch.passed(Side.CLIENT, encode(0x8001, HELLO))
    watch.passed(Side.SERVER, encode(0x8001, AGREED))
    watch.passed(Side.SERVER, b"")
    watch.ended()
    watch.ended()
    watch.passed(Side.CLIENT, b"too late")


def said(data):
    dialogue = Dialogue(KeyLog())
    return [
        (str(entry.source), entry.payload, entry.error)
        for packet in read(data)
        for entry in dialogue.feed(packet)
    ]


def test_connections_behind_each_other_are_in_one_capture():
    capture = Capture()
    data = b""
    for port in (50000, 50001):
        talk(capture, port)
        data += capture.take()

    assert said(data) == [
        ("[fe80::1]:50000", HELLO, None),
        ("[fe80::2]:61851", AGREED, None),
        ("[fe80::1]:50001", HELLO, None),
        ("[fe80::2]:61851", AGREED, None),
    ]
    assert capture.take() == b""


def test_a_connection_that_is_never_made_leaves_nothing():
    capture = Capture()
    watch = capture.of_connection(lambda: NOON)
    watch.ended()

    assert len(capture.take()) == 24


def test_what_nobody_can_write_is_not_kept():
    capture = Capture()
    capture.take()
    capture.give_up()
    talk(capture, 50000)

    assert capture.take() == b""

import contextlib
import datetime as dt
import pickle
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.iso15118.capture.packets import CaptureError, Packet, TlsSecrets, is_capture, read
from tests.support import captures
from tests.support.examples import few

START = dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)
LATER = START + dt.timedelta(milliseconds=1)
EXPECTED = [Packet(START, 1, b"one"), Packet(LATER, 1, b"three")]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_a_pcap_of_either_order_and_resolution_is_read(order, nanoseconds):
    data = captures.pcap([b"one", b"three"], order=order, nanoseconds=nanoseconds)
    assert is_capture(data)
    assert list(read(data)) == EXPECTED


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pcapng_is_read_with_the_key_log_inside(order):
    data = captures.pcapng([b"one", b"three"], order=order, keylog="CLIENT_RANDOM x y\n")
    assert is_capture(data)
    assert list(read(data)) == [TlsSecrets("CLIENT_RANDOM x y\n"), *EXPECTED]


def test_two_sections_of_different_order_are_both_read():
    data = captures.pcapng([b"one"], order="<") + captures.pcapng([b"one"], order=">")
    assert list(read(data)) == [EXPECTED[0]] * 2


def section():
    return captures.block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(*options):
    body = struct.pack("<HHI", 113, 0, 0)
    for code, value in options:
        body += struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
    return captures.block(1, body)


def enhanced(ticks, payload=b"x", number=0):
    header = struct.pack("<IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(payload), len(payload))
    return captures.block(6, header + payload)


@pytest.mark.parametrize(
    ("options", "ticks", "seconds"),
    [
        ([(9, b"\x09")], 2 * 10**9, 2),
        ([(9, b"\x8a")], 2048, 2),
        ([(9, b"\x00"), (14, struct.pack("<q", 100))], 2, 102),
        ([(2, b"eth0"), (0, b""), (9, b"\x00")], 2 * 10**6, 2),
    ],
)
def test_time_resolution_and_offset_of_an_interface_count(options, ticks, seconds):
    (packet,) = read(section() + interface(*options) + enhanced(ticks))
    assert packet.time.timestamp() == seconds
    assert packet.link_type == 113


def test_simple_and_old_packet_blocks_are_read_too():
    old = captures.block(2, struct.pack("<HHIIII", 0, 0, 0, 5, 3, 3) + b"old")
    simple = captures.block(3, struct.pack("<I", 3) + b"new")
    unknown = captures.block(99, b"whatever") + captures.block(10, struct.pack("<II", 1, 0))
    found = list(read(section() + interface() + unknown + old + simple))
    assert [packet.data for packet in found] == [b"old", b"new"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "neither"),
        (b"\x7fELF", "neither"),
        (captures.pcap([])[:20], "file header"),
        (captures.pcap([b"one"])[:30], "packet header"),
        (captures.pcap([b"one"])[:-1], "cut off after 2"),
        (captures.pcap([b"one"], start=1)[:-11] + b"\xff\xff\xff\x7f" * 2 + b"one", "more than"),
        (section()[:10], "block header"),
        (b"\x0a\x0d\x0d\x0a" + bytes(20), "byte order"),
        (section() + b"\x06\0\0\0\x0b\0\0\0" + bytes(4), "a block of 11"),
        (section() + interface()[:-4], "of which"),
        (section() + enhanced(1), "not described"),
        (section() + captures.block(6, b"short"), "too short"),
        (section() + interface((9, b"\x7f")), "resolution"),
        (section() + interface((9, b"\x13")), "resolution"),
        (section() + interface((9, b"\x00")) + enhanced(2**63), "9999"),
        (section() + interface((14, b"x")), "too short"),
    ],
)
def test_a_damaged_capture_says_where_and_what(data, problem):
    with pytest.raises(CaptureError, match=problem) as caught:
        list(read(data))
    assert 0 <= caught.value.offset <= len(data)


def test_the_packets_before_the_damage_are_given():
    packets = read(captures.pcap([b"one", b"three"])[:-1])
    assert next(packets).data == b"one"
    with pytest.raises(CaptureError):
        next(packets)


@pytest.mark.untraced
@few(50)
@given(
    st.sampled_from([captures.pcap([b"one", b"three"]), captures.pcapng([b"one", b"three"], keylog="x")]),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=4),
    st.integers(0, 300),
)
def test_a_mutated_capture_raises_only_the_documented_error(data, changes, length):
    mutated = bytearray(data[: max(length, 24)])
    for place, value in changes:
        mutated[place % len(mutated)] = value
    with contextlib.suppress(CaptureError):
        assert len(list(read(bytes(mutated)))) < 10


def test_an_error_can_cross_a_process_border():
    assert pickle.loads(pickle.dumps(CaptureError(7, "x"))).offset == 7

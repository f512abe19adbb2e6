import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.iso15118.capture.network import Datagram, Endpoint, Segment, parse
from protocols.iso15118.capture.packets import EPOCH, Packet
from tests.support import captures
from tests.support.examples import few

EV = Endpoint("fe80::1", 50000)
SECC = Endpoint("fe80::2", 61851)
UDP_FRAME = captures.udp(captures.EV, captures.SECC, b"hello")
UDP_PACKET = UDP_FRAME[14:]
UDP_BODY = UDP_PACKET[40:]
HELLO = Datagram(EV, SECC, b"hello")


def parsed(data, link_type=1):
    return parse(Packet(EPOCH, link_type, data))


def ipv4(kind, payload, *, fragment=0, options=b"", total=None):
    size = 20 + len(options)
    header = struct.pack(
        ">BBHHHBBH",
        0x40 | size // 4,
        0,
        size + len(payload) if total is None else total,
        0,
        fragment,
        64,
        kind,
        0,
    )
    return header + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + options + payload


@pytest.mark.parametrize(
    ("link_type", "prefix"),
    [
        (1, bytes(12) + b"\x86\xdd"),
        (1, bytes(12) + b"\x81\x00\x00\x05\x86\xdd"),
        (1, bytes(12) + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x86\xdd"),
        (113, bytes(14) + b"\x86\xdd"),
        (276, b"\x86\xdd" + bytes(18)),
        (101, b""),
        (12, b""),
        (229, b""),
        (0, b"\x1e\0\0\0"),
        (108, b"\0\0\0\x1e"),
    ],
)
def test_every_link_layer_gives_the_same_datagram(link_type, prefix):
    assert parsed(prefix + UDP_PACKET, link_type) == HELLO


def test_a_tcp_segment_is_taken_apart():
    segment = parsed(captures.tcp(captures.EV, captures.SECC, 7, b"data", flags=0x19))
    assert segment == Segment(EV, SECC, 7, False, True, True, b"data")  # noqa: FBT003  # the three flags


@pytest.mark.parametrize(
    ("options", "total"), [(b"", None), (b"\x01" * 8, None), (b"", 0)], ids=["plain", "options", "offloaded"]
)
def test_ipv4_is_read_too(options, total):
    found = parsed(ipv4(17, UDP_BODY, options=options, total=total), 228)
    assert found == Datagram(Endpoint("10.0.0.1", 50000), Endpoint("10.0.0.2", 61851), b"hello")


@pytest.mark.parametrize(
    "extensions",
    [
        [(0, b"\0" + bytes(6))],
        [(60, b"\x01" + bytes(14)), (43, b"\0" + bytes(6))],
        [(44, b"\0\0\0\0\0\0\x07")],
    ],
)
def test_ipv6_extension_headers_are_passed(extensions):
    kinds = [kind for kind, _ in extensions]
    chained = b"".join(
        bytes([after]) + body for (_, body), after in zip(extensions, [*kinds[1:], 17], strict=True)
    )
    assert parsed(captures.ipv6(captures.EV, captures.SECC, kinds[0], chained + UDP_BODY), 101) == HELLO


def test_trailing_ethernet_padding_does_not_become_payload():
    assert parsed(UDP_FRAME + bytes(20)) == HELLO
    assert parsed(captures.tcp(captures.EV, captures.SECC, 1) + bytes(6)).payload == b""


@pytest.mark.parametrize(
    ("data", "link_type"),
    [
        (UDP_FRAME, 147),
        (b"", 1),
        (b"", 101),
        (UDP_FRAME[:40], 1),
        (UDP_FRAME[:20], 1),
        (bytes(12) + b"\x08\x06" + bytes(28), 1),
        (bytes(12) + b"\x81\x00\x00\x01" * 20, 1),
        (captures.ethernet(captures.ipv6(captures.EV, captures.SECC, 58, b"ping")), 1),
        (captures.ipv6(captures.EV, captures.SECC, 44, b"\x11\0\0\x01" + bytes(4) + UDP_BODY), 101),
        (captures.ipv6(captures.EV, captures.SECC, 44, b"\x11\0\x05\x08" + bytes(4) + UDP_BODY), 101),
        (ipv4(17, UDP_BODY, fragment=0x2000), 228),
        (ipv4(17, UDP_BODY, fragment=0x0001), 228),
        (captures.ipv6(captures.EV, captures.SECC, 6, b"short"), 101),
    ],
)
def test_what_cannot_be_used_is_passed_over(data, link_type):
    assert parsed(data, link_type) is None


@pytest.mark.untraced
@few(50)
@given(
    st.sampled_from([UDP_FRAME, captures.tcp(captures.EV, captures.SECC, 1, b"x")]),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=4),
    st.integers(0, 90),
)
def test_mutated_packets_never_raise(data, changes, length):
    mutated = bytearray(data)
    for place, value in changes:
        mutated[place % len(mutated)] = value
    found = parsed(bytes(mutated[:length]))
    assert found is None or len(found.payload) <= length


def test_an_endpoint_is_written_with_brackets_for_ipv6():
    assert (str(EV), str(Endpoint("10.0.0.1", 1))) == ("[fe80::1]:50000", "10.0.0.1:1")

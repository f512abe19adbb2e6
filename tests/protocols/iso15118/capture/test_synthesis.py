"""Every packet is checked with sums of its own, not with those of the writer."""

import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118.capture import packets
from protocols.iso15118.capture.network import Endpoint, parse
from protocols.iso15118.capture.synthesis import FILE_HEADER, SEGMENT_BYTES, Stream
from protocols.iso15118.capture.tcp import Connections, Side

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
CAR, STATION = Side.CLIENT, Side.SERVER
V6 = Endpoint("fe80::1", 50000), Endpoint("fe80::2", 61851)
V4 = Endpoint("127.0.0.1", 50000), Endpoint("127.0.0.1", 61851)
FAMILIES = pytest.mark.parametrize("ends", [V6, V4], ids=["IPv6", "IPv4"])


def ones_sum(data):
    """The ones' complement sum of 16-bit words, as RFC 1071 words it."""
    total = 0
    for (word,) in struct.iter_unpack(">H", data + b"\0" * (len(data) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total


def take_apart(data):
    """The packets of a file, those with a wrong checksum or length refused."""
    found = list(packets.read(data))
    for packet in found:
        raw = packet.data
        if raw[0] >> 4 == 6:
            length, kind = struct.unpack_from(">HB", raw, 4)
            rest, addresses = raw[40:], raw[8:40]
        else:
            assert ones_sum(raw[:20]) == 0xFFFF
            length, kind = struct.unpack_from(">H", raw, 2)[0] - 20, raw[9]
            rest, addresses = raw[20:], raw[12:20]
        assert (len(rest), kind) == (length, 6)
        assert ones_sum(addresses + struct.pack(">IHBB", length, 0, 0, kind) + rest) == 0xFFFF
    return found


def streams(data):
    """What both ends have said, as a reader of the capture puts it together."""
    connections, found = Connections(), {CAR: b"", STATION: b""}
    for packet in take_apart(data):
        segment = parse(packet)
        connection = connections.of(segment)
        found[connection.side_of(segment)] += connection.feed(segment)
    return found, connection


@FAMILIES
@given(said=st.lists(st.tuples(st.sampled_from([CAR, STATION]), st.binary(min_size=1, max_size=4000))))
@settings(derandomize=True, max_examples=25)
def test_what_was_said_is_read_back_from_the_packets(ends, said):
    stream = Stream(*ends)
    data = FILE_HEADER + stream.opened(NOON)
    for side, content in said:
        data += stream.said(side, content, NOON)

    found, connection = streams(data + stream.ended(STATION, NOON))

    assert found == {side: b"".join(each for by, each in said if by is side) for side in Side}
    assert all(connection.direction(side).ended for side in Side)
    assert (connection.client, connection.server) == ends


def test_acknowledgements_follow_what_was_said():
    stream = Stream(*V6)
    data = FILE_HEADER + stream.opened(NOON) + stream.said(CAR, b"x" * 10, NOON)
    data += stream.said(STATION, b"y" * 20, NOON) + stream.broken(CAR, NOON)

    numbers = [struct.unpack_from(">II", packet.data, 44) for packet in take_apart(data)]

    (car, _), (station, _) = numbers[:2]
    assert numbers[1:] == [
        (station, car + 1),
        (car + 1, station + 1),
        (car + 1, station + 1),
        (station + 1, car + 11),
        (car + 11, station + 21),
    ]


def test_what_does_not_fit_a_frame_is_cut_and_pushed_at_its_end():
    data = FILE_HEADER + Stream(*V6).said(CAR, bytes(SEGMENT_BYTES + 1), NOON)

    found = take_apart(data)

    assert [len(packet.data) for packet in found] == [1500, 61]
    assert [bool(packet.data[53] & 0x08) for packet in found] == [False, True]


def test_a_connection_that_breaks_is_reset():
    (packet,) = take_apart(FILE_HEADER + Stream(*V4).broken(CAR, NOON))

    assert packet.data[33] == 0x14


@pytest.mark.parametrize("moment", [NOON, NOON + timedelta(microseconds=1), packets.EPOCH])
def test_time_stamps_are_kept_to_the_microsecond(moment):
    (packet,) = take_apart(FILE_HEADER + Stream(*V6).broken(CAR, moment))

    assert packet.time == moment


def test_sequence_numbers_wrap_as_those_of_tcp_do():
    stream = Stream(*V6)
    stream._next = {CAR: 2**32 - 5, STATION: 7}
    data = FILE_HEADER + stream.said(CAR, bytes(10), NOON) + stream.said(CAR, b"more", NOON)

    first, second = take_apart(data)

    assert struct.unpack_from(">I", first.data, 44) == (2**32 - 5,)
    assert struct.unpack_from(">I", second.data, 44) == (5,)

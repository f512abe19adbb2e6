import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118.capture import tcp
from protocols.iso15118.capture.network import Endpoint, Segment, parse
from protocols.iso15118.capture.packets import EPOCH, Packet
from protocols.iso15118.capture.tcp import Connections, Direction, Side
from tests.support import captures

EV, SECC = Endpoint("fe80::1", 50000), Endpoint("fe80::2", 61851)
PLAIN = Segment(EV, SECC, 0, syn=False, ack=True, fin=False, payload=b"")


def segment(sequence, payload=b"", **changes):
    return dataclasses.replace(PLAIN, sequence=sequence % 2**32, payload=payload, **changes)


def test_segments_in_order_come_out_at_once():
    direction = Direction()
    assert direction.feed(segment(99, syn=True)) == b""
    assert [direction.feed(segment(100, b"ab")), direction.feed(segment(102, b"cd"))] == [b"ab", b"cd"]


def test_an_early_segment_waits_for_the_hole_before_it():
    direction = Direction()
    direction.feed(segment(99, syn=True))
    assert direction.feed(segment(102, b"cd")) == b""
    assert direction.waiting_bytes == 2
    assert direction.feed(segment(100, b"ab")) == b"abcd"
    assert direction.waiting_bytes == 0


def test_retransmissions_and_overlaps_are_dropped():
    direction = Direction()
    direction.feed(segment(100, b"abcd"))
    assert direction.feed(segment(100, b"abcd")) == b""
    assert direction.feed(segment(102, b"cdef")) == b"ef"
    assert direction.feed(segment(99, b"")) == b""


@pytest.mark.untraced
@settings(derandomize=True)
@given(
    st.binary(min_size=1, max_size=300),
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(0, 299), st.integers(1, 40)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_any_order_with_repeats_gives_the_stream(data, start, extra, shuffler):
    # given the stream cut in ones, with overlapping pieces besides, shuffled behind the opening segment
    pieces = [(at, data[at : at + 10]) for at in range(0, len(data), 10)]
    pieces += [(at % len(data), data[at % len(data) : at % len(data) + size]) for at, size in extra]
    shuffler.shuffle(pieces)
    direction = Direction()
    direction.feed(segment(start - 1, syn=True))
    assert b"".join(direction.feed(segment(start + at, piece)) for at, piece in pieces) == data


def test_too_much_behind_a_hole_loses_the_stream(monkeypatch):
    monkeypatch.setattr(tcp, "MAX_WAITING_BYTES", 100)
    direction = Direction()
    direction.feed(segment(0, b"x"))
    for at in range(30):
        direction.feed(segment(10 + 10 * at, b"y" * 10))
    assert direction.lost
    assert direction.waiting_bytes == 0
    assert direction.feed(segment(1, b"too late")) == b""


def test_a_stream_ends_when_all_before_the_fin_was_seen():
    direction = Direction()
    direction.feed(segment(0, b"x"))
    direction.feed(segment(2, b"z", fin=True))
    assert not direction.ended
    direction.feed(segment(1, b"y"))
    assert direction.ended


def test_who_sent_the_syn_is_the_client():
    answer = segment(5, syn=True)
    answer = dataclasses.replace(answer, source=SECC, destination=EV)
    for first in (segment(5, syn=True, ack=False), answer, segment(5, b"x")):
        connection = Connections().of(first)
        assert (connection.client, connection.server) == (EV, SECC)
        assert connection.side_of(first) is (Side.SERVER if first is answer else Side.CLIENT)


def test_a_new_syn_on_old_ports_is_a_new_connection():
    connections = Connections()
    opening = segment(5, syn=True, ack=False)
    first = connections.of(opening)
    assert connections.of(opening) is first
    assert connections.of(segment(6, b"x")) is first
    assert connections.of(segment(99, syn=True, ack=False)) is not first


def test_a_connection_turned_around_is_a_new_one():
    connections = Connections()
    first = connections.of(segment(5, syn=True, ack=False))
    turned = dataclasses.replace(segment(5, syn=True, ack=False), source=SECC, destination=EV)
    assert connections.of(turned) is not first


@pytest.mark.parametrize("seed", range(5))
def test_a_shuffled_conversation_is_put_together_again(seed):
    flights = [(Side.CLIENT, bytes(range(256)) * 20), (Side.SERVER, b"answer" * 999), (Side.CLIENT, b"bye")]
    connections = Connections()
    heard = {Side.CLIENT: b"", Side.SERVER: b""}
    for data in captures.conversation(flights, mss=100, seed=seed):
        found = parse(Packet(EPOCH, 1, data))
        connection = connections.of(found)
        heard[connection.side_of(found)] += connection.feed(found)
    assert heard == {Side.CLIENT: flights[0][1] + b"bye", Side.SERVER: flights[1][1]}
    assert all(connection.direction(side).ended for side in Side)

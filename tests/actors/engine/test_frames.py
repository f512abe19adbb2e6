"""Authenticated frames: what passes, and that nothing forged, replayed, cut or oversized does."""

import hmac
import struct
import tracemalloc
from itertools import accumulate, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.engine import frames
from actors.engine.frames import (
    GREETING_SIZE,
    MAC_SIZE,
    MAX_OPEN,
    MAX_PAYLOAD,
    Acceptor,
    Acknowledged,
    FrameError,
    Greeted,
    Initiator,
    Kind,
    Opened,
    Received,
    Refusal,
)

KEY = bytes(range(32))
HEADER_SIZE = 13
ADDRESS = "127.0.0.1:40001:00000000000000aa"


def ends(key=KEY, other_key=KEY, acceptor_nonce=b"a" * 16, initiator_nonce=b"i" * 16):
    """An acceptor and an initiator that have not exchanged anything."""
    return Acceptor(key, 7, acceptor_nonce), Initiator(other_key, 9, ADDRESS, initiator_nonce)


def connected(**kwargs):
    """Two ends after the handshake."""
    acceptor, initiator = ends(**kwargs)
    initiator.feed(acceptor.greeting)
    acceptor.feed(initiator.open())
    return acceptor, initiator


def refusal(end, data):
    with pytest.raises(FrameError) as caught:
        end.feed(data)
    return caught.value.refusal


def flipped(data, bit):
    """The data with one bit turned over."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# The handshake


def test_the_greeting_tells_the_initiator_whom_it_reached():
    acceptor, initiator = ends()

    assert not initiator.greeted
    assert initiator.feed(acceptor.greeting) == [Greeted(7)]
    assert initiator.greeted


def test_an_open_proves_the_key_and_tells_who_connects():
    acceptor, initiator = ends()
    initiator.feed(acceptor.greeting)

    assert not acceptor.opened
    assert acceptor.feed(initiator.open()) == [Opened(9, ADDRESS)]
    assert acceptor.opened


def test_messages_arrive_with_their_kind_sequence_and_payload():
    acceptor, initiator = connected()

    events = acceptor.feed(initiator.seal(Kind.MESSAGE, 5, b"one") + initiator.seal(Kind.CONTROL, 6, b""))

    assert events == [Received(Kind.MESSAGE, 5, b"one"), Received(Kind.CONTROL, 6, b"")]


def test_an_acknowledgement_reaches_the_initiator():
    acceptor, initiator = connected()

    assert initiator.feed(acceptor.acknowledge(2**64 - 1)) == [Acknowledged(2**64 - 1)]


def test_the_greeting_alone_reveals_nothing_derived_from_the_key():
    greeting = Acceptor(KEY, 7, b"n" * 16).greeting

    assert greeting == Acceptor(b"another key", 7, b"n" * 16).greeting
    assert len(greeting) == GREETING_SIZE


def test_an_address_that_is_not_utf8_is_still_only_text():
    acceptor, initiator = ends()
    initiator.feed(acceptor.greeting)
    initiator._address = b"\xff\xfe"

    assert acceptor.feed(initiator.open()) == [Opened(9, "\N{REPLACEMENT CHARACTER}" * 2)]


# Wrong keys, wrong peers


def test_an_open_under_another_key_is_forged():
    acceptor, initiator = ends(other_key=b"x" * 32)
    initiator.feed(acceptor.greeting)

    assert refusal(acceptor, initiator.open()) is Refusal.FORGED
    assert not acceptor.opened


def test_an_acceptor_with_another_key_cannot_acknowledge():
    acceptor, initiator = ends(other_key=b"x" * 32)
    initiator.feed(acceptor.greeting)
    acceptor._outbound = frames._key(acceptor._site_key, b"back", acceptor.greeting, initiator._opening)

    assert refusal(initiator, acceptor.acknowledge(0)) is Refusal.FORGED


def test_whoever_did_not_speak_evsite_is_no_acceptor():
    _acceptor, initiator = ends()

    assert refusal(initiator, b"HTTP/1.1 400 Bad Request\r\n\r\n") is Refusal.MALFORMED
    assert not initiator.greeted


def test_an_open_for_another_instance_is_forged():
    # given an acceptor that took over the port of another one
    former, initiator = ends()
    initiator.feed(former.greeting)
    latter = Acceptor(KEY, 8, b"a" * 16)

    # then what was meant for the former is worthless
    assert refusal(latter, initiator.open()) is Refusal.FORGED


def test_a_man_in_the_middle_cannot_change_the_instance():
    acceptor, initiator = ends()
    magic, _instance, nonce = struct.unpack(">4sQ16s", acceptor.greeting)

    assert initiator.feed(struct.pack(">4sQ16s", magic, 1234, nonce)) == [Greeted(1234)]
    assert refusal(acceptor, initiator.open()) is Refusal.FORGED


# Tampering: every bit of every kind of frame


def test_no_bit_of_the_greeting_can_be_changed():
    for bit in range(8 * GREETING_SIZE):
        acceptor, initiator = ends()
        greeting = flipped(acceptor.greeting, bit)

        if bit < 8 * len(frames.MAGIC):
            assert refusal(initiator, greeting) is Refusal.MALFORMED, bit
        else:
            initiator.feed(greeting)
            assert refusal(acceptor, initiator.open()) is Refusal.FORGED, bit


def test_no_bit_of_an_open_can_be_changed():
    for bit in range(8 * (HEADER_SIZE + 24 + len(ADDRESS) + MAC_SIZE)):
        acceptor, initiator = ends()
        initiator.feed(acceptor.greeting)
        # what follows completes a frame whose length was changed to a larger one
        data = flipped(initiator.open(), bit) + bytes(MAX_OPEN)

        assert refusal(acceptor, data) in set(Refusal) - {Refusal.REPLAYED}, bit
        assert not acceptor.opened, bit


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.CONTROL])
def test_no_bit_of_a_message_can_be_changed(kind):
    for bit in range(8 * (HEADER_SIZE + 5 + MAC_SIZE)):
        acceptor, initiator = connected()
        data = flipped(initiator.seal(kind, 77, b"hello"), bit)
        length = int.from_bytes(data[1:5], "big")

        data += bytes(length if length <= MAX_PAYLOAD else 0)
        assert refusal(acceptor, data) in set(Refusal) - {Refusal.REPLAYED}, bit


def test_no_bit_of_an_acknowledgement_can_be_changed():
    for bit in range(8 * (HEADER_SIZE + MAC_SIZE)):
        acceptor, initiator = connected()

        assert refusal(initiator, flipped(acceptor.acknowledge(77), bit)) in Refusal, bit


def test_an_acknowledgement_made_up_without_the_key_is_forged():
    _acceptor, initiator = connected()
    header = struct.pack(">BIQ", Kind.ACK, 0, 3)

    assert refusal(initiator, header + bytes(MAC_SIZE)) is Refusal.FORGED
    assert refusal(initiator, header + hmac.digest(b"", header, "sha256")[:MAC_SIZE]) is Refusal.FORGED


def test_codes_are_compared_in_constant_time(monkeypatch):
    acceptor, initiator = ends()
    initiator.feed(acceptor.greeting)
    compared = []
    genuine = hmac.compare_digest

    def spy(one, other):
        compared.append((len(one), len(other)))
        return genuine(one, other)

    monkeypatch.setattr(frames.hmac, "compare_digest", spy)
    acceptor.feed(initiator.open() + initiator.seal(Kind.MESSAGE, 0, b"x"))
    initiator.feed(acceptor.acknowledge(0))

    assert compared == [(MAC_SIZE, MAC_SIZE)] * 3


# Replay and reordering


def test_a_message_cannot_be_replayed_on_its_connection():
    acceptor, initiator = connected()
    first, second = (initiator.seal(Kind.MESSAGE, number, b"pay") for number in (3, 4))
    acceptor.feed(first + second)

    assert refusal(acceptor, second) is Refusal.REPLAYED


def test_messages_cannot_be_reordered():
    acceptor, initiator = connected()
    first, second = (initiator.seal(Kind.MESSAGE, number, b"pay") for number in (3, 4))
    acceptor.feed(second)

    assert refusal(acceptor, first) is Refusal.REPLAYED


def test_a_whole_recorded_connection_is_worthless_on_the_next():
    # given everything an initiator ever said
    acceptor, initiator = ends()
    initiator.feed(acceptor.greeting)
    recorded = initiator.open() + initiator.seal(Kind.MESSAGE, 0, b"start charging")
    acceptor.feed(recorded)

    # when it is sent again to the same process, which draws a fresh nonce
    again = Acceptor(KEY, 7, b"b" * 16)

    assert refusal(again, recorded) is Refusal.FORGED


def test_a_message_of_one_connection_is_forged_on_another():
    _acceptor, initiator = connected()
    other, _initiator = connected(initiator_nonce=b"j" * 16)

    assert refusal(other, initiator.seal(Kind.MESSAGE, 0, b"x")) is Refusal.FORGED


def test_an_acknowledgement_of_one_connection_is_forged_on_another():
    acceptor, _initiator = connected()
    _acceptor, other = connected(acceptor_nonce=b"b" * 16)

    assert refusal(other, acceptor.acknowledge(0)) is Refusal.FORGED


def test_a_message_cannot_be_reflected_to_its_sender():
    _acceptor, initiator = connected()

    assert refusal(initiator, initiator.seal(Kind.ACK, 0, b"")) is Refusal.FORGED


def test_an_acknowledgement_sent_twice_says_the_same_twice():
    acceptor, initiator = connected()
    acknowledgement = acceptor.acknowledge(4)

    assert initiator.feed(acknowledgement * 2) == [Acknowledged(4)] * 2


# What is not expected


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.CONTROL, Kind.ACK])
def test_nothing_but_an_open_comes_first(kind):
    acceptor, initiator = ends()
    initiator.feed(acceptor.greeting)

    assert refusal(acceptor, initiator.seal(kind, 0, b"")) is Refusal.MALFORMED


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.ACK])
def test_an_opened_connection_takes_only_messages(kind):
    acceptor, initiator = connected()

    assert refusal(acceptor, initiator.seal(kind, 0, b"")) is Refusal.MALFORMED


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.MESSAGE, Kind.CONTROL])
def test_an_acceptor_sends_nothing_but_acknowledgements(kind):
    acceptor, initiator = connected()
    frame = frames._seal(acceptor._outbound, kind, 0, b"")

    assert refusal(initiator, frame) is Refusal.MALFORMED


@pytest.mark.parametrize("kind", [5, 6, 127, 255])
def test_a_kind_that_does_not_exist_is_malformed(kind):
    for end in connected():
        assert refusal(end, struct.pack(">BIQ", kind, 0, 0)) is Refusal.MALFORMED


@pytest.mark.parametrize("length", range(24))
def test_an_open_without_nonce_and_instance_is_malformed(length):
    acceptor, initiator = ends()
    initiator.feed(acceptor.greeting)
    frame = frames._seal(initiator._outbound, Kind.OPEN, 0, bytes(length))

    assert refusal(acceptor, frame) is Refusal.MALFORMED


# Lengths


def memory_of(action):
    """The most memory an action held at once, in bytes."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        action()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", [MAX_OPEN + 1, MAX_PAYLOAD, 2**32 - 1])
def test_an_open_that_announces_too_much_is_refused_at_its_header(length):
    acceptor, _initiator = ends()
    header = struct.pack(">BIQ", Kind.OPEN, length, 0)

    assert memory_of(lambda: refusal(acceptor, header)) < 64 * 1024


def test_a_genuine_open_may_not_be_longer_than_allowed():
    acceptor, initiator = ends()
    initiator.feed(acceptor.greeting)
    initiator._address = b"a" * (MAX_OPEN - 24)
    fits = initiator.open()
    initiator._address += b"a"

    assert refusal(acceptor, initiator.open()) is Refusal.OVERSIZED
    other = Acceptor(KEY, 7, b"a" * 16)
    assert other.feed(fits) == [Opened(9, "a" * (MAX_OPEN - 24))]


@pytest.mark.parametrize("length", [MAX_PAYLOAD + 1, 2**32 - 1])
def test_a_message_that_announces_too_much_is_refused_at_its_header(length):
    acceptor, _initiator = connected()

    assert refusal(acceptor, struct.pack(">BIQ", Kind.MESSAGE, length, 0)) is Refusal.OVERSIZED


def test_an_announced_length_alone_costs_no_memory():
    acceptor, _initiator = connected()
    header = struct.pack(">BIQ", Kind.MESSAGE, MAX_PAYLOAD, 0)

    assert memory_of(lambda: acceptor.feed(header)) < 64 * 1024


def test_an_acknowledgement_carries_nothing():
    _acceptor, initiator = connected()

    assert refusal(initiator, struct.pack(">BIQ", Kind.ACK, 1, 0)) is Refusal.OVERSIZED


def test_the_largest_message_passes_and_a_larger_is_not_sealed():
    acceptor, initiator = connected()
    largest = bytes(MAX_PAYLOAD)

    [event] = acceptor.feed(initiator.seal(Kind.MESSAGE, 0, largest))
    assert event.payload == largest
    with pytest.raises(FrameError) as caught:
        initiator.seal(Kind.MESSAGE, 1, largest + b"x")
    assert caught.value.refusal is Refusal.OVERSIZED


# Cut and glued


def test_half_a_frame_is_waited_for():
    acceptor, initiator = connected()
    frame = initiator.seal(Kind.MESSAGE, 0, b"hello")

    for cut in range(len(frame)):
        assert connected()[0].feed(frame[:cut]) == []
    assert acceptor.feed(frame) == [Received(Kind.MESSAGE, 0, b"hello")]


def chunks(data, cuts):
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]


payloads = st.lists(st.binary(max_size=300), max_size=6)
cuts = st.lists(st.integers(0, 5000), max_size=30)


@given(payloads, cuts)
@settings(derandomize=True, deadline=None)
def test_events_do_not_depend_on_how_bytes_are_cut(contents, cuts):
    acceptor, initiator = ends()
    initiator.feed(acceptor.greeting)
    stream = initiator.open() + b"".join(
        initiator.seal(Kind.MESSAGE, number, content) for number, content in enumerate(contents)
    )

    events = [event for chunk in chunks(stream, cuts) for event in acceptor.feed(chunk)]

    expected = [Received(Kind.MESSAGE, number, content) for number, content in enumerate(contents)]
    assert events == [Opened(9, ADDRESS), *expected]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=6), cuts)
@settings(derandomize=True, deadline=None)
def test_acknowledgements_do_not_depend_on_how_bytes_are_cut(numbers, cuts):
    acceptor, _initiator = connected()
    fresh = Initiator(KEY, 9, ADDRESS, b"i" * 16)
    stream = acceptor.greeting + b"".join(acceptor.acknowledge(number) for number in numbers)

    events = [event for chunk in chunks(stream, cuts) for event in fresh.feed(chunk)]

    assert events == [Greeted(7), *map(Acknowledged, numbers)]


def events_until_refused(end, data, cuts):
    """What comes out of arbitrary bytes; anything raised but FrameError fails the test."""
    events = []
    try:
        for chunk in chunks(data, cuts):
            events += end.feed(chunk)
    except FrameError as error:
        assert error.refusal in Refusal  # noqa: PT017  # that nothing else is raised is what is tested
    return events


@given(st.binary(max_size=400), cuts)
@example(b"\x00" * 400, [])
@settings(derandomize=True, deadline=None, max_examples=300)
def test_garbage_never_opens_a_connection(data, cuts):
    acceptor, _initiator = ends()

    assert events_until_refused(acceptor, data, cuts) == []
    assert not acceptor.opened


@given(st.binary(max_size=400), cuts)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_garbage_on_an_open_connection_yields_nothing(data, cuts):
    for end in connected():
        assert events_until_refused(end, data, cuts) == []


@given(
    kind=st.sampled_from(Kind),
    length=st.integers(0, 300),
    sequence=st.integers(0, 2**64 - 1),
    rest=st.binary(max_size=400),
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_well_formed_frames_without_the_key_yield_nothing(kind, length, sequence, rest):
    data = struct.pack(">BIQ", kind, length, sequence) + rest

    for end in (*connected(), *ends()):
        assert [each for each in events_until_refused(end, data, []) if not isinstance(each, Greeted)] == []


@given(payloads.filter(bool), st.data())
@settings(derandomize=True, deadline=None, max_examples=200)
def test_a_tampered_stream_yields_what_came_before_the_change(contents, data):
    acceptor, initiator = connected()
    sealed = [initiator.seal(Kind.MESSAGE, number, content) for number, content in enumerate(contents)]
    stream = b"".join(sealed)
    bit = data.draw(st.integers(0, 8 * len(stream) - 1))

    # byte by byte: what is fed together with a bad frame is dropped with it, and sent again by the peer
    events = events_until_refused(acceptor, flipped(stream, bit), range(len(stream)))

    ends_at = list(accumulate(map(len, sealed)))
    whole = sum(end <= bit // 8 for end in ends_at)
    assert events == [Received(Kind.MESSAGE, n, content) for n, content in enumerate(contents[:whole])]

import pytest

from actors.v2g.link.channel import MAX_UNSENT_BYTES, Channel, Ended, Opened
from certs import pki
from certs.tls import Edition, Identity, TlsBacklogError
from protocols.iso15118 import v2gtp
from tests.support.tls import NOW, car, station, world

FRAME = v2gtp.Frame(v2gtp.PayloadType.EXI, b"\x80hello")


def plain():
    channel = Channel(None)
    assert list(channel.start()) == [Opened(tls=None)]
    return channel


def secured(edition=Edition.ISO2):
    """A channel, its car, and what the handshake gave."""
    channel, client = Channel(station(key_log=True).accept(now=NOW)), car(edition).connect(now=NOW)
    assert list(channel.start()) == []
    return channel, client, exchange(channel, client)


def exchange(channel, client):
    events = []
    while data := client.data_to_send():
        events += channel.receive(data)
        if answer := channel.data_to_send():
            client.receive_data(answer)
    return events


def test_plain_frames_arrive_whole_however_they_are_cut():
    channel, data = plain(), FRAME.encode() * 3

    events = [event for byte in data for event in channel.receive(bytes([byte]))]

    assert events == [FRAME] * 3


def test_frames_glued_together_arrive_one_by_one():
    assert list(plain().receive(FRAME.encode() * 3)) == [FRAME] * 3


def test_a_plain_stream_that_ends_is_an_end():
    channel = plain()

    assert list(channel.receive(b"")) == [Ended(reason="closed_by_car")]
    assert list(channel.receive(FRAME.encode())) == []
    assert not channel.is_open


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", b"\x01\xfe\x80\x01\xff\xff\xff\xff"])
def test_what_is_no_v2gtp_ends_the_connection(data):
    (event,) = plain().receive(data)

    assert (event.reason, event.handshake) == ("framing_broken", False)


def test_a_frame_of_an_unknown_kind_is_passed_over():
    (event,) = plain().receive(b"\x01\xfe\xaa\xaa\x00\x00\x00\x02xx")

    assert event == v2gtp.SkippedFrame(0xAAAA, 2)


def test_a_plain_frame_leaves_in_one_piece():
    channel = plain()
    channel.send(0x8001, b"\x80hello")

    assert channel.data_to_send() == FRAME.encode()
    assert channel.data_to_send() == b""


def test_what_a_car_does_not_read_is_bounded():
    channel = plain()
    while channel.unsent_bytes < MAX_UNSENT_BYTES - 65600:
        channel.send(0x8001, bytes(65536))

    with pytest.raises(TlsBacklogError):
        channel.send(0x8001, bytes(65536 * 2))
    assert channel.unsent_bytes <= MAX_UNSENT_BYTES


@pytest.mark.parametrize(("edition", "version"), [(Edition.ISO2, "TLSv1.2"), (Edition.ISO20, "TLSv1.3")])
def test_a_handshake_opens_the_channel_once_and_says_what_was_agreed(edition, version):
    channel, _client, (opened,) = secured(edition)

    assert opened.tls.version == version
    assert opened.tls.cipher
    assert bool(opened.tls.client_chain) == (edition is Edition.ISO20)
    assert channel.key_log_lines()
    assert channel.is_open


def test_frames_over_tls_go_both_ways():
    channel, client, _opened = secured()
    client.write(FRAME.encode())

    assert exchange(channel, client) == [FRAME]
    channel.send(0x8001, b"\x80answer")
    client.receive_data(channel.data_to_send())
    assert client.read() == v2gtp.encode(0x8001, b"\x80answer")


def test_an_orderly_end_of_tls_is_an_end():
    channel, client, _opened = secured()
    client.close()

    assert exchange(channel, client) == [Ended(reason="closed_by_car")]


def test_a_stream_cut_under_tls_is_a_failure_after_the_handshake():
    channel, _client, _opened = secured()

    (event,) = channel.receive(b"")

    assert (event.reason, event.handshake) == ("tls_failed", False)


@pytest.mark.parametrize("data", [b"", b"\x16\x03\x01\xff\xff", b"\x01\xfe\x80\x01\x00\x00\x00\x04abcd"])
def test_what_is_no_handshake_fails_before_the_channel_opens(data):
    channel = Channel(station().accept(now=NOW))

    events = list(channel.receive(data)) or list(channel.receive(b""))

    assert [(event.reason, event.handshake) for event in events] == [("tls_failed", True)]


def test_a_closed_channel_takes_nothing_more():
    channel, client, _opened = secured()
    client.write(FRAME.encode())
    data = client.data_to_send()

    channel.close()

    assert channel.data_to_send()
    assert list(channel.receive(data)) == []
    assert not channel.is_open


def test_a_channel_tells_what_its_handshake_was_about():
    channel, _client, _events = secured(Edition.ISO20)

    assert channel.handshake_facts()["edition"] == "ISO 15118-20"
    assert plain().handshake_facts() == {}


def test_a_vehicle_that_is_refused_has_never_been_let_in():
    broken = pki.broken(world(), "VEHICLE_LEAF_20", "expired")
    shown = Identity(certificates=(broken.leaf, *broken.received), key=broken.key)
    channel, client = Channel(station().accept(now=NOW)), car(Edition.ISO20, identity=shown).connect(now=NOW)

    (event,) = exchange(channel, client)

    assert (event.reason, event.handshake) == ("tls_failed", True)
    assert not channel.is_open


def test_what_is_no_v2gtp_ends_a_secured_connection_once():
    channel, client, _events = secured()
    client.write(b"GET / HTTP/1.1\r\n")
    client.close()

    (event,) = exchange(channel, client)

    assert (event.reason, event.handshake) == ("framing_broken", False)


def test_a_plain_channel_that_is_closed_takes_nothing_more():
    channel = plain()
    channel.close()

    assert not channel.is_open
    assert list(channel.receive(FRAME.encode())) == []

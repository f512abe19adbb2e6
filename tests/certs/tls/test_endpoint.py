import gc
import weakref
from unittest import mock

import pytest
from OpenSSL import SSL

from certs.tls import Alert, Edition, Fault, State, TlsBacklogError, TlsStateError
from certs.tls.endpoint import MAX_HANDSHAKE_BYTES, MAX_UNREAD_BYTES, MAX_UNSENT_BYTES
from tests.support.tls import NOW, both_open, car, meet, pump, station, talk, vehicle
from tests.support.tls_hello import hello

BOTH = pytest.mark.parametrize("edition", list(Edition))


@BOTH
@pytest.mark.parametrize("chunk", [None, 1, 7])
def test_data_goes_both_ways_however_it_is_cut(edition, chunk):
    client, server = meet(context=car(edition), chunk=chunk)

    assert both_open(client, server)
    assert talk(client, server)


@BOTH
def test_both_ends_know_what_was_agreed(edition):
    client, server = meet(context=car(edition))

    assert client.edition is server.edition is edition
    assert (client.suite, client.group) == (server.suite, server.group)


def test_nothing_is_agreed_before_the_handshake():
    server = station().accept(now=NOW)

    assert (server.state, server.edition, server.suite, server.group) == (State.HELLO, None, None, None)


def test_an_endpoint_says_little_about_itself():
    assert repr(station().accept(now=NOW)) == "<ServerEndpoint HELLO>"


def test_bytes_to_send_are_given_once():
    client = car().connect(now=NOW)

    assert client.data_to_send()
    assert client.data_to_send() == b""


def test_reading_gives_at_most_what_is_asked_for():
    client, server = meet()
    client.write(b"abcdef")
    pump(client, server)

    assert server.unread_bytes == 6
    assert (server.read(4), server.read(), server.read()) == (b"abcd", b"ef", b"")


def test_writing_nothing_sends_nothing():
    client, _ = meet()

    client.write(b"")

    assert client.unsent_bytes == 0


@pytest.mark.parametrize("end", [0, 1], ids=["client", "server"])
@BOTH
def test_a_close_is_seen_and_answered(edition, end):
    ends = meet(context=car(edition))

    ends[end].close()
    pump(*ends)

    assert [each.state for each in ends] == [State.CLOSED, State.CLOSED]
    assert [each.failure for each in ends] == [None, None]


def test_what_came_before_a_close_can_still_be_read():
    client, server = meet()
    client.write(b"last words")
    client.close()

    pump(client, server)

    assert (server.state, server.read()) == (State.CLOSED, b"last words")


def test_a_connection_can_be_closed_before_it_is_open():
    server = station().accept(now=NOW)

    server.close()
    server.close()

    assert (server.state, server.data_to_send()) == (State.CLOSED, b"")


def test_a_close_that_openssl_does_not_allow_still_closes(monkeypatch):
    # given a connection in the middle of a message of its peer
    client, _ = meet()
    refuse = mock.Mock(side_effect=SSL.Error([("SSL routines", "", "shutdown while in init")]))
    monkeypatch.setattr(client._connection, "shutdown", refuse)

    # when
    client.close()

    # then
    assert (client.state, client.data_to_send()) == (State.CLOSED, b"")


@pytest.mark.parametrize("how", ["before", "after"])
def test_only_an_open_connection_can_be_written_to(how):
    client = car().connect(now=NOW) if how == "before" else meet()[0]
    if how == "after":
        client.close()

    with pytest.raises(TlsStateError, match="cannot write"):
        client.write(b"x")


def test_a_write_beyond_the_backlog_takes_nothing():
    client, _ = meet()
    client.write(bytes(MAX_UNSENT_BYTES // 2))
    waiting = client.unsent_bytes

    with pytest.raises(TlsBacklogError):
        client.write(bytes(MAX_UNSENT_BYTES // 2 + 1))

    assert client.unsent_bytes == waiting


def test_more_than_is_kept_unread_ends_the_connection():
    client, server = meet()
    client.write(bytes(MAX_UNREAD_BYTES + 1))

    pump(client, server)

    assert server.failure.fault is Fault.UNREAD


def test_as_much_as_is_kept_unread_is_fine():
    client, server = meet()
    client.write(bytes(MAX_UNREAD_BYTES))

    pump(client, server)

    assert (server.state, server.unread_bytes) == (State.OPEN, MAX_UNREAD_BYTES)


@BOTH
def test_an_end_of_stream_without_close_is_a_truncation(edition):
    _, server = meet(context=car(edition))

    server.receive_data(b"")

    assert server.failure.fault is Fault.TRUNCATED


@pytest.mark.parametrize("size", [0, 3, 60])
def test_a_stream_that_ends_in_the_handshake_is_truncated(size):
    server = station().accept(now=NOW)
    if size:
        server.receive_data(car().connect(now=NOW).data_to_send()[:size])

    assert server.receive_data(b"") is State.FAILED
    assert server.failure.fault is Fault.TRUNCATED


def test_what_comes_after_the_end_is_dropped():
    _, server = meet()
    server.receive_data(b"")

    assert server.receive_data(b"more") is State.FAILED
    assert server.failure.fault is Fault.TRUNCATED


@BOTH
def test_a_forged_record_ends_the_connection_with_an_alert(edition):
    client, server = meet(context=car(edition))
    client.write(b"charge parameters")
    record = bytearray(client.data_to_send())
    record[-1] ^= 1

    server.receive_data(bytes(record))

    assert (server.failure.fault, server.failure.alert) == (Fault.PROTOCOL, Alert.BAD_RECORD_MAC)
    client.receive_data(server.data_to_send())
    assert (client.failure.fault, client.failure.alert) == (Fault.PEER_ALERT, Alert.BAD_RECORD_MAC)


def test_a_replayed_record_ends_the_connection():
    client, server = meet()
    client.write(b"once")
    record = client.data_to_send()

    server.receive_data(record + record)

    assert server.failure.fault is Fault.PROTOCOL
    assert server.read() == b"once"


def test_garbage_behind_a_good_hello_ends_the_handshake():
    server = station().accept(now=NOW)

    server.receive_data(car().connect(now=NOW).data_to_send() + b"\x17\x03\x03\0\x05hello")

    assert server.failure.fault is Fault.PROTOCOL
    assert server.data_to_send()[-2:-1] == b"\x02"


def test_a_handshake_that_never_ends_is_given_up():
    # given a server that waits for the rest of a message of the car
    server = station().accept(now=NOW)
    server.receive_data(hello())
    assert server.state is State.HANDSHAKE

    # when the car sends records that carry almost nothing
    begun = b"\x16\x03\x03\0\x04\x10\0\xff\xff"
    server.receive_data(begun)
    while server.state is State.HANDSHAKE:
        server.receive_data(b"\x16\x03\x03\x04\0" + bytes(1024))

    # then
    assert server.failure.fault in {Fault.OVERSIZED, Fault.PROTOCOL}
    assert server._handshake_bytes <= MAX_HANDSHAKE_BYTES + 1029


def test_a_handshake_of_tiny_pieces_beyond_the_cap_is_given_up():
    server = station().accept(now=NOW)
    server.receive_data(hello())
    server._handshake_bytes = MAX_HANDSHAKE_BYTES

    server.receive_data(b"\x16")

    assert server.failure.fault is Fault.OVERSIZED


@pytest.mark.parametrize("key_log", [False, True])
@BOTH
def test_secrets_are_gathered_only_on_request(edition, key_log):
    client, server = meet(station(key_log=key_log), car(edition, key_log=key_log))

    for end in (client, server):
        lines = end.key_log_lines()
        assert bool(lines) is key_log
        assert all(len(line.split(" ")) == 3 for line in lines)
        assert end.key_log_lines() == ()


def test_a_connection_is_freed_as_soon_as_it_is_dropped():
    gc.disable()
    try:
        client, server = meet(context=car(Edition.ISO20))
        watched = weakref.ref(client), weakref.ref(server), weakref.ref(server._connection)
        del client, server

        assert [each() for each in watched] == [None, None, None]
    finally:
        gc.enable()


def test_a_handshake_that_failed_has_agreed_on_no_edition():
    stranger = vehicle("another world")

    _client, server = meet(context=car(Edition.ISO20, identity=stranger))

    assert (server.state, server.edition) == (State.FAILED, None)

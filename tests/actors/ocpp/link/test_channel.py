"""A connection as bytes, against the server half of websockets and the TLS of the standard library."""

import ssl
from datetime import UTC, datetime

import pytest
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from actors.ocpp.link.channel import MAX_UNSENT_BYTES, Channel, Ended, Message, Opened, Pong
from actors.ocpp.link.target import target_of
from actors.ocpp.messages import Trouble
from certs.errors import CertificateError, Problem
from certs.profiles import Domain
from certs.tls import csms
from certs.tls.csms import CsmsTrust, csms_context
from protocols.ocpp.frames import MAX_FRAME_BYTES
from protocols.ocpp.version import Version
from tests.support.ocpp_csms import ALL
from tests.support.ocpp_links import profile
from tests.support.ocpp_tls import NOW, csms_files, server_context, station_files, world

PASSWORD = "open sesame 123456"


class Wire:
    """A channel and a server, and the bytes between them. `tls`: the server's context, and the channel's."""

    def __init__(self, versions=(Version.V21, Version.V201), *, tls=None, subprotocols=ALL, **changes):
        secure = tls is not None
        given = {"security_profile": 2 if secure else 0, "basic_auth_password": PASSWORD} | changes
        target = target_of(profile("wss://localhost" if secure else "ws://localhost", **given), 0)
        self.channel = Channel(target, versions, tls[1] if secure else None)
        self.server = ServerProtocol(subprotocols=subprotocols, max_size=None)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls[0].wrap_bio(self.incoming, self.outgoing, server_side=True) if secure else None
        self.shaken = not secure
        self.request = None
        self.events = []
        self.heard = []
        self.events += self.channel.start()

    def pump(self):
        """Carry bytes both ways until all is silent; the upgrade is not answered by itself."""
        while data := self.channel.data_to_send():
            clear = data if self.tls is None else self.decipher(data)
            if clear:
                self.server.receive_data(clear)
            for event in self.server.events_received():
                if self.request is None:
                    self.request = event
                else:
                    self.heard.append(event)
            self.reply()
        return self

    def decipher(self, data):
        self.incoming.write(data)
        clear = b""
        try:
            if not self.shaken:
                self.tls.do_handshake()
                self.shaken = True
            while part := self.tls.read(65536):
                clear += part
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.shaken = False
        return clear

    def reply(self, clear=None):
        clear = b"".join(self.server.data_to_send()) if clear is None else clear
        if self.tls is not None:
            if clear and self.shaken:
                self.tls.write(clear)
            clear = self.outgoing.read()
        if clear:
            self.events += self.channel.receive(clear)

    def accept(self, choose=None):
        """Answer the upgrade with 101, with another choice than the server's own where `choose` says so."""
        self.pump()
        response = self.server.accept(self.request)
        if choose is not None:
            del response.headers["Sec-WebSocket-Protocol"]
            for each in choose:
                response.headers["Sec-WebSocket-Protocol"] = each
        self.server.send_response(response)
        self.reply()
        return self.pump()

    def end(self):
        """The stream ends."""
        self.events += self.channel.receive(b"")

    @property
    def mishap(self):
        assert isinstance(self.events[-1], Ended), self.events
        return self.events[-1].mishap


@pytest.fixture
def wire():
    """An open connection."""
    made = Wire().accept()
    assert made.events == [Opened(Version.V21, assumed=False)]
    made.events.clear()
    return made


def raw(opcode, data, *, fin=True):
    return Frame(opcode, data, fin).serialize(mask=False)


# -- the upgrade -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "versions", [(Version.V21, Version.V201), (Version.V201, Version.V21), (Version.V16,)], ids=str
)
def test_the_versions_are_offered_in_their_order(versions):  # S6.2, S6.5
    wire = Wire(versions).pump()

    assert wire.request.headers["Sec-WebSocket-Protocol"] == ", ".join(versions)


def test_the_choice_of_the_csms_is_obeyed():  # S6.4
    wire = Wire(subprotocols=["ocpp2.0.1"]).accept()

    assert wire.events == [Opened(Version.V201, assumed=False)]
    assert wire.channel.version is Version.V201


def test_no_compression_is_offered():
    assert "Sec-WebSocket-Extensions" not in Wire().pump().request.headers


def test_name_and_password_are_shown_where_the_profile_says_so():
    wire = Wire(security_profile=1).pump()

    assert wire.request.headers["Authorization"] == "Basic Q1AgMS9BOm9wZW4gc2VzYW1lIDEyMzQ1Ng=="
    assert wire.request.path == "/CP%201%2FA"


def test_without_a_choice_the_only_version_offered_is_assumed():
    wire = Wire((Version.V201,)).accept(choose=[])

    assert wire.events == [Opened(Version.V201, assumed=True)]


@pytest.mark.parametrize(
    ("versions", "choice"),
    [
        ((Version.V21, Version.V201), []),
        ((Version.V21, Version.V201), ["ocpp1.6"]),
        ((Version.V201,), ["soap"]),
        ((Version.V21, Version.V201), ["ocpp2.1", "ocpp2.0.1"]),
    ],
)
def test_without_a_version_in_common_the_connection_ends(versions, choice):
    wire = Wire(versions).accept(choose=choice)

    assert wire.mishap.trouble is Trouble.VERSION
    assert not wire.channel.send("[]")


@pytest.mark.parametrize("code", [1002, 1008])
def test_a_csms_that_chooses_nothing_and_hangs_up_at_once_is_left(code):
    wire = Wire().pump()
    response = wire.server.accept(wire.request)
    del response.headers["Sec-WebSocket-Protocol"]
    wire.server.send_response(response)
    wire.server.send_close(code)

    wire.reply()

    assert wire.mishap.trouble is Trouble.VERSION


@pytest.mark.parametrize(
    ("status", "trouble"), [(401, Trouble.CREDENTIALS), (404, Trouble.REFUSED), (503, Trouble.REFUSED)]
)
def test_a_refused_upgrade_is_told_with_its_status(status, trouble):
    wire = Wire().pump()

    wire.server.send_response(wire.server.reject(status, "no"))
    wire.reply()

    assert wire.mishap.trouble is trouble
    assert str(status) in wire.mishap.detail


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nConnection: keep-alive\r\n\r\n", Trouble.CREDENTIALS),
        (b"HTTP/1.1 502 Bad Gateway\r\n", Trouble.REFUSED),
        (b"", Trouble.UNREACHABLE),
    ],
)
def test_an_answer_whose_end_does_not_come_is_told_as_far_as_it_came(answer, trouble):
    wire = Wire().pump()
    wire.reply(answer)

    assert wire.events == []
    assert wire.channel.overdue(30.0).trouble is trouble
    assert wire.channel.stage == "the answer to the upgrade"


def test_a_dropped_connection_is_told_as_a_refusal_before_the_upgrade():
    wire = Wire().pump()
    wire.end()

    assert wire.mishap.trouble is Trouble.REFUSED
    assert wire.channel.dropped(OSError(104, "reset")).trouble is Trouble.REFUSED


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 101 Yes\r\n\r\n", b"\x15\x03\x01\r\n"]
)
def test_an_answer_that_is_none_is_a_refusal(answer):
    wire = Wire().pump()
    wire.reply(answer)

    assert wire.mishap.trouble is Trouble.REFUSED


def test_an_answer_without_end_is_given_up():
    wire = Wire().pump()
    wire.reply(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(20):
        wire.reply(b"a" * 8000)

    assert wire.mishap.trouble is Trouble.REFUSED


# -- frames ------------------------------------------------------------------------------------------------


def test_text_goes_both_ways(wire):
    assert wire.channel.send("[2,1]")
    wire.pump()
    wire.reply(raw(Opcode.TEXT, b"[3]"))

    assert bytes(wire.heard[0].data) == b"[2,1]"
    assert wire.events == [Message(b"[3]")]
    assert wire.channel.stage == "frames"


def test_a_binary_frame_is_a_message_too(wire):
    wire.reply(raw(Opcode.BINARY, b"[3]"))

    assert wire.events == [Message(b"[3]")]


def test_fragments_with_pings_between_are_one_message(wire):
    parts = [(Opcode.TEXT, b"[3", False), (Opcode.CONT, b"", False), (Opcode.CONT, b",4]", True)]
    for opcode, data, fin in parts:
        wire.reply(raw(opcode, data, fin=fin) + raw(Opcode.PING, b"are you there"))
    wire.pump()

    assert wire.events == [Message(b"[3,4]")]
    assert [bytes(each.data) for each in wire.heard] == [b"are you there"] * 3


def test_bytes_one_by_one_are_the_same_frames(wire):
    for byte in raw(Opcode.TEXT, b"[3]") + raw(Opcode.PONG, b"7"):
        wire.reply(bytes([byte]))

    assert wire.events == [Message(b"[3]"), Pong(b"7")]


def test_a_ping_of_ours_is_answered(wire):
    wire.channel.ping(b"1")
    wire.pump()

    assert wire.events == [Pong(b"1")]


def test_a_frame_that_is_too_large_is_refused_before_it_has_come(wire):
    head = raw(Opcode.TEXT, b"a" * (MAX_FRAME_BYTES + 1))[:14]
    wire.reply(head)

    assert wire.mishap.breach
    wire.pump()
    assert wire.heard[0].opcode is Opcode.CLOSE


def test_fragments_that_are_too_large_together_are_refused(wire):
    half = b"a" * (MAX_FRAME_BYTES // 2 + 1)
    wire.reply(raw(Opcode.TEXT, half, fin=False))
    wire.reply(raw(Opcode.CONT, half))

    assert wire.mishap.breach


@pytest.mark.parametrize(
    "data",
    [
        b"\xc1\x03[3]",
        raw(Opcode.CONT, b"[3]"),
        b"\x83\x00",
        b"\x81\x80abcd",
        b"\x89\x7e\x00\x80" + bytes(128),
    ],
    ids=["compressed", "continues nothing", "reserved", "masked", "long ping"],
)
def test_what_is_no_websocket_ends_the_connection(wire, data):
    wire.reply(data)

    assert wire.mishap.breach
    assert wire.mishap.trouble is Trouble.CLOSED


def test_an_end_without_good_bye_is_a_loss(wire):
    wire.end()

    assert wire.mishap.trouble is Trouble.LOST
    assert wire.channel.dropped(OSError(104, "Connection reset")).detail == "Connection reset"
    assert wire.channel.dropped(OSError()).detail == "OSError"


@pytest.mark.parametrize(("code", "reason"), [(1001, ""), (1008, "unknown station"), (4999, "x")])
def test_a_good_bye_is_told_and_answered(wire, code, reason):
    wire.server.send_close(code, reason)
    wire.reply()
    wire.pump()

    assert wire.mishap.trouble is Trouble.CLOSED
    assert str(code) in wire.mishap.detail
    assert wire.server.close_rcvd.code == code


def test_the_answer_to_a_good_bye_is_there_when_its_end_is_told(wire):
    wire.server.send_close(1011)

    ended = next(wire.channel.receive(b"".join(wire.server.data_to_send())))

    assert isinstance(ended, Ended)
    assert wire.channel.data_to_send()[0] & 0x0F == Opcode.CLOSE


def test_frames_behind_an_upgrade_without_a_version_are_not_heard():
    wire = Wire().pump()
    response = wire.server.accept(wire.request)
    del response.headers["Sec-WebSocket-Protocol"]
    wire.server.send_response(response)
    wire.server.send_text(b"[2]")
    wire.reply()

    assert [type(each) for each in wire.events] == [Ended]


def test_after_the_end_nothing_is_heard_or_said(wire):
    wire.reply(raw(Opcode.CLOSE, b"") + raw(Opcode.TEXT, b"[3]"))
    count = len(wire.events)

    wire.channel.ping(b"1")

    assert wire.events[-1].mishap.detail.startswith("closed with")
    assert list(wire.channel.receive(b"more")) == []
    assert not wire.channel.send("[2]")
    assert not wire.channel.close(1000)
    assert len(wire.events) == count


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (1000, 1000),
        (1001, 1001),
        (4000, 4000),
        (3000, 3000),
        (1005, 1000),
        (1006, 1000),
        (7, 1000),
        (1016, 1000),
    ],
)
def test_our_good_bye_has_a_code_that_may_be_sent(wire, code, sent):
    assert wire.channel.close(code)
    wire.pump()

    assert wire.server.close_rcvd.code == sent
    assert wire.mishap.trouble is Trouble.CLOSED


def test_before_the_upgrade_there_is_nobody_to_take_leave_of():
    wire = Wire()

    assert not wire.channel.close(1000)
    assert not wire.channel.send("[2]")


def test_a_peer_that_does_not_read_clogs_the_channel(wire):
    while not wire.channel.is_clogged:
        assert wire.channel.unsent_bytes <= MAX_UNSENT_BYTES
        wire.events += wire.channel.receive(raw(Opcode.PING, b"a" * 125) * 500)

    assert wire.channel.unsent_bytes < MAX_UNSENT_BYTES + 100_000


def test_frames_that_come_with_the_answer_to_the_upgrade_are_heard():
    wire = Wire().pump()
    wire.server.send_response(wire.server.accept(wire.request))
    wire.server.send_text(b"[2]")
    wire.reply()

    assert wire.events == [Opened(Version.V21, assumed=False), Message(b"[2]")]


def test_the_library_logs_no_header(caplog):
    with caplog.at_level("DEBUG"):
        Wire(security_profile=1).accept()

    ours = [each.getMessage() for each in caplog.records if each.name != "websockets.server"]
    assert not any("Authorization" in each for each in ours)


# -- TLS ---------------------------------------------------------------------------------------------------


def trust(**changes):
    given = {"roots": world().roots(Domain.CSMS), "clock": lambda: NOW} | changes
    return CsmsTrust(**given)


@pytest.fixture
def server(tmp_path):
    """Context of a server; see `ocpp_tls.server_context`."""
    return lambda **how: server_context(csms_files(tmp_path), **how)


def test_over_tls_frames_go_both_ways(server):
    wire = Wire(tls=(server(), csms_context(2, trust())))
    assert wire.channel.stage == "TLS"

    wire.accept()
    wire.channel.send("[2,1]")
    wire.pump()
    wire.server.send_text(b"[3]")
    wire.reply()

    assert wire.events == [Opened(Version.V21, assumed=False), Message(b"[3]")]
    assert bytes(wire.heard[0].data) == b"[2,1]"
    assert wire.request.headers["Authorization"].startswith("Basic ")


def test_the_certificate_of_the_station_is_shown(server, tmp_path):  # S13.12
    context = csms_context(3, trust(), station_files(tmp_path))

    wire = Wire(tls=(server(mutual=True), context), security_profile=3).accept()

    assert wire.events == [Opened(Version.V21, assumed=False)]
    assert wire.tls.getpeercert(binary_form=True)
    assert "Authorization" not in wire.request.headers


def test_a_certificate_of_an_unknown_root_is_not_trusted(server):  # S13.13
    stranger = world("stranger").roots(Domain.CSMS)

    wire = Wire(tls=(server(), csms_context(2, trust(roots=stranger)))).pump()

    assert wire.mishap.trouble is Trouble.CERTIFICATE
    assert wire.request is None


def test_a_csms_that_is_not_trusted_gets_an_alert(server):
    stranger = world("stranger").roots(Domain.CSMS)
    wire = Wire(tls=(server(), csms_context(2, trust(roots=stranger))))
    wire.decipher(wire.channel.data_to_send())

    ended = next(wire.channel.receive(wire.outgoing.read()))

    assert isinstance(ended, Ended)
    assert wire.channel.data_to_send()


def test_an_expired_certificate_is_not_trusted(server):
    late = trust(clock=lambda: datetime(2070, 1, 1, tzinfo=UTC))

    assert Wire(tls=(server(), csms_context(2, late))).pump().mishap.trouble is Trouble.CERTIFICATE


def test_a_csms_that_misses_our_certificate_has_refused_us(server):
    wire = Wire(tls=(server(mutual=True), csms_context(2, trust()))).pump()

    assert wire.mishap.trouble is Trouble.CREDENTIALS


def test_an_old_version_of_tls_is_told_as_such(server):
    context = csms_context(2, trust())
    context.minimum_version = ssl.TLSVersion.TLSv1_3

    wire = Wire(tls=(server(newest=ssl.TLSVersion.TLSv1_2), context)).pump()

    assert wire.mishap.trouble is Trouble.TLS_VERSION


def test_without_a_common_suite_that_is_told(server):
    context = csms_context(2, trust(), suites=("ECDHE-ECDSA-AES256-GCM-SHA384",))
    old = server(newest=ssl.TLSVersion.TLSv1_2, suites="ECDHE-ECDSA-AES128-GCM-SHA256")

    assert Wire(tls=(old, context)).pump().mishap.trouble is Trouble.TLS_CIPHER


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x03\x00\x50"])
def test_an_end_in_the_handshake_is_a_loss(server, said):
    wire = Wire(tls=(server(), csms_context(2, trust())))
    wire.events += wire.channel.receive(said) if said else ()
    wire.end()

    assert wire.mishap.trouble is Trouble.LOST


def test_an_answer_that_is_no_tls_is_a_loss(server):
    wire = Wire(tls=(server(), csms_context(2, trust())))
    wire.events += wire.channel.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    assert wire.mishap.trouble is Trouble.LOST


@pytest.mark.parametrize("in_order", [True, False])
def test_the_end_of_the_stream_under_tls_is_a_loss(server, in_order):
    wire = Wire(tls=(server(), csms_context(2, trust()))).accept()
    if in_order:
        with pytest.raises(ssl.SSLWantReadError):
            wire.tls.unwrap()
        wire.reply(b"")
    else:
        wire.end()

    assert wire.mishap.trouble is Trouble.LOST


def test_a_socket_dropped_after_the_handshake_is_a_refusal(server):  # field notes: a bad password
    wire = Wire(tls=(server(), csms_context(2, trust()))).pump()
    assert wire.request is not None
    wire.end()

    assert wire.mishap.trouble is Trouble.REFUSED


def test_a_record_that_was_tampered_with_ends_the_connection(server):
    wire = Wire(tls=(server(), csms_context(2, trust()))).accept()
    wire.events += wire.channel.receive(b"\x17\x03\x03\x00\x20" + bytes(32))

    assert wire.mishap.trouble is Trouble.LOST


def test_a_certificate_that_cannot_be_read_is_not_trusted(server, monkeypatch):
    def unreadable(_der):
        raise CertificateError(Problem.MALFORMED, "no certificate")

    monkeypatch.setattr(csms, "load_der", unreadable)

    wire = Wire(tls=(server(), csms_context(2, trust()))).pump()

    assert wire.mishap.trouble is Trouble.CERTIFICATE


def test_a_handshake_that_cannot_even_begin_is_told():
    context = csms_context(2, trust())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.minimum_version = ssl.TLSVersion.TLSv1_3

    wire = Wire(tls=(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), context))

    assert wire.mishap.trouble is Trouble.TLS_VERSION

"""Captures of whole dialogues, with and without TLS, built from real messages."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118 import app_protocol, exi, sdp, v2gtp
from protocols.iso15118.capture.dialogue import Dialogue
from protocols.iso15118.capture.keylog import KeyLog
from protocols.iso15118.capture.packets import EPOCH, Packet, read
from protocols.iso15118.capture.tcp import Side
from protocols.iso15118.v2gtp import PayloadType, Protocol
from tests.support import captures
from tests.support import signed_messages as messages
from tests.support.examples import few

EV, SECC = Side.CLIENT, Side.SERVER


def frame(message, schema, payload_type=PayloadType.EXI):
    return v2gtp.encode(payload_type, exi.encode(message, schema))


def offer(*namespaces):
    protocols = tuple(
        app_protocol.AppProtocol(
            protocol_namespace=namespace,
            version_number_major=2,
            version_number_minor=0,
            schema_id=number,
            priority=number,
        )
        for number, namespace in enumerate(namespaces, 1)
    )
    return app_protocol.SupportedAppProtocolReq(app_protocol=protocols)


def choice(number=None):
    code = "OK_SuccessfulNegotiation" if number else "Failed_NoNegotiation"
    return app_protocol.SupportedAppProtocolRes(
        response_code=app_protocol.ResponseCode(code), schema_id=number
    )


STATUS = messages.iso2_message("ChargingStatusReq", {})
DELIVERY = messages.iso2_message("CertificateInstallationRes")
HANDSHAKE = [
    (EV, frame(offer("urn:din:70121:2012:MsgDef", "urn:iso:15118:2:2013:MsgDef"), "app_protocol")),
    (SECC, frame(choice(2), "app_protocol")),
]
ISO2_TALK = [*HANDSHAKE, (EV, frame(STATUS, "iso2_msgdef")), (SECC, frame(DELIVERY, "iso2_msgdef"))]
PRICES = messages.iso20_message("ScheduleExchangeRes")
ISO20_TALK = [
    (EV, frame(offer("urn:iso:std:iso:15118:-20:DC"), "app_protocol")),
    (SECC, frame(choice(1), "app_protocol")),
    (SECC, frame(PRICES, "iso20_common", PayloadType.COMMON)),
]


def follow(packets, keylog=""):
    log = KeyLog()
    log.add(keylog)
    dialogue = Dialogue(log)
    entries = []
    for packet in read(captures.pcap(packets)):
        entries += dialogue.feed(packet)
    return entries + dialogue.finish()


def summary(entries):
    return [(entry.protocol, entry.schema, entry.error) for entry in entries]


ISO2_SUMMARY = [
    (None, "app_protocol", None),
    (None, "app_protocol", None),
    (Protocol.ISO2, "iso2_msgdef", None),
    (Protocol.ISO2, "iso2_msgdef", None),
]


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("mss", [1400, 60])
def test_a_plain_dialogue_is_followed_through_its_negotiation(seed, mss):
    entries = follow(captures.conversation(ISO2_TALK, mss=mss, seed=seed))
    assert summary(entries) == ISO2_SUMMARY
    assert entries[3].message == DELIVERY
    assert [str(entry.source) for entry in entries[:2]] == ["[fe80::1]:50000", "[fe80::2]:61851"]
    assert entries[0].time < entries[3].time
    assert entries[0].transport == "TCP"


def test_a_minus20_dialogue_changes_schema_with_payload_type():
    entries = follow(captures.conversation(ISO20_TALK))
    assert summary(entries)[2] == (Protocol.ISO20_DC, "iso20_common", None)
    assert (entries[2].payload_type, entries[2].message) == (0x8002, PRICES)


@pytest.mark.parametrize(
    ("suite", "tls13"), [("ECDHE-ECDSA-AES128-SHA256", False), ("TLS_AES_256_GCM_SHA384", True)]
)
def test_a_dialogue_under_tls_is_followed_with_the_key_log(suite, tls13):
    talk = captures.converse(ISO2_TALK, suite=suite, tls13=tls13)
    entries = follow(captures.conversation(talk.flights, seed=3, mss=200), talk.keylog)
    assert summary(entries) == ISO2_SUMMARY
    assert {entry.transport for entry in entries} == {"TLS"}


def test_tls_without_key_log_becomes_one_error():
    talk = captures.converse(ISO2_TALK, suite="ECDHE-ECDSA-AES128-GCM-SHA256")
    (entry,) = follow(captures.conversation(talk.flights))
    assert entry.error.startswith("TLS: the key log has no secret")


def test_discovery_is_part_of_the_dialogue():
    request = sdp.Request(security=sdp.Security.TLS)
    packets = [
        captures.udp(captures.EV, ("ff02::1", 15118), request.encode()),
        captures.udp(captures.EV, ("ff02::1", 15118), b"nonsense"),
        captures.udp(captures.EV, ("ff02::1", 5353), b"something else"),
    ]
    first, second = follow(packets)
    assert (first.message, first.payload_type) == (request, 0x9000)
    assert (first.transport, second.transport) == ("UDP", "UDP")
    assert second.error == "protocol version at byte 0: 0x6e is not 0x01"


def test_a_capture_that_begins_late_is_guessed():
    entries = follow(captures.conversation(ISO2_TALK[2:]))
    assert summary(entries) == [(Protocol.ISO2, "iso2_msgdef", None)] * 2
    entries = follow(captures.conversation(ISO20_TALK[2:]))
    assert summary(entries) == [(None, "iso20_common", None)]


def test_a_failed_negotiation_agrees_on_nothing():
    talk = [HANDSHAKE[0], (SECC, frame(choice(), "app_protocol")), HANDSHAKE[0]]
    assert summary(follow(captures.conversation(talk))) == [(None, "app_protocol", None)] * 3


def test_a_choice_of_an_unknown_protocol_agrees_on_nothing():
    talk = [(EV, frame(offer("urn:other"), "app_protocol")), (SECC, frame(choice(1), "app_protocol"))]
    talk += [(EV, frame(choice(7), "app_protocol"))]
    assert [entry.protocol for entry in follow(captures.conversation(talk))] == [None] * 3


def test_a_message_that_cannot_be_decoded_is_an_error_in_its_place():
    broken = v2gtp.encode(PayloadType.EXI, b"\x80\x98\xff\xff")
    entries = follow(captures.conversation([*HANDSHAKE, (EV, broken), ISO2_TALK[2]]))
    assert entries[2].error.startswith("iso2_msgdef: ")
    assert (entries[2].schema, entries[2].payload) == ("iso2_msgdef", b"\x80\x98\xff\xff")
    assert entries[3].message == STATUS


def test_frames_of_unknown_or_misplaced_type_are_reported():
    talk = [*HANDSHAKE, (EV, v2gtp.encode(0xA000, b"abc")), (EV, v2gtp.encode(0x9000, b"\0\0"))]
    talk += [(EV, frame(PRICES, "iso20_common", PayloadType.COMMON))]
    entries = follow(captures.conversation(talk))
    assert (entries[2].payload_type, entries[2].error) == (0xA000, "a payload of 3 bytes of unknown type")
    assert (entries[3].payload_type, entries[3].error) == (0x9000, "this payload type has no place on TCP")
    assert entries[4].schema == "iso20_common"


def test_a_stream_that_turns_bad_is_reported_once():
    talk = [*HANDSHAKE, (EV, b"\x01\xfe" + b"\xff" * 20), (EV, b"more"), (SECC, ISO2_TALK[3][1])]
    entries = follow(captures.conversation(talk))
    assert entries[2].error.startswith("V2GTP: payload length")
    assert entries[3].message == DELIVERY


def test_a_capture_cut_off_in_a_frame_says_so():
    packets = captures.conversation([*HANDSHAKE, (EV, ISO2_TALK[2][1][:-1])])
    assert "the sender stops in a frame" in follow(packets)[-1].error
    assert "the capture ends in a frame" in follow(packets[:-2])[-1].error


def test_a_lost_segment_is_reported_at_the_end():
    packets = captures.conversation([*HANDSHAKE, (SECC, ISO2_TALK[3][1])], mss=60)
    del packets[-4]
    assert follow(packets)[-1].error == "TCP: segments are missing in the capture"


def test_other_traffic_is_left_alone():
    chat = [(EV, b"GET / HTTP/1.1\r\n\r\n"), (SECC, b"HTTP/1.1 200 OK\r\n\r\n")]
    packets = [*captures.conversation(chat), captures.ethernet(b"arp", 0x0806), captures.ethernet(b"", 0)]
    assert follow(packets) == []


@pytest.mark.parametrize("tls", [False, True])
def test_a_connection_that_trickles_is_recognised_too(tls):
    flights = captures.converse(ISO2_TALK, suite="ECDHE-ECDSA-AES128-SHA256") if tls else None
    talk = flights.flights if flights else ISO2_TALK
    entries = follow(captures.conversation(talk, mss=1), flights.keylog if flights else "")
    assert summary(entries) == ISO2_SUMMARY


def test_a_single_byte_is_not_judged():
    assert follow(captures.conversation([(EV, b"\x01")])) == []


FILE = captures.pcap(captures.conversation(ISO2_TALK, mss=60))


@pytest.mark.untraced
@few(50)
@given(st.lists(st.tuples(st.integers(24, len(FILE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_mutated_captures_never_raise_anything_else(changes):
    data = bytearray(FILE)
    for place, value in changes:
        data[place] = value
    dialogue = Dialogue(KeyLog())
    with contextlib.suppress(ValueError):
        for packet in read(bytes(data)):
            assert len(dialogue.feed(packet)) < 20
    assert len(dialogue.finish()) < 200


@settings(derandomize=True)
@given(st.lists(st.binary(max_size=80), max_size=6))
def test_random_packets_never_raise(packets):
    dialogue = Dialogue(KeyLog())
    for data in packets:
        assert dialogue.feed(Packet(EPOCH, 1, data)) == []

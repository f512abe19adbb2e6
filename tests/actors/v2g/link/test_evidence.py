import json

import pytest

from actors.v2g.link import evidence
from actors.v2g.link import evidence_lines as lines
from actors.v2g.link.channel import Ended, Opened
from actors.v2g.link.evidence import Limits
from actors.v2g.secc.exchange import Level, Note, Tls
from certs.pem import to_der
from protocols.iso15118 import v2gtp
from protocols.iso15118.capture.dialogue import Dialogue
from protocols.iso15118.capture.keylog import KeyLog
from protocols.iso15118.capture.packets import read
from protocols.iso15118.capture.tcp import Side
from tests.support.certificates import world
from tests.support.evidence import AGREED, DISCOVERY, HELLO, NOON, SET_UP, SETUP, TALK, Told

SMALL = Limits(file_bytes=2000)
SECRETS = ["CLIENT_RANDOM " + "00" * 32 + " " + "11" * 48]


def test_a_talk_is_told_line_by_line():
    told = Told(module="v2g", evse=2)
    told.talk()
    first, *messages, last = told.end(session_id="0102")

    assert [(one.sender, one.name, one.code) for one in messages] == [
        ("car", "supportedAppProtocolReq", ""),
        ("station", "supportedAppProtocolRes", "OK_SuccessfulNegotiation"),
        ("car", "SessionSetupReq", ""),
        ("station", "SessionSetupRes", "OK_NewSessionEstablished"),
    ]
    assert [one.payload for one in messages] == [HELLO, AGREED, SETUP, SET_UP]
    assert first.members["car"] == "[::1]:50000"
    assert (first.members["module"], first.members["evse"]) == ("v2g", 2)
    assert (last.members["reason"], last.members["session_id"]) == ("closed_by_car", "0102")


def test_answers_say_how_long_they_took():
    told = Told()
    told.talk()
    told.answer(SET_UP)

    took = [one.took_ms for one in told.end() if isinstance(one, lines.Message)]

    assert took == [None, 1.0, None, 1.0, None]


def test_messages_carry_schema_and_namespace_once_agreed():
    told = Told()
    told.talk()

    found = [(one.schema, one.protocol) for one in told.end() if isinstance(one, lines.Message)]

    assert found[0] == ("app_protocol", None)
    assert found[2] == ("iso2_msgdef", "urn:iso:15118:2:2013:MsgDef")


def test_lines_may_be_told_without_the_decoded_messages():
    told = Told(Limits(in_full=False))
    told.talk()
    told.end()

    written = [json.loads(line) for line in told.files[lines.LINES].splitlines()]

    assert not any("message" in one for one in written)
    assert written[3]["name"] == "SessionSetupReq"


def test_what_cannot_be_decoded_is_told_as_it_was():
    told = Told()
    told.talk(((HELLO, AGREED),))
    told.request(b"\x80\xff\xff")
    told.request(b"\x80", v2gtp.PayloadType.SDP_REQUEST)

    *_, schema, place, _end = told.end()

    assert (schema.payload, schema.name) == (b"\x80\xff\xff", "")
    assert schema.error.startswith("iso2_msgdef: ")
    assert place.error == "no candidates"


@pytest.mark.parametrize(("agreed", "named"), [(True, "iso2_msgdef"), (False, None)])
def test_a_huge_payload_is_told_without_being_decoded(agreed, named):
    told = Told()
    if agreed:
        told.talk()
    told.request(b"\x80" * (evidence.MAX_DECODED_BYTES + 1))

    huge = told.end()[-2]

    assert (len(huge.payload), huge.schema) == (evidence.MAX_DECODED_BYTES + 1, named)
    assert huge.error


def test_a_message_whose_text_is_too_long_is_told_by_its_bytes(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 400)
    told = Told()
    told.talk(((HELLO, AGREED),))
    told.work()

    written = [json.loads(line) for line in told.files[lines.LINES].splitlines()]

    assert ["message" in one for one in written] == [False, False, True]
    assert written[1]["name"] == "supportedAppProtocolReq"


def test_frames_nobody_knows_faults_and_notes_are_told():
    told = Told()
    told.recorder.event(v2gtp.SkippedFrame(0xAAAA, 7), told.tick())
    told.recorder.event(Ended(reason="framing_broken", detail="no header"), told.tick())
    told.recorder.noted(Note(event="response_failed", level=Level.WARNING, facts={"code": "X"}), told.tick())
    skipped, fault, note = told.end()[1:-1]

    assert (skipped.members["payload_type"], skipped.members["bytes"]) == ("0xaaaa", 7)
    assert (fault.members["reason"], fault.members["detail"]) == ("framing_broken", "no header")
    assert (note.members["event"], note.members["facts"]) == ("response_failed", {"code": "X"})


def test_an_orderly_end_is_told_once():
    told = Told()
    told.recorder.event(Ended(reason="closed_by_car"), told.tick())
    told.end()
    told.end("again")

    assert told.kinds == ["talk", "end"]


@pytest.mark.parametrize("shown", [True, False])
def test_the_handshake_says_who_the_car_is_if_it_has_shown_itself(shown):
    leaf = world()["VEHICLE_LEAF_20"].certificate
    chain = (to_der(leaf),) if shown else ()
    told = Told()
    told.recorder.event(Opened(tls=None), told.tick())
    told.recorder.event(Opened(tls=Tls(version="TLSv1.3", cipher="C", client_chain=chain)), told.tick())
    (tls,) = told.end()[1:-1]

    assert (tls.members["version"], tls.members["cipher"]) == ("TLSv1.3", "C")
    assert tls.members.get("subject") == (leaf.subject.rfc4514_string() if shown else None)
    assert len(tls.members.get("fingerprint_sha256", "")) == (64 if shown else 0)


@pytest.mark.parametrize("asked", [True, False])
def test_secrets_are_told_only_where_somebody_has_asked_for_them(asked):
    told = Told(Limits(keys=asked))
    told.recorder.keys(SECRETS)
    told.recorder.keys(())
    told.end()

    assert told.files[lines.KEYS] == (SECRETS[0].encode() + b"\n" if asked else b"")


def bytes_of(data):
    """The messages in a capture, decoded."""
    dialogue, found = Dialogue(KeyLog()), []
    for packet in read(data):
        found += dialogue.feed(packet)
    return [*found, *dialogue.finish()]


@pytest.mark.parametrize("reason", ["closed_by_car", "connection_lost", "session_stopped"])
def test_what_was_on_the_wire_can_be_read_as_a_capture(reason):
    told = Told()
    for request, answer in TALK:
        told.recorder.passed(Side.CLIENT, v2gtp.encode(0x8001, request), told.tick())
        told.recorder.passed(Side.SERVER, v2gtp.encode(0x8001, answer), told.tick())
    told.recorder.passed(Side.CLIENT, b"", told.tick())
    told.end(reason)

    found = bytes_of(told.files[lines.PACKETS])

    assert [entry.payload for entry in found] == [HELLO, AGREED, SETUP, SET_UP]
    assert not any(entry.error for entry in found)
    assert found[0].time == NOON.replace(microsecond=1000)


def test_a_full_capture_ends_and_says_so():
    told = Told(SMALL)
    for _ in range(10):
        told.recorder.passed(Side.CLIENT, bytes(500), told.tick())
        told.work()
    (*_, last) = told.end()

    assert len(told.files[lines.PACKETS]) <= SMALL.file_bytes
    assert len(list(read(told.files[lines.PACKETS]))) == 3 + 3
    assert not last.members["packets_whole"]


def test_of_a_talk_that_is_too_long_beginning_and_end_are_told():
    told = Told(SMALL)
    for _ in range(300):
        told.talk()
        told.recorder.noted(Note(event="said"), told.tick())
        told.work()
    said = told.end()
    (gap,) = [one for one in said if isinstance(one, lines.Fact) and one.kind == "gap"]
    messages = [one for one in said if isinstance(one, lines.Message)]

    assert gap.members["messages"] == 1200 - len(messages)
    assert len(messages) - evidence.TAIL_MESSAGES == said.index(gap) - 1 - 1
    assert messages[-1].time > messages[-2].time > gap.time


def test_the_end_that_is_held_back_is_bounded_in_bytes():
    told = Told(Limits(file_bytes=1))
    told.work()
    huge = b"\x80" * (evidence.TAIL_BYTES // 3)
    for _ in range(5):
        told.request(huge)
        told.work()

    assert told.recorder._tail_bytes == sum(len(one.payload) for one in told.recorder._tail)
    assert told.end()[1].members["messages"] == 2


def test_what_waits_is_bounded_and_what_did_not_fit_is_counted():
    told = Told()
    told.talk()
    for _ in range(1000):
        told.recorder.passed(Side.CLIENT, bytes(10_000), told.now)
        told.request(b"\x80" * 10_000)
    assert told.recorder._pending_bytes <= evidence.MAX_PENDING_BYTES

    told.work()
    told.request(DISCOVERY)
    *messages, gap, held, last = told.end()[1:]

    assert gap.members["messages"] == 1004 - len(messages)
    assert held.name == "ServiceDiscoveryReq"
    assert not last.members["packets_whole"]


def test_tiny_things_cost_as_much_as_keeping_them_does():
    told = Told()
    for _ in range(20_000):
        told.recorder.event(v2gtp.SkippedFrame(0xAAAA, 1), told.now)

    assert told.recorder.pending <= evidence.MAX_PENDING_BYTES // evidence.ITEM_BYTES + 1


def test_it_is_worked_on_in_pieces():
    told = Told()
    told.talk()

    assert told.recorder.pending == 5
    told.recorder.work(2)
    assert told.recorder.pending == 3


def test_a_talk_that_broke_off_is_read_up_to_there():
    told = Told()
    told.talk()
    told.request(DISCOVERY)
    told.work()

    assert told.kinds[-1] == "ServiceDiscoveryReq"

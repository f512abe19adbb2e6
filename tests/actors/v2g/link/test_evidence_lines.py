import json
import pickle
from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.v2g.link import evidence_lines as lines
from tests.support.evidence import HELLO, NOON, Told

TALK = lines.of("talk", NOON, {"format": 1})
MESSAGE = {
    "from": "car",
    "payload_type": "0x8001",
    "schema": "app_protocol",
    "name": "supportedAppProtocolReq",
    "exi_hex": HELLO.hex(),
}


def message(**changes):
    members = {name: value for name, value in (MESSAGE | changes).items() if value is not ...}
    return lines.of("message", NOON, members)


def refusal(*raw):
    with pytest.raises(lines.EvidenceError) as caught:
        list(lines.read(raw))
    assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args
    return caught.value.line, caught.value.problem


def test_times_are_written_in_utc_to_the_microsecond():
    moment = NOON.astimezone(timezone(timedelta(hours=2)))

    assert json.loads(lines.of("end", moment, {}))["time"] == "2026-07-01T12:00:00.000000Z"


def test_a_line_that_was_written_is_read():
    first, found = lines.read([TALK, message(took_ms=3)])

    assert (first.kind, first.time, first.line) == ("talk", NOON, 1)
    assert (found.name, found.sender, found.payload, found.took_ms) == (
        "supportedAppProtocolReq",
        "car",
        HELLO,
        3.0,
    )


def test_escaped_characters_are_read():
    (_talk, found) = lines.read([TALK, lines.of("note", NOON, {"event": "caf\u00e9"})])

    assert found.members["event"] == "caf\u00e9"


def test_the_parts_of_a_message_are_found_in_every_protocol():
    assert lines.parts({"V2G_Message": {"Header": {"a": 1}, "Body": {"XReq": {"b": 2}}}}) == (
        "XReq",
        {"a": 1},
        {"b": 2},
    )
    assert lines.parts({"V2G_Message": {"Header": {}, "Body": {}}}) == ("V2G_Message", {}, {})
    assert lines.parts({"XReq": {"Header": {"a": 1}, "b": 2}})[:2] == ("XReq", {"a": 1})
    assert lines.parts({"supportedAppProtocolReq": {}})[1] == {}


DAMAGED = [
    ([], 1, "there is no line"),
    ([b"not json"], 1, "no JSON"),
    ([b"[]"], 1, "no JSON object"),
    ([b"\xff"], 1, "no JSON"),
    ([b"[" * 100_000], 1, "nested too deeply"),
    ([b'{"kind": 1}'], 1, "no string"),
    ([b"{}"], 1, "'kind' is missing"),
    ([message()], 1, "its first"),
    ([TALK, TALK], 2, "its first"),
    ([b'{"kind":"talk","time":"2026-07-01T12:00:00Z","format":2}'], 1, "format 2 is not 1"),
    ([b'{"kind":"talk","time":"noon","format":1}'], 1, "ISO 8601"),
    ([b'{"kind":"talk","time":"2026-07-01T12:00:00","format":1}'], 1, "time zone"),
    ([TALK, b"x" * (lines.MAX_LINE_BYTES + 1)], 2, "longer than"),
    ([TALK, message()[:-20]], 2, "no JSON"),
    ([TALK, message(**{"from": "nobody"})], 2, "neither car nor station"),
    ([TALK, message(payload_type="x")], 2, "hexadecimal"),
    ([TALK, message(payload_type=1)], 2, "no string"),
    ([TALK, message(payload_type="0x18001")], 2, "payload type"),
    ([TALK, message(exi_hex="0")], 2, "hexadecimal"),
    ([TALK, message(exi_hex="")], 2, "without payload"),
    ([TALK, message(exi_hex=...)], 2, "'exi_hex' is missing"),
    ([TALK, message(took_ms=float("inf"))], 2, "no number of milliseconds"),
    ([TALK, message(took_ms=10**400)], 2, "no number of milliseconds"),
    ([TALK, message(took_ms="3")], 2, "no number of milliseconds"),
    ([TALK, b'{"kind":"\\ud800","time":"2026-07-01T12:00:00Z"}'], 2, "surrogates"),
    ([TALK, message(schema=...)], 2, "schema is missing"),
    ([TALK, message(schema="xmldsig/fragment")], 2, "schema is missing, or none"),
    ([TALK, message(exi_hex="80ffff")], 2, "exi_hex: "),
    ([TALK, message(message={"other": 1})], 2, "not what exi_hex says"),
]


@pytest.mark.parametrize(("raw", "line", "problem"), DAMAGED)
def test_a_damaged_line_is_named(raw, line, problem):
    found, why = refusal(*raw)

    assert found == line
    assert problem in why


def test_bytes_nobody_has_decoded_may_be_no_message():
    _talk, found = lines.read([TALK, message(name=..., exi_hex="80ffff")])

    assert (found.message, found.name) == (None, "")
    assert found.error


@settings(derandomize=True, max_examples=60)
@given(at=st.integers(0, 3000), what=st.binary(max_size=3), length=st.integers(0, 3))
def test_a_bundle_that_was_tampered_with_is_read_or_refused(at, what, length):
    data, refused_at = bundle(), 1
    tampered = data[: at % len(data)] + what + data[at % len(data) + length :]
    try:
        list(lines.read(tampered.splitlines()))
    except lines.EvidenceError as error:
        refused_at = error.line

    assert 1 <= refused_at <= len(tampered.splitlines())


def bundle():
    told = Told()
    told.talk()
    told.end()
    return told.files[lines.LINES]

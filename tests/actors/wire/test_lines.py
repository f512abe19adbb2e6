import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.wire import lines
from protocols.iso15118 import exi
from tests.support import signed_messages as messages
from tests.support.examples import few

MESSAGE = messages.iso2_message("AuthorizationReq")
GOOD = {"schema": "iso2_msgdef", "exi_hex": exi.encode(MESSAGE, "iso2_msgdef").hex()}


def answer(record, step=lines.decode_line, number=1):
    line = record if isinstance(record, bytes) else json.dumps(record).encode()
    text, good = lines.answer(line, number, step)
    assert "\n" not in text
    return json.loads(text), good


def test_decode_adds_the_message_and_keeps_the_rest():
    answered, good = answer(GOOD | {"tag": [1, 2.5]})
    assert good
    assert answered == GOOD | {"tag": [1, 2.5], "message": exi.to_json(MESSAGE)}


def test_encode_adds_the_digits_and_keeps_the_rest():
    answered, good = answer(
        {"schema": "iso2_msgdef", "message": exi.to_json(MESSAGE), "n": 1}, lines.encode_line
    )
    assert good
    assert (answered["exi_hex"], answered["n"]) == (GOOD["exi_hex"], 1)


def test_a_fragment_travels_both_ways():
    tree = {"AuthorizationReq": {"Id": "ID1", "GenChallenge": "U29tZSBSYW5kb20gRGF0YQ=="}}
    encoded, _ = answer({"schema": "iso2_msgdef/fragment", "message": tree}, lines.encode_line)
    assert encoded["exi_hex"] == "80040152510c40829b7b6b2902930b73237b6902230ba309e8"
    decoded, _ = answer({"schema": "iso2_msgdef/fragment", "exi_hex": encoded["exi_hex"]})
    assert decoded["message"] == tree


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"schema": NaN}', "NaN is no number"),
        (b'{"schema": -1e999}', "-1e999 is too large"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 500 + b"1" + b"}" * 500 + b"}", "no JSON"),
    ],
)
def test_a_line_that_is_no_object_is_answered_by_number(record, problem):
    answered, good = answer(record, number=7)
    assert not good
    assert answered["line"] == 7
    assert problem in answered["error"]


def test_a_line_that_is_too_long_is_answered_by_number(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    answered, good = answer(b" " * 101)
    assert not good
    assert answered == {"line": 1, "error": "longer than 100 bytes"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema": None}, "'schema' is missing"),
        ({"schema": 1}, "'schema' is no string"),
        ({"schema": "iso3"}, "no schema 'iso3'"),
        ({"exi_hex": None}, "'exi_hex' is missing"),
        ({"exi_hex": "8"}, "even number"),
        ({"exi_hex": "80ff"}, "byte 1"),
    ],
)
def test_a_bad_record_is_answered_with_its_error(change, problem):
    answered, good = answer(GOOD | change)
    assert not good
    assert problem in answered.pop("error")
    assert answered == GOOD | change


@pytest.mark.parametrize(
    ("change", "problem"),
    [({}, "'message' is missing"), ({"message": 1}, "root"), ({"message": {"V2G_Message": {}}}, "missing")],
)
def test_a_message_that_is_none_is_answered_with_its_error(change, problem):
    answered, good = answer({"schema": "iso2_msgdef"} | change, lines.encode_line)
    assert not good
    assert problem in answered["error"]


def test_an_old_error_does_not_survive():
    assert "error" not in answer(GOOD | {"error": "old"})[0]


@pytest.mark.parametrize(("step", "member"), [(lines.decode_line, "message"), (lines.encode_line, "exi_hex")])
def test_an_old_answer_does_not_pass_for_ours(step, member):
    answered, good = answer({"schema": "iso2_msgdef", "exi_hex": "80", "message": {}}, step)
    assert not good
    assert member not in answered


def test_a_stream_is_cut_into_lines(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 10)
    stream = io.BytesIO(b"one\r\n\n" + b"x" * 10 + b"\n" + b"y" * 55 + b"\ntwo" + b"\n" + b"z" * 30)
    found = list(lines.split(stream))
    assert found[:3] == [b"one", b"", b"x" * 10]
    assert [len(line) for line in found[3:]] == [12, 3, 12]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SCHEMAS = st.sampled_from(["app_protocol", "iso2_msgdef", "iso20_dc", "xmldsig/fragment", "", "x/fragment"])


@few(50)
@given(
    SCHEMAS | JSON,
    JSON | st.fixed_dictionaries({"V2G_Message": JSON}) | st.fixed_dictionaries({"SignedInfo": JSON}),
)
def test_any_json_is_answered(schema, value):
    for step in (lines.encode_line, lines.decode_line):
        answered, good = answer({"schema": schema, "message": value, "exi_hex": value}, step)
        assert good is ("error" not in answered)


@settings(derandomize=True)
@given(st.binary(max_size=60))
def test_any_bytes_are_answered(line):
    text, good = lines.answer(line, 1, lines.decode_line)
    assert not good
    assert "error" in json.loads(text)

"""Frames are read and written exactly, and nothing that a peer sends does more than be refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ocpp.errors import Code, RefusalError
from protocols.ocpp.frames import (
    MAX_FRAME_BYTES,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    Send,
    encode,
    error,
    parse,
)
from protocols.ocpp.version import Version
from tests.support.examples import few

FRAMES: list[tuple[Frame, str]] = [
    (Call("a", "Heartbeat", {}), '[2,"a","Heartbeat",{}]'),
    (CallResult("a", {"value": 1.5}), '[3,"a",{"value":1.5}]'),
    (CallError("a", "GenericError", "no", {"why": 1}), '[4,"a","GenericError","no",{"why":1}]'),
    (CallResultError("a", "FormatViolation"), '[5,"a","FormatViolation","",{}]'),
    (Send("a", "NotifyPeriodicEventStream", {"id": 1}), '[6,"a","NotifyPeriodicEventStream",{"id":1}]'),
]


@pytest.mark.parametrize(("frame", "text"), FRAMES, ids=lambda each: type(each).__name__)
def test_a_frame_is_written_and_read_again(frame: Frame, text: str) -> None:
    assert encode(frame, Version.V21) == text
    assert parse(text, Version.V21) == frame
    assert parse(text.encode(), Version.V21) == frame


@pytest.mark.parametrize(("frame", "text"), FRAMES[3:], ids=["CallResultError", "Send"])
def test_frames_of_2_1_do_not_exist_before(frame: Frame, text: str) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        encode(frame, Version.V201)
    with pytest.raises(RefusalError) as refused:
        parse(text, Version.V201)

    assert refused.value.code is Code.MESSAGE_TYPE_NOT_SUPPORTED


def test_an_error_without_description_is_read() -> None:
    assert parse('[4,"a","GenericError"]', Version.V16) == CallError("a", "GenericError")


@pytest.mark.parametrize(
    ("text", "code", "message_id"),
    [
        ("", Code.RPC_FRAMEWORK_ERROR, None),
        ("{", Code.RPC_FRAMEWORK_ERROR, None),
        (b"\xff\xfe\xfd", Code.RPC_FRAMEWORK_ERROR, None),
        ('[2,"a","X",{"v":NaN}]', Code.RPC_FRAMEWORK_ERROR, None),
        ('[2,"a","X",{"v":1e999}]', Code.RPC_FRAMEWORK_ERROR, None),
        ("[" * 100_000, Code.RPC_FRAMEWORK_ERROR, None),
        ('[2,"a","X",{"\\ud800":1}]', Code.RPC_FRAMEWORK_ERROR, None),
        ("{}", Code.RPC_FRAMEWORK_ERROR, None),
        ("[]", Code.RPC_FRAMEWORK_ERROR, None),
        ("[2]", Code.RPC_FRAMEWORK_ERROR, None),
        ('[true,"a","X",{}]', Code.RPC_FRAMEWORK_ERROR, None),
        ('["2","a","X",{}]', Code.RPC_FRAMEWORK_ERROR, None),
        ('[2,7,"X",{}]', Code.RPC_FRAMEWORK_ERROR, None),
        ('[2,"","X",{}]', Code.RPC_FRAMEWORK_ERROR, None),
        (f'[2,"{"a" * 37}","X",{{}}]', Code.RPC_FRAMEWORK_ERROR, None),
        ('[9,"a","X",{}]', Code.MESSAGE_TYPE_NOT_SUPPORTED, "a"),
        ('[2,"a","X"]', Code.RPC_FRAMEWORK_ERROR, "a"),
        ('[2,"a","X",{},1]', Code.RPC_FRAMEWORK_ERROR, "a"),
        ('[2,"a",1,{}]', Code.RPC_FRAMEWORK_ERROR, "a"),
        ('[2,"a","X",[]]', Code.RPC_FRAMEWORK_ERROR, "a"),
        ('[3,"a",[]]', Code.RPC_FRAMEWORK_ERROR, None),
        ('[4,"a"]', Code.RPC_FRAMEWORK_ERROR, None),
        (" " * (MAX_FRAME_BYTES + 1), Code.RPC_FRAMEWORK_ERROR, None),
    ],
    ids=lambda each: repr(each)[:30],
)
def test_what_is_no_frame_is_refused_with_its_code(
    text: str | bytes, code: Code, message_id: str | None
) -> None:
    with pytest.raises(RefusalError) as refused:
        parse(text, Version.V21)

    assert (refused.value.code, refused.value.message_id) == (code, message_id)


@pytest.mark.untraced
@few(50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
def test_any_json_is_a_frame_or_refused(value: object) -> None:
    text = json.dumps(value)

    try:
        frame = parse(text, Version.V21)
    except RefusalError:
        return
    assert json.loads(encode(frame, Version.V21))[:2] == json.loads(text)[:2]


def test_a_refused_call_is_answered_under_its_id() -> None:
    refusal = RefusalError(Code.RPC_FRAMEWORK_ERROR, "x" * 300, "a")

    assert error(None, refusal, Version.V201) == CallError("a", "RpcFrameworkError", "x" * 255)


def test_an_unreadable_id_is_answered_with_minus_one() -> None:
    refusal = RefusalError(Code.FORMAT_VIOLATION, "no JSON")

    assert error(None, refusal, Version.V16).message_id == "-1"


def test_a_payload_that_is_no_json_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode(Call("a", "X", {"v": float("nan")}), Version.V21)

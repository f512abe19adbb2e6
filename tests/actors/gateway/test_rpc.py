"""JSON-RPC 2.0: what a text says, and what is answered to what says nothing."""

import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gateway import rpc
from actors.gateway.rpc import Answer, Call, Code, Fault, Notice, RpcError

SOUND = {"jsonrpc": "2.0", "id": 1, "method": "ev.plug_in"}


def only(text):
    (item,) = rpc.read(text if isinstance(text, str | bytes) else json.dumps(text)).items
    return item


@pytest.mark.parametrize(
    ("text", "item"),
    [
        (SOUND, Call(1, "ev.plug_in", {})),
        (SOUND | {"params": {"evse": 1}}, Call(1, "ev.plug_in", {"evse": 1})),
        (SOUND | {"id": None}, Call(None, "ev.plug_in", {})),
        (SOUND | {"id": "a" * 200}, Call("a" * 200, "ev.plug_in", {})),
        (SOUND | {"method": "a" * 100}, Call(1, "a" * 100, {})),
        ({"jsonrpc": "2.0", "method": "a"}, Notice("a", {})),
        ({"jsonrpc": "2.0", "id": 7, "result": None}, Answer(7, None)),
        ({"jsonrpc": "2.0", "id": 7, "result": [1]}, Answer(7, [1])),
    ],
)
def test_what_follows_the_specification_is_understood(text, item):
    assert only(text) == item


@pytest.mark.parametrize(
    ("text", "number", "code"),
    [
        (b"", None, Code.PARSE),
        (b"\xff\xfe\x00", None, Code.PARSE),
        ("{", None, Code.PARSE),
        ("NaN", None, Code.PARSE),
        ('{"a": 1, "a": 2}', None, Code.PARSE),
        ("[" * 100_000, None, Code.PARSE),
        ("[" * 150 + "]" * 150, None, Code.PARSE),
        ('{"jsonrpc": "2.0", "id": 1e999}', None, Code.PARSE),
        ('"\\ud800"', None, Code.PARSE),
        (" " * (rpc.MAX_BYTES + 1), None, Code.LIMIT),
        ([], None, Code.REQUEST),
        ([SOUND] * (rpc.MAX_BATCH + 1), None, Code.LIMIT),
        (5, None, Code.REQUEST),
        (SOUND | {"id": 1.5}, None, Code.REQUEST),
        (SOUND | {"id": True}, None, Code.REQUEST),
        (SOUND | {"id": []}, None, Code.REQUEST),
        (SOUND | {"id": "a" * 201}, None, Code.REQUEST),
        (SOUND | {"jsonrpc": "1.0"}, 1, Code.REQUEST),
        ({"id": 1, "method": "a"}, 1, Code.REQUEST),
        (SOUND | {"method": 5}, 1, Code.REQUEST),
        (SOUND | {"method": "a" * 101}, 1, Code.REQUEST),
        (SOUND | {"params": [1]}, 1, Code.PARAMS),
        ({"jsonrpc": "2.0", "id": 1}, 1, Code.REQUEST),
        ({"id": 1, "result": 1}, 1, Code.REQUEST),
        ({"jsonrpc": "2.0", "id": None, "result": 1}, None, Code.REQUEST),
        ({"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": "no"}}, None, Code.REQUEST),
        ({"jsonrpc": "2.0", "id": 1, "result": 1, "error": {"code": 1, "message": "no"}}, 1, Code.REQUEST),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": "1", "message": "no"}}, 1, Code.REQUEST),
        ({"jsonrpc": "2.0", "id": 1, "error": 5}, 1, Code.REQUEST),
    ],
)
def test_what_is_no_request_is_a_fault_with_its_code(text, number, code):
    item = only(text)
    assert isinstance(item, Fault)
    assert (item.id, item.error.code) == (number, code)


def test_the_members_of_a_batch_are_looked_at_one_by_one():
    incoming = rpc.read(json.dumps([SOUND, 5, {"jsonrpc": "2.0", "method": "a"}]))
    assert incoming.batch
    assert list(map(type, incoming.items)) == [Call, Fault, Notice]


def test_a_batch_of_as_many_as_may_be_is_looked_at():
    assert len(rpc.read(json.dumps([SOUND] * rpc.MAX_BATCH)).items) == rpc.MAX_BATCH


def test_a_result_that_is_no_number_is_not_written():
    with pytest.raises(ValueError, match="JSON"):
        rpc.result(1, {"power_w": float("nan")})


@pytest.mark.parametrize(
    ("more", "data"), [({}, {"code": -5}), ({"data": {"x": 1}}, {"code": -5, "data": {"x": 1}})]
)
def test_an_error_of_the_other_side_keeps_its_code(more, data):
    item = only({"jsonrpc": "2.0", "id": 1, "error": {"code": -5, "message": "m" * 2000} | more})
    assert (item.error.code, item.error.data) == (Code.FAILURE, data)
    assert len(item.error.message) == rpc.MAX_MESSAGE


def test_what_is_written_can_be_read_again():
    assert only(rpc.result(1, {"ä": [None]})) == Answer(1, {"ä": [None]})
    assert only(rpc.call(1, "role.invoke", {"a": 1})) == Call(1, "role.invoke", {"a": 1})
    assert only(rpc.notice("observe.news", {})) == Notice("observe.news", {})
    read = only(rpc.error("x", RpcError(Code.LIMIT, "too much", {"limit": "rate"})))
    assert (read.id, read.error.message, read.error.data) == (
        "x",
        "too much",
        {"code": -32002, "data": {"limit": "rate"}},
    )
    assert only(rpc.error("x", RpcError(Code.PARSE, "no"))).error.data == {"code": -32700}
    assert json.loads(rpc.batch([rpc.result(1, 1), rpc.result(2, 2)]))[1]["id"] == 2


def test_an_error_survives_being_copied():
    copy = pickle.loads(pickle.dumps(RpcError(Code.LIMIT, "too much", {"limit": "rate"})))
    assert (copy.code, copy.message, copy.data) == (Code.LIMIT, "too much", {"limit": "rate"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
LIKE_A_REQUEST = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | JSON,
        "id": JSON,
        "method": st.text(max_size=5) | JSON,
        "params": JSON,
        "result": JSON,
        "error": JSON,
    },
)


@given(st.binary(max_size=60) | st.text(max_size=60) | (LIKE_A_REQUEST | JSON).map(json.dumps))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_whatever_comes_is_read_and_never_raises(text):
    incoming = rpc.read(text)
    assert incoming.items
    for item in incoming.items:
        if isinstance(item, Fault):
            json.loads(rpc.error(item.id, item.error))

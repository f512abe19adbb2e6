"""Frames of OCPP by their actions, about their EVSEs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gateway.picture.ocpp_messages import MAX_TEXT, REMEMBERED, OcppReader
from actors.ocpp.messages import FrameSeen
from tests.support.gateway_data import T0, call

OF_T = {"transactionId": "T"}


def read(reader, text, *, sent=True):
    return reader.read(FrameSeen(at=T0, sent=sent, text=text))


def shown(reader, text, *, sent=True):
    found = read(reader, text, sent=sent).show(7)
    return found.name, found.kind, found.id, found.evse, found.body


@pytest.mark.parametrize("sent", [True, False])
def test_an_answer_has_name_and_evse_of_its_call(sent):
    reader = OcppReader()
    asked = shown(reader, call("1", "Reset", {"evseId": 2}), sent=sent)
    answered = shown(reader, json.dumps([3, "1", {"status": "Accepted"}]), sent=not sent)

    assert asked == ("Reset", "request", "1", 2, {"evseId": 2})
    assert answered == ("Reset", "response", "1", 2, {"status": "Accepted"})


def test_a_refusal_is_an_error_with_its_code():
    reader = OcppReader()
    read(reader, call("1", "Reset", {}))

    found = shown(reader, json.dumps([4, "1", "NotSupported", "no", {}]), sent=False)
    assert found == (
        "Reset",
        "error",
        "1",
        None,
        {"code": "NotSupported", "description": "no", "details": {}},
    )


def test_the_refusal_of_an_answer_is_the_caller_s_own():
    reader = OcppReader()
    read(reader, call("1", "Reset", {}), sent=True)

    assert shown(reader, json.dumps([5, "1", "FormatViolation"]), sent=True)[:2] == ("Reset", "error")
    assert shown(reader, json.dumps([5, "1", "FormatViolation"]), sent=False)[:2] == ("", "error")


def test_what_needs_no_answer_is_an_event():
    found = shown(OcppReader(), json.dumps([6, "1", "NotifyPeriodicEventStream", {}]))

    assert found == ("NotifyPeriodicEventStream", "event", "1", None, {})


@pytest.mark.parametrize(
    ("payload", "evse"),
    [
        ({"evse": {"id": 3}}, 3),
        ({"evseId": 3}, 3),
        ({"connectorId": 3}, 3),
        ({"connectorId": 0}, None),
        ({"evse": 3}, None),
        ({"evseId": True}, None),
        ({}, None),
    ],
)
def test_what_a_message_is_about_is_in_its_payload(payload, evse):
    assert shown(OcppReader(), call("1", "X", payload))[3] == evse


@pytest.mark.parametrize(
    ("started", "later"),
    [
        ({"transactionInfo": OF_T, "evse": {"id": 2}}, {"transactionInfo": OF_T}),
        ({"transactionId": 5, "connectorId": 2}, {"transactionId": 5}),
    ],
)  # fmt: skip
def test_what_names_a_transaction_is_about_its_evse(started, later):
    reader = OcppReader()
    read(reader, call("1", "TransactionEvent", started))

    assert shown(reader, call("2", "TransactionEvent", later))[3] == 2


def test_calls_are_remembered_within_bounds():
    reader = OcppReader()
    for number in range(REMEMBERED + 1):
        read(reader, call(str(number), "Heartbeat", {}))

    assert shown(reader, json.dumps([3, "0", {}]), sent=False)[0] == ""
    assert shown(reader, json.dumps([3, "1", {}]), sent=False)[0] == "Heartbeat"


@pytest.mark.parametrize("text", ["", "x", "[", "{}", "[]", "[2]", "[3, {}]", "7", "NaN", "[" * 5000])
def test_what_is_no_frame_is_shown_as_an_error(text):
    found = shown(OcppReader(), text)

    assert found[:4] == ("no message", "error", None, None)
    assert "text" in found[4]


@pytest.mark.parametrize("text", ['[2,"1","X"]', '[3,"1"]', '[2,"1","X","y"]', '[2,"1","X",null]'])
def test_a_frame_without_payload_is_shown(text):
    assert shown(OcppReader(), text)[4] in ({}, "y", None)


def test_of_too_long_a_message_the_length_is_kept():
    text = call("1", "DataTransfer", {"data": "x" * MAX_TEXT})
    kept = read(OcppReader(), text)

    assert kept.size < 1000
    assert kept.show(1).body == {"too_long": len(text)}
    assert kept.show(1).name == "DataTransfer"


def test_secrets_are_blotted_out_in_answers_too():
    reader = OcppReader()
    value = {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "open sesame"}

    assert "open sesame" not in str(shown(reader, json.dumps([3, "1", {"getVariableResult": [value]}])))


@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    st.lists(
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=12,
        ),
        max_size=5,
    )
)
def test_no_frame_makes_the_reader_fail(frames):
    reader = OcppReader()
    for frame in frames:
        json.dumps(read(reader, json.dumps(frame)).show(1).body)

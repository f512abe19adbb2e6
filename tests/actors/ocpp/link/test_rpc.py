"""The conversation of OCPP: each call has one fate, and what a CSMS may do wrong harms nobody."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ocpp.link.rpc import MAX_DEPTH, MAX_QUEUED, Deliver, Note, Opened, Rpc, Seen, Settle, Transmit
from actors.ocpp.messages import Call, CalledReply, CallReply, Outcome
from protocols.message import Failure, FailureReason
from protocols.ocpp.errors import Code
from protocols.ocpp.frames import MAX_FRAME_BYTES, UNREADABLE_ID
from protocols.ocpp.version import Version

NOW = {"currentTime": "2026-01-01T00:00:00Z"}
BOOT = '{"chargingStation":{"model":"m","vendorName":"v"},"reason":"PowerUp"}'
ACCEPTED = CalledReply(payload='{"status":"Accepted"}')
EVERY = pytest.mark.parametrize("version", list(Version))


@pytest.fixture
def rpc():
    """A connection that speaks 2.1."""
    return connected(Version.V21)


def connected(version):
    made = Rpc()
    made.begin(version)
    return made


def call(message_id="1", action="Heartbeat", payload="{}"):
    return Call(message_id=message_id, action=action, payload=payload)


def receive(rpc, *parts):
    return rpc.received(json.dumps(parts).encode())


def sent(effects):
    return [json.loads(each.text) for each in effects if isinstance(each, Transmit)]


def fates(effects):
    return {each.message_id: each.reply for each in effects if isinstance(each, Settle)}


def notes(effects):
    return [each.event for each in effects if isinstance(each, Note)]


def invalid(effects):
    return [each.event for each in effects if isinstance(each, Note) and each.invalid]


def delivered(effects):
    return [each for each in effects if isinstance(each, Deliver)]


# -- our calls ---------------------------------------------------------------------------------------------


@EVERY
def test_a_call_goes_out_and_its_answer_settles_it(version):
    rpc = connected(version)

    effects = rpc.call(call())
    answered = receive(rpc, 3, "1", NOW)

    assert sent(effects) == [[2, "1", "Heartbeat", {}]]
    assert effects[1] == Opened("1")
    expected = CallReply(outcome=Outcome.ANSWERED, payload='{"currentTime":"2026-01-01T00:00:00Z"}')
    assert fates(answered) == {"1": expected}
    assert rpc.open_id is None


def test_while_a_call_is_open_no_other_goes_out(rpc):
    rpc.call(call("1"))

    effects = rpc.call(call("2"))

    assert sent(effects) == []
    assert fates(effects)["2"].outcome is Outcome.NOT_SENT
    assert rpc.open_id == "1"


def test_without_connection_nothing_goes_out():
    effects = Rpc().call(call())

    assert [each.outcome for each in fates(effects).values()] == [Outcome.NOT_SENT]


def test_a_call_that_is_open_is_not_sent_again(rpc):
    rpc.call(call())

    assert rpc.call(call()) == []


def test_a_call_that_was_answered_last_is_not_sent_again(rpc):
    rpc.call(call())
    receive(rpc, 3, "1", NOW)

    effects = rpc.call(call())

    assert sent(effects) == []
    assert fates(effects)["1"].outcome is Outcome.ANSWERED


def test_a_call_that_timed_out_is_sent_again_when_asked_for_again(rpc):
    rpc.call(call())
    late = rpc.expired()

    assert fates(late)["1"].outcome is Outcome.TIMEOUT
    assert sent(rpc.call(call())) == [[2, "1", "Heartbeat", {}]]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [((4, "1", "InternalError", "", {}), Outcome.REFUSED), ((3, "1", {"foreign": 1}), Outcome.INVALID)],
)
def test_a_call_that_was_refused_is_sent_again_when_asked_for_again(rpc, answer, outcome):  # E13
    rpc.call(call())

    assert fates(receive(rpc, *answer))["1"].outcome is outcome
    assert sent(rpc.call(call())) == [[2, "1", "Heartbeat", {}]]


def test_a_time_out_without_open_call_is_nothing(rpc):
    assert rpc.expired() == []


def test_the_end_of_the_connection_is_the_fate_of_what_is_open(rpc):
    rpc.call(call())

    assert fates(rpc.end())["1"].outcome is Outcome.LOST
    assert rpc.end() == []
    rpc.begin(Version.V201)
    assert sent(rpc.call(call()))


def test_a_refusal_is_told_with_its_code(rpc):
    rpc.call(call())

    effects = receive(rpc, 4, "1", "InternalError", "d" * 300, {})

    reply = fates(effects)["1"]
    assert (reply.outcome, reply.code, len(reply.description)) == (Outcome.REFUSED, "InternalError", 255)
    assert notes(effects) == ["call_was_refused"]


def test_answers_to_nobody_are_told_apart(rpc):
    rpc.call(call("late"))
    rpc.expired()
    rpc.call(call("twice"))
    receive(rpc, 3, "twice", NOW)

    found = [
        notes(receive(rpc, kind, message_id, *rest))
        for message_id in ("late", "twice", "never")
        for kind, rest in ((3, [NOW]), (4, ["GenericError"]))
    ]

    assert [each for (each,) in found] == ["answer_late"] * 2 + ["answer_repeated"] * 2 + [
        "answer_unknown"
    ] * 2


def test_an_answer_to_another_call_leaves_the_open_one_alone(rpc):
    rpc.call(call("1"))
    receive(rpc, 3, "2", NOW)

    assert rpc.open_id == "1"


@pytest.mark.parametrize(("version", "complains"), [(Version.V21, True), (Version.V201, False)])
def test_an_answer_that_breaks_its_schema_is_invalid(version, complains):
    rpc = connected(version)
    rpc.call(call())

    effects = receive(rpc, 3, "1", {"currentTime": 7})

    assert fates(effects)["1"].outcome is Outcome.INVALID
    expected = [5, "1", "TypeConstraintViolation", "currentTime: of another type", {}]
    assert sent(effects) == ([expected] if complains else [])
    assert invalid(effects) == ["result_invalid"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (call(action="Heartbeat", payload='{"x":1}'), Code.FORMAT_VIOLATION),
        (call(action="Nonsense"), Code.NOT_IMPLEMENTED),
        (call(payload="{"), Code.INTERNAL_ERROR),
        (call(payload="[]"), Code.INTERNAL_ERROR),
        (call(payload='{"customData":{"vendorId":"x","y":NaN}}'), Code.INTERNAL_ERROR),
        (call(message_id=""), Code.RPC_FRAMEWORK_ERROR),
        (call(message_id="a" * 37), Code.RPC_FRAMEWORK_ERROR),
        (
            call(payload=json.dumps({"customData": {"vendorId": "x", "y": "a" * MAX_FRAME_BYTES}})),
            Code.INTERNAL_ERROR,
        ),
    ],
    ids=lambda each: repr(each)[:40],
)
def test_a_call_that_breaks_the_rules_is_not_sent(rpc, wish, code):
    effects = rpc.call(wish)

    assert sent(effects) == []
    reply = fates(effects)[wish.message_id]
    assert (reply.outcome, reply.code) == (Outcome.UNSENDABLE, code)
    assert notes(effects) == ["call_invalid"]


def test_what_an_older_peer_does_not_know_is_left_out():
    rpc = connected(Version.V201)
    payload = {"chargingStation": {"model": "M", "vendorName": "V"}, "reason": "PowerUp"}
    wish = call(action="BootNotification", payload=json.dumps({**payload, "novelty": 1}))

    assert sent(rpc.call(wish)) == [[2, "1", "BootNotification", payload]]


def test_an_action_that_the_older_version_has_not_is_not_sent_to_it():
    effects = connected(Version.V201).call(call(action="NotifySettlement", payload="{}"))

    assert fates(effects)["1"].code == "NotImplemented"


def test_what_nobody_answers_is_settled_when_it_is_sent(rpc):
    stream = {"id": 1, "pending": 0, "basetime": "2026-01-01T00:00:00Z", "data": [{"t": 0, "v": "1"}]}

    effects = rpc.call(call(action="NotifyPeriodicEventStream", payload=json.dumps(stream)))

    assert sent(effects) == [[6, "1", "NotifyPeriodicEventStream", stream]]
    assert fates(effects)["1"] == CallReply(outcome=Outcome.ANSWERED)
    assert rpc.open_id is None


# -- the CSMS's calls --------------------------------------------------------------------------------------


@EVERY
def test_a_call_of_the_csms_is_delivered_and_answered(version):
    rpc = connected(version)

    effects = receive(rpc, 2, "a", "ClearCache", {})
    answered = rpc.answer("a", ACCEPTED)

    assert effects[1:] == [Deliver("a", "ClearCache", "{}")]
    assert sent(answered) == [[3, "a", {"status": "Accepted"}]]


def test_a_second_call_waits_for_the_first(rpc):
    receive(rpc, 2, "a", "ClearCache", {})

    assert delivered(receive(rpc, 2, "b", "ClearCache", {})) == []
    assert [each.message_id for each in delivered(rpc.answer("a", ACCEPTED))] == ["b"]


def test_a_crowd_of_calls_is_bounded(rpc):
    for number in range(MAX_QUEUED + 1):
        receive(rpc, 2, str(number), "ClearCache", {})

    effects = receive(rpc, 2, "more", "ClearCache", {})

    assert sent(effects) == [[4, "more", "GenericError", "too many calls at a time", {}]]
    assert (notes(effects), invalid(effects)) == (["too_many_calls"], [])


def test_the_same_call_twice_is_carried_out_once(rpc):
    for message_id in ("a", "b"):
        receive(rpc, 2, message_id, "ClearCache", {})

    for message_id in ("a", "b"):
        effects = receive(rpc, 2, message_id, "ClearCache", {})
        assert (delivered(effects), sent(effects), notes(effects)) == ([], [], ["call_repeated"])


def test_a_call_that_comes_again_after_its_answer_gets_the_same_answer(rpc):
    receive(rpc, 2, "a", "ClearCache", {})
    first = sent(rpc.answer("a", ACCEPTED))

    again = receive(rpc, 2, "a", "ClearCache", {})

    assert (delivered(again), sent(again)) == ([], first)


def test_another_call_under_the_last_id_is_refused(rpc):
    receive(rpc, 2, "a", "ClearCache", {})
    rpc.answer("a", ACCEPTED)

    again = receive(rpc, 2, "a", "GetLocalListVersion", {})

    assert delivered(again) == []
    assert sent(again)[0][:3] == [4, "a", "RpcFrameworkError"]


def test_an_id_from_long_ago_may_be_used_again(rpc):
    for message_id in ("a", "b"):
        receive(rpc, 2, message_id, "ClearCache", {})
        rpc.answer(message_id, ACCEPTED)

    assert delivered(receive(rpc, 2, "a", "ClearCache", {}))


@pytest.mark.parametrize(
    ("version", "parts", "expected"),
    [
        (Version.V21, ["Nonsense", {}], "NotImplemented"),
        (Version.V21, ["ClearCache", {"x": 1}], "FormatViolation"),
        (Version.V16, ["ClearCache", {"x": 1}], "FormationViolation"),
        (Version.V21, ["Reset", {}], "OccurrenceConstraintViolation"),
        (Version.V16, ["Reset", {}], "OccurenceConstraintViolation"),
        (Version.V201, ["Reset", {"type": 1}], "TypeConstraintViolation"),
        (Version.V201, ["Reset", {"type": "Never"}], "PropertyConstraintViolation"),
    ],
)
def test_a_call_that_breaks_its_schema_is_refused_in_the_versions_words(version, parts, expected):
    rpc = connected(version)

    effects = receive(rpc, 2, "a", *parts)

    assert delivered(effects) == []
    assert sent(effects)[0][:3] == [4, "a", expected]
    assert invalid(effects) == ["call_refused"]


@pytest.mark.parametrize(
    ("code", "version", "expected"),
    [
        (Code.NOT_SUPPORTED, Version.V21, "NotSupported"),
        (Code.FORMAT_VIOLATION, Version.V16, "FormationViolation"),
    ],
)
def test_a_refusal_of_the_charge_point_goes_out_as_the_version_writes_it(code, version, expected):
    rpc = connected(version)
    receive(rpc, 2, "a", "ClearCache", {})

    effects = rpc.answer("a", CalledReply(code=code.value, description="why"))

    assert sent(effects) == [[4, "a", expected, "why", {}]]


@pytest.mark.parametrize(
    "reply",
    [
        Failure(reason=FailureReason.TIMEOUT, detail="late"),
        CalledReply(payload='{"status":"Perhaps"}'),
        CalledReply(payload=""),
        CalledReply(code="NoSuchCode"),
    ],
)
def test_a_charge_point_that_cannot_answer_is_an_internal_error(rpc, reply):
    receive(rpc, 2, "a", "ClearCache", {})
    receive(rpc, 2, "b", "ClearCache", {})

    effects = rpc.answer("a", reply)

    assert sent(effects) == [[4, "a", "InternalError", "the station could not answer", {}]]
    assert notes(effects) == ["answer_invalid"]
    assert [each.message_id for each in delivered(effects)] == ["b"]


def test_an_answer_nobody_waits_for_any_more_goes_nowhere(rpc):
    receive(rpc, 2, "a", "ClearCache", {})

    assert rpc.answer("b", ACCEPTED) == []
    rpc.end()
    assert rpc.answer("a", ACCEPTED) == []
    rpc.begin(Version.V21)
    assert rpc.answer("a", ACCEPTED) == []


def test_what_the_csms_asked_before_the_connection_ended_is_forgotten(rpc):
    receive(rpc, 2, "a", "ClearCache", {})
    receive(rpc, 2, "b", "ClearCache", {})
    rpc.end()
    rpc.begin(Version.V21)

    assert [each.message_id for each in delivered(receive(rpc, 2, "a", "ClearCache", {}))] == ["a"]


def test_what_only_a_newer_peer_says_is_counted(rpc):
    assert notes(receive(rpc, 5, "a", "FormatViolation", "", {})) == ["answer_not_understood"]
    assert notes(receive(rpc, 6, "a", "NotifyPeriodicEventStream", {})) == ["send_ignored"]


# -- what is no frame --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message_id", "codes"),
    [
        (b"", UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
        (b"garbage", UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
        (b'{"a":1}', UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
        (b'[2,17,"Reset",{}]', UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
        (b'[2,"a","Reset"]', "a", ("RpcFrameworkError", "GenericError")),
        (b'[8,"a","Reset",{}]', "a", ("MessageTypeNotSupported", "GenericError")),
        (b'\xff\xfe[2,"a","Reset",{}]', UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
        ('[2,"a","Reset",{}]'.encode("utf-16"), UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
        (b'[2,"\\ud800","Reset",{}]', UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
        (b'[2,"a","DataTransfer",{"\\ud800":1}]', UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
        (b"[" * 5000, UNREADABLE_ID, ("RpcFrameworkError", "GenericError")),
    ],
    ids=lambda each: repr(each)[:40],
)
@pytest.mark.parametrize("version", [Version.V21, Version.V16])
def test_what_is_no_call_is_refused_under_an_id_that_could_be_read(version, data, message_id, codes):
    rpc = connected(version)

    effects = rpc.received(data)

    expected = codes[version is Version.V16]
    assert sent(effects)[0][:3] == [4, message_id, expected]
    assert invalid(effects) == ["frame_malformed"]
    assert rpc.call(call())


@pytest.mark.parametrize("data", [b'[3,"1"]', b' [ 4 ,"1"]', b'[5,"1",{}]', b'[6,"1"]', b'[3,"1",[]]'])
def test_a_broken_answer_is_not_answered(rpc, data):
    effects = rpc.received(data)

    assert (sent(effects), notes(effects)) == ([], ["frame_malformed"])


def test_a_frame_type_of_the_newer_version_is_refused_by_the_older():
    effects = connected(Version.V201).received(b'[6,"a","NotifyPeriodicEventStream",{}]')

    assert sent(effects)[0][:3] == [4, "a", "MessageTypeNotSupported"]


def nested(depth):
    payload = {"vendorId": "x", "customData": {"vendorId": "x", "deep": 1}}
    for _ in range(depth):
        payload["customData"]["deep"] = [payload["customData"]["deep"], 1]
    return payload


def test_a_payload_of_some_depth_is_delivered(rpc):
    assert delivered(receive(rpc, 2, "a", "DataTransfer", nested(MAX_DEPTH // 2)))


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**400], ids=["one more", "one less", "endless"])
def test_a_number_that_nobody_can_keep_is_refused(rpc, number):
    effects = receive(rpc, 2, "a", "SendLocalList", {"versionNumber": number, "updateType": "Full"})

    assert delivered(effects) == []
    assert sent(effects)[0][:3] == [4, "a", Code.PROPERTY_CONSTRAINT_VIOLATION]


def test_the_largest_numbers_are_delivered(rpc):
    payload = {
        "versionNumber": 2**63 - 1,
        "updateType": "Full",
        "customData": {"vendorId": "x", "n": [1 - 2**63]},
    }

    assert delivered(receive(rpc, 2, "a", "SendLocalList", payload))


def test_an_answer_whose_clock_lacks_its_zone_is_an_answer(rpc):
    rpc.call(call())

    effects = receive(rpc, 3, "1", {"currentTime": "2026-01-01T00:00:00"})

    assert fates(effects)["1"].outcome is Outcome.ANSWERED


def test_an_answer_with_a_number_that_nobody_can_keep_is_none(rpc):
    rpc.call(call(action="BootNotification", payload=BOOT))

    effects = receive(rpc, 3, "1", {**NOW, "interval": 10**400, "status": "Accepted"})

    assert fates(effects)["1"].outcome is Outcome.INVALID
    assert invalid(effects) == ["result_invalid"]


def test_a_payload_of_any_depth_harms_nobody(rpc):
    effects = receive(rpc, 2, "a", "DataTransfer", nested(MAX_DEPTH * 2))

    assert sent(effects)[0][:3] == [4, "a", "FormatViolation"]


def test_after_the_connection_ended_nothing_is_received():
    assert Rpc().received(b"[]") == []


def test_a_password_in_a_frame_is_not_shown(rpc):
    variable = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "attributeValue": "Tr0ub4dor",
    }

    effects = receive(rpc, 2, "a", "SetVariables", {"setVariableData": [variable]})

    assert isinstance(effects[0], Seen)
    assert "Tr0ub4dor" not in effects[0].shown
    assert "Tr0ub4dor" in delivered(effects)[0].payload


PARTS = st.one_of(
    st.integers(0, 9),
    st.sampled_from(["1", "a", "b", "Heartbeat", "ClearCache", "Reset", "GenericError", ""]),
    st.sampled_from([{}, NOW, {"type": "Immediate"}, []]),
    st.none(),
)


@settings(derandomize=True, max_examples=40)
@given(
    st.sampled_from(list(Version)),
    st.lists(
        st.one_of(
            st.lists(PARTS, max_size=6), st.binary(max_size=30), st.sampled_from(["call", "answer", "late"])
        ),
        max_size=12,
    ),
)
def test_whatever_comes_every_call_has_one_fate_at_most(version, inputs):
    rpc, asked, settled = connected(version), [], []
    for number, each in enumerate(inputs):
        match each:
            case "call":
                asked.append(f"own {number}")
                effects = rpc.call(call(asked[-1]))
            case "answer":
                effects = rpc.answer("a", ACCEPTED) + rpc.answer("b", ACCEPTED)
            case "late":
                effects = rpc.expired()
            case bytes():
                effects = rpc.received(each)
            case _:
                effects = receive(rpc, *each)
        assert len(delivered(effects)) <= 1
        settled += fates(effects)
    settled += fates(rpc.end())

    assert sorted(settled) == sorted(asked)

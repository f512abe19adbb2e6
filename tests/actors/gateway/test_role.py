"""A role that a program from outside fills."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.catalog import external
from actors.gateway import questions, rpc
from actors.gateway.messages import Invoke, InvokeReply
from actors.gateway.role import INVOKE, ProgramLostError, Role, RoleError, silence_of, told
from protocols import codec, interfaces
from protocols.interfaces import kvs, powermeter, system
from protocols.message import FailureReason, Reply
from protocols.types.system import ResetType
from tests.support import strategies

KNOWN = interfaces.load_all()
HERE, ELSEWHERE = 7, 8


def role_of(connection=HERE):
    role = Role("box", {"store": KNOWN["kvs"], "meter": KNOWN["powermeter"]})
    if connection is not None:
        role.register(connection)
    return role


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": 1, "data": {"reason": "Timeout"}}, FailureReason.TIMEOUT),
        ({"code": 1, "data": {"reason": "odd"}}, FailureReason.INVALID),
        ({"code": 1, "data": {"reason": ["odd"]}}, FailureReason.INVALID),
        ({"code": 1, "data": ["Timeout"]}, FailureReason.INVALID),
        ({"code": -32601}, FailureReason.UNSUPPORTED),
        ({"code": -32603}, FailureReason.INVALID),
    ],
)
def test_a_programs_error_says_why_a_command_failed(error, reason):
    (said,) = rpc.read(json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"message": "no", **error}})).items
    assert told(said) == InvokeReply(refused=reason, detail="no")


@pytest.mark.parametrize("error", [questions.GONE, questions.LATE])
def test_a_program_that_does_not_answer_is_the_gateways_failure(error):
    assert told(rpc.Answer(1, error=error)).reason.value == error.data["reason"]


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.text(max_size=30) | strategies.PLAIN.map(json.dumps), st.sampled_from(["result", "error"]))
def test_nothing_that_a_program_answers_raises(said, field):
    for item in rpc.read(f'{{"jsonrpc":"2.0","id":1,"{field}":{said}}}').items:
        if isinstance(item, rpc.Answer):
            reply = told(item)
            assert codec.decode(codec.encode(reply)) == reply
            if reply.refused is None:
                with contextlib.suppress(RoleError):
                    codec.encode(Role.reply(kvs.Load(key="a"), reply.result))


def test_an_answer_that_cannot_travel_is_no_answer():
    assert told(rpc.Answer(1, float("nan"))).refused is FailureReason.INVALID


def deep(levels):
    return json.loads("[" * levels + "]" * levels)


def test_the_deepest_answer_is_handed_on():
    text = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"value": deep(126)}})
    reply = told(rpc.read(text).items[0])
    assert codec.encode(Role.reply(kvs.Load(key="a"), codec.decode(codec.encode(reply)).result))


def test_a_command_too_deep_for_the_way_is_refused():
    tupled = codec.from_plain(kvs.Store, {"key": "a", "value": deep(126)})
    with pytest.raises(RoleError, match="store cannot be handed on: nested deeper"):
        role_of().invocation("store", tupled)


@pytest.mark.parametrize("result", [{"n" * 100_000: 1}, {"exists": True, "m" * 5000: {}}])
def test_what_is_said_of_a_bad_answer_is_short(result):
    with pytest.raises(RoleError) as caught:
        Role.reply(kvs.Exists(key="a"), result)
    assert len(str(caught.value)) <= 500


def test_a_role_is_filled_by_one_program_at_a_time():
    role = role_of()
    role.begin(HERE)
    with pytest.raises(RoleError, match="another program"):
        role.register(ELSEWHERE)
    assert (role.connection, role.ready) == (HERE, True)


def test_a_program_that_registers_again_begins_anew():
    role = role_of()
    role.begin(HERE)
    role.register(HERE)
    assert not role.ready


def test_a_program_that_is_not_there_is_let_go():
    role = role_of()
    role.release(ELSEWHERE)
    assert role.connection == HERE
    role.release(HERE)
    role.register(ELSEWHERE)
    assert (role.connection, role.ready) == (ELSEWHERE, False)


def test_each_interface_with_such_an_error_says_that_nobody_is_there():
    faults = {name: silence_of(KNOWN[name]) for name in ("system", "evse_board_support", "display_message")}
    assert faults == {
        "system": "system/CommunicationFault",
        "evse_board_support": "evse_board_support/CommunicationFault",
        "display_message": None,
    }


def test_a_stranger_speaks_for_no_role():
    for role in (role_of(), role_of(None)):
        with pytest.raises(RoleError, match=r"role\.register"):
            role.begin(ELSEWHERE)
        with pytest.raises(RoleError, match=r"role\.register"):
            role.variable(ELSEWHERE, "meter", "public_key_ocmf", {"public_key": "k"})
        with pytest.raises(RoleError, match=r"role\.register"):
            role.error(ELSEWHERE, "meter", "generic/CommunicationFault")
        assert not role.ready


def test_the_end_of_a_programs_connection_ends_the_role():
    role = role_of()
    role.gone(ELSEWHERE)
    with pytest.raises(ProgramLostError):
        role.gone(HERE)


def test_another_gateway_has_lost_the_program():
    role = role_of(None)
    assert not role.known
    assert role.gateway_lives("first")
    assert role.gateway_lives("second")  # nobody was here
    role.register(HERE)
    assert not role.gateway_lives("second")
    with pytest.raises(ProgramLostError):
        role.gateway_lives("third")


def test_the_first_word_of_a_gateway_loses_nobody():
    role = role_of()
    assert role.gateway_lives("first")
    assert role.connection == HERE


def test_a_program_that_leaves_three_commands_in_a_row_is_lost():
    role = role_of()
    for late in (True, True, False, True, True):
        role.answered(late=late)
    with pytest.raises(ProgramLostError):
        role.answered(late=True)


def test_a_command_becomes_an_invocation_by_everests_names():
    asked = role_of().invocation("store", kvs.Store(key="a", value=(1, None)))
    assert asked == {
        "role": "box",
        "implementation": "store",
        "interface": "kvs",
        "command": "store",
        "arguments": {"key": "a", "value": [1, None]},
    }
    with pytest.raises(RoleError, match="there are store, meter"):
        role_of().invocation("odd", kvs.Load(key="a"))
    with pytest.raises(RoleError, match="no command of powermeter 'load'"):
        role_of().invocation("meter", kvs.Load(key="a"))


@pytest.mark.parametrize(
    ("command", "result", "reply"),
    [
        (kvs.Load(key="a"), {"value": 5}, kvs.LoadReply(value=5)),
        (kvs.Store(key="a", value=1), None, Reply()),
        (kvs.Store(key="a", value=1), {}, Reply()),
    ],
)
def test_what_a_program_answers_is_the_reply(command, result, reply):
    assert Role.reply(command, result) == reply


@pytest.mark.parametrize("result", [None, 5, "a", [1], {"exists": "yes"}, {"exists": True, "more": 1}])
def test_an_answer_that_is_no_reply_is_refused(result):
    with pytest.raises(RoleError, match="result"):
        Role.reply(kvs.Exists(key="a"), result)


@pytest.mark.parametrize("result", [0, False, "", []])
def test_an_answer_of_nothing_is_no_reply_either(result):
    with pytest.raises(RoleError, match="an object is wanted"):
        Role.reply(kvs.Store(key="a", value=1), result)


def test_a_command_of_the_same_name_is_not_the_one_that_is_meant():
    role = Role("box", {"main": KNOWN["ac_rcd"]})
    with pytest.raises(RoleError, match="no command of ac_rcd 'reset'"):
        role.invocation("main", system.Reset(type=ResetType.SOFT, scheduled=False))


def test_what_is_said_of_a_bad_variable_is_short():
    with pytest.raises(RoleError) as caught:
        role_of().variable(HERE, "meter", "public_key_ocmf", {"public_key": "k", "m" * 5000: {}})
    assert len(str(caught.value)) <= 500


def test_what_a_program_publishes_is_held_against_the_interface():
    role = role_of()
    key = role.variable(HERE, "meter", "public_key_ocmf", {"public_key": "k"})
    assert key == powermeter.PublicKeyOcmf(public_key="k")
    for implementation, name, value, problem in (
        ("meter", "public_key_ocmf", {"public_key": 5}, "value: "),
        ("meter", "public_key", {"public_key": "k"}, "did you mean 'public_key_ocmf'"),
        ("store", "public_key_ocmf", {"public_key": "k"}, "there are none"),
        ("stor", "x", {}, "did you mean 'store'"),
    ):
        with pytest.raises(RoleError, match=problem):
            role.variable(HERE, implementation, name, value)


def test_a_program_raises_only_what_its_interface_declares():
    role = role_of()
    role.error(HERE, "meter", "generic/CommunicationFault")
    with pytest.raises(RoleError, match="no error of this interface"):
        role.error(HERE, "meter", "evse_manager/Internal")


def test_a_role_says_what_it_provides():
    assert role_of().provides == {"store": "kvs", "meter": "powermeter"}


ROLES = [
    pytest.param(manifest.name, provision.name, KNOWN[provision.interface], id=manifest.name)
    for manifest in external.MANIFESTS
    for provision in manifest.provides.values()
]


@pytest.mark.parametrize(("name", "implementation", "interface"), ROLES)
def test_each_role_hands_its_commands_and_replies_on(name, implementation, interface):
    role = Role(name, {implementation: interface})
    role.register(HERE)

    @settings(derandomize=True, max_examples=2, deadline=None)
    @given(st.data())
    def over_the_wire(data):
        for kind in interface.commands.values():
            command = data.draw(strategies.messages(kind))
            asked = json.loads(json.dumps(role.invocation(implementation, command)))
            invoke = Invoke(connection=HERE, method=INVOKE, params=asked)
            assert codec.from_plain(kind, codec.decode(codec.encode(invoke)).params["arguments"]) == command
            reply = data.draw(strategies.messages(kind.answer))
            said = {"jsonrpc": "2.0", "id": 1, "result": codec.to_plain(reply)}
            answer = codec.decode(codec.encode(told(rpc.read(json.dumps(said)).items[0])))
            assert codec.encode(role.reply(command, answer.result)) == codec.encode(reply)
        for variable, kind in interface.variables.items():
            news = data.draw(strategies.messages(kind))
            plain = json.loads(codec.to_json_text(news))
            assert codec.encode(role.variable(HERE, implementation, variable, plain)) == codec.encode(news)

    over_the_wire()


@pytest.mark.parametrize(("name", "implementation", "interface"), ROLES)
def test_nothing_that_a_program_publishes_does_harm(name, implementation, interface):
    role = Role(name, {implementation: interface})
    role.register(HERE)

    @settings(derandomize=True, max_examples=2, deadline=None)
    @given(st.dictionaries(st.text(max_size=5), strategies.PLAIN, max_size=3))
    def published(value):
        for variable, kind in interface.variables.items():
            fields = dict(zip(kind.__dataclass_fields__, value.values(), strict=False))
            for each in (value, fields):
                with contextlib.suppress(RoleError):
                    codec.encode(role.variable(HERE, implementation, variable, each))

    published()

"""A role that a program from outside fills."""

import pytest

from actors.gateway.role import ProgramLostError, Role, RoleError, reason_of
from actors.gateway.rpc import Code, RpcError
from protocols import interfaces
from protocols.interfaces import kvs, powermeter
from protocols.message import FailureReason, Reply

KNOWN = interfaces.load_all()
HERE, ELSEWHERE = 7, 8


def role_of(connection=HERE):
    role = Role({"store": KNOWN["kvs"], "meter": KNOWN["powermeter"]})
    if connection is not None:
        role.register(connection)
    return role


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RpcError(Code.FAILURE, "x", {"reason": "Timeout"}), FailureReason.TIMEOUT),
        (RpcError(Code.FAILURE, "x", {"reason": "odd"}), FailureReason.INVALID),
        (RpcError(Code.FAILURE, "x", {"reason": ["odd"]}), FailureReason.INVALID),
        (RpcError(Code.METHOD, "x"), FailureReason.UNSUPPORTED),
        (RpcError(Code.INTERNAL, "x"), FailureReason.INVALID),
    ],
)
def test_a_programs_error_says_why_a_command_failed(error, reason):
    assert reason_of(error) is reason


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
    role.gateway_lives("first")
    role.gateway_lives("second")  # nobody was here
    role.register(HERE)
    role.gateway_lives("second")
    with pytest.raises(ProgramLostError):
        role.gateway_lives("third")


def test_a_program_that_leaves_three_commands_in_a_row_is_lost():
    role = role_of()
    for late in (True, True, False, True, True):
        role.answered(late=late)
    with pytest.raises(ProgramLostError):
        role.answered(late=True)


def test_a_command_becomes_an_invocation_by_everests_names():
    asked = role_of().invocation("store", kvs.Store(key="a", value=(1, None)))
    assert asked == {
        "implementation": "store",
        "interface": "kvs",
        "command": "store",
        "arguments": {"key": "a", "value": [1, None]},
    }
    with pytest.raises(RoleError, match="there are store, meter"):
        role_of().invocation("odd", kvs.Load(key="a"))


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

"""Methods by which a program from outside fills a role."""

from datetime import UTC, datetime

import pytest

from actors.gateway.method import All, Ask, Scene
from actors.gateway.methods import METHODS
from actors.gateway.role_messages import (
    ClearForRole,
    GetRole,
    GetRoleReply,
    PublishForRole,
    RaiseForRole,
    RegisterRole,
    RegisterRoleReply,
    RoleReady,
)
from actors.gateway.rpc import Code, RpcError
from actors.gateway.site_map import Module, SiteMap
from protocols.message import Failure, FailureReason, Reply
from protocols.types.error_history import Severity

BOARD = {"board/board_support": "evse_board_support", "board/lock": "connector_lock"}
SITE = SiteMap(
    file="s",
    modules=(
        Module(
            id="board", kind="ExternalBoard", evse=1, provides=BOARD, connections={}, parameters={}
        ),
        Module(
            id="store", kind="PersistentStore", evse=None, provides={"store/main": "kvs"}, connections={},
            parameters={},
        ),
    ),
)  # fmt: skip
NAME = "board/board_support"


def run(called, *replies, push=True, **params):
    method, left = METHODS[called], list(replies)
    scene = Scene(datetime(2026, 1, 1, tzinfo=UTC), SITE, None, 4, push=push)
    running, steps = method.run(scene, method.read(params)), []
    try:
        step = next(running)
        while True:
            steps.append(step)
            step = running.send(left.pop(0))
    except StopIteration as end:
        return method.write(end.value), steps


def test_a_role_is_registered_under_the_callers_connection():
    told, steps = run(
        "role.register",
        RegisterRoleReply(provides={"board_support": "evse_board_support"}, evse=1),
        role="board",
    )
    assert told == {"role": "board", "provides": {"board_support": "evse_board_support"}, "evse": 1}
    assert steps == [Ask(NAME, RegisterRole(connection=4))]


def test_a_role_that_dies_with_a_program_in_hand_is_asked_again():
    died = Failure(reason=FailureReason.CRASHED, detail="it died")
    told, steps = run("role.register", died, RegisterRoleReply(provides={}), role="board")
    assert told == {"role": "board", "provides": {}, "evse": None}
    assert steps == 2 * [Ask(NAME, RegisterRole(connection=4))]
    with pytest.raises(RpcError, match="it died"):
        run("role.register", died, died, role="board")


@pytest.mark.parametrize(
    ("called", "params", "command"),
    [
        ("role.ready", {}, RoleReady(connection=4)),
        (
            "role.publish",
            {"variable": "event", "value": {"event": 1}},
            PublishForRole(
                connection=4, implementation="board_support", variable="event", value={"event": 1}
            ),
        ),
        (
            "role.publish",
            {"variable": "v", "value": {}, "implementation": "lock", "retain": True},
            PublishForRole(connection=4, implementation="lock", variable="v", value={}, retain=True),
        ),
        (
            "role.raise_error",
            {"type": "a/B", "sub_type": "c", "message": "text", "severity": "High"},
            RaiseForRole(
                connection=4,
                implementation="board_support",
                type="a/B",
                sub_type="c",
                text="text",
                severity=Severity.HIGH,
            ),
        ),
        (
            "role.clear_error",
            {"type": "a/B", "implementation": "lock"},
            ClearForRole(connection=4, implementation="lock", type="a/B"),
        ),
    ],
)
def test_what_a_program_says_is_handed_to_its_role(called, params, command):
    told, steps = run(called, Reply(), role="board", **params)
    assert told == {}
    assert steps == [Ask(NAME, command)]


def test_the_roles_are_listed_with_who_fills_them():
    told, steps = run("role.list", (GetRoleReply(registered=True, ready=False),))
    assert steps == [All((Ask(NAME, GetRole()),))]
    provides = {"board_support": "evse_board_support", "lock": "connector_lock"}
    assert told == [{"role": "board", "provides": provides, "evse": 1, "registered": True, "ready": False}]


def test_a_role_that_is_being_replaced_is_listed_as_empty():
    (told,), _steps = run("role.list", (Failure(reason=FailureReason.UNAVAILABLE, detail="gone"),))
    assert (told["role"], told["registered"], told["ready"]) == ("board", False, False)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"role": "boart"}, Code.NO_SUCH),
        ({"role": "store"}, Code.NO_SUCH),
        ({"role": "board", "push": False}, Code.PARAMS),
        ({"role": "b" * 201}, Code.PARAMS),
    ],
)
def test_a_role_that_cannot_be_filled_is_refused(params, code):
    with pytest.raises(RpcError) as caught:
        run("role.register", **params)
    assert caught.value.code == code


def test_a_role_that_refuses_says_why():
    with pytest.raises(RpcError, match="another") as caught:
        run("role.register", Failure(reason=FailureReason.INVALID, detail="another has it"), role="board")
    assert caught.value.code == Code.FAILURE

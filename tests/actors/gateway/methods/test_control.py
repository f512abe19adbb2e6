"""Methods that ask actors for what their interfaces offer."""

import json
from datetime import UTC, datetime

import jsonschema_rs
import pytest

from actors.engine.messages import GetTree, GetTreeReply, TreeNode
from actors.gateway.method import SITE, Ask, Kill, Scene
from actors.gateway.methods import METHODS, by_name
from actors.gateway.rpc import Code, RpcError
from actors.gateway.site_map import Module, SiteMap
from protocols.interfaces import kvs
from protocols.message import Failure, FailureReason


def site_of(kind="PersistentStore"):
    provides = {"store/main": "kvs", "store/odd": "ev_manager"}
    store = Module(id="store", kind=kind, evse=None, provides=provides, connections={}, parameters={})
    return SiteMap(file="s", modules=(store,))


def run(called, /, *replies, site=None, faults=False, **params):
    """The result of a method, and what it has asked."""
    method, steps, left = METHODS[called], [], list(replies)
    scene = Scene(datetime(2026, 1, 1, tzinfo=UTC), site or site_of(), None, 1, faults=faults)
    running = method.run(scene, method.read(params))
    try:
        step = next(running)
        while True:
            steps.append(step)
            step = running.send(left.pop(0) if left else None)
    except StopIteration as end:
        return method.write(end.value), steps


@pytest.mark.parametrize("command", ["kvs.load", "load"])
def test_an_actor_is_called_by_everest_names(command):
    told, steps = run(
        "actor.call",
        kvs.LoadReply(value=(1,)),
        name="store/main",
        command=command,
        arguments={"key": "a"},
        deadline_s=9,
    )
    assert told == {"value": [1]}
    assert steps == [Ask("store/main", kvs.Load(key="a"), 9.0)]


@pytest.mark.parametrize(
    ("params", "code", "data"),
    [
        ({"name": "store/man"}, Code.NO_SUCH, {"nearest": "store/main"}),
        ({"command": "lod"}, Code.NO_SUCH, {"nearest": "load"}),
        ({"command": "auth.load"}, Code.NO_SUCH, {"nearest": "load"}),
        ({"name": "store/odd"}, Code.NO_SUCH, {"known": []}),
        ({"arguments": {"key": 5}}, Code.PARAMS, {"field": "arguments.key", "tag": "kvs.load"}),
        ({"arguments": {}}, Code.PARAMS, {"field": "arguments.key", "tag": "kvs.load"}),
        ({"deadline_s": 0}, Code.PARAMS, {"field": "deadline_s"}),
        ({"deadline_s": 300.5}, Code.PARAMS, {"field": "deadline_s"}),
    ],
)
def test_a_call_that_means_nobody_is_refused(params, code, data):
    usual = {"name": "store/main", "command": "load", "arguments": {"key": "a"}}
    with pytest.raises(RpcError) as caught:
        run("actor.call", **(usual | params))
    assert (caught.value.code, caught.value.data) == (code, data)


def test_a_failure_of_the_actor_is_the_error():
    with pytest.raises(RpcError) as caught:
        run(
            "actor.call",
            Failure(reason=FailureReason.UNAVAILABLE, detail="down"),
            name="store/main",
            command="load",
            arguments={"key": "a"},
        )
    assert caught.value.code is Code.FAILURE


def test_every_name_is_listed_with_what_it_offers():
    (main, odd), _steps = run("names.list")
    assert (main["name"], main["interface"], main["commands"]) == (
        "store/main", "kvs", ["store", "load", "delete", "exists"],
    )  # fmt: skip
    assert odd["commands"] == odd["variables"] == []


def test_an_interface_is_described_by_schemas_that_its_messages_fit():
    told, steps = run("interface.get", interface="powermeter")

    fits = {
        "arguments": {"value": {"evse_id": "1", "transaction_id": "t", "identification_status": "ASSIGNED",
                                "identification_flags": [], "identification_type": "ISO14443"}},
        "result": {"response": {"status": "NOT_SUPPORTED"}},
    }  # fmt: skip
    for part, said in fits.items():
        judge = jsonschema_rs.validator_for(told["commands"]["start_transaction"][part])
        assert judge.is_valid(said), list(judge.iter_errors(said))
        assert not judge.is_valid({**said, "more": 1})
    assert steps == []


def test_an_interface_is_described_with_its_variables_and_errors():
    told, _steps = run("interface.get", interface="powermeter")

    assert list(told["variables"]) == ["powermeter", "public_key_ocmf"]
    reading = told["variables"]["powermeter"]["$defs"]["Powermeter"]["properties"]
    assert {"timestamp", "energy_Wh_import", "power_W"} <= reading.keys()
    assert "generic/CommunicationFault" in told["errors"]
    assert json.loads(json.dumps(told)) == told  # as it goes over the wire


def test_of_an_interface_that_is_not_there_the_nearest_is_named():
    with pytest.raises(RpcError) as caught:
        run("interface.get", interface="powermetre")
    assert (caught.value.code, caught.value.data) == (Code.NO_SUCH, {"nearest": "powermeter"})


TREE = GetTreeReply(
    node=TreeNode(
        name="site",
        kind="Site",
        state="Running",
        pid=10,
        children=(
            TreeNode(name="store", kind="StoreActor", state="Running", pid=11),
            TreeNode(name="auth", kind="AuthActor", state="Backoff"),
            TreeNode(name="far", kind="EvseActor", state="Running", pid=12, host="192.0.2.7"),
        ),
    )
)


@pytest.mark.parametrize(("site", "faults"), [(site_of("SimulatedBoard"), False), (site_of(), True)])
def test_an_actor_is_killed_by_its_path(site, faults):
    told, steps = run("actor.kill", TREE, site=site, faults=faults, path="site/store")
    assert told == {"path": "site/store", "kind": "StoreActor", "pid": 11}
    assert steps == [Ask(SITE, GetTree()), Kill(11, 9)]


def test_an_actor_can_be_made_to_hang():
    assert run("actor.kill", TREE, faults=True, path="site/store", signal="STOP")[1][1].signal == 19


@pytest.mark.parametrize(
    ("faults", "path", "code"),
    [
        (False, "site/store", Code.NOT_ALLOWED),
        (True, "site", Code.NOT_ALLOWED),
        (True, "site/auth", Code.NO_SUCH),
        (True, "site/evse_1", Code.NO_SUCH),
        (True, "site/far", Code.NOT_ALLOWED),
    ],
)
def test_nobody_else_is_killed(faults, path, code):
    with pytest.raises(RpcError) as caught:
        run("actor.kill", TREE, faults=faults, path=path)
    assert caught.value.code is code


def test_no_two_methods_have_one_name():
    with pytest.raises(ValueError, match=r"actor\.call"):
        by_name([METHODS["actor.call"], METHODS["actor.kill"], _twin()])


def _twin():
    import dataclasses

    return dataclasses.replace(METHODS["actor.call"])

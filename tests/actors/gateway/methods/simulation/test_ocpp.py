"""Tests for actors/gateway/methods/simulation/ocpp.py: the charge point, told things over the Gateway."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from actors.gateway.rpc import Code, RpcError
from actors.ocpp.messages import (
    AddToCache,
    AddToList,
    AddToListReply,
    CallReply,
    Connect,
    ConnectReply,
    Disconnect,
    DisconnectReply,
    ForgetValue,
    ForgetValueReply,
    Known,
    MakeCall,
    Outcome,
)
from protocols.interfaces import ocpp
from protocols.message import Failure, FailureReason, Reply
from protocols.types.ocpp import (
    EVSE,
    AttributeEnum,
    Component,
    ComponentVariable,
    SetVariableRequest,
    SetVariableResult,
    SetVariableStatusEnumType,
    Variable,
)
from tests.support.gateway_simulation import BY_NAME, DEPLOY, drive, map_of, scene
from tests.support.ocpp_point import Scene, config_of

if TYPE_CHECKING:
    from pathlib import Path

SIL = map_of(DEPLOY / "sil-2evse.yaml")
REAL = dataclasses.replace(SIL, evses=tuple(dataclasses.replace(each, plant=None) for each in SIL.evses))
ALONE = map_of(DEPLOY / "minimal-ac.yaml")
PLACE = ComponentVariable(
    component=Component(name="EVSE", instance="a", evse=EVSE(id=1, connector_id=2)),
    variable=Variable(name="Power", instance="b"),
)
NAMED = {
    "component": "EVSE", "variable": "Power", "evse": 1, "connector": 2, "instance": "b",
    "component_instance": "a",
}  # fmt: skip
KNOWN = Known(id_token="C", type="eMAID", status="Blocked", group_id="G")
TOKEN = {"token": "C", "type": "eMAID", "status": "Blocked", "group": "G"}


def accepted() -> ocpp.SetVariablesReply:
    status = SetVariableStatusEnumType.REBOOT_REQUIRED
    return ocpp.SetVariablesReply(results=(SetVariableResult(status=status, component_variable=PLACE),))


SET = SetVariableRequest(component_variable=PLACE, value="7", attribute_type=AttributeEnum.TARGET)


@pytest.mark.parametrize(
    ("name", "params", "command", "reply", "result"),
    [
        ("link.set", {"up": True}, Connect(), ConnectReply(changed=True), {"changed": True}),
        ("link.set", {"up": False}, Disconnect(), DisconnectReply(changed=False), {"changed": False}),
        (
            "ocpp.config.set",
            {**NAMED, "value": "7", "attribute": "Target"},
            ocpp.SetVariables(requests=(SET,), source="gateway"),
            accepted(),
            {"status": "RebootRequired"},
        ),
        (
            "ocpp.config.delete",
            NAMED,
            ForgetValue(component_variable=PLACE),
            ForgetValueReply(value="3", restart=True),
            {"value": "3", "restart": True},
        ),
        ("ocpp.auth_cache.add", TOKEN, AddToCache(known=KNOWN), Reply(), {}),
        (
            "ocpp.local_list.add",
            TOKEN,
            AddToList(known=KNOWN),
            AddToListReply(list_version=3, entries=4),
            {"version": 3, "entries": 4},
        ),
        (
            "ocpp.send_call",
            {"action": "Heartbeat", "payload": {}},
            MakeCall(action="Heartbeat", payload="{}"),
            CallReply(outcome=Outcome.ANSWERED, payload='{"a":1}'),
            {"outcome": "Answered", "payload": {"a": 1}, "code": "", "description": ""},
        ),
        (
            "ocpp.send_call",
            {"action": "Heartbeat", "payload": {"b": [1.5]}},
            MakeCall(action="Heartbeat", payload='{"b": [1.5]}'),
            CallReply(outcome=Outcome.REFUSED, code="NotSupported", description="no"),
            {"outcome": "Refused", "payload": None, "code": "NotSupported", "description": "no"},
        ),
    ],
)
def test_each_method_is_a_command_of_the_charge_point(
    name: str, params: dict[str, Any], command: Any, reply: Reply, result: Any
) -> None:
    told, (ask,) = drive(SIL, name, [reply], **params)

    assert (ask.name, ask.command, told) == ("ocpp/ocpp_generic", command, result)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("link.set", {"up": True}),
        ("ocpp.config.set", {**NAMED, "value": "7"}),
        ("ocpp.config.delete", NAMED),
        ("ocpp.auth_cache.add", TOKEN),
        ("ocpp.local_list.add", TOKEN),
        ("ocpp.send_call", {"action": "Heartbeat", "payload": {}}),
    ],
)
@pytest.mark.parametrize(("site", "code"), [(REAL, Code.NOT_SIMULATED), (ALONE, Code.NO_SUCH)])
def test_without_simulated_parts_or_ocpp_it_is_refused(
    site: Any, code: Code, name: str, params: dict[str, Any]
) -> None:
    with pytest.raises(RpcError) as refused:
        drive(site, name, [], **params)

    assert refused.value.code is code


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("link.set", {"up": "yes"}),
        ("ocpp.config.set", {"component": "EVSE", "variable": "Power", "value": 7}),
        ("ocpp.config.set", {"component": "EVSE", "variable": "Power", "value": "7", "connector": 1}),
        ("ocpp.config.delete", {"component": "EVSE", "variable": "Power", "connector": 1}),
        ("ocpp.send_call", {"action": "", "payload": {}}),
        ("ocpp.send_call", {"action": "Heartbeat", "payload": []}),
        ("ocpp.auth_cache.add", {"token": "C", "expires_at": "tomorrow"}),
    ],
)
def test_what_does_not_fit_is_refused(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(RpcError) as refused:
        drive(SIL, name, [], **params)

    assert refused.value.code is Code.PARAMS


def test_one_simulated_evse_beside_a_real_one_will_do() -> None:
    real, simulated = SIL.evses
    mixed = dataclasses.replace(SIL, evses=(dataclasses.replace(real, plant=None), simulated))

    told, _asks = drive(mixed, "link.set", [DisconnectReply(changed=True)], up=False)

    assert told == {"changed": True}


def test_what_the_charge_point_refuses_is_told() -> None:
    refusal = Failure(reason=FailureReason.INVALID, detail="OCPP has no Fly")

    with pytest.raises(RpcError, match="OCPP has no Fly"):
        drive(SIL, "ocpp.send_call", [refusal], action="Fly", payload={})


# -- at a charge point ---------------------------------------------------------------------------------------


@pytest.fixture
def point(tmp_path: Path) -> Scene:
    found = Scene(config_of(tmp_path, simulated=True))
    found.connect()
    found.accept()
    return found


def call(point: Scene, name: str, **params: Any) -> Any:
    method = BY_NAME[name]
    steps: Any = method.run(scene(SIL), method.read(params))
    step = next(steps)
    try:
        steps.send(point.site.ask(step.name, step.command))
    except StopIteration as end:
        return method.write(end.value)


def test_the_link_is_cut_and_made_again(point: Scene) -> None:
    changed = [call(point, "link.set", up=up)["changed"] for up in (False, False, True)]

    assert changed == [True, False, True]


def test_a_variable_is_set_and_forgotten(point: Scene) -> None:
    name = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}
    before = call(point, "ocpp.config.delete", **name)["value"]

    told = call(point, "ocpp.config.set", **name, value="777")
    model = point.actor("point").core.model
    values = [each.value for key, each in model._values.items() if key.variable.name == "HeartbeatInterval"]

    assert (told, values) == ({"status": "Accepted"}, ["777"])
    assert call(point, "ocpp.config.delete", **name) == {"value": before, "restart": False}


def test_tokens_are_known_from_then_on(point: Scene) -> None:
    call(point, "ocpp.config.set", component="LocalAuthListCtrlr", variable="Enabled", value="true")
    call(point, "ocpp.config.set", component="AuthCacheCtrlr", variable="Enabled", value="true")

    assert call(point, "ocpp.auth_cache.add", **TOKEN) == {}
    assert call(point, "ocpp.local_list.add", **TOKEN) == {"version": 1, "entries": 1}


def test_a_call_goes_to_the_csms(point: Scene) -> None:
    method = BY_NAME["ocpp.send_call"]
    steps: Any = method.run(scene(SIL), method.read({"action": "Heartbeat", "payload": {}}))
    step = next(steps)
    seen = len(point.actor("link").calls)
    with pytest.raises(LookupError):  # the CSMS has not answered yet
        point.site.ask(step.name, step.command)

    sent = [made for made, _answer in point.actor("link").calls[seen:]]

    assert [(each.action, json.loads(each.payload)) for each in sent] == [("Heartbeat", {})]

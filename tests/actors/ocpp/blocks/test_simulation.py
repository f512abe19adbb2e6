"""Tests for actors/ocpp/blocks/simulation.py: what tests want of a charge point."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ocpp.v21 import call_result
from ocpp.v21.enums import DataTransferStatusEnumType

from actors.ocpp.blocks import authorization_cache, local_list, simulation, site_variables, variables
from actors.ocpp.device_model import variables as steering
from actors.ocpp.device_model.component import Source
from actors.ocpp.messages import (
    AddToCache,
    AddToList,
    AddToListReply,
    CallReply,
    ForgetValue,
    ForgetValueReply,
    Known,
    MakeCall,
    Outcome,
)
from protocols.interfaces import ocpp
from protocols.message import Failure, FailureReason, Reply
from protocols.types.authorization import IdToken, IdTokenType
from protocols.types.ocpp import AttributeEnum, Component, ComponentVariable, SetVariableRequest, Variable
from tests.support.ocpp_station import START, Station, altered, shipped

CARD = Known(id_token="04A1", type="ISO14443")
TOKEN = IdToken(value="04A1", type=IdTokenType.ISO14443)
HEARTBEAT = ComponentVariable(
    component=Component(name="OCPPCommCtrlr"), variable=Variable(name="HeartbeatInterval")
)


def made(*, simulated: bool = True, **options: Any) -> Station:
    blocks = (
        simulation.BLOCK,
        authorization_cache.BLOCK,
        local_list.BLOCK,
        variables.BLOCK,
        site_variables.BLOCK,
    )
    return Station(blocks=blocks, options={"simulated": simulated}, **options)


@pytest.fixture
def station() -> Station:
    return made()


def refusal(station: Station, command: Any) -> str:
    (reply,) = station.ask(command)
    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.INVALID
    return reply.detail


def test_a_site_without_simulated_parts_does_nothing_of_it() -> None:
    station = made(simulated=False)
    commands = (
        MakeCall(action="Heartbeat", payload="{}"),
        AddToCache(known=CARD),
        AddToList(known=CARD),
        ForgetValue(component_variable=HEARTBEAT),
    )

    assert [station.ask(each) for each in commands] == [[simulation.REAL]] * 4


# -- calls ---------------------------------------------------------------------------------------------------


def test_a_call_goes_out_and_its_answer_comes_back(station: Station) -> None:
    station.connect()
    payload = {"vendorId": "org.example", "data": {"a": 1}}
    assert station.ask(MakeCall(action="DataTransfer", payload=json.dumps(payload))) == []

    assert station.sent() == [payload]
    station.answered(call_result.DataTransfer(DataTransferStatusEnumType.accepted))

    (reply,) = station.replies(1)
    assert (reply.outcome, json.loads(reply.payload)) == (Outcome.ANSWERED, {"status": "Accepted"})


def test_without_a_connection_a_call_is_not_sent(station: Station) -> None:
    reply = station.ask(MakeCall(action="Heartbeat", payload="{}"))

    assert reply == [CallReply(outcome=Outcome.NOT_SENT)]


@pytest.mark.parametrize(
    ("action", "payload", "problem"),
    [
        ("Fly", "{}", "OCPP has no Fly"),
        ("Heartbeat", "{", "no JSON"),
        ("DataTransfer", "{}", "is missing"),
        ("Heartbeat", '{"wings": 2}', "the schema has not"),
    ],
)
def test_what_is_no_call_is_refused(station: Station, action: str, payload: str, problem: str) -> None:
    station.connect()

    assert problem in refusal(station, MakeCall(action=action, payload=payload))


# -- tokens --------------------------------------------------------------------------------------------------


def test_a_token_in_the_cache_is_known_from_then_on(station: Station) -> None:
    known = Known(
        id_token="04a1",
        type="ISO14443",
        status="Blocked",
        expires_at=START + timedelta(days=1),
        group_id="G",
    )

    assert station.ask(AddToCache(known=known)) == [Reply()]

    found: list[Any] = []
    station.turn(lambda turn: found.append(authorization_cache.find(turn, TOKEN)))
    assert (found[0].accepted, found[0].expires_at) == (False, START + timedelta(days=1))
    assert json.loads(found[0].info)["groupIdToken"]["idToken"] == "G"


def test_a_cache_that_is_off_takes_nothing(station: Station) -> None:
    station.set(steering.CACHE_ENABLED, value=False)

    assert "AuthCacheCtrlr" in refusal(station, AddToCache(known=CARD))


@pytest.mark.parametrize("command", [AddToCache, AddToList])
def test_a_token_the_csms_could_not_name_is_refused(station: Station, command: Any) -> None:
    assert "status" in refusal(station, command(known=Known(id_token="1", type="Local", status="Welcome")))


def test_a_token_is_added_to_the_list_beside_the_others(station: Station) -> None:
    station.set(steering.LIST_ENABLED, value=True)
    first = station.ask(AddToList(known=CARD))
    second = station.ask(AddToList(known=Known(id_token="2", type="Local", status="Invalid")))

    found: list[Any] = []
    station.turn(lambda turn: found.append(local_list.find(turn, TOKEN)))
    assert [*first, *second] == [
        AddToListReply(list_version=1, entries=1),
        AddToListReply(list_version=1, entries=2),
    ]
    assert found[0].accepted


def test_a_list_that_is_off_takes_nothing(station: Station) -> None:
    station.set(steering.LIST_ENABLED, value=False)

    assert "no local authorization list" in refusal(station, AddToList(known=CARD))


def test_a_full_list_takes_nothing_more() -> None:
    big = made(
        components=altered(
            "LocalAuthListCtrlr.Entries",
            characteristics=replace(variable("LocalAuthListCtrlr", "Entries").characteristics, max_limit=0),
        )
    )
    big.set(steering.LIST_ENABLED, value=True)

    assert "there is room for 0 entries" in refusal(big, AddToList(known=CARD))


def variable(component: str, name: str) -> Any:
    found = next(each for each in shipped() if each.name.name == component)
    return next(each for key, each in found.variables.items() if key.name == name)


def attributes(component: str, name: str) -> Any:
    return variable(component, name).attributes


# -- variables -----------------------------------------------------------------------------------------------


def interval(station: Station) -> int:
    return station.model.read(steering.HEARTBEAT_INTERVAL)


def set_interval(station: Station, seconds: int) -> None:
    request = SetVariableRequest(component_variable=HEARTBEAT, value=str(seconds))
    station.ask(ocpp.SetVariables(requests=(request,), source="test"))


def test_what_was_set_of_a_variable_is_forgotten(station: Station) -> None:
    before = interval(station)
    set_interval(station, before + 5)
    assert interval(station) == before + 5

    reply = station.ask(ForgetValue(component_variable=HEARTBEAT))

    assert (reply, interval(station)) == ([ForgetValueReply(value=str(before))], before)
    station.life()
    assert interval(station) == before
    assert station.ask(ForgetValue(component_variable=HEARTBEAT)) == [ForgetValueReply(value=str(before))]


def test_a_variable_of_the_site_file_counts_after_a_restart() -> None:
    station = made(components=altered("OCPPCommCtrlr.HeartbeatInterval", source=Source.SITE))
    before = interval(station)
    set_interval(station, before + 5)

    reply = station.ask(ForgetValue(component_variable=HEARTBEAT))

    assert reply == [ForgetValueReply(value=str(before), restart=True)]


def test_a_value_nobody_else_gives_stays() -> None:
    kept = attributes("OCPPCommCtrlr", "HeartbeatInterval")
    silent = {kind: replace(each, value=None) for kind, each in kept.items()}
    station = made(components=altered("OCPPCommCtrlr.HeartbeatInterval", attributes=silent))
    assert "the files say nothing" in refusal(station, ForgetValue(component_variable=HEARTBEAT))
    set_interval(station, 77)

    assert "the files say nothing" in refusal(station, ForgetValue(component_variable=HEARTBEAT))

    station.life()
    assert interval(station) == 77


def test_what_can_be_written_only_is_not_told(station: Station) -> None:
    name = ComponentVariable(
        component=Component(name="SecurityCtrlr"), variable=Variable(name="BasicAuthPassword")
    )
    station.set(steering.BASIC_AUTH_PASSWORD, "a-secret-of-16-letters")

    assert station.ask(ForgetValue(component_variable=name)) == [ForgetValueReply(value="")]


@pytest.mark.parametrize(
    ("component", "variable", "attribute"),
    [
        ("OCPPCommCtrlr", "HeartbeatInterval", AttributeEnum.TARGET),
        ("OCPPCommCtrlr", "Wings", AttributeEnum.ACTUAL),
        ("Wings", "HeartbeatInterval", AttributeEnum.ACTUAL),
    ],
)
def test_a_variable_that_is_not_there_cannot_be_forgotten(
    station: Station, component: str, variable: str, attribute: AttributeEnum
) -> None:
    name = ComponentVariable(component=Component(name=component), variable=Variable(name=variable))

    assert refusal(station, ForgetValue(component_variable=name, attribute=attribute))

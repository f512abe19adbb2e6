"""What tests want of a charge point, where some of the site is simulated: calls as they stand, tokens it is
to know, variables as the files have them. No CSMS asks for any of it; a site without simulated parts refuses.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.block import Block
from actors.ocpp.blocks import authorization_cache, local_list
from actors.ocpp.blocks.variables import follow
from actors.ocpp.blocks.wire_names import place_of
from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.device_model.requests import GetRequest, SetResult
from actors.ocpp.messages import (
    AddToCache,
    AddToList,
    AddToListReply,
    CallReply,
    ForgetValue,
    ForgetValueReply,
    MakeCall,
    Outcome,
)
from protocols.message import Failure, FailureReason, Reply
from protocols.ocpp import payloads, schemas, times
from protocols.ocpp.errors import RefusalError
from protocols.ocpp.version import Version
from protocols.types.ocpp import GetVariableStatusEnumType, SetVariableStatusEnumType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ocpp.v21 import datatypes

    from actors.ocpp.messages import Known
    from actors.ocpp.turn import Turn
    from protocols.message import Command

REAL: Final = Failure(reason=FailureReason.UNSUPPORTED, detail="nothing of this site is simulated")


def _where_simulated(do: Callable[[Turn, int, Any], None]) -> Callable[[Turn, int, Command], None]:
    def command(turn: Turn, tag: int, given: Command) -> None:
        if turn.settings.simulated:
            do(turn, tag, given)
        else:
            turn.answer(tag, REAL)

    return command


def _invalid(turn: Turn, tag: int, why: str) -> None:
    turn.answer(tag, Failure(reason=FailureReason.INVALID, detail=why))


# -- calls ---------------------------------------------------------------------------------------------------


def _read(action: str, payload: Any) -> Any:
    """A request as the schema has it. RefusalError for any other."""
    schemas.check(Version.V21, action, payload)
    return payloads.decode(payloads.REQUESTS[action], payload)


def _make_call(turn: Turn, tag: int, given: MakeCall) -> None:
    if given.action not in payloads.REQUESTS:
        _invalid(turn, tag, f"OCPP has no {given.action[:50]}")
        return
    try:
        request = _read(given.action, json.loads(given.payload))
    except RefusalError as refusal:
        _invalid(turn, tag, refusal.problem)
        return
    except ValueError:
        _invalid(turn, tag, "the payload is no JSON")
        return
    if not turn.call(request, "simulation.call", tag=tag):
        turn.answer(tag, CallReply(outcome=Outcome.NOT_SENT))


def _called(turn: Turn, context: Mapping[str, Any], reply: CallReply) -> None:
    turn.answer(context["tag"], reply)


# -- tokens --------------------------------------------------------------------------------------------------


def _item(known: Known) -> datatypes.AuthorizationData:
    """In the words of the CSMS. RefusalError for what it could not say."""
    info: dict[str, Any] = {"status": known.status}
    if known.expires_at is not None:
        info["cacheExpiryDateTime"] = times.text_of(known.expires_at)
    if known.group_id is not None:
        info["groupIdToken"] = {"idToken": known.group_id, "type": known.type}
    item = {"idToken": {"idToken": known.id_token, "type": known.type}, "idTokenInfo": info}
    update = {"versionNumber": 1, "updateType": "Differential", "localAuthorizationList": [item]}
    found: datatypes.AuthorizationData = _read("SendLocalList", update).local_authorization_list[0]
    return found


def _add_to_cache(turn: Turn, tag: int, given: AddToCache) -> None:
    try:
        item = _item(given.known)
    except RefusalError as refusal:
        _invalid(turn, tag, refusal.problem)
        return
    if not authorization_cache.works(turn):
        _invalid(turn, tag, "there is no authorization cache, or it is off (AuthCacheCtrlr)")
        return
    assert item.id_token_info is not None  # it was just put there
    authorization_cache.learn(turn, item.id_token, item.id_token_info)
    turn.answer(tag, Reply())


def _add_to_list(turn: Turn, tag: int, given: AddToList) -> None:
    try:
        item = _item(given.known)
    except RefusalError as refusal:
        _invalid(turn, tag, refusal.problem)
        return
    if (problem := local_list.add(turn, item)) is not None:
        _invalid(turn, tag, problem.info)
        return
    turn.answer(tag, AddToListReply(list_version=local_list.version(turn), entries=local_list.entries(turn)))


# -- variables -----------------------------------------------------------------------------------------------


def _forget_value(turn: Turn, tag: int, given: ForgetValue) -> None:
    component, variable = place_of(given.component_variable)
    request = GetRequest(component=component, variable=variable, attribute=given.attribute)
    found = turn.model.get_one(request)
    if found.status not in {GetVariableStatusEnumType.ACCEPTED, GetVariableStatusEnumType.REJECTED}:
        _invalid(turn, tag, found.info)
        return
    declared = turn.model.components[component]
    name = AttributeName(declared.name, declared.variables[variable].name, given.attribute)
    try:
        change = turn.model.forget(name)
    except LookupError as error:
        _invalid(turn, tag, str(error))
        return
    result = SetResult(
        component=name.component,
        variable=name.variable,
        attribute=name.type,
        status=SetVariableStatusEnumType.ACCEPTED,
        change=change,
    )
    later = declared.variables[variable].reboot_required or declared.variables[variable].source is Source.SITE
    value = turn.model.get_one(request).value or ""  # nothing of what can be written only
    turn.answer(tag, ForgetValueReply(value=value, restart=later and change is not None))
    follow(turn, [result])


BLOCK: Final = Block(
    name="simulation",
    commands={
        MakeCall: _where_simulated(_make_call),
        AddToCache: _where_simulated(_add_to_cache),
        AddToList: _where_simulated(_add_to_list),
        ForgetValue: _where_simulated(_forget_value),
    },
    replies={"simulation.call": _called},
)

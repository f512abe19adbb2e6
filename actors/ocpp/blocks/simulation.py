"""What tests want of a charge point, where some of the site is simulated: calls as they stand, tokens it is to
know, variables as the files have them. No CSMS asks for any of it; a site without simulated parts refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import datatypes

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
from protocols.ocpp import payloads, times
from protocols.ocpp.errors import RefusalError
from protocols.types.ocpp import GetVariableStatusEnumType, SetVariableStatusEnumType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def _make_call(turn: Turn, tag: int, given: MakeCall) -> None:
    kind = payloads.REQUESTS.get(given.action)
    if kind is None:
        _invalid(turn, tag, f"OCPP has no {given.action[:50]}")
        return
    try:
        request: Any = payloads.of_text(kind, given.payload)
    except RefusalError as refusal:
        _invalid(turn, tag, refusal.problem)
        return
    if not turn.call(request, "simulation.call", tag=tag):
        turn.answer(tag, CallReply(outcome=Outcome.NOT_SENT))


def _called(turn: Turn, context: Mapping[str, Any], reply: CallReply) -> None:
    turn.answer(context["tag"], reply)


# -- tokens --------------------------------------------------------------------------------------------------


def _read(known: Known) -> tuple[datatypes.IdTokenType, datatypes.IdTokenInfoType]:
    """In the words of the CSMS. RefusalError for what it could not say."""
    group = None if known.group_id is None else {"idToken": known.group_id, "type": known.type}
    expires = None if known.expires_at is None else times.text_of(known.expires_at)
    info = {"status": known.status, "cacheExpiryDateTime": expires, "groupIdToken": group}
    return (
        payloads.of_plain(datatypes.IdTokenType, {"idToken": known.id_token, "type": known.type}),
        payloads.of_plain(
            datatypes.IdTokenInfoType, {name: value for name, value in info.items() if value is not None}
        ),
    )


def _add_to_cache(turn: Turn, tag: int, given: AddToCache) -> None:
    try:
        id_token, info = _read(given.known)
    except RefusalError as refusal:
        _invalid(turn, tag, refusal.problem)
        return
    if not authorization_cache.works(turn):
        _invalid(turn, tag, "there is no authorization cache, or it is off (AuthCacheCtrlr)")
        return
    authorization_cache.learn(turn, id_token, info)
    turn.answer(tag, Reply())


def _add_to_list(turn: Turn, tag: int, given: AddToList) -> None:
    try:
        id_token, info = _read(given.known)
    except RefusalError as refusal:
        _invalid(turn, tag, refusal.problem)
        return
    problem = local_list.add(turn, datatypes.AuthorizationData(id_token=id_token, id_token_info=info))
    if problem is not None:
        _invalid(turn, tag, problem.info)
        return
    turn.answer(tag, AddToListReply(version=local_list.version(turn), entries=local_list.entries(turn)))


# -- variables -----------------------------------------------------------------------------------------------


def _forget_value(turn: Turn, tag: int, given: ForgetValue) -> None:
    component, variable = place_of(given.component_variable)
    found = turn.model.get_one(
        GetRequest(component=component, variable=variable, attribute=given.attribute)
    )
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
    value = turn.model.shown(name) or ""
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

"""Variables of the device model: set and read by the CSMS, and what follows from a change.

OCPP 2.1 part 2, B05 and B06; rows M9.8, M11.12, S20.5, S20.19. Other modules do the same through
`site_variables`.

A value is durable when its storage has it, which is before this block's own entries are: a request that is
carried out again after a death finds the value set already. Nothing is lost by that, for whoever depends on
the variable is told again; only what was answered RebootRequired is then answered Accepted.

What a write-only variable holds is neither read nor logged.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.block import Block
from actors.ocpp.blocks import boot, metering, network, network_configuration, security, startup, status
from actors.ocpp.blocks.excess import refuse_excess
from actors.ocpp.blocks.network_orders import priority_refusal, profiles_refusal
from actors.ocpp.blocks.variable_entries import AwaitsRestart
from actors.ocpp.blocks.wire_names import component_of, variable_of
from actors.ocpp.device_model import network_profiles, variables
from actors.ocpp.device_model.characteristics import Reason, Refusal, members
from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.device_model.requests import GetRequest, Origin, SetRequest
from protocols.ocpp import times
from protocols.types.ocpp import AttributeEnum, SetVariableStatusEnumType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.device_model.requests import SetResult
    from actors.ocpp.device_model.steering import Steering
    from actors.ocpp.turn import Turn

MAX_INFO: Final = 512
"""Characters of the additional info of a status in OCPP 2.0.1."""


# -- what a change means to the blocks -----------------------------------------------------------------------


def _new_password(turn: Turn) -> None:
    """A01.FR.11: it is used at once; whoever set it hears the answer over the present connection.

    It counts for the profile in use too, which may have had one of its own (B09.FR.27).
    """
    if (slot := turn.model.find(variables.ACTIVE_NETWORK_PROFILE)) is not None:
        network_profiles.forget_password(turn.model, slot)
    network.renew(turn, "a new password")


def _new_security(turn: Turn) -> None:
    """The next connection is made by other rules."""
    security.report(turn, network.RECONFIGURED, "what connections have to fulfil")
    network.refresh(turn)


CHANGED: Final[Mapping[Steering[Any], Callable[[Turn], None]]] = MappingProxyType(
    {
        variables.HEARTBEAT_INTERVAL: boot.reschedule,
        **dict.fromkeys(
            (
                variables.ALIGNED_ENABLED,
                variables.ALIGNED_INTERVAL,
                variables.ALIGNED_ENDED_INTERVAL,
                variables.SAMPLED_ENABLED,
                variables.SAMPLED_ENDED_INTERVAL,
                variables.SAMPLED_UPDATED_INTERVAL,
            ),
            metering.reschedule,
        ),
        **dict.fromkeys(
            (
                variables.CENTRAL_VALIDATION,
                variables.CONTRACT_INSTALLATION,
                variables.ISO15118_ENABLED,
                variables.PNC_ENABLED,
            ),
            startup.push_plug_and_charge,  # M9.8
        ),
        variables.MINIMUM_STATUS_DURATION: status.reconsider,
        variables.CONNECTION_TIMEOUT: startup.push_connection_timeout,  # S11.3
        variables.MASTER_PASS_GROUP: startup.push_master_pass,  # S11.4
        variables.BASIC_AUTH_PASSWORD: _new_password,
        **dict.fromkeys(
            (
                variables.BACK_OFF_MINIMUM,
                variables.BACK_OFF_RANDOM,
                variables.BACK_OFF_REPEATS,
                variables.MESSAGE_TIMEOUT,
                variables.NETWORK_ATTEMPTS,
                variables.PING_INTERVAL,
                variables.PONG_TIMEOUT,
            ),
            network.refresh,
        ),
        **dict.fromkeys(
            (
                variables.ALLOW_DOWNGRADE,
                variables.ALLOW_WILDCARDS,
                variables.CIPHERS_12,
                variables.CIPHERS_13,
                variables.NETWORK_PRIORITY,
                variables.NETWORK_PROFILES,
                variables.SECURITY_PROFILE_ZERO,
                variables.USE_SYSTEM_ROOTS,
                variables.VERIFY_COMMON_NAME,
            ),
            _new_security,
        ),
    }
)
"""By variable: who is told when the CSMS or another module has set it. A block that sets one itself does what
follows from that itself. What is not here is read whenever it is needed.
"""
TOLD_AS_PARAMETERS: Final = frozenset({variables.CONNECTION_TIMEOUT, variables.MASTER_PASS_GROUP})
"""While these are of source SITE, the actor tells the module whose parameter each one is."""


def _at_least_and_most(least: int, most: int) -> Callable[[DeviceModel, str], Refusal | None]:
    def check(_model: DeviceModel, value: str) -> Refusal | None:
        if int(value) < least:
            return Refusal(Reason.VALUE_TOO_LOW, f"below {least}")
        return Refusal(Reason.VALUE_TOO_HIGH, f"above {most}") if int(value) > most else None

    return check


def _no_longer_than(most: int) -> Callable[[DeviceModel, str], Refusal | None]:
    def check(_model: DeviceModel, value: str) -> Refusal | None:
        return Refusal(Reason.VALUE_TOO_HIGH, f"longer than {most}") if len(value) > most else None

    return check


def _not_empty(_model: DeviceModel, value: str) -> Refusal | None:
    """Without a start point nothing would begin; without stop points a transaction ends with its session."""
    return None if members(value) else Refusal(Reason.INVALID_VALUE, "at least one point is needed")


GUARDS: Final[Mapping[Steering[Any], Callable[[DeviceModel, str], Refusal | None]]] = MappingProxyType(
    {
        variables.CONNECTION_TIMEOUT: _at_least_and_most(*startup.CONNECTION_TIMEOUT_S),  # M1.2
        variables.MASTER_PASS_GROUP: _no_longer_than(startup.LONGEST_GROUP),
        variables.NETWORK_PRIORITY: priority_refusal,
        variables.NETWORK_PROFILES: profiles_refusal,
        variables.START_POINTS: _not_empty,
    }
)
"""By variable: what our modules do not take although its characteristics allow it (row S20.19)."""

MADE: Final[Mapping[Steering[str], Callable[[Turn], str]]] = MappingProxyType(
    {variables.CLOCK_TIME: lambda turn: times.text_of(turn.now)}
)
"""By variable: its value, where that is made when somebody reads it."""


def freshen(turn: Turn) -> None:
    """Give those variables their values that are made when they are read."""
    for variable, value in MADE.items():
        turn.model.put(variable, value(turn))


_CHANGED: Final = MappingProxyType(
    {(each.component.casefold(), each.variable): (each, tell) for each, tell in CHANGED.items()}
)


def follow(turn: Turn, results: Iterable[SetResult]) -> None:
    """Tell each block once of what somebody outside has set, however many variables of its there are.

    Also of a value that was set before: then a predecessor may have died before it told anybody.
    """
    told: dict[Callable[[Turn], None], None] = {}
    for each in results:
        if not each.done:
            continue
        turn.note("variable_set", variable=str(AttributeName(each.component, each.variable, each.attribute)))
        found = _CHANGED.get((each.component.name.casefold(), each.variable))
        if found is None or each.attribute is not AttributeEnum.ACTUAL:
            continue
        steering, tell = found
        if steering not in TOLD_AS_PARAMETERS or _source(turn, each) is not Source.SITE:
            told[tell] = None
    for tell in told:
        tell(turn)


def _source(turn: Turn, result: SetResult) -> Source:
    return turn.model.components[result.component].variables[result.variable].source


# -- the CSMS ------------------------------------------------------------------------------------------------


def set_all(turn: Turn, requests: Iterable[SetRequest], origin: Origin) -> list[SetResult]:
    """One by one and in order; of two entries for one attribute the last one holds (B05.FR.13)."""
    results = []
    for request in requests:
        result = turn.model.set_one(request, origin)
        network_configuration.take_over(turn, result.change)
        name = str(AttributeName(result.component, result.variable, result.attribute)).casefold()
        waits = AwaitsRestart(name=name, site_life=turn.settings.site_life)
        if result.status is SetVariableStatusEnumType.REBOOT_REQUIRED:
            turn.put(waits)
        elif result.done and result.change is None and turn.get(AwaitsRestart, name) == waits:
            result = replace(result, status=SetVariableStatusEnumType.REBOOT_REQUIRED)
        results.append(result)
    return results


def _set_variables(turn: Turn, tag: int, request: call.SetVariables) -> None:
    given = request.set_variable_data
    if refuse_excess(turn, tag, request, len(given), variables.SET_ITEMS, variables.SET_BYTES):  # B05.FR.11
        return
    requests = [
        SetRequest(
            component=component_of(each.component),
            variable=variable_of(each.variable),
            value=each.attribute_value,
            attribute=AttributeEnum(each.attribute_type.value),
        )
        for each in given
    ]
    results = set_all(turn, requests, Origin.CSMS)
    answers = [
        datatypes.SetVariableResultType(
            attribute_status=enums.SetVariableStatusEnumType(result.status.value),
            component=each.component,
            variable=each.variable,
            attribute_type=each.attribute_type,
            attribute_status_info=_info(result.reason, result.info),
        )
        for each, result in zip(given, results, strict=True)
    ]
    turn.respond(tag, call_result.SetVariables(answers))
    follow(turn, results)


def _get_variables(turn: Turn, tag: int, request: call.GetVariables) -> None:
    given = request.get_variable_data
    if refuse_excess(turn, tag, request, len(given), variables.GET_ITEMS, variables.GET_BYTES):
        return
    freshen(turn)
    answers = []
    for each in given:
        result = turn.model.get_one(
            GetRequest(
                component=component_of(each.component),
                variable=variable_of(each.variable),
                attribute=AttributeEnum(each.attribute_type.value),
            )
        )
        answers.append(
            datatypes.GetVariableResultType(
                attribute_status=enums.GetVariableStatusEnumType(result.status.value),
                component=each.component,
                variable=each.variable,
                attribute_type=each.attribute_type,
                attribute_value=result.value,
                attribute_status_info=_info(result.reason, result.info),
            )
        )
    turn.respond(tag, call_result.GetVariables(answers))


def _info(reason: Reason | None, text: str) -> datatypes.StatusInfoType | None:
    if reason is None:
        return None
    return datatypes.StatusInfoType(reason_code=reason.value, additional_info=text[:MAX_INFO])


def _resumed(turn: Turn) -> None:
    """Guard our variables; what waited for a new life of the site has had it."""
    for variable, check in GUARDS.items():
        turn.model.guard(variable.at(), partial(check, turn.model))
    for each in list(turn.all(AwaitsRestart)):
        if each.site_life != turn.settings.site_life:
            turn.drop(AwaitsRestart, each.key)


BLOCK: Final = Block(
    name="variables",
    requests={call.SetVariables: _set_variables, call.GetVariables: _get_variables},
    resumed=_resumed,
)

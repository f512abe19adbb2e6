"""Variables of the device model for the other modules of the site.

`get_variables`, `set_variables` and `monitor_variables` of interface `ocpp`, and its variable `event_data`
(rows S8.13, S8.14, S8.16, S8.20). Who watches need not ask again when this actor has begun anew, but
does so when the site has. What a write-only variable holds is not published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.block import Block
from actors.ocpp.blocks.variable_entries import Watched
from actors.ocpp.blocks.variables import follow, freshen, set_all
from actors.ocpp.blocks.wire_names import place_of, site_name
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.component import Mutability
from actors.ocpp.device_model.requests import GetRequest, Origin, SetRequest
from protocols.interfaces import ocpp
from protocols.message import Reply
from protocols.ocpp import times
from protocols.types.ocpp import (
    AttributeEnum,
    EventData,
    EventNotificationType,
    EventTriggerEnum,
    GetVariableResult,
    SetVariableResult,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.ocpp.device_model.names import Place
    from actors.ocpp.device_model.requests import Change
    from actors.ocpp.turn import Turn


def _set_variables(turn: Turn, tag: int, command: ocpp.SetVariables) -> None:
    """S8.14. Another module may set what the CSMS can only read (M11.12)."""
    requests = []
    for each in command.requests:
        component, variable = place_of(each.component_variable)
        attribute = each.attribute_type or AttributeEnum.ACTUAL
        requests.append(
            SetRequest(component=component, variable=variable, value=each.value, attribute=attribute)
        )
    results = set_all(turn, requests, Origin.SITE)
    answers = tuple(
        SetVariableResult(
            status=result.status,
            component_variable=each.component_variable,
            attribute_type=each.attribute_type,
        )
        for each, result in zip(command.requests, results, strict=True)
    )
    turn.note("variables_set", source=command.source, entries=len(results))
    turn.answer(tag, ocpp.SetVariablesReply(results=answers))
    follow(turn, results)


def _get_variables(turn: Turn, tag: int, command: ocpp.GetVariables) -> None:
    """S8.13."""
    freshen(turn)
    results = []
    for each in command.requests:
        component, variable = place_of(each.component_variable)
        attribute = each.attribute_type or AttributeEnum.ACTUAL
        found = turn.model.get_one(GetRequest(component=component, variable=variable, attribute=attribute))
        results.append(
            GetVariableResult(
                status=found.status,
                attribute_type=each.attribute_type,
                value=found.value,
                component_variable=each.component_variable,
            )
        )
    turn.answer(tag, ocpp.GetVariablesReply(results=tuple(results)))


def _monitor_variables(turn: Turn, tag: int, command: ocpp.MonitorVariables) -> None:
    """S8.16: repeated calls extend the set. It may hold what is not there yet, a car for example."""
    for each in command.component_variables:
        turn.put(Watched(name=_key(place_of(each)), site_life=turn.settings.site_life))
    turn.answer(tag, Reply())


def _key(place: Place) -> str:
    return str(place).casefold()


def _changed(turn: Turn, changes: Sequence[Change]) -> None:
    if any(_is_configuration(turn, each) for each in changes):
        turn.model.put(variables.EXTERNAL_CHANGE, times.text_of(turn.now))
    for each in changes:
        if each.name.type is AttributeEnum.ACTUAL and turn.get(Watched, _key(each.name.place)) is not None:
            _publish(turn, each)


def _is_configuration(turn: Turn, change: Change) -> bool:
    """Whether the site has changed what is the CSMS's to set (`ExternalConfigChangeDate`)."""
    component = turn.model.components.get(change.name.component)
    if change.origin is not Origin.SITE or component is None:
        return False
    attribute = component.variables[change.name.variable].attributes[change.name.type]
    return attribute.mutability is not Mutability.READ_ONLY


def _publish(turn: Turn, change: Change) -> None:
    """A change of a watched variable, unless nobody may read it or it has gone with its component."""
    place = change.name.place
    component = turn.model.components.get(place.component)
    if component is None:
        return
    if component.variables[place.variable].attributes[change.name.type].mutability is Mutability.WRITE_ONLY:
        return
    turn.publish(
        ocpp.EventData(
            event_data=EventData(
                component_variable=site_name(place),
                event_id=turn.number(),
                timestamp=turn.now,
                trigger=EventTriggerEnum.DELTA,
                actual_value=turn.model.as_shown(place, change.new),
                event_notification_type=EventNotificationType.CUSTOM_MONITOR,
            )
        )
    )


def _resumed(turn: Turn) -> None:
    """Who watched in an earlier life of the site begins anew as well."""
    for each in list(turn.all(Watched)):
        if each.site_life != turn.settings.site_life:
            turn.drop(Watched, each.key)


BLOCK: Final = Block(
    name="site_variables",
    commands={
        ocpp.SetVariables: _set_variables,
        ocpp.GetVariables: _get_variables,
        ocpp.MonitorVariables: _monitor_variables,
    },
    resumed=_resumed,
    changed=_changed,
)

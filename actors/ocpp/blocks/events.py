"""Errors of the site as events for the CSMS (N07; rows S17.1, S17.2, S17.6 to S17.12, S21.13, M14.9, M14.10).

The error framework says what stands in the whole site, again at each change and to whoever is new. What was
not reported before is reported as raised, what was and stands no longer as cleared: one NotifyEvent each,
also for what happened while we were away, and never twice, because what was reported is durable. A restart of
the site clears what stood before it. Which component and variable an error is, `error_mapping` says; that
variable is true in the device model as long as any error stands there.

A fault of an EVSE is told by StatusNotification besides (S17.4), which `status` does.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ocpp.v21 import call, datatypes, enums

from actors.errors.messages import Standing, StandingErrors
from actors.errors.mrec import tech_code
from actors.ocpp.block import Block
from actors.ocpp.blocks import security
from actors.ocpp.device_model.names import ComponentName, VariableName
from actors.ocpp.device_model.requests import Origin, SetRequest
from actors.ocpp.error_mapping import Teller, teller_of
from protocols.message import message
from protocols.ocpp import times
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn

LONGEST_CODE: Final = 50
LONGEST_INFO: Final = 500
SEVERITY: Final[Mapping[Severity, int]] = MappingProxyType(
    {Severity.HIGH: 3, Severity.MEDIUM: 4, Severity.LOW: 6}
)
"""OCPP's Critical, Error and Warning; only 2.1 has a field for it."""


@message
class Reported:
    """An error that stood when we heard of it last, and what it was told of as."""

    standing: Standing
    component: str
    component_instance: str | None
    evse_id: int | None
    connector_id: int | None
    variable: str
    variable_instance: str | None
    told: bool

    @property
    def key(self) -> str:
        """By the error's own."""
        return self.standing.error.uuid

    @property
    def teller(self) -> Teller:
        """What it was told of as."""
        component = ComponentName(self.component, self.component_instance, self.evse_id, self.connector_id)
        return Teller(component, VariableName(self.variable, self.variable_instance), self.told)


@message
class EventCount:
    """The id of the last event."""

    last: int

    @property
    def key(self) -> str:
        """There is one."""
        return ""


def _standing(turn: Turn, _peer: Peer, news: StandingErrors) -> None:
    stands = {each.error.uuid for each in news.errors}
    known = {each.key: each for each in turn.all(Reported)}
    cleared = [each for uuid, each in known.items() if uuid not in stands]
    raised = [each for each in news.errors if each.error.uuid not in known]
    for reported in cleared:
        turn.drop(Reported, reported.key)
        _tell(turn, reported, cleared=True)
    entries = [_raised(turn, each) for each in raised]
    _show(turn, (*cleared, *entries))


def _raised(turn: Turn, standing: Standing) -> Reported:
    teller = teller_of(turn.settings.error_rules, turn.model.components, standing)
    component, variable = teller.component, teller.variable
    reported = Reported(
        standing=standing,
        component=component.name,
        component_instance=component.instance,
        evse_id=component.evse_id,
        connector_id=component.connector_id,
        variable=variable.name,
        variable_instance=variable.instance,
        told=teller.report,
    )
    turn.put(reported)
    _tell(turn, reported, cleared=False)
    if (event := security.ERRORS.get(standing.error.type)) is not None:
        security.report(turn, event, standing.error.message, at=standing.error.timestamp)
    return reported


def _tell(turn: Turn, reported: Reported, *, cleared: bool) -> None:
    """M14.10; the time is that of the error, or of its end."""
    if not reported.told:
        return
    count = turn.get(EventCount)
    event_id = 1 if count is None else count.last + 1
    turn.put(EventCount(last=event_id))
    error, component = reported.standing.error, reported.teller.component
    evse = (
        datatypes.EVSEType(component.evse_id, connector_id=component.connector_id)
        if component.evse_id is not None
        else None
    )
    data = datatypes.EventDataType(
        event_id=event_id,
        timestamp=times.text_of(turn.now if cleared else error.timestamp),
        trigger=enums.EventTriggerEnumType.alerting,
        actual_value="false" if cleared else "true",
        cleared=cleared,
        tech_code=tech_code(error.type)[:LONGEST_CODE],
        tech_info=error.description[:LONGEST_INFO],
        event_notification_type=enums.EventNotificationEnumType.hard_wired_notification,
        component=datatypes.ComponentType(component.name, instance=component.instance, evse=evse),
        variable=datatypes.VariableType(reported.variable, instance=reported.variable_instance),
        severity=SEVERITY[error.severity],
    )
    turn.send(call.NotifyEvent(event_data=[data], generated_at=times.text_of(turn.now), seq_no=0))


def _show(turn: Turn, concerned: Iterable[Reported]) -> None:
    """Have the variables of these errors say whether any stands there; files need not declare them."""
    true = {(each.teller.component, each.teller.variable) for each in turn.all(Reported)}
    for place in dict.fromkeys((each.teller.component, each.teller.variable) for each in concerned):
        value = "true" if place in true else "false"
        request = SetRequest(component=place[0], variable=place[1], value=value)
        turn.model.set_one(request, Origin.INTERNAL)


def _resumed(turn: Turn) -> None:
    """The device model may have forgotten."""
    _show(turn, list(turn.all(Reported)))


BLOCK: Final = Block(name="events", news={StandingErrors: _standing}, resumed=_resumed)

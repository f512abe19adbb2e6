"""How connectors are, as the CSMS sees them (G01, G03, G04, B01, B04; rows S9.6, S9.19, S17.3, S17.4, M10.6).

Each connector has one status, from what the CSMS wants in service (`availability`) and the condition that its
EVSE manager has told (`evse_conditions`). The device model shows it; a StatusNotification goes out for

- every connector, once the CSMS has accepted a boot (B01.FR.05),
- every connector, after it could not be reached for longer than `OfflineThreshold` (B04.FR.01),
- those whose status is another one than the last that was told, otherwise (B04.FR.02, G01), once it has
  been so for `MinimumStatusDuration`.

What changes while the CSMS cannot be reached, or has not accepted us yet, is not kept message by message: it
is compared when it can be told. What was told last is durable, so a successor tells nothing twice. Nothing is
said of an EVSE from which nothing was heard yet in this life; one whose manager cannot be reached is
Unavailable, in a station that otherwise works.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ocpp.v21 import call, call_result
from ocpp.v21.enums import ConnectorStatusEnumType as Status
from ocpp.v21.enums import OperationalStatusEnumType

from actors.evse.messages import EvseCondition, Phase
from actors.ocpp.block import Block
from actors.ocpp.blocks import availability, outside_evses
from actors.ocpp.blocks.evse_conditions import condition_of
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols import types
from protocols.interfaces import evse_manager, ocpp
from protocols.message import Failure, FailureReason, Timestamp, message
from protocols.ocpp import times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from actors.evse.messages import OutletCondition
    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

LOOK_S: Final = 30.0
"""So often, and so long after the start, it is looked whether the EVSE managers are there."""
AWAY: Final = frozenset({FailureReason.UNAVAILABLE, FailureReason.TIMEOUT, FailureReason.UNKNOWN_NAME})
"""What a manager that is not there is answered for with; one that just died will be back at once."""


@message
class StatusTold:
    """The last status of a connector that the CSMS was told, or will be by what is queued."""

    evse_id: int
    connector_id: int
    status: Status
    site_life: str
    """In which life of the site: each has a boot of its own."""
    slot: int | None = None
    """By which profile: another one's back-end does not know it."""

    @property
    def key(self) -> str:
        """By its place."""
        return f"{self.evse_id} {self.connector_id}"


@message
class Outage:
    """The CSMS cannot be reached."""

    since: Timestamp

    @property
    def key(self) -> str:
        """There is one."""
        return ""


class Other(NamedTuple):
    """A status that the CSMS has not been told yet."""

    status: Status
    since: datetime


@dataclass(slots=True)
class View:
    """What this block knows in this life alone."""

    away: set[int] = field(default_factory=set)
    """EVSEs whose managers cannot be reached."""
    others: dict[tuple[int, int], Other] = field(default_factory=dict)
    """By EVSE and connector: what it is, where the CSMS knows another status."""
    stale: bool = False
    """Something has happened that may have changed a status, or who can be told."""


# -- what it is --------------------------------------------------------------------------------------------


def _occupied(condition: EvseCondition, outlet: OutletCondition) -> bool:
    """A car is plugged in, or somebody is about to; before it is known where, at every outlet."""
    used = condition.plugged_in or condition.phase is not Phase.IDLE
    return used and condition.connector_id in {None, outlet.connector_id}


PRECEDENCE: Final[Mapping[Status, Callable[[EvseCondition, OutletCondition, bool], bool]]] = MappingProxyType(
    {
        Status.faulted: lambda _condition, outlet, _shut: outlet.faulted,
        Status.unavailable: lambda _condition, outlet, shut: shut or not outlet.enabled,
        Status.occupied: lambda condition, outlet, _shut: _occupied(condition, outlet),
        Status.reserved: lambda condition, _outlet, _shut: condition.reservation_id is not None,
    }
)
"""M10.6: the first that holds counts; none of them: Available. `shut`: the connector itself is not wanted."""


def connector_status(turn: Turn, evse_id: int, connector_id: int) -> Status:
    """The status of a connector; an EVSE or station that is not wanted overrides all else (M10.6)."""
    condition = condition_of(turn, evse_id)
    if condition is None or availability.shut(turn, evse_id) or is_away(turn, evse_id):
        return Status.unavailable
    outlet = next((each for each in condition.connectors if each.connector_id == connector_id), None)
    if outlet is None:
        return Status.unavailable
    shut = availability.shut(turn, evse_id, connector_id)
    holds = (status for status, rule in PRECEDENCE.items() if rule(condition, outlet, shut))
    return next(holds, Status.available)


OF_AN_EVSE: Final = (Status.occupied, Status.available, Status.reserved, Status.faulted, Status.unavailable)
"""An EVSE is what the first of these is that one of its connectors is: it serves one at a time."""
OF_THE_STATION: Final = (
    Status.available,
    Status.occupied,
    Status.reserved,
    Status.faulted,
    Status.unavailable,
)
"""The same for the station, which is available while any EVSE is."""


def _show(turn: Turn) -> None:
    """AvailabilityState of all connectors, EVSEs and the station, in the device model."""
    evses = set()
    for evse_id, count in turn.settings.evses.items():
        states = set()
        for connector_id in range(1, count + 1):
            status = connector_status(turn, evse_id, connector_id)
            states.add(status)
            turn.model.put(variables.CONNECTOR_AVAILABILITY, status.value, evse_id, connector_id)
        evse = next(each for each in OF_AN_EVSE if each in states)
        evses.add(evse)
        turn.model.put(variables.EVSE_AVAILABILITY, evse.value, evse_id)
    station = next(each for each in OF_THE_STATION if each in evses)
    turn.model.put(variables.STATION_AVAILABILITY, station.value)


def _slot(turn: Turn) -> int | None:
    return None if turn.live.link is None else turn.live.link.slot


# -- what is told ------------------------------------------------------------------------------------------


def notify(turn: Turn, evse_id: int, connector_id: int) -> None:
    """Tell the CSMS of a connector, whether it knows or not."""
    status = connector_status(turn, evse_id, connector_id)
    turn.send(
        call.StatusNotification(
            timestamp=times.text_of(turn.now),
            connector_status=status,
            evse_id=evse_id,
            connector_id=connector_id,
        )
    )
    told = StatusTold(
        evse_id=evse_id,
        connector_id=connector_id,
        status=status,
        site_life=turn.settings.site_life,
        slot=_slot(turn),
    )
    turn.put(told)


def _settled(turn: Turn) -> None:
    """Show how everything is, and tell the CSMS what it does not know, if it can be told."""
    view, live = turn.live.of(View), turn.live
    if heard := outside_evses.taken(turn):
        view.away -= heard
        view.stale = True
    if availability.release(turn):  # G03.FR.05, G04.FR.06
        view.stale = True
    if not view.stale:
        return
    view.stale = False
    _show(turn)
    if not live.accepted or not live.online or live.stopped:
        return
    for evse_id, connector_id in _known(turn):
        told = turn.get(StatusTold, f"{evse_id} {connector_id}")
        status = connector_status(turn, evse_id, connector_id)
        if told is None or (told.site_life, told.slot) != (turn.settings.site_life, _slot(turn)):
            notify(turn, evse_id, connector_id)
        elif told.status is status:
            view.others.pop((evse_id, connector_id), None)
        elif _lasts(turn, evse_id, connector_id, status):
            view.others.pop((evse_id, connector_id), None)
            notify(turn, evse_id, connector_id)


def _lasts(turn: Turn, evse_id: int, connector_id: int, status: Status) -> bool:
    """Whether a status has been another one than the CSMS knows for `MinimumStatusDuration`."""
    shortest_s = float(turn.model.read(variables.MINIMUM_STATUS_DURATION))
    others, place = turn.live.of(View).others, (evse_id, connector_id)
    if place not in others or others[place].status is not status:
        others[place] = Other(status, turn.now)
    lasted_s = (turn.now - others[place].since).total_seconds()
    if 0 <= lasted_s < shortest_s:
        turn.start(f"status_lasts {evse_id} {connector_id}", shortest_s - lasted_s)
        return False
    return True


def reconsider(turn: Turn) -> None:
    """Something has happened that may change a status, or what is told of it."""
    turn.live.of(View).stale = True


def _known(turn: Turn) -> Iterable[tuple[int, int]]:
    """The connectors of which something can be said."""
    for evse_id, count in turn.settings.evses.items():
        if condition_of(turn, evse_id) is not None or evse_id in turn.live.of(View).away:
            yield from ((evse_id, connector_id) for connector_id in range(1, count + 1))


def _link_said(turn: Turn) -> None:
    """B04: an outage is remembered from its beginning to its end."""
    link, outage = turn.live.link, turn.get(Outage)
    assert link is not None  # it has just said so
    if not link.connection:
        turn.put(outage or Outage(since=link.since))
        return
    if outage is not None:
        turn.drop(Outage)
        if (turn.now - outage.since).total_seconds() > turn.model.read(variables.OFFLINE_THRESHOLD):
            for each in list(turn.all(StatusTold)):
                turn.drop(StatusTold, each.key)
    reconsider(turn)


# -- what changes it ---------------------------------------------------------------------------------------


def _condition(turn: Turn, peer: Peer, _news: EvseCondition) -> None:
    turn.live.of(View).away.discard(peer.number)
    reconsider(turn)


def _resumed(turn: Turn) -> None:
    availability.tell_all(turn)
    reconsider(turn)
    turn.start("status", LOOK_S)


def _look(turn: Turn, _rest: str) -> None:
    """Whether the EVSE managers are there: one whose processes cannot be kept alive says nothing."""
    for each in turn.settings.evses:
        turn.ask(Target.EVSE_MANAGER, evse_manager.GetEvse(), "status.there", number=each, evse_id=each)
    turn.start("status", LOOK_S)


def is_away(turn: Turn, evse_id: int) -> bool:
    """Whether the manager of an EVSE could not be reached when it was looked for last."""
    return evse_id in turn.live.of(View).away


def _there(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    away, evse_id = turn.live.of(View).away, context["evse_id"]
    gone = reply.reason in AWAY if isinstance(reply, Failure) else False
    if gone is not (evse_id in away):
        away.symmetric_difference_update({evse_id})
        turn.note("evse_away" if gone else "evse_back", warning=gone, evse=evse_id)
        reconsider(turn)
    if not isinstance(reply, Failure):
        outside_evses.heard(turn, evse_id)


# -- requests ------------------------------------------------------------------------------------------------


def _change(turn: Turn, tag: int, request: call.ChangeAvailability) -> None:
    """G03, G04. EVSE 0 is the station, for back-ends that say so."""
    evse_id, connector_id = (request.evse.id, request.evse.connector_id) if request.evse else (None, None)
    operative = request.operational_status == OperationalStatusEnumType.operative
    status, found = availability.change(turn, evse_id, connector_id, operative=operative)
    info = None if found is None else found.info
    turn.respond(tag, call_result.ChangeAvailability(status, status_info=info))
    reconsider(turn)


def _change_by_site(turn: Turn, tag: int, command: ocpp.ChangeAvailability) -> None:
    """S8.15: as if the CSMS had said so."""
    request = command.request
    evse_id, connector_id = (request.evse.id, request.evse.connector_id) if request.evse else (None, None)
    operative = request.operational_status is types.ocpp.OperationalStatusEnumType.OPERATIVE
    status, found = availability.change(turn, evse_id, connector_id, operative=operative)
    info = None
    if found is not None:
        info = types.ocpp.StatusInfoType(reason_code=found.code, additional_info=found.text)
    response = types.ocpp.ChangeAvailabilityResponse(
        status=types.ocpp.ChangeAvailabilityStatusEnumType(status.value), status_info=info
    )
    turn.answer(tag, ocpp.ChangeAvailabilityReply(response=response))
    reconsider(turn)


BLOCK: Final = Block(
    name="status",
    requests={call.ChangeAvailability: _change},
    commands={ocpp.ChangeAvailability: _change_by_site},
    news={EvseCondition: _condition},
    replies={"status.told": availability.answered, "status.there": _there},
    timers={
        "status": _look,
        "status_lasts": lambda turn, _rest: reconsider(turn),
        "availability": availability.again,
    },
    resumed=_resumed,
    accepted=reconsider,
    link_said=_link_said,
    settled=_settled,
)

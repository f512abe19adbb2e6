"""An EVSE whose manager is a program (docs/gateway-roles.md), as far as its interface tells how it is. Pure.

Such a manager publishes no `EvseCondition`. What its EVSE is at follows from `ready`, from its session events
and, until one of them was heard, from its meter. It has one connector; whether its plug is held nobody says.
`actors/ocpp/blocks/outside_evses.py` does the same for the CSMS, whose states are durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.evse.messages import EvseCondition, Flow, OutletCondition, Phase
from protocols import errors
from protocols.interfaces import evse_manager
from protocols.types.evse_manager import SessionEventEnum as Event
from protocols.types.evse_manager import StartSessionReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from protocols.message import Var
    from protocols.types.authorization import ProvidedIdToken
    from protocols.types.evse_manager import SessionEvent

MODULE: Final = "ExternalEvseManager"
INOPERATIVE: Final = errors.EvseManager.INOPERATIVE.value
"""The error that keeps such an EVSE from charging."""
CONNECTOR: Final = 1
SOME: Final = -1
"""In the place of a reservation's id, which these events do not tell."""
FLOWS_W: Final = 100.0
"""More than an EVSE needs for itself: a car charges."""
STANDS: Final[Mapping[Event, tuple[Phase, Flow | None]]] = {
    Event.SESSION_STARTED: (Phase.SESSION, None),
    Event.TRANSACTION_STARTED: (Phase.TRANSACTION, Flow.NONE),
    Event.SESSION_RESUMED: (Phase.TRANSACTION, Flow.NONE),
    Event.PREPARE_CHARGING: (Phase.TRANSACTION, Flow.NONE),
    Event.CHARGING_STARTED: (Phase.TRANSACTION, Flow.CHARGING),
    Event.CHARGING_PAUSED_EV: (Phase.TRANSACTION, Flow.PAUSED_BY_EV),
    Event.CHARGING_PAUSED_EVSE: (Phase.TRANSACTION, Flow.PAUSED_BY_EVSE),
    Event.STOPPING_CHARGING: (Phase.TRANSACTION, Flow.NONE),
    Event.CHARGING_FINISHED: (Phase.TRANSACTION, Flow.NONE),
    Event.TRANSACTION_FINISHED: (Phase.OVER, None),
    Event.SESSION_FINISHED: (Phase.IDLE, None),
}
"""What an EVSE is at behind an event, whatever was heard before."""
JOINS: Final = frozenset({Event.AUTH_REQUIRED, Event.AUTHORIZED})
"""For who comes late: there is a session; of one that is known they change nothing."""
SERVICE: Final[Mapping[Event, bool]] = {Event.ENABLED: True, Event.DISABLED: False}
RESERVED: Final[Mapping[Event, bool]] = {Event.RESERVATION_START: True, Event.RESERVATION_END: False}


@dataclass(slots=True)
class OutsideEvse:
    """What was heard of it; each field as it follows from that."""

    evse: int
    there: bool = False
    """Its manager has said something."""
    ready: bool = True
    """It has not said that it is not."""
    enabled: bool = True
    reserved: bool = False
    phase: Phase = Phase.IDLE
    flow: Flow | None = None
    session_id: str = ""
    last: str = ""
    """The session that has finished last."""
    plugged_at: datetime | None = None
    token: ProvidedIdToken | None = None
    told: bool = False
    """An event of a session was heard: the meter need not tell."""

    def take(self, variable: Var) -> None:
        """Something that it has published."""
        self.there = True
        match variable:
            case evse_manager.Ready():
                self.ready = variable.ready
            case evse_manager.SessionEvent():
                self._happened(variable.event)
            case evse_manager.Powermeter() if not self.told and variable.powermeter.power_w is not None:
                flows = abs(variable.powermeter.power_w.total_w) >= FLOWS_W
                self.phase = Phase.TRANSACTION if flows else Phase.IDLE
                self.flow = Flow.CHARGING if flows else None

    def condition(self, *, faulted: bool) -> EvseCondition | None:
        """How it stands, as a manager of ours says it; None: it has not said a word. `faulted`: by errors."""
        if not self.there:
            return None
        return EvseCondition(
            evse_id=self.evse,
            phase=self.phase,
            flow=self.flow,
            session_id=self.session_id,
            connector_id=CONNECTOR if self.session_id else None,
            plugged_in=self.plugged_at is not None,
            plugged_in_at=self.plugged_at,
            token=self.token,
            reservation_id=SOME if self.reserved else None,
            connectors=(
                OutletCondition(connector_id=CONNECTOR, enabled=self.enabled and self.ready, faulted=faulted),
            ),
        )

    def _happened(self, event: SessionEvent) -> None:
        self.enabled = SERVICE.get(event.event, self.enabled)
        self.reserved = RESERVED.get(event.event, self.reserved)
        joins = event.event in JOINS and event.uuid != self.session_id
        stands = (Phase.SESSION, None) if joins else STANDS.get(event.event)
        if stands is None or event.uuid in {"", self.last}:  # said again by the program's successor
            self._withdrawn(event)
            return
        if stands[0] is Phase.IDLE and self.session_id not in {"", event.uuid}:
            return  # an earlier one
        self.told = True
        if event.uuid != self.session_id:
            self.plugged_at = self.token = None
        self.session_id, (self.phase, self.flow) = event.uuid, stands
        self._knows(event)
        if self.phase is Phase.IDLE:
            self.last, self.session_id, self.plugged_at, self.token = event.uuid, "", None, None

    def _knows(self, event: SessionEvent) -> None:
        """Who may charge, and since when a car is there."""
        if (started := event.session_started) is not None:
            self.token = started.id_tag or self.token
            if started.reason is StartSessionReason.EV_CONNECTED:
                self.plugged_at = event.timestamp
        if (begun := event.transaction_started) is not None:
            self.token = begun.id_tag
            self.plugged_at = self.plugged_at or event.timestamp  # a transaction has a plug and a token

    def _withdrawn(self, event: SessionEvent) -> None:
        if event.event is Event.DEAUTHORIZED and event.uuid == self.session_id:
            self.token = None

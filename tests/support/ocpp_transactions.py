"""An EVSE manager that says what a real one says, and what a station has told of transactions."""

import json
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

from actors.evse.messages import EvseCondition, OutletCondition, Phase
from actors.ocpp.entries import Queued
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken
from protocols.types.evse_manager import (
    ChargingStateChangedEvent,
    SessionEvent,
    SessionEventEnum,
    SessionFinished,
    SessionStarted,
    StartSessionReason,
    StopTransactionReason,
    TransactionFinished,
    TransactionStarted,
)
from protocols.types.powermeter import Powermeter
from protocols.types.units import Energy, Power
from tests.support.ocpp_station import Station

CARD = ProvidedIdToken(
    id_token=IdToken(value="CARD", type=IdTokenType.ISO14443), authorization_type=AuthorizationType.RFID
)
REMOTE = replace(CARD, authorization_type=AuthorizationType.OCPP, request_id=77)
E = SessionEventEnum


class Evse:
    """An EVSE manager that says what a real one says, in its order."""

    sessions = count()

    def __init__(self, station: Station, number: int = 1) -> None:
        self.station, self.number = station, number
        self.session = self.new()
        self.wh = Decimal(1000)
        self.token: ProvidedIdToken | None = None
        self.phase = Phase.IDLE
        self.plugged = False
        self.last: evse_manager.SessionEvent | None = None

    def new(self) -> str:
        """The name of a session that there never was."""
        return f"session-{next(self.sessions)}"

    @property
    def meter(self) -> Powermeter:
        """What its meter shows."""
        return Powermeter(
            timestamp=self.station.now,
            energy_wh_import=Energy(total_wh=self.wh),
            power_w=Power(total_w=11000.0),
        )

    def say(self, kind: SessionEventEnum, **details: Any) -> None:
        """Publish a session event."""
        event = SessionEvent(
            uuid=self.session, timestamp=self.station.now, connector_id=1, event=kind, **details
        )
        self.last = evse_manager.SessionEvent(event=event)
        self.station.say(Target.EVSE_MANAGER, self.last, self.number)

    def repeat(self) -> None:
        """Say the last event again, as a manager's successor may."""
        assert self.last is not None
        self.station.say(Target.EVSE_MANAGER, self.last, self.number)

    def condition(self, **fields: Any) -> None:
        """Publish how it stands."""
        values: dict[str, Any] = {
            "evse_id": self.number,
            "phase": self.phase,
            "session_id": "" if self.phase is Phase.IDLE else self.session,
            "plugged_in": self.plugged,
            "token": self.token,
            "connectors": (OutletCondition(connector_id=1),),
        }
        self.station.say(Target.EVSE_MANAGER, EvseCondition(**(values | fields)), self.number)

    def plug(self) -> None:
        """A car comes."""
        self.plugged = True
        if self.token is None:
            self.session, self.phase = self.new(), Phase.SESSION
            started = SessionStarted(reason=StartSessionReason.EV_CONNECTED, meter_value=self.meter)
            self.say(E.SESSION_STARTED, session_started=started)
            self.say(E.AUTH_REQUIRED)
        else:
            self.begin()

    def authorize(self, token: ProvidedIdToken = CARD) -> None:
        """Somebody may charge."""
        self.token = token
        if not self.plugged:
            self.session, self.phase = self.new(), Phase.SESSION
            started = SessionStarted(
                reason=StartSessionReason.AUTHORIZED, id_tag=token, meter_value=self.meter
            )
            self.say(E.SESSION_STARTED, session_started=started)
            self.say(E.AUTHORIZED)
        else:
            self.say(E.AUTHORIZED)
            self.begin()

    def begin(self) -> None:
        """The manager's own transaction begins."""
        assert self.token is not None
        self.phase = Phase.TRANSACTION
        started = TransactionStarted(id_tag=self.token, meter_value=self.meter)
        self.say(E.TRANSACTION_STARTED, transaction_started=started)

    def charge(self) -> None:
        """Energy begins to flow."""
        changed = ChargingStateChangedEvent(meter_value=self.meter)
        self.say(E.CHARGING_STARTED, charging_state_changed_event=changed)

    def finish(
        self,
        reason: StopTransactionReason | None = StopTransactionReason.LOCAL,
        token: ProvidedIdToken | None = None,
    ) -> None:
        """The manager's own transaction ends."""
        self.phase = Phase.OVER
        finished = TransactionFinished(meter_value=self.meter, reason=reason, id_tag=token)
        self.say(E.TRANSACTION_FINISHED, transaction_finished=finished)

    def unplug(self) -> None:
        """The car leaves."""
        if self.phase is Phase.TRANSACTION:
            self.finish(None)
        self.phase, self.plugged, self.token = Phase.IDLE, False, None
        self.say(E.SESSION_FINISHED, session_finished=SessionFinished(meter_value=self.meter))


def told(made: Station) -> list[dict[str, Any]]:
    """The events that wait to be told."""
    return [
        json.loads(each.payload)
        for each in made.tables.all(Queued).values()
        if each.action == "TransactionEvent"
    ]


def kinds(made: Station) -> list[tuple[str, str]]:
    """Their kinds and triggers."""
    return [(each["eventType"], each["triggerReason"]) for each in told(made)]

"""The manager of an EVSE as authorization sees it: plug, grant, transaction, stop, reservation. Pure.

It keeps the promises of `EvseCondition`: what it is asked for is carried out before it is answered, events
come before the condition, and the condition before the answer.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal

from actors.evse.messages import EvseCondition, OutletCondition, Phase
from protocols.interfaces import evse_manager as say
from protocols.message import Reply, snake_case
from protocols.types import evse_manager as types
from protocols.types.authorization import AuthorizationStatus
from protocols.types.evse_manager import SessionEventEnum as Event
from protocols.types.powermeter import Powermeter
from protocols.types.units import Energy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
METER = Powermeter(timestamp=NOW, energy_wh_import=Energy(total_wh=Decimal(0)))


class PlayedEvse:
    """One EVSE. `out` collects what it publishes, in order; whoever plays takes it from there."""

    def __init__(self, evse_id=1, connector_types=(types.ConnectorTypeEnum.C_TYPE2,)):
        self.evse_id, self.connector_types = evse_id, connector_types
        self.numbers = itertools.count(1)
        self.out = []
        self.phase, self.session, self.plugged_at = Phase.IDLE, "", None
        self.token = self.presented = self.reservation = None
        self.grants_taken = self.grants_used = 0
        self.enabled, self.faulted = True, False
        self.started = []
        """Tokens that began a transaction, each with its session."""
        self.granted = []
        """Tokens that were taken in, each with the reservation that it redeems."""
        self.told = []
        """Every command, in order."""
        self.stopped = []
        self.now = NOW

    # -- what it says --------------------------------------------------------------------------------------

    def event(self, event, **details):
        said = types.SessionEvent(
            uuid=self.session or "none", timestamp=self.now, connector_id=1, event=event, **details
        )
        self.out.append(say.SessionEvent(event=said))

    def condition(self):
        return EvseCondition(
            evse_id=self.evse_id,
            grants_taken=self.grants_taken,
            grants_used=self.grants_used,
            phase=self.phase,
            session_id=self.session,
            connector_id=1 if self.session else None,
            plugged_in=self.plugged_at is not None,
            plugged_in_at=self.plugged_at,
            token=self.token,
            presented=self.presented,
            reservation_id=self.reservation,
            connectors=tuple(
                OutletCondition(connector_id=number, enabled=self.enabled, faulted=self.faulted)
                for number, _ in enumerate(self.connector_types, 1)
            ),
        )

    def tell(self):
        self.out.append(self.condition())

    # -- what happens to it --------------------------------------------------------------------------------

    def plug(self):
        if self.plugged_at is None:
            self.plugged_at = self.now
            if not self.session:
                self._begin(types.StartSessionReason.EV_CONNECTED)
            self._go()
            self.tell()

    def unplug(self):
        if self.plugged_at is not None:
            self._finish_transaction(types.StopTransactionReason.EV_DISCONNECTED)
            self._end()
            self.tell()

    def fault(self, *, faulted=True):
        self.faulted = faulted
        self._go()
        self.tell()

    def enable(self, *, enabled=True):
        self.enabled = enabled
        self.event(Event.ENABLED if enabled else Event.DISABLED)
        if not enabled and self.reservation is not None:
            self.reservation = None
            self.event(Event.RESERVATION_END)
        self.tell()

    def _begin(self, reason):
        self.session, self.phase = f"session_{self.evse_id}_{next(self.numbers)}", Phase.SESSION
        details = types.SessionStarted(reason=reason, id_tag=self.token, meter_value=METER)
        self.event(Event.SESSION_STARTED, session_started=details)

    def _go(self):
        if self.phase is Phase.SESSION and self.plugged_at and self.token and not self.faulted:
            self.phase = Phase.TRANSACTION
            self.grants_used = self.grants_taken
            self.started.append((self.token, self.session))
            details = types.TransactionStarted(id_tag=self.token, meter_value=METER)
            self.event(Event.TRANSACTION_STARTED, transaction_started=details)

    def _finish_transaction(self, reason):
        if self.phase is Phase.TRANSACTION:
            self.phase = Phase.OVER
            details = types.TransactionFinished(meter_value=METER, reason=reason)
            self.event(Event.TRANSACTION_FINISHED, transaction_finished=details)

    def _end(self):
        details = types.SessionFinished(meter_value=METER)
        self.event(Event.SESSION_FINISHED, session_finished=details)
        self.phase, self.session, self.plugged_at = Phase.IDLE, "", None
        self.token = self.presented = None

    # -- what it is asked ----------------------------------------------------------------------------------

    def command(self, command):
        self.told.append(command)
        return getattr(self, f"_{snake_case(type(command).__name__)}")(command)

    def _get_evse(self, _command):
        connectors = tuple(
            types.Connector(id=number, type=one) for number, one in enumerate(self.connector_types, 1)
        )
        return say.GetEvseReply(evse=types.Evse(id=self.evse_id, connectors=connectors))

    def _authorize_response(self, command):
        self.presented = None
        if command.validation_result.authorization_status is AuthorizationStatus.ACCEPTED:
            self.grants_taken += 1
            reserved = command.validation_result.reservation_id
            fits = self.reservation in (None, reserved)
            if fits and self.phase in (Phase.IDLE, Phase.SESSION) and self.token is None:
                self.reservation = None
                self.token = command.provided_token
                self.granted.append((command.provided_token, reserved))
                if not self.session:
                    self._begin(types.StartSessionReason.AUTHORIZED)
                self._go()
        self.tell()
        return Reply()

    def _withdraw_authorization(self, _command):
        if self.phase is Phase.SESSION and self.token is not None:
            self.token = None
            self.event(Event.DEAUTHORIZED)
            if self.plugged_at is None:
                self._end()
            self.tell()
        elif self.phase is Phase.SESSION:
            self.event(Event.PLUGIN_TIMEOUT)
        return Reply()

    def _stop_transaction(self, command):
        running = self.phase is Phase.TRANSACTION
        if running:
            self.stopped.append((self.session, command.request))
            self._finish_transaction(command.request.reason)
            self.tell()
        return say.StopTransactionReply(stopped=running)

    def _reserve(self, command):
        free = self.phase is Phase.IDLE and self.enabled and not self.faulted
        accepted = free and self.reservation in (None, command.reservation_id)
        if accepted:
            self.reservation = command.reservation_id
            self.event(Event.RESERVATION_START)
            self.tell()
        return say.ReserveReply(accepted=accepted)

    def _cancel_reservation(self, _command):
        if self.reservation is not None:
            self.reservation = None
            self.event(Event.RESERVATION_END)
            self.tell()
        return Reply()

"""What session events and conditions of an EVSE manager say about an EVSE (row S9.19): one table. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ocpp.v21.enums import ChargingStateEnumType as State

from actors.evse.messages import Flow, Phase
from actors.ocpp.blocks.transaction_entries import Standing
from protocols import codec
from protocols.types.evse_manager import SessionEventEnum as Event
from protocols.types.evse_manager import StartSessionReason
from protocols.types.evse_manager import StopTransactionReason as Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from actors.evse.messages import EvseCondition
    from protocols.types.authorization import ProvidedIdToken
    from protocols.types.evse_manager import SessionEvent
    from protocols.types.powermeter import Powermeter
    from protocols.types.units_signed import SignedMeterValue

HEARD: Final = 16
"""So many events are recognized when they are said again."""
OVER: Final = 4
"""So many sessions that are over are recognized."""
FLOWS_W: Final = 50.0
FLOWS_WH: Final = 1
"""From this power, or after this much energy either way, energy counts as flowing (EnergyTransfer)."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What comes along with a change."""

    at: datetime
    reading: Powermeter | None = None
    stop: Stop | None = None
    """Why a transaction is to end, when somebody said so."""
    stop_token: ProvidedIdToken | None = None
    signed_start: SignedMeterValue | None = None
    signed: SignedMeterValue | None = None
    final: bool = False
    """The session is over: whatever the stop points say, so is its transaction."""


def fingerprint(event: SessionEvent) -> str:
    """The same for events that are the same to the last byte, and for no others."""
    return hashlib.blake2b(codec.encode(event), digest_size=8).hexdigest()


def flows(reading: Powermeter, from_wh: Decimal | None) -> bool:
    """Whether energy is seen to flow. A meter that measures neither power nor energy since is believed."""
    power = reading.power_w
    if power is not None and abs(power.total_w) >= FLOWS_W:
        return True
    if from_wh is None:
        return power is None
    return abs(reading.energy_wh_import.total_wh - from_wh) >= FLOWS_WH


def cleared(now: Standing) -> Standing:
    """Nobody is there any more."""
    return Standing(
        evse_id=now.evse_id,
        bay=now.bay,
        faulted=now.faulted,
        transaction_id=now.transaction_id,
        heard=now.heard,
        over=(*now.over, now.session_id)[-OVER:] if now.session_id else now.over,
    )


def _started(now: Standing, event: SessionEvent) -> Standing:
    details = event.session_started
    if details is None:
        return now
    plugged = details.reason is StartSessionReason.EV_CONNECTED
    return replace(
        now,
        plugged=plugged,
        token=details.id_tag if details.reason is StartSessionReason.AUTHORIZED else None,
        charging_state=State.ev_connected if plugged else State.idle,
        reservation_id=details.reservation_id,
    )


def _plugged(now: Standing, _event: SessionEvent) -> Standing:
    state = State.ev_connected if now.charging_state is State.idle else now.charging_state
    return replace(now, plugged=True, charging_state=state)


def _transaction(now: Standing, event: SessionEvent) -> Standing:
    now, details = _plugged(now, event), event.transaction_started
    if details is None:
        return now
    reservation_id = now.reservation_id if details.reservation_id is None else details.reservation_id
    signed = details.signed_meter_value is not None
    return replace(now, token=details.id_tag, signed=signed, reservation_id=reservation_id)


def _charging(now: Standing, event: SessionEvent) -> Standing:
    now = replace(now, plugged=True, charging_state=State.charging)
    reading = _reading(event)
    if now.transferring or reading is None or flows(reading, None):
        return replace(now, transferring=True, flow_from_wh=None)
    return replace(now, flow_from_wh=reading.energy_wh_import.total_wh)


def _rests(state: State) -> Callable[[Standing, SessionEvent], Standing]:
    def rest(now: Standing, _event: SessionEvent) -> Standing:
        return replace(now, plugged=True, charging_state=state, transferring=False, flow_from_wh=None)

    return rest


def _deauthorized(now: Standing, _event: SessionEvent) -> Standing:
    return replace(now, token=None)


def _transaction_over(now: Standing, event: SessionEvent) -> Standing:
    now = replace(now, token=None, transferring=False, flow_from_wh=None)
    if _reason(event) is Stop.EV_DISCONNECTED:
        return replace(now, plugged=False, charging_state=State.idle)
    return replace(now, charging_state=State.ev_connected)


def _session_over(now: Standing, _event: SessionEvent) -> Standing:
    return cleared(now)


TABLE: Final[Mapping[Event, Callable[[Standing, SessionEvent], Standing]]] = MappingProxyType(
    {
        Event.SESSION_STARTED: _started,
        Event.SESSION_RESUMED: _plugged,
        Event.AUTH_REQUIRED: _plugged,
        Event.TRANSACTION_STARTED: _transaction,
        Event.PREPARE_CHARGING: _rests(State.ev_connected),
        Event.CHARGING_STARTED: _charging,
        Event.CHARGING_PAUSED_EV: _rests(State.suspended_ev),
        Event.CHARGING_PAUSED_EVSE: _rests(State.suspended_evse),
        Event.STOPPING_CHARGING: _rests(State.ev_connected),
        Event.CHARGING_FINISHED: _rests(State.ev_connected),
        Event.DEAUTHORIZED: _deauthorized,
        Event.TRANSACTION_FINISHED: _transaction_over,
        Event.SESSION_FINISHED: _session_over,
    }
)
"""What an event makes of an EVSE. `Authorized` names nobody: who it is comes with `SessionStarted`,
`TransactionStarted` or the condition. The others say nothing about transactions.
"""
OF_A_KNOWN_SESSION: Final = frozenset(
    {
        Event.DEAUTHORIZED,
        Event.STOPPING_CHARGING,
        Event.CHARGING_FINISHED,
        Event.TRANSACTION_FINISHED,
        Event.SESSION_FINISHED,
    }
)
"""Of any other session than the present one they are old news."""


def concerns(now: Standing, event: SessionEvent) -> bool:
    """Whether an event changes anything, and has not been heard before."""
    if event.event not in TABLE or not event.uuid or event.uuid in now.over:
        return False
    if event.event in OF_A_KNOWN_SESSION and event.uuid != now.session_id:
        return False
    return fingerprint(event) not in now.heard


def after_event(now: Standing, event: SessionEvent) -> Standing:
    """How the EVSE stands after an event that concerns it, of its present session or a new one."""
    heard = (*now.heard, fingerprint(event))[-HEARD:]
    connector_id = now.connector_id if event.connector_id is None else event.connector_id
    now = replace(now, session_id=event.uuid, connector_id=connector_id, heard=heard)
    return TABLE[event.event](now, event)


def _reason(event: SessionEvent) -> Stop:
    """A transaction that nobody stopped has ended because the car was unplugged."""
    details = event.transaction_finished
    return (details.reason if details is not None else None) or Stop.EV_DISCONNECTED


def _reading(event: SessionEvent) -> Powermeter | None:
    for details in (
        event.session_started,
        event.session_finished,
        event.transaction_started,
        event.transaction_finished,
        event.charging_state_changed_event,
        event.authorization_event,
    ):
        if details is not None:
            return details.meter_value
    return None


def occasion_of(event: SessionEvent) -> Occasion:
    """What comes along with an event."""
    final = event.event is Event.SESSION_FINISHED
    started, finished = event.transaction_started, event.transaction_finished
    if event.event is not Event.TRANSACTION_FINISHED or finished is None:
        signed = started.signed_meter_value if started is not None else None
        return Occasion(event.timestamp, _reading(event), signed_start=signed, final=final)
    return Occasion(
        event.timestamp,
        finished.meter_value,
        stop=_reason(event),
        stop_token=finished.id_tag,
        signed_start=finished.start_signed_meter_value,
        signed=finished.signed_meter_value,
        final=_reason(event) is Stop.HARD_RESET,  # M10.2
    )


FLOWING: Final[Mapping[Flow, State]] = MappingProxyType(
    {
        Flow.NONE: State.ev_connected,
        Flow.CHARGING: State.charging,
        Flow.PAUSED_BY_EV: State.suspended_ev,
        Flow.PAUSED_BY_EVSE: State.suspended_evse,
    }
)
"""What the manager's word means in OCPP's."""


def after_condition(now: Standing, condition: EvseCondition) -> Standing:
    """How the EVSE stands by its manager's word; only what was missed makes a difference.

    While the manager's transaction runs its car counts as plugged in: when it has gone, the end of the
    transaction is still to come, with its reason and the last reading.
    """
    connector_id = condition.connector_id or now.connector_id
    used = [each for each in condition.connectors if connector_id in {None, each.connector_id}]
    faulted = bool(used) and all(each.faulted for each in used)
    runs = condition.phase is Phase.TRANSACTION
    plugged = condition.plugged_in or (runs and now.plugged)
    state = now.charging_state
    if not plugged:
        state = State.idle
    elif condition.flow is not None:
        state = FLOWING[condition.flow]
    elif state is State.idle or condition.phase is Phase.OVER:
        state = State.ev_connected
    missed = condition.flow is Flow.CHARGING and now.charging_state is not State.charging
    flowing = plugged and runs and condition.flow in {None, Flow.CHARGING}
    return replace(
        now,
        session_id=condition.session_id,
        connector_id=connector_id,
        plugged=plugged,
        token=None if condition.phase is Phase.OVER else condition.token,
        charging_state=state,
        transferring=flowing and (now.transferring or missed),
        flow_from_wh=now.flow_from_wh if flowing else None,
        faulted=faulted,
    )

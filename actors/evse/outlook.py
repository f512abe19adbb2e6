"""What an EVSE manager says of itself after each input, drawn from where it stands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.connector.messages import CableCheck, Contactor
from actors.evse import enabling, faults, grants, introduction, messages, needs, power
from actors.evse.exchange import Clear, Raise
from actors.evse.record import State
from actors.v2g.progress import Direct
from protocols import errors
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types.error_history import Severity
from protocols.types.evse_manager import CarManufacturer
from protocols.types.iso15118 import EvseError, IsolationStatus, NoEnergyPauseMode

if TYPE_CHECKING:
    from actors.errors.messages import Standing
    from actors.evse.turn import Turn

ERROR_OF_LIST = {
    "ac_rcd": EvseError.ERROR_RCD,
    "evse_board_support/MREC2GroundFailure": EvseError.ERROR_RCD,
    "evse_board_support/MREC17EVSEContactorFault": EvseError.ERROR_CONTACTOR,
    "evse_board_support/MREC8EmergencyStop": EvseError.ERROR_EMERGENCY_SHUTDOWN,
}
"""What the car is told of an error, by its full type or its list; all others are a malfunction."""

MANUFACTURERS = {
    "00:7D:FA": CarManufacturer.VOLKSWAGEN_GROUP,
    "98:ED:5C": CarManufacturer.TESLA,
}
"""By the first three bytes of the network address, as the IEEE has given them out."""


def say(turn: Turn) -> None:
    """Everything that may have changed."""
    _identity(turn)
    _ready(turn)
    _inoperative(turn)
    _car(turn)
    needs.say(turn)
    turn.publish_changed(condition(turn))
    turn.publish_changed(so_far(turn))


def _identity(turn: Turn) -> None:
    """Who this EVSE is, what its board can do, and who built the car."""
    turn.publish_changed(evse_manager.EvseId(evse_id=turn.settings.evse_id))
    outlet = turn.outlet
    if outlet is not None and outlet.capabilities is not None:
        turn.publish_changed(evse_manager.HwCapabilities(capabilities=outlet.capabilities))
    address = turn.facts.ev.evcc_id
    if address is not None:
        builder = MANUFACTURERS.get(address[:8].upper(), CarManufacturer.UNKNOWN)
        turn.publish_changed(evse_manager.CarManufacturer(manufacturer=builder))


def _ready(turn: Turn) -> None:
    facts = turn.facts
    if facts.ready or not facts.outlets:
        return
    if not (facts.waited_for_meter or facts.meter is not None):
        return
    if not facts.released:
        turn.publish_changed(evse_manager.WaitingForExternalReady(waiting=True))
        return
    facts.ready = True
    turn.publish_changed(evse_manager.Ready(ready=True))


def _inoperative(turn: Turn) -> None:
    """The special error that all others lead to: raised once, cleared with the last cause (M6.20)."""
    causes = list(power.blocking(turn))
    if bool(causes) == turn.facts.inoperative:
        return
    turn.facts.inoperative = bool(causes)
    if not causes:
        turn.effects.append(Clear(error=errors.EvseManager.INOPERATIVE))
        turn.tell_car(charger.ResetError())
        return
    first = max(causes, key=lambda each: faults.SHUTDOWN[each.error.severity])
    turn.effects.append(
        Raise(
            error=errors.EvseManager.INOPERATIVE,
            message=f"caused_by:{first.error.type} {first.error.message}",
            severity=Severity.HIGH,
            vendor_id=first.vendor_id if turn.settings.inoperative_error_use_vendor_id else "",
        )
    )
    turn.tell_car(charger.SendError(error=error_for_car(first)))


def error_for_car(standing: Standing) -> EvseError:
    """What a car is told of an error."""
    kind = standing.error.type
    found = ERROR_OF_LIST.get(kind) or ERROR_OF_LIST.get(kind.partition("/")[0])
    return found or EvseError.ERROR_MALFUNCTION


def _car(turn: Turn) -> None:
    """What the car waits for, as soon as the connector tells it."""
    session, outlet = turn.session, turn.outlet
    if not turn.settings.hlc or session is None or outlet is None:
        return
    introduction.tell_limits(turn)
    if turn.settings.dc:
        _direct(turn)
        mode = NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK
        if turn.settings.zero_power_allow_ev_to_ignore_pause or power.has_energy(turn):
            mode = NoEnergyPauseMode.ALLOW_EV_TO_IGNORE_PAUSE
        if turn.running and not turn.settings.zero_power_ignore_pause:
            turn.tell_car_changed(charger.NoEnergyPauseCharging(mode=mode))
    elif not session.car.confirmed and outlet.contactor is not Contactor.UNKNOWN:
        closed = outlet.contactor is Contactor.CLOSED
        if closed == session.car.contactor:
            turn.tell_car(charger.AcContactorClosed(status=closed))


def _direct(turn: Turn) -> None:
    session, outlet = turn.session, turn.outlet
    if session is None or outlet is None or session.car.direct is not Direct.CABLE_CHECK:
        return
    if session.car.checked or outlet.cable_check not in {CableCheck.PASSED, CableCheck.FAILED}:
        return
    passed = outlet.cable_check is CableCheck.PASSED
    status = IsolationStatus.VALID if passed else IsolationStatus.FAULT
    turn.tell_car_changed(charger.UpdateIsolationStatus(isolation_status=status))
    turn.tell_car(charger.CableCheckFinished(status=passed))


PHASES = {
    State.DISABLED: messages.Phase.IDLE,
    State.IDLE: messages.Phase.IDLE,
    State.WAITING_FOR_AUTHENTICATION: messages.Phase.SESSION,
    State.PREPARE_CHARGING: messages.Phase.TRANSACTION,
    State.CHARGING: messages.Phase.TRANSACTION,
    State.CHARGING_PAUSED_EV: messages.Phase.TRANSACTION,
    State.CHARGING_PAUSED_EVSE: messages.Phase.TRANSACTION,
    State.STOPPING_CHARGING: messages.Phase.TRANSACTION,
    State.FINISHED: messages.Phase.OVER,
}
FLOWS = {
    State.PREPARE_CHARGING: messages.Flow.NONE,
    State.CHARGING: messages.Flow.CHARGING,
    State.CHARGING_PAUSED_EV: messages.Flow.PAUSED_BY_EV,
    State.CHARGING_PAUSED_EVSE: messages.Flow.PAUSED_BY_EVSE,
    State.STOPPING_CHARGING: messages.Flow.NONE,
}


def condition(turn: Turn) -> messages.EvseCondition:
    """The EVSE as it stands, for authorization."""
    session, transaction = turn.session, turn.transaction
    faulted = power.shutdown(turn) is not faults.Shutdown.NONE
    over = session is not None and (session.timed_out or session.stop is not None) and not turn.running
    phase = messages.Phase.OVER if over else PHASES[turn.state]
    return messages.EvseCondition(
        evse_id=turn.settings.evse,
        grants_taken=turn.record.grants_taken,
        grants_used=turn.record.grants_used,
        phase=phase,
        flow=FLOWS[turn.state] if phase is messages.Phase.TRANSACTION else None,
        session_id=session.uuid if session is not None else "",
        connector_id=session.connector if session is not None else None,
        plugged_in=session is not None and session.plugged,
        plugged_in_at=session.plugged_at if session is not None else None,
        token=session.token if session is not None else None,
        presented=grants.presented(turn),
        start_reading=transaction.start if transaction is not None else None,
        ended=turn.record.ended,
        reservation_id=turn.record.reservation_id,
        connectors=tuple(
            messages.OutletCondition(
                connector_id=number,
                enabled=enabling.in_service(turn, number),
                faulted=faulted,
                locked=turn.facts.outlets[number].locked if number in turn.facts.outlets else None,
            )
            for number in sorted(turn.facts.outlets) or (1,)
        ),
    )


def so_far(turn: Turn) -> messages.SessionSoFar:
    """The session's moments, for those who show it."""
    session, transaction = turn.session, turn.transaction
    if session is None:
        return messages.SessionSoFar()
    return messages.SessionSoFar(
        session_id=session.uuid,
        began=session.began,
        reason=session.reason,
        provided_at=session.provided_at,
        authorized_at=session.authorized_at if session.token is not None else None,
        transaction_began=transaction.began if transaction is not None else None,
        start_import_wh=transaction.start.energy_wh_import.total_wh if transaction is not None else None,
        stopping=session.stop.reason if session.stop is not None else None,
        finished=transaction is not None and transaction.finished,
        evidence=turn.settings.session_logging,
    )

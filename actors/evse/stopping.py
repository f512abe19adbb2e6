"""Ends and pauses from outside: commands of `evse_manager` (rows M6.13 to M6.15, S9.3 to S9.5). Pure.

A stop latches: whatever comes later, the session does not charge again before the car is unplugged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.evse.exchange import Raise
from actors.evse.record import State, Stop
from protocols import errors
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.message import Reply
from protocols.types import authorization
from protocols.types.error_history import Severity
from protocols.types.evse_manager import AuthorizationEvent, SessionEventEnum, StopTransactionReason

if TYPE_CHECKING:
    from actors.evse.turn import Turn


def stop(
    turn: Turn, reason: StopTransactionReason, token: authorization.ProvidedIdToken | None = None
) -> bool:
    """Latch the end of the session; False when it has been latched before. The first reason stays."""
    if turn.session is None or turn.session.stop is not None:
        return False
    turn.change(stop=Stop(reason=reason, token=token, at=turn.now))
    return True


def handle_stop_transaction(
    command: evse_manager.StopTransaction, turn: Turn
) -> evse_manager.StopTransactionReply:
    """End the transaction; False without one that could be ended."""
    if not turn.running:
        return evse_manager.StopTransactionReply(stopped=False)
    stop(turn, command.request.reason, command.request.id_tag)
    return evse_manager.StopTransactionReply(stopped=True)


def handle_force_unlock(command: evse_manager.ForceUnlock, turn: Turn) -> evse_manager.ForceUnlockReply:
    """Release the plug: the transaction ends first, the lock opens when the outlet is dead."""
    if not turn.settings.has_lock or command.connector_id not in turn.facts.outlets:
        return evse_manager.ForceUnlockReply(accepted=False)
    session = turn.session
    if session is not None and session.connector == command.connector_id:
        if turn.running:
            stop(turn, StopTransactionReason.UNLOCK_COMMAND)
        turn.change(unlock=True)
    return evse_manager.ForceUnlockReply(accepted=True)


def handle_pause_charging(
    _command: evse_manager.PauseCharging, turn: Turn
) -> evse_manager.PauseChargingReply:
    """Pause from here; False without a transaction that could go on."""
    if turn.session is None or not turn.running or turn.session.stop is not None:
        return evse_manager.PauseChargingReply(paused=False)
    if not turn.session.paused:
        turn.change(paused=True)
        turn.tell_car(charger.PauseCharging(pause=True))
    return evse_manager.PauseChargingReply(paused=True)


def handle_resume_charging(
    _command: evse_manager.ResumeCharging, turn: Turn
) -> evse_manager.ResumeChargingReply:
    """End a pause from here; False when there is none."""
    if turn.session is None or not turn.session.paused or turn.session.stop is not None:
        return evse_manager.ResumeChargingReply(resumed=False)
    turn.change(paused=False)
    turn.tell_car(charger.PauseCharging(pause=False))
    return evse_manager.ResumeChargingReply(resumed=True)


def handle_withdraw_authorization(_command: evse_manager.WithdrawAuthorization, turn: Turn) -> Reply:
    """Take the grant back while nothing has come of it, or tell a waiting car that none will come (M6.13)."""
    session = turn.session
    if session is None or turn.state is not State.WAITING_FOR_AUTHENTICATION or session.transaction:
        return Reply()
    if session.token is not None:
        turn.event(
            SessionEventEnum.DEAUTHORIZED,
            authorization_event=AuthorizationEvent(meter_value=turn.reading),
        )
        turn.change(token=None, verdict=None, reservation_id=None)
    elif not session.timed_out:
        turn.event(SessionEventEnum.PLUGIN_TIMEOUT)
        turn.change(timed_out=True)
        if turn.settings.raise_mrec9:
            turn.effects.append(
                Raise(
                    error=errors.EvseManager.MREC9_AUTHORIZATION_TIMEOUT,
                    message="nobody was authorized in time; unplug the car to try again",
                    severity=Severity.LOW,
                )
            )
        tell_in_vain(turn)
    return Reply()


def tell_in_vain(turn: Turn) -> None:
    """Tell a car that waits for authorization that none will come, so that it can leave its loop."""
    turn.tell_car(
        charger.AuthorizationResponse(
            authorization_status=authorization.AuthorizationStatus.TIMEOUT,
            certificate_status=authorization.CertificateStatus.NO_CERTIFICATE_AVAILABLE,
        )
    )

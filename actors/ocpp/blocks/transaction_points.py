"""When a transaction begins and ends, and what is said of it: tables (rows M10.1 to M10.4). Pure.

A start point begins a transaction when it is reached; a stop point ends one when it is lost. So a station
whose stop point is left while its start point still holds does not begin another one at once.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ocpp.v21.enums import ChargingStateEnumType as State
from ocpp.v21.enums import ReasonEnumType as Reason
from ocpp.v21.enums import TriggerReasonEnumType as Trigger

from protocols.types.authorization import AuthorizationType
from protocols.types.evse_manager import StopTransactionReason as Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.ocpp.blocks.transaction_entries import Standing

HOLDS: Final[Mapping[str, Callable[[Standing], bool]]] = MappingProxyType(
    {
        "ParkingBayOccupancy": lambda now: now.bay or now.plugged,
        "EVConnected": lambda now: now.plugged,
        "Authorized": lambda now: now.token is not None,
        "PowerPathClosed": lambda now: now.plugged and now.token is not None,  # M10.2
        "EnergyTransfer": lambda now: now.transferring,
        "DataSigned": lambda now: now.signed,
    }
)
"""Which points hold (M10.1)."""
NEVER_STOPS: Final = frozenset({"DataSigned"})


def begins(points: tuple[str, ...], before: Standing, after: Standing) -> bool:
    """Whether some start point is reached."""
    return any(HOLDS[each](after) and not HOLDS[each](before) for each in points if each in HOLDS)


def holds(points: tuple[str, ...], now: Standing) -> bool:
    """Whether some start point holds."""
    return any(HOLDS[each](now) for each in points if each in HOLDS)


def ends(points: tuple[str, ...], before: Standing, after: Standing) -> bool:
    """Whether some stop point is lost."""
    counted = (each for each in points if each in HOLDS and each not in NEVER_STOPS)
    return any(HOLDS[each](before) and not HOLDS[each](after) for each in counted)


class Ending(NamedTuple):
    """How OCPP words why a transaction ends."""

    reason: Reason
    trigger: Trigger


ENDINGS: Final[Mapping[Stop, Ending]] = MappingProxyType(
    {
        Stop.EMERGENCY_STOP: Ending(Reason.emergency_stop, Trigger.abnormal_condition),
        Stop.EV_DISCONNECTED: Ending(Reason.ev_disconnected, Trigger.ev_communication_lost),
        Stop.HARD_RESET: Ending(Reason.immediate_reset, Trigger.reset_command),
        Stop.LOCAL: Ending(Reason.local, Trigger.stop_authorized),
        Stop.OTHER: Ending(Reason.other, Trigger.abnormal_condition),
        Stop.POWER_LOSS: Ending(Reason.power_loss, Trigger.abnormal_condition),
        Stop.REBOOT: Ending(Reason.reboot, Trigger.reset_command),
        Stop.REMOTE: Ending(Reason.remote, Trigger.remote_stop),
        Stop.SOFT_RESET: Ending(Reason.other, Trigger.reset_command),
        Stop.UNLOCK_COMMAND: Ending(Reason.other, Trigger.unlock_command),
        Stop.DE_AUTHORIZED: Ending(Reason.de_authorized, Trigger.deauthorized),
        Stop.ENERGY_LIMIT_REACHED: Ending(Reason.energy_limit_reached, Trigger.energy_limit_reached),
        Stop.GROUND_FAULT: Ending(Reason.ground_fault, Trigger.abnormal_condition),
        Stop.LOCAL_OUT_OF_CREDIT: Ending(Reason.local_out_of_credit, Trigger.cost_limit_reached),
        Stop.MASTER_PASS: Ending(Reason.master_pass, Trigger.stop_authorized),
        Stop.OVERCURRENT_FAULT: Ending(Reason.overcurrent_fault, Trigger.abnormal_condition),
        Stop.POWER_QUALITY: Ending(Reason.power_quality, Trigger.abnormal_condition),
        Stop.SOC_LIMIT_REACHED: Ending(Reason.soc_limit_reached, Trigger.so_c_limit_reached),
        Stop.STOPPED_BY_EV: Ending(Reason.stopped_by_ev, Trigger.charging_state_changed),
        Stop.TIME_LIMIT_REACHED: Ending(Reason.time_limit_reached, Trigger.time_limit_reached),
        Stop.TIMEOUT: Ending(Reason.timeout, Trigger.ev_connect_timeout),
        Stop.REQ_ENERGY_TRANSFER_REJECTED: Ending(Reason.other, Trigger.abnormal_condition),
    }
)
"""M10.3, E16.FR.06. What 2.0.1 has no word for is said in an older one when it goes out (`projection`)."""

STOPPED_BY_STATE: Final[Mapping[State, Stop]] = MappingProxyType({State.suspended_ev: Stop.STOPPED_BY_EV})
"""Why energy flows no longer, for stop point EnergyTransfer; any other state: for another reason."""


def lost(before: Standing, after: Standing) -> Stop | None:
    """What its loss means for a transaction when nobody has said a reason; None: nothing is lost."""
    if before.plugged and not after.plugged:
        return Stop.EV_DISCONNECTED
    if before.token is not None and after.token is None:
        return Stop.DE_AUTHORIZED if after.plugged else Stop.TIMEOUT
    if before.transferring and not after.transferring:
        return STOPPED_BY_STATE.get(after.charging_state, Stop.OTHER)
    return None


def departed(before: Standing, after: Standing) -> bool:
    """Whether the car has left the parking bay."""
    return before.bay and not after.bay


def gained(before: Standing, after: Standing) -> Trigger | None:
    """What has come, as the trigger of an event (M10.3: by order of arrival); None: nothing."""
    if after.token is not None and before.token is None:
        by_csms = after.token.authorization_type is AuthorizationType.OCPP
        return Trigger.remote_start if by_csms else Trigger.authorized
    if after.plugged and not before.plugged:
        return Trigger.cable_plugged_in
    if after.signed and not before.signed:
        return Trigger.signed_data_received
    if after.bay and not before.bay:
        return Trigger.ev_detected
    if after.charging_state is not before.charging_state or after.transferring is not before.transferring:
        return Trigger.charging_state_changed
    return None

"""The phases of a talk in DIN 70121: what the car may ask next. Pure data."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from protocols.types.evse_manager import HlcSessionFailedReasonEnum as Reason

if TYPE_CHECKING:
    from collections.abc import Mapping


class Phase(enum.StrEnum):
    """Where a talk stands; the value is what `state.Talk.phase` holds."""

    SETUP = ""
    """The handshake is done."""
    DISCOVERY = "Discovery"
    SELECTION = "Selection"
    AUTHORIZATION = "Authorization"
    PARAMETERS = "Parameters"
    OFFERED = "Offered"
    """The station has said what it can give."""
    CABLE_CHECK = "CableCheck"
    CHECKED = "Checked"
    """The cable check has ended well."""
    PRE_CHARGE = "PreCharge"
    READY = "Ready"
    """Energy may flow; the car has not asked for any yet."""
    CHARGING = "Charging"
    STOPPED = "Stopped"
    ENDED = "Ended"


BROKEN_OFF: Final[Mapping[Phase, Reason]] = {
    Phase.AUTHORIZATION: Reason.AUTHORIZATION_FAILED,
    Phase.PARAMETERS: Reason.CHARGING_PARAMETERS_NOT_ACCEPTED,
    Phase.OFFERED: Reason.CHARGING_PARAMETERS_NOT_ACCEPTED,
    Phase.CABLE_CHECK: Reason.ENERGY_TRANSFER_SETUP_FAILED,
    Phase.CHECKED: Reason.ENERGY_TRANSFER_SETUP_FAILED,
    Phase.PRE_CHARGE: Reason.ENERGY_TRANSFER_SETUP_FAILED,
    Phase.READY: Reason.CHARGING_INTERRUPTED,
    Phase.CHARGING: Reason.CHARGING_INTERRUPTED,
}
"""What a talk that breaks off in a phase has failed at; anywhere else its end is merely unexpected."""


def broken_off(phase: str) -> Reason:
    """The reason to publish when a talk ends in this phase without SessionStop."""
    return BROKEN_OFF.get(Phase(phase), Reason.UNEXPECTED_SESSION_END)

"""The phases of a talk, what handlers say about theirs, and how they refuse. Pure."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc.iso20.talk import Iso20Talk
from protocols.types.evse_manager import HlcSessionFailedReasonEnum as Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.iso15118.iso20.enumerations import ResponseCode
    from protocols.types.iso15118 import SelectedServiceParameters


class Phase(enum.StrEnum):
    """What the station waits for."""

    SESSION_SETUP = "SessionSetup"
    AUTHORIZATION_SETUP = "AuthorizationSetup"
    AUTHORIZATION = "Authorization"
    AUTHORIZING = "Authorizing"
    """The same AuthorizationReq again, until it is decided."""
    EXPIRING = "Expiring"
    """Authorized by a contract that ends soon: services, or a new contract."""
    SERVICE_DISCOVERY = "ServiceDiscovery"
    SERVICE_DETAIL = "ServiceDetail"
    SERVICE_SELECTION = "ServiceSelection"
    PARAMETERS = "ChargeParameterDiscovery"
    SCHEDULE = "ScheduleExchange"
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    DELIVERY = "PowerDelivery"
    LOOP = "ChargeLoop"
    WELDING = "WeldingDetection"
    STOP = "SessionStop"


FAILURES: Final[Mapping[Phase, Failed]] = {
    Phase.SESSION_SETUP: Failed.UNEXPECTED_SESSION_END,
    Phase.AUTHORIZATION_SETUP: Failed.AUTHORIZATION_FAILED,
    Phase.AUTHORIZATION: Failed.AUTHORIZATION_FAILED,
    Phase.AUTHORIZING: Failed.AUTHORIZATION_FAILED,
    Phase.EXPIRING: Failed.UNEXPECTED_SESSION_END,
    Phase.SERVICE_DISCOVERY: Failed.UNEXPECTED_SESSION_END,
    Phase.SERVICE_DETAIL: Failed.CHARGING_PARAMETERS_NOT_ACCEPTED,
    Phase.SERVICE_SELECTION: Failed.CHARGING_PARAMETERS_NOT_ACCEPTED,
    Phase.PARAMETERS: Failed.CHARGING_PARAMETERS_NOT_ACCEPTED,
    Phase.SCHEDULE: Failed.CHARGING_PARAMETERS_NOT_ACCEPTED,
    Phase.CABLE_CHECK: Failed.ENERGY_TRANSFER_SETUP_FAILED,
    Phase.PRE_CHARGE: Failed.ENERGY_TRANSFER_SETUP_FAILED,
    Phase.DELIVERY: Failed.ENERGY_TRANSFER_SETUP_FAILED,
    Phase.LOOP: Failed.CHARGING_INTERRUPTED,
    Phase.WELDING: Failed.UNEXPECTED_SESSION_END,
    Phase.STOP: Failed.UNEXPECTED_SESSION_END,
}
"""What a talk that breaks off in a phase is reported as."""


class RefusedError(Exception):
    """A request that is answered with `code`, a FAILED one, and ends the talk. `why` is for the log."""

    def __init__(self, code: ResponseCode, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


def phase_of(turn: Turn) -> Phase:
    """What the talk waits for; a talk begins at session set-up."""
    return Phase(turn.talk.phase) if turn.talk.phase else Phase.SESSION_SETUP


def enter(turn: Turn, phase: Phase) -> None:
    """Wait for something else."""
    turn.change(phase=phase.value)


def mine(turn: Turn) -> Iso20Talk:
    """The part of the talk that only this protocol has."""
    return turn.talk.iso20 or Iso20Talk()


def keep(turn: Turn, **fields: Any) -> None:
    """Put fields of that part to new values."""
    turn.change(iso20=dataclasses.replace(mine(turn), **fields))


def chosen(turn: Turn) -> SelectedServiceParameters:
    """What the car chose. RuntimeError before it has: no row leads there."""
    selected = mine(turn).selected
    if selected is None:
        raise RuntimeError("no service was selected")
    return selected

"""How EVSEs are by the word of their managers: what decides whether somebody may charge there now (S9.19).

In this life alone: every manager says it again to a successor. Blocks ask here for what the standing of
`transaction_entries` does not hold: service, faults, reservations, the phase of the session, the lock. Of an
EVSE whose manager is a program from outside it is made of what that one says (`outside_evses`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from ocpp.v21 import datatypes

from actors.errors.messages import StandingErrors
from actors.evse.messages import EvseCondition, Phase
from actors.ocpp.block import Block
from actors.ocpp.blocks import outside_evses
from protocols.interfaces import evse_manager

if TYPE_CHECKING:
    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn


@dataclass(slots=True)
class Conditions:
    """The last word of each manager."""

    by_evse: dict[int, EvseCondition] = field(default_factory=dict)


class Hindrance(NamedTuple):
    """Why something cannot be done: a reason code of OCPP's appendix, and words for people."""

    code: str
    text: str

    @property
    def info(self) -> datatypes.StatusInfoType:
        """As the CSMS is told of it."""
        return datatypes.StatusInfoType(reason_code=self.code, additional_info=self.text)


def condition_of(turn: Turn, evse_id: int) -> EvseCondition | None:
    """How an EVSE is; None: its manager has not said a word yet."""
    if evse_id in turn.settings.outside:
        return outside_evses.condition(turn, evse_id)
    return turn.live.of(Conditions).by_evse.get(evse_id)


def hindrance(turn: Turn, evse_id: int) -> Hindrance | None:
    """Why nobody new can charge at an EVSE now, reservations aside; None: somebody can.

    A car that is plugged in and authorized by nobody is no hindrance.
    """
    condition = condition_of(turn, evse_id)
    if condition is None:
        return Hindrance("NotEnabled", f"EVSE {evse_id} has not started yet")
    if not any(each.enabled and not each.faulted for each in condition.connectors):  # F01.FR.23
        return Hindrance("NotEnabled", f"EVSE {evse_id} is out of service or faulted")
    if condition.phase is Phase.OVER:  # M6.14
        return Hindrance("TxInProgress", f"the car at EVSE {evse_id} has to be unplugged first")
    if condition.token is not None or condition.phase is Phase.TRANSACTION:  # F01.FR.24, F02.FR.25
        return Hindrance("TxInProgress", f"somebody charges at EVSE {evse_id}, or is about to")
    return None


def busy(turn: Turn, evse_id: int) -> bool:
    """Whether somebody charges at an EVSE, or is about to."""
    condition = condition_of(turn, evse_id)
    if condition is None or condition.phase is Phase.OVER:
        return False
    return condition.token is not None or condition.phase is Phase.TRANSACTION


def _condition(turn: Turn, peer: Peer, news: EvseCondition) -> None:
    turn.live.of(Conditions).by_evse[peer.number] = news


BLOCK: Final = Block(
    name="evse_conditions",
    news={
        EvseCondition: _condition,
        StandingErrors: outside_evses.standing_errors,
        evse_manager.Ready: outside_evses.ready,
        evse_manager.SessionEvent: outside_evses.session_event,
        evse_manager.WaitingForExternalReady: outside_evses.ready,
    },
)

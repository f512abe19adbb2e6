"""What the station wants the car to do, said in EVSEStatus. Pure.

In the order of their weight; one notice fits a response. Sources: ISO 15118-20 8.3.5.3.1 and 8.5.6,
requirement ids at the rows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.iso20.phases import keep, mine
from actors.v2g.secc.state import Verdict
from protocols.iso15118.iso20.enumerations import EvseNotification
from protocols.iso15118.iso20.types import EvseStatus
from protocols.types.iso15118 import NoEnergyPauseMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.v2g.secc.turn import Turn

AT_ONCE_S: Final = 0
SOON_S: Final = 60  # [V2G20-1850]
RECEIPT_EVERY: Final = timedelta(minutes=15)
"""How often a car has to sign a meter reading where receipts are required."""


def _terminate(turn: Turn) -> bool:
    withdrawn = turn.authorization.verdict is Verdict.REFUSED  # [V2G20-1411]
    return turn.stopped or turn.station.error is not None or withdrawn


def _pause(turn: Turn) -> bool:
    waiting = turn.station.no_energy is NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE and not mine(turn).looped
    return turn.station.pause or waiting


def receipt_due(turn: Turn) -> bool:
    """Whether a signed meter reading is due; only a contract can sign [V2G20-1622]."""
    own = mine(turn)
    return (
        turn.station.receipt_required
        and turn.talk.contract is not None
        and turn.station.meter is not None
        and own.looped
        and (own.confirmed_at is None or turn.now - own.confirmed_at >= RECEIPT_EVERY)
    )


NOTICES: Final[tuple[tuple[Callable[[Turn], bool], EvseNotification, int], ...]] = (
    (_terminate, EvseNotification.TERMINATE, AT_ONCE_S),  # [V2G20-1698, -1959]
    (_pause, EvseNotification.PAUSE, SOON_S),  # [V2G20-1850]
    (lambda turn: mine(turn).wants_services, EvseNotification.SERVICE_RENEGOTIATION, SOON_S),  # [V2G20-1642]
    (lambda turn: mine(turn).wants_schedule, EvseNotification.SCHEDULE_RENEGOTIATION, SOON_S),
    (receipt_due, EvseNotification.METERING_CONFIRMATION, SOON_S),  # [V2G20-1621]
)
_ONLY_IN_THE_LOOP: Final = frozenset(
    {
        EvseNotification.SERVICE_RENEGOTIATION,  # [V2G20-1641]
        EvseNotification.SCHEDULE_RENEGOTIATION,
        EvseNotification.METERING_CONFIRMATION,
    }
)


def status(turn: Turn, *, loop: bool) -> EvseStatus | None:
    """The notice for the response being made, if there is any; remembers that a pause was asked for."""
    for wanted, notice, within_s in NOTICES:
        if wanted(turn) and (loop or notice not in _ONLY_IN_THE_LOOP):
            if notice is EvseNotification.PAUSE:
                keep(turn, pause_notified=True)
            return EvseStatus(notification_max_delay_s=within_s, evse_notification=notice)
    return None

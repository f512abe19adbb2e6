"""What follows a round of the charging loop in ISO 15118-20, whatever the current. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.simulation.ev.drive import Wish
from actors.simulation.ev.iso20.phases import Phase
from actors.simulation.ev.language import Go, Said
from actors.simulation.ev.script import Pay
from protocols.iso15118.iso20.enumerations import EvseNotification

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from actors.simulation.ev.drive import Drive
    from protocols.iso15118.iso20.types import EvseStatus

_WISHES: Final[Mapping[EvseNotification, Wish]] = {
    EvseNotification.TERMINATE: Wish.STOP,
    EvseNotification.SERVICE_RENEGOTIATION: Wish.STOP,
    EvseNotification.PAUSE: Wish.PAUSE,
    EvseNotification.SCHEDULE_RENEGOTIATION: Wish.RENEGOTIATE,
}
"""What a notification makes the car want; the others change nothing in the loop."""


def notified(drive: Drive, status: EvseStatus | None) -> Wish | None:
    """What the station wants of the car; a stop holds."""
    if status is None:
        return Wish.STOP if drive.stopping else None
    if status.evse_notification is EvseNotification.SERVICE_RENEGOTIATION:
        drive.notes["service_renegotiation"] = True
    return _WISHES.get(status.evse_notification)


def after_loop(drive: Drive, said: Said, loop_s: Decimal) -> Go:
    """Confirm the meter, go on, negotiate, pause or stop; the station goes first."""
    body = said.body
    drive.notes["meter"] = body.meter_info or drive.notes.get("meter")
    status = body.evse_status
    asks = status is not None and status.evse_notification is EvseNotification.METERING_CONFIRMATION
    if asks and drive.payment is Pay.CONTRACT:
        return Go(Phase.METERING_CONFIRMATION)
    return follow(drive, notified(drive, status), loop_s)


def follow(drive: Drive, station: Wish | None, loop_s: Decimal) -> Go:
    """What comes of the wishes of station, script and battery."""
    wish = station or drive.wish()
    if wish is Wish.CHARGE:
        return Go(Phase.CHARGE_LOOP, float(loop_s))
    if wish is Wish.RENEGOTIATE:
        if station is None:
            drive.renegotiated()
        return Go(Phase.RESCHEDULE)
    drive.paused = wish is Wish.PAUSE
    drive.stopping = True
    return Go(Phase.POWER_STOP)

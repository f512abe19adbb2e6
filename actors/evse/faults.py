"""What an error does to an EVSE (rows M6.18 to M6.20). Pure.

Every error of the EVSE itself and of what it requires makes it inoperative, save the ones in `HARMLESS`, and
errors of the meter where the configuration says so.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from protocols import errors
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.errors.messages import Standing


class Shutdown(enum.IntEnum):
    """How an EVSE is brought down; the worse one counts."""

    NONE = 0
    ERROR = 1
    """Orderly: the pilot stays where the car is told by high-level communication."""
    EMERGENCY = 2
    """At once: pilot off, DC off, contactor open."""


HARMLESS: Final = frozenset(
    {
        errors.EvseBoardSupport.MREC3_HIGH_TEMPERATURE,
        errors.EvseBoardSupport.MREC18_CABLE_OVER_TEMP_DERATE,
        errors.EvseBoardSupport.VENDOR_WARNING,
        errors.AcRcd.VENDOR_WARNING,
        errors.ConnectorLock.VENDOR_WARNING,
        errors.IsolationMonitor.VENDOR_WARNING,
        errors.OverVoltageMonitor.VENDOR_WARNING,
        errors.PowerSupplyDc.VENDOR_WARNING,
        errors.Generic.VENDOR_WARNING,
        errors.EvseManager.INOPERATIVE,
    }
)
"""They do not stop a charge. The last one is what the others lead to."""

SHUTDOWN: Final = {
    Severity.HIGH: Shutdown.EMERGENCY,
    Severity.MEDIUM: Shutdown.ERROR,
    Severity.LOW: Shutdown.ERROR,
}


def blocks(standing: Standing, *, of_meter: bool, fail_on_powermeter_errors: bool) -> bool:
    """Whether an error makes the EVSE inoperative; `of_meter`: its origin is one of the EVSE's meters."""
    if standing.error.type in {each.value for each in HARMLESS}:
        return False
    return fail_on_powermeter_errors or not of_meter


def shutdown(blocking: Iterable[Standing]) -> Shutdown:
    """How bad these are together."""
    return max((SHUTDOWN[each.error.severity] for each in blocking), default=Shutdown.NONE)

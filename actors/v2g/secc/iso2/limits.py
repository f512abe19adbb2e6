"""How long the station waits and works in ISO 15118-2: one table. Pure data.

The sequence time-out and the time to close are `conversation`'s, the cable check's is `direct_current`'s.
Source: ISO 15118-2 8.7.2, Tables 109 and 110; row M7.12.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Timer(enum.StrEnum):
    """The timers of a talk, by the name the link knows them by."""

    CONTACTOR = "contactor"
    """PowerDeliveryRes waits so long for the contactor: V2G_SECC_Msg_Performance_Time."""
    CERTIFICATE = "certificate"
    """CertificateInstallationRes and CertificateUpdateRes: V2G_SECC_Msg_Performance_Time."""
    ONGOING = "ongoing"
    """From the first ChargeParameterDiscoveryRes that says Ongoing: V2G_SECC_Ongoing_Performance_Time."""


LIMIT_S: Final[Mapping[Timer, float]] = {
    Timer.CONTACTOR: 4.5,
    Timer.CERTIFICATE: 4.5,
    Timer.ONGOING: 55.0,
}
VAS_WITHIN_S: Final = 4.0
"""For a provider of value-added services, inside the time of ServiceDetailRes."""
RECEIPT_EVERY_S: Final = 60.0
"""So often a car has to sign a meter reading, where receipts are required; the standard leaves it open."""
RENEGOTIATE_EVERY_S: Final = 300.0
"""A car is not asked to negotiate anew more often than this; the standard leaves it open."""

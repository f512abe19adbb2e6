"""The time-outs of the station's side: names, values, sources. Pure data.

Started and cancelled: SEQUENCE by `dialogue` with every answer; CONTACTOR by `delivery`; CERTIFICATE by
`installation`; CABLE_CHECK by `cable`. The performance times of all other answers need no timer: they are
given at once.
"""

import enum
from collections.abc import Mapping
from typing import Final


class Timer(enum.StrEnum):
    """The timers by name."""

    SEQUENCE = "sequence"
    """The car has to send its next request, V2G_SECC_Sequence_Timeout [V2G20-1481]."""
    CONTACTOR = "contactor"
    """AC: the contactor has to switch before PowerDeliveryRes is due."""
    CERTIFICATE = "certificate"
    """The CSMS has to deliver the contract before CertificateInstallationRes is due [V2G20-2225]."""
    CABLE_CHECK = "cable check"
    """The check has to end before the car gives up."""


SECONDS: Final[Mapping[Timer, float]] = {
    Timer.SEQUENCE: 60.0,  # ISO 15118-20 Table 215, all messages but those of the loop
    Timer.CONTACTOR: 4.5,  # as PowerDeliveryRes, for which cars wait 5 s
    Timer.CERTIFICATE: 4.5,  # row M7.12
    Timer.CABLE_CHECK: 38.0,  # for which cars wait 40 s
}
LOOP_SEQUENCE_S: Final = 5.0
"""The sequence time-out in the charging loop, where Tables 216 and 217 say 0.5 s.

Widespread cars send every 0.53 s, so the standard's value would end their first loop; 60 s, which stations in
the field use, would leave a silent car connected for a minute.
"""
SCHEDULE_ONGOING_S: Final = 55.0
"""For so long a schedule may be awaited: below the car's 60 s, V2G_EVCC_Ongoing_Timeout."""
VALUE_ADDED_S: Final = 1.0
"""For a provider of value-added services to answer, inside the 1.5 s of ServiceDiscoveryRes."""
CLOSE_S: Final = 5.0
"""The car's time to close the connection after the last answer [V2G20-1633]."""

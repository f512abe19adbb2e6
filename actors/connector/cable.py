"""What the cable in a socket can carry. Pure. Source: IEC 61851-1, annex B, table B.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from protocols.types.board_support_common import Ampacity
from protocols.types.evse_board_support import BoardConnectorType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.types.evse_board_support import HardwareCapabilities

RATINGS_A: Final[Mapping[Ampacity, float]] = {
    Ampacity.A_13: 13.0,
    Ampacity.A_20: 20.0,
    Ampacity.A_32: 32.0,
    Ampacity.A_63_3PH_70_1PH: 63.0,
}
ONE_PHASE_A: Final = 70.0
"""The thickest cable on one phase."""


def has_socket(capabilities: HardwareCapabilities) -> bool:
    """Whether a cable is plugged in at this end too."""
    return capabilities.connector_type is BoardConnectorType.IEC62196_TYPE2_SOCKET


def rating_a(ampacity: Ampacity | None, phases: int) -> float | None:
    """The current a cable can carry; None: not known, or there is no cable."""
    if ampacity is Ampacity.A_63_3PH_70_1PH and phases == 1:
        return ONE_PHASE_A
    return RATINGS_A.get(ampacity) if ampacity is not None else None

"""How long the station works on something in DIN 70121: one table. Pure data.

The sequence time-out and the time to close are `conversation`'s, the cable check's is `direct_current`'s.
Source: DIN SPEC 70121 and, where it says nothing, the values of ISO 15118-2
Table 110.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Timer(enum.StrEnum):
    """The timers of a talk, by the name the link knows them by."""

    ONGOING = "ongoing"
    """From the first ChargeParameterDiscoveryRes that says Ongoing."""


LIMIT_S: Final[Mapping[Timer, float]] = {Timer.ONGOING: 55.0}

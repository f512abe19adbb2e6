"""What the pilot tells of the current that may be drawn. Pure.

Source: IEC 61851-1, annex A, table A.7; rows M6.21, M6.22.
"""

from __future__ import annotations

from typing import Final, NamedTuple

LEAST_A: Final = 6.0
"""Less cannot be said: there is no power then."""
MOST_A: Final = 80.0
DIGITAL_PERCENT: Final = 5.0
"""Speak ISO 15118 or DIN 70121 before drawing anything."""


class Branch(NamedTuple):
    """Up to a current, the duty cycle is this straight line; between two lines it stays where it is."""

    up_to_a: float
    ampere_per_percent: float
    offset_percent: float


BRANCHES: Final = (Branch(51.0, 0.6, 0.0), Branch(52.5, 0.6, 0.0), Branch(MOST_A, 2.5, 64.0))
HIGHEST_PERCENT: Final = (85.0, 85.0, 96.0)
"""By branch; nothing between 51 A and 52.5 A can be said."""


def duty_cycle_percent(current_a: float) -> float | None:
    """The duty cycle that offers a current; None: state X1, there is less than 6 A to offer."""
    if current_a < LEAST_A:
        return None
    for branch, highest in zip(BRANCHES, HIGHEST_PERCENT, strict=True):
        if current_a <= branch.up_to_a:
            return min(current_a / branch.ampere_per_percent + branch.offset_percent, highest)
    return HIGHEST_PERCENT[-1]

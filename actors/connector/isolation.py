"""How good the isolation of a DC output is. Pure.

Source: IEC 61851-23:2023, 6.3.1.105, 6.3.1.112.2, CC.4.1.2, CC.4.1.4; IEC 61851-23-3 for megawatt plugs.
"""

from __future__ import annotations

import enum
from typing import Final

from actors.connector.settings import MCS

FAULT_OHM: Final = 100_000.0
"""Below this no energy flows."""
FAULT_MCS_OHM: Final = 125_000.0
WARNING_OHM: Final = 500_000.0
"""Below this the isolation is worth a look: 500 Ohm per volt at 1000 V (edition of 2014)."""
FALL_BACK_V: Final = 500.0
"""Test voltage for a car that has not told its own limit."""
EMERGENCY_V: Final = ((500.0, 550.0), (750.0, 825.0), (850.0, 935.0), (1000.0, 1100.0))
"""Table 103: up to a negotiated maximum, the voltage above which the supply is shut down at once."""
EMERGENCY_FACTOR: Final = 1.1
"""Above the table (megawatt charging)."""


class Isolation(enum.StrEnum):
    """The verdict on a resistance."""

    VALID = "Valid"
    WARNING = "Warning"
    FAULT = "Fault"


def fault_ohm(connector_type: str) -> float:
    """The least resistance for a kind of plug."""
    return FAULT_MCS_OHM if connector_type == MCS else FAULT_OHM


def verdict(resistance_ohm: float, connector_type: str) -> Isolation:
    """How good a resistance is."""
    if resistance_ohm < fault_ohm(connector_type):
        return Isolation.FAULT
    return Isolation.WARNING if resistance_ohm < WARNING_OHM else Isolation.VALID


def test_voltage_v(car_v: float, supply_v: float) -> float:
    """What the isolation is tested with, for the maximum voltages of car and supply (CC.4.1.2, CC.1)."""
    if car_v <= 0:
        return min(FALL_BACK_V, supply_v)
    if car_v <= FALL_BACK_V:
        return min(FALL_BACK_V, car_v + 50.0, supply_v)
    return min(supply_v, 1.1 * car_v)


def emergency_v(negotiated_v: float) -> float:
    """Above it the output is shut down at once."""
    for up_to_v, limit_v in EMERGENCY_V:
        if negotiated_v <= up_to_v:
            return limit_v
    return EMERGENCY_FACTOR * negotiated_v

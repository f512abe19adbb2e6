"""The battery of a simulated car: how full it is, what it takes and gives, and how time changes that. Pure.

Energy is counted exactly, in whole microjoules (milliwatts times milliseconds), so that an hour of small
steps holds what one long step holds. 1 Wh are 3.6e9 of them.
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

UJ_PER_WH: Final = 3_600_000_000
_MW_PER_W: Final = 1000
_FULL: Final = Decimal(100)

Table = tuple[tuple[int, int], ...]
"""Points of a line over the state of charge: percent, value; percents rise."""


def interpolate(table: Sequence[tuple[int, int]], soc_percent: Decimal) -> Decimal:
    """The value at a state of charge, on straight lines between the points and level beyond them."""
    low_soc, low = table[0]
    for soc, value in table:
        if soc >= soc_percent:
            if soc == low_soc:
                return Decimal(value)
            return low + (soc_percent - low_soc) * (value - low) / (soc - low_soc)
        low_soc, low = soc, value
    return Decimal(low)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery at one moment."""

    capacity_wh: int
    stored_uj: int
    charge_w: Table
    """The most power it takes: constant current first, then the taper towards full."""
    voltage_v: Table
    """Its voltage."""
    discharge_w: int = 0
    """The most power it gives back."""
    reserve_percent: int = 10
    """It gives nothing back below this."""

    @classmethod
    def at(
        cls,
        soc_percent: Decimal,
        *,
        capacity_wh: int,
        charge_w: Table,
        voltage_v: Table,
        discharge_w: int = 0,
        reserve_percent: int = 10,
    ) -> Battery:
        """A battery that is so full."""
        return cls(
            capacity_wh=capacity_wh,
            stored_uj=int(capacity_wh * UJ_PER_WH * soc_percent / 100),
            charge_w=charge_w,
            voltage_v=voltage_v,
            discharge_w=discharge_w,
            reserve_percent=reserve_percent,
        )

    @property
    def capacity_uj(self) -> int:
        """What it can hold."""
        return self.capacity_wh * UJ_PER_WH

    @property
    def soc_percent(self) -> Decimal:
        """The state of charge."""
        return Decimal(self.stored_uj) * 100 / self.capacity_uj

    @property
    def present_voltage_v(self) -> Decimal:
        """Its voltage now."""
        return interpolate(self.voltage_v, self.soc_percent)

    @property
    def full_voltage_v(self) -> int:
        """Its voltage when it is full: what a station must never exceed."""
        return self.voltage_v[-1][1]

    @property
    def reserve_voltage_v(self) -> Decimal:
        """Its voltage when nothing is left to give back."""
        return interpolate(self.voltage_v, Decimal(self.reserve_percent))

    @property
    def takes_w(self) -> Decimal:
        """The most power it takes now; 0 when full."""
        return (
            interpolate(self.charge_w, self.soc_percent) if self.stored_uj < self.capacity_uj else Decimal()
        )

    @property
    def gives_w(self) -> Decimal:
        """The most power it gives back now."""
        return Decimal(self.discharge_w) if self.soc_percent > self.reserve_percent else Decimal()

    def missing_wh(self, soc_percent: Decimal = _FULL) -> Decimal:
        """The energy up to a state of charge; 0 beyond it."""
        return max(Decimal(), (soc_percent - self.soc_percent) * self.capacity_wh / 100)

    def after(self, power_w: Decimal, elapsed_ms: int) -> Battery:
        """The battery after so long at that power, negative out of it; never beyond full or empty."""
        stored = self.stored_uj + int(power_w * _MW_PER_W) * elapsed_ms
        return dataclasses.replace(self, stored_uj=max(0, min(self.capacity_uj, stored)))

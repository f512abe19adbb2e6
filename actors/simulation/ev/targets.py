"""What a car asks for and checks in direct current, whatever the protocol. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from actors.simulation.ev import timing
from actors.simulation.ev.language import Go
from actors.simulation.ev.outcome import Reason, TalkError

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive

INTO_VOLTAGE_V: Final = Decimal(20)
"""Pre-charge is done this near to the battery's voltage (IEC 61851-23)."""
SAFE_VOLTAGE_V: Final = Decimal(60)
"""Below it the outlet counts as without voltage."""
TOLERANCE: Final = Decimal("1.1")
"""Of currents; stations measure, and regulate with some delay."""
WELDING_TRIES: Final = 20


def dc_target(drive: Drive) -> tuple[Decimal, Decimal]:
    """The voltage and current the car asks for now."""
    voltage_v = drive.battery.present_voltage_v
    dc = drive.car.dc
    limits_a = [drive.charge_power_w(dc.max_power_w) / voltage_v, Decimal(dc.max_current_a)]
    if drive.station.current_a is not None:
        limits_a.append(drive.station.current_a)
    return voltage_v, Decimal() if drive.stopping else min(limits_a)


def check_range(drive: Drive, lowest_v: Decimal, highest_v: Decimal) -> None:
    """TalkError LIMITS where the outlet cannot give the battery's voltage."""
    voltage_v = drive.battery.present_voltage_v
    if not lowest_v <= voltage_v <= highest_v:
        raise TalkError(Reason.LIMITS, f"{lowest_v:f} to {highest_v:f} V for a battery at {voltage_v:.0f} V")


def check_voltage(drive: Drive, voltage_v: Decimal) -> None:
    """TalkError LIMITS for a voltage that the car must not be exposed to."""
    if voltage_v > drive.car.dc.max_voltage_v:
        raise TalkError(Reason.LIMITS, f"{voltage_v:f} V at a battery for {drive.car.dc.max_voltage_v} V")


def check_flow(drive: Drive, current_a: Decimal) -> None:
    """TalkError LIMITS for a current that the inlet does not bear."""
    most_a = drive.car.dc.max_current_a
    if abs(current_a) > most_a * TOLERANCE:
        raise TalkError(Reason.LIMITS, f"{current_a:f} A at an inlet for {most_a} A")


def pre_charged(drive: Drive, voltage_v: Decimal) -> bool:
    """Whether the outlet has the battery's voltage."""
    return abs(voltage_v - drive.battery.present_voltage_v) <= INTO_VOLTAGE_V


def after_welding(drive: Drive, voltage_v: Decimal, again: str, done: str) -> Go:
    """Ask on until the voltage is gone, but not for ever."""
    tries = drive.notes["welding"] = drive.notes.get("welding", 0) + 1
    if voltage_v > SAFE_VOLTAGE_V and tries < WELDING_TRIES:
        return Go(again, timing.POLL_S)
    return Go(done)

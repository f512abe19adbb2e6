"""Meter values as OCPP writes them, of what is known of an EVSE: a table (S9.15 to S9.18). Pure.

What is not measured is left out. Import and export of one quantity are told apart by its sign. Registers are
exact until they become the number that the wire wants.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ocpp.v21 import datatypes
from ocpp.v21.enums import LocationEnumType as Location
from ocpp.v21.enums import MeasurandEnumType as Measurand
from ocpp.v21.enums import PhaseEnumType as Phase
from ocpp.v21.enums import ReadingContextEnumType as Context

from protocols.ocpp import times

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from protocols.types.energy import EnforcedLimits
    from protocols.types.evse_manager import EVInfo, Limits
    from protocols.types.powermeter import Powermeter
    from protocols.types.units import Energy

USED_A: Final = 1.0
"""A phase with at least this current is in use."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is known of an EVSE at a moment."""

    meter: Powermeter | None = None
    ev: EVInfo | None = None
    limits: Limits | None = None
    enforced: EnforcedLimits | None = None


Value = tuple["Decimal | float | None", Phase | None]


class Quantity(NamedTuple):
    """How a measurand is read."""

    unit: str
    values: Callable[[Reading], Iterable[Value]]
    location: Location = Location.outlet


def _registers(energy: Energy | None) -> Iterable[Value]:
    if energy is None:
        return ()
    return (
        (energy.total_wh, None),
        (energy.l1_wh, Phase.l1),
        (energy.l2_wh, Phase.l2),
        (energy.l3_wh, Phase.l3),
    )


def _signed(values: Iterable[Value], sign: int) -> Iterable[Value]:
    """The part of one direction: 0 where it goes the other way."""
    return ((None if value is None else max(value * sign, 0), phase) for value, phase in values)


def _power(now: Reading) -> Iterable[Value]:
    if now.meter is None or (power := now.meter.power_w) is None:
        return ()
    return (power.total_w, None), (power.l1_w, Phase.l1), (power.l2_w, Phase.l2), (power.l3_w, Phase.l3)


def _reactive(now: Reading) -> Iterable[Value]:
    if now.meter is None or (var := now.meter.var) is None:
        return ()
    return (var.total_var, None), (var.l1_var, Phase.l1), (var.l2_var, Phase.l2), (var.l3_var, Phase.l3)


def _current(now: Reading) -> Iterable[Value]:
    if now.meter is None or (current := now.meter.current_a) is None:
        return ()
    return (
        (current.dc_a, None),
        (current.l1_a, Phase.l1),
        (current.l2_a, Phase.l2),
        (current.l3_a, Phase.l3),
        (current.n_a, Phase.n),
    )


def _voltage(now: Reading) -> Iterable[Value]:
    if now.meter is None or (voltage := now.meter.voltage_v) is None:
        return ()
    return (
        (voltage.dc_v, None),
        (voltage.l1_v, Phase.l1_n),
        (voltage.l2_v, Phase.l2_n),
        (voltage.l3_v, Phase.l3_n),
    )


def _frequency(now: Reading) -> Iterable[Value]:
    """Of the grid: the phases have one."""
    if now.meter is None or now.meter.frequency_hz is None:
        return ()
    return ((now.meter.frequency_hz.l1_hz, None),)


def _current_offered(now: Reading) -> Iterable[Value]:
    return () if now.limits is None else ((now.limits.max_current_a, None),)


def _power_offered(now: Reading) -> Iterable[Value]:
    """As granted; without a grant in watts, what current and measured voltage make of it."""
    granted = now.enforced.limits_root_side.total_power_w if now.enforced is not None else None
    if granted is not None:
        return ((abs(granted.value), None),)
    volts = [float(value) for value, phase in _voltage(now) if value is not None and phase is not None]
    if now.limits is None or not volts:
        return ()
    phases = now.limits.nr_of_phases_available
    return ((now.limits.max_current_a * phases * sum(volts) / len(volts), None),)


def _soc(now: Reading) -> Iterable[Value]:
    return () if now.ev is None else ((now.ev.soc_percent, None),)


QUANTITIES: Final[Mapping[str, Quantity]] = MappingProxyType(
    {
        Measurand.energy_active_import_register.value: Quantity(
            "Wh", lambda now: _registers(now.meter.energy_wh_import) if now.meter is not None else ()
        ),
        Measurand.energy_active_export_register.value: Quantity(
            "Wh", lambda now: _registers(now.meter.energy_wh_export) if now.meter is not None else ()
        ),
        Measurand.power_active_import.value: Quantity("W", lambda now: _signed(_power(now), 1)),
        Measurand.power_active_export.value: Quantity("W", lambda now: _signed(_power(now), -1)),
        Measurand.power_reactive_import.value: Quantity("var", lambda now: _signed(_reactive(now), 1)),
        Measurand.power_reactive_export.value: Quantity("var", lambda now: _signed(_reactive(now), -1)),
        Measurand.current_import.value: Quantity("A", lambda now: _signed(_current(now), 1)),
        Measurand.current_export.value: Quantity("A", lambda now: _signed(_current(now), -1)),
        Measurand.voltage.value: Quantity("V", _voltage),
        Measurand.frequency.value: Quantity("Hz", _frequency),
        Measurand.current_offered.value: Quantity("A", _current_offered),
        Measurand.power_offered.value: Quantity("W", _power_offered),
        Measurand.soc.value: Quantity("Percent", _soc, Location.ev),
    }
)
"""What can be measured; a measurand that is absent is never reported."""
REGISTERS: Final = frozenset(
    {Measurand.energy_active_import_register.value, Measurand.energy_active_export_register.value}
)


def meter_value(
    now: Reading,
    measurands: Collection[str],
    context: Context,
    at: datetime,
    *,
    without_phases: bool = False,
    signed: datatypes.SignedMeterValueType | None = None,
) -> datatypes.MeterValueType | None:
    """The values of some measurands; None when none of them is known.

    `at` holds unless the meter says when it was read; with `without_phases` registers have their total alone;
    `signed` goes with the total of the import register.
    """
    sampled: list[datatypes.SampledValueType] = []
    for name in measurands:
        if (quantity := QUANTITIES.get(name)) is None:
            continue
        for value, phase in quantity.values(now):
            if value is None or (phase is not None and without_phases and name in REGISTERS):
                continue
            billed = phase is None and name == Measurand.energy_active_import_register.value
            sampled.append(
                datatypes.SampledValueType(
                    value=float(value),
                    context=context,
                    location=quantity.location,
                    measurand=Measurand(name),
                    phase=phase,
                    signed_meter_value=signed if billed else None,
                    unit_of_measure=datatypes.UnitOfMeasureType(unit=quantity.unit),
                )
            )
    return datatypes.MeterValueType(sampled, times.text_of(at)) if sampled else None


def phases_used(now: Reading) -> int | None:
    """How many phases carry current, or are offered when none does yet; None for DC and when nobody knows."""
    current = now.meter.current_a if now.meter is not None else None
    if current is not None and current.dc_a is not None:
        return None
    if current is not None:
        lines = (current.l1_a, current.l2_a, current.l3_a)
        used = sum(1 for each in lines if each is not None and abs(each) >= USED_A)
        if used:
            return used
    return None if now.limits is None or current is None else now.limits.nr_of_phases_available

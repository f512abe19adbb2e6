"""What a meter's registers say, as the reading that everybody understands; nonsense is refused. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from actors.drivers.modbus.register_map import FIRST, UNITS, Quantity
from actors.drivers.modbus.values import decoded
from protocols.types import units
from protocols.types.powermeter import Powermeter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.drivers.modbus.blocks import Place
    from actors.drivers.modbus.register_map import Function, WordOrder

Registers = dict[tuple["Function", int], int]
"""Contents by function and address."""

STEP_WH: Final = Decimal("0.001")
"""Energies in floating point are rounded to this, which is finer than a register of 32 bits is above 20 Wh;
integers are exact as they are.
"""
MAX_POWER_W: Final = Decimal(10_000_000)
BOUNDS: Final[Mapping[Quantity, tuple[Decimal, Decimal]]] = {
    Quantity.ENERGY_IMPORT: (Decimal(0), Decimal(10) ** 11),
    Quantity.ENERGY_EXPORT: (Decimal(0), Decimal(10) ** 11),
    Quantity.POWER: (-MAX_POWER_W, MAX_POWER_W),
    Quantity.VOLTAGE: (Decimal(-2000), Decimal(2000)),
    Quantity.CURRENT: (Decimal(-10_000), Decimal(10_000)),
    Quantity.REACTIVE_POWER: (-MAX_POWER_W, MAX_POWER_W),
    Quantity.FREQUENCY: (Decimal(0), Decimal(500)),
}
"""What no charging station measures lies outside of these."""
BELIEVED_AFTER: Final = 5
"""So many readings on end that agree among themselves are believed, whatever was read before: somebody has
put in another meter.
"""
SLACK_WH: Final = Decimal(1000)
"""A register may be this far ahead of what the bound of power allows: it shows steps."""

_FIELDS: Final[Mapping[Quantity, tuple[str, type[Any], str]]] = {
    Quantity.ENERGY_IMPORT: ("energy_wh_import", units.Energy, "wh"),
    Quantity.ENERGY_EXPORT: ("energy_wh_export", units.Energy, "wh"),
    Quantity.POWER: ("power_w", units.Power, "w"),
    Quantity.VOLTAGE: ("voltage_v", units.Voltage, "v"),
    Quantity.CURRENT: ("current_a", units.Current, "a"),
    Quantity.REACTIVE_POWER: ("var", units.ReactivePower, "var"),
    Quantity.FREQUENCY: ("frequency_hz", units.Frequency, "hz"),
}


class ImplausibleError(Exception):
    """A reading that cannot be true; what it says is for people."""


def reading(
    places: tuple[Place, ...], registers: Registers, order: WordOrder, *, now: datetime, meter_id: str
) -> Powermeter:
    """The reading in these registers. What a meter has no value for, or an impossible one, is left out.

    Raises ImplausibleError when the imported energy is not there or impossible, KeyError when a register is
    missing.
    """
    told: dict[Quantity, dict[str, Any]] = {}
    for place in places:
        words = [registers[place.function, place.address + at] for at in range(place.entry.type.words)]
        value = decoded(place.entry, words, order)
        if value is not None:
            value *= UNITS[place.quantity][place.entry.unit]
            low, high = BOUNDS[place.quantity]
            if low <= value <= high:
                told.setdefault(place.quantity, {})[place.at] = value
    if "total" not in told.get(Quantity.ENERGY_IMPORT, {}):
        raise ImplausibleError("the meter shows no imported energy, or an impossible one")
    fields: dict[str, Any] = {}
    for quantity, values in told.items():
        name, kind, suffix = _FIELDS[quantity]
        if (first := FIRST.get(quantity)) is None or first in values:
            fields[name] = kind(**{f"{at}_{suffix}": _number(quantity, each) for at, each in values.items()})
    return Powermeter(timestamp=now, meter_id=meter_id, **fields)


def _number(quantity: Quantity, value: Decimal) -> Decimal | float:
    if quantity not in {Quantity.ENERGY_IMPORT, Quantity.ENERGY_EXPORT}:
        return float(value)
    return value if value == value.to_integral_value() else value.quantize(STEP_WH).normalize()


class Plausibility:
    """Whether the imported energy may be what it is now, by what it was: it never falls and never leaps."""

    def __init__(self) -> None:
        self._last: Powermeter | None = None
        self._doubted: list[Powermeter] = []

    def admit(self, new: Powermeter) -> None:
        """Take a reading in. Raises ImplausibleError for one that is not to be told."""
        if self._last is None or _follows(self._last, new):
            self._last, self._doubted = new, []
            return
        if self._doubted and not _follows(self._doubted[-1], new):
            self._doubted = []
        self._doubted.append(new)
        if len(self._doubted) < BELIEVED_AFTER:
            before, after = self._last.energy_wh_import.total_wh, new.energy_wh_import.total_wh
            raise ImplausibleError(f"the imported energy went from {before} Wh to {after} Wh")
        self._last, self._doubted = new, []


def _follows(old: Powermeter, new: Powermeter) -> bool:
    hours = Decimal((new.timestamp - old.timestamp).total_seconds()) / 3600
    more_wh = new.energy_wh_import.total_wh - old.energy_wh_import.total_wh
    return 0 <= more_wh <= SLACK_WH + MAX_POWER_W * max(hours, Decimal(0))

"""Tests for actors/drivers/modbus/reading.py: exact energies, and what is not believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from actors.drivers.modbus.blocks import places
from actors.drivers.modbus.reading import BELIEVED_AFTER, ImplausibleError, Plausibility, reading
from actors.drivers.modbus.register_map import Quantity, WordOrder, read_register_map
from actors.drivers.modbus.values import encoded
from protocols import codec
from protocols.interfaces import powermeter

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MAP = read_register_map(
    b"""\
meter: M
function: input
first_register: 0
values:
  energy_import:
    total: {register: 0, type: float32, unit: kWh}
  energy_export:
    total: {register: 2, type: uint64, unit: Wh}
    l1: {register: 20, type: int32, unit: Wh}
  power:
    total: {register: 6, type: float32, unit: kW}
    l1: {register: 8, type: float32, unit: kW}
  voltage:
    l1: {register: 10, type: float32, unit: V}
  frequency:
    l1: {register: 12, type: float32, unit: Hz}
""",
    "m.yaml",
)
PLACES = places(MAP)
GOOD = {
    (Quantity.ENERGY_IMPORT, "total"): "12.34",
    (Quantity.ENERGY_EXPORT, "total"): "99999999999",
    (Quantity.ENERGY_EXPORT, "l1"): "7",
    (Quantity.POWER, "total"): "11.5",
    (Quantity.POWER, "l1"): "3.5",
    (Quantity.VOLTAGE, "l1"): "230.5",
    (Quantity.FREQUENCY, "l1"): "50",
}


def read(changed=None):
    registers = {}
    for place in PLACES:
        value = Decimal((GOOD | (changed or {}))[place.quantity, place.at])
        for at, word in enumerate(encoded(place.entry, value, WordOrder.HIGH_FIRST)):
            registers[place.function, place.address + at] = word
    return reading(PLACES, registers, WordOrder.HIGH_FIRST, now=NOW, meter_id="meter")


def test_values_are_told_in_the_units_of_the_interface():
    found = read()

    assert found.energy_wh_import.total_wh == Decimal(12340)
    assert found.energy_wh_export.total_wh == Decimal(99999999999)
    assert (found.power_w.total_w, found.power_w.l1_w, found.voltage_v.l1_v) == (11500, 3500, 230.5)
    assert (found.meter_id, found.timestamp, found.current_a) == ("meter", NOW, None)


@pytest.mark.parametrize("kwh", ["0.1", "1234567.9", "99999.99", "0.0000001", "33333333"])
def test_an_energy_in_floating_point_passes_the_codec_unchanged(kwh):
    found = powermeter.Powermeter(powermeter=read({(Quantity.ENERGY_IMPORT, "total"): kwh}))

    assert codec.decode(codec.encode(found)) == found


@pytest.mark.parametrize("kwh", ["nan", "inf", "-1", "200000000"])
def test_an_impossible_energy_is_refused_as_a_whole(kwh):
    with pytest.raises(ImplausibleError):
        read({(Quantity.ENERGY_IMPORT, "total"): kwh})


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        ((Quantity.POWER, "total"), "nan", "power_w"),
        ((Quantity.POWER, "total"), "20000", "power_w"),
        ((Quantity.VOLTAGE, "l1"), "5000", "voltage_v"),
        ((Quantity.FREQUENCY, "l1"), "inf", "frequency_hz"),
        ((Quantity.ENERGY_EXPORT, "total"), "18446744073709551615", "energy_wh_export"),
    ],
)
def test_anything_else_that_is_impossible_is_left_out(place, value, field):
    found = read({place: value})

    assert getattr(found, field) is None
    assert found.energy_wh_import.total_wh == Decimal(12340)


def at(seconds, wh):
    found = read({(Quantity.ENERGY_IMPORT, "total"): str(Decimal(wh) / 1000)})
    return type(found)(
        timestamp=NOW + timedelta(seconds=seconds),
        energy_wh_import=type(found.energy_wh_import)(total_wh=Decimal(wh)),
    )


@pytest.mark.parametrize(
    ("seconds", "wh"),
    [(1, 12_339), (1, 20_000), (-3600, 13_341), (3600, 10_100_000)],
)
def test_an_energy_that_falls_or_leaps_is_refused(seconds, wh):
    plausibility = Plausibility()
    plausibility.admit(at(0, 12_340))

    with pytest.raises(ImplausibleError, match="12340 Wh to"):
        plausibility.admit(at(seconds, wh))


@pytest.mark.parametrize(("seconds", "wh"), [(0, 12_340), (1, 12_341), (3600, 10_000_000)])
def test_an_energy_that_grows_is_admitted(seconds, wh):
    plausibility = Plausibility()
    plausibility.admit(at(0, 12_340))

    plausibility.admit(at(seconds, wh))


def test_another_meter_is_believed_after_some_readings():
    plausibility = Plausibility()
    plausibility.admit(at(0, 12_340))
    for second in range(1, BELIEVED_AFTER):
        with pytest.raises(ImplausibleError):
            plausibility.admit(at(second, 100 + second))

    plausibility.admit(at(BELIEVED_AFTER, 110))
    plausibility.admit(at(BELIEVED_AFTER + 1, 111))


def test_readings_that_contradict_each_other_are_never_believed():
    plausibility = Plausibility()
    plausibility.admit(at(0, 12_340))

    for second in range(1, 20):
        with pytest.raises(ImplausibleError):
            plausibility.admit(at(second, 1000 - second))


def test_the_old_meter_is_believed_at_once_when_it_is_back():
    plausibility = Plausibility()
    plausibility.admit(at(0, 12_340))
    with pytest.raises(ImplausibleError):
        plausibility.admit(at(1, 5))

    plausibility.admit(at(2, 12_341))

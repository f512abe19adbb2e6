"""Tests for actors/drivers/modbus/register_map.py: what a map may say, and how its faults are told."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from actors.drivers.modbus.library import SHIPPED, load, shipped
from actors.drivers.modbus.register_map import (
    PLACES,
    UNITS,
    DataType,
    Function,
    Quantity,
    RegisterMapError,
    WordOrder,
    read_register_map,
)

GOOD = """\
meter: Maker M1
function: input
values:
  energy_import:
    total: {register: 1, type: uint32, unit: kWh, scale: 0.1, absent: 0xFFFFFFFF}
"""


def read(text):
    return read_register_map(text.encode(), "m.yaml")


def refusal(text):
    with pytest.raises(RegisterMapError) as caught:
        read(text)
    return [(each.line, each.text) for each in caught.value.problems], str(caught.value)


def test_a_map_says_where_each_value_lies():
    found = read(GOOD)

    entry = found.values[Quantity.ENERGY_IMPORT]["total"]
    assert (found.function, found.word_order, found.first_register) == (
        Function.INPUT,
        WordOrder.HIGH_FIRST,
        None,
    )
    assert (entry.register_, entry.type, entry.scale) == (1, DataType.UINT32, Decimal("0.1"))


@pytest.mark.parametrize(
    ("written", "instead", "line", "text"),
    [
        ("type: uint32", "type: uint33", 5, "Input should be 'int16'"),
        ("unit: kWh", "unit: V", 5, "'V' is no unit of it"),
        ("total:", "dc:", 5, "energy_import is not measured at 'dc'"),
        ("  energy_import:", "  energy:", 4, "Input should be 'energy_import'"),
        ("function: input", "function: coil", 2, "Input should be 'holding' or 'input'"),
        ("scale: 0.1", "scale: 0", 5, "a scale of 0 leaves nothing"),
        ("scale: 0.1", "scale: .inf", 5, "finite number"),
        ("register: 1,", "register: 65535,", 5, "there is no such register"),
        ("register: 1,", "register: -1,", 5, "greater than or equal to 0"),
        ("register: 1,", "", 5, "Field required"),
        ("function: input", "function: input\nfirst_register: 30001", 6, "there is no such register"),
        ("function: input", "function: input\nspeed: 1", 3, "there is no 'speed' here"),
        ("function: input", "function: input\nmax_registers: 126", 3, "less than or equal to 125"),
        ("meter: Maker M1\n", "", 1, "Field required"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(written, instead, line, text):
    problems, told = refusal(GOOD.replace(written, instead))

    assert any(at == line and text in what for at, what in problems), problems
    assert f"m.yaml:{line}:" in told


def test_a_map_without_the_billed_energy_is_refused():
    problems, _told = refusal(GOOD.replace("energy_import", "energy_export"))

    assert problems == [(3, "energy_import has no total, which is what is billed")]


def test_power_by_line_alone_is_refused():
    problems, _told = refusal(GOOD + "  power:\n    l1: {register: 9, type: int32, unit: W}\n")

    assert (
        problems == [(7, "power is not told without total")]
        or problems[0][1] == "power is not told without total"
    )


@pytest.mark.parametrize("text", ["", "- 1\n", "a: [", "meter: x\nmeter: y\n"])
def test_what_is_no_map_at_all_is_refused(text):
    with pytest.raises(RegisterMapError, match=r"m\.yaml"):
        read(text)


def test_a_refusal_can_be_sent_elsewhere():
    with pytest.raises(RegisterMapError) as caught:
        read("a: [")

    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


def test_every_quantity_has_units_and_places():
    assert set(UNITS) == set(PLACES) == set(Quantity)


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_map_names_its_sources_and_where_it_counts_from(name):
    found = load(name)

    head = (SHIPPED / f"{name}.yaml").read_text().partition("meter:")[0]
    assert "Source" in head
    assert "Not tried on a meter" in head
    assert found.first_register is not None
    assert name.startswith(found.meter.split()[0].lower())


@pytest.mark.parametrize("kind", DataType)
def test_a_type_takes_as_many_registers_as_its_bits(kind):
    assert kind.words == int(kind.value[-2:]) / 16

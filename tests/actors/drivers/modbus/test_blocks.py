"""Tests for actors/drivers/modbus/blocks.py: few requests that read every value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.drivers.modbus.blocks import Block, Place, blocks, places
from actors.drivers.modbus.register_map import DataType, Entry, Function, Quantity, read_register_map
from tests.support.examples import few

TEXT = """\
meter: M
function: input
values:
  energy_import:
    total: {register: 30073, type: float32, unit: kWh}
  power:
    total: {register: 30001, type: int32, unit: W, function: holding}
"""


def place(address, words=2, function=Function.INPUT):
    kind = {1: DataType.INT16, 2: DataType.INT32, 4: DataType.INT64}[words]
    entry = Entry(register=address, type=kind, unit="V")
    return Place(Quantity.VOLTAGE, "l1", entry, function, address)


def test_the_site_file_says_what_register_0_is_called():
    found = places(read_register_map(TEXT.encode(), "m"), 30001)

    assert [(each.function, each.address) for each in found] == [(Function.INPUT, 72), (Function.HOLDING, 0)]


def test_a_map_that_says_it_itself_is_right():
    text = TEXT.replace("function: input", "function: input\nfirst_register: 30001")

    assert places(read_register_map(text.encode(), "m"), 7)[0].address == 72


def test_a_register_in_front_of_the_first_is_refused():
    with pytest.raises(ValueError, match=r"power\.total: there is no register 30001 .* begins with 40001"):
        places(read_register_map(TEXT.replace("30073", "40073").encode(), "m"), 40001)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([place(0), place(2)], [(0, 4)]),
        ([place(2), place(0)], [(0, 4)]),
        ([place(0), place(4)], [(0, 2), (4, 2)]),
        ([place(0), place(0)], [(0, 2)]),
        ([place(0, 4), place(1, 1)], [(0, 4)]),
        ([place(0), place(2), place(4)], [(0, 4), (4, 2)]),
    ],
)
def test_neighbours_are_asked_for_together(wanted, expected):
    found = blocks(tuple(wanted), max_registers=5, max_gap=0)

    assert [(each.address, each.words) for each in found] == expected


def test_a_small_gap_is_read_along_where_the_meter_allows_it():
    assert blocks((place(0), place(4)), max_registers=60, max_gap=2) == (Block(Function.INPUT, 0, 6),)


def test_the_two_kinds_of_registers_are_asked_for_apart():
    assert len(blocks((place(0), place(2, function=Function.HOLDING)), max_registers=60, max_gap=9)) == 2


@pytest.mark.untraced
@few(50)
@given(
    wanted=st.lists(
        st.builds(place, st.integers(0, 300), st.sampled_from([1, 2, 4]), st.sampled_from(list(Function))),
        min_size=1,
        max_size=30,
    ),
    max_registers=st.integers(4, 125),
    max_gap=st.integers(0, 20),
)
def test_every_value_lies_in_one_request_of_bounded_length(wanted, max_registers, max_gap):
    found = blocks(tuple(wanted), max_registers=max_registers, max_gap=max_gap)

    assert all(each.words <= max_registers for each in found)
    for each in wanted:
        end = each.address + each.entry.type.words
        assert any(
            one.function is each.function and one.address <= each.address and end <= one.address + one.words
            for one in found
        )

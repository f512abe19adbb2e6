from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.simulation.ev.battery import UJ_PER_WH, Battery, interpolate

LINE = ((0, 100), (50, 100), (100, 0))


def battery(soc=50, **changes):
    return Battery.at(
        Decimal(soc),
        **{"capacity_wh": 1000, "charge_w": LINE, "voltage_v": ((0, 300), (100, 400)), **changes},
    )


@pytest.mark.parametrize(("soc", "value"), [(0, 100), (25, 100), (50, 100), (75, 50), (100, 0), (120, 0)])
def test_a_curve_is_straight_between_its_points(soc, value):
    assert interpolate(LINE, Decimal(soc)) == value


def test_a_curve_is_level_before_its_first_point():
    assert interpolate(((20, 7), (30, 9)), Decimal(3)) == 7


def test_an_hour_at_a_power_gives_that_energy():
    assert battery(0).after(Decimal(100), 3_600_000).stored_uj == 100 * UJ_PER_WH


@settings(derandomize=True)
@given(st.lists(st.integers(0, 100_000), max_size=30), st.integers(-5000, 5000))
def test_small_steps_hold_what_one_long_step_holds(steps_ms, power_w):
    whole = battery(50, capacity_wh=1_000_000).after(Decimal(power_w), sum(steps_ms))
    parts = battery(50, capacity_wh=1_000_000)
    for step_ms in steps_ms:
        parts = parts.after(Decimal(power_w), step_ms)

    assert parts == whole


def test_a_full_battery_takes_nothing_more():
    full = battery(99).after(Decimal(10_000), 3_600_000)

    assert (full.soc_percent, full.takes_w, full.missing_wh()) == (100, 0, 0)


def test_a_battery_is_never_emptier_than_empty():
    assert battery(1).after(Decimal(-10_000), 3_600_000).soc_percent == 0


def test_a_battery_gives_back_down_to_its_reserve():
    assert [battery(soc, discharge_w=500, reserve_percent=20).gives_w for soc in (20, 21)] == [0, 500]


def test_a_battery_has_its_lowest_voltage_at_its_reserve():
    assert [battery(soc, reserve_percent=20).reserve_voltage_v for soc in (20, 80)] == [320, 320]


def test_the_voltage_follows_the_state_of_charge():
    assert (battery(50).present_voltage_v, battery(50).full_voltage_v) == (350, 400)


def test_what_is_missing_is_counted_up_to_the_goal():
    assert battery(50).missing_wh(Decimal(80)) == 300

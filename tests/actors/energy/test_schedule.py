"""Tests for actors/energy/schedule.py: what holds when, and the lower of two limits (row M15.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actors.energy.schedule import Plan, changes, lowest
from protocols.types.energy import LimitsReq
from tests.support.energy import NOW, count, entry, limits, number

DAY = (
    entry(limits(10.0), after_s=60.0),
    entry(limits(20.0), after_s=120.0),
    entry(limits(30.0), after_s=180.0),
)


@pytest.mark.parametrize(
    ("after_s", "current_a"),
    [(-1e6, 10.0), (0.0, 10.0), (60.0, 10.0), (119.9, 10.0), (120.0, 20.0), (180.0, 30.0), (1e8, 30.0)],
)
def test_the_first_entry_holds_now_already_and_the_last_for_ever(after_s: float, current_a: float) -> None:
    found = Plan(DAY).at(NOW + timedelta(seconds=after_s))

    assert found is not None
    assert found.limits_to_root.ac_max_current_a == number(current_a)


def test_the_order_of_later_entries_does_not_matter() -> None:
    found = Plan((DAY[0], DAY[2], DAY[1])).at(NOW + timedelta(seconds=130))

    assert found is DAY[1]


def test_of_two_entries_for_one_moment_the_first_holds() -> None:
    twin = entry(limits(99.0), after_s=120.0)

    assert Plan((*DAY, twin)).at(NOW + timedelta(seconds=120)) is DAY[1]


def test_nothing_holds_in_an_empty_schedule() -> None:
    assert Plan(()).at(NOW) is None


def test_changes_are_the_moments_at_which_entries_begin() -> None:
    found = changes((DAY, (), DAY[:1]))

    assert found == {NOW + timedelta(seconds=after_s) for after_s in (60, 120, 180)}


def test_of_two_limits_the_stricter_holds_with_its_source() -> None:
    one = limits(16.0, 9000.0, 3, source="one", ac_min_current_a=number(6.0), ac_min_phase_count=count(2))
    other = limits(20.0, 5000.0, 1, source="other", ac_min_current_a=number(8.0), ac_min_phase_count=count(1))

    assert lowest(one, other) == LimitsReq(
        ac_max_current_a=number(16.0, "one"),
        total_power_w=number(5000.0, "other"),
        ac_max_phase_count=count(1, "other"),
        ac_min_current_a=number(8.0),
        ac_min_phase_count=count(2),
    )


def test_of_two_equal_limits_the_first_is_named() -> None:
    found = lowest(limits(16.0, source="one"), limits(16.0, source="other"))

    assert found.ac_max_current_a == number(16.0, "one")


def test_what_one_does_not_limit_the_other_does() -> None:
    assert lowest(limits(16.0), limits(power_w=5000.0)) == limits(16.0, 5000.0)
    assert lowest(limits(power_w=5000.0), limits(16.0)) == limits(16.0, 5000.0)


def test_what_only_describes_a_node_comes_from_the_first() -> None:
    one = limits(16.0, ac_supports_changing_phases_during_charging=True, ac_number_of_active_phases=1)

    assert lowest(one, limits(10.0, ac_number_of_active_phases=3)).ac_number_of_active_phases == 1

"""Tests for actors/energy/node.py: a fuse with limits from outside (rows M15.1, M15.3)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from actors.energy.node import Fuse, Node, from_now_on, fuse_of, unfit
from protocols.types.energy import EvseState, ExternalLimits, LimitsReq, ScheduleSetpointEntry, SetpointType
from protocols.types.powermeter import Powermeter
from protocols.types.units import Energy
from tests.support.energy import NOW, count, entry, external, fuse, leaf, limits, number

OWN = "grid/module_config"
READING = Powermeter(timestamp=NOW, energy_wh_import=Energy(total_wh=Decimal(5)))


def node(**changes: Any) -> Node:
    fields = {"uuid": "grid", "limit_a": 32.0, "phase_count": 3, **changes}
    return Node(Fuse(**fields), ("a/energy_grid", "b/energy_grid"))


def limited(grid: Node) -> list[tuple[float | None, float | None]]:
    """Current and power of each entry for import, at the root side."""
    found = [each.limits_to_root for each in grid.request(NOW).schedule_import]
    return [
        (
            one.ac_max_current_a.value if one.ac_max_current_a else None,
            one.total_power_w.value if one.total_power_w else None,
        )
        for one in found
    ]


def test_a_fuse_is_read_from_its_entry_in_the_site_file() -> None:
    parameters = {"fuse_limit_A": 63.0, "nominal_voltage_V": 240.0, "enhance_external_schedule": True}

    found = fuse_of("grid", parameters)

    assert found == Fuse(uuid="grid", limit_a=63.0, nominal_voltage_v=240.0, enhance=True)
    assert fuse_of("grid", parameters | {"phase_count": 1}).phase_count == 1


def test_a_node_alone_says_its_fuse_for_both_directions_and_sides() -> None:
    request = node().request(NOW)

    own = limits(32.0, phases=3, source=OWN)
    assert (request.uuid, request.node_type.value, request.children) == ("grid", "Generic", ())
    for schedule in (request.schedule_import, request.schedule_export):
        assert [(each.limits_to_root, each.limits_to_leaves) for each in schedule] == [(own, own)]


def test_a_fuse_without_a_phase_count_does_not_limit_the_phases() -> None:
    (found,) = node(phase_count=None).request(NOW).schedule_import

    assert found.limits_to_root.ac_max_phase_count is None


def test_the_children_stand_in_the_request_in_the_order_of_the_file() -> None:
    grid = node()
    grid.child("b/energy_grid", leaf("b"))
    grid.child("a/energy_grid", leaf("a"))

    assert [each.uuid for each in grid.request(NOW).children] == ["a", "b"]


def test_a_node_is_complete_when_every_child_has_spoken() -> None:
    grid = node()
    found = []

    for name in ("b", "a"):
        grid.child(f"{name}/energy_grid", leaf(name))
        found.append(grid.complete)

    assert found == [False, True]


def test_a_child_that_is_urgent_makes_the_whole_urgent() -> None:
    grid = node()
    grid.child("a/energy_grid", leaf("a"))
    assert grid.request(NOW).priority_request is None

    grid.child("b/energy_grid", leaf("b", priority_request=True))

    assert grid.request(NOW).priority_request is True


def test_a_reading_alone_is_no_news_but_anything_else_is() -> None:
    grid = node()

    assert grid.child("a/energy_grid", fuse("a", 16.0, leaf("x")))
    assert not grid.child("a/energy_grid", fuse("a", 16.0, leaf("x", energy_usage_root=READING)))
    assert grid.child("a/energy_grid", fuse("a", 16.0, leaf("x", state=EvseState.FINISHED)))
    assert not grid.child(
        "a/energy_grid", fuse("a", 16.0, leaf("x", state=EvseState.FINISHED), energy_usage_leaves=READING)
    )
    assert grid.request(NOW).children[0].children[0].energy_usage_root is None


def test_what_the_nodes_own_meter_says_is_in_its_request() -> None:
    grid = node()
    grid.usage = READING

    assert grid.request(NOW).energy_usage_root == READING


def test_of_fuse_and_outside_limit_the_lower_holds_in_every_entry() -> None:
    grid = node()

    grid.external = external(entry(limits(10.0)), entry(limits(80.0, 5000.0, 1), after_s=60.0))

    assert limited(grid) == [(10.0, None), (32.0, 5000.0)]
    below = [each.limits_to_leaves.ac_max_current_a for each in grid.request(NOW).schedule_import]
    assert [each and each.value for each in below] == [10.0, 32.0]
    second = grid.request(NOW).schedule_import[1]
    assert second.limits_to_root.ac_max_phase_count == count(1)
    assert second.limits_to_root.ac_max_current_a == number(32.0, OWN)
    assert second.timestamp == entry(limits(), after_s=60.0).timestamp


def test_a_limit_on_the_leaves_side_alone_is_kept_there() -> None:
    grid = node()

    grid.external = external(entry(limits(), limits(7.0)))

    (found,) = grid.request(NOW).schedule_import
    assert found.limits_to_leaves.ac_max_current_a == number(7.0)
    assert found.limits_to_root.ac_max_current_a == number(32.0, OWN)


def test_a_new_set_from_outside_replaces_the_former_as_a_whole() -> None:
    """Row M15.1: limits for export do not outlast a set that has none."""
    grid = node()
    grid.external = external(entry(limits(10.0)), export=[entry(limits(5.0))])

    grid.external = external(entry(limits(20.0)))

    assert limited(grid) == [(20.0, None)]
    (export,) = grid.request(NOW).schedule_export
    assert export.limits_to_root.ac_max_current_a == number(32.0, OWN)


def test_set_points_are_passed_on_as_they_are() -> None:
    grid = node()
    point = ScheduleSetpointEntry(
        timestamp=NOW, setpoint=SetpointType(total_power_w=-5000.0, priority=0, source="csms")
    )

    grid.external = external(setpoints=[point])

    assert grid.request(NOW).schedule_setpoints == (point,)


@pytest.mark.parametrize(
    ("root", "leaves", "phase_count", "current_a"),
    [
        (limits(power_w=6900.0), limits(), 3, 10.0),
        (limits(power_w=2300.0, phases=1), limits(), 3, 10.0),
        (limits(power_w=4600.0), limits(phases=2), 3, 10.0),
        (limits(power_w=2300.0), limits(), None, 10.0),
        (limits(power_w=0.0), limits(), 3, 0.0),
        (limits(8.0, 6900.0), limits(), 3, 8.0),
        (limits(power_w=690_000.0), limits(), 3, 32.0),
        (limits(), limits(), 3, 32.0),
    ],
)
def test_a_power_alone_gets_a_current_where_that_is_configured(
    root: Any, leaves: Any, phase_count: Any, current_a: float
) -> None:
    """Row M15.1: `enhance_external_schedule`, `nominal_voltage_V`."""
    grid = node(enhance=True, phase_count=phase_count)

    grid.external = external(entry(root, leaves))

    assert limited(grid)[0][0] == pytest.approx(current_a)


def test_without_that_a_power_gets_no_current_of_its_own() -> None:
    grid = node()

    grid.external = external(entry(limits(power_w=2300.0)))

    assert limited(grid) == [(32.0, 2300.0)]


def test_a_grant_is_passed_to_the_child_above_its_node() -> None:
    grid = node()
    grid.child("a/energy_grid", fuse("a", 16.0, leaf("x")))
    grid.child("b/energy_grid", leaf("y"))

    assert grid.ways_to("x") == ("a/energy_grid",)
    assert grid.ways_to("y") == ("b/energy_grid",)
    assert grid.ways_to("grid") == ()
    assert grid.ways_to("nobody") == ()


def test_a_grant_for_an_unknown_node_goes_to_the_children_that_are_silent() -> None:
    grid = node()
    grid.child("a/energy_grid", leaf("x"))

    assert grid.ways_to("y") == ("b/energy_grid",)
    assert grid.ways_to("grid") == ()


@pytest.mark.parametrize(
    "wrong",
    [
        limits(phases=0), limits(phases=4), limits(phases=-1), limits(ac_min_phase_count=count(0)),
        limits(float("nan")), limits(power_w=float("inf")), limits(ac_min_current_a=number(float("-inf"))),
    ],
)  # fmt: skip
def test_limits_no_node_can_have_are_found_on_both_sides(wrong: LimitsReq) -> None:
    good = limits(10.0, 2300.0, 1)

    assert unfit(external(entry(good), entry(wrong, good)))
    assert unfit(external(export=[entry(good, wrong)]))
    assert not unfit(external(entry(good), export=[entry(good, limits())]))


@pytest.mark.parametrize(
    ("efficiency", "fits"), [(1.0, True), (0.1, True), (0.0, False), (-0.5, False), (2.0, False)]
)
def test_a_converter_passes_something_on_but_no_more_than_it_takes(efficiency: float, *, fits: bool) -> None:
    assert (not unfit(external(entry(limits(), conversion_efficiency=efficiency)))) == fits


@pytest.mark.parametrize(
    ("point", "fits"),
    [
        ({"ac_current_a": 10.0}, True), ({"total_power_w": -5.0}, True),
        ({"ac_current_a": float("nan")}, False),
        ({"total_power_w": float("inf")}, False),
    ],
)  # fmt: skip
def test_a_set_point_is_a_number(point: dict[str, Any], *, fits: bool) -> None:
    found = SetpointType(priority=0, source="csms", **point)
    points = (ScheduleSetpointEntry(timestamp=NOW), ScheduleSetpointEntry(timestamp=NOW, setpoint=found))

    assert (not unfit(external(setpoints=points))) == fits


LATER = entry(limits(20.0), after_s=600.0)


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (external(entry(limits(10.0), after_s=30.0), LATER), True),  # said again, with a time of its own
        (external(entry(limits(5.0), after_s=-9.0), entry(limits(10.0)), LATER), True),  # overtaken
        (external(entry(limits(9.0)), entry(limits(10.0), after_s=60.0), LATER), True),  # from just now
        (external(entry(limits(10.0)), entry(limits(20.0), after_s=601.0)), False),
        (external(entry(limits(10.0))), False),
        (external(entry(limits(11.0)), LATER), False),
        (external(entry(limits(10.0), after_s=700.0), LATER), False),  # it comes back
        (external(), False),
        (external(entry(limits(10.0)), LATER, export=[LATER]), False),
        (external(entry(limits(10.0)), LATER, setpoints=[ScheduleSetpointEntry(timestamp=NOW)]), False),
    ],
)
def test_sets_of_limits_are_alike_where_the_same_holds_from_now(
    other: ExternalLimits, *, alike: bool
) -> None:
    now = NOW + timedelta(seconds=60)

    known = from_now_on(external(entry(limits(10.0)), LATER), now)

    assert (from_now_on(other, now) == known) == alike


def test_sets_of_limits_are_alike_in_whatever_order_they_stand() -> None:
    last = entry(limits(30.0), after_s=900.0)

    ordered, mixed = (external(entry(limits(10.0)), *rest) for rest in ((LATER, last), (last, LATER)))

    assert from_now_on(mixed, NOW) == from_now_on(ordered, NOW)


def test_set_points_said_again_are_alike_as_well() -> None:
    found = SetpointType(total_power_w=-5000.0, priority=0, source="csms")
    points = [
        ScheduleSetpointEntry(timestamp=NOW + timedelta(seconds=after_s), setpoint=found)
        for after_s in (-60.0, 0.0)
    ]

    before, again = (from_now_on(external(setpoints=[each]), NOW) for each in points)

    assert before == again

"""Tests for actors/energy/tree.py: who wants what, and what is in its way (rows M15.1 to M15.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from actors.energy.sharing import Key, Quantity, share
from actors.energy.switching import Switches, SwitchSettings
from actors.energy.tree import Measure, Sides, Tree, leaves, rank, schedules, unheeded
from protocols.types.energy import (
    EnergyFlowRequest,
    EvseState,
    FrequencyWattPoint,
    ScheduleSetpointEntry,
    SetpointType,
)
from tests.support.energy import NOW, dc_leaf, entry, fuse, leaf, limits

A, W = Quantity.CURRENT_A, Quantity.POWER_W


def amounts(root: EnergyFlowRequest, after_s: float = 0.0, **measure: float) -> dict[str, float]:
    """What each EVSE of a tree is given."""
    tree = Tree(root, NOW + timedelta(seconds=after_s), Measure(**measure))
    return {one.claim.uuid: one.amount for one in share(tree.wishes(), tree.caps)}


def point(**value: Any) -> dict[str, Any]:
    """A set point from now on."""
    setpoint = SetpointType(priority=0, source="csms", **value)
    return {"schedule_setpoints": (ScheduleSetpointEntry(timestamp=NOW, setpoint=setpoint),)}


def test_every_fuse_above_an_evse_limits_it() -> None:
    assert amounts(fuse("grid", 20.0, fuse("f", 10.0, leaf("a")), leaf("b"))) == {"a": 10.0, "b": 10.0}


def test_the_evses_are_found_in_the_order_of_the_tree() -> None:
    root = fuse("grid", 20.0, fuse("f", 10.0, leaf("b"), leaf("a")), leaf("c"))

    assert [each.uuid for each in leaves(root)] == ["b", "a", "c"]
    assert len(list(schedules(root))) == 10


def test_the_limit_that_holds_at_the_moment_counts() -> None:
    day = (entry(limits(10.0)), entry(limits(20.0), after_s=60.0))
    root = fuse("grid", 32.0, leaf("a"), schedule_import=day)

    assert [amounts(root, after_s)["a"] for after_s in (0.0, 59.0, 60.0, 1e6)] == [10.0, 10.0, 20.0, 20.0]


@pytest.mark.parametrize(("root_a", "leaves_a", "found"), [(10.0, 20.0, 10.0), (20.0, 10.0, 10.0)])
def test_of_both_sides_of_a_node_the_lower_counts(root_a: float, leaves_a: float, found: float) -> None:
    own = (entry(limits(root_a), limits(leaves_a)),)

    assert amounts(fuse("grid", 32.0, leaf("a"), schedule_import=own))["a"] == found


def test_behind_a_converter_less_power_arrives_than_is_taken() -> None:
    own = (entry(limits(power_w=10_000.0), limits(power_w=20_000.0), conversion_efficiency=0.9),)

    found = amounts(fuse("grid", None, dc_leaf("a"), schedule_import=own))

    assert found["a"] == pytest.approx(9000.0)


def test_what_is_lost_below_is_taken_above() -> None:
    own = (entry(limits(power_w=50_000.0), conversion_efficiency=0.9),)
    converter = fuse("converter", None, dc_leaf("a"), schedule_import=own)

    found = amounts(fuse("grid", None, converter, power_w=18_000.0))

    assert found["a"] == pytest.approx(16_200.0)


def test_an_evse_that_loses_something_is_granted_what_its_root_side_takes() -> None:
    wants = (entry(limits(power_w=10_000.0), limits(power_w=4500.0), conversion_efficiency=0.9),)

    found = amounts(fuse("grid", None, replace(dc_leaf("a"), schedule_import=wants)))

    assert found["a"] == pytest.approx(5000.0)


def test_power_for_a_dc_car_is_a_current_in_the_fuses_above() -> None:
    assert amounts(fuse("grid", 20.0, dc_leaf("a")))["a"] == pytest.approx(20.0 * 3 * 230.0)


def test_the_voltage_of_the_site_counts() -> None:
    """Row M15.2: `nominal_ac_voltage`."""
    assert amounts(fuse("grid", 20.0, dc_leaf("a")), voltage_v=120.0)["a"] == pytest.approx(7200.0)


def test_where_there_is_one_phase_it_carries_everything() -> None:
    found = amounts(fuse("grid", 20.0, fuse("f", 20.0, dc_leaf("a"), phases=1)))

    assert found["a"] == pytest.approx(20.0 * 230.0)


def test_a_limit_in_watt_is_a_current_for_an_ac_car() -> None:
    assert amounts(fuse("grid", 32.0, leaf("a"), power_w=6900.0))["a"] == pytest.approx(10.0)
    assert amounts(fuse("grid", 32.0, leaf("a", phases=1), power_w=6900.0))["a"] == pytest.approx(30.0)
    assert amounts(fuse("grid", 32.0, leaf("a", power_w=6900.0)))["a"] == pytest.approx(10.0)


def test_slices_are_in_ampere_for_ac_and_in_watt_for_dc() -> None:
    """Row M15.2: `slice_ampere`, `slice_watt`."""
    tree = Tree(fuse("grid", 32.0, leaf("a"), dc_leaf("b")), NOW, Measure(slice_a=0.3, slice_w=700.0))

    assert [next(iter(one.claims.values())).slice for one in tree.wishes()] == [0.3, 700.0]


def test_an_evse_that_asks_for_nothing_has_nothing() -> None:
    silent = replace(leaf("a"), schedule_import=())

    assert amounts(fuse("grid", 32.0, silent, leaf("b", 0.0))) == {"a": 0.0, "b": 0.0}


def test_a_node_that_limits_nothing_is_no_limit() -> None:
    assert amounts(fuse("grid", None, leaf("a"), schedule_import=()))["a"] == 32.0


@pytest.mark.parametrize("order", [1, -1])
def test_nodes_of_one_name_keep_their_own_limits(order: int) -> None:
    below = (fuse("box", 16.0, leaf("a")), fuse("box", 10.0, leaf("b")))[::order]
    apart = (fuse("f", 60.0, below[0]), fuse("g", 60.0, below[1]))

    for children in (below, apart):
        assert amounts(fuse("grid", 60.0, *children)) == {"a": 16.0, "b": 10.0}


def test_a_node_called_as_the_one_above_it_has_limits_of_its_own() -> None:
    root = fuse("box", 20.0, fuse("box", 10.0, leaf("a")), leaf("b"))

    assert amounts(root) == {"a": 10.0, "b": 10.0}


def test_no_name_is_taken_for_a_place() -> None:
    names = ("box", "box", "box#2", "box/box", "")
    children = [fuse(name, 6.0 + at, leaf(f"evse_{at}")) for at, name in enumerate(names)]
    nested = fuse("box", 30.0, fuse("box", 12.0, leaf("c")))

    found = amounts(fuse("grid", 200.0, *children, nested))

    assert found == {**{f"evse_{at}": 6.0 + at for at in range(len(names))}, "c": 12.0}


def test_an_evse_that_is_fed_twice_is_limited_by_both_ways() -> None:
    twice = leaf("a")

    root = fuse("grid", 20.0, fuse("f", 16.0, twice), fuse("g", 12.0, twice), leaf("b"))

    assert amounts(root) == {"a": 10.0, "b": 10.0}
    assert amounts(fuse("grid", 60.0, fuse("f", 16.0, twice), fuse("g", 12.0, twice))) == {"a": 12.0}


@pytest.mark.parametrize(
    ("value", "taken", "given"),
    [
        ({"ac_current_a": 10.0}, 10.0, 0.0),
        ({"total_power_w": 6900.0}, 10.0, 0.0),
        ({"total_power_w": -6900.0}, 0.0, 6900.0),
        ({"total_power_w": 0.0}, 0.0, 0.0),
    ],
)
def test_a_set_point_leaves_the_other_direction_nothing(
    value: dict[str, Any], taken: float, given: float
) -> None:
    root = fuse("grid", 32.0, leaf("a", export_w=11_000.0), schedule_export=(), **point(**value))

    tree = Tree(root, NOW, Measure())

    assert share(tree.wishes(), tree.caps)[0].amount == pytest.approx(taken)
    assert share(tree.exports(), tree.caps)[0].amount == pytest.approx(given)


def test_a_set_point_in_ampere_at_an_evse_of_watt_does_not_make_it_one_of_ampere() -> None:
    root = fuse("grid", 32.0, replace(dc_leaf("a", 5000.0), **point(ac_current_a=1.0)))

    assert amounts(root)["a"] == 5000.0


def test_an_entry_without_a_set_point_sets_none() -> None:
    nothing = (ScheduleSetpointEntry(timestamp=NOW),)

    assert amounts(fuse("grid", 32.0, leaf("a"), schedule_setpoints=nothing))["a"] == 32.0


def test_set_points_by_frequency_are_told_of_as_not_heeded() -> None:
    curve = (FrequencyWattPoint(frequency_hz=50.0, total_power_w=1.0),) * 2
    below = fuse("f", 32.0, leaf("a"), **point(frequency_table=curve))

    assert unheeded(fuse("grid", 32.0, below, **point(total_power_w=1e6))) == {"f": "frequency_table"}
    assert amounts(fuse("grid", 32.0, below))["a"] == 32.0


def test_what_flows_back_has_caps_of_its_own() -> None:
    root = fuse("grid", 32.0, dc_leaf("a", export_w=50_000.0), schedule_export=(entry(limits(10.0)),))

    tree = Tree(root, NOW, Measure())

    assert set(tree.caps) == {Key("grid", A), Key("grid", A, export=True)}
    assert share(tree.exports(), tree.caps)[0].amount == pytest.approx(6900.0)


@pytest.mark.parametrize(
    ("state", "place"),
    [
        (EvseState.CHARGING, 0), (EvseState.WAIT_FOR_ENERGY, 1), (EvseState.PAUSED_EVSE, 1),
        (EvseState.UNPLUGGED, 2), (EvseState.FINISHED, 2), (EvseState.DISABLED, 2), (None, 1),
    ],
)  # fmt: skip
def test_who_charges_keeps_its_minimum_before_who_waits(state: EvseState | None, place: int) -> None:
    assert rank(state) == place


@pytest.mark.parametrize(
    ("mode", "switches", "power_w", "phases"),
    [
        ("Both", True, 2500.0, 1), ("Both", True, 9000.0, 3), ("Never", True, 2500.0, 3),
        ("Both", False, 2500.0, 3),
    ],
)  # fmt: skip
def test_phases_are_chosen_only_where_they_may_change(
    mode: str, switches: Any, power_w: float, phases: int
) -> None:
    root = fuse("grid", 32.0, leaf("a", switches=switches, active=3), power_w=power_w)
    tree = Tree(root, NOW, Measure())

    (found,) = share(tree.wishes(Switches(SwitchSettings(mode=mode))), tree.caps)

    assert found.claim.phases == phases


def test_the_evses_own_limit_in_watt_counts_for_the_choice_of_phases() -> None:
    tree = Tree(fuse("grid", 32.0, leaf("a", switches=True, power_w=2500.0)), NOW, Measure())

    (found,) = share(tree.wishes(Switches(SwitchSettings(mode="Both"))), tree.caps)

    assert found.claim.phases == 1
    assert found.amount == pytest.approx(2500.0 / 230.0)


@pytest.mark.parametrize("phases", [0, -1])
def test_what_has_no_phase_has_nothing_and_others_all(phases: int) -> None:
    """A count below 1 once ended the manager in a division, and a negative one hid powers from caps."""
    root = fuse(
        "grid", 32.0, leaf("a", phases=phases), fuse("f", 16.0, dc_leaf("b"), phases=phases), leaf("c")
    )

    assert amounts(root) == {"a": 0.0, "b": 0.0, "c": 32.0}


@pytest.mark.parametrize("least_phases", [0, -1])
def test_the_least_number_of_phases_is_one(least_phases: int) -> None:
    root = fuse("grid", 32.0, leaf("a", switches=True, least_phases=least_phases), power_w=2500.0)
    tree = Tree(root, NOW, Measure())

    (found,) = share(tree.wishes(Switches(SwitchSettings(mode="Both"))), tree.caps)

    assert found.claim.phases == 1
    assert found.amount == pytest.approx(2500.0 / 230.0)


def test_a_dc_evse_without_phases_is_granted_no_power() -> None:
    tree = Tree(fuse("grid", 32.0, dc_leaf("a", phases=0)), NOW, Measure())

    (found,) = share(tree.wishes(), tree.caps)

    assert (found.claim.ac, found.amount) == (False, 0.0)


def test_a_node_of_four_phases_counts_as_one_of_three() -> None:
    (wish,) = Tree(fuse("grid", 32.0, leaf("a", phases=4), phases=7), NOW, Measure()).wishes()

    assert set(wish.claims) == {3}


def test_less_than_nothing_as_minimum_frees_nothing_for_others() -> None:
    assert amounts(fuse("grid", 32.0, leaf("a", -20.0, least_a=-20.0), leaf("b", 80.0))) == {
        "a": 0.0,
        "b": 32.0,
    }


@pytest.mark.parametrize("efficiency", [0.0, 1e-300])
def test_who_stands_behind_total_losses_takes_nothing(efficiency: float) -> None:
    root = dc_leaf("a")
    for number in range(40):
        lossy = (entry(limits(power_w=1e300), conversion_efficiency=efficiency),)
        root = fuse(f"f{number}", None, root, schedule_import=lossy)

    assert amounts(fuse("grid", None, root, power_w=1e300)) == {"a": 0.0}


def tightened(root: EnergyFlowRequest, before: EnergyFlowRequest) -> bool:
    return Tree(root, NOW, Measure()).tightens(Tree(before, NOW, Measure()))


LOSSY = {"schedule_import": (entry(limits(32.0), conversion_efficiency=0.9),)}


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (fuse("grid", 10.0, leaf("a")), fuse("grid", 16.0, leaf("a"))),
        (fuse("grid", 16.0, leaf("a"), power_w=5000.0), fuse("grid", 16.0, leaf("a"))),
        (fuse("grid", 16.0, leaf("a"), phases=1), fuse("grid", 16.0, leaf("a"), phases=3)),
        (fuse("grid", 16.0, leaf("a"), **point(ac_current_a=8.0)), fuse("grid", 16.0, leaf("a"))),
        (
            fuse("grid", 16.0, fuse("f", 32.0, leaf("a"), **LOSSY)),
            fuse("grid", 16.0, fuse("f", 32.0, leaf("a"))),
        ),
    ],
    ids=["current", "power", "phases", "set point", "losses"],
)
def test_a_tree_tightens_where_less_may_pass(less: EnergyFlowRequest, more: EnergyFlowRequest) -> None:
    assert tightened(less, more)
    assert not tightened(more, less)
    assert not tightened(less, less)


def test_another_evse_tightens_nothing() -> None:
    assert not tightened(fuse("grid", 16.0, leaf("a"), leaf("b")), fuse("grid", 16.0, leaf("a")))


def test_what_one_moment_found_out_holds_for_others_with_the_same_entries() -> None:
    plan = (entry(limits(10.0)), entry(limits(20.0), after_s=60.0))
    sides, root = Sides(), fuse("grid", 32.0, leaf("a"), schedule_import=plan)

    found = [sides.side(root, NOW + timedelta(seconds=after_s)) for after_s in (0.0, 59.0, 60.0)]

    assert found[0] is found[1]
    assert [side.current.value for side in found if side.current] == [10.0, 10.0, 20.0]

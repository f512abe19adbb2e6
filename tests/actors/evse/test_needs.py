"""Tests for actors/evse/needs.py: what an EVSE asks of the site's power (rows M15.3, S9.18, M5.9)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from actors.evse.needs import STATES
from actors.evse.record import State
from protocols.interfaces import energy, evse_manager
from tests.actors.evse.test_power import limit
from tests.support.evse import SUPPLY, Bench


def request(bench: Bench) -> Any:
    return bench.published(energy.EnergyFlowRequest)[-1].request


def test_every_state_is_known_to_the_manager_of_the_sites_power() -> None:
    assert set(STATES) == set(State)


def test_a_charging_evse_asks_for_what_its_board_can() -> None:
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(16.0)
    bench.plug()
    bench.grant()
    bench.wants()

    found = request(bench)
    limits = found.schedule_import[0].limits_to_root
    assert (found.uuid, found.node_type.value, found.evse_state.value) == ("evse_1", "Evse", "Charging")
    assert (limits.ac_max_current_a.value, limits.ac_min_current_a.value) == (32.0, 6.0)
    assert limits.ac_max_phase_count.value == 3
    assert limits.total_power_w is None


def test_a_dc_evse_asks_for_power() -> None:
    bench = Bench(dc=True)
    bench.ready()

    limits = request(bench).schedule_import[0].limits_to_root
    assert limits.total_power_w.value == 100_000.0
    assert limits.ac_max_current_a is None


@pytest.mark.parametrize(("configured", "asked"), [(True, 0.0), (False, 32.0)])
def test_an_idle_evse_asks_for_nothing_where_that_is_configured(configured: Any, asked: float) -> None:
    """Row M5.9."""
    bench = Bench(request_zero_power_in_idle=configured)
    bench.ready()

    assert request(bench).schedule_import[0].limits_to_root.ac_max_current_a.value == asked


def test_a_car_that_begins_is_urgent() -> None:
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()

    assert request(bench).priority_request


def test_what_is_offered_is_said_on_change_only() -> None:
    """Row S9.18."""
    bench = Bench(managed=True)
    bench.ready()
    bench.forget()

    bench.limits(16.0)
    bench.limits(16.0)
    bench.limits(10.0)

    assert [each.limits.max_current_a for each in bench.published(evse_manager.Limits)] == [16.0, 10.0]


def test_an_evse_stands_in_the_tree_under_the_id_of_its_module() -> None:
    bench = Bench(managed=True, node="left_outlet")
    bench.ready()

    assert request(bench).uuid == "left_outlet"


def test_what_is_granted_to_another_node_changes_nothing() -> None:
    """Row M15.3: a node that does not know yet who is below it passes a grant to all."""
    bench = Bench(managed=True, node="left_outlet")
    bench.ready()
    bench.forget()

    bench.limits(16.0, node="right_outlet")
    assert not bench.published(evse_manager.EnforcedLimits)
    bench.limits(16.0, node="left_outlet")

    assert bench.published(evse_manager.EnforcedLimits)


def test_a_supply_that_loses_power_asks_for_what_it_takes() -> None:
    bench = Bench(dc=True, managed=True)
    bench.ready()
    lossy = dataclasses.replace(SUPPLY, conversion_efficiency_export=0.8)
    bench.take(bench.core.supply(lossy, bench.now))

    (entry,) = request(bench).schedule_import
    assert entry.limits_to_root.total_power_w.value == 125_000.0
    assert entry.limits_to_leaves.total_power_w.value == 100_000.0
    assert entry.conversion_efficiency == 0.8
    bench.limits(power_w=50_000.0)
    assert limit(bench)[1] == 40_000.0

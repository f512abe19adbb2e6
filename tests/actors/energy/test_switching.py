"""Tests for actors/energy/switching.py: one phase or three (row M15.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from actors.catalog import CATALOG
from actors.energy.switching import Switched, Switches, SwitchSettings, switch_settings_of
from protocols.types.energy import EvseState
from tests.support.energy import NOW

THREE_W = 4140.0


class Bench:
    """One EVSE in a session, three phases active in the beginning."""

    def __init__(self, mode: str = "Both", phases: int | None = 3, **changes: Any) -> None:
        fields: dict[str, Any] = {"mode": mode, "time_hysteresis_s": 600.0, **changes}
        self.switches = Switches(SwitchSettings(**fields))
        self.now = NOW
        if phases is not None:
            self.switches.granted("a", phases, EvseState.CHARGING)

    def choose(self, power_w: float, after_s: float = 1.0, active: int = 3) -> int:
        """Choose, and grant it."""
        self.now += timedelta(seconds=after_s)
        found = self.switches.choose(
            "a", power_w, three_w=THREE_W, few=1, many=3, active=active, now=self.now
        )
        self.switches.granted("a", found, EvseState.CHARGING)
        return found


def test_the_parameters_are_those_of_the_site_file() -> None:
    parameters = {name: one.default for name, one in CATALOG["EnergyManager"].parameters.items()}

    assert switch_settings_of(parameters) == SwitchSettings()
    assert switch_settings_of(parameters | {"switch_3ph1ph_while_charging_mode": "Both"}).mode == "Both"


@pytest.mark.parametrize("mode", ["Oneway", "Both"])
def test_too_little_power_for_three_phases_goes_to_one_at_once(mode: str) -> None:
    assert Bench(mode).choose(THREE_W - 1.0) == 1


def test_just_enough_power_for_three_phases_keeps_them() -> None:
    assert Bench().choose(THREE_W) == 3


def test_the_same_phases_granted_again_are_no_change() -> None:
    bench = Bench()

    bench.choose(2000.0)
    bench.choose(2000.0)

    assert bench.switches.record == (Switched(uuid="a", phases=1, changes=1),)


@pytest.mark.parametrize(("mode", "phases"), [("Oneway", 1), ("Both", 3)])
def test_the_way_back_is_open_only_both_ways(mode: str, phases: int) -> None:
    bench = Bench(mode, time_hysteresis_s=0.0)
    bench.choose(2000.0)

    assert bench.choose(9000.0) == phases


@pytest.mark.parametrize(("power_w", "phases"), [(THREE_W + 200.0, 1), (THREE_W + 200.1, 3)])
def test_the_way_back_needs_more_power_than_the_way_there(power_w: float, phases: int) -> None:
    """`switch_3ph1ph_power_hysteresis_W`."""
    bench = Bench(time_hysteresis_s=0.0)
    bench.choose(2000.0)

    assert bench.choose(power_w) == phases


def test_within_the_hysteresis_three_phases_stay_three() -> None:
    assert Bench().choose(THREE_W + 100.0) == 3


def test_the_way_back_waits_until_power_has_sufficed_for_some_time() -> None:
    """`switch_3ph1ph_time_hysteresis_s`."""
    bench = Bench()
    bench.choose(2000.0)

    assert [bench.choose(9000.0, 299.0), bench.choose(9000.0, 300.0), bench.choose(9000.0, 1.0)] == [1, 1, 3]


def test_too_little_power_meanwhile_begins_that_time_anew() -> None:
    bench = Bench()
    bench.choose(2000.0)

    assert [bench.choose(9000.0, 599.0), bench.choose(2000.0), bench.choose(9000.0, 599.0)] == [1, 1, 1]


def test_a_successor_waits_that_time_from_its_beginning() -> None:
    bench = Bench(phases=1)

    assert [bench.choose(9000.0), bench.choose(9000.0, 599.0), bench.choose(9000.0, 1.0)] == [1, 1, 3]


@pytest.mark.parametrize(("afterwards", "phases"), [("DontChange", 1), ("SinglePhase", 1), ("ThreePhase", 3)])
def test_after_the_last_change_a_session_stays_with_what_is_configured(afterwards: str, phases: int) -> None:
    """`switch_3ph1ph_max_nr_of_switches_per_session`, `switch_3ph1ph_switch_limit_stickyness`."""
    bench = Bench(most_changes=1, afterwards=afterwards, time_hysteresis_s=0.0)
    assert bench.choose(2000.0) == 1

    assert bench.choose(9000.0) == phases


def test_without_that_limit_a_session_changes_as_often_as_power_does() -> None:
    bench = Bench(time_hysteresis_s=0.0)

    assert [bench.choose(power_w) for power_w in (2000.0, 9000.0, 2000.0, 9000.0)] == [1, 3, 1, 3]


@pytest.mark.parametrize(("power_w", "phases"), [(2000.0, 1), (9000.0, 3), (THREE_W + 1.0, 1)])
def test_a_session_begins_with_what_suits_it_best(power_w: float, phases: int) -> None:
    assert Bench("Oneway", phases=None).choose(power_w, active=1) == phases


@pytest.mark.parametrize("state", [None, EvseState.UNPLUGGED, EvseState.FINISHED, EvseState.DISABLED])
def test_the_end_of_a_session_is_the_end_of_its_count(state: EvseState | None) -> None:
    bench = Bench(most_changes=1, time_hysteresis_s=0.0)
    bench.choose(2000.0)

    bench.switches.granted("a", 1, state)

    assert bench.switches.record == ()
    assert bench.choose(9000.0) == 3


def test_a_number_that_is_not_to_be_had_any_more_is_not_kept() -> None:
    bench = Bench(phases=3)

    found = bench.switches.choose("a", 4000.0, three_w=2760.0, few=1, many=2, active=3, now=NOW)

    assert found == 2


def test_a_successor_knows_how_often_phases_were_changed() -> None:
    bench = Bench(most_changes=1, time_hysteresis_s=0.0)
    bench.choose(2000.0)
    record = bench.switches.record
    assert record == (Switched(uuid="a", phases=1, changes=1),)

    successor = Bench(phases=None, most_changes=1, time_hysteresis_s=0.0)
    successor.switches.recover(record)

    assert successor.choose(9000.0) == 1

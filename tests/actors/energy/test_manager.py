"""Tests for actors/energy/manager.py: grants for a whole site, while it changes (rows M15.2, M15.3)."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.catalog import CATALOG
from actors.energy import manager
from actors.energy.given import CHANGE_S, SETTLE_S
from actors.energy.manager import MOST_SLOTS, Manager, Settings, _shares, settings_of
from actors.energy.switching import SwitchSettings
from actors.energy.tree import Measure
from protocols.types.energy import EvseState, ScheduleSetpointEntry, SetpointType
from tests.actors.energy.test_node import READING
from tests.support.energy import NOW, count, dc_leaf, entry, fuse, leaf, limits, number
from tests.support.examples import few

if TYPE_CHECKING:
    from protocols.types.energy import EnergyFlowRequest, EnforcedLimits


class Bench:
    """A manager and its clock."""

    def __init__(self, root: EnergyFlowRequest | None = None, **changes: Any) -> None:
        self.manager = Manager(Settings(**changes))
        self.now = NOW
        if root is not None:
            self.manager.hear(root, self.now)

    def grants(self, after_s: float = 0.0) -> dict[str, EnforcedLimits]:
        """What is granted so much later."""
        self.now += timedelta(seconds=after_s)
        return {grant.uuid: grant for grant in self.manager.grants(self.now)}

    def amounts(self, after_s: float = 0.0) -> dict[str, float]:
        """The same in ampere, for DC in watt."""
        return {uuid: amount(grant) for uuid, grant in self.grants(after_s).items()}

    def replaced(self) -> None:
        """Have a successor go on that is told the same."""
        before, self.manager = self.manager, Manager(self.manager.settings)
        self.manager.recover(before.drawing, self.now)
        if before.request is not None:
            self.manager.hear(before.request, self.now)

    def shares(self, root: EnergyFlowRequest, after_s: float = 1.0) -> dict[str, float]:
        """What is granted once the trunk has said something else."""
        self.manager.hear(root, self.now)
        return self.amounts(after_s)


def amount(grant: EnforcedLimits) -> float:
    found = grant.limits_root_side.ac_max_current_a or grant.limits_root_side.total_power_w
    assert found is not None
    return found.value


def site(*wants: float, fuse_a: float = 32.0) -> EnergyFlowRequest:
    """EVSEs a, b, ... that want so much, below one fuse."""
    return fuse("grid", fuse_a, *(leaf(name, want) for name, want in zip("abcdef", wants, strict=False)))


def test_the_parameters_are_those_of_the_site_file() -> None:
    parameters = {name: one.default for name, one in CATALOG["EnergyManager"].parameters.items()}

    assert settings_of(parameters) == Settings()
    found = settings_of(
        parameters
        | {"update_interval": 2, "schedule_interval_duration": 15, "schedule_total_duration": 4,
           "nominal_ac_voltage": 120.0, "slice_ampere": 1.0, "slice_watt": 100.0}
    )  # fmt: skip
    assert found == Settings(
        update_interval_s=2,
        slot_s=900.0,
        forecast_s=14_400.0,
        measure=Measure(voltage_v=120.0, slice_a=1.0, slice_w=100.0),
    )


def test_without_a_request_nobody_is_granted_anything() -> None:
    assert Bench().grants() == {}
    assert Bench().manager.unheeded == {}


def test_two_cars_below_one_fuse_share_it() -> None:
    assert Bench(site(32.0, 32.0)).amounts() == {"a": 16.0, "b": 16.0}


@pytest.mark.parametrize(("interval_s", "valid_s"), [(1.0, 10), (3.0, 30)])
def test_a_grant_is_valid_for_ten_intervals(interval_s: float, valid_s: int) -> None:
    """Row M15.2."""
    (grant,) = Bench(site(32.0), update_interval_s=interval_s).grants().values()

    assert grant.valid_for_s == valid_s


def test_an_ac_evse_is_granted_a_current_and_its_phases_with_their_source() -> None:
    (grant,) = Bench(fuse("grid", 10.0, leaf("a"), phases=1)).grants().values()

    found = grant.limits_root_side
    assert found.ac_max_current_a is not None
    assert found.ac_max_phase_count is not None
    assert (found.ac_max_current_a.value, found.ac_max_current_a.source) == (10.0, "grid")
    assert found.ac_max_phase_count.value == 1
    assert found.total_power_w is None


def test_below_a_limit_in_watt_an_ac_evse_is_granted_a_power_as_well() -> None:
    (grant,) = Bench(fuse("grid", 32.0, leaf("a"), power_w=6900.0)).grants().values()

    assert grant.limits_root_side.total_power_w is not None
    assert grant.limits_root_side.total_power_w.value == pytest.approx(6900.0)


def test_a_dc_evse_is_granted_a_power_alone() -> None:
    (grant,) = Bench(fuse("grid", 32.0, dc_leaf("a"))).grants().values()

    assert grant.limits_root_side.ac_max_current_a is None
    assert amount(grant) == pytest.approx(32.0 * 690.0)


def test_who_cannot_take_anything_may_give_back() -> None:
    point = SetpointType(total_power_w=-5000.0, priority=0, source="csms")
    root = fuse(
        "grid", 32.0, dc_leaf("a", export_w=20_000.0), leaf("b"),
        schedule_setpoints=(ScheduleSetpointEntry(timestamp=NOW, setpoint=point),),
    )  # fmt: skip

    assert Bench(root).amounts() == {"a": -5000.0, "b": 0.0}


def test_only_what_is_new_and_urgent_is_in_a_hurry() -> None:
    bench = Bench()

    assert bench.manager.hear(site(32.0), NOW)  # nobody was granted anything so far
    assert not bench.manager.hear(site(16.0), NOW)
    assert bench.manager.hear(fuse("grid", 32.0, leaf("a", priority_request=True)), NOW)
    bench.manager.grants(NOW)
    again = fuse("grid", 32.0, leaf("a", priority_request=True, energy_usage_root=READING))
    assert not bench.manager.hear(again, NOW)


def limited(current_a: float | None = None, **more: Any) -> EnergyFlowRequest:
    """Two EVSEs, one of them below a fuse that is limited from outside."""
    return fuse("grid", 32.0, fuse("fuse", current_a, leaf("a"), **more), leaf("b"))


def test_a_limit_that_falls_is_urgent_and_one_that_rises_is_not() -> None:
    bench = Bench(limited(16.0))
    bench.amounts()

    assert bench.manager.hear(limited(10.0), bench.now)
    assert bench.manager.hear(limited(10.5), bench.now)  # less than what was granted
    bench.amounts()
    assert not bench.manager.hear(limited(16.0), bench.now)
    assert not bench.manager.hear(limited(), bench.now)


def test_what_an_evse_asks_for_is_not_urgent() -> None:
    bench = Bench(site(32.0, 32.0))
    bench.amounts()

    assert not bench.manager.hear(site(16.0, 32.0), bench.now)
    assert not bench.manager.hear(site(16.0), bench.now)


def test_a_limit_that_is_to_fall_later_is_not_urgent_now() -> None:
    bench = Bench(limited(16.0))
    bench.amounts()
    day = (entry(limits(16.0)), entry(limits(10.0), after_s=60.0))

    assert not bench.manager.hear(limited(schedule_import=day), bench.now)
    assert bench.manager.change_s(bench.now) == 60.0
    assert bench.manager.change_s(bench.now + timedelta(seconds=60)) is None


def test_without_a_request_nothing_changes_by_itself() -> None:
    assert Manager(Settings()).change_s(NOW) is None


# -- the forecast --------------------------------------------------------------------------------------------


def test_the_forecast_has_a_step_for_each_interval_of_its_duration() -> None:
    """Row M15.2: `schedule_interval_duration`, `schedule_total_duration`."""
    bench = Bench(site(32.0), slot_s=900.0, forecast_s=7200.0)
    bench.now += timedelta(minutes=5)

    (grant,) = bench.grants().values()

    assert [(each.timestamp - NOW).total_seconds() / 60 for each in grant.schedule] == list(range(0, 121, 15))


def test_the_forecast_changes_when_a_schedule_of_the_tree_does() -> None:
    day = (entry(limits(32.0)), entry(limits(10.0), after_s=600.0))

    (grant,) = Bench(fuse("grid", 40.0, leaf("a"), schedule_import=day)).grants().values()

    found = {
        (each.timestamp - NOW).total_seconds(): each.limits_to_root.ac_max_current_a
        for each in grant.schedule
    }
    assert {after_s: value.value for after_s, value in found.items() if value} == {0.0: 32.0, 600.0: 10.0}


def test_a_grant_says_the_same_as_long_as_nothing_changes() -> None:
    """So whoever publishes grants on change has nothing to publish."""
    bench = Bench(site(32.0, 32.0))

    assert bench.grants(1.0) == bench.grants(1.0) == bench.grants(60.0)


def day_of(*groups: EnergyFlowRequest, steps: int = MOST_SLOTS, every_s: float = 30.0) -> EnergyFlowRequest:
    """A site whose connection lets through another current at each of many steps."""
    plan = tuple(entry(limits(400.0 + number), after_s=number * every_s) for number in range(steps))
    return fuse("grid", 500.0, *groups, schedule_import=plan)


@pytest.fixture
def reckoned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many shares were reckoned, each time any were."""
    counts: list[int] = []

    def count_them(*given: Any) -> Any:
        shares = _shares(*given)
        counts.append(len(shares))
        return shares

    monkeypatch.setattr(manager, "_shares", count_them)
    return counts


@pytest.mark.parametrize(("evses", "most"), [(24, 240), (128, 256), (300, 300)])
def test_no_more_of_the_forecast_is_reckoned_at_once(reckoned: list[int], evses: int, most: int) -> None:
    """An actor that reckons longer than its deadline is taken for one that hangs."""
    bench = Bench(day_of(*(leaf(f"e{number}") for number in range(evses))))

    bench.grants()

    present, *foreseen = reckoned
    assert (present, sum(foreseen)) == (evses, most)


def test_the_rest_of_the_forecast_follows_in_later_grants() -> None:
    bench = Bench(day_of(*(leaf(f"e{number}") for number in range(64)), steps=12))

    lengths = [len(bench.grants(1.0)["e0"].schedule) for _ in range(4)]
    plans = [grant.schedule for grant in bench.grants().values()]
    together = [
        sum(
            each.limits_to_root.ac_max_current_a.value
            for each in step
            if each.limits_to_root.ac_max_current_a
        )
        for step in zip(*plans, strict=True)
    ]

    assert lengths == [5, 9, 13, 13]  # the present one, and the next hour
    assert together[:12] == pytest.approx([400.0 + number for number in range(12)])


def test_moments_between_which_nothing_changes_are_reckoned_once(reckoned: list[int]) -> None:
    bench = Bench(site(32.0, 20.0), slot_s=900.0, forecast_s=86_400.0)

    (grant, _other) = bench.grants().values()

    assert len(grant.schedule) == 96
    assert reckoned == [2, 2]


def test_what_was_foreseen_is_forgotten_when_it_has_passed() -> None:
    bench = Bench(day_of(leaf("a"), steps=600, every_s=60.0), slot_s=60.0)

    for _ in range(50):
        bench.grants(600.0)

    assert len(bench.manager._forecast) <= 60
    assert len(bench.grants(3600.0)["a"].schedule) == 60


def test_a_forecast_has_no_end_of_entries() -> None:
    (grant,) = Bench(site(32.0), slot_s=60.0, forecast_s=1e6).grants().values()

    assert len(grant.schedule) == MOST_SLOTS + 1


# -- while grants change -------------------------------------------------------------------------------------


def test_nobody_is_given_more_before_others_had_time_to_take_less() -> None:
    bench = Bench(site(32.0, 0.0))
    assert bench.amounts() == {"a": 32.0, "b": 0.0}

    assert bench.shares(site(32.0, 32.0)) == {"a": 16.0, "b": 0.0}
    assert bench.amounts(SETTLE_S - 0.1) == {"a": 16.0, "b": 0.0}
    assert bench.amounts(0.2) == {"a": 16.0, "b": 16.0}


def test_what_is_left_beside_those_who_shrink_is_given_at_once() -> None:
    bench = Bench(site(16.0, 0.0))
    bench.amounts()

    assert bench.shares(site(32.0, 32.0)) == {"a": 16.0, "b": 16.0}


def test_who_grows_keeps_what_it_had_while_others_shrink() -> None:
    bench = Bench(site(6.0, 26.0))
    bench.amounts()

    assert bench.shares(site(32.0, 26.0, fuse_a=24.0)) == {"a": 6.0, "b": 12.0}


def test_less_than_its_minimum_is_of_no_use_to_one_that_waits() -> None:
    bench = Bench(site(28.0, 0.0))
    bench.amounts()

    assert bench.shares(site(28.0, 32.0)) == {"a": 16.0, "b": 0.0}


def test_a_little_less_than_its_minimum_is_of_no_use_either() -> None:
    bench = Bench(site(26.5, 0.0))
    bench.amounts()

    assert bench.shares(site(26.5, 32.0)) == {"a": 16.0, "b": 0.0}


def test_who_has_gone_for_good_is_forgotten() -> None:
    bench = Bench(site(32.0, 32.0))
    bench.amounts()

    bench.shares(site(32.0), 60.0)

    assert [each.uuid for each in bench.manager.drawing] == ["a"]


def test_a_successor_gives_who_has_gone_the_time_to_obey_as_well() -> None:
    bench = Bench(site(32.0, 32.0))
    bench.amounts()

    bench.replaced()

    assert bench.shares(site(32.0), 14.0) == {"a": 16.0}
    assert bench.amounts(2.0) == {"a": 32.0}


def test_a_successor_waits_for_pilots_that_may_just_have_changed() -> None:
    bench = Bench(site(32.0, 0.0))
    bench.amounts()

    bench.replaced()

    assert bench.shares(site(32.0, 32.0)) == {"a": 16.0, "b": 0.0}
    assert bench.amounts(9.0) == {"a": 16.0, "b": 0.0}
    assert bench.amounts(1.5) == {"a": 16.0, "b": 16.0}


def test_nobody_is_told_of_more_than_it_was_given() -> None:
    found = Bench(site(32.0, 32.0, 32.0, fuse_a=20.0), measure=Measure(slice_a=1 / 3)).amounts()

    assert sum(found.values()) <= 20.0
    assert all(value == round(value, 6) for value in found.values())


def test_a_limit_of_another_kind_leaves_what_is_drawn_as_it_is() -> None:
    """Whoever takes something from a new cap grows, and may have to shrink below an old one as well."""
    bench = Bench(site(32.0, 0.0))
    bench.amounts()

    limited = fuse("grid", 32.0, leaf("a"), leaf("b"), power_w=30_000.0)

    assert bench.shares(limited) == {"a": 16.0, "b": 0.0}
    assert bench.amounts(2 * SETTLE_S) == {"a": 16.0, "b": 16.0}


def test_less_for_all_is_granted_at_once() -> None:
    bench = Bench(site(32.0, 32.0))
    bench.amounts()

    assert bench.shares(site(32.0, 32.0, fuse_a=20.0)) == {"a": 10.0, "b": 10.0}


def test_one_that_shrinks_twice_is_waited_for_from_each_time() -> None:
    bench = Bench(site(32.0, 0.0))
    bench.amounts()
    assert bench.shares(site(20.0, 32.0), 0.0) == {"a": 16.0, "b": 0.0}
    assert bench.shares(site(10.0, 32.0), 4.0) == {"a": 10.0, "b": 0.0}

    assert bench.amounts(SETTLE_S - 3.9) == {"a": 10.0, "b": 16.0}
    assert bench.amounts(CHANGE_S - 0.2) == {"a": 10.0, "b": 16.0}  # its pilot had just changed
    assert bench.amounts(0.2) == {"a": 10.0, "b": 22.0}


def test_one_that_has_disappeared_is_taken_to_draw_what_it_may() -> None:
    bench = Bench(site(32.0, 32.0))
    bench.amounts()
    alone = site(32.0)

    assert bench.shares(alone) == {"a": 16.0}
    assert bench.amounts(13.9) == {"a": 16.0}
    assert bench.amounts(0.2) == {"a": 32.0}


def test_a_successor_waits_for_those_who_were_granted_less_as_well() -> None:
    bench = Bench(site(32.0, 0.0))
    bench.amounts()
    assert bench.shares(site(32.0, 32.0)) == {"a": 16.0, "b": 0.0}

    bench.replaced()

    assert bench.amounts(1.0) == {"a": 16.0, "b": 0.0}
    assert bench.amounts(20.0) == {"a": 16.0, "b": 16.0}


def test_a_successor_grants_the_same_as_long_as_nothing_changes() -> None:
    bench = Bench(site(32.0, 32.0, fuse_a=20.3))
    before = bench.amounts()

    bench.replaced()

    assert bench.amounts(1.0) == before


@pytest.mark.parametrize("state", [EvseState.UNPLUGGED, EvseState.WAIT_FOR_AUTH])
def test_nobody_waits_for_one_that_cannot_be_drawing(state: EvseState) -> None:
    bench = Bench(fuse("grid", 32.0, leaf("a", state=state)))
    bench.amounts()

    assert bench.shares(fuse("grid", 32.0, leaf("a", state=state), leaf("b"))) == {"a": 16.0, "b": 16.0}


def test_one_that_came_back_is_not_counted_twice() -> None:
    bench = Bench(site(32.0, 32.0))
    bench.amounts()
    bench.shares(site(32.0))

    assert bench.shares(site(32.0, 32.0)) == {"a": 16.0, "b": 16.0}


def test_what_was_granted_long_ago_holds_nobody_back() -> None:
    bench = Bench(site(32.0, 0.0))
    bench.amounts()

    assert bench.shares(site(32.0, 32.0), 16.0) == {"a": 16.0, "b": 16.0}


def test_another_number_of_phases_is_waited_for_as_well() -> None:
    switches = SwitchSettings(mode="Both", time_hysteresis_s=0.0)

    def root(power_w: float) -> EnergyFlowRequest:
        return fuse(
            "grid", 40.0, leaf("a", switches=True, active=3), leaf("b", 20.0, phases=1), power_w=power_w
        )

    bench = Bench(root(12_000.0), switches=switches)
    bench.amounts()
    bench.shares(root(4000.0))

    grant = bench.grants(SETTLE_S + 1.0)["a"].limits_root_side
    assert grant.ac_max_phase_count is not None
    assert grant.ac_max_phase_count.value == 1


def test_how_often_phases_change_is_remembered_while_a_session_lasts() -> None:
    switches = SwitchSettings(mode="Oneway")
    root = fuse("grid", 40.0, leaf("a", switches=True, active=3), power_w=12_000.0)
    bench = Bench(root, switches=switches)
    bench.amounts()

    bench.shares(replace(root, schedule_import=(entry(limits(40.0, 2000.0, 3)),)))
    assert [(each.phases, each.changes) for each in bench.manager.switches.record] == [(1, 1)]
    bench.shares(fuse("grid", 40.0, leaf("a", switches=True, state=EvseState.UNPLUGGED)))

    assert bench.manager.switches.record == ()


class Car:
    """What a car may be drawing that obeys its pilot at the last moment, and a pilot that changes its duty
    cycle every `CHANGE_S` at most; it is switched on and off at once.
    """

    def __init__(self) -> None:
        self._shown = [(0.0, 0.0)]
        self._wanted_a, self._changed_s, self._ends_s = 0.0, -CHANGE_S, 0.0

    def granted(self, at_s: float, value: float) -> None:
        self.pass_to(at_s)
        self._wanted_a, self._ends_s = value, at_s + 10.0
        self._show(at_s)

    def pass_to(self, now_s: float) -> None:
        if self._changed_s + CHANGE_S <= min(now_s, self._ends_s):
            self._show(self._changed_s + CHANGE_S)
        if self._ends_s <= now_s:
            self._wanted_a = 0.0
            self._show(self._ends_s)

    def _show(self, at_s: float) -> None:
        shows_a = self._shown[-1][1]
        if shows_a == self._wanted_a:
            return
        if shows_a and self._wanted_a:
            if at_s < self._changed_s + CHANGE_S:
                return
            self._changed_s = at_s
        self._shown.append((max(at_s, self._shown[-1][0]), self._wanted_a))

    def most_a(self, now_s: float) -> float:
        self.pass_to(now_s)
        ends_s = [at_s for at_s, _value in self._shown[1:]] + [math.inf]
        shown = zip(self._shown, ends_s, strict=True)
        return max(value for (_at_s, value), end_s in shown if end_s + SETTLE_S > now_s)


wants = st.lists(st.sampled_from([0.0, 6.0, 10.0, 16.0, 32.0]), min_size=1, max_size=4)


step = st.tuples(wants, st.sampled_from([0.5, 1.0, 4.0, 6.0]), st.sampled_from([False, False, True]))


@few(25)
@given(st.lists(step, min_size=2, max_size=8))
def test_cars_that_obey_in_time_never_overload_the_fuse_whoever_dies(
    steps: list[tuple[list[float], float, bool]],
) -> None:
    bench, at_s = Bench(), 0.0
    cars: dict[str, Car] = {}

    for asked, after_s, dies in steps:
        at_s += after_s
        if dies:
            bench.replaced()
        for uuid, value in bench.shares(site(*asked), after_s).items():
            cars.setdefault(uuid, Car()).granted(at_s, value)

        assert sum(car.most_a(at_s) for car in cars.values()) <= 32.0 + 1e-6


# -- whatever is asked for -----------------------------------------------------------------------------------


class Sums:
    """What EVSEs are granted below a node, as fuses of three phases count it."""

    def __init__(self, grants: dict[str, EnforcedLimits]) -> None:
        self._limits = {uuid: grant.limits_root_side for uuid, grant in grants.items()}

    def current_a(self, *uuids: str) -> float:
        """In one phase."""
        return sum(self._value(uuid, each=1.0, dc=1.0 / 690.0) for uuid in uuids)

    def power_w(self, *uuids: str) -> float:
        return sum(self._value(uuid, each=230.0, dc=1.0) for uuid in uuids)

    def _value(self, uuid: str, *, each: float, dc: float) -> float:
        found = self._limits[uuid]
        if found.ac_max_current_a is None:
            return max(0.0, found.total_power_w.value) * dc if found.total_power_w else 0.0
        phases = found.ac_max_phase_count.value if found.ac_max_phase_count and each > 1.0 else 1
        return max(0.0, found.ac_max_current_a.value) * each * phases


hostile = st.one_of(st.none(), st.sampled_from([-1e308, -20.0, 0.0, 1e-300, 6.0, 16.0, 4000.0, 1e12, 1e308]))
phase_counts = st.one_of(st.none(), st.sampled_from([-(2**63), -3, -1, 0, 1, 2, 3, 4, 2**63]))
sides = st.builds(
    lambda current_a, power_w, phases, few, least_a: limits(
        current_a, power_w, phases, ac_min_phase_count=count(few), ac_min_current_a=number(least_a),
        ac_supports_changing_phases_during_charging=True,
    ),
    hostile, hostile, phase_counts, phase_counts, hostile,
)  # fmt: skip
entries = st.builds(
    lambda root, leaves, after_s, efficiency: entry(
        root, leaves, after_s=after_s, conversion_efficiency=efficiency
    ),
    sides, sides, st.sampled_from([0.0, 1.0, 700.0]), st.sampled_from([None, 0.0, 1e-300, 0.5, 1.0]),
)  # fmt: skip
plans = st.lists(entries, max_size=2).map(tuple)
evses = st.builds(
    lambda taken, given, state: replace(
        leaf("a"), schedule_import=taken, schedule_export=given, evse_state=state
    ),
    plans, plans, st.sampled_from(EvseState),
)  # fmt: skip


@few(25)
@given(
    st.lists(st.tuples(evses, evses, evses, plans, plans, hostile, hostile), min_size=1, max_size=2),
    st.sampled_from(["Never", "Both"]),
)
def test_whatever_is_asked_for_grants_come_and_exceed_no_cap(steps: list[tuple[Any, ...]], mode: str) -> None:
    bench = Bench(switches=SwitchSettings(mode=mode))

    for one, other, third, taken, back, current_a, power_w in steps:
        a, b, c = (replace(each, uuid=uuid) for each, uuid in zip((one, other, third), "abc", strict=True))
        inner = fuse("inner", 20.0, a, b, phases=None, power_w=3000.0)
        middle = fuse("middle", None, inner, c, schedule_import=taken, schedule_export=back)
        bench.manager.hear(fuse("grid", current_a, middle, power_w=power_w), bench.now)
        sums = Sums(bench.grants(30.0))

        assert sums.current_a("a", "b") <= 20.0 + 1e-3
        assert sums.power_w("a", "b") <= 3000.0 + 1e-3
        for most, found in (
            (current_a, sums.current_a("a", "b", "c")),
            (power_w, sums.power_w("a", "b", "c")),
        ):
            assert most is None or found <= max(0.0, most) + 1e-3

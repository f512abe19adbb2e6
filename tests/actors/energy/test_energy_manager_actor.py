"""Tests for actors/energy/energy_manager_actor.py: a tree of real nodes and played EVSEs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from actors.catalog import CATALOG
from actors.energy.energy_manager_actor import LEAST_S
from actors.engine import messages
from actors.engine.journal import DiskFull, Journal
from actors.engine.simulation import Simulation
from protocols.interfaces import energy, external_energy_limits
from protocols.message import Reply
from protocols.types.energy import (
    EnergyFlowRequest,
    FrequencyWattPoint,
    ScheduleSetpointEntry,
    SetpointType,
)
from tests.support import actors
from tests.support.actors import Puppet
from tests.support.actors_messages import Poke
from tests.support.energy import NOW, entry, external, leaf, limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRANTS: list[tuple[float, str, float]] = []
"""Every grant that an EVSE was given: when, which EVSE, how much."""
PHASES: dict[str, int] = {}


class Evse(Puppet):
    """Notes down what it is granted. Its successor goes on."""

    def unsupported(self, command: Any) -> Any:
        value = command.value
        found = value.limits_root_side.ac_max_current_a
        assert self.path.endswith(value.uuid)
        GRANTS.append((self.port.clock.monotonic_s(), value.uuid, found.value))
        PHASES[value.uuid] = value.limits_root_side.ac_max_phase_count.value
        return Reply()


def defaults(module: str, **changes: Any) -> dict[str, Any]:
    return {name: one.default for name, one in CATALOG[module].parameters.items()} | changes


def node(name: str, fuse_a: float, *consumers: str, directory: Path) -> dict[str, Any]:
    config = {
        "module": name,
        "parameters": defaults("EnergyNode", fuse_limit_A=fuse_a),
        "implementations": {},
        "connections": {"energy_consumer": [f"{each}/energy_grid" for each in consumers]},
        "state": str(directory),
    }
    grants = {f"{name}/energy_grid": "energy", f"{name}/external_limits": "external_energy_limits"}
    actor = "actors.energy.energy_node_actor.EnergyNodeActor"
    return {"id": name, "actor": actor, "grants": grants, "config": config}


class Rig:
    """Two EVSEs below 32 A, the first behind a fuse of 20 A."""

    def __init__(self, directory: Path, **parameters: Any) -> None:
        GRANTS.clear()
        PHASES.clear()
        actors.reset()
        self.simulation = Simulation()
        manager = {
            "module": "energy",
            "parameters": defaults("EnergyManager", **parameters),
            "implementations": {},
            "connections": {"energy_trunk": ["grid/energy_grid"]},
            "state": str(directory),
        }
        children = [
            {
                "id": "energy", "actor": "actors.energy.energy_manager_actor.EnergyManagerActor",
                "grants": {"energy/main": "energy_manager"}, "config": manager,
            },
            node("grid", 32.0, "fuse", "evse_2", directory=directory),
            node("fuse", 20.0, "evse_1", directory=directory),
            *(
                {"id": name, "actor": f"{__name__}.Evse", "grants": {f"{name}/energy_grid": "energy"}}
                for name in ("evse_1", "evse_2")
            ),
        ]  # fmt: skip
        start = messages.Start(path="site", lineage="site#0", config={"children": children})
        self.simulation.start(actors.Site, start)

    def ask(self, request: EnergyFlowRequest) -> None:
        """Have an EVSE say what it needs."""
        puppet: Any = self.simulation.actor(f"site/{request.uuid}")
        puppet.todo.append(lambda one: one.publish(energy.EnergyFlowRequest(request=request), retain=True))
        self.simulation.tell(f"site/{request.uuid}", Poke())

    def both(self, *wants: float, **more: Any) -> Rig:
        """Have both ask, and let a second pass."""
        for number, want in enumerate(wants, 1):
            self.ask(leaf(f"evse_{number}", want, **more))
        self.simulation.advance(1.1)
        return self

    def limit(self, where: str, value: Any) -> None:
        """Lay limits on a node."""
        command = external_energy_limits.SetExternalLimits(value=value)
        assert self.simulation.ask(f"{where}/external_limits", command) == Reply()

    def close(self) -> None:
        """Close what the kernel would."""
        self.simulation.close()


def granted() -> dict[str, float]:
    """What each EVSE was granted last."""
    return {uuid: value for _at_s, uuid, value in GRANTS}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def switching(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path, switch_3ph1ph_while_charging_mode="Both", switch_3ph1ph_time_hysteresis_s=0,
               switch_3ph1ph_max_nr_of_switches_per_session=1)  # fmt: skip
    yield made
    made.close()


def test_every_evse_of_the_tree_is_granted_its_share(rig: Rig) -> None:
    rig.both(32.0, 32.0)

    assert granted() == {"evse_1": 16.0, "evse_2": 16.0}


def test_grants_are_renewed_in_each_interval(rig: Rig) -> None:
    """Row M15.2: `update_interval`."""
    rig.both(32.0, 32.0)
    GRANTS.clear()

    rig.simulation.advance(5.0)

    times = [at_s for at_s, uuid, _value in GRANTS if uuid == "evse_1"]
    assert [later - sooner for sooner, later in pairwise(times)] == pytest.approx([1.0] * 4)


def test_who_is_urgent_is_granted_something_before_the_interval_is_over(tmp_path: Path) -> None:
    rig = Rig(tmp_path, update_interval=60)
    rig.both(16.0, 0.0)
    rig.simulation.advance(20.0)

    rig.ask(leaf("evse_2", 16.0, priority_request=True))
    rig.simulation.advance(0.1)

    assert granted() == {"evse_1": 16.0, "evse_2": 16.0}
    rig.close()


def test_a_limit_from_outside_holds_within_an_interval(rig: Rig) -> None:
    """Row S10.3."""
    rig.both(32.0, 32.0)

    rig.limit("fuse", external(entry(limits(8.0))))
    rig.simulation.advance(1.1)

    assert granted()["evse_1"] == 8.0


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Rig]:
    """One round a minute."""
    made = Rig(tmp_path, update_interval=60)
    made.both(32.0, 32.0)
    made.simulation.advance(20.0)
    yield made
    made.close()


def test_a_limit_from_outside_that_falls_waits_for_no_interval(slow: Rig) -> None:
    slow.limit("fuse", external(entry(limits(8.0))))
    slow.simulation.advance(0.1)

    assert granted()["evse_1"] == 8.0


def test_a_limit_from_outside_that_rises_waits_for_the_next_interval(slow: Rig) -> None:
    slow.limit("fuse", external(entry(limits(8.0))))
    slow.simulation.advance(20.0)

    slow.limit("fuse", external(entry(limits(12.0))))
    slow.simulation.advance(1.0)

    assert granted()["evse_1"] == 8.0
    slow.simulation.advance(60.0)
    assert granted()["evse_1"] == 12.0


def test_a_limit_that_falls_by_its_schedule_does_so_in_time(slow: Rig) -> None:
    begins_s = (slow.simulation.clock.now() - NOW).total_seconds()
    day = (entry(limits(12.0)), entry(limits(8.0), after_s=begins_s + 10.0))
    slow.limit("fuse", external(*day))
    slow.simulation.advance(9.9)
    assert granted()["evse_1"] == 12.0

    slow.simulation.advance(0.2)

    assert granted()["evse_1"] == 8.0


def test_a_limit_that_falls_often_is_told_five_times_a_second_at_most(slow: Rig) -> None:
    GRANTS.clear()

    for step in range(40):
        slow.limit("fuse", external(entry(limits(16.0 - step / 10))))
        slow.simulation.advance(0.05)
    slow.simulation.advance(0.2)

    times = [at_s for at_s, uuid, _value in GRANTS if uuid == "evse_1"]
    assert 8 <= len(times) <= 12
    assert min(later - sooner for sooner, later in pairwise(times)) >= LEAST_S - 0.001
    assert granted()["evse_1"] == pytest.approx(12.1)


def test_an_interval_that_ends_right_behind_an_urgent_round_waits_its_turn(slow: Rig) -> None:
    GRANTS.clear()
    slow.simulation.advance(60.0)
    next_s = GRANTS[-1][0] + 60.0
    slow.simulation.advance(next_s - 0.12 - slow.simulation.clock.monotonic_s())
    GRANTS.clear()

    for step in range(10):  # over the end of the interval
        slow.limit("fuse", external(entry(limits(16.0 - step / 10))))
        slow.simulation.advance(0.05)

    times = [at_s for at_s, uuid, _value in GRANTS if uuid == "evse_1"]
    assert min(later - sooner for sooner, later in pairwise(times)) >= LEAST_S - 0.001


@pytest.mark.parametrize("who", ["energy", "grid", "fuse"])
def test_a_death_in_the_tree_leaves_no_evse_without_a_grant(rig: Rig, who: str) -> None:
    rig.both(32.0, 32.0)
    rig.limit("fuse", external(entry(limits(8.0))))
    rig.simulation.advance(10.0)
    before, since_s = granted(), rig.simulation.clock.monotonic_s()

    rig.simulation.kill(f"site/{who}")
    rig.simulation.advance(15.0)

    times = [since_s] + [at_s for at_s, uuid, _value in GRANTS if uuid == "evse_1" and at_s > since_s]
    assert granted() == before == {"evse_1": 8.0, "evse_2": 24.0}
    assert max(later - sooner for sooner, later in pairwise(times)) < 3.0


def test_a_site_whose_manager_hangs_grants_again_when_it_was_replaced(rig: Rig) -> None:
    rig.both(32.0, 32.0)
    rig.simulation.hang("site/energy")

    rig.simulation.advance(4.0)
    GRANTS.clear()
    rig.simulation.advance(2.0)

    assert granted() == {"evse_1": 16.0, "evse_2": 16.0}


def test_a_hung_node_keeps_no_other_branch_from_its_grants(rig: Rig) -> None:
    rig.both(32.0, 32.0)
    GRANTS.clear()

    rig.simulation.hang("site/fuse")
    rig.simulation.advance(0.9)

    assert "evse_2" in granted()


def test_an_evse_that_takes_nothing_in_keeps_no_other_from_its_grants(rig: Rig) -> None:
    rig.both(32.0, 32.0)
    rig.simulation.hang("site/evse_1")
    GRANTS.clear()

    rig.simulation.advance(5.0)

    times = [at_s for at_s, uuid, value in GRANTS if (uuid, value) == ("evse_2", 16.0)]
    assert [later - sooner for sooner, later in pairwise(times)] == pytest.approx([1.0] * 4)


def test_a_successor_grants_nobody_more_before_others_had_time_to_take_less(rig: Rig) -> None:
    rig.both(20.0, 12.0)
    assert granted() == {"evse_1": 20.0, "evse_2": 12.0}

    rig.limit("fuse", external(entry(limits(8.0))))
    rig.ask(leaf("evse_2", 24.0))
    rig.simulation.advance(1.1)
    rig.simulation.kill("site/energy")
    rig.simulation.advance(2.0)

    assert granted() == {"evse_1": 8.0, "evse_2": 12.0}


def test_a_site_that_starts_waits_for_nobody_of_its_former_run(rig: Rig, tmp_path: Path) -> None:
    rig.both(20.0, 12.0)
    rig.close()

    again = Rig(tmp_path)
    again.both(8.0, 24.0)

    assert granted() == {"evse_1": 8.0, "evse_2": 24.0}
    again.close()


def test_how_often_phases_were_changed_outlives_the_manager(switching: Rig) -> None:
    """Row M15.2: `switch_3ph1ph_max_nr_of_switches_per_session`."""
    switching.both(32.0, 0.0, switches=True, active=3)
    assert PHASES["evse_1"] == 3
    switching.limit("fuse", external(entry(limits(power_w=2000.0))))
    switching.simulation.advance(1.1)
    assert PHASES["evse_1"] == 1

    switching.simulation.kill("site/energy")
    switching.limit("fuse", external())
    switching.simulation.advance(3.0)

    assert PHASES["evse_1"] == 1
    assert granted()["evse_1"] == 20.0


def test_power_is_shared_on_although_the_disk_is_full(
    switching: Rig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(journal: Journal, _state: object) -> int:
        raise DiskFull(journal.path, "no room")

    monkeypatch.setattr(Journal, "snapshot", fail)
    switching.both(32.0, 32.0, switches=True, active=3)
    switching.both(16.0, 12.0, switches=True, active=3)

    assert granted() == {"evse_1": 16.0, "evse_2": 12.0}
    assert "".join(capsys.readouterr()).count("not_durable") == 1


def test_a_disk_that_is_full_again_is_told_of_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(journal: Journal, _state: object) -> int:
        raise DiskFull(journal.path, "no room")

    for want in (32.0, 16.0):
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "snapshot", fail)
            rig.both(want, 6.0)
            rig.simulation.advance(20.0)
        rig.both(want, 8.0)
        rig.simulation.advance(20.0)

    assert "".join(capsys.readouterr()).count("not_durable") == 2


def test_grants_that_have_not_changed_are_not_written_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.both(32.0, 32.0)
    rig.simulation.advance(20.0)
    written = []
    monkeypatch.setattr(Journal, "snapshot", lambda _journal, state: written.append(state))

    rig.simulation.advance(5.0)
    assert written == []
    rig.both(32.0, 10.0)
    rig.simulation.advance(20.0)

    assert written


def test_power_is_shared_although_the_journal_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    openly = Journal.open

    def fail(path: Path, **how: Any) -> Journal:
        if path.name == "energy.energy.journal":
            raise DiskFull(path, "no room")
        return openly(path, **how)

    monkeypatch.setattr(Journal, "open", fail)
    rig = Rig(tmp_path)
    rig.both(32.0, 32.0)

    assert granted() == {"evse_1": 16.0, "evse_2": 16.0}
    assert "not_durable" in "".join(capsys.readouterr())
    rig.close()


def test_a_damaged_journal_is_told_of_and_keeps_no_manager_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "energy.energy.journal").write_bytes(b"\0" * 4096)

    rig = Rig(tmp_path, switch_3ph1ph_while_charging_mode="Oneway")
    rig.both(32.0, 32.0)

    assert granted() == {"evse_1": 16.0, "evse_2": 16.0}
    assert "journal_damaged" in "".join(capsys.readouterr())
    rig.close()


def test_what_is_not_heeded_is_told_of_once(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    curve = (FrequencyWattPoint(frequency_hz=50.0, total_power_w=1.0),) * 2
    point = SetpointType(frequency_table=curve, priority=0, source="csms")
    rig.limit("fuse", external(setpoints=[ScheduleSetpointEntry(timestamp=NOW, setpoint=point)]))

    rig.both(32.0, 32.0)
    rig.both(16.0, 16.0)

    assert "".join(capsys.readouterr()).count("not_heeded") == 1


@pytest.mark.parametrize(("debug", "lines"), [(True, True), (False, False)])
def test_how_power_was_shared_stands_in_the_log_where_that_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, debug: bool, lines: bool
) -> None:
    """Row M15.2: `debug`."""
    rig = Rig(tmp_path, debug=debug)
    rig.both(32.0, 32.0)

    found = [line for line in "".join(capsys.readouterr()).splitlines() if " granted " in line]
    assert bool(found) is lines
    assert all("current_a=16.0" in line for line in found)
    rig.close()

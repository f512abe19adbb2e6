"""Tests for actors/energy/energy_node_actor.py: a node among played neighbours, in one thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from actors.catalog import CATALOG
from actors.energy.energy_node_actor import GATHER_S, LimitsSet
from actors.engine import messages
from actors.engine.journal import DiskFull, EntryTooLarge, Journal
from actors.engine.simulation import Simulation
from protocols.interfaces import energy, external_energy_limits, powermeter
from protocols.message import Failure, FailureReason, Reply
from protocols.types.energy import EnergyFlowRequest, EnforcedLimits, LimitsRes
from tests.actors.energy.test_node import READING
from tests.support import actors
from tests.support.actors import Puppet
from tests.support.actors_messages import Poke
from tests.support.energy import NOW, entry, external, leaf, limits, number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE = "grid/energy_grid"
LEAF = "evse_1/energy_grid"
LOW = external(entry(limits(10.0)))
HEARD: list[EnergyFlowRequest] = []
PASSED: list[tuple[str, EnforcedLimits]] = []


class Trunk(Puppet):
    """Hears what the node asks for. Its successor goes on."""

    def on_start(self) -> None:
        self.subscribe(NODE, energy.EnergyFlowRequest, lambda news: HEARD.append(news.request))


class Leaf(Puppet):
    """Notes down what it is granted. Its successor goes on."""

    def unsupported(self, command: Any) -> Any:
        PASSED.append((self.path, command.value))
        return Reply()


class Rig:
    """A node with two children and a meter."""

    def __init__(self, directory: Path) -> None:
        HEARD.clear()
        PASSED.clear()
        actors.reset()
        self.directory = directory
        self.start()

    def start(self) -> None:
        """Start the whole site, anew if it has run before."""
        self.simulation = Simulation()
        parameters = {name: one.default for name, one in CATALOG["EnergyNode"].parameters.items()}
        config = {
            "module": "grid",
            "parameters": {**parameters, "fuse_limit_A": 32, "phase_count": 3},
            "implementations": {},
            "connections": {"energy_consumer": [LEAF, "evse_2/energy_grid"], "powermeter": ["meter/main"]},
            "state": str(self.directory),
        }
        grants = {NODE: "energy", "grid/external_limits": "external_energy_limits"}
        children = [
            {"id": "grid", "actor": "actors.energy.energy_node_actor.EnergyNodeActor", "grants": grants,
             "config": config},
            *(
                {"id": name, "actor": f"{__name__}.Leaf", "grants": {f"{name}/energy_grid": "energy"}}
                for name in ("evse_1", "evse_2")
            ),
            {"id": "meter", "actor": "tests.support.actors.Puppet", "grants": {"meter/main": "powermeter"}},
            {"id": "trunk", "actor": f"{__name__}.Trunk"},
        ]  # fmt: skip
        start = messages.Start(path="site", lineage="site#0", config={"children": children})
        self.simulation.start(actors.Site, start)

    def say(self, path: str, variable: Any) -> None:
        """Have a neighbour publish something, kept for who comes later."""
        puppet: Any = self.simulation.actor(f"site/{path}")
        puppet.todo.append(lambda actor: actor.publish(variable, retain=True))
        self.simulation.tell(f"site/{path}", Poke())

    def ask(self, *names: str) -> None:
        """Have EVSEs say what they need."""
        for name in names:
            self.say(name, energy.EnergyFlowRequest(request=leaf(name)))

    def limit(self, value: Any) -> Reply:
        """Lay limits on the node."""
        command = external_energy_limits.SetExternalLimits(value=value)
        return self.simulation.ask("grid/external_limits", command)

    def close(self) -> None:
        """Close what the kernel would."""
        self.simulation.close()

    @property
    def current_a(self) -> float | None:
        """What the node said last that it lets through."""
        found = HEARD[-1].schedule_import[0].limits_to_root.ac_max_current_a
        return found.value if found else None


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.close()


def test_a_node_speaks_when_all_its_children_have(rig: Rig) -> None:
    """Row M15.3: requests travel from leaf to root as variable."""
    rig.ask("evse_1")
    rig.simulation.advance(0.5)
    assert not HEARD

    rig.ask("evse_2")
    rig.simulation.advance(GATHER_S)

    assert [child.uuid for child in HEARD[-1].children] == ["evse_1", "evse_2"]


def test_a_node_speaks_after_some_time_without_a_child_that_is_silent(rig: Rig) -> None:
    rig.ask("evse_1")

    rig.simulation.advance(1.0)

    assert [child.uuid for child in HEARD[-1].children] == ["evse_1"]


def test_what_children_say_in_one_breath_is_passed_on_once(rig: Rig) -> None:
    rig.ask("evse_1", "evse_2")
    rig.simulation.advance(1.0)
    before = len(HEARD)

    for current_a in (10.0, 11.0, 12.0):
        rig.say("evse_1", energy.EnergyFlowRequest(request=leaf("evse_1", current_a)))
    rig.simulation.advance(GATHER_S)

    assert len(HEARD) == before + 1
    assert HEARD[-1].children[0].schedule_import[0].limits_to_root.ac_max_current_a == number(12.0)


def test_readings_of_meters_are_passed_on_once_a_second(rig: Rig) -> None:
    rig.ask("evse_1", "evse_2")
    rig.simulation.advance(1.0)
    before = len(HEARD)

    for _ in range(4):
        rig.say("meter", powermeter.Powermeter(powermeter=READING))
        rig.say("evse_2", energy.EnergyFlowRequest(request=leaf("evse_2", energy_usage_root=READING)))
        rig.simulation.advance(0.2)
    assert len(HEARD) == before
    rig.simulation.advance(0.2)

    assert len(HEARD) == before + 1
    assert (HEARD[-1].energy_usage_root, HEARD[-1].children[1].energy_usage_root) == (READING, READING)


def test_a_limit_from_outside_is_said_upwards_at_once(rig: Rig) -> None:
    """Row S10.3."""
    rig.ask("evse_1", "evse_2")
    rig.simulation.advance(1.0)
    assert rig.current_a == 32.0

    assert rig.limit(LOW) == Reply()
    rig.simulation.advance(GATHER_S)

    assert rig.current_a == 10.0


def test_the_same_limit_again_changes_nothing(rig: Rig) -> None:
    rig.limit(LOW)
    rig.simulation.advance(2.0)
    before = len(HEARD)

    assert rig.limit(LOW) == Reply()
    rig.simulation.advance(2.0)

    assert len(HEARD) == before


def test_limits_said_again_with_new_times_are_not_written_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """OCPP says its limits again twice a minute, each time from then on."""
    now, written = rig.simulation.clock.now(), []
    snapshot = Journal.snapshot

    def note(journal: Journal, state: object) -> int:
        written.append(state)
        return snapshot(journal, state)

    monkeypatch.setattr(Journal, "snapshot", note)

    def said(current_a: float, at_s: float) -> Reply:
        return rig.limit(external(replace(entry(limits(current_a)), timestamp=now + timedelta(seconds=at_s))))

    for current_a, at_s in ((10.0, 0.0), (10.0, 30.0), (10.0, 60.0), (12.0, 90.0)):
        rig.simulation.advance(30.0)
        assert said(current_a, at_s) == Reply()

    assert len(written) == 2
    assert "".join(capsys.readouterr()).count("external_limits") == 2


def test_a_grant_travels_down_to_its_leaf_alone(rig: Rig) -> None:
    """Row M15.3: limits travel from root to leaf as command."""
    rig.ask("evse_1", "evse_2")
    grant = EnforcedLimits(uuid="evse_2", valid_for_s=10, limits_root_side=LimitsRes(), schedule=())

    assert rig.simulation.ask(NODE, energy.EnforceLimits(value=grant)) == Reply()

    assert [("site/evse_2", grant)] == PASSED


def test_limits_from_outside_outlive_the_death_of_their_node(rig: Rig) -> None:
    rig.ask("evse_1", "evse_2")
    rig.limit(LOW)

    rig.simulation.kill("site/grid")
    rig.simulation.advance(1.0)

    assert rig.current_a == 10.0
    assert len(HEARD[-1].children) == 2


def test_a_successor_does_not_speak_for_children_it_has_not_heard(rig: Rig) -> None:
    rig.ask("evse_1")  # the other has never spoken
    rig.simulation.advance(1.0)
    before = len(HEARD)

    rig.simulation.kill("site/grid")
    rig.simulation.advance(9.0)
    assert len(HEARD) == before
    rig.simulation.advance(2.0)

    assert len(HEARD) == before + 1


def test_no_reading_makes_a_successor_speak_earlier(rig: Rig) -> None:
    rig.ask("evse_1")
    rig.say("meter", powermeter.Powermeter(powermeter=READING))
    rig.simulation.advance(1.0)
    before = len(HEARD)

    rig.simulation.kill("site/grid")
    rig.say("meter", powermeter.Powermeter(powermeter=READING))
    rig.simulation.advance(9.0)

    assert len(HEARD) == before


def test_a_site_that_starts_knows_no_limits_of_its_former_run(rig: Rig) -> None:
    rig.limit(LOW)
    rig.close()

    rig.start()
    rig.ask("evse_1", "evse_2")
    rig.simulation.advance(1.0)
    assert rig.current_a == 32.0
    rig.simulation.kill("site/grid")
    rig.simulation.advance(1.0)

    assert rig.current_a == 32.0


def test_a_damaged_journal_is_told_of_and_keeps_no_node_from_starting(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.limit(LOW)
    rig.close()
    for file in rig.directory.glob("grid.energy.journal*"):
        file.write_bytes(b"\0" * 4096)

    rig.start()
    rig.ask("evse_1", "evse_2")
    rig.simulation.advance(1.0)

    assert rig.current_a == 32.0
    assert "journal_damaged" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("error", "reason"),
    [(DiskFull, FailureReason.OVERLOADED), (EntryTooLarge, FailureReason.INVALID)],
)
def test_a_limit_that_cannot_be_kept_is_refused_and_changes_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, error: Any, reason: FailureReason
) -> None:
    rig.ask("evse_1", "evse_2")

    def fail(journal: Journal, _state: object) -> int:
        raise error(journal.path, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "snapshot", fail)
        refused = rig.limit(LOW)
    rig.simulation.advance(1.0)

    assert isinstance(refused, Failure)
    assert refused.reason == reason
    assert rig.current_a == 32.0


def test_limits_that_hold_for_no_node_are_refused_and_not_kept(rig: Rig) -> None:
    """No phase at one node once took the power from the whole site, successors included."""
    rig.ask("evse_1", "evse_2")
    rig.limit(LOW)

    refused = rig.limit(external(entry(limits(20.0, phases=0))))
    rig.simulation.kill("site/grid")
    rig.simulation.advance(1.0)

    assert isinstance(refused, Failure)
    assert refused.reason == FailureReason.INVALID
    assert rig.current_a == 10.0


def test_what_is_written_down_can_be_read_back() -> None:
    assert LimitsSet(limits=LOW).limits.schedule_import[0].timestamp == NOW

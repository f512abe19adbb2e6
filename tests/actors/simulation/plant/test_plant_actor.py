"""Tests for actors/simulation/plant/plant_actor.py; most of it in tests/actors/simulation/drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from actors.drivers.messages import BayState
from actors.engine import messages as engine
from actors.engine.simulation import Simulation
from actors.simulation.plant import messages
from tests.support import actors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_a_new_plant_is_an_empty_outlet() -> None:
    actors.reset()
    simulation = Simulation()
    plant = {
        "id": "plant",
        "actor": "actors.simulation.plant.plant_actor.PlantActor",
        "grants": {"plant:1": ""},
    }
    simulation.start(actors.Site, engine.Start(path="site", lineage="site#0", config={"children": [plant]}))
    simulation.run()
    simulation.ask("plant:1", messages.Car(plugged=True, pin="B"))
    simulation.kill("site/plant")
    simulation.run()

    actor: Any = simulation.actor("site/plant")
    assert not actor._hardware.seen().plugged
    actors.reset()


def test_who_asks_late_still_hears_of_a_car_in_the_bay() -> None:
    actors.reset()
    simulation = Simulation()
    children: list[dict[str, Any]] = [
        {
            "id": "plant",
            "actor": "actors.simulation.plant.plant_actor.PlantActor",
            "grants": {"plant:1": ""},
        },
        {"id": "puppet", "actor": "tests.support.actors.Puppet"},
    ]
    simulation.start(actors.Site, engine.Start(path="site", lineage="site#0", config={"children": children}))
    simulation.run()
    simulation.ask("plant:1", messages.SetBay(occupied=True))

    heard: list[BayState] = []
    puppet: Any = simulation.actor("site/puppet")
    puppet.subscribe("plant:1", BayState, heard.append)
    simulation.run()

    assert heard == [BayState(occupied=True)]
    actors.reset()


def test_the_power_is_cut_by_whoever_runs_the_site() -> None:
    actors.reset()
    simulation = Simulation()
    plant = {
        "id": "plant",
        "actor": "actors.simulation.plant.plant_actor.PlantActor",
        "grants": {"plant:1": ""},
    }
    simulation.start(actors.Site, engine.Start(path="site", lineage="site#0", config={"children": [plant]}))
    simulation.run()

    simulation.ask("plant:1", messages.CutPower(after_s=0.5))
    simulation.advance(0.6)

    told = [each for each in simulation.told() if isinstance(each, engine.RestartSite)]
    assert told == [engine.RestartSite(reason="PowerUp", abrupt=True)]
    simulation.advance(2.1)  # nobody has heard it: it is said again
    assert len([each for each in simulation.told() if isinstance(each, engine.RestartSite)]) == 1
    actors.reset()


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    actors.reset()
    yield tmp_path
    actors.reset()


def charging(directory: Path, lineage: str = "site#0") -> Simulation:
    """A site whose only EVSE gives power to a car."""
    simulation = Simulation()
    plant = {
        "id": "plant",
        "actor": "actors.simulation.plant.plant_actor.PlantActor",
        "grants": {"plant:1": ""},
        "config": {"state": str(directory)},
    }
    simulation.start(actors.Site, engine.Start(path="site", lineage=lineage, config={"children": [plant]}))
    simulation.run()
    simulation.ask("plant:1", messages.SetPilot(signal=messages.Steady.PWM, duty_cycle_percent=27.0))
    simulation.ask("plant:1", messages.Car(plugged=True, pin="C", draws_a=16.0))
    for _ in range(40):
        simulation.ask("plant:1", messages.AllowPower(allowed=True))
        simulation.advance(0.25)
    return simulation


def counted(simulation: Simulation) -> int:
    actor: Any = simulation.actor("site/plant")
    return int(actor._hardware.stored_uj)


def test_a_meter_goes_on_when_its_plant_is_replaced(directory: Path) -> None:
    simulation = charging(directory)
    before = counted(simulation)

    simulation.kill("site/plant")
    simulation.run()

    assert counted(simulation) >= before > 0


def test_a_meter_goes_on_exactly_when_the_site_was_stopped(directory: Path) -> None:
    simulation = charging(directory)
    actor: Any = simulation.actor("site/plant")
    simulation.tell("site/plant", engine.Stop(within_s=1.0))
    before = actor._hardware.stored_uj
    simulation.run()

    assert counted(simulation) == before > 0


def test_a_meter_that_cannot_be_kept_counts_on_and_tells_of_it_once(directory: Path) -> None:
    (directory / "plant_1.new").mkdir()

    with capture_logs() as lines:
        simulation = charging(directory)

    assert counted(simulation) > 0
    assert [each["event"] for each in lines].count("meter_not_kept") == 1


def test_a_meter_that_cannot_be_read_begins_at_nothing(directory: Path) -> None:
    (directory / "plant_1.register").write_bytes(b"what is this")

    with capture_logs() as lines:
        simulation = charging(directory)

    assert counted(simulation) > 0
    assert "meter_not_read" in [each["event"] for each in lines]

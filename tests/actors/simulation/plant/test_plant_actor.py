"""Tests for actors/simulation/plant/plant_actor.py; most of it in tests/actors/simulation/drivers."""

from __future__ import annotations

from typing import Any

from actors.drivers.messages import BayState
from actors.engine import messages as engine
from actors.engine.simulation import Simulation
from actors.simulation.plant import messages
from tests.support import actors


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

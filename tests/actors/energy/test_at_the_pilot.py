"""Limits that fall while an AC car charges, from the node that is limited to what the car draws.

The real energy tree, manager, connector and board at simulated hardware, in one thread; the car follows its
pilot at once (rows M5.13, M6.22, S10.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from actors.config import load_site
from actors.energy.energy_manager_actor import LEAST_S
from actors.engine.base import SiteActor
from actors.engine.branch import branch_config
from actors.engine.messages import Start
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.simulation.plant.messages import Car as Plugged
from actors.simulation.plant.messages import Plant
from actors.site import Site, plan
from protocols.interfaces import evse_manager, external_energy_limits
from protocols.message import Reply
from tests.support.charging_site import Car, site_file, wire
from tests.support.energy import entry, external, limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLANT: list[tuple[float, Plant]] = []
EVENTS: list[str] = []


class Witness(SiteActor):
    """Notes down what the hardware shows and what the manager says. It keeps nothing."""

    def on_start(self) -> None:
        self.subscribe("plant:1", Plant, lambda seen: PLANT.append((self.port.clock.monotonic_s(), seen)))
        self.subscribe("evse_1/evse", evse_manager.SessionEvent, lambda news: EVENTS.append(news.event.event))


class Station:
    """One AC EVSE below a fuse of 32 A, and the witness."""

    def __init__(self, directory: Path) -> None:
        PLANT.clear()
        EVENTS.clear()
        modules: dict[str, Any] = yaml.safe_load(site_file({1: Car()}))["active_modules"]
        for name in ("car_1", "certificates"):
            del modules[name]
        modules["evse_1"]["config_module"]["disable_authentication"] = True
        modules["grid"] = {
            "module": "EnergyNode",
            "config_module": {"fuse_limit_A": 32.0},
            "connections": {"energy_consumer": wire("evse_1", "energy_grid")},
        }
        modules["energy"] = {
            "module": "EnergyManager",
            "connections": {"energy_trunk": wire("grid", "energy_grid")},
        }
        file = directory / "site.yaml"
        file.write_text(yaml.safe_dump({"active_modules": modules}))
        witness = ChildSpec(id="witness", actor=f"{__name__}.Witness", grants={"witness/main": ""})
        specs = [*plan(load_site(file), str(directory / "journals")), witness]
        self.simulation = Simulation()
        self.simulation.start(Site, Start(path="site", lineage="site#0", config=branch_config(specs)))
        self.simulation.advance(1.5)

    def limit(self, current_a: float) -> float:
        """Lay a limit on the node; when that was."""
        value = external(entry(limits(current_a)))
        command = external_energy_limits.SetExternalLimits(value=value)
        assert self.simulation.ask("grid/external_limits", command) == Reply()
        return self.simulation.clock.monotonic_s()

    def charge(self) -> None:
        """A car comes that takes what it is offered."""
        self.simulation.tell("site/simulation/plant:1", Plugged(plugged=True, pin="C", draws_a=32.0))
        for _ in range(100):
            if "ChargingStarted" in EVENTS:
                return
            self.simulation.advance(0.1)
        pytest.fail("the charge has not begun")

    def shown_s(self, current_a: float) -> float:
        """When the pilot first offered that."""
        duty = pytest.approx(current_a / 0.6, abs=0.01)
        return next(at_s for at_s, seen in PLANT if seen.duty_cycle_percent == duty)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    made.simulation.close()


def test_a_limit_that_falls_at_the_beginning_of_a_charge_is_shown_at_once(station: Station) -> None:
    station.charge()

    limited_s = station.limit(10.0)
    station.simulation.advance(0.5)

    assert station.shown_s(10.0) - limited_s < LEAST_S + 0.05  # a round was just over
    assert PLANT[-1][1].current_a == pytest.approx(10.0, abs=0.01)


def test_a_second_limit_is_shown_five_seconds_after_the_first_and_ends_no_charge(station: Station) -> None:
    """The car was stopped 2 s after it had been shown 10 A, for drawing just that."""
    station.charge()
    station.limit(10.0)
    station.simulation.advance(1.0)

    station.limit(8.0)
    station.simulation.advance(15.0)

    assert station.shown_s(8.0) - station.shown_s(10.0) == pytest.approx(5.0, abs=0.1)
    assert EVENTS[-1] == "ChargingStarted"
    assert PLANT[-1][1].current_a == pytest.approx(8.0, abs=0.01)

"""Methods of the Gateway that move what is simulated: driven with replies, or at a site in one thread."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from actors.config import load_site
from actors.engine import messages
from actors.engine.branch import branch_config
from actors.engine.simulation import Simulation
from actors.gateway.method import Ask, Scene
from actors.gateway.methods.simulation import METHODS
from actors.gateway.site_map import SiteMap, site_map
from actors.places import evse_of
from actors.site import Site, plan
from tests.support import actors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.gateway.method import Method
    from protocols.message import Reply

DEPLOY = Path(__file__).parents[2] / "deploy"
CARD = "04A1B2"
BY_NAME: dict[str, Method[Any, Any]] = {method.name: method for method in METHODS}


def map_of(path: Path) -> SiteMap:
    """The map of a site file."""
    site = load_site(path)
    return site_map(site, lambda module: evse_of(site, module))


def scene(site: SiteMap) -> Scene:
    """What a method looks at, without a picture."""
    return Scene(now=datetime(2026, 3, 1, tzinfo=UTC), site=site, picture=None, caller=1)  # type: ignore[arg-type]  # none of these methods looks at it


def drive(site: SiteMap, name: str, replies: Sequence[Reply], **params: Any) -> tuple[Any, list[Ask]]:
    """Run a method with these replies; its result as JSON values, and what it has asked."""
    method = BY_NAME[name]
    steps: Any = method.run(scene(site), method.read(params))
    asked: list[Ask] = []
    left = list(replies)
    try:
        step = next(steps)
        while True:
            asked.append(step)
            step = steps.send(left.pop(0))
    except StopIteration as end:
        assert not left
        return method.write(end.value), asked


def site_file(directory: Path) -> Path:
    """An AC EVSE with a car that charges by its pilot alone, a reader and an allow list."""
    text = yaml.safe_load((DEPLOY / "minimal-ac.yaml").read_text(encoding="utf-8"))
    text["active_modules"]["car_1"] = {
        "module": "SimulatedCar",
        "mapping": {"module": {"evse": 1}},
        "config_module": {"connector_id": 1},
        "connections": {
            "ev_board_support": [{"module_id": "board_1", "implementation_id": "ev_board_support"}]
        },
    }
    (directory / "allowlist.yaml").write_text(yaml.safe_dump({"tokens": [{"id": CARD}]}), encoding="utf-8")
    path = directory / "site.yaml"
    path.write_text(yaml.safe_dump(text, sort_keys=False), encoding="utf-8")
    return path


class LiveSite:
    """That site, all of it in one thread."""

    def __init__(self, directory: Path) -> None:
        actors.reset()
        site = load_site(site_file(directory))
        self.map = site_map(site, lambda module: evse_of(site, module))
        state = directory / "journals"
        state.mkdir(exist_ok=True)
        self.simulation = Simulation()
        config = branch_config(plan(site, str(state)))
        self.simulation.start(Site, messages.Start(path="site", lineage="site#0", config=config))
        self.wait(2.0)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.simulation.advance(seconds)

    def call(self, name: str, *, wait_s: float = 1.0, **params: Any) -> Any:
        """Run a method; its result as JSON values."""
        method = BY_NAME[name]
        steps: Any = method.run(scene(self.map), method.read(params))
        try:
            step = next(steps)
            while True:
                step = steps.send(self.simulation.ask(step.name, step.command))
        except StopIteration as end:
            self.wait(wait_s)
            return method.write(end.value)

    def close(self) -> None:
        """Close what its actors own."""
        self.simulation.close()

    def charge(self, **how: Any) -> None:
        """A car plugs in and charges by card."""
        self.call("ev.plug_in", evse=1, **how)
        self.call("reader.present", token=CARD, wait_s=3.0)

    @property
    def errors(self) -> set[str]:
        """What stands at the site."""
        standing = self.actor("error_history")._history.standing
        return {each.error.type for each in standing}

    @property
    def plant(self) -> Any:
        """The simulated hardware."""
        return self.actor("simulation/plant:1")._hardware

    def actor(self, path: str) -> Any:
        """A living actor below the site."""
        return self.simulation.actor(f"site/{path}")

    @property
    def state(self) -> str:
        """Of the EVSE, by its manager."""
        return str(self.actor("evse_1/evse_1")._core.record.state.value)

    @property
    def session(self) -> Any:
        """The session of the EVSE, by its manager's record; None: nobody is there."""
        return self.actor("evse_1/evse_1")._core.record.session

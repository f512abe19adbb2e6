"""A car that talks is driven over real sockets: plug in, suspend, resume, pause, wake up, stop and leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import yaml

from actors.config import load_site
from actors.engine.base import SiteActor, handles
from actors.engine.branch import branch_config
from actors.engine.supervision import ChildSpec
from actors.gateway.site_map import SiteMap, site_map
from actors.places import evse_of
from actors.site import Site, plan
from protocols.interfaces import evse_manager
from protocols.message import Command, Reply, message
from tests.support.charging_site import Car, site_file
from tests.support.engine import eventually
from tests.support.gateway_simulation import BY_NAME, scene
from tests.support.multiplexed import certify

if TYPE_CHECKING:
    from pathlib import Path

    from actors.config import SiteFile
    from actors.engine.client import Client

pytestmark = pytest.mark.timeout(150)
PATIENCE_S = 60.0


@message
class DrivenReply(Reply):
    """The session events, in the order in which they were heard, each once."""

    events: tuple[str, ...]


@message
class Driven(Command):
    """Ask what was heard."""

    answer: ClassVar[type[Reply]] = DrivenReply


class DrivenWatcher(SiteActor):
    """Hears the session events of the EVSE. Its successor has forgotten them."""

    def __init__(self) -> None:
        super().__init__()
        self._events: list[evse_manager.SessionEvent] = []

    def on_start(self) -> None:
        """Listen."""
        self.subscribe("evse_1/evse", evse_manager.SessionEvent, self._hear)

    def _hear(self, news: evse_manager.SessionEvent) -> None:
        if news not in self._events:  # a successor says the last ones again
            self._events.append(news)

    @handles(Driven)
    def handle_driven(self, _command: Driven) -> DrivenReply:
        """Tell."""
        return DrivenReply(events=tuple(each.event.event.value for each in self._events))


def site_of(directory: Path) -> SiteFile:
    """One DC EVSE; its car does nothing by itself."""
    certify(directory / "state")
    text = yaml.safe_load(site_file({1: Car(dc=True, speaks=True, card="CARD1")}))
    text["active_modules"]["car_1"]["config_module"] = {"connector_id": 1}
    file = directory / "site.yaml"
    file.write_text(yaml.safe_dump(text, sort_keys=False))
    return load_site(file)


def call(client: Client, site: SiteMap, name: str, **params: Any) -> Any:
    """Run a method of the Gateway by hand."""
    method = BY_NAME[name]
    steps: Any = method.run(scene(site), method.read(params))
    step = next(steps)
    try:
        steps.send(client.ask(step.name, step.command))
    except StopIteration as end:
        return method.write(end.value)


def test_a_car_that_talks_goes_through_every_move(evsite_system: Any, tmp_path: Path) -> None:
    site = site_of(tmp_path)
    journals = tmp_path / "state" / "journals"
    journals.mkdir(parents=True)
    watcher = ChildSpec(id="watcher", actor=f"{__name__}.DrivenWatcher", grants={"watcher/main": ""})
    _system, client = evsite_system(Site, branch_config((watcher, *plan(site, str(journals)))))
    known = site_map(site, lambda module: evse_of(site, module))

    def until(*events: str) -> None:
        def there() -> bool:
            reply = client.ask("watcher/main", Driven())
            return isinstance(reply, DrivenReply) and reply.events[-len(events) :] == events

        eventually(there, within_s=PATIENCE_S)

    def phase(name: str) -> str:
        return str(call(client, known, name, evse=1)["phase"])

    call(client, known, "ev.plug_in", evse=1, behaviour="iso15118-2", soc_percent=50)
    until("TransactionStarted", "PrepareCharging", "ChargingStarted")
    assert [phase("ev.suspend"), phase("ev.resume")] == ["CurrentDemand"] * 2
    call(client, known, "ev.pause", evse=1)
    until("ChargingStarted", "ChargingPausedEV")
    call(client, known, "ev.resume", evse=1)
    until("ChargingPausedEV", "ChargingStarted")
    call(client, known, "ev.plug_out", evse=1, stop_first=True)
    until("TransactionFinished", "SessionFinished")

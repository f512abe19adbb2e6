"""A message log's actor in a simulation, with a charge point and a link that the test plays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from actors.engine import messages
from actors.engine.base import SiteActor, handles
from actors.engine.clock import ManualClock
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.ocpp.messages import FrameSeen, LogOrders
from actors.ocpp.ocpp_supervisor import branch
from protocols.interfaces import ocpp
from protocols.message import tag_of
from protocols.types.ocpp import SecurityEvent
from tests.support.engine import eventually
from tests.support.ocpp_station import START

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class PointActor(SiteActor):
    """Plays the charge point: publishes what it is told."""

    @handles(LogOrders)
    def handle_orders(self, orders: LogOrders) -> None:
        """Publish them."""
        self.publish(orders, "ocpp/charge_point", retain=True)

    @handles(ocpp.SecurityEventVar)
    def handle_event(self, event: ocpp.SecurityEventVar) -> None:
        """Publish it."""
        self.publish(event)


class LinkActor(SiteActor):
    """Plays the link."""

    @handles(FrameSeen)
    def handle_frame(self, frame: FrameSeen) -> None:
        """Publish it."""
        self.publish(frame, "ocpp/link")

    def listeners(self) -> int:
        """How many get each message."""
        return len(self._audience("ocpp/link", tag_of(FrameSeen)))


class Root(RootSupervisor):
    """The log as the site places it, and who speaks to it."""

    def branches(self) -> Sequence[ChildSpec]:
        """The three."""
        main = ChildSpec(
            id="ocpp",
            actor="x.Y",
            grants={"ocpp/ocpp_generic": "ocpp"},
            config={
                "module": "ocpp",
                "state": self.config["state"],
                "parameters": {"MessageLogPath": "logs"},
                "connections": {},
            },
        )
        (log,) = [each for each in branch(main).config["children"] if each["id"] == "message_log"]
        point = {"ocpp/ocpp_generic": "ocpp", "ocpp/charge_point": ""}
        return [
            ChildSpec(id="point", actor=f"{__name__}.PointActor", grants=point),
            ChildSpec(id="link", actor=f"{__name__}.LinkActor", grants={"ocpp/link": ""}),
            ChildSpec(id="log", actor=log["actor"], config=log["config"], stage=1),
        ]


class Scene:
    """All of them in one thread, and the thread that writes."""

    def __init__(self, state: Path, **orders: Any) -> None:
        self.path = state / "logs"
        self.site = Simulation(ManualClock(START))
        self.site.start(
            Root, messages.Start(path="site", lineage="site#0", config={"state": str(state / "journals")})
        )
        self.site.run()
        if orders:
            self.order(**orders)

    def actor(self, name: str) -> Any:
        """One of them, as it lives now."""
        return cast("Any", self.site.actor(f"site/{name}"))

    def order(self, **orders: Any) -> None:
        """The charge point says how it wants messages logged."""
        self.tell("point", LogOrders(**orders))

    def tell(self, name: str, item: Any) -> None:
        """Tell somebody something."""
        self.site.tell(f"site/{name}", item)
        self.site.run()

    def frame(self, text: str = '[2,"1","Heartbeat",{}]', *, sent: bool = True) -> None:
        """A message goes over the wire."""
        self.tell("link", FrameSeen(at=self.site.clock.now(), sent=sent, text=text))

    def event(self, kind: str) -> None:
        """A security event."""
        self.tell("point", ocpp.SecurityEventVar(event=SecurityEvent(type=kind)))

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for the thread; the clock of the site stands still."""
        eventually(holds, 20)

    def written(self) -> None:
        """Wait until all that was handed in is on the disk, or given up."""
        self.until(lambda: self.actor("log")._files.idle)

    def text(self, name: str) -> str:
        """What is in a file."""
        return (self.path / name).read_text()

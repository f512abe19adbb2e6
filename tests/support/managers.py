"""A site that is nothing but a certificate manager, in a simulation or with processes, and a listener."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from actors.catalog.security import EVSE_SECURITY
from actors.certificates import messages
from actors.certificates.certificates_supervisor import branch
from actors.engine import messages as engine
from actors.engine.base import SiteActor, handles
from actors.engine.clock import ManualClock
from actors.engine.envelope import Kind
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from protocols import codec
from protocols.interfaces import evse_security as say
from protocols.message import Command, Reply, message
from tests.support.stores import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from protocols.message import Var

MAIN = "certificates/main"
MANAGER = "site/certificates/manager"
WORKERS = tuple(f"site/certificates/worker_{number}" for number in (1, 2, 3))
ACTOR = "actors.certificates.certificate_manager_actor.CertificateManagerActor"


@message
class HeardReply(Reply):
    """What a listener has heard, in its order: operation and type, or "revocation"."""

    heard: tuple[str, ...]


@message
class Heard(Command):
    """Tell what you have heard."""

    answer: ClassVar[type[Reply]] = HeardReply


class Listener(SiteActor):
    """Writes down what the manager publishes, in a file. Its successor goes on writing."""

    def on_start(self) -> None:
        """Listen."""
        self.subscribe(MAIN, say.CertificateStoreUpdate, self._heard)
        self.subscribe(MAIN, messages.RevocationChanged, self._heard)

    def _heard(self, news: Var) -> None:
        line = "revocation"
        if isinstance(news, say.CertificateStoreUpdate):
            update = news.update
            line = f"{update.operation} {update.leaf_certificate_type or update.ca_certificate_type}"
        with Path(self.config["file"]).open("a") as file:
            file.write(f"{line}\n")

    @handles(Heard)
    def handle_heard(self, _command: Heard) -> HeardReply:
        """All of it."""
        path = Path(self.config["file"])
        return HeardReply(heard=tuple(path.read_text().splitlines()) if path.exists() else ())


class Root(RootSupervisor):
    """A manager and somebody who listens. It has no successor."""

    def branches(self) -> Sequence[ChildSpec]:
        """The two."""
        directory = Path(self.config["directory"])
        parameters = {name: one.default for name, one in EVSE_SECURITY.parameters.items()}
        main = ChildSpec(
            id="certificates",
            actor=ACTOR,
            grants={MAIN: "evse_security"},
            config={
                "module": "certificates",
                "parameters": parameters | self.config.get("parameters", {}),
                "implementations": {},
                "connections": {},
                "state": str(directory / "journals"),
            },
        )
        listener = ChildSpec(
            id="listener",
            actor=f"{__name__}.Listener",
            grants={"listener/main": ""},
            config={"file": str(directory / "heard")},
        )
        return [branch(main), listener]


def config(directory: Path, **parameters: Any) -> dict[str, Any]:
    """What the root is configured with; the store is in `directory/certs`."""
    return {"directory": str(directory), "parameters": parameters}


class Stage:
    """A manager in a simulation, at `stores.NOW` unless said otherwise."""

    def __init__(self, directory: Path, now: datetime = NOW, **parameters: Any) -> None:
        self.directory = directory
        self.certs = directory / "certs"
        self.simulation = Simulation(ManualClock(now))
        self.start = engine.Start(path="site", lineage="site#0", config=config(directory, **parameters))
        self.simulation.start(Root, self.start)
        self.simulation.advance(0.5)
        self.answers()  # that the site has started

    def ask(self, command: Command) -> Any:
        """A command to the manager, and its answer."""
        return self.simulation.ask(MAIN, command)

    def post(self, command: Command) -> int:
        """A command to the manager that stays in the queue; its number."""
        number = next(self.simulation._numbers)
        manager = self.simulation.actor(MANAGER).myAddress
        self.simulation._send(manager, Kind.REQUEST, MAIN, command, number)
        return number

    def answers(self) -> list[tuple[int, Any]]:
        """The answers that have come since the last call, with their numbers."""
        taken = self.simulation._taken()
        return [(one.id, codec.decode(one.payload)) for one in taken if one.kind is Kind.RESPONSE]

    def answers_to(self, number: int) -> list[Any]:
        """Those to one command: exactly one, if all is well."""
        return [reply for one, reply in self.answers() if one == number]

    def heard(self) -> list[str]:
        """What has been published since the last call."""
        path = self.directory / "heard"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def pass_time(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.simulation.advance(seconds)

    def manager(self) -> Any:
        """The living manager."""
        return self.simulation.actor(MANAGER)


def patiently(client: Any, command: Command, within_s: float = 60.0) -> Reply:
    """A command to the manager from outside; a manager that is being replaced is waited for."""
    end_s = time.monotonic() + within_s
    while True:
        reply: Reply = client.ask(MAIN, command, deadline_s=max(0.1, end_s - time.monotonic()))
        gone = getattr(reply, "reason", None) in {"UnknownName", "Crashed"}
        if not gone or time.monotonic() > end_s:
            return reply
        time.sleep(0.02)

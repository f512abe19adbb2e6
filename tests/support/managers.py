"""A site that is nothing but a certificate manager, in a simulation or with processes, and a listener."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from actors.catalog.security import EVSE_SECURITY
from actors.certificates import messages
from actors.certificates.certificates_supervisor import branch
from actors.engine import messages as engine
from actors.engine.base import Deferred, SiteActor, handles
from actors.engine.clock import ManualClock
from actors.engine.envelope import Kind
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from certs import pki
from protocols import codec
from protocols.interfaces import evse_security as say
from protocols.message import Command, Reply, message
from tests.support.engine import eventually, pids, running
from tests.support.stores import NOW, provision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from actors.engine.client import Client
    from protocols.message import Var

MAIN = "certificates/main"
MANAGER = "site/certificates/manager"
WORKERS = tuple(f"site/certificates/worker_{number}" for number in (1, 2, 3))
CALLERS = ("caller_1", "caller_2")
ACTOR = "actors.certificates.certificate_manager_actor.CertificateManagerActor"


@message
class HeardReply(Reply):
    """What a listener has heard, in its order: operation and type, or "revocation"."""

    heard: tuple[str, ...]


@message
class Heard(Command):
    """Tell what you have heard."""

    answer: ClassVar[type[Reply]] = HeardReply


@message
class Call(Command):
    """Ask the manager these things, encoded, so many at once."""

    commands: tuple[bytes, ...]
    window: int = 4


@message
class ResultsReply(Reply):
    """Every answer, encoded, in the order of the commands; when each came; how many came twice."""

    replies: tuple[bytes, ...]
    ended_s: tuple[float, ...]
    """By the monotonic clock, which all processes share."""
    twice: int


@message
class Results(Command):
    """Answered when everything that was called for has been answered."""

    answer: ClassVar[type[Reply]] = ResultsReply


@message
class Settle(Command):
    """Answered when everything that has been asked by now has been answered."""


class Caller(SiteActor):
    """Asks the manager what it is told to. Its successor knows nothing of it."""

    def __init__(self) -> None:
        super().__init__()
        self._commands: tuple[bytes, ...] = ()
        self._replies: dict[int, bytes] = {}
        self._ended_s: dict[int, float] = {}
        self._next = self._twice = 0
        self._waiting: Deferred | None = None
        self._settling: list[tuple[int, Deferred]] = []

    @handles(Call)
    def handle_call(self, call: Call) -> Reply:
        """Begin."""
        self._commands, self._next, self._twice = call.commands, 0, 0
        self._replies, self._ended_s = {}, {}
        for _ in range(min(call.window, len(call.commands))):
            self._ask_next()
        return Reply()

    def _ask_next(self) -> None:
        number = self._next
        self._next += 1

        def heard(reply: Reply) -> None:
            self._twice += number in self._replies
            self._replies[number] = codec.encode(reply)
            self._ended_s[number] = time.monotonic()
            if self._next < len(self._commands):
                self._ask_next()
            self._finish()

        self.ask(MAIN, codec.decode(self._commands[number]), heard, deadline_s=100.0)

    def _finish(self) -> None:
        for end, deferred in list(self._settling):
            if self._replies.keys() >= set(range(end)):
                self._settling.remove((end, deferred))
                deferred.answer(Reply())
        if self._waiting is not None and len(self._replies) == len(self._commands):
            waiting, self._waiting = self._waiting, None
            waiting.answer(
                ResultsReply(
                    replies=tuple(one for _, one in sorted(self._replies.items())),
                    ended_s=tuple(one for _, one in sorted(self._ended_s.items())),
                    twice=self._twice,
                )
            )

    @handles(Results)
    def handle_results(self, _command: Results) -> Deferred:
        """As soon as all is there."""
        deferred = self._waiting = self.defer()
        self._finish()
        return deferred

    @handles(Settle)
    def handle_settle(self, _command: Settle) -> Deferred:
        """As soon as nothing of now is open."""
        deferred = self.defer()
        self._settling.append((self._next, deferred))
        self._finish()
        return deferred


class Listener(SiteActor):
    """Writes down what the manager publishes, in a file. Its successor goes on writing.

    Only counted is that files have changed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files_changed = 0

    def on_start(self) -> None:
        """Listen."""
        self.subscribe(MAIN, say.CertificateStoreUpdate, self._heard)
        self.subscribe(MAIN, messages.RevocationChanged, self._heard)
        self.subscribe(MAIN, messages.FilesChanged, self._count)

    def _count(self, _news: messages.FilesChanged) -> None:
        self.files_changed += 1

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
        callers = [
            ChildSpec(id=name, actor=f"{__name__}.Caller", grants={f"{name}/main": ""}) for name in CALLERS
        ]
        return [branch(main), listener, *callers]


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

    def files_changed(self) -> int:
        """How often it has been published that files have changed."""
        listener = self.simulation.actor("site/listener")
        assert isinstance(listener, Listener)
        return listener.files_changed

    def pass_time(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.simulation.advance(seconds)

    def manager(self) -> Any:
        """The living manager."""
        return self.simulation.actor(MANAGER)


class Live:
    """A manager with processes, seen from outside."""

    def __init__(self, client: Client, directory: Path) -> None:
        self.client, self.directory = client, directory
        self.certs = directory / "certs"

    def call(self, commands: Sequence[Command], caller: str = CALLERS[0], window: int = 4) -> None:
        """Have the manager asked, all the time."""
        encoded = tuple(codec.encode(one) for one in commands)
        began = self.client.ask(f"{caller}/main", Call(commands=encoded, window=window))
        assert began == Reply(), began

    def results(self, caller: str = CALLERS[0]) -> tuple[list[Any], ResultsReply]:
        """The answers, in the order of the commands, none of which came twice."""
        found = self.client.ask(f"{caller}/main", Results(), deadline_s=110.0)
        assert isinstance(found, ResultsReply), found
        assert found.twice == 0
        return [codec.decode(one) for one in found.replies], found

    def settle(self) -> None:
        """Wait until all that the callers have asked by now is answered: whose worker died is served."""
        for caller in CALLERS:
            settled = self.client.ask(f"{caller}/main", Settle(), deadline_s=110.0)
            assert settled == Reply(), settled

    def ask(self, command: Command) -> Any:
        """One command from outside."""
        return self.client.ask(MAIN, command, deadline_s=60.0)

    def heard(self) -> list[str]:
        """Everything that was published."""
        reply = self.client.ask("listener/main", Heard())
        assert isinstance(reply, HeardReply)
        return list(reply.heard)

    def pid(self, path: str) -> int:
        """The process of an actor that runs, waited for if need be."""
        return int(eventually(lambda: (now := pids(self.client)) and now.get(path), 30.0))

    def kill(self, path: str) -> None:
        """SIGKILL whoever lives there; a tree may name a process that has just ended."""

        def killed() -> bool:
            try:
                os.kill(self.pid(path), signal.SIGKILL)
            except ProcessLookupError:
                return False
            return True

        eventually(killed)


@functools.cache
def living_world() -> pki.Pki:
    """Certificates that are valid now."""
    options = pki.Options(now=datetime.now(UTC), editions=(pki.Edition.ISO2,))
    return pki.build(options, pki.insecure_mint("living"))


@contextlib.contextmanager
def live(directory: Path, **parameters: Any) -> Iterator[Live]:
    """A manager with processes over a store provisioned with `living_world`."""
    provision(directory / "certs", made=living_world())
    with running(Root, config(directory, **parameters)) as (_system, client):
        yield Live(client, directory)

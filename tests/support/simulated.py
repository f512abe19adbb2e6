"""A site of test actors in a simulation, and what tests do to it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from actors.engine import messages
from actors.engine.envelope import Kind
from actors.engine.simulation import Simulation
from tests.support import actors
from tests.support.actors_messages import Poke

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from thespian.actors import ActorAddress

    from actors.engine.supervisor import Supervisor
    from tests.support.actors import Puppet

INTERFACE = "tests.support.actors_messages"


def child(child_id: str, *names: str, actor: str = "Puppet", **spec: Any) -> dict[str, Any]:
    """A child specification as plain values: an actor of tests.support.actors serving some names."""
    path = actor if "." in actor else f"tests.support.actors.{actor}"
    return {"id": child_id, "actor": path, "grants": dict.fromkeys(names, INTERFACE), **spec}


def branch(child_id: str, *children: dict[str, Any], actor: str = "Branch", **spec: Any) -> dict[str, Any]:
    """A supervisor with children of its own."""
    return child(child_id, actor=actor, config={"children": list(children)}, **spec)


class Stage:
    """A simulated site under the path `site`."""

    def __init__(self, *children: dict[str, Any], start: bool = True) -> None:
        self.simulation = Simulation()
        self._start = messages.Start(path="site", lineage="site#0", config={"children": list(children)})
        if start:
            self.start()

    def start(self) -> None:
        """Start the root, and with it everybody."""
        self.simulation.start(actors.Site, self._start)

    def __getitem__(self, path: str) -> Any:
        """The living actor at a path below the site."""
        return self.simulation.actor(f"site/{path}")

    def record(self, path: str) -> list[Any]:
        """What all lives of a puppet have noted down."""
        return actors.RECORDS[f"site/{path}"]

    def script(self, path: str, hook: str, action: Callable[[Any], Any]) -> None:
        """Say what every life of a puppet does at some point."""
        actors.SCRIPTS[f"site/{path}", hook] = action

    def do(self, path: str, action: Callable[[Puppet], object], *, run: bool = True) -> None:
        """Have a puppet do something as if a message made it; without `run` it stays in the queue."""
        puppet = self[path]
        puppet.todo.append(action)
        if run:
            self.simulation.tell(f"site/{path}", Poke())
        else:
            self.simulation._send(puppet.myAddress, Kind.TELL, "", Poke(), 0)

    @contextlib.contextmanager
    def cut(self, source: str, target: str) -> Iterator[None]:
        """Lose what one actor says to another, as when a host is out of reach; its transport tells it so."""
        actor: Any = self.supervision(source)
        send = actor.send

        def lose(address: ActorAddress, frame: bytes) -> None:
            if target in self.simulation.actors() and address == self.simulation.actor(target).myAddress:
                actor.on_lost(address, frame, shed=False)
            else:
                send(address, frame)

        actor.send = lose
        yield
        del actor.send

    def kill(self, path: str) -> None:
        """SIGKILL, and everything that follows from it without time passing."""
        self.simulation.kill(f"site/{path}")
        self.simulation.run()

    def pass_time(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.simulation.advance(seconds)

    @property
    def now_s(self) -> float:
        """Simulated time."""
        return self.simulation.clock.monotonic_s()

    def tree(self, path: str = "") -> messages.TreeNode:
        """The node at a path of the live tree."""
        reply = self.simulation.ask("site", messages.GetTree())
        assert isinstance(reply, messages.GetTreeReply)
        node = reply.node
        for name in path.split("/") if path else ():
            node = next(each for each in node.children if each.name == name)
        return node

    def supervision(self, path: str = "") -> Supervisor:
        """A supervisor; the root without a path."""
        actor: Any = self.simulation.actor(f"site/{path}" if path else "site")
        return actor  # type: ignore[no-any-return]

    @property
    def registry(self) -> Any:
        """The living registry."""
        return self["registry"]

    def paths(self) -> set[str]:
        """Who lives."""
        return set(self.simulation.actors())

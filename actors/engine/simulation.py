"""The same actors in one thread with a clock that stands still, for tests.

On Thespian's simpleSystemBase, with our meaning of death, hang, address and time. Nothing happens unless the
test calls `run` or `advance`, and then always in the same order.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from thespian.actors import ActorAddress, ChildActorExited, WakeupMessage
from thespian.system.simpleSystemBase import ActorSystemBase, PendingSend

from actors.engine import messages
from actors.engine.address import address_of
from actors.engine.base import SiteActor
from actors.engine.clock import Clock, ManualClock
from actors.engine.envelope import Envelope, Kind, unpack
from actors.engine.hosts import ANYWHERE
from actors.engine.system import Unshared
from protocols import codec

if TYPE_CHECKING:
    from datetime import timedelta

    from actors.engine.supervision import Vitals
    from protocols.message import Command, Reply, Var

MAX_STEPS = 1_000_000
"""Messages handled in one `run`; more mean that actors keep each other busy for ever."""
MAX_ROUNDS = 10_000
"""Wake-ups for one and the same moment; more mean that a timer starts itself again without delay."""


class SimulatedPort:
    """The surroundings of an actor in a simulation; see `port.Port`."""

    def __init__(self, base: SimulatedBase, reference: Any) -> None:
        self._base, self._reference = base, reference
        self.clock: Clock = base.clock
        self.pid = base.pid_of(reference.address)

    def send(self, target: ActorAddress, frame: bytes, *, urgent: bool = False) -> bool:  # noqa: ARG002  # nothing waits long
        """As Port; there is always room."""
        self._base.actor_send(self._reference.address, target, frame)
        return True

    def give_up(self, target: ActorAddress) -> None:
        """As Port; what was sent to the dead comes back in its turn, before they are told to be so."""

    def flush(self, within_s: float) -> None:
        """As Port; what is sent is there."""

    def wake_after(self, seconds: float) -> None:
        """As Port."""
        self._base.wake(self._reference.address, seconds)

    def leave(self, code: int) -> None:
        """As Port."""
        self._base.leaving.append((self._reference.address, f"exit code {code}"))

    def kill(self, pid: int, signal_number: int) -> None:  # noqa: ARG002  # every signal kills here
        """As Port."""
        self._base.kill_pid(pid)

    def exit_note(self, pid: int | None) -> str | None:
        """As Port."""
        return self._base.notes.get(pid) if pid is not None else None

    def reap(self) -> None:
        """As Port; no notice is ever lost here."""

    def children_alive(self) -> frozenset[int]:
        """As Port."""
        return self._base.living_children(self._reference)

    def vitals(self, pid: int | None) -> Vitals | None:  # noqa: ARG002  # there is no process to look at
        """As Port; the deadline alone decides."""
        return None

    def first_words(self, frame: bytes) -> None:
        """As Port; nobody has a process here."""

    def first_words_said(self) -> bool:
        """As Port."""
        return False

    def where(self, child: ActorAddress) -> str | None:  # noqa: ARG002  # there is one host
        """As Port."""
        return None

    def end_ward(self, child: ActorAddress) -> None:
        """As Port; every actor is at hand here."""

    def follow_hosts(self) -> None:
        """As Port; no host joins or leaves."""

    @property
    def admin(self) -> None:
        """As Port."""

    @property
    def arrived_s(self) -> float:
        """As Port; messages do not wait here."""
        return self.clock.monotonic_s()

    @property
    def refused(self) -> Counter[str]:
        """As Port; there is no transport."""
        return Counter()


class SimulatedBase(ActorSystemBase):
    """Thespian's one-thread base with a manual clock, killed and hung actors."""

    def __init__(self, system: Any, clock: ManualClock) -> None:
        super().__init__(system, logDefs=False)
        self.clock = clock
        self.leaving: deque[tuple[ActorAddress, str]] = deque()
        self.notes: dict[int, str] = {}
        self.hung: dict[str, list[PendingSend]] = {}
        self._pids: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._alarms: list[tuple[float, int, str]] = []

    def pid_of(self, address: ActorAddress) -> int:
        """A number that stands for the process of an actor."""
        return self._pids.setdefault(address.actorAddressString, 10_000 + next(self._numbers))

    def port_for(self, reference: Any) -> SimulatedPort:
        """The surroundings of the actor behind a reference of Thespian."""
        return SimulatedPort(self, reference)

    def wakeupAfter(self, address: ActorAddress, period: timedelta, _payload: object) -> None:  # noqa: N802  # Thespian's name
        """As Thespian's, by the manual clock."""
        self.wake(address, period.total_seconds())

    def wake(self, address: ActorAddress, seconds: float) -> None:
        """Deliver a wake-up after that time."""
        due_s = self.clock.monotonic_s() + seconds
        heapq.heappush(self._alarms, (due_s, next(self._numbers), address.actorAddressString))

    def next_alarm_s(self) -> float | None:
        """When the next wake-up is due."""
        return self._alarms[0][0] if self._alarms else None

    def ring(self) -> None:
        """Queue every wake-up that is due."""
        while self._alarms and self._alarms[0][0] <= self.clock.monotonic_s() + 1e-9:
            _due, _number, text = heapq.heappop(self._alarms)
            address = ActorAddress(text)
            self._pendingSends.append(PendingSend(address, WakeupMessage(None, None), address))

    def step(self) -> bool:
        """Handle one message; return whether there was one."""
        self._bury()
        if not self._pendingSends:
            return False
        letter = self._pendingSends.pop(0)
        target = letter.toActor.actorAddressString
        if target in self.hung:
            self.hung[target].append(letter)
            return True
        reference = self.actorRegistry.get(target)
        if isinstance(letter.msg, bytes) and (reference is None or reference.instance is None):
            source = letter.sender.actorAddressString
            sender = self.actorRegistry.get(source)
            hung = source in self.hung  # who hangs does not learn of it either
            if sender is not None and isinstance(sender.instance, SiteActor) and not hung:
                sender.instance.on_undeliverable(letter.toActor, letter.msg)
        else:
            self._runSingleSend(letter)
        self._bury()
        return True

    def _bury(self) -> None:
        while self.leaving:
            self.end(*self.leaving.popleft())

    def end(self, address: ActorAddress, note: str) -> None:
        """End an actor and everybody below it, and tell its parent."""
        reference = self.actorRegistry.get(address.actorAddressString)
        if reference is None or reference.instance is None:
            return
        self.notes[self.pid_of(address)] = note
        parent = reference.parent
        self._end_silently(address)
        self.actor_send(self.system.systemAddress, parent, ChildActorExited(address))

    def _end_silently(self, address: ActorAddress) -> None:
        reference = self.actorRegistry[address.actorAddressString]
        if reference is None:
            return
        if isinstance(reference.instance, SiteActor):
            reference.instance.close_owned()  # the kernel would
        reference.instance = None
        self.hung.pop(address.actorAddressString, None)
        for child in reference._yung:  # noqa: SLF001  # Thespian keeps the children there
            self._end_silently(child)

    def kill_pid(self, pid: int) -> None:
        """End the actor with this number, as SIGKILL would."""
        for text, known in list(self._pids.items()):
            if known == pid:
                self.end(ActorAddress(text), "killed by SIGKILL")

    def living_children(self, reference: Any) -> frozenset[int]:
        """The numbers of an actor's living children."""
        alive = set()
        for child in reference._yung:  # noqa: SLF001  # as above
            known = self.actorRegistry.get(child.actorAddressString)
            if known is not None and known.instance is not None:
                alive.add(self.pid_of(child))
        return frozenset(alive)


class Simulation:
    """An actor tree in this thread.

    Errors: RuntimeError when actors keep each other busy without end; KeyError for an unknown path or name.
    """

    def __init__(self, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self._system = Unshared({ANYWHERE: True})
        self.base = SimulatedBase(self._system, self.clock)
        self._system.attach(self.base)
        self._external = ActorAddress("System:ExternalRequester")
        self._numbers = itertools.count(1)

    def start(self, kind: type[SiteActor], start: messages.Start | None = None) -> ActorAddress:
        """Create a top-level actor and let it start."""
        address = self._system.createActor(kind)
        first = start or messages.Start(path="site", lineage="site#0")
        self._send(address, Kind.REQUEST, "", first, next(self._numbers))
        self.run()
        return address

    def run(self) -> None:
        """Handle messages until there are none."""
        for _ in range(MAX_STEPS):
            if not self.base.step():
                return
        raise RuntimeError(f"still busy after {MAX_STEPS} messages")

    def advance(self, seconds: float) -> None:
        """Let time pass, waking actors on the way."""
        end_s = self.clock.monotonic_s() + seconds
        self.run()
        rounds = 0
        while (due_s := self.base.next_alarm_s()) is not None and due_s <= end_s:
            rounds = 0 if due_s > self.clock.monotonic_s() else rounds + 1
            if rounds > MAX_ROUNDS:
                raise RuntimeError(f"still busy after {MAX_ROUNDS} wake-ups at the same moment")
            self.clock.advance(max(0.0, due_s - self.clock.monotonic_s()))
            self.base.ring()
            self.run()
        self.clock.advance(max(0.0, end_s - self.clock.monotonic_s()))

    def actors(self) -> dict[str, SiteActor]:
        """All living actors by path."""
        instances = [each.instance for each in self.base.actorRegistry.values() if each is not None]
        return {each.path: each for each in instances if isinstance(each, SiteActor)}

    def close(self) -> None:
        """Close what the living actors own: there is no process whose end would."""
        for actor in self.actors().values():
            actor.close_owned()

    def actor(self, path: str) -> SiteActor:
        """The living actor at a path."""
        return self.actors()[path]

    def kill(self, path: str) -> None:
        """End an actor at once, as SIGKILL would; nothing it has not sent is sent."""
        self.base.kill_pid(self.actor(path).port.pid)

    def hang(self, path: str) -> None:
        """Have an actor handle nothing any more; what is sent to it waits."""
        self.base.hung[self.actor(path).myAddress.actorAddressString] = []

    def ask(self, target: str, command: Command, *, within_s: int = 0) -> Reply:
        """Send a command to a name or a path and return the reply. Raises LookupError when none comes.

        Time goes on, second by second and so far at most, only for who does not answer at once.
        """
        number = next(self._numbers)
        self._send(self._find(target), Kind.REQUEST, target, command, number)
        self.run()
        for left_s in range(within_s, -1, -1):
            for letter in self._taken():
                if letter.kind is Kind.RESPONSE and letter.id == number:
                    reply: Reply = codec.decode(letter.payload)
                    return reply
            if left_s:
                self.advance(1)
        raise LookupError(f"{target} has not answered {command!r}")

    def tell(self, target: str, item: Var | Command) -> None:
        """Send a message to a name or a path."""
        self._send(self._find(target), Kind.TELL, target, item, 0)
        self.run()

    def told(self) -> list[Var]:
        """What top-level actors have said of themselves since the last `ask` or call of this."""
        return [codec.decode(letter.payload) for letter in self._taken() if letter.kind is Kind.TELL]

    def _find(self, target: str) -> ActorAddress:
        for path, actor in self.actors().items():
            if path == target or any(grant.name == target for grant in actor.grants):
                return address_of(actor.myAddress.actorAddressString)
        raise KeyError(target)

    def _send(self, target: ActorAddress, kind: Kind, about: str, item: object, number: int) -> None:
        frame = Envelope(kind, number, "test", about, patient=False, payload=codec.encode(item)).pack()
        self.base.actor_send(self._external, target, frame)

    def _taken(self) -> list[Envelope]:
        box = self.base.actorRegistry["System:ExternalRequester"].instance
        taken = [unpack(each) for each in getattr(box, "responses", []) if isinstance(each, bytes)]
        box.responses = []
        return taken

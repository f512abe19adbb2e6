"""The supervisor actor: carries out what `supervision` decides.

It runs no threads and does no I/O but forking. A supervisor that dies takes its subtree with it (the kernel
ends the children) and is built anew by its own supervisor, with fresh children; siblings see nothing.

One file because creating, losing and replacing a child are one cycle.
"""

from __future__ import annotations

import importlib
import random
import signal
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from actors.engine import envelope, faults, messages
from actors.engine.address import address_of, host_of, text_of
from actors.engine.base import Deferred, SiteActor, handles
from actors.engine.envelope import Kind
from actors.engine.hosts import NOWHERE, PLACE, carries
from actors.engine.supervision import (
    Action,
    AllStarted,
    AllStopped,
    Child,
    ChildSpec,
    Create,
    Escalate,
    GaveUp,
    Kill,
    Probe,
    State,
    Strategy,
    Supervision,
    Terminate,
)
from actors.engine.timers import SLACK_S
from actors.engine.tree import ADMIN, INNER_SHARE, Gathering, node_of
from protocols import codec
from protocols.message import Failure, FailureReason, Reply, tag_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from thespian.actors import ActorAddress

    from protocols.message import Command

SAY_AGAIN_S = 1.0
"""After this time what may not have arrived is said again."""
MAX_GONE = 1000
"""Deaths kept for a registry that cannot be reached; who is registered anew needs none of them."""
START = tag_of(messages.Start)
RECONCILE_S = 1.0
"""How often a supervisor compares what it believes with what the kernel says."""


class SupervisorError(Exception):
    """A child cannot be kept alive; raised to fail in turn."""


class Supervisor(SiteActor):
    """Keeps children alive. Subclasses give the child specifications in `specs`.

    Its successor recovers nothing: it starts the same children anew, and each recovers its own state.
    """

    strategy: ClassVar[Strategy] = Strategy.ONE_FOR_ONE
    asks_admin: ClassVar[bool] = False
    """Whether it speaks for its host when metrics are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.supervision = Supervision((), self.strategy)
        self._addresses: dict[str, ActorAddress] = {}
        self._written: dict[str, str] = {}
        """Whose address a text is; comparing addresses costs more than all the rest of a heartbeat."""
        self._pids: dict[str, int] = {}
        self._starts: dict[str, int] = {}
        """The asks to start; nobody answers when a child dies before it has started."""
        self._unreported: set[tuple[str, int]] = set()
        """Children and process ids that had ended when last looked at, and nobody had said so."""
        self._crash_texts: dict[str, str] = {}
        self._leave_code = 0
        self._random = random.Random()  # noqa: S311  # spreads restarts; no secret depends on it
        self._registry_text: str | None = None
        self._follows_hosts = False
        self._began_s = 0.0
        self._reason = ""
        self._behind: set[str] = set()
        """Children that may not have got what they were told."""
        self._gone: deque[messages.Gone] = deque(maxlen=MAX_GONE)
        """What the registry may not have got."""

    # -- for subclasses ------------------------------------------------------------------------------------

    def specs(self) -> Sequence[ChildSpec]:
        """The children to start with."""
        return ()

    def on_all_started(self) -> None:
        """Every child has started for the first time."""

    def on_gave_up(self, child_id: str, reason: str) -> None:
        """A child stays down for now."""

    def on_child_started(self, child_id: str, pid: int) -> None:
        """A child, or its replacement, has started."""

    def on_child_forgotten(self, child_id: str, reason: str) -> None:
        """A temporary child has ended, and its id is free again."""

    # -- life ----------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Start the children; this actor has started when all of them have."""
        if self.strategy is not Strategy.ONE_FOR_ONE and not self._reason:
            raise SupervisorError(
                f"strategy {self.strategy} of {self.path} needs a reason in its specification"
            )
        self._began_s = self._now_s()
        self.supervision.calm = not self._site_ready
        self._random.seed(self.lineage)  # the same restarts in every run of a simulation
        for spec in self.specs():
            self.supervision.add(self.admitted(spec))
        self.hold("children")
        self._do(self.supervision.start())
        self.start_timer("reconcile", RECONCILE_S, self._reconcile)

    def admitted(self, spec: ChildSpec) -> ChildSpec:
        """The specification as it holds below this supervisor. Raises SupervisorError when it cannot hold."""
        return spec

    def add_child(self, spec: ChildSpec) -> None:
        """Start one more child. Raises ValueError when its id is taken, or as `admitted`."""
        self.supervision.add(self.admitted(spec))
        self._do([Create(spec.id)])

    def _do(self, actions: Sequence[Action]) -> None:
        self._create_all(actions)
        for action in actions:
            match action:
                case Create():
                    self._send_start(action.id)
                case Terminate():
                    vitals = self.port.vitals(self._pids.get(action.id))
                    self.supervision.terminating(action.id, self._now_s(), vitals)
                    self._tell_child(action.id, self._stop_for(action.id))
                case Kill():
                    self._kill(action.id, action.reason)
                case Probe():
                    self.supervision.probed(action.id, self.port.vitals(self._pids.get(action.id)))
                    self._tell_child(action.id, messages.Ping(number=action.number))
                case Escalate():
                    raise SupervisorError(action.reason)
                case GaveUp():
                    self.log.error("gave_up", child=action.id, reason=action.reason)
                    self.on_gave_up(action.id, action.reason)
                case AllStarted():
                    self.release("children")
                    self.on_all_started()
                case AllStopped():
                    super()._stop()
        self._arm_tick()

    def _now_s(self) -> float:
        return self.port.clock.monotonic_s()

    def _arm_tick(self) -> None:
        next_s = self.supervision.next_s()
        if next_s is None:
            self.cancel_timer("tick")
        else:
            self.timers.start("tick", next_s, self._tick)

    def _tick(self) -> None:
        now_s = self._now_s() + SLACK_S
        owing = {each: self.port.vitals(self._pids.get(each)) for each in self.supervision.owing(now_s)}
        self._do(self.supervision.tick(now_s, owing))

    # -- children ------------------------------------------------------------------------------------------

    def _create_all(self, actions: Sequence[Action]) -> None:
        """Create who is to be created, before anybody is told to start: what this process writes to between
        two forks, the kernel has to copy for each child anew.
        """
        fresh = [action.id for action in actions if isinstance(action, Create)]
        for child_id in fresh:
            self._create(child_id, alone=len(fresh) == 1)

    def _create(self, child_id: str, *, alone: bool) -> None:
        """Fork a child. One that is created alone is born with its start message: it need not wait for that
        until this process, which has pages to copy after a fork, has its turn and has called it.
        """
        child = self.supervision.children[child_id]
        spec = child.spec
        before = self.port.children_alive()
        if spec.requirements and not self._follows_hosts:
            self._follows_hosts = True
            self.port.follow_hosts()
        path = f"{self.path}/{child_id}"
        requirements = {**spec.requirements, PLACE: path} if spec.requirements else None
        frame = b""
        if alone and faults.Faults.current is None:  # which may have something else in mind for the message
            frame = self._pack(Kind.REQUEST, self._asked_to_start(child_id), "", self._start_of(child_id))
            self.port.first_words(frame)
        faults.constructing(path)
        address = self.createActor(spec.actor, requirements)
        faults.constructing("")
        self.supervision.created(child_id, self._now_s())
        self._addresses[child_id] = address
        self._pids.pop(child_id, None)
        for pid in self.port.children_alive() - before:
            self._pids[child_id] = pid
        if frame and self.port.first_words_said():
            self.metrics.sent += 1
        elif frame:
            self._transmit(address, Kind.REQUEST, frame, "", START)
        if child.restarts:
            self.log.info("restarting", child=child_id, restarts=child.restarts, last=child.last_error)

    def _send_start(self, child_id: str) -> None:
        if child_id in self._starts:
            return  # it was born with it
        number = self._asked_to_start(child_id)
        self._post(self._addresses[child_id], Kind.REQUEST, "", self._start_of(child_id), number)

    def _asked_to_start(self, child_id: str) -> int:
        number = self._starts[child_id] = self._ask_directly(lambda _reply: None)
        return number

    def _start_of(self, child_id: str) -> messages.Start:
        spec = self.supervision.children[child_id].spec
        return messages.Start(
            path=f"{self.path}/{child_id}",
            lineage=self._lineage_of(child_id),
            grants=tuple(messages.Grant(name=name, interface=face) for name, face in spec.grants.items()),
            registry=self.registry_text(),
            ready=self._site_ready,
            evse=spec.evse if spec.evse is not None else self.evse,
            config=dict(spec.config),
            reason=spec.reason,
        )

    def registry_text(self) -> str | None:
        """Where children find the registry."""
        return self._registry_text or (text_of(self._registry) if self._registry else None)

    def _stop_for(self, child_id: str) -> messages.Stop:
        return messages.Stop(within_s=self.supervision.children[child_id].spec.shutdown_s)

    def _tell_child(self, child_id: str, item: Any) -> None:
        address = self._addresses.get(child_id)
        if address is not None:
            self._post(address, Kind.TELL, "", item)

    def child_id_of(self, address: ActorAddress) -> str | None:
        """Which living child an address belongs to."""
        written = text_of(address)
        if (child_id := self._written.get(written)) is None:
            found = (each for each, known in self._addresses.items() if known == address)
            if (child_id := next(found, None)) is not None:
                self._written[written] = child_id
        return child_id

    def _sending_child(self) -> str | None:
        assert self.context is not None
        return self.child_id_of(self.context.address)

    def _kill(self, child_id: str, reason: str) -> None:
        pid = self._pids.get(child_id)
        alive = pid in self.port.children_alive()
        if not alive and self.port.exit_note(pid) is not None:  # it has ended; the news waits to be read
            self._ended(child_id)
            return
        self.log.warning("killing", child=child_id, reason=reason, pid=pid)
        self._crash_texts[child_id] = reason
        if pid is not None and alive:
            self.port.kill(pid, signal.SIGKILL)
            return
        if self._runs_elsewhere(child_id):
            self.port.end_ward(self._addresses[child_id])
        self._ended(child_id)

    def _runs_elsewhere(self, child_id: str) -> bool:
        address = self._addresses.get(child_id)
        return address is not None and self.port.where(address) not in (None, host_of(self.myAddress))

    def on_child_exited(self, address: ActorAddress, note: str | None) -> None:
        """Thespian reports that a child's process has ended."""
        child_id = self.child_id_of(address)
        if child_id is not None:
            self._ended(child_id, note)

    def on_host(self, capabilities: Mapping[str, Any], *, present: bool) -> None:
        """Another host has joined or left: children that nobody could carry may have a place now."""
        for child_id, child in self.supervision.children.items():
            if present and child.unplaced and carries(capabilities, child.spec.requirements):
                self._do(self.supervision.placeable(child_id))

    def _ended(self, child_id: str, note: str | None = None) -> None:
        pid = self._pids.pop(child_id, None)
        note = self.port.exit_note(pid) or note
        del self._addresses[child_id]
        self._written = {text: known for text, known in self._written.items() if known != child_id}
        self.withdraw(self._starts.pop(child_id))
        clean = note == "exit code 0" and child_id not in self._crash_texts
        reason = self._crash_texts.pop(child_id, None) or note or "ended"
        self._announce_gone(self._lineage_of(child_id))
        now_s = self._now_s()
        if note == NOWHERE:
            self._do(self.supervision.unplaced(child_id, note, now_s))
            return
        if not clean:
            self.log.warning("child_died", child=child_id, reason=reason, pid=pid)
        chance = self._random.random()
        self._do(self.supervision.died(child_id, reason, clean=clean, now_s=now_s, chance=chance))
        if child_id not in self.supervision.children:
            self.on_child_forgotten(child_id, reason)

    def _lineage_of(self, child_id: str) -> str:
        return f"{self.lineage}/{child_id}#{self.supervision.children[child_id].life}"

    def _announce_gone(self, lineage: str) -> None:
        registry = self.registry_text()
        if registry is None:
            return
        gone = messages.Gone(lineage=lineage)
        self._post(address_of(registry), Kind.TELL, "", gone)

    def _reconcile(self) -> None:
        """Level-triggered: whatever notice was lost, a child without a process is noticed here.

        The second time it is seen: the first time its notice may wait in this actor's own mailbox.
        """
        self.start_timer("reconcile", RECONCILE_S, self._reconcile)
        self.port.reap()
        alive = self.port.children_alive()
        if not alive and not self._pids:
            return
        ended = {(child_id, pid) for child_id, pid in self._pids.items() if pid not in alive}
        for child_id, pid in sorted(ended & self._unreported):
            if self._pids.get(child_id) == pid:  # the end of another may have been its own
                self.log.warning("death_was_not_reported", child=child_id, pid=pid)
                self._ended(child_id)
        self._unreported = ended

    # -- what children and parents say ---------------------------------------------------------------------

    @handles(messages.Start)
    def handle_start(self, start: messages.Start) -> Deferred | Reply:
        """Become who the supervisor says we are."""
        self._reason = start.reason
        return super().handle_start(start)

    @handles(messages.Started)
    def handle_started(self, news: messages.Started) -> None:
        """A child can work."""
        child_id = self._sending_child()
        if child_id is None:
            return
        remote = self._runs_elsewhere(child_id)
        if not remote and news.pid in self.port.children_alive():
            self._pids[child_id] = news.pid
        actions = self.supervision.started(child_id, news.pid, self._now_s(), remote=remote)
        self.on_child_started(child_id, news.pid)
        if self._site_ready:
            self._tell_child(child_id, messages.Ready())
        self._do(actions)

    @handles(messages.Crashed)
    def handle_crashed(self, news: messages.Crashed) -> None:
        """A child says why it is about to end."""
        child_id = self._sending_child()
        if child_id is not None:
            self._crash_texts[child_id] = news.error

    @handles(messages.Pong)
    def handle_pong(self, pong: messages.Pong) -> None:
        """A child handles messages."""
        child_id = self._sending_child()
        if child_id is not None:
            self.supervision.pong(child_id, pong.number, self._now_s())
            self._arm_tick()

    @handles(messages.Doubt)
    def handle_doubt(self, news: messages.Doubt) -> None:
        """A child waits for another: see at once whether that one hangs."""
        self.supervision.doubt(news.name, self._now_s())
        self._tick()

    @handles(messages.RestartSite)
    def handle_restart_site(self, news: messages.RestartSite) -> None:
        """Pass it on: the root's supervisor is whoever has started the root."""
        self.to_supervisor(news)

    @handles(messages.Ready)
    def handle_ready(self, news: messages.Ready) -> None:
        """The site runs: tell everybody below, and look after them as closely as they want it."""
        super().handle_ready(news)
        self.supervision.rouse(self._now_s())
        self._arm_tick()
        for child_id in self._addresses:
            self._tell_child(child_id, news)

    @handles(messages.RegistryIs)
    def handle_registry_is(self, news: messages.RegistryIs) -> None:
        """The registry was replaced: tell everybody below."""
        super().handle_registry_is(news)
        self._registry_text = news.address
        for child_id in self._addresses:
            self._tell_child(child_id, news)

    def _stop(self) -> None:
        if not self.supervision.stopping:
            self._do(self.supervision.stop())

    def _lost(self, address: str, frame: bytes, *, shed: bool) -> None:
        """A child may not know how things stand, or the registry not who has ended: say it again."""
        super()._lost(address, frame, shed=shed)
        item = codec.decode(envelope.unpack(frame).payload)
        child_id = self.child_id_of(address_of(address))
        if child_id is not None:
            self._behind.add(child_id)
        elif isinstance(item, messages.Gone):
            self._gone.append(item)
        if self._behind or self._gone:
            self.start_timer("say again", SAY_AGAIN_S, self._say_again)

    def _say_again(self) -> None:
        behind, self._behind = sorted(self._behind), set()
        gone, self._gone = list(self._gone), deque(maxlen=MAX_GONE)
        registry = self.registry_text()
        for child_id in behind:
            if self.supervision.children[child_id].state is State.STOPPING:
                self._tell_child(child_id, self._stop_for(child_id))
                continue
            if registry is not None:
                self._tell_child(child_id, messages.RegistryIs(address=registry))
            if self._site_ready:
                self._tell_child(child_id, messages.Ready())
        for news in gone:
            self._announce_gone(news.lineage)

    def on_undeliverable(self, target: ActorAddress, frame: bytes) -> None:
        """A message to a dead child needs no treatment here: its death is reported by itself."""
        if self.child_id_of(target) is None:
            super().on_undeliverable(target, frame)

    # -- the tree ------------------------------------------------------------------------------------------

    @handles(messages.GetTree)
    def handle_get_tree(self, command: messages.GetTree) -> Deferred:
        """Describe this subtree; what a child does not answer in time is left out."""
        deferred = self.defer()
        timer = f"tree {id(deferred)}"

        def finished(nodes: tuple[messages.TreeNode, ...]) -> None:
            self.cancel_timer(timer)
            for number in gathering.waiting.values():
                self.withdraw(number)
            own = replace(self._own_node(nodes), metrics=self.own_metrics() if command.metrics else None)
            deferred.answer(messages.GetTreeReply(node=own, admin=gathering.admin))

        gathering = Gathering(finished)
        for child_id, child in self.supervision.children.items():
            self._gather(gathering, child_id, child, command)
        if command.metrics and self.asks_admin and self.port.admin is not None:
            self._gather_from(gathering, ADMIN, self.port.admin, messages.GetMetrics())
        self.start_timer(timer, command.within_s, gathering.finish)
        gathering.finish_if_complete()
        return deferred

    def _gather(self, gathering: Gathering, child_id: str, child: Child, command: messages.GetTree) -> None:
        address = self._addresses.get(child_id)
        host = self.port.where(address) if address else None
        supervises = address is not None and issubclass(load(child.spec.actor), Supervisor)
        gathering.add(node_of(child, self._pids.get(child_id), host, self._now_s(), complete=not supervises))
        asked = (State.RUNNING, State.STARTING) if supervises else (State.RUNNING,)
        if address is None or child.state not in asked:
            return  # of a supervisor that starts those below it say who keeps it waiting
        if supervises:
            inner = replace(command, within_s=command.within_s * INNER_SHARE)
            self._gather_from(gathering, child_id, address, inner)
        elif command.metrics:
            self._gather_from(gathering, child_id, address, messages.GetMetrics())

    def _gather_from(self, gathering: Gathering, name: str, address: ActorAddress, question: Command) -> None:
        number = self._ask_directly(partial(gathering.take, name))
        gathering.waiting[name] = number
        self._post(address, Kind.REQUEST, "", question, number)

    def _own_node(self, children: tuple[messages.TreeNode, ...]) -> messages.TreeNode:
        state = State.STOPPING if self.supervision.stopping else State.RUNNING
        return messages.TreeNode(
            name=self.path.rpartition("/")[2],
            kind=type(self).__name__,
            state=str(state),
            pid=self.port.pid,
            host=host_of(self.myAddress),
            uptime_s=round(self._now_s() - self._began_s, 3),
            children=children,
        )

    def restart_child(self, child_id: str) -> Reply:
        """Replace a child on purpose."""
        if child_id not in self.supervision.children:
            return Failure(reason=FailureReason.UNKNOWN_NAME, detail=f"{self.path} has no child {child_id}")
        self._do(self.supervision.restart(child_id))
        return Reply()


def load(actor: str) -> type[SiteActor]:
    """The actor class at a dotted path. Raises ImportError or AttributeError."""
    module, _, name = actor.rpartition(".")
    kind: type[SiteActor] = getattr(importlib.import_module(module), name)
    return kind

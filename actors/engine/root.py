"""The root of a supervision tree: registry first, then everybody else, then `Ready` for all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from actors.engine import messages
from actors.engine.address import address_of, text_of
from actors.engine.base import Deferred, handles
from actors.engine.envelope import Kind
from actors.engine.supervision import ChildSpec, Exhausted
from actors.engine.supervisor import Supervisor, SupervisorError
from protocols import codec
from protocols.message import Reply, message_types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REGISTRY = "registry"
REGISTRY_ACTOR: Final = "actors.engine.registry.Registry"
SETTLE_S: Final = 1.0
"""Who is silent for so long keeps nobody waiting for the site."""
REGISTRY_RETRY_S: Final = 1.0
"""Those who know each other can talk without it, but nobody finds anybody new."""


class RootSupervisor(Supervisor):
    """The top of the tree. Subclasses give the children below it in `branches`.

    It has no successor: when it dies, the kernel ends the site, and whoever started the site sees it.
    """

    asks_admin = True

    @classmethod
    def before_fork(cls, config: Mapping[str, Any]) -> None:  # noqa: ARG003  # for those that know their children
        """Build what the codec needs. To be called by whoever is about to create a root, with what it starts
        with: who starts several pays for it once.
        """
        codec.prepare(message_types().values())

    def __init__(self) -> None:
        super().__init__()
        self._awaiting: list[Deferred] = []
        self._all_started = False
        self._unaware: set[str] | None = None
        """Children that have not taken in yet that the site runs; None: none was told."""

    def specs(self) -> Sequence[ChildSpec]:
        """The registry and the branches."""
        registry = ChildSpec(
            id=REGISTRY,
            actor=REGISTRY_ACTOR,
            stage=-1,
            intensity=20,
            retry_s=REGISTRY_RETRY_S,
        )
        return [registry, *self.branches()]

    def admitted(self, spec: ChildSpec) -> ChildSpec:
        """A child that cannot be kept alive is given up for a while: the site is not to end with it."""
        if spec.exhausted == Exhausted.ESCALATE and not spec.reason:
            raise SupervisorError(
                f"nobody says why the whole site is to end when {spec.id} cannot be kept alive"
            )
        return replace(spec, exhausted=spec.exhausted or Exhausted.GIVE_UP)

    def branches(self) -> Sequence[ChildSpec]:
        """The children beside the registry."""
        return ()

    def on_child_started(self, child_id: str, pid: int) -> None:
        """A new registry is made known to everybody."""
        super().on_child_started(child_id, pid)
        if child_id == REGISTRY:
            assert self.context is not None
            self.handle_registry_is(messages.RegistryIs(address=text_of(self.context.address)))
            self._settle()

    def on_all_started(self) -> None:
        """Let the registry settle, then say that the site runs."""
        super().on_all_started()
        self._all_started = True
        self._settle()

    def _settle(self) -> None:
        """Once everybody has started and there is a registry, which may have been given up before."""
        registry = self.registry_text()
        if self.ready or not self._all_started or registry is None:
            return
        number = self._ask_directly(self._settled)
        self._post(address_of(registry), Kind.REQUEST, "", messages.Settle(), number)
        self.start_timer("settle", SETTLE_S, lambda: self._settled(Reply()))

    def _settled(self, _reply: Reply) -> None:
        """Everybody knows their subscribers, or the registry died meanwhile and everybody will."""
        self.cancel_timer("settle")
        if not self.ready:
            self.handle_ready(messages.Ready())
            self.log.info("site_ready")
            self._have_children_aware()

    def _have_children_aware(self) -> None:
        """Who hears that the site runs may turn to any child, the Gateway say: it is to know that before."""
        self._unaware = set(self._addresses)
        self.start_timer("unaware", SETTLE_S, self._say_ready)
        for child_id, address in self._addresses.items():
            number = self._ask_directly(partial(self._aware, child_id))
            self._post(address, Kind.REQUEST, "", messages.Tick(), number)

    def _aware(self, child_id: str, _reply: Reply | None = None) -> None:
        """A child has taken in what it was told, or has died: its successor is told as it starts."""
        if self._unaware:
            self._unaware.discard(child_id)
            if not self._unaware:
                self._say_ready()

    def _ended(self, child_id: str, note: str | None = None) -> None:
        super()._ended(child_id, note)
        self._aware(child_id)

    def _say_ready(self) -> None:
        self.cancel_timer("unaware")
        self._unaware = set()
        for deferred in self._awaiting:
            deferred.answer(messages.AwaitReadyReply(pid=self.port.pid))
        self._awaiting.clear()

    @handles(messages.AwaitReady)
    def handle_await_ready(self, _command: messages.AwaitReady) -> Deferred | messages.AwaitReadyReply:
        """Answer when the site runs and the root's children know it; for who is silent nobody waits long."""
        if self._unaware is not None and not self._unaware:
            return messages.AwaitReadyReply(pid=self.port.pid)
        deferred = self.defer()
        self._awaiting.append(deferred)
        return deferred

    @handles(messages.Resolve)
    def handle_resolve(self, command: messages.Resolve) -> messages.Resolved:
        """Where to find the registry, for those outside the tree (`name` is "registry")."""
        return messages.Resolved(
            generation=1, address=self.registry_text() if command.name == REGISTRY else None
        )

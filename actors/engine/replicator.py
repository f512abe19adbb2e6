"""What an actor's process and a host's admin share: forking children, noticing their deaths, sending.

What it changes against Thespian's:

- **deaths**: every child is reaped by its own process id; children that die together are all reported, also
  those that die before their first sign of life, and with the reason;
- **logging**: each process logs by itself (structlog); Thespian's logger process is not started and its own
  trace file in the system's temporary directory is not written;
- **throttling**: Thespian sleeps in the sender above a fixed rate of messages; here the bounded queues of the
  transport do that job, and nobody is blocked.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thespian.actors import ActorAddress, ChildActorExited, NoCompatibleSystemForActor
from thespian.system.addressManager import CannotPickleAddress
from thespian.system.multiprocCommon import MultiProcReplicator
from thespian.system.transport import ReceiveEnvelope, SendStatus, TransmitIntent
from thespian.system.utilis import checkActorCapabilities, thesplog_control

from actors.engine.log import logger
from actors.engine.processes import describe_status, fork

if TYPE_CHECKING:
    from actors.engine.transport import Transport

thesplog_control(logging.CRITICAL + 1, useLogging=False, tmpFileMaxSize=0)


def exited(address: ActorAddress, note: str | None) -> ChildActorExited:
    """Thespian's notice of a death, with the reason."""
    notice = ChildActorExited(address)
    notice.note = note
    return notice


def note_of(notice: ChildActorExited) -> str | None:
    """The reason in a notice; None when it came without."""
    note = getattr(notice, "note", None)
    return note if isinstance(note, str) else None


def dotted(kind: type | str) -> str:
    """The path of an actor class, by which every host finds it."""
    return kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"


@dataclass(slots=True)
class ForkedChild:
    """A process this one is responsible for. Thespian reads childNum and sets childRealAddr."""

    pid: int
    childAddr: ActorAddress  # noqa: N815  # Thespian's name
    childNum: int | None  # noqa: N815  # Thespian's name
    childRealAddr: ActorAddress | None = None  # noqa: N815  # Thespian's name


class Replicator(MultiProcReplicator):
    """Forks children, reaps them and reports each death once."""

    transport: Transport
    asLogger: Any  # noqa: N815  # Thespian's name
    capabilities: dict[str, Any]
    _child_procs: list[ForkedChild]
    first_words: bytes | None = None
    """A message that the next child is born with, from this process to it."""

    def init_replicator(self, transport: Transport, concurrency_context: object) -> None:
        """First thing both of Thespian's classes call."""
        super().init_replicator(transport, concurrency_context)
        self._child_procs = []
        self.log = logger("evsite.process")

    def about_to_fork(self, requirements: Any) -> None:
        """The child will live on this host."""

    def _startChildActor(  # noqa: N802  # Thespian's name
        self,
        childAddr: ActorAddress,  # noqa: N803  # Thespian's name
        childClass: Any,  # noqa: N803  # Thespian's name
        globalName: str | None,  # noqa: N803  # Thespian's name
        parentAddr: ActorAddress,  # noqa: N803  # Thespian's name
        notifyAddr: ActorAddress,  # noqa: N803  # Thespian's name
        childRequirements: Any = None,  # noqa: N803  # Thespian's name
        sourceHash: None = None,  # noqa: ARG002, N803  # loading code from peers is not offered
        sourceToLoad: None = None,  # noqa: ARG002, N803  # as above
    ) -> None:
        """Fork the process of one actor. Raises NoCompatibleSystemForActor when it belongs elsewhere."""
        if not checkActorCapabilities(childClass, self.capabilities, childRequirements, None):
            raise NoCompatibleSystemForActor(childClass, "this host has not what it requires")
        self.about_to_fork(childRequirements)
        endpoint = self.transport.prepEndpoint(childAddr, self.capabilities)
        from actors.engine.manager import actor_main  # noqa: PLC0415  # the manager is built on this module

        birth = (dotted(childClass), globalName, endpoint, parentAddr, self._adminAddr, notifyAddr)
        told, self.first_words = self.first_words, None
        pid = fork(
            self.transport.fds(),
            lambda: actor_main(*birth, childRequirements, dict(self.capabilities), told),
        )
        self._child_procs.append(ForkedChild(pid, childAddr, endpoint.addrInst))

    def childDied(self) -> bool:  # noqa: N802  # Thespian's name
        """Reap every child that has ended and report each of them, once."""
        for child in list(self._child_procs):
            try:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = child.pid, 0
            if pid == 0:
                continue
            self._child_procs.remove(child)
            self._report_death(child, describe_status(status))
        return True

    def _report_death(self, child: ForkedChild, reason: str) -> None:
        self.note_exit(child.pid, reason)
        if child.childRealAddr is not None:
            notice = exited(child.childRealAddr, reason)
            self.transport.scheduleTransmit(None, TransmitIntent(self.transport.myAddress, notice))
        elif child.childNum is not None:
            self.child_never_started(child.childNum, reason)

    def child_never_started(self, number: int, reason: str) -> None:
        """A child ended, or could not be made, before its first sign of life."""
        local = self._addrManager.getLocalAddress(number)
        for intent in self._awaitingAddressUpdate.remove_intents_for_address(local):
            intent.tx_done(SendStatus.DeadTarget)
        self._receiveQueue.append(ReceiveEnvelope(local, exited(local, reason)))

    def _retryPendingChildOperations(  # noqa: N802  # Thespian's name
        self,
        childInstance: int,  # noqa: N803  # Thespian's name
        actualAddress: ActorAddress | None,  # noqa: N803  # Thespian's name
    ) -> None:
        if actualAddress is None:
            self.child_never_started(childInstance, "it could not be created")
        else:
            super()._retryPendingChildOperations(childInstance, actualAddress)

    def note_exit(self, pid: int, reason: str) -> None:
        """Keep why a child ended until its supervisor asks."""

    def _childExited(self, _address: ActorAddress) -> None:  # noqa: N802  # Thespian's name
        """Thespian drops every dead child here when it hears of one; ours are reaped by id in childDied."""

    def h_EndpointConnected(self, envelope: ReceiveEnvelope) -> bool:  # noqa: N802  # Thespian's name
        """First sign of life of a child; one that has ended since has been reported and is ignored."""
        number = envelope.message.childInstance
        for child in self._child_procs:
            if child.childNum == number:
                child.childRealAddr = envelope.sender
                self._pendingActorReady(number, envelope.sender)
        return True

    def signalChildDied(self, _number: int, _frame: object) -> None:  # noqa: N802  # Thespian's name
        """Handle SIGCHLD."""
        self.transport.interrupt_wait(check_children=True)

    def child_pids(self) -> list[int]:
        """The process ids of children not yet reaped."""
        return [child.pid for child in self._child_procs]

    def _send_intent(self, intent: Any, curtime: object = None) -> bool:  # noqa: ARG002  # Thespian's signature
        """Hand a message to the transport; one to a child whose address is not known yet waits for it.

        Returns False when it is not sent.
        """
        try:
            return self.transport.scheduleTransmit(self._addrManager, intent)
        except CannotPickleAddress as unknown:
            self._awaitingAddressUpdate.add(unknown.address, intent)
            return True
        except TypeError as error:
            self.log.error("not_sendable", message=type(intent.message).__name__, error=str(error))
            intent.tx_done(SendStatus.Failed)
            return False

"""Thespian's side of one actor's process: it feeds the actor and sends for it.

Against Thespian's own: a handler is never run a second time; what could not be delivered goes back to the
actor instead of to the admin; asked to exit, the actor ends in its own order; a constructor that raises is
reported to the supervisor in words; and messages of ours take a short way.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Final

from thespian.actors import ActorAddress, ActorExitRequest, NoCompatibleSystemForActor, PoisonMessage
from thespian.system.actorManager import ActorManager
from thespian.system.messages.admin import PendingActor, PendingActorResponse, QueryExists
from thespian.system.messages.multiproc import EndpointConnected
from thespian.system.transport import SendStatus, TransmitIntent, TransmitOnly
from thespian.system.utilis import actualActorClass

from actors.engine import faults, messages
from actors.engine.envelope import Envelope, Kind
from actors.engine.hosts import NOWHERE, PLACE, EndWard
from actors.engine.processes import name_process
from actors.engine.replicator import Replicator, dotted
from actors.engine.transport import DRAIN_S, Transport
from protocols import codec

if TYPE_CHECKING:
    from actors.engine.wiring import Endpoint

MAX_NOTES: Final = 1000
_NO_HOST: Final = (
    PendingActorResponse.ERROR_No_Compatible_ActorSystem,
    PendingActorResponse.ERROR_ActorSystem_Shutting_Down,
)
"""Answers that say nothing against the child: there is just nobody who could carry it now."""


class Letter:
    """A message of an actor on its way; to the transport the same as Thespian's TransmitIntent."""

    __slots__ = ("_manager", "message", "targetAddr", "urgent")

    def __init__(self, manager: Manager, target: ActorAddress, message: Any, *, urgent: bool = False) -> None:
        self._manager, self.targetAddr, self.message, self.urgent = manager, target, message, urgent

    def changeTargetAddr(self, target: ActorAddress) -> None:  # noqa: N802  # Thespian's name
        """The address has become known."""
        self.targetAddr = target

    def changeMessage(self, message: Any) -> None:  # noqa: N802  # Thespian's name
        """As TransmitIntent."""
        self.message = message

    def tx_done(self, status: Any) -> None:
        """The transport is finished with it."""
        if not status:
            self._manager.not_delivered(self, status)


class Manager(Replicator, ActorManager):
    """One per actor process."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.exit_notes: dict[int, str] = {}

    # -- children ------------------------------------------------------------------------------------------

    def createActor(  # noqa: N802  # Thespian's name
        self,
        newActorClass: Any,  # noqa: N803  # Thespian's name
        targetActorRequirements: Any,  # noqa: N803  # Thespian's name
        globalName: str | None = None,  # noqa: N803  # Thespian's name
        sourceHash: None = None,  # noqa: ARG002, N803  # loading code from peers is not offered
    ) -> ActorAddress:
        """Create a child here, or ask the admin for a host that can carry it.

        A child that cannot be created is one that has ended.
        """
        local: ActorAddress = self._addrManager.createLocalAddress()
        number = local.addressDetails.addressInstanceNum
        me = self.transport.myAddress
        try:
            self._startChildActor(
                local, newActorClass, globalName, me, notifyAddr=me, childRequirements=targetActorRequirements
            )
        except NoCompatibleSystemForActor:
            wish = PendingActor(
                dotted(newActorClass), me, number, targetActorRequirements, globalName=globalName
            )
            self._send_intent(TransmitIntent(self._adminAddr, wish, onError=lambda *_: self._nowhere(number)))
        except Exception as error:  # noqa: BLE001  # no memory, no more processes, no such class
            self.child_never_started(number, f"{type(error).__name__}: {error}")
        return local

    def _nowhere(self, number: int) -> None:
        self.child_never_started(number, NOWHERE)

    def _pendingActorResponse(self, envelope: Any) -> bool:  # noqa: N802  # Thespian's name
        """The admin's answer to a wish for a child on another host."""
        answer: PendingActorResponse = envelope.message
        if not answer.errorCode:
            self._pendingActorReady(answer.instanceNum, answer.actualAddress)
        elif answer.errorCode in _NO_HOST:
            self._nowhere(answer.instanceNum)
        else:
            self.child_never_started(answer.instanceNum, answer.errorStr or "it could not be created")
        return True

    def end_ward(self, target: ActorAddress) -> None:
        """Have a child on another host killed; without effect while its address is not known."""
        known = self._addrManager.exportAddr(target)
        if known is not None:
            self._send_intent(TransmitIntent(self._adminAddr, EndWard(known)))

    def known_address(self, target: ActorAddress) -> ActorAddress | None:
        """Where a child listens; None while it has not shown a sign of life."""
        known: ActorAddress | None = self._addrManager.exportAddr(target)
        return known

    def _handleChildExited(self, childAddress: ActorAddress) -> bool:  # noqa: N802, N803  # Thespian's name
        """Forget a child. Thespian would end this process with the last one when it is leaving."""
        self.transport.deadAddress(self._addrManager, childAddress)
        self._children = [each for each in self.childAddresses if each != childAddress]
        return True

    def note_exit(self, pid: int, reason: str) -> None:
        """Keep the newest thousand."""
        self.exit_notes[pid] = reason
        while len(self.exit_notes) > MAX_NOTES:
            self.exit_notes.pop(next(iter(self.exit_notes)))

    # -- the actor -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Feed the actor until it leaves. What is raised here is a defect of the engine: the process ends."""
        self._createInstance()
        if self.actorInst is not None:
            self.transport.run(self.handleMessages)
        self.drainTransmits()

    def _createInstance(self) -> None:  # noqa: N802  # Thespian's name
        """Construct the actor; one whose constructor raises is reported and the process ends."""
        try:
            actor = actualActorClass(self._actorClass)()
            actor._myRef = self  # noqa: SLF001  # Thespian keeps itself there
            self.actorInst = actor
        except Exception as error:  # whatever a constructor raises is a crash of this actor
            text = f"{type(error).__name__}: {error}"
            self.log.exception("constructor_failed", actor=str(self._actorClass))
            last_words = codec.encode(messages.Crashed(path="", error=text))
            frame = Envelope(Kind.TELL, 0, "", "", patient=False, payload=last_words).pack()
            self._send_intent(Letter(self, self._parentAddr, frame))

    def _handleOneMessage(self, envelope: Any) -> Any:  # noqa: N802  # Thespian's name
        """Hand one message to the actor. What is ours goes straight; the rest is Thespian's housekeeping."""
        message = envelope.message
        if isinstance(message, bytes):
            if not getattr(self, "_exiting", False):
                self._feed(message, envelope.sender)
            return True
        if isinstance(message, ActorExitRequest):
            self._feed(message, envelope.sender)  # it says what its children are to do, and leaves
            return True
        if isinstance(message, (PoisonMessage, QueryExists)):
            return True  # nobody sends us poison; a question whether we exist is answered by its delivery
        return super()._handleOneMessage(envelope)

    def _feed(self, message: Any, sender: ActorAddress) -> None:
        watch = self.actorInst.receiveMessage(message, sender)
        try:
            self.transport.set_watch(watch.filenos if watch else [])
        except OSError as error:
            self.actorInst._crash(error)  # noqa: SLF001  # it watches what is not open

    # -- sending -------------------------------------------------------------------------------------------

    def actor_send(self, targetAddr: ActorAddress, msg: Any) -> None:  # noqa: N803  # Thespian's name
        """Send for the actor."""
        self._send_intent(Letter(self, targetAddr, msg))

    def send(self, target: ActorAddress, frame: bytes, *, urgent: bool) -> bool:
        """Send for the actor; return False when too much waits for the receiver already."""
        return self._send_intent(Letter(self, target, frame, urgent=urgent))

    def not_delivered(self, letter: Letter, status: Any) -> None:
        """Tell the actor; Thespian would send it to the admin as a dead letter."""
        if not isinstance(letter.message, bytes) or self.actorInst is None:
            return
        if status is SendStatus.DeadTarget:
            self.actorInst.on_undeliverable(letter.targetAddr, letter.message)
        else:
            shed = status is SendStatus.NotSent
            self.actorInst.on_lost(letter.targetAddr, letter.message, shed=shed)

    def leave(self) -> None:
        """End this process when what it has said is sent, whatever its children do: the kernel ends them."""
        self._exiting = True
        self.transport.abort_run(drain=True)

    def drainTransmits(self) -> None:  # noqa: N802  # Thespian's name
        """Last step: who did not come here by `leave` still gets rid of what it has said."""
        if not getattr(self, "_exiting", False):
            self.transport.run(TransmitOnly, DRAIN_S)

    @property
    def arrived_s(self) -> float:
        """Monotonic time since when the message in hand may have waited."""
        return self.transport.current_arrived_s


def actor_main(
    kind: str,
    global_name: str | None,
    endpoint: Endpoint,
    parent: ActorAddress,
    admin: ActorAddress,
    notify: ActorAddress,
    requirements: Any,
    capabilities: dict[str, Any],
    told: bytes | None = None,
) -> int:
    """What the process of an actor runs; its exit code. `told` is its first message, from its parent."""
    channel = Transport(endpoint)
    manager = Manager(
        kind, global_name, channel, None, None, parent, admin, requirements, capabilities, None, None
    )
    manager.asLogger = channel.myAddress  # Thespian refuses to create children without one; nobody logs to it
    sign_of_life = TransmitIntent(notify, EndpointConnected(endpoint.addrInst))
    channel.scheduleTransmit(None, sign_of_life.addCallback(onFailure=lambda *_: manager.leave()))
    if told is not None:
        channel.born_with(parent, told)
    name_process(kind.rpartition(".")[-1])
    if PLACE in (requirements or {}):  # forked by an admin, who does not know it
        faults.constructing(requirements[PLACE])
    signal.signal(signal.SIGCHLD, manager.signalChildDied)
    signal.signal(signal.SIGTERM, lambda *_: channel.interrupt_wait(signal_shutdown=True))
    manager.run()
    return int(getattr(manager.actorInst, "exit_code", 0)) if manager.actorInst else 1

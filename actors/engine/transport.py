"""How processes of the actor system talk: TCP on loopback or one configured interface, framed by `frames`.

It takes the place of Thespian's TCP transport under Thespian's own system base and answers the same calls.
What differs, and why:

- every frame is authenticated before its payload is looked at, and cannot be replayed (`frames`);
- between actors payloads are bytes; only Thespian's management messages are pickled (`control`);
- one connection per direction and pair, many messages in flight, acknowledged cumulatively: order is kept
  and nothing arrives twice, also when a connection is lost in between (`outgoing`, `incoming`);
- addresses hold the receiver's instance id: a message for a process that has died is reported as dead,
  never delivered to whoever listens on its port next;
- a slow or stopped peer costs a bounded queue, never a blocked sender;
- sockets, timers and signals are looked after between messages, not only when all that has arrived is
  handled, and a heartbeat overtakes what waits: a full mailbox is no reason to look dead or deaf.

Refused frames are dropped, counted in `refused` (by `frames.Refusal`) and logged, the connection is closed.
One file because it is one object that Thespian asks for all of this.
"""

from __future__ import annotations

import pickle
import secrets
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from thespian.actors import ActorAddress, ActorExitRequest
from thespian.system.addressManager import ActorLocalAddress, CannotPickleAddress
from thespian.system.messages.multiproc import ChildMayHaveDied
from thespian.system.transport import (
    ExternalInterfaceTransportInit,
    SendStatus,
    Thespian__Run_Expired,
    Thespian__Run_HandlerResult,
    Thespian__Run_Terminated,
    Thespian__UpdateWork,
    TransmitOnly,
)

from actors.engine import control, frames, wiring
from actors.engine.address import SiteAddress
from actors.engine.incoming import Arrival, Incoming, listen
from actors.engine.log import logger
from actors.engine.mailbox import Mailbox
from actors.engine.outgoing import Outgoing
from actors.engine.poller import Poller
from actors.engine.refusals import Refusals
from actors.engine.wiring import (
    CONVENTION_CAPABILITY,
    PORT_CAPABILITY,
    Addressing,
    Endpoint,
    ExternalCopy,
    Identity,
    Wiring,
    wire,
)

if TYPE_CHECKING:
    from collections import Counter

    from thespian.system.transport import TransportInit__Base

__all__ = [
    "CONVENTION_CAPABILITY",
    "PORT_CAPABILITY",
    "Endpoint",
    "ExternalCopy",
    "Transport",
    "Wiring",
    "wire",
]

DRAIN_S: Final = 0.5
"""How long a process that is leaving tries to get rid of what it has said."""
LOOK_EVERY_S: Final = 0.002
"""How long messages are handled before sockets, timers and signals are looked after."""
GREETING_S: Final = 0.02
"""Given to a new connection between two messages; at most a quarter of the time that was spent before."""


class Transport(Addressing):
    """One process's end of the actor system. Used by one thread; `interrupt_wait` is for signal handlers."""

    def __init__(self, init: TransportInit__Base, *args: Any) -> None:
        self._wiring = wiring.in_force()
        assigned: ActorAddress | None = None
        if isinstance(init, Endpoint):
            assigned, self._adminAddr = init.assigned, init.admin
        elif isinstance(init, ExternalCopy):
            self._adminAddr, self._wiring = init.admin, init.wiring or self._wiring
        elif isinstance(init, ExternalInterfaceTransportInit):
            self._adminAddr = self.getAdminAddr(args[0])
        else:
            raise TypeError(f"{init!r} cannot start a transport")
        instance = secrets.randbits(63) | 1
        fixed = assigned.addressDetails if assigned is not None else None
        self.socket = listen(self._wiring.host, fixed.port if fixed else 0)
        port = self.socket.getsockname()[1]
        self.myAddress = assigned or ActorAddress(SiteAddress(self._wiring.host, port, instance))
        self._refusals = Refusals(logger("evsite.transport"))
        self.received = 0
        self._poller = Poller(self._woken, self._watched)
        mine = Identity(self._wiring.key, instance, self.myAddress.addressDetails)
        self._outgoing = Outgoing(self._poller, mine, self._done, self._refuse_frame)
        self._incoming = Incoming(self._poller, self.socket, mine, self._deliver, self._refuse)
        self._mailbox = Mailbox(self.myAddress, self._poller.readable)
        self._finished: list[tuple[Any, Any]] = []
        self._child_died = self._exit_asked = False
        self._stop_by: float | None = None
        """None: running; otherwise leave when everything is sent, at this time at the latest."""
        self.current_arrived_s = time.monotonic()

    @property
    def refused(self) -> Counter[str]:
        """What was dropped, by reason."""
        return self._refusals.counted

    @property
    def sent(self) -> int:
        """Messages peers have taken over."""
        return self._outgoing.sent

    @property
    def shed(self) -> int:
        """Messages dropped because too much waited for their receiver."""
        return self._outgoing.shed

    # -- what Thespian's system base asks for -------------------------------------------------------------

    def prepEndpoint(self, assigned: ActorAddress, _capabilities: object) -> Endpoint:  # noqa: N802  # Thespian's name
        """What the process to be forked for `assigned` starts its transport with."""
        if isinstance(assigned.addressDetails, ActorLocalAddress):
            return Endpoint(assigned.addressDetails.addressInstanceNum, None, self._adminAddr)
        return Endpoint(None, assigned, self._adminAddr)

    def connectEndpoint(self, _endpoint: Endpoint) -> None:  # noqa: N802  # Thespian's name
        """Nothing to do: the child makes the first connection."""

    def external_transport_clone(self) -> Transport:
        """A transport of its own for another caller in this process."""
        return Transport(ExternalCopy(self._adminAddr, self._wiring))

    def setAddressManager(self, manager: Any) -> None:  # noqa: N802  # Thespian's name
        """Thespian's table of addresses that are not known yet."""
        self._addresses = manager

    def enableRXPauseFlowControl(self, enable: bool = True) -> None:  # noqa: FBT001, FBT002, N802  # Thespian's signature
        """Nothing to do: receiving never waits for sending here."""

    def _updateStatusResponse(self, response: Any) -> None:  # noqa: N802  # Thespian's name
        for intent, kind in self._outgoing.pending():
            response.addPendingMessage(self.myAddress, intent.targetAddr, kind.name)

    def withdraw(self, intent: Any) -> bool:
        """Take back a message; return whether that was in time: nothing of it has been sent then."""
        return self._outgoing.withdraw(intent)

    def knows(self, target: ActorAddress) -> bool:
        """Whether there is a connection to a peer, or one is being made."""
        return self._outgoing.knows(target.addressDetails)

    def fds(self) -> list[int]:
        """The file descriptors a forked child must not keep."""
        return self._poller.fds()

    def deadAddress(self, _manager: object, target: ActorAddress) -> None:  # noqa: N802  # Thespian's name
        """A child is known to be dead: what still waits for it is reported as such."""
        details = target.addressDetails
        if not isinstance(details, SiteAddress):
            details = getattr(self._addresses.exportAddr(target), "addressDetails", None)
        if details is not None:
            self._outgoing.drop(lambda each: each == details, SendStatus.DeadTarget)

    def give_up(self, target: ActorAddress) -> None:
        """A process of this host is dead, or is being killed: report at once what it has not taken."""
        details = target.addressDetails
        if details.host == self.myAddress.addressDetails.host:
            self._outgoing.bury(details)
            self._run_callbacks()

    def lostRemote(self, remote: ActorAddress) -> None:  # noqa: N802  # Thespian's name
        """Another host of the site is gone: forget the connections to it."""
        host = remote.addressDetails.host
        self._outgoing.drop(lambda each: each.host == host, SendStatus.Failed)

    def set_watch(self, fds: list[int]) -> None:
        """File descriptors whose readability is delivered to the actor as a WatchMessage.

        Raises OSError for one that is not open or cannot be waited for.
        """
        self._poller.watch(fds)

    def interrupt_wait(self, *, signal_shutdown: bool = False, check_children: bool = False) -> None:
        """Make `run` look up; safe in a signal handler."""
        self._exit_asked |= signal_shutdown
        self._child_died |= check_children
        self._poller.wake()

    def abort_run(self, drain: bool = False) -> None:  # noqa: FBT001, FBT002  # Thespian's signature
        """Leave `run`, with `drain` only when everything has been sent."""
        self._stop_by = time.monotonic() + (DRAIN_S if drain else 0)

    def addWakeup(self, after: timedelta, payload: Any) -> None:  # noqa: N802  # Thespian's name
        """Deliver a WakeupMessage after that time."""
        self._mailbox.wake_at(time.monotonic() + after.total_seconds(), after, payload)

    def close(self) -> None:
        """Give up every connection; what waits is reported as failed."""
        if self._poller.closed:
            return
        self._outgoing.close()
        self._incoming.close()
        self._poller.close()
        self._run_callbacks()

    # -- sending -------------------------------------------------------------------------------------------

    def scheduleTransmit(  # noqa: N802  # Thespian's name
        self,
        manager: Any,
        intent: Any,
        has_exclusive_flag: bool = False,  # noqa: ARG002, FBT001, FBT002  # Thespian's signature
    ) -> bool:
        """Queue one message; return whether there was room for it.

        Raises CannotPickleAddress while the target's address is not known.
        """
        if isinstance(intent.message, Thespian__UpdateWork):
            self._done(intent, SendStatus.Sent)
            return True
        if manager is not None:
            target, message = manager.prepMessageSend(intent.targetAddr, intent.message)
            if message is SendStatus.DeadTarget:
                self._done(intent, SendStatus.Sent)
                return True
            if target is None:
                raise CannotPickleAddress(intent.targetAddr)
            intent.changeTargetAddr(target)
            intent.changeMessage(message)
        if intent.targetAddr.addressDetails == self.myAddress.addressDetails:
            self._mailbox.note(intent.message, time.monotonic())
            self._done(intent, SendStatus.Sent)
            return True
        if not isinstance(intent.message, bytes):
            return self._outgoing.send(intent, frames.Kind.CONTROL, control.dumps(intent.message))
        kind = frames.Kind.URGENT if getattr(intent, "urgent", False) else frames.Kind.MESSAGE
        return self._outgoing.send(intent, kind, intent.message)

    def _done(self, intent: Any, status: Any) -> None:
        self._finished.append((intent, status))

    # -- receiving -----------------------------------------------------------------------------------------

    def born_with(self, sender: ActorAddress, frame: bytes) -> None:
        """Take in what the parent had said when it forked this process; no connection has brought it."""
        self._mailbox.put(Arrival(sender, frame, time.monotonic()))

    def _deliver(self, kind: frames.Kind, arrival: Arrival) -> None:
        if kind is frames.Kind.CONTROL:
            try:
                arrival.opened(control.loads(arrival.message))
            except pickle.UnpicklingError as error:
                self._incoming.handled(arrival)
                self._refuse("unreadable", str(arrival.sender), str(error))
                return
        self.received += 1
        self._mailbox.put(arrival, urgent=kind is frames.Kind.URGENT)

    def _refuse_frame(self, error: frames.FrameError, peer: str) -> None:
        self._refuse(error.refusal, peer, str(error))

    def _refuse(self, kind: str, peer: str, detail: str) -> None:
        self._refusals.add(kind, peer, detail, time.monotonic())

    # -- running -------------------------------------------------------------------------------------------

    def run(self, handler: Any, maximumDuration: timedelta | float | None = None) -> Any:  # noqa: N803  # Thespian's name
        """Receive and send until the handler returns something false, time is up or `abort_run` is called.

        `handler` None returns the first message; TransmitOnly only sends.
        """
        self._stop_by = None
        sending_only = handler is TransmitOnly or isinstance(handler, TransmitOnly)
        if isinstance(maximumDuration, timedelta):
            maximumDuration = maximumDuration.total_seconds()  # noqa: N806  # as above
        end = None if maximumDuration is None else time.monotonic() + maximumDuration
        while True:
            self._run_callbacks()
            if sending_only:
                if self._outgoing.idle:
                    return 0
            else:
                result = self._hand_over(handler)
                if result is not None:
                    return result
            now = time.monotonic()
            if self._may_stop(now):
                return Thespian__Run_Terminated()
            if end is not None and now >= end:
                return len(self._outgoing) if sending_only else Thespian__Run_Expired()
            self._wait(self._pause(now, end, at_once=bool(self._mailbox) and not sending_only))

    def pump(self, timeout_s: float) -> None:
        """Send and receive once, waiting up to that time; what arrives is kept for `run`."""
        self._run_callbacks()
        now = time.monotonic()
        self._wait(self._pause(now, now + timeout_s, at_once=bool(self._mailbox)))
        self._run_callbacks()

    def flush(self, within_s: float) -> None:
        """Send until the peers have taken everything, for so long at most; what arrives is kept for `run`."""
        end = time.monotonic() + within_s
        while not self._outgoing.idle and (left_s := end - time.monotonic()) > 0:
            self._wait(left_s)

    def _hand_over(self, handler: Any) -> Any:
        """Deliver what was received, for a while; return what ends `run`, or None."""
        while (envelope := self._mailbox.take()) is not None:
            self._incoming.handled(envelope)
            if handler is None:
                return envelope
            self.current_arrived_s = envelope.arrived_s
            result = Thespian__Run_HandlerResult(handler(envelope))
            if not result:
                return result
            self._run_callbacks()
            if self._stop_by is not None:
                return None
            if self._mailbox and (spent_s := time.monotonic() - self._poller.looked_s) >= LOOK_EVERY_S:
                self._let_greet(min(GREETING_S, spent_s / 4))
                break
        return None

    def _let_greet(self, within_s: float) -> None:
        """Who is called for the first time has to say something before an answer can be sent."""
        end = (now := time.monotonic()) + within_s
        while now < end and self._outgoing.greeting(now - GREETING_S):
            self._wait(end - now)
            now = time.monotonic()

    def _may_stop(self, now: float) -> bool:
        return self._stop_by is not None and (now >= self._stop_by or self._outgoing.idle)

    def _pause(self, now: float, end: float | None, *, at_once: bool) -> float | None:
        """How long nothing can happen by itself, in seconds."""
        if at_once or self._finished:
            return 0
        queues = self._mailbox.next_s(), self._outgoing.next_s(), self._incoming.next_s()
        moments = [moment for moment in (*queues, end, self._stop_by) if moment is not None]
        return max(0.0, min(moments) - now) if moments else None

    def _wait(self, timeout_s: float | None) -> None:
        self._poller.wait(timeout_s)
        now = time.monotonic()
        self._mailbox.ring(now)
        self._outgoing.tick(now)
        self._incoming.tick(now)

    def _woken(self) -> None:
        if self._child_died:
            self._child_died = False
            self._mailbox.note(ChildMayHaveDied(), time.monotonic())
        if self._exit_asked:
            self._exit_asked = False
            self._mailbox.note(ActorExitRequest(), time.monotonic())

    def _watched(self, fd: int) -> None:
        self._mailbox.announce(fd, time.monotonic())

    def _run_callbacks(self) -> None:
        while self._finished:
            finished, self._finished = self._finished, []
            for intent, status in finished:
                intent.tx_done(status)

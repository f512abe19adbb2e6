"""How processes of the actor system talk: TCP on loopback or one configured interface, framed by `frames`.

It takes the place of Thespian's TCP transport under Thespian's own system base and answers the same calls.
What differs, and why:

- every frame is authenticated before its payload is looked at, and cannot be replayed (`frames`);
- between actors payloads are bytes; only Thespian's management messages are pickled (`control`);
- one connection per direction and pair, many messages in flight, acknowledged cumulatively: order is kept
  and nothing arrives twice, also when a connection is lost in between;
- addresses hold the receiver's instance id: a message for a process that has died is reported as dead,
  never delivered to whoever listens on its port next;
- a slow or stopped peer costs a bounded queue, never a blocked sender.

Refused frames are dropped, counted in `refused` (by `frames.Refusal`) and logged, the connection is closed.
"""

from __future__ import annotations

import contextlib
import errno
import heapq
import itertools
import os
import pickle
import secrets
import selectors
import socket
import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from thespian.actors import ActorAddress, ActorExitRequest, WakeupMessage, WatchMessage
from thespian.system.addressManager import ActorLocalAddress, CannotPickleAddress
from thespian.system.messages.multiproc import ChildMayHaveDied
from thespian.system.transport import (
    ExternalInterfaceTransportInit,
    ReceiveEnvelope,
    SendStatus,
    Thespian__Run_Expired,
    Thespian__Run_HandlerResult,
    Thespian__Run_Terminated,
    Thespian__UpdateWork,
    TransmitOnly,
    TransportInit__Base,
)

from actors.engine import address, control, frames
from actors.engine.address import SiteAddress

if TYPE_CHECKING:
    from collections.abc import Callable

RECEIVE_SIZE: Final = 256 * 1024
CONNECT_TIMEOUT_S: Final = 3.0
RETRY_AFTER_S: Final = 0.05
GIVE_UP_AFTER_S: Final = 10.0
"""A peer that neither refuses nor takes a connection for this long is reported as failed."""
DRAIN_S: Final = 1.0
"""How long a process that is leaving tries to get rid of what it has said."""
MAX_QUEUED_MESSAGES: Final = 4096
MAX_QUEUED_BYTES: Final = 32 * 1024 * 1024
MAX_LINKS: Final = 512
MAX_INBOUND: Final = 2048
"""Open inbound connections; the oldest that has not authenticated itself goes first."""
MAX_PEERS_REMEMBERED: Final = 8192
UNOPENED_TIMEOUT_S: Final = 5.0

CONVENTION_CAPABILITY: Final = "Convention Address.IPv4"
PORT_CAPABILITY: Final = "Admin Port"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every process of one host shares. Inherited by fork; the key is never sent or logged.

    `host` is the address that is listened on; `key` has 32 random bytes, the same on all hosts of a site.
    """

    host: str = "127.0.0.1"
    key: bytes = field(default=b"", repr=False)


_wiring = Wiring()


def wire(wiring: Wiring) -> None:
    """Set what this process and every process forked from it use. To be called before the first transport."""
    global _wiring  # noqa: PLW0603  # inherited by fork: there is no caller to hand it from one process to the next
    if len(wiring.key) < 16:  # noqa: PLR2004  # 128 bit
        raise ValueError("the site key must have at least 16 bytes")
    _wiring = wiring


@dataclass(frozen=True, slots=True)
class Endpoint(TransportInit__Base):
    """What a parent hands to the process it is about to fork."""

    addrInst: int | None  # noqa: N815  # Thespian reads it by this name
    assigned: ActorAddress | None
    admin: ActorAddress


class ExternalCopy(TransportInit__Base):
    """A second transport for another caller outside the actor system."""

    def __init__(self, admin: ActorAddress) -> None:
        self.admin = admin


@dataclass(slots=True)
class _Item:
    """One message on its way to one peer."""

    intent: Any
    kind: frames.Kind
    payload: bytes
    sequence: int


class _Link:
    """The connection to one peer and what waits for it."""

    def __init__(self, target: SiteAddress, now: float) -> None:
        self.address = target
        self.socket: socket.socket | None = None
        self.initiator: frames.Initiator | None = None
        self.waiting: deque[_Item] = deque()
        self.unacknowledged: deque[_Item] = deque()
        self.out = bytearray()
        self.queued_bytes = 0
        self.connecting_since = now
        self.trouble_since: float | None = None
        self.retry_at: float | None = None
        self.wants_write = False
        self.shedding = False

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.unacknowledged


class _Inbound:
    """A connection a peer made to us."""

    def __init__(self, sock: socket.socket, acceptor: frames.Acceptor, now: float) -> None:
        self.socket = sock
        self.acceptor = acceptor
        self.sender: ActorAddress | None = None
        self.sender_instance = 0
        self.since = now
        self.out = bytearray()


@dataclass(slots=True)
class _Envelope(ReceiveEnvelope):
    """A received message with the time it arrived at this process."""

    _sender: ActorAddress
    _message: Any
    arrived_s: float


class Transport:
    """One process's end of the actor system. Used by one thread; `interrupt_wait` is for signal handlers."""

    def __init__(self, init: TransportInit__Base, *args: Any) -> None:
        self._log = structlog.get_logger("evsite.transport")
        self._instance = secrets.randbits(63) | 1
        assigned: ActorAddress | None = None
        if isinstance(init, Endpoint):
            assigned, self._adminAddr = init.assigned, init.admin
        elif isinstance(init, ExternalCopy):
            self._adminAddr = init.admin
        elif isinstance(init, ExternalInterfaceTransportInit):
            self._adminAddr = self.getAdminAddr(args[0])
        else:
            raise TypeError(f"{init!r} cannot start a transport")
        fixed = assigned.addressDetails if assigned is not None else None
        self.socket = _listener(_wiring.host, fixed.port if fixed else 0)
        self._port = self.socket.getsockname()[1]
        self.myAddress = assigned or ActorAddress(SiteAddress(_wiring.host, self._port, self._instance))
        self._selector = selectors.EpollSelector()
        self._selector.register(self.socket, selectors.EVENT_READ, self._accept)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector.register(self._wake, selectors.EVENT_READ, self._woken)
        self._links: OrderedDict[tuple[str, int, int], _Link] = OrderedDict()
        self._inbound: dict[int, _Inbound] = {}
        self._incoming: deque[Any] = deque()
        self._finished: list[tuple[Any, Any]] = []
        self._wakeups: list[tuple[float, int, timedelta, Any]] = []
        self._wakeup_numbers = itertools.count()
        self._sequences = itertools.count()
        self._taken: OrderedDict[int, int] = OrderedDict()
        self._watches: set[int] = set()
        self._child_died = self._exit_asked = False
        self._stop_by: float | None = None
        """None: running; otherwise leave when everything is sent, at this time at the latest."""
        self.refused: Counter[str] = Counter()
        self.sent = self.received = self.shed = 0

    # -- what Thespian's system base asks for -------------------------------------------------------------

    @staticmethod
    def getAdminAddr(capabilities: dict[str, Any]) -> ActorAddress:  # noqa: N802  # Thespian's name
        """The address of this host's admin."""
        return ActorAddress(SiteAddress(_wiring.host, int(capabilities[PORT_CAPABILITY]), 0))

    @staticmethod
    def getAddressFromString(text: str | tuple[str, int]) -> ActorAddress:  # noqa: N802  # Thespian's name
        """The admin address written as `host:port`."""
        host, port = text if isinstance(text, tuple) else text.rsplit(":", 1)
        return ActorAddress(SiteAddress(host, int(port), 0))

    @classmethod
    def getConventionAddress(cls, capabilities: dict[str, Any]) -> list[ActorAddress] | None:  # noqa: N802
        """The addresses of the hosts that lead the site, or None for a site of one host."""
        leaders = capabilities.get(CONVENTION_CAPABILITY)
        if not leaders:
            return None
        return [
            cls.getAddressFromString(each) for each in (leaders if isinstance(leaders, list) else [leaders])
        ]

    @staticmethod
    def probeAdmin(target: ActorAddress) -> bool:  # noqa: N802  # Thespian's name
        """Whether somebody listens at the admin's address already."""
        details = target.addressDetails
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((details.host, details.port))
            except OSError as error:
                return error.errno == errno.EADDRINUSE
        return False

    def prepEndpoint(self, assigned: ActorAddress, _capabilities: object) -> Endpoint:  # noqa: N802
        """What the process to be forked for `assigned` starts its transport with."""
        if isinstance(assigned.addressDetails, ActorLocalAddress):
            return Endpoint(assigned.addressDetails.addressInstanceNum, None, self._adminAddr)
        return Endpoint(None, assigned, self._adminAddr)

    def connectEndpoint(self, _endpoint: Endpoint) -> None:  # noqa: N802  # Thespian's name
        """Nothing to do: the child makes the first connection."""

    def external_transport_clone(self) -> Transport:
        """A transport of its own for another caller in this process."""
        return Transport(ExternalCopy(self._adminAddr))

    def setAddressManager(self, manager: Any) -> None:  # noqa: N802  # Thespian's name
        """Thespian's table of addresses that are not known yet."""
        self._addresses = manager

    def enableRXPauseFlowControl(self, enable: bool = True) -> None:  # noqa: FBT001, FBT002, N802
        """Nothing to do: receiving never waits for sending here."""

    def _updateStatusResponse(self, response: Any) -> None:  # noqa: N802  # Thespian's name
        for link in self._links.values():
            for item in (*link.unacknowledged, *link.waiting):
                response.addPendingMessage(self.myAddress, item.intent.targetAddr, str(item.kind.name))

    def fds(self) -> list[int]:
        """The file descriptors a forked child must not keep."""
        sockets = [link.socket for link in self._links.values() if link.socket]
        sockets += [each.socket for each in self._inbound.values()] + [self.socket]
        return [*(each.fileno() for each in sockets), self._wake, self._selector.fileno()]

    def deadAddress(self, _manager: object, target: ActorAddress) -> None:  # noqa: N802  # Thespian's name
        """A child is known to be dead: what still waits for it is reported as such."""
        details = target.addressDetails
        if not isinstance(details, SiteAddress):
            details = getattr(self._addresses.exportAddr(target), "addressDetails", None)
        if details is not None:
            for key in [key for key, link in self._links.items() if link.address == details]:
                self._fail(self._links[key], SendStatus.DeadTarget)

    def lostRemote(self, remote: ActorAddress) -> None:  # noqa: N802  # Thespian's name
        """Another host of the site is gone: forget the connections to it."""
        host = remote.addressDetails.host
        for link in [each for each in self._links.values() if each.address.host == host]:
            self._fail(link, SendStatus.Failed)

    def set_watch(self, fds: list[int]) -> None:
        """File descriptors whose readability is delivered to the actor as a WatchMessage."""
        wanted = set(fds)
        if wanted == self._watches:
            return
        for fd in self._watches - wanted:
            with contextlib.suppress(KeyError, ValueError, OSError):
                self._selector.unregister(fd)
        for fd in wanted - self._watches:
            self._selector.register(fd, selectors.EVENT_READ, self._watched)
        self._watches = wanted

    def interrupt_wait(self, *, signal_shutdown: bool = False, check_children: bool = False) -> None:
        """Make `run` look up; safe in a signal handler."""
        self._exit_asked |= signal_shutdown
        self._child_died |= check_children
        with contextlib.suppress(BlockingIOError):
            os.eventfd_write(self._wake, 1)

    def abort_run(self, drain: bool = False) -> None:  # noqa: FBT001, FBT002  # Thespian's signature
        """Leave `run`, with `drain` only when everything has been sent."""
        self._stop_by = time.monotonic() + (DRAIN_S if drain else 0)

    def addWakeup(self, after: timedelta, payload: Any) -> None:  # noqa: N802  # Thespian's name
        """Deliver a WakeupMessage after that time."""
        due = time.monotonic() + after.total_seconds()
        heapq.heappush(self._wakeups, (due, next(self._wakeup_numbers), after, payload))

    def close(self) -> None:
        """Give up every connection; what waits is reported as failed."""
        if self._selector.get_map() is None:
            return
        for link in list(self._links.values()):
            self._fail(link, SendStatus.Failed)
        for inbound in list(self._inbound.values()):
            self._drop_inbound(inbound)
        self._selector.close()
        self.socket.close()
        os.close(self._wake)
        self._run_callbacks()

    # -- sending -------------------------------------------------------------------------------------------

    def scheduleTransmit(  # noqa: N802  # Thespian's name
        self,
        manager: Any,
        intent: Any,
        has_exclusive_flag: bool = False,  # noqa: ARG002, FBT001, FBT002  # Thespian's signature
    ) -> None:
        """Queue one message. Raises CannotPickleAddress while the target's address is not known."""
        if isinstance(intent.message, Thespian__UpdateWork):
            self._finished.append((intent, SendStatus.Sent))
            return
        if manager is not None:
            target, message = manager.prepMessageSend(intent.targetAddr, intent.message)
            if message is SendStatus.DeadTarget:
                self._finished.append((intent, SendStatus.Sent))
                return
            if target is None:
                raise CannotPickleAddress(intent.targetAddr)
            intent.changeTargetAddr(target)
            intent.changeMessage(message)
        if intent.targetAddr.addressDetails == self.myAddress.addressDetails:
            self._incoming.append(_Envelope(self.myAddress, intent.message, time.monotonic()))
            self._finished.append((intent, SendStatus.Sent))
            return
        if isinstance(intent.message, bytes):
            kind, payload = frames.Kind.MESSAGE, intent.message
        else:
            kind, payload = frames.Kind.CONTROL, control.dumps(intent.message)
        self._queue(intent, kind, payload)

    def _queue(self, intent: Any, kind: frames.Kind, payload: bytes) -> None:
        details: SiteAddress = intent.targetAddr.addressDetails
        key = (details.host, details.port, details.instance)
        link = self._links.get(key)
        if link is None:
            self._close_idle_links()
            link = self._links[key] = _Link(details, time.monotonic())
        else:
            self._links.move_to_end(key)
        full = len(link.waiting) + len(link.unacknowledged) >= MAX_QUEUED_MESSAGES
        if full or link.queued_bytes + len(payload) > MAX_QUEUED_BYTES or len(payload) > frames.MAX_PAYLOAD:
            self._shed(link, intent, len(payload))
            return
        link.waiting.append(_Item(intent, kind, payload, next(self._sequences)))
        link.queued_bytes += len(payload)
        self._push(link)

    def _shed(self, link: _Link, intent: Any, size: int) -> None:
        self.shed += 1
        if not link.shedding:
            link.shedding = True
            self._log.warning("messages_shed", peer=str(link.address), queued=link.queued_bytes, size=size)
        self._finished.append((intent, SendStatus.Failed))

    def _close_idle_links(self) -> None:
        while len(self._links) >= MAX_LINKS:
            idle = next((each for each in self._links.values() if each.idle), None)
            if idle is None:
                return
            self._forget(idle)

    def _push(self, link: _Link) -> None:
        """Bring a link as far as it goes without waiting."""
        if link.socket is None:
            if link.retry_at is None:
                self._connect(link)
            return
        if link.initiator is not None and link.initiator.greeted:
            while link.waiting and len(link.out) < RECEIVE_SIZE:
                item = link.waiting.popleft()
                link.out += link.initiator.seal(item.kind, item.sequence, item.payload)
                link.unacknowledged.append(item)
        self._flush(link)

    def _connect(self, link: _Link) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = sock.connect_ex((link.address.host, link.address.port))
        if code not in (0, errno.EINPROGRESS):
            sock.close()
            self._broken(link, code)
            return
        link.socket = sock
        link.retry_at = None
        link.connecting_since = time.monotonic()
        nonce = secrets.token_bytes(frames.NONCE_SIZE)
        mine: SiteAddress = self.myAddress.addressDetails
        link.initiator = frames.Initiator(_wiring.key, self._instance, str(mine), nonce)
        self._selector.register(sock, selectors.EVENT_READ, lambda mask: self._link_ready(link, mask))

    def _link_ready(self, link: _Link, mask: int) -> None:
        if mask & selectors.EVENT_READ:
            self._link_readable(link)
        if link.socket is not None and mask & selectors.EVENT_WRITE:
            self._flush(link)

    def _link_readable(self, link: _Link) -> None:
        if link.socket is None or link.initiator is None:
            return
        try:
            data = link.socket.recv(RECEIVE_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self._broken(link, error.errno or errno.EIO)
            return
        if not data:
            self._broken(link, errno.ECONNRESET)
            return
        try:
            events = link.initiator.feed(data)
        except frames.FrameError as error:
            self._refuse(error, str(link.address))
            self._broken(link, errno.EPROTO)
            return
        for event in events:
            match event:
                case frames.Greeted():
                    self._greeted(link, event.instance)
                case frames.Acknowledged():
                    self._acknowledged(link, event.sequence)
        if link.socket is not None:
            self._push(link)

    def _greeted(self, link: _Link, instance: int) -> None:
        if link.address.instance and instance != link.address.instance:
            self._fail(link, SendStatus.DeadTarget)  # the process we mean is gone, another has its port
            return
        if link.initiator is not None:
            link.out += link.initiator.open()
        link.waiting.extendleft(reversed(link.unacknowledged))
        link.unacknowledged.clear()

    def _acknowledged(self, link: _Link, sequence: int) -> None:
        while link.unacknowledged and link.unacknowledged[0].sequence <= sequence:
            self._sent_item(link, link.unacknowledged.popleft())
        while link.waiting and link.waiting[0].sequence <= sequence:
            self._sent_item(link, link.waiting.popleft())
        link.trouble_since = None
        link.shedding = False

    def _sent_item(self, link: _Link, item: _Item) -> None:
        link.queued_bytes -= len(item.payload)
        self.sent += 1
        self._finished.append((item.intent, SendStatus.Sent))

    def _flush(self, link: _Link) -> None:
        if link.socket is None:
            return
        if link.out:
            try:
                count = link.socket.send(link.out)
            except BlockingIOError:
                count = 0
            except OSError as error:
                if error.errno == errno.ENOTCONN:
                    count = 0
                else:
                    self._broken(link, error.errno or errno.EIO)
                    return
            del link.out[:count]
        wants = bool(link.out)
        if wants != link.wants_write:
            link.wants_write = wants
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wants else 0)
            self._selector.modify(link.socket, events, lambda mask: self._link_ready(link, mask))

    def _hang_up(self, link: _Link) -> None:
        if link.socket is not None:
            self._selector.unregister(link.socket)
            link.socket.close()
        link.socket = link.initiator = None
        link.wants_write = False
        link.out.clear()

    def _forget(self, link: _Link) -> None:
        self._hang_up(link)
        self._links.pop((link.address.host, link.address.port, link.address.instance), None)

    def _broken(self, link: _Link, code: int) -> None:
        """The connection was lost: dead when nobody listens, tried again otherwise."""
        self._hang_up(link)
        now = time.monotonic()
        if code == errno.ECONNREFUSED:
            self._fail(link, SendStatus.DeadTarget)
        elif link.idle:
            self._forget(link)
        elif link.trouble_since is None:
            link.trouble_since = link.retry_at = now
        elif now - link.trouble_since > GIVE_UP_AFTER_S:
            self._fail(link, SendStatus.Failed)
        else:
            link.retry_at = now + RETRY_AFTER_S

    def _fail(self, link: _Link, status: Any) -> None:
        self._forget(link)
        for item in (*link.unacknowledged, *link.waiting):
            self._finished.append((item.intent, status))
        link.unacknowledged.clear()
        link.waiting.clear()

    # -- receiving -----------------------------------------------------------------------------------------

    def _accept(self, _mask: int) -> None:
        try:
            sock, _peer = self.socket.accept()
        except OSError as error:
            self._log.warning("accept_failed", error=str(error))
            return
        sock.setblocking(False)  # noqa: FBT003  # the socket module's own signature
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._make_room()
        acceptor = frames.Acceptor(_wiring.key, self._instance, secrets.token_bytes(frames.NONCE_SIZE))
        inbound = _Inbound(sock, acceptor, time.monotonic())
        try:
            sock.send(acceptor.greeting)
        except OSError:
            sock.close()
            return
        self._inbound[sock.fileno()] = inbound
        self._selector.register(sock, selectors.EVENT_READ, lambda mask: self._inbound_ready(inbound, mask))

    def _make_room(self) -> None:
        if len(self._inbound) < MAX_INBOUND:
            return
        strangers = (each for each in self._inbound.values() if not each.acceptor.opened)
        victim = next(strangers, None) or next(iter(self._inbound.values()))
        self.refused["crowded"] += 1
        self._drop_inbound(victim)

    def _inbound_ready(self, inbound: _Inbound, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._flush_inbound(inbound)
        if not mask & selectors.EVENT_READ:
            return
        try:
            data = inbound.socket.recv(RECEIVE_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop_inbound(inbound)
            return
        try:
            events = inbound.acceptor.feed(data)
        except frames.FrameError as error:
            self._refuse(error, str(inbound.sender or "a stranger"))
            self._drop_inbound(inbound)
            return
        self._take(inbound, events)

    def _take(self, inbound: _Inbound, events: list[frames.Event]) -> None:
        last: int | None = None
        for event in events:
            match event:
                case frames.Opened():
                    inbound.sender_instance = event.instance
                    inbound.sender = ActorAddress(address.parse(event.address))
                    last = self._taken.get(event.instance)
                case frames.Received():
                    last = event.sequence
                    self._deliver(inbound, event)
        if last is not None:
            inbound.out += inbound.acceptor.acknowledge(last)
            self._flush_inbound(inbound)

    def _deliver(self, inbound: _Inbound, event: frames.Received) -> None:
        if event.sequence <= self._taken.get(inbound.sender_instance, -1):
            self.refused["repeated"] += 1
            return
        self._taken[inbound.sender_instance] = event.sequence
        self._taken.move_to_end(inbound.sender_instance)
        if len(self._taken) > MAX_PEERS_REMEMBERED:
            self._taken.popitem(last=False)
        message: Any = event.payload
        if event.kind is frames.Kind.CONTROL:
            try:
                message = control.loads(event.payload)
            except pickle.UnpicklingError as error:
                self.refused["unreadable"] += 1
                self._log.warning("control_refused", peer=str(inbound.sender), error=str(error))
                return
        self.received += 1
        self._incoming.append(_Envelope(inbound.sender, message, time.monotonic()))

    def _flush_inbound(self, inbound: _Inbound) -> None:
        try:
            count = inbound.socket.send(inbound.out) if inbound.out else 0
        except BlockingIOError:
            count = 0
        except OSError:
            self._drop_inbound(inbound)
            return
        del inbound.out[:count]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if inbound.out else 0)
        if self._selector.get_key(inbound.socket).events != events:
            self._selector.modify(inbound.socket, events, lambda mask: self._inbound_ready(inbound, mask))

    def _drop_inbound(self, inbound: _Inbound) -> None:
        if self._inbound.pop(inbound.socket.fileno(), None) is not None:
            self._selector.unregister(inbound.socket)
            inbound.socket.close()

    def _refuse(self, error: frames.FrameError, peer: str) -> None:
        self.refused[error.refusal] += 1
        self._log.warning("frame_refused", peer=peer, reason=str(error))

    # -- running -------------------------------------------------------------------------------------------

    def run(self, handler: Any, maximumDuration: timedelta | float | None = None) -> Any:  # noqa: N803
        """Receive and send until the handler returns something false, time is up or `abort_run` is called.

        `handler` None returns the first message; TransmitOnly only sends.
        """
        self._stop_by = None
        sending_only = handler is TransmitOnly or isinstance(handler, TransmitOnly)
        end = None if maximumDuration is None else time.monotonic() + _seconds(maximumDuration)
        while True:
            self._run_callbacks()
            if sending_only:
                if self._all_sent():
                    return 0
            else:
                result = self._hand_over(handler)
                if result is not None:
                    return result
            now = time.monotonic()
            if self._may_stop(now):
                return Thespian__Run_Terminated()
            if end is not None and now >= end:
                return len(self._links) if sending_only else Thespian__Run_Expired()
            self._wait(self._pause(now, end))

    def pump(self, timeout_s: float) -> None:
        """Send and receive once, waiting up to that time; what arrives is kept for `run`."""
        self._run_callbacks()
        pause_s = self._pause(time.monotonic(), time.monotonic() + timeout_s)
        self._wait(min(timeout_s, timeout_s if pause_s is None else pause_s))
        self._run_callbacks()

    def _hand_over(self, handler: Any) -> Any:
        """Deliver everything received; return what ends `run`, or None."""
        while self._incoming:
            envelope = self._incoming.popleft()
            if handler is None:
                return envelope
            self.current_arrived_s = envelope.arrived_s
            result = Thespian__Run_HandlerResult(handler(envelope))
            if not result:
                return result
            self._run_callbacks()
            if self._stop_by is not None:
                return None
        return None

    def _may_stop(self, now: float) -> bool:
        return self._stop_by is not None and (now >= self._stop_by or self._all_sent())

    def _all_sent(self) -> bool:
        return all(link.idle for link in self._links.values())

    def _pause(self, now: float, end: float | None) -> float | None:
        """How long nothing can happen by itself, in seconds."""
        if self._finished or self._incoming:
            return 0
        moments = [self._wakeups[0][0]] if self._wakeups else []
        for link in self._links.values():
            if link.retry_at is not None:
                moments.append(link.retry_at)
            elif link.initiator is not None and not link.initiator.greeted:
                moments.append(link.connecting_since + CONNECT_TIMEOUT_S)
        moments += [moment for moment in (end, self._stop_by) if moment is not None]
        if any(not each.acceptor.opened for each in self._inbound.values()):
            moments.append(now + UNOPENED_TIMEOUT_S)
        return max(0.0, min(moments) - now) if moments else None

    def _wait(self, timeout_s: float | None) -> None:
        for key, mask in self._selector.select(timeout_s):
            callback: Callable[[int], None] = key.data
            if callback == self._watched:
                self._watched(key.fd)
            elif self._selector.get_map().get(key.fd) is not None:
                callback(mask)
        self._check_times(time.monotonic())

    def _check_times(self, now: float) -> None:
        while self._wakeups and self._wakeups[0][0] <= now:
            _due, _number, after, payload = heapq.heappop(self._wakeups)
            self._incoming.append(_Envelope(self.myAddress, WakeupMessage(after, payload), now))
        for link in list(self._links.values()):
            if link.retry_at is not None and link.retry_at <= now:
                link.retry_at = None
                self._push(link)
            elif (
                link.initiator is not None
                and not link.initiator.greeted
                and now - link.connecting_since > CONNECT_TIMEOUT_S
            ):
                self._broken(link, errno.ETIMEDOUT)
        for inbound in [each for each in self._inbound.values() if not each.acceptor.opened]:
            if now - inbound.since > UNOPENED_TIMEOUT_S:
                self.refused["silent"] += 1
                self._drop_inbound(inbound)

    def _woken(self, _mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        if self._child_died:
            self._child_died = False
            self._incoming.append(_Envelope(self.myAddress, ChildMayHaveDied(), time.monotonic()))
        if self._exit_asked:
            self._exit_asked = False
            self._incoming.append(_Envelope(self.myAddress, ActorExitRequest(), time.monotonic()))

    def _watched(self, fd: int) -> None:
        self._incoming.append(_Envelope(self.myAddress, WatchMessage([fd]), time.monotonic()))

    def _run_callbacks(self) -> None:
        while self._finished:
            finished, self._finished = self._finished, []
            for intent, status in finished:
                intent.tx_done(status)


def _listener(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(256)
    sock.setblocking(False)  # noqa: FBT003  # the socket module's own signature
    return sock


def _seconds(duration: timedelta | float) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)

"""The connections peers make to a process, and what strangers may do with its port: next to nothing.

Whoever connects is a stranger until it has proved that it knows the site key. Strangers are bounded in
number, in time and in bytes; when there are too many, the one that has waited longest goes. What is refused
is dropped and counted, the connection is closed, and nobody else notices.

A peer of whom much has been taken and not handled yet is not read for a while: what it says waits in its own
queue, and others are heard.
"""

from __future__ import annotations

import errno
import secrets
import socket
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from thespian.actors import ActorAddress
from thespian.system.transport import ReceiveEnvelope

from actors.engine import address, frames
from actors.engine.frames import FrameError, Refusal
from actors.engine.log import logger
from actors.engine.poller import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from actors.engine.poller import Poller
    from actors.engine.wiring import Identity

CHUNK: Final = 16 * 1024
"""Bytes read at once: about a millisecond of work, so that a burst does not keep other peers waiting."""
MAX_UNHANDLED: Final = 256 * 1024
"""Bytes taken from one connection and not handled yet, from which on it is not read."""
MESSAGE_COST: Final = 32
"""Bytes a message counts beside its payload."""
BACKLOG: Final = 512
ACCEPT_AT_ONCE: Final = 64
MAX_STRANGERS: Final = 512
MAX_PEERS: Final = 2048
MAX_REMEMBERED: Final = 8192
"""Peers whose last number is kept, so that what they send again after a lost connection is recognised."""
STRANGER_TIMEOUT_S: Final = 5.0
PAUSE_S: Final = 0.1
"""How long nobody is let in after the process has run out of descriptors."""
KEEPALIVE_S: Final = 5
"""A peer's host that is silent for about three times this long is taken for gone."""

CROWDED: Final = "crowded"
SILENT: Final = "silent"
REPEATED: Final = "repeated"


@dataclass(slots=True)
class Arrival(ReceiveEnvelope):
    """A received message with the monotonic time since when it may have waited for this process."""

    _sender: ActorAddress
    _message: Any
    arrived_s: float
    source: _Inbound | None = None
    """The connection it came by; None for what this process has told itself."""
    cost: int = 0
    """What it counts for on that connection until it is handled."""

    def opened(self, message: Any) -> None:
        """The payload has been looked into: this is what it holds."""
        self._message = message

    def identify(self) -> str:
        """For Thespian's own log, which asks for it with every message."""
        return f"{type(self._message).__name__} from {self._sender}"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError when the port is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    sock.settimeout(0)
    return sock


class _Inbound:
    """A connection a peer made to us."""

    def __init__(self, sock: socket.socket, acceptor: frames.Acceptor) -> None:
        self.socket = sock
        self.acceptor = acceptor
        self.sender: ActorAddress | None = None
        self.instance = 0
        self.since = monotonic()
        self.out = bytearray()
        self.owed: int | None = None
        """The newest that is to be acknowledged; older acknowledgements add nothing to it."""
        self.unhandled = 0
        self.paused = False
        self.wants = READ


class Incoming:
    """All connections others have made to one process.

    `deliver` gets every message once and in its sender's order, and says `handled` of each. `refuse` gets
    what was dropped and why.
    """

    def __init__(
        self,
        poller: Poller,
        listener: socket.socket,
        identity: Identity,
        deliver: Callable[[frames.Kind, Arrival], None],
        refuse: Callable[[str, str, str], None],
    ) -> None:
        self._poller, self._listener, self._identity = poller, listener, identity
        self._deliver, self._refuse = deliver, refuse
        self._strangers: OrderedDict[_Inbound, None] = OrderedDict()
        self._peers: OrderedDict[_Inbound, None] = OrderedDict()
        self._taken: OrderedDict[int, int] = OrderedDict()
        self._open_again_s: float | None = None
        self._log = logger("evsite.transport")
        self._poller.add(listener.fileno(), self._accept)

    def next_s(self) -> float | None:
        """Monotonic time at which `tick` has something to do."""
        moments = [self._open_again_s] if self._open_again_s is not None else []
        if self._strangers:
            moments.append(next(iter(self._strangers)).since + STRANGER_TIMEOUT_S)
        return min(moments, default=None)

    def tick(self, now: float) -> None:
        """Send away strangers that say nothing; let people in again."""
        while self._strangers:
            oldest = next(iter(self._strangers))
            if now - oldest.since < STRANGER_TIMEOUT_S:
                break
            self._send_away(oldest, SILENT)
        if self._open_again_s is not None and self._open_again_s <= now:
            self._open_again_s = None
            self._poller.want(self._listener.fileno(), READ)

    def handled(self, arrival: Arrival) -> None:
        """A delivered message is done with: its connection may be read again."""
        if (inbound := arrival.source) is not None:
            inbound.unhandled -= arrival.cost
            if inbound.paused and inbound.unhandled <= MAX_UNHANDLED // 2:
                inbound.paused = False
                self._want(inbound)

    def close(self) -> None:
        """Close every connection and the listener."""
        for inbound in (*self._strangers, *self._peers):
            self._drop(inbound)
        self._poller.remove(self._listener.fileno())
        self._listener.close()

    # -- strangers -----------------------------------------------------------------------------------------

    def _accept(self, _mask: int) -> None:
        for _ in range(ACCEPT_AT_ONCE):
            try:
                sock, _peer = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                self._cannot_accept(error)
                return
            self._let_in(sock)

    def _cannot_accept(self, error: OSError) -> None:
        if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
            return  # the caller has hung up already
        self._log.warning("accept_failed", error=str(error), strangers=len(self._strangers))
        for stranger in list(self._strangers):
            self._send_away(stranger, CROWDED)
        self._poller.want(self._listener.fileno(), 0)
        self._open_again_s = monotonic() + PAUSE_S

    def _let_in(self, sock: socket.socket) -> None:
        sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in ((socket.TCP_KEEPIDLE, KEEPALIVE_S), (socket.TCP_KEEPINTVL, KEEPALIVE_S),
                              (socket.TCP_KEEPCNT, 2)):  # fmt: skip
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        mine = self._identity
        acceptor = frames.Acceptor(mine.key, mine.instance, secrets.token_bytes(frames.NONCE_SIZE))
        inbound = _Inbound(sock, acceptor)
        inbound.out += acceptor.greeting
        self._strangers[inbound] = None
        self._poller.add(sock.fileno(), lambda mask: self._ready(inbound, mask))
        self._flush(inbound)
        while len(self._strangers) > MAX_STRANGERS:
            self._send_away(next(iter(self._strangers)), CROWDED)

    def _send_away(self, inbound: _Inbound, why: str) -> None:
        self._refuse(why, str(inbound.sender or "a stranger"), f"connection closed: {why}")
        self._drop(inbound)

    # -- everybody -----------------------------------------------------------------------------------------

    def _ready(self, inbound: _Inbound, mask: int) -> None:
        if mask & READ and inbound.socket.fileno() >= 0:
            self._readable(inbound)
        if mask & WRITE and inbound.socket.fileno() >= 0:
            self._flush(inbound)

    def _readable(self, inbound: _Inbound) -> None:
        if inbound.unhandled >= MAX_UNHANDLED:
            inbound.paused = True
            self._want(inbound)
            return
        try:
            data = inbound.socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(inbound)
            return
        try:
            self._take(inbound, inbound.acceptor.feed(data))
        except FrameError as error:
            self._refuse(error.refusal, str(inbound.sender or "a stranger"), str(error))
            self._drop(inbound)

    def _take(self, inbound: _Inbound, events: Iterable[frames.Event]) -> None:
        last: int | None = None
        for event in events:
            match event:
                case frames.Opened():
                    self._introduced(inbound, event)
                    last = self._taken.get(event.instance, 0)
                case frames.Received():
                    last = event.sequence
                    self._received(inbound, event)
        if last is not None:
            inbound.owed = last
            self._flush(inbound)

    def _introduced(self, inbound: _Inbound, event: frames.Opened) -> None:
        try:
            inbound.sender = ActorAddress(address.parse(event.address))
        except ValueError as error:
            raise FrameError(Refusal.MALFORMED, str(error)) from None
        inbound.instance = event.instance
        self._strangers.pop(inbound, None)
        self._peers[inbound] = None
        if len(self._peers) > MAX_PEERS:
            self._send_away(next(iter(self._peers)), CROWDED)

    def _received(self, inbound: _Inbound, event: frames.Received) -> None:
        assert inbound.sender is not None
        self._peers.move_to_end(inbound)
        if event.sequence <= self._taken.get(inbound.instance, 0):
            self._refuse(REPEATED, str(inbound.sender), f"message {event.sequence} was taken before")
            return
        self._taken[inbound.instance] = event.sequence
        self._taken.move_to_end(inbound.instance)
        if len(self._taken) > MAX_REMEMBERED:
            self._taken.popitem(last=False)
        cost = len(event.payload) + MESSAGE_COST
        inbound.unhandled += cost
        self._deliver(event.kind, Arrival(inbound.sender, event.payload, self._poller.since_s, inbound, cost))

    def _flush(self, inbound: _Inbound) -> None:
        """Send what waits, and what is owed as soon as nothing of what was said before waits."""
        done = False
        while not done:
            if inbound.owed is not None and not inbound.out:
                inbound.out += inbound.acceptor.acknowledge(inbound.owed)
                inbound.owed = None
            try:
                count = inbound.socket.send(inbound.out) if inbound.out else 0
            except BlockingIOError:
                count = 0
            except OSError:
                self._drop(inbound)
                return
            del inbound.out[:count]
            done = bool(inbound.out) or inbound.owed is None
        if inbound.out or inbound.wants != READ:
            self._want(inbound)

    def _want(self, inbound: _Inbound) -> None:
        wants = (0 if inbound.paused else READ) | (WRITE if inbound.out else 0)
        if wants != inbound.wants and inbound.socket.fileno() >= 0:
            inbound.wants = wants
            self._poller.want(inbound.socket.fileno(), wants)

    def _drop(self, inbound: _Inbound) -> None:
        self._strangers.pop(inbound, None)
        self._peers.pop(inbound, None)
        if inbound.socket.fileno() >= 0:
            self._poller.remove(inbound.socket.fileno())
            inbound.socket.close()

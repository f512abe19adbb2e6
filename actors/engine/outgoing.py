"""The connections a process makes: one per peer, with the messages that peer has not taken over yet.

Order is kept and nothing is sent twice: messages carry rising numbers, the peer acknowledges the last it
has taken, and after a lost connection it says how far it got before anything is sent again. That first word
also proves that the peer knows the site key: whoever listens at the port of a process that died is told
nothing.

A message ends in one of Thespian's states: `Sent` (taken over), `DeadTarget` (the process at that address is
gone and has not taken it), `NotSent` (too much waits for a slow peer), `Failed` (the peer's host could not be
reached any more; whether it has taken the message is not known).

One file because a link's states are only clear side by side.
"""

from __future__ import annotations

import errno
import math
import secrets
import socket
from collections import OrderedDict, deque
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from thespian.system.transport import SendStatus

from actors.engine import frames
from actors.engine.log import logger
from actors.engine.poller import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from actors.engine.address import SiteAddress
    from actors.engine.poller import Poller
    from actors.engine.wiring import Identity

CHUNK: Final = 256 * 1024
"""Bytes sealed ahead of what the kernel has taken."""
ANSWER: Final = 4096
"""Bytes read at once: acknowledgements are short, and a large buffer costs a mapping of memory each time."""
MAX_QUEUED_MESSAGES: Final = 4096
MAX_QUEUED_BYTES: Final = 32 * 1024 * 1024
MAX_LINKS: Final = 512
_STREAM: Final = socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
RETRY_MAX_S: Final = 1.0
SILENT_S: Final = 0.1
"""A neighbour that has not greeted by then is called anew, the next time after twice as long.

Who is called at the moment in which the kernel closes a port may be left with a connection that only this
side has, and be told nothing (seen once in some hundred kills, Linux 6.18); calling again is refused.
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one attempt to connect may take, and how long attempts go on.

    The second attempt comes at once, the third after `retry_s`, and each further pause is twice as long.
    """

    connect_s: float
    give_up_s: float
    retry_s: float
    first_s: float = math.inf
    """How long the first attempt may take, and each further one twice as long, `connect_s` at most."""


SAME_HOST: Final = Patience(connect_s=10.0, give_up_s=30.0, retry_s=0.001, first_s=SILENT_S)
"""The kernel says at once when a process is gone; one that is silent has not had its turn.

Nearly at once: of a process that is killed it mostly closes the port last, so that who calls again when the
connection is lost reaches a port that nobody looks after any more, and is refused a millisecond later.
"""
OTHER_HOST: Final = Patience(connect_s=1.5, give_up_s=4.0, retry_s=0.05)
SILENCE_MS: Final = 3000
"""Another host that does not acknowledge bytes for so long is called anew."""


@dataclass(slots=True)
class _Item:
    """One message on its way."""

    intent: Any
    kind: frames.Kind
    payload: bytes
    sequence: int


class _Link:
    """The connection to one peer and what waits for it."""

    def __init__(self, target: SiteAddress, patience: Patience) -> None:
        self.address = target
        self.patience = patience
        self.socket: socket.socket | None = None
        self.initiator: frames.Initiator | None = None
        self.trusted = False
        """The peer has proved that it knows the key and has said what it has taken."""
        self.waiting: deque[_Item] = deque()
        self.unacknowledged: deque[_Item] = deque()
        self.out = bytearray()
        self.queued_bytes = 0
        self.connect_s = patience.first_s
        """How long the next attempt to connect may take."""
        self.called_s = 0.0
        """When the last attempt to connect was begun."""
        self.trouble_since: float | None = None
        self.retry_s = 0.0
        self.wants_write = False
        self.shedding = False

    @property
    def key(self) -> tuple[str, int, int]:
        return self.address.host, self.address.port, self.address.instance

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.unacknowledged


class Outgoing:
    """All links of one process.

    `done` is told what became of each message; `refuse` of frames that are not authentic.
    """

    def __init__(
        self,
        poller: Poller,
        identity: Identity,
        done: Callable[[Any, Any], None],
        refuse: Callable[[frames.FrameError, str], None],
    ) -> None:
        self._poller, self._identity = poller, identity
        self._done, self._refuse = done, refuse
        self._links: OrderedDict[tuple[str, int, int], _Link] = OrderedDict()
        self._due: dict[_Link, float] = {}
        """Links that must have got on, or are to be tried again, by that time."""
        self._last_sequence = 0
        self._log = logger("evsite.transport")
        self.sent = self.shed = 0

    # -- for the transport ---------------------------------------------------------------------------------

    def send(self, intent: Any, kind: frames.Kind, payload: bytes) -> bool:
        """Queue one message for the peer at `intent.targetAddr`; return whether there was room for it."""
        link = self._link_to(intent.targetAddr.addressDetails)
        full = len(link.waiting) + len(link.unacknowledged) >= MAX_QUEUED_MESSAGES
        if full or link.queued_bytes + len(payload) > MAX_QUEUED_BYTES or len(payload) > frames.MAX_PAYLOAD:
            self._shed(link, intent, len(payload))
            return False
        self._last_sequence += 1
        link.waiting.append(_Item(intent, kind, payload, self._last_sequence))
        link.queued_bytes += len(payload)
        if link.socket is None and link not in self._due:
            self._connect(link)
        else:
            self._push(link)
        return True

    def drop(self, concerned: Callable[[SiteAddress], bool], status: Any) -> None:
        """Give up the peers at some addresses: what waits for them ends in this status."""
        for link in [each for each in self._links.values() if concerned(each.address)]:
            self._fail(link, status)

    def bury(self, target: SiteAddress) -> None:
        """A peer is dead: hear what it has said last; what it has not taken ends in `DeadTarget`."""
        link = self._links.get((target.host, target.port, target.instance))
        if link is None:
            return
        while link.socket is not None and link.unacknowledged:
            before = len(link.unacknowledged)
            self._readable(link, link.socket)
            if len(link.unacknowledged) == before:
                break
        self.drop(lambda each: each == target, SendStatus.DeadTarget)

    def withdraw(self, intent: Any) -> bool:
        """Forget a message that has not been sent yet; return whether there was such a one."""
        for link in self._links.values():
            for item in link.waiting:
                if item.intent is intent:
                    link.waiting.remove(item)
                    link.queued_bytes -= len(item.payload)
                    return True
        return False

    def knows(self, target: SiteAddress) -> bool:
        """Whether there is a link to a peer: a connection, or the wish to make one."""
        return (target.host, target.port, target.instance) in self._links

    @property
    def idle(self) -> bool:
        """Whether everything that was said has been taken over."""
        return all(link.idle for link in self._links.values())

    def greeting(self, since: float) -> bool:
        """Whether something waits for a peer that was called after that moment and has not answered yet."""
        return any(
            not link.trusted and link.socket is not None and link.waiting and link.called_s > since
            for link in self._due
        )

    def __len__(self) -> int:
        return len(self._links)

    def pending(self) -> Iterator[tuple[Any, frames.Kind]]:
        """What has not been taken over yet."""
        for link in self._links.values():
            for item in (*link.unacknowledged, *link.waiting):
                yield item.intent, item.kind

    def next_s(self) -> float | None:
        """Monotonic time at which `tick` has something to do."""
        return min(self._due.values()) if self._due else None

    def tick(self, now: float) -> None:
        """Connect again, or give up, where it is time to."""
        for link in [each for each, due in self._due.items() if due <= now]:
            del self._due[link]
            if link.socket is None:
                self._connect(link)
            else:
                self._broken(link, errno.ETIMEDOUT)

    def close(self) -> None:
        """Give up every peer."""
        self.drop(lambda _address: True, SendStatus.Failed)

    # -- queues --------------------------------------------------------------------------------------------

    def _link_to(self, target: SiteAddress) -> _Link:
        key = target.host, target.port, target.instance
        link = self._links.get(key)
        if link is None:
            self._close_idle_links()
            near = target.host == self._identity.address.host
            link = self._links[key] = _Link(target, SAME_HOST if near else OTHER_HOST)
        else:
            self._links.move_to_end(key)
        return link

    def _close_idle_links(self) -> None:
        while len(self._links) >= MAX_LINKS:
            idle = next((each for each in self._links.values() if each.idle), None)
            if idle is None:
                return
            self._forget(idle)

    def _shed(self, link: _Link, intent: Any, size: int) -> None:
        self.shed += 1
        if not link.shedding:
            link.shedding = True
            self._log.warning("messages_shed", peer=str(link.address), queued=link.queued_bytes, size=size)
        self._done(intent, SendStatus.NotSent)
        if link.idle and link.socket is None:
            self._forget(link)

    def _push(self, link: _Link) -> None:
        """Write as much as goes without waiting."""
        if link.trusted and link.initiator is not None:
            while link.waiting and len(link.out) < CHUNK:
                item = link.waiting.popleft()
                link.out += link.initiator.seal(item.kind, item.sequence, item.payload)
                link.unacknowledged.append(item)
        self._flush(link)

    # -- connections ---------------------------------------------------------------------------------------

    def _connect(self, link: _Link) -> None:
        now = monotonic()
        if link.trouble_since is None:
            link.trouble_since = now
        target = link.address.host, link.address.port
        try:
            sock = socket.socket(socket.AF_INET, _STREAM)
        except OSError as error:  # out of descriptors: others will be closed
            self._broken(link, error.errno or errno.EMFILE)
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if link.patience is OTHER_HOST:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_MS)
        code = sock.connect_ex(target)
        if code in (0, errno.EINPROGRESS) and sock.getsockname() == target:
            code = (
                errno.ECONNREFUSED
            )  # nobody listens there, and the kernel gave us that very port to call from
        if code not in (0, errno.EINPROGRESS):
            sock.close()
            self._broken(link, code)
            return
        link.socket, link.called_s = sock, now
        nonce = secrets.token_bytes(frames.NONCE_SIZE)
        mine = self._identity
        link.initiator = frames.Initiator(mine.key, mine.instance, str(mine.address), nonce)
        self._due[link] = now + min(link.connect_s, link.patience.connect_s)
        link.connect_s *= 2
        self._poller.add(sock.fileno(), lambda mask: self._ready(link, sock, mask))

    def _ready(self, link: _Link, sock: socket.socket, mask: int) -> None:
        if mask & READ and link.socket is sock:
            self._readable(link, sock)
        if mask & WRITE and link.socket is sock:
            self._push(link)

    def _readable(self, link: _Link, sock: socket.socket) -> None:
        assert link.initiator is not None
        try:
            data = sock.recv(ANSWER)
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
            # Before it has proved anything it is not the process we mean, but somebody else on its port.
            self._broken(link, errno.EPROTO if link.trusted else errno.ECONNREFUSED)
            return
        for event in events:
            match event:
                case frames.Greeted():
                    self._greeted(link, event.instance)
                case frames.Acknowledged():
                    self._acknowledged(link, event.sequence)
        if link.socket is sock:
            self._push(link)

    def _greeted(self, link: _Link, instance: int) -> None:
        if link.address.instance and instance != link.address.instance:
            self._fail(link, SendStatus.DeadTarget)  # the process we mean is gone, another has its port
        elif link.initiator is not None:
            link.out += link.initiator.open()
            self._due[link] = monotonic() + link.patience.connect_s  # it is there, if it has its turn late

    def _acknowledged(self, link: _Link, sequence: int) -> None:
        for queue in (link.unacknowledged, link.waiting):
            while queue and queue[0].sequence <= sequence:
                item = queue.popleft()
                link.queued_bytes -= len(item.payload)
                self.sent += 1
                self._done(item.intent, SendStatus.Sent)
        if not link.trusted:
            link.trusted = True
            link.waiting.extendleft(reversed(link.unacknowledged))
            link.unacknowledged.clear()
            self._due.pop(link, None)
        link.trouble_since = None
        link.retry_s = 0.0
        link.connect_s = link.patience.first_s
        link.shedding = False

    def _flush(self, link: _Link) -> None:
        if link.socket is None:
            return
        if link.out:
            try:
                count = link.socket.send(link.out)
            except BlockingIOError:
                count = 0
            except OSError as error:
                self._broken(link, error.errno or errno.EIO)
                return
            del link.out[:count]
        wants = bool(link.out)
        if wants != link.wants_write:
            link.wants_write = wants
            self._poller.want(link.socket.fileno(), READ | WRITE if wants else READ)

    def _hang_up(self, link: _Link) -> None:
        if link.socket is not None:
            self._poller.remove(link.socket.fileno())
            link.socket.close()
        link.socket = link.initiator = None
        link.wants_write = link.trusted = False
        link.out.clear()
        self._due.pop(link, None)

    def _forget(self, link: _Link) -> None:
        self._hang_up(link)
        self._links.pop(link.key, None)

    def _broken(self, link: _Link, code: int) -> None:
        """The connection was lost: the peer is dead when nobody listens; it is tried again otherwise."""
        self._hang_up(link)
        now = monotonic()
        if link.trouble_since is None:
            link.trouble_since = now
        if code == errno.ECONNREFUSED:
            self._fail(link, SendStatus.DeadTarget)
        elif link.idle:
            self._forget(link)
        elif now - link.trouble_since >= link.patience.give_up_s:
            self._fail(link, SendStatus.Failed)
        else:
            self._due[link] = now + link.retry_s
            link.retry_s = min(RETRY_MAX_S, max(link.patience.retry_s, link.retry_s * 2))

    def _fail(self, link: _Link, status: Any) -> None:
        self._forget(link)
        if status is SendStatus.Failed and not link.idle:
            count = len(link.unacknowledged) + len(link.waiting)
            self._log.warning("messages_lost", peer=str(link.address), count=count)
        for item in (*link.unacknowledged, *link.waiting):
            self._done(item.intent, status)
        link.unacknowledged.clear()
        link.waiting.clear()

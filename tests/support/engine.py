"""Transports pumped by hand, a wire that can be cut, attackers, and running actor systems that always end."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from thespian.actors import ActorAddress
from thespian.system.transport import ReceiveEnvelope, TransmitIntent

from actors.engine import frames, messages
from actors.engine.address import SiteAddress, text_of
from actors.engine.client import Client
from actors.engine.system import Host, System, reap_session
from actors.engine.transport import ExternalCopy, Transport, Wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from actors.engine.base import SiteActor
    from actors.engine.messages import TreeNode

KEY = bytes(range(32))
WIRING = Wiring(key=KEY)
NOBODY = ActorAddress(SiteAddress("127.0.0.1", 9, 0))


# -- transports --------------------------------------------------------------------------------------------


def transport(wiring: Wiring = WIRING) -> Transport:
    """A transport of nobody in particular; to be closed."""
    return Transport(ExternalCopy(NOBODY, wiring))


@contextlib.contextmanager
def transports(count: int, wiring: Wiring = WIRING) -> Iterator[list[Transport]]:
    """Some transports of one site, closed in the end."""
    made = [transport(wiring) for _ in range(count)]
    try:
        yield made
    finally:
        for each in made:
            each.close()


class Fate(list[Any]):
    """What became of one message; empty while it is on its way."""


def send(
    sender: Transport, receiver: Transport | ActorAddress, message: Any, *, urgent: bool = False
) -> Fate:
    """Hand a message to the sender's transport."""
    target = receiver if isinstance(receiver, ActorAddress) else receiver.myAddress
    fate = Fate()
    intent = TransmitIntent(
        target,
        message,
        onSuccess=lambda status, _intent: fate.append(status),
        onError=lambda status, _intent: fate.append(status),
    )
    if urgent:
        intent.urgent = True
    sender.scheduleTransmit(None, intent)
    return fate


def pump(*parts: Any, until: Callable[[], Any], within_s: float = 10.0) -> None:
    """Let all parts work in turn until something holds. Raises AssertionError when it never does."""
    end = time.monotonic() + within_s
    while not until():
        assert time.monotonic() < end, "it never happened"
        for part in parts:
            part.pump(0)


def take(receiver: Transport) -> list[ReceiveEnvelope]:
    """Everything that has arrived."""
    taken = []
    while isinstance(envelope := receiver.run(None, 0), ReceiveEnvelope):
        taken.append(envelope)
    return taken


def payloads(receiver: Transport) -> list[Any]:
    """The messages that have arrived."""
    return [envelope.message for envelope in take(receiver)]


class Reader:
    """Takes what arrives at a transport as it comes, as an actor would."""

    def __init__(self, receiver: Transport) -> None:
        self._receiver = receiver
        self.taken: list[Any] = []

    def pump(self, timeout_s: float) -> None:
        """Let the transport work, and take what has arrived."""
        self._receiver.pump(timeout_s)
        self.taken += payloads(self._receiver)


class Wire:
    """A TCP relay in front of a transport that loses its connections where a seed says so."""

    def __init__(self, receiver: Transport, seed: int, cuts: int, every_bytes: int = 20_000) -> None:
        self.details: SiteAddress = receiver.myAddress.addressDetails
        self._random = random.Random(seed)
        self._every = every_bytes
        self.cuts_left = cuts
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(0)
        port = self._listener.getsockname()[1]
        self.address = ActorAddress(SiteAddress("127.0.0.1", port, self.details.instance))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._left = self._next()

    def _next(self) -> int:
        return self._random.randrange(1, 2 * self._every)

    def pump(self, _timeout_s: float) -> None:
        """Pass on what there is, a piece at a time; cut when it is time to."""
        with contextlib.suppress(BlockingIOError):
            near, _ = self._listener.accept()
            self._pairs.append((near, socket.create_connection((self.details.host, self.details.port))))
        for pair in list(self._pairs):
            for source, sink in (pair, pair[::-1]):
                if pair in self._pairs:
                    self._relay(pair, source, sink)

    def _relay(self, pair: tuple[socket.socket, socket.socket], source: socket.socket, sink: Any) -> None:
        source.settimeout(0)
        try:
            data = source.recv(self._random.randrange(1, 4096))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        keep = len(data)
        if self.cuts_left and self._left < keep:
            keep = self._left
        self._left -= len(data)
        with contextlib.suppress(OSError):
            sink.settimeout(None)
            sink.sendall(data[:keep])
        if not data:
            self._hang_up(pair)
        elif self.cuts_left and self._left <= 0:
            self.cuts_left -= 1
            self._left = self._next()
            self._hang_up(pair, rudely=self._random.random() < 0.5)

    def _hang_up(self, pair: tuple[socket.socket, socket.socket], *, rudely: bool = False) -> None:
        for end in pair:
            if rudely:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
        self._pairs.remove(pair)

    def close(self) -> None:
        """Hang up everything."""
        for pair in list(self._pairs):
            self._hang_up(pair)
        self._listener.close()


# -- attackers ---------------------------------------------------------------------------------------------


class Peer:
    """One end of a connection, spoken by hand: with the right key a peer, with a wrong one an attacker."""

    def __init__(self, target: SiteAddress, key: bytes = KEY, *, address: str = "127.0.0.1:9:1") -> None:
        self.socket = socket.create_connection((target.host, target.port), timeout=5)
        self.initiator = frames.Initiator(key, 0x7E57, address, bytes(frames.NONCE_SIZE))
        self.said = b""

    def say(self, data: bytes) -> None:
        """Send raw bytes."""
        self.said += data
        self.socket.sendall(data)

    def greet(self) -> None:
        """Read the greeting."""
        greeting = b""
        while len(greeting) < frames.GREETING_SIZE:
            greeting += self.socket.recv(frames.GREETING_SIZE - len(greeting))
        self.initiator.feed(greeting)

    def open(self) -> None:
        """Introduce ourselves."""
        self.say(self.initiator.open())

    def send(self, kind: frames.Kind, sequence: int, payload: bytes) -> None:
        """Send one sealed frame."""
        self.say(self.initiator.seal(kind, sequence, payload))

    def hung_up(self) -> bool:
        """Whether the other end has closed the connection."""
        self.socket.settimeout(0)
        try:
            while self.socket.recv(65536):
                pass
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# -- systems -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def system(host: Host | None = None) -> Iterator[System]:
    """A running system without actors, of which nothing is left in the end, whatever happens."""
    made = System(host or Host())
    try:
        yield made
    finally:
        made.close()
        reap_session(made.admin_pid)


@contextlib.contextmanager
def running(
    root: type[SiteActor], config: dict[str, Any] | None = None, *, host: Host | None = None
) -> Iterator[tuple[System, Client]]:
    """A tree that has started, and somebody outside who talks to it."""
    root.before_fork(config or {})
    with system(host) as made, Client(text_of(made.create(root)), made.wiring) as client:
        first = messages.Start(path="site", lineage="site#0", config=config or {})
        client.ask("", first, deadline_s=60)
        reply = client.ask("", messages.AwaitReady(), deadline_s=60)
        assert isinstance(reply, messages.AwaitReadyReply), reply
        yield made, client


def eventually(holds: Callable[[], Any], within_s: float = 10.0) -> Any:
    """Look again until something is true, and return it. Raises AssertionError when it never is."""
    end = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {within_s:g} s"
        time.sleep(0.005)
    return found


def nodes(tree: TreeNode | None, prefix: str = "") -> dict[str, TreeNode]:
    """Every actor of a tree by its path."""
    if tree is None:
        return {}
    path = f"{prefix}{tree.name}"
    found = {path: tree}
    for child in tree.children:
        found |= nodes(child, f"{path}/")
    return found


def pids(client: Client) -> dict[str, int]:
    """The process of every running actor by its path; empty while one of them does not run."""
    found = nodes(client.tree())
    if not all(node.state == "Running" for node in found.values()):
        return {}
    return {path: node.pid for path, node in found.items() if node.pid is not None}


def listeners(pid: int) -> list[tuple[str, int]]:
    """Address and port of every TCP socket a process listens on, by the kernel's account."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            target = str(entry.readlink())
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, _, port = fields[1].partition(":")
                found.append((address, int(port, 16)))
    return found


LOOPBACK = "0100007F"
"""127.0.0.1 as the kernel writes it."""

"""A running actor system, seen from the process that starts it: our system base under Thespian's.

How its processes begin, are tied together and end: `processes`. Who creates actors: `admin`, `manager`.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self

from thespian.actors import ActorAddress, ActorSystem, ActorSystemFailure
from thespian.system.messages.admin import SystemShutdown, SystemShutdownCompleted
from thespian.system.messages.multiproc import EndpointConnected
from thespian.system.systemBase import ExternalOpsToActors
from thespian.system.transport import ExternalInterfaceTransportInit, ReceiveEnvelope, TransmitIntent

from actors.engine import transport
from actors.engine.admin import admin_main
from actors.engine.log import logger
from actors.engine.processes import fork, parent_of, reap_session, session_processes
from actors.engine.transport import CONVENTION_CAPABILITY, PORT_CAPABILITY, Transport, Wiring

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ActorSystemFailure",
    "Host",
    "System",
    "SystemBase",
    "Unshared",
    "free_port",
    "reap_session",
    "session_processes",
]

START_TIMEOUT_S: Final = 10.0
PORT_ATTEMPTS: Final = 5


class SystemBase(ExternalOpsToActors):
    """Starts the admin of this host and talks to it from outside the actor system.

    Thespian's own would join whatever system listens at the admin's port; this one is the starter of its
    system or none. Raises ActorSystemFailure when it cannot be started.
    """

    def __init__(self, capabilities: dict[str, Any]) -> None:
        admin = Transport.getAdminAddr(capabilities)
        if Transport.probeAdmin(admin):
            raise ActorSystemFailure(f"{admin} is in use")
        channel = Transport(ExternalInterfaceTransportInit(), capabilities)
        super().__init__(admin, channel)
        try:
            self.admin_pid = self._start_admin(channel, capabilities)
        except BaseException:
            channel.close()
            raise

    def _start_admin(self, channel: Transport, capabilities: dict[str, Any]) -> int:
        pid = fork(None, lambda: admin_main(self.adminAddr, channel.myAddress, capabilities))
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            received = channel.run(None, 0.05)
            if isinstance(received, ReceiveEnvelope) and isinstance(received.message, EndpointConnected):
                return pid
            if os.waitpid(pid, os.WNOHANG) != (0, 0):
                raise ActorSystemFailure(f"the admin process ended at once: is {self.adminAddr} in use?")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise ActorSystemFailure(f"the admin process did not start within {START_TIMEOUT_S:g} s")

    def shut_down(self, within_s: float) -> None:
        """Ask the admin to end every actor in order; return when it has, or when the time is up."""
        failed: list[Any] = []
        wish = TransmitIntent(self.adminAddr, SystemShutdown(), onError=lambda *_: failed.append(True))
        self.transport.scheduleTransmit(None, wish)
        end = time.monotonic() + within_s
        while not failed and time.monotonic() < end:
            received = self.transport.run(None, min(0.05, max(0.0, end - time.monotonic())))
            if isinstance(received, ReceiveEnvelope):
                failed += [True] if isinstance(received.message, SystemShutdownCompleted) else []
        self.transport.close()


@dataclass(frozen=True, slots=True)
class Host:
    """How this host takes part in a site.

    `address` is listened on (loopback unless several hosts form the site), `port` is the admin's (0: any free
    one), `leader` is `host:port` of the site's leading host where there are several, `capabilities` names
    what this host carries (`{"evse:3": True}`), `key` authenticates all traffic: a random one by default.
    Raises ValueError for a leader without a key: a site of several hosts has one key.
    """

    address: str = "127.0.0.1"
    port: int = 0
    key: bytes = field(default=b"", repr=False)
    leader: str | None = None
    capabilities: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.leader and not self.key:
            raise ValueError("a host that joins others needs the key of their site")


class System:
    """A running actor system, seen from the process that started it.

    Use as a context manager; leaving it ends every process of the system, after `SHUTDOWN_S` by force.
    Errors: thespian's ActorSystemFailure when the admin cannot be started.
    """

    SHUTDOWN_S: Final = 4.0
    """After this time processes are killed."""
    ORDERLY_S: Final = 3.5
    """How long actors may take to end in their own order."""
    LAST_S: Final = 0.9
    """How long the kernel may take to end what was killed."""

    def __init__(self, host: Host) -> None:
        self._log = logger("evsite.system")
        self._closed = False
        self.wiring = Wiring(host=host.address, key=host.key or secrets.token_bytes(32))
        transport.wire(self.wiring)
        self.host = replace(host, key=self.wiring.key)
        self._base = self._started(PORT_ATTEMPTS if host.port == 0 else 1)
        self.admin_pid = self._base.admin_pid

    def _started(self, attempts: int) -> SystemBase:
        """Start the admin; on a port of its own choosing, somebody else may be quicker."""
        free = self.host.port == 0
        while True:
            attempts -= 1
            port = free_port(self.host.address) if free else self.host.port
            capabilities: dict[str, Any] = {**(self.host.capabilities or {}), PORT_CAPABILITY: port}
            if self.host.leader:
                capabilities[CONVENTION_CAPABILITY] = self.host.leader
            try:
                base = SystemBase(capabilities)
            except ActorSystemFailure:
                if not attempts:
                    raise
                continue
            self._actors = Unshared(capabilities)
            self._actors.attach(base)
            self.host = replace(self.host, port=port)
            return base

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def create(self, kind: type, requirements: Any = None) -> ActorAddress:
        """Create a top-level actor."""
        return self._actors.createActor(kind, requirements)

    def processes(self) -> list[int]:
        """The ids of all processes of this system that live."""
        return list(session_processes(self.admin_pid))

    def actors_alive(self) -> list[int]:
        """The ids of the living processes that run actors: all but the admin's."""
        return [pid for pid in session_processes(self.admin_pid) if pid != self.admin_pid]

    @property
    def alive(self) -> bool:
        """Whether a top-level actor lives. Without one nothing below it does."""
        return any(parent_of(pid) == self.admin_pid for pid in self.actors_alive())

    def close(self) -> None:
        """End every process of the system: in order as far as they follow, by force after that."""
        if self._closed:
            return
        self._closed = True
        end = time.monotonic() + self.SHUTDOWN_S
        self._base.shut_down(self.ORDERLY_S)
        while time.monotonic() < end and not self._reaped():
            time.sleep(0.01)
        left = reap_session(self.admin_pid)
        if left:
            self._log.warning("killed_at_shutdown", pids=left)
            end = time.monotonic() + self.LAST_S
            while time.monotonic() < end and not self._reaped():
                time.sleep(0.01)

    def _reaped(self) -> bool:
        """Whether no process is left, the admin's entry in the process table included."""
        try:
            gone = os.waitpid(self.admin_pid, os.WNOHANG)[0] != 0
        except ChildProcessError:
            gone = True
        return gone and not self.processes()


class Unshared(ActorSystem):
    """Thespian's facade without its process-wide singleton."""

    def __init__(self, capabilities: dict[str, Any]) -> None:
        self._isTransientUnique = True
        self._systemBase: Any = None
        self.capabilities = capabilities
        self.systemAddress = ActorAddress("/ActorSys")

    def attach(self, base: Any) -> None:
        """Set the base once it exists; it needs this object to be made."""
        self._systemBase = base


def free_port(address: str) -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])

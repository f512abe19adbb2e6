"""Our system base under Thespian's: how actor processes are started, watched and ended on one host.

What it changes against Thespian's multiprocTCPBase:

- **deaths**: every child is reaped by its own process id; children that die together are all reported, also
  those that die before their first sign of life, and the exit status is kept for the supervisor's record;
- **orphans**: every process asks the kernel to be killed when its parent dies (PR_SET_PDEATHSIG), so a dead
  supervisor takes its subtree along and a dead starter the whole site; `reap_session` clears what a
  predecessor may have left;
- **forking**: os.fork from the thread-free main thread; the child closes every inherited descriptor but
  standard streams, freezes the inherited heap and never returns into its parent's frames;
- **logging**: each process logs by itself (structlog); Thespian's logger process is not started.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import secrets
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import structlog
from thespian.actors import ActorAddress, ActorSystem, ActorSystemFailure, ChildActorExited
from thespian.system.actorManager import ActorManager
from thespian.system.messages.multiproc import EndpointConnected
from thespian.system.multiprocCommon import MultiProcReplicator, multiprocessCommon
from thespian.system.systemAdmin import ThespianAdmin
from thespian.system.systemCommon import actorStartupFailed
from thespian.system.transport import ReceiveEnvelope, TransmitIntent
from thespian.system.utilis import checkActorCapabilities

from actors.engine import transport
from actors.engine.transport import CONVENTION_CAPABILITY, PORT_CAPABILITY, Endpoint, Transport, Wiring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_libc = ctypes.CDLL(None, use_errno=True)
START_TIMEOUT_S: Final = 10.0
FIRST_INHERITED_FD: Final = 3


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel SIGKILL this process when its parent dies; leave at once if it is dead already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def _name_process(name: str) -> None:
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def describe_status(status: int) -> str:
    """A wait status in words: `exit code 1`, `killed by SIGKILL`."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(number).name}"
        return f"killed by signal {number}"
    return f"exit code {os.WEXITSTATUS(status)}"


@dataclass(slots=True)
class _Child:
    """A forked process this one is responsible for. Thespian reads childNum and sets childRealAddr."""

    pid: int
    childAddr: ActorAddress  # noqa: N815  # Thespian's name
    childNum: int | None  # noqa: N815  # Thespian's name
    childRealAddr: ActorAddress | None = None  # noqa: N815  # Thespian's name


def _become_child(parent_pid: int, inherited: list[int]) -> None:
    """First steps of a freshly forked process."""
    die_with_parent(parent_pid)
    gc.freeze()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for fd in inherited:
        with contextlib.suppress(OSError):
            os.close(fd)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Replicator(MultiProcReplicator):
    """What admin and actors share: forking children and noticing their deaths."""

    transport: Any
    asLogger: Any  # noqa: N815  # Thespian's name

    @property
    def _children_forked(self) -> list[_Child]:
        if not hasattr(self, "_child_procs"):
            self._child_procs: list[_Child] = []
        return self._child_procs

    def _startChildActor(  # noqa: N802  # Thespian's name
        self,
        childAddr: ActorAddress,  # noqa: N803
        childClass: Any,  # noqa: N803
        globalName: str | None,  # noqa: N803
        parentAddr: ActorAddress,  # noqa: N803
        notifyAddr: ActorAddress,  # noqa: N803
        childRequirements: Any = None,  # noqa: N803
        sourceHash: None = None,  # noqa: ARG002, N803  # loading code from peers is not offered
        sourceToLoad: None = None,  # noqa: ARG002, N803  # as above
    ) -> None:
        """Fork the process of one actor."""
        if not checkActorCapabilities(childClass, self.capabilities, childRequirements, None):
            from thespian.actors import NoCompatibleSystemForActor  # noqa: PLC0415

            raise NoCompatibleSystemForActor(childClass, "no host of the site has what it requires")
        endpoint = self.transport.prepEndpoint(childAddr, self.capabilities)
        name = (
            childClass
            if isinstance(childClass, str)
            else f"{childClass.__module__}.{childClass.__qualname__}"
        )
        sys.stdout.flush()
        sys.stderr.flush()
        parent_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            _run_child(
                _become_child, (parent_pid, self.transport.fds()),
                _actor_main, (name, globalName, endpoint, parentAddr, self._adminAddr, notifyAddr,
                              childRequirements, self.capabilities),
            )  # fmt: skip
        self._children_forked.append(_Child(pid, childAddr, endpoint.addrInst))

    def childDied(self) -> bool:  # noqa: N802  # Thespian's name
        """Reap every child that has ended and report each of them, once."""
        for child in list(self._children_forked):
            try:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = child.pid, 0
            if pid == 0:
                continue
            self._children_forked.remove(child)
            self._report_death(child, describe_status(status))
        return True

    def _report_death(self, child: _Child, reason: str) -> None:
        address = child.childRealAddr
        self.note_exit(child.pid, reason)
        if address is not None:
            self._receive_from_self(ChildActorExited(address))
        elif child.childNum is not None:
            self._child_never_started(child.childNum)

    def _receive_from_self(self, message: object) -> None:
        self.transport.scheduleTransmit(None, TransmitIntent(self.transport.myAddress, message))

    def _child_never_started(self, number: int) -> None:
        self._retryPendingChildOperations(number, None)
        self._drain_receive_queue()

    def _drain_receive_queue(self) -> None:
        raise NotImplementedError

    def note_exit(self, pid: int, reason: str) -> None:
        """Keep why a child ended until its supervisor asks."""

    def _childExited(self, _address: ActorAddress) -> None:  # noqa: N802  # Thespian's name
        """Thespian drops every dead child here when it hears of one; ours are reaped by id in childDied."""

    def signalChildDied(self, _number: int, _frame: object) -> None:  # noqa: N802  # Thespian's name
        self.transport.interrupt_wait(check_children=True)

    def child_pids(self) -> list[int]:
        """The process ids of children not yet reaped."""
        return [child.pid for child in self._children_forked]


class Admin(_Replicator, ThespianAdmin):
    """One per host: creates top-level actors and speaks for the host in a site of several hosts."""

    def _drain_receive_queue(self) -> None:
        while self._receiveQueue:
            self.handleIncoming(self._receiveQueue.pop(0))

    def _child_never_started(self, number: int) -> None:
        from thespian.system.messages.admin import PendingActorResponse  # noqa: PLC0415

        for request in self._pendingChildren.pop(number, []):
            self._sendPendingActorResponse(
                request, None, errorCode=PendingActorResponse.ERROR_Invalid_ActorClass,
                errorStr="the process ended before it was ready",
            )  # fmt: skip
        super()._child_never_started(number)

    def _cleanupAdmin(self, finish: Any) -> None:  # noqa: N802  # Thespian's name
        """Last step of a shutdown; Thespian would end its logger process first."""
        for child in self._children_forked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
        finish()


class Manager(_Replicator, ActorManager):
    """One per actor process: Thespian's side of the actor."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.exit_notes: dict[int, str] = {}

    def note_exit(self, pid: int, reason: str) -> None:
        """Keep the newest thousand."""
        self.exit_notes[pid] = reason
        while len(self.exit_notes) > 1000:  # noqa: PLR2004  # only the newest are of interest
            self.exit_notes.pop(next(iter(self.exit_notes)))

    def _drain_receive_queue(self) -> None:
        while self._receiveQueue:
            self._handleOneMessage(self._receiveQueue.pop(0))

    def actor_send_fail(self, _result: Any, intent: Any) -> None:
        """Tell the actor what could not be delivered; Thespian would send it to the admin as dead letter."""
        if isinstance(intent.message, EndpointConnected):
            self.leave()
        elif isinstance(intent.message, bytes) and self.actorInst is not None:
            self.actorInst.on_undeliverable(intent.targetAddr, intent.message)

    def _sayGoodbye(self) -> None:  # noqa: N802  # Thespian's name
        """Say nothing: the parent reaps this process, and only then knows how it ended."""

    def leave(self) -> None:
        """End this process when what it has said is sent, whatever its children do: the kernel ends them."""
        self._exiting = True
        self.transport.abort_run(drain=True)

    @property
    def arrived_s(self) -> float:
        """Monotonic time at which the message in hand reached this process."""
        return float(getattr(self.transport, "current_arrived_s", time.monotonic()))


def _run_child(prepare: Any, prepare_args: tuple[Any, ...], main: Any, args: tuple[Any, ...]) -> None:
    """Run a forked process to its end; never returns into the parent's frames."""
    code = 70
    try:
        prepare(*prepare_args)
        code = main(*args)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001  # nothing may escape into the frames of the parent
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _actor_main(
    name: str,
    global_name: str | None,
    endpoint: Endpoint,
    parent: ActorAddress,
    admin: ActorAddress,
    notify: ActorAddress,
    requirements: Any,
    capabilities: dict[str, Any],
) -> int:
    channel = Transport(endpoint)
    manager = Manager(
        name, global_name, channel, None, None, parent, admin, requirements, capabilities, None, None
    )
    manager.asLogger = channel.myAddress  # Thespian refuses to create children without one; nobody logs to it
    channel.scheduleTransmit(
        None,
        TransmitIntent(notify, EndpointConnected(endpoint.addrInst)).addCallback(
            onFailure=actorStartupFailed
        ),
    )
    _name_process(name.rpartition(".")[-1])
    signal.signal(signal.SIGCHLD, manager.signalChildDied)
    signal.signal(signal.SIGTERM, lambda *_: channel.interrupt_wait(signal_shutdown=True))
    manager.run()
    return int(getattr(manager.actorInst, "exit_code", 0)) if manager.actorInst else 1


def _admin_main(address: ActorAddress, starter: ActorAddress, capabilities: dict[str, Any]) -> int:
    os.setsid()
    channel = Transport(Endpoint(None, address, address))
    admin = Admin(channel, address, capabilities, None, None)
    admin.addrOfStarter = starter
    admin.asLogger = channel.myAddress
    _name_process("evsite-admin")
    signal.signal(signal.SIGCHLD, admin.signalChildDied)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    channel.scheduleTransmit(None, TransmitIntent(starter, EndpointConnected(0)))
    admin._activate()  # noqa: SLF001  # what Thespian does when its logger has started
    admin.run()
    return 0


class SystemBase(multiprocessCommon):
    """Starts the admin of this host and talks to it from outside the actor system."""

    transportType = Transport  # noqa: N815  # Thespian's name

    def __init__(self, system: Any, logDefs: Any = None) -> None:  # noqa: N803  # Thespian's name
        system.capabilities["Thespian ActorSystem Name"] = "evsite"
        system.capabilities["Thespian ActorSystem Version"] = 2
        system.capabilities["Thespian Watch Supported"] = True
        self.admin_pid = 0
        super().__init__(system, logDefs)

    def _startAdmin(  # noqa: N802  # Thespian's name
        self,
        adminAddr: ActorAddress,  # noqa: N803
        addrOfStarter: ActorAddress,  # noqa: N803
        capabilities: dict[str, Any],
        logDefs: Any,  # noqa: ARG002, N803
    ) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        parent_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            _run_child(
                _become_admin, (parent_pid,),
                _admin_main, (adminAddr, addrOfStarter, capabilities),
            )  # fmt: skip
        self.admin_pid = pid
        response = self.transport.run(None, START_TIMEOUT_S)
        if not isinstance(response, ReceiveEnvelope) or not isinstance(response.message, EndpointConnected):
            raise ActorSystemFailure(f"the admin process {pid} did not start within {START_TIMEOUT_S} s")


def _become_admin(parent_pid: int) -> None:
    _become_child(parent_pid, [])
    _let_go_of_descriptors()


def _let_go_of_descriptors() -> None:
    """Point every inherited descriptor but the standard streams at /dev/null.

    Closing them would free their numbers for our sockets, and whatever object of the starter still holds
    such a number (a captured sys.stdout, a log file) would write into the middle of our frames.
    """
    for name, number in (("stdout", 1), ("stderr", 2)):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if getattr(sys, name).fileno() != number:
                setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False, buffering=1))  # noqa: PTH123, SIM115
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for entry in list(Path("/proc/self/fd").iterdir()):
        fd = int(entry.name)
        if fd >= FIRST_INHERITED_FD and fd != null:
            with contextlib.suppress(OSError):  # the listing's own descriptor is closed by now
                os.fstat(fd)
                os.dup2(null, fd, inheritable=False)
    os.close(null)


@dataclass(frozen=True, slots=True)
class Host:
    """How this host takes part in a site.

    `address` is listened on (loopback unless several hosts form the site), `port` is the admin's (0: any free
    one), `leader` is `host:port` of the site's leading host where there are several, `capabilities` names
    what this host carries (`{"evse:3": True}`), `key` authenticates all traffic.
    """

    address: str = "127.0.0.1"
    port: int = 0
    key: bytes = b""
    leader: str | None = None
    capabilities: Mapping[str, Any] | None = None


class System:
    """A running actor system, seen from the process that started it.

    Use as a context manager; leaving it ends every process of the system, after `SHUTDOWN_S` by force.
    Errors: thespian's ActorSystemFailure when the admin cannot be started.
    """

    SHUTDOWN_S: Final = 4.0

    def __init__(self, host: Host) -> None:
        self.host = Host(
            address=host.address, port=host.port or free_port(host.address),
            key=host.key or secrets.token_bytes(32), leader=host.leader, capabilities=host.capabilities,
        )  # fmt: skip
        transport.wire(Wiring(host=self.host.address, key=self.host.key))
        capabilities: dict[str, Any] = dict(self.host.capabilities or {})
        capabilities[PORT_CAPABILITY] = self.host.port
        if self.host.leader:
            capabilities[CONVENTION_CAPABILITY] = self.host.leader
        self._actors = Unshared(capabilities)
        self._base = SystemBase(self._actors)
        self._actors.attach(self._base)
        self.admin_pid = self._base.admin_pid
        self._closed = False
        self._log = structlog.get_logger("evsite.system")

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
        return any(_parent_of(pid) == self.admin_pid for pid in self.actors_alive())

    def close(self) -> None:
        """End every process of the system: in order as far as they follow, by force after that."""
        if self._closed:
            return
        self._closed = True
        end = time.monotonic() + self.SHUTDOWN_S
        with contextlib.suppress(Exception):
            self._actors.shutdown()
        while time.monotonic() < end and not self._reaped():
            time.sleep(0.01)
        left = reap_session(self.admin_pid)
        if left:
            self._log.warning("killed_at_shutdown", pids=left)
        self._reaped()

    def _reaped(self) -> bool:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.admin_pid, os.WNOHANG)
        return not self.processes()


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


def session_processes(session: int) -> Iterator[int]:
    """The ids of the living processes of a session; zombies do not count."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            stat = (entry / "stat").read_text(encoding="ascii", errors="replace")
            fields = stat.rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                yield int(entry.name)


def _parent_of(pid: int) -> int | None:
    with contextlib.suppress(OSError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return int(stat.rpartition(")")[2].split()[1])
    return None


def reap_session(session: int) -> list[int]:
    """SIGKILL what is left of a session and return the ids. The session must be one that we started."""
    left = list(session_processes(session))
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left

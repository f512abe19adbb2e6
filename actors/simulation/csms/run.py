"""Runs a simulated back-end in the foreground: ports, control, record and view, until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import secrets
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from actors.exits import OutputError
from actors.simulation.csms.backend import Backend
from actors.simulation.csms.contexts import server_context
from actors.simulation.csms.control import Control
from actors.simulation.csms.server import Server, take_nobody_new

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Iterator

    from actors.simulation.csms.authority import Authority
    from actors.simulation.csms.record import Entry
    from actors.simulation.csms.script import Script

LOOPBACK: Final = "127.0.0.1"
FILES: Final = 4096
STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """Where stations may come in, and with which security profile; None: 0 or 1."""

    host: str = LOOPBACK
    port: int = 9000
    security_profile: int | None = None

    def url(self, port: int) -> str:
        """What a station is given, without its identity."""
        secure = self.security_profile is not None and self.security_profile > 1
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if secure else 'ws'}://{host}:{port}/"

    @property
    def profile_text(self) -> str:
        """The security profile, for people."""
        return "0 or 1" if self.security_profile is None else str(self.security_profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run is given."""

    script: Script
    authority: Authority | None = None
    pki: pathlib.Path | None = None
    ports: tuple[Port, ...] = (Port(),)
    control_port: int | None = 9001
    token: str | None = None
    ping_s: float | None = None
    for_s: float | None = None
    """End after so many seconds."""


@dataclass(frozen=True, slots=True)
class Started:
    """Where it listens."""

    stations: tuple[tuple[str, str], ...]
    """URL and security profile of each port."""
    control: str | None


class PortError(Exception):
    """A port cannot be had; the text says which and why."""


async def run(
    setting: Setting, write: Callable[[Entry], None], started: Callable[[Started], None]
) -> Backend:
    """Run until a signal comes or the time is over. PortError, CertificateError, OutputError."""
    backend = Backend(setting.script, setting.authority, prefix=secrets.token_hex(3))
    end = _End()
    told: list[Callable[[Entry], None]] = [end.watched(write)]

    def all_told(entry: Entry) -> None:
        for each in told:
            each(entry)

    server = Server(backend, all_told, ping_s=setting.ping_s)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: server.troubled(context))
    allow_files()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        urls = [(await _listen(server, port, setting.pki), port.profile_text) for port in setting.ports]
        address = None
        if setting.control_port is not None:
            control = Control(server, setting.token)
            told.append(control.add)
            address = await _serve_control(stack, control, setting.control_port)
        started(Started(tuple(urls), address))
        await end.wait(setting.for_s)
    if end.trouble is not None:
        raise end.trouble
    return backend


def allow_files(wanted: int = FILES) -> None:
    """Have so many files and sockets allowed, if the system lets us: every station is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _listen(server: Server, port: Port, pki: pathlib.Path | None) -> str:
    context = server_context(port.security_profile, pki, server.refused)
    try:
        return port.url(await server.listen(port.host, port.port, port.security_profile, context))
    except OSError as error:
        raise PortError(f"{port.host}:{port.port}: {_reason(error)}; see --port") from None


def _reason(error: OSError) -> str:
    """What the system says; asyncio puts a sentence of its own around it."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else str(error)


class _Uvicorn(uvicorn.Server):
    """One that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def _serve_control(stack: contextlib.AsyncExitStack, control: Control, port: int) -> str:
    """Serve the control; its address."""
    taken = socket.socket()
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((LOOPBACK, port))
        taken.listen()  # whoever is told that it is there can connect at once
    except OSError as error:
        taken.close()
        raise PortError(f"{LOOPBACK}:{port}: {error.strerror}; see --control") from None
    app: Any = control.app
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1, ws="none"
    )
    web = _Uvicorn(config)
    task = asyncio.create_task(web.serve([taken]))

    async def end() -> None:
        await take_nobody_new([taken])
        web.should_exit = True
        await task

    stack.push_async_callback(end)
    return f"http://{LOOPBACK}:{taken.getsockname()[1]}"


class _End:
    """What ends a run: a signal, the time, or that nobody takes in what is shown."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self.trouble: OutputError | None = None

    def watched(self, write: Callable[[Entry], None]) -> Callable[[Entry], None]:
        """The same, but it ends the run when the output takes no more."""

        def watched(entry: Entry) -> None:
            if self.trouble is not None:
                return
            try:
                write(entry)
            except OutputError as error:
                self.trouble = error
                self._stop.set()

        return watched

    async def wait(self, for_s: float | None) -> None:
        """Wait for a signal, or so long."""
        loop = asyncio.get_running_loop()
        for each in STOPPING:
            loop.add_signal_handler(each, self._stop.set)
        try:
            await asyncio.wait_for(self._stop.wait(), for_s)
        except TimeoutError:
            pass  # the time is over
        finally:
            for each in STOPPING:
                loop.remove_signal_handler(each)

"""A simulated back-end on loopback, in the loop of the test, and stations that talk to it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import json
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect

from actors.simulation.csms.backend import Backend
from actors.simulation.csms.contexts import server_context
from actors.simulation.csms.script import Script
from actors.simulation.csms.server import Server
from certs import pki
from tests.support.ev_sockets import living_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from actors.simulation.csms.record import Entry

VERSIONS = ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"]


def within(seconds: float, make: Callable[[], Any]) -> Any:
    """Run a coroutine in a loop of its own, with an end to its time."""

    async def timed() -> Any:
        return await asyncio.wait_for(make(), seconds)

    return asyncio.run(timed())


@functools.cache
def written_world(directory: str) -> Path:
    """A test PKI of today as files."""
    folder = Path(directory) / "pki"
    for name, file in pki.files(living_world(), with_broken=False).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return folder


@dataclass
class Served:
    """A server that listens, and what it has written down."""

    server: Server
    port: int
    secure: bool
    entries: list[Entry] = field(default_factory=list)

    def url(self, station: str = "cp-1") -> str:
        """Where the station goes."""
        return f"{'wss' if self.secure else 'ws'}://127.0.0.1:{self.port}/{station}"

    def station(self, name: str = "cp-1", **more: Any) -> Any:
        """A station that connects."""
        more.setdefault("subprotocols", VERSIONS)
        return connect(self.url(name), proxy=None, ping_interval=None, close_timeout=0.1, **more)

    def kinds(self) -> list[str]:
        """The kinds of entries so far."""
        return [entry.kind.value for entry in self.entries]

    async def until(self, fits: Callable[[Entry], bool]) -> Entry:
        """Wait until something is in the record."""
        while True:
            for entry in self.entries:
                if fits(entry):
                    return entry
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def serving(
    script: dict[str, Any] | None = None,
    *,
    profile: int | None = None,
    directory: Path | None = None,
    write: Callable[[Entry], None] | None = None,
    ping_s: float | None = None,
) -> AsyncIterator[Served]:
    """A back-end that listens on loopback until the block ends."""
    entries: list[Entry] = []
    backend = Backend(Script.model_validate(script or {}), None, prefix="t")
    server = Server(backend, write or entries.append, ping_s=ping_s)
    context = server_context(profile, directory, server.refused)
    port = await server.listen("127.0.0.1", 0, profile, context)
    try:
        yield Served(server, port, context is not None, entries)
    finally:
        await server.close()


async def call(
    station: Any, action: str, payload: dict[str, Any] | None = None, message_id: str = "m"
) -> Any:
    """Ask the back-end; the next message from it, decoded."""
    await station.send(json.dumps([2, message_id, action, payload or {}]))
    return json.loads(await station.recv())


def basic(name: str, password: str) -> dict[str, str]:
    """The header of basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def client_context(directory: Path, *, certificate: bool = False) -> ssl.SSLContext:
    """TLS as a station speaks it, with its certificate or without."""
    context = ssl.create_default_context(cafile=directory / "ca/csms/CSMS_ROOT_CA.pem")
    if certificate:
        leaf = directory / "client/csms/CSMS_LEAF"
        context.load_cert_chain(leaf.with_suffix(".pem"), leaf.with_suffix(".key"))
    return context

"""Takes connections in for the Gateway's thread: no more than it can bear, none that says nothing.

uvicorn speaks HTTP and WebSocket, but what a stranger may cost is decided here: how many there are, how long
a TLS handshake and the head of a request may take. So its own server is not used, only its protocols.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from actors.gateway import rpc

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

HANDSHAKE_S: Final = 10.0
HEAD_S: Final = 10.0
"""So long a connection may be without a request under way."""
SWEEP_S: Final = 1.0
MAX_HEAD: Final = 16 * 1024
"""Bytes of a request's head."""
PING_S: Final = 20.0
"""A WebSocket peer that does not answer a ping for so long is gone."""
BACKLOG: Final = 64
MAX_UNSENT: Final = 128 * 1024 * 1024
"""Bytes that wait for all peers together; while it is more who reads slowly is not waited for."""
FULL_S: Final = 0.1
"""So long nobody is taken in when there are too many."""


class Wire(WebSocketsSansIOProtocol):
    """A WebSocket whose application may cut it: a peer that does not read would hold a close back."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **more: Any
    ) -> None:
        super().__init__(config, server_state, {**app_state, "cut": self._cut}, **more)

    def _cut(self) -> None:
        self.transport.abort()


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)  # noqa: FBT003  # its only parameter
    except BaseException:
        listening.close()
        raise
    return listening


@dataclass(slots=True, eq=False)
class _Link:
    socket: socket.socket
    transport: asyncio.Transport | None = None
    protocol: H11Protocol | None = None
    idle_since_s: float = 0.0
    cycle: RequestResponseCycle | None = None
    """The last request that was seen."""
    unsent: int = 0
    """Bytes that waited for the peer when it was looked at last."""

    def moved(self, transport: asyncio.Transport, protocol: H11Protocol, *, patient: bool) -> bool:
        """Whether a request has come since it was looked at last, or is under way.

        `patient`: or the peer has read on.
        """
        cycle, unsent = protocol.cycle, transport.get_write_buffer_size()
        another, reads = cycle is not self.cycle, patient and unsent < self.unsent
        self.cycle, self.unsent = cycle, unsent
        return another or reads or _busy(cycle)


class Listener:
    """Serves an ASGI application to at most `most` connections."""

    def __init__(self, app: Callable[..., Any], most: int, tls: ssl.SSLContext | None) -> None:
        self._most, self._tls = most, tls
        self._links: list[_Link] = []
        self._admitting: set[asyncio.Task[None]] = set()
        for name in ("uvicorn.error", "uvicorn.access"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # strangers do not write into our log
        self._config = Config(
            app,
            loop="none",
            http="h11",
            ws=Wire,
            ws_max_size=rpc.MAX_BYTES,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            ws_per_message_deflate=False,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=MAX_HEAD,
        )
        self._config.load()
        self._state = ServerState()

    async def serve(self, listening: socket.socket) -> None:
        """Take connections in until cancelled; then all are closed."""
        loop = asyncio.get_running_loop()
        sweeping = loop.create_task(self._sweep())
        try:
            while True:
                if len(self._alive()) >= self._most:
                    await asyncio.sleep(FULL_S)
                    continue
                await _somebody(listening)
                try:
                    link = _Link(listening.accept()[0], idle_since_s=loop.time())
                except OSError:  # it went before we came, or there are no descriptors left
                    await asyncio.sleep(FULL_S)
                    continue
                self._links.append(link)
                task = loop.create_task(self._admit(link))
                self._admitting.add(task)
                task.add_done_callback(self._admitting.discard)
        finally:
            sweeping.cancel()
            listening.close()
            self._shut_down()

    def _alive(self) -> list[_Link]:
        self._links = [each for each in self._links if each.socket.fileno() >= 0]
        return self._links

    async def _admit(self, link: _Link) -> None:
        link.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.protocol = H11Protocol(self._config, self._state, {}, asyncio.get_running_loop())
        protocol = link.protocol
        try:
            link.transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol,
                link.socket,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else HANDSHAKE_S,
            )
        except (OSError, ValueError):  # of TLS, too; it has gone or says nonsense
            link.socket.close()

    async def _sweep(self) -> None:
        """End what has no request under way for too long, however busily it says half a head.

        Between two looks a request may have come and gone; one whose answer is still being read is not over.
        """
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            patient = sum(link.unsent for link in self._alive()) <= MAX_UNSENT
            for link in self._alive():
                if link.transport is None or link.protocol is None:
                    continue  # its handshake has a time-out of its own
                upgraded = link.transport.get_protocol() is not link.protocol
                if upgraded or link.moved(link.transport, link.protocol, patient=patient):
                    link.idle_since_s = loop.time()
                elif loop.time() - link.idle_since_s >= HEAD_S:
                    link.transport.abort()

    def _shut_down(self) -> None:
        for task in self._admitting:
            task.cancel()
        for link in self._alive():
            if link.transport is not None and link.transport.is_closing():
                link.transport.abort()  # told to end it a second time, TLS could no more be aborted
        for connection in list(self._state.connections):
            with contextlib.suppress(Exception):  # of whatever kind: it is to end anyway
                connection.shutdown()
        for link in self._alive():
            if link.transport is None:
                continue
            if not link.transport.is_closing() and not link.transport.get_write_buffer_size():
                link.transport.close()  # only once, as above
            link.transport.abort()  # nobody waits for who does not read, or says no good-bye in TLS


async def _somebody(listening: socket.socket) -> None:
    """Wait until somebody comes. asyncio's `sock_accept` loses whom it has when it is cancelled."""
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(listening, there.set)
    try:
        await there.wait()
    finally:
        loop.remove_reader(listening)


def _busy(cycle: RequestResponseCycle | None) -> bool:
    return cycle is not None and not cycle.response_complete

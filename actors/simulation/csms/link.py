"""One connection of a station: how long it may take to begin, and what waits to be done with it."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from actors.simulation.csms.effects import Close, Cut, Effect, Freeze, Say

BROKEN: Final = frozenset({1002, 1003, 1007, 1009})
"""With these codes we end a connection on which something came that is no websocket's."""
OPENING_S: Final = 10.0
"""So long a connection may take to ask for its upgrade."""
MAX_SILENT: Final = 500
"""So many connections may wait with it; another one is cut off."""
MAX_OUTBOX: Final = 10_000
"""A station that takes nothing in is cut off when so many messages wait for it."""
MAX_OUTBOX_CHARACTERS: Final = 16 * 1024 * 1024
"""Or when they are so long, all together."""

if TYPE_CHECKING:
    from websockets.asyncio.server import Server
    from websockets.server import ServerProtocol


class Connection(ServerConnection):
    """A connection that is cut off when it does not ask for its upgrade in time.

    `opening_s` may be another one for tests.
    """

    opening_s = OPENING_S
    silent: ClassVar[weakref.WeakSet[Connection]] = weakref.WeakSet()
    """Those that have not asked yet."""

    def __init__(self, protocol: ServerProtocol, server: Server, **more: Any) -> None:
        super().__init__(protocol, server, **more)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP, and TLS if there is any, are ready."""
        super().connection_made(transport)
        self.silent.add(self)
        if len(self.silent) > MAX_SILENT:
            self.transport.abort()
        self._patience = self.loop.call_later(self.opening_s, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.has_asked()
        super().connection_lost(exc)

    def has_asked(self) -> None:
        """The request for an upgrade has come."""
        self.silent.discard(self)
        if self._patience is not None:
            self._patience.cancel()

    @property
    def peer(self) -> str:
        """Who it is, for people: the address, and the name in a client certificate."""
        host, port = (self.remote_address or ("nobody", 0))[:2]  # who has gone again has no address
        certificate: Any = self.transport.get_extra_info("peercert") or {}
        names = [
            value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"
        ]
        shown = f" certificate of {names[-1]}" if names else ""
        return f"from {host}:{port}{shown}"


class Ending(NamedTuple):
    """How a connection has ended."""

    text: str
    """The close code, and what was said with it; 1006: the other side said nothing."""
    problem: str
    """What the station did that no websocket may."""


def ending_of(connection: ServerConnection) -> Ending:
    """How a connection has ended."""
    theirs, ours = connection.protocol.close_rcvd, connection.protocol.close_sent
    if theirs is not None:
        return Ending(f"{theirs.code} {theirs.reason}".strip(), "")
    if ours is None:
        return Ending("1006", "")
    said = f"{ours.code} {ours.reason}".strip()
    return Ending(f"1006 (we said {said})", f"websocket: {said}" if ours.code in BROKEN else "")


class Link:
    """What waits to be done with one connection, in order."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._outbox: asyncio.Queue[Effect] = asyncio.Queue(MAX_OUTBOX)
        self._characters = 0

    def put(self, effect: Effect) -> None:
        """Have something done."""
        self._characters += _size(effect)
        if self._outbox.full() or self._characters > MAX_OUTBOX_CHARACTERS:
            self._connection.transport.abort()
        else:
            self._outbox.put_nowait(effect)

    async def write(self) -> None:
        """Do it all, until the connection ends."""
        with suppress(ConnectionClosed):
            while True:
                effect = await self._outbox.get()
                await self._do(effect)
                self._characters -= _size(effect)

    async def _do(self, effect: Effect) -> None:
        connection = self._connection
        match effect:
            case Say(data=data, fragments=fragments):
                await connection.send(data if fragments == 1 else pieces(data, fragments))
            case Close(code=code, reason=reason):
                await connection.close(code, reason)
            case Cut():
                connection.transport.abort()
            case Freeze():
                connection.transport.pause_reading()


def _size(effect: Effect) -> int:
    return len(effect.data) if isinstance(effect, Say) else 0


def pieces(data: str | bytes, count: int) -> list[Any]:
    """The message in so many parts, none of them empty."""
    size = max(-(-len(data) // count), 1)
    return [data[start : start + size] for start in range(0, len(data), size)]

"""The websocket server of a simulated back-end: carries out what the core wants, on an asyncio loop."""

from __future__ import annotations

import asyncio
import itertools
import logging
import weakref
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from websockets.asyncio.server import Server as Listener
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from actors.simulation.csms.door import Knock
from actors.simulation.csms.effects import Effect, Outcome, Settle, Write
from actors.simulation.csms.link import OPENING_S, Connection, Link, ending_of
from actors.simulation.csms.record import Kind
from protocols.ocpp.frames import MAX_FRAME_BYTES

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping

    from websockets.http11 import Request, Response

    from actors.simulation.csms.backend import Backend
    from actors.simulation.csms.door import Admission
    from actors.simulation.csms.record import Entry
    from protocols.ocpp.frames import Payload

HANDSHAKE_S: Final = 120
"""A fault may let a station wait for its upgrade."""
MAX_TROUBLES: Final = 100
CLOSE_S: Final = 2
"""So long the other side may take to agree to a close."""
TURNS: Final = 5
"""Of the loop, within which whom it has accepted is a connection."""


async def take_nobody_new(sockets: Iterable[Any]) -> None:
    """To be done before a server of asyncio closes: it loses the socket of whom it is just accepting."""
    loop = asyncio.get_running_loop()
    for each in sockets:
        loop.remove_reader(each)
    for _ in range(TURNS):
        await asyncio.sleep(0)


class Server:
    """Runs a back-end. Every entry of its record goes to `write`."""

    def __init__(
        self,
        backend: Backend,
        write: Callable[[Entry], None],
        *,
        ping_s: float | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.backend, self._write, self._ping_s, self._clock = backend, write, ping_s, clock
        self._listeners: list[Listener] = []
        self._links: dict[int, Link] = {}
        self._admissions: weakref.WeakKeyDictionary[ServerConnection, Admission] = weakref.WeakKeyDictionary()
        self._timer: asyncio.TimerHandle | None = None
        self._tickets: dict[int, asyncio.Future[Outcome]] = {}
        self._numbers = itertools.count(1)
        self._ending = asyncio.Event()
        self._troubles: set[str] = set()

    async def listen(
        self, host: str, port: int, security_profile: int | None, context: ssl.SSLContext | None
    ) -> int:
        """Take stations in at an address; the port, which 0 leaves to the system. OSError."""
        secured: dict[str, Any] = {} if context is None else {"ssl_handshake_timeout": OPENING_S}
        listener = await serve(
            self._serve,
            host,
            port,
            ssl=context,
            create_connection=Connection,
            process_request=partial(self._knock, security_profile),
            select_subprotocol=self._subprotocol,
            server_header=None,
            compression=None,
            max_size=MAX_FRAME_BYTES,
            open_timeout=HANDSHAKE_S,
            close_timeout=CLOSE_S,
            ping_interval=self._ping_s,
            ping_timeout=self._ping_s,
            logger=_quiet(),
            **secured,
        )
        self._listeners.append(listener)
        port_: int = next(iter(listener.sockets)).getsockname()[1]
        return port_

    async def close(self) -> None:
        """Close every connection with 1001, and the ports; cut off who has not asked for one, TLS apart."""
        await take_nobody_new(taken for listener in self._listeners for taken in listener.sockets)
        self._ending.set()
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(Connection.silent):
            if connection.server in self._listeners:
                connection.transport.abort()
        for listener in self._listeners:
            listener.close()
        for listener in self._listeners:
            await listener.wait_closed()

    async def ask(self, station: str, action: str, payload: Payload) -> Outcome:
        """Send a call to a station and wait for what becomes of it."""
        ticket = next(self._numbers)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._tickets[ticket] = future
        self.backend.ask(station, action, payload, self._clock(), ticket=ticket)
        self.flush()
        return await future

    def troubled(self, context: Mapping[str, Any]) -> None:
        """The loop could not do something, as when no more files may be opened: it is told once."""
        text = f"{context.get('message', '')}: {context.get('exception')!r}"
        if text not in self._troubles and len(self._troubles) < MAX_TROUBLES:
            self._troubles.add(text)
            self.backend.hub.note(Kind.FAILED, self._clock(), text=text)
            self.flush()

    # handshake

    def refused(self, why: str) -> None:
        """A TLS handshake has failed."""
        self.backend.hub.note(Kind.REFUSED, self._clock(), text=f"TLS: {why}")
        self.flush()

    async def _knock(
        self, security_profile: int | None, connection: ServerConnection, request: Request
    ) -> Response | None:
        cast("Connection", connection).has_asked()
        headers = request.headers
        knock = Knock(
            path=request.path,
            offered=[
                name.strip() for line in headers.get_all("Sec-WebSocket-Protocol") for name in line.split(",")
            ],
            authorization=next(iter(headers.get_all("Authorization")), None),
            security_profile=security_profile,
        )
        admission = self.backend.knock(knock, self._clock())
        self.flush()
        if not admission.granted:
            response = connection.respond(admission.status, f"{admission.reason}\n")
            if admission.status is HTTPStatus.UNAUTHORIZED:
                response.headers["WWW-Authenticate"] = 'Basic realm="csms"'
            return response
        if admission.hold_s:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), admission.hold_s)
        self._admissions[connection] = admission
        return None

    def _subprotocol(self, connection: ServerConnection, _offered: object) -> Subprotocol | None:
        chosen = self._admissions[connection].subprotocol
        return None if chosen is None else Subprotocol(chosen)

    # one connection

    async def _serve(self, connection: ServerConnection) -> None:
        admission = self._admissions.pop(connection)
        peer = cast("Connection", connection).peer
        number = self.backend.connected(admission, self._clock(), peer)
        link = self._links[number] = Link(connection)
        writer = asyncio.create_task(link.write())
        self.flush()
        try:
            async for data in connection:
                self.backend.received(number, data, self._clock())
                self.flush()
        except ConnectionClosed:
            pass  # what it was closed with is told below
        except Exception as error:
            self.backend.broken(error, self._clock(), number)
            raise  # the station is told 1011
        finally:
            writer.cancel()
            del self._links[number]
            ending = ending_of(connection)
            self.backend.closed(number, ending.text, self._clock(), problem=ending.problem)
            self.flush()

    # what the core wants

    def flush(self) -> None:
        """Do what the core wants, and see when it wants to be asked again."""
        for effect in self.backend.take():
            self._do(effect)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self.backend.due) is not None:
            wait_s = max((due - self._clock()).total_seconds(), 0)
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        try:
            self.backend.tick(self._clock())
        except Exception as error:  # noqa: BLE001  # what else is due is still to be done
            self.backend.broken(error, self._clock())
        self.flush()

    def _do(self, effect: Effect) -> None:
        match effect:
            case Write():
                self._write(effect.entry)
            case Settle():
                future = self._tickets.pop(effect.ticket)
                if not future.done():
                    future.set_result(effect.outcome)
            case _:
                if (link := self._links.get(effect.connection)) is not None:
                    link.put(effect)


def _quiet() -> logging.Logger:
    """The library's own log: what matters is in the record."""
    logger = logging.getLogger("evsite.csms")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)
    return logger

"""What the thread of the Gateway serves, and how: pages, WebSockets, requests over plain HTTP.

    GET  /  /static/...          the web page
    WS   /ws                     JSON-RPC
    POST /rpc                    JSON-RPC, one text
    GET  /healthz                whether the site runs; for everybody
    GET  /schema.json            the OpenRPC document; for everybody
    GET  /metrics                for Prometheus
    GET  /evidence/SESSION       what was written down of a session, as one file

It decides nothing about what is said: that is the hub's, in the actor.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from actors.gateway import bridge, rpc
from actors.gateway.effects import Close, Send, Silent
from actors.gateway.guard import Refusal
from actors.gateway.listener import Listener
from actors.gateway.method import Scope

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.websockets import WebSocket

    from actors.gateway.bridge import Bridge, ToDoor
    from actors.gateway.guard import Guard

    Handler = Callable[[Request], Awaitable[Response]]

BODY_S: Final = 10.0
"""So long the body of a request may take."""
ANSWER_S: Final = 330.0
"""No method takes longer."""
CUT_S: Final = 2.0
"""So long a peer may take to agree to a close."""
AHEAD: Final = 32
"""Texts of one connection that wait for the actor; the rest waits at the peer."""
GOODBYE_S: Final = 0.5
GOING_AWAY: Final = 1001
JSON: Final = "application/json"
HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
TRY_LATER: Final = 1013
HTTP_OF_CLOSE: Final = {TRY_LATER: HTTPStatus.SERVICE_UNAVAILABLE}
"""What a connection that the hub has closed means over plain HTTP; else: forbidden."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page."""

    media_type: str
    body: bytes


@dataclass(slots=True, eq=False)
class _Line:
    """The way out to one peer."""

    texts: asyncio.Queue[Send] = field(default_factory=asyncio.Queue)
    ahead: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AHEAD))
    end: asyncio.Future[Close | Silent] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def hear(self, item: Send | Close | Silent | bridge.Took) -> None:
        """What the actor says about this connection."""
        match item:
            case Send():
                self.texts.put_nowait(item)
            case bridge.Took():
                self.ahead.release()
            case _:
                _resolve(self.end, item)


class Refused(Exception):  # noqa: N818  # it is an answer, not an error of ours
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class Door:
    """Runs in a thread of its own; what is said goes over the bridge that `run` is given.

    `bundle` gives the evidence of a session, and may take its time.
    """

    def __init__(
        self,
        guard: Guard,
        files: Mapping[str, File],
        *,
        bundle: Callable[[str], bytes | None],
        most: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._guard, self._bundle = guard, bundle
        self._lines: dict[int, _Line] = {}
        self._sockets: set[asyncio.Task[None]] = set()
        self._asked: dict[int, asyncio.Future[bridge.Told]] = {}
        self._numbers = itertools.count(time.monotonic_ns() // 1000)  # none is a predecessor's
        self._bridge: Bridge | None = None
        self._leaving = asyncio.Event()
        self._packing = asyncio.Lock()
        handlers: list[tuple[str, str, Handler]] = [
            *(("GET", path, partial(self._file, file)) for path, file in files.items()),
            ("POST", "/rpc", self._rpc),
            ("GET", "/healthz", partial(self._ask, "healthz", None)),
            ("GET", "/schema.json", partial(self._ask, "schema", None)),
            ("GET", "/metrics", partial(self._ask, "metrics", Scope.OBSERVE)),
            ("GET", "/evidence/{session}", self._evidence),
        ]
        routes = [Route(path, self._guarded(handler), methods=[method]) for method, path, handler in handlers]
        app = Starlette(routes=[WebSocketRoute("/ws", self._ws), *routes])
        self._listener = Listener(app, most, tls)

    async def run(self, way: Bridge, listening: socket.socket) -> None:
        """Serve until `Leave`."""
        self._bridge = way
        serving = asyncio.get_running_loop().create_task(self._listener.serve(listening))
        leaving = asyncio.get_running_loop().create_task(self._leaving.wait())
        await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for line in self._lines.values():
            _resolve(line.end, Close(0, GOING_AWAY, "the Gateway ends"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await asyncio.gather(*self._sockets, return_exceptions=True)
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    def hear(self, items: Sequence[ToDoor]) -> None:
        """What the actor says; in this thread."""
        for item in items:
            match item:
                case bridge.Told():
                    if (asked := self._asked.get(item.number)) is not None:
                        _resolve(asked, item)
                case bridge.Knock():
                    self._say(bridge.Beat(item.number))
                case bridge.Leave():
                    self._leaving.set()
                case _ if (line := self._lines.get(item.connection)) is not None:
                    line.hear(item)

    def _say(self, item: bridge.FromDoor) -> None:
        assert self._bridge is not None
        self._bridge.say(item)

    # -- WebSocket -----------------------------------------------------------------------------------------

    async def _ws(self, socket: WebSocket) -> None:
        headers = dict(socket.headers)
        scopes = self._guard.refusal(headers) or self._guard.scopes(headers)
        if isinstance(scopes, Refusal):
            await socket.send_denial_response(_error(scopes.status, scopes.text))
            return
        await socket.accept()
        serving = asyncio.create_task(self._talk(socket, scopes))
        self._sockets.add(serving)
        serving.add_done_callback(self._sockets.discard)
        await serving

    async def _talk(self, socket: WebSocket, scopes: frozenset[Scope] | None) -> None:
        number, line = next(self._numbers), _Line()
        self._lines[number] = line
        self._say(bridge.Opened(number, _host(socket), scopes, push=True))
        sending = asyncio.create_task(self._write(socket, line))
        reading = asyncio.create_task(self._read(socket, number, line))
        try:
            awaited: list[asyncio.Future[Any]] = [sending, reading, line.end]
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._lines[number]
            self._say(bridge.Gone(number))
            for task in (sending, reading):
                task.cancel()
            await asyncio.gather(sending, reading, return_exceptions=True)
            if line.end.done() and isinstance(end := line.end.result(), Close):
                await _hang_up(socket, line, end)

    async def _write(self, socket: WebSocket, line: _Line) -> None:
        while True:
            send = await line.texts.get()
            await socket.send_text(send.text)
            self._say(bridge.Written(send.connection, send.size))

    async def _read(self, socket: WebSocket, number: int, line: _Line) -> None:
        while (message := await socket.receive())["type"] == "websocket.receive":
            await line.ahead.acquire()
            data = message.get("text")
            self._say(bridge.Came(number, message["bytes"] if data is None else data))

    # -- HTTP ----------------------------------------------------------------------------------------------

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            refusal = self._guard.refusal(dict(request.headers))
            try:
                response = await handler(request) if refusal is None else _error(*refusal)
            except Refused as refused:
                response = _error(refused.status, refused.text)
            except ClientDisconnect:
                response = _error(HTTPStatus.BAD_REQUEST, "half a request")
            except Exception as error:  # noqa: BLE001  # one request, not everybody's connections
                self._say(bridge.Trouble(f"{request.url.path}: {type(error).__name__}: {error}"))
                response = _error(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of the Gateway; its log has it")
            response.headers.update(HEADERS)
            return response

        return guarded

    def _allowed(self, request: Request) -> frozenset[Scope]:
        """What who asks may do. Raises Refused."""
        scopes = self._guard.scopes(dict(request.headers))
        if scopes is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "a token is needed: Authorization: Bearer TOKEN")
        if isinstance(scopes, Refusal):
            raise Refused(scopes.status, scopes.text)
        return scopes

    async def _file(self, file: File, _request: Request) -> Response:
        return Response(file.body, media_type=file.media_type)

    async def _ask(self, what: str, scope: Scope | None, request: Request) -> Response:
        if scope is not None:
            self._need(scope, request)
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._say(bridge.Asked(number, what))
        try:
            told = await asyncio.wait_for(self._asked[number], BODY_S)
        except TimeoutError:
            raise Refused(HTTPStatus.GATEWAY_TIMEOUT, "the site does not answer") from None
        finally:
            del self._asked[number]
        return Response(told.body, told.status, media_type=told.media_type)

    async def _evidence(self, request: Request) -> Response:
        self._need(Scope.OBSERVE, request)
        session = request.path_params["session"]
        async with self._packing:  # each takes much memory
            found = await asyncio.to_thread(self._bundle, session)
        if found is None:
            raise Refused(HTTPStatus.NOT_FOUND, "nothing was written down of such a session")
        headers = {"content-disposition": f'attachment; filename="evidence-{session}.zip"'}
        return Response(found, headers=headers, media_type="application/zip")

    def _need(self, scope: Scope, request: Request) -> None:
        if scope not in self._allowed(request):
            raise Refused(HTTPStatus.FORBIDDEN, f"this token does not allow {scope}")

    async def _rpc(self, request: Request) -> Response:
        scopes = self._allowed(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type is to be {JSON}")
        body = await _body(request)
        number, line = next(self._numbers), _Line()
        self._lines[number] = line
        self._say(bridge.Opened(number, _host(request), scopes, push=False))
        self._say(bridge.Came(number, body))
        answer = asyncio.create_task(line.texts.get())
        leaving = asyncio.ensure_future(request.receive())  # the body is read: it can only go
        awaited: list[asyncio.Future[Any]] = [answer, leaving, line.end]
        try:
            await asyncio.wait(awaited, timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._lines[number]
            self._say(bridge.Gone(number))
            leaving.cancel()
            answer.cancel()
        return _answered(answer, line.end)


async def _hang_up(socket: WebSocket, line: _Line, end: Close) -> None:
    """Send what is still to be sent, unless that is why it ends, and close."""
    asyncio.get_running_loop().call_later(CUT_S, socket.scope["state"]["cut"])
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):  # it has gone meanwhile
        async with asyncio.timeout(CUT_S):
            while end.code != TRY_LATER and not line.texts.empty():
                await socket.send_text(line.texts.get_nowait().text)
            await socket.close(end.code, end.reason)


def _answered(answer: asyncio.Task[Send], end: asyncio.Future[Close | Silent]) -> Response:
    """What a request over plain HTTP has come to."""
    if answer.done() and not answer.cancelled():
        return Response(answer.result().text, media_type=JSON)
    if not end.done():
        return _error(HTTPStatus.GATEWAY_TIMEOUT, "no answer in time")
    if isinstance(ended := end.result(), Silent):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return _error(HTTP_OF_CLOSE.get(ended.code, HTTPStatus.FORBIDDEN), ended.reason)


def _resolve(future: asyncio.Future[Any], value: object) -> None:
    if not future.done():
        future.set_result(value)


def _error(status: HTTPStatus, text: str) -> Response:
    headers = {"www-authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else None
    return Response(f"{text}\n", status, headers, "text/plain; charset=utf-8")


def _host(connection: Request | WebSocket) -> str:
    return connection.client.host if connection.client is not None else ""


async def _body(request: Request) -> bytes:
    """The body, of bounded length and within a bounded time. Raises Refused."""
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                data += piece
                if len(data) > rpc.MAX_BYTES:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {rpc.MAX_BYTES} bytes")
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, f"the body takes more than {BODY_S:g} s") from None
    return bytes(data)

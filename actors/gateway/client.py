"""A client of the Gateway for programs in Python. Nothing of the engine is imported.

    with GatewayClient("http://127.0.0.1:8080", token=...) as site:
        site.ev_plug_in(1, behaviour="iso15118-2")
        for news in site.subscribe(["site"]):      # the snapshot first
            print(news.topic, news.data)

Every method of the Gateway is one of the client, with its types (`client_methods`); `call` takes any.
One thread reads; any thread may call. Errors: `CallError` for what the Gateway refuses, with its code;
`ConnectionEnded` when the connection is gone, which `GatewayClient` does not mend by itself.
"""

from __future__ import annotations

import itertools
import json
import queue
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import connect

from actors.gateway.client_methods import Methods
from actors.gateway.whereabouts import said_where

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    Handler = Callable[..., Any]

CALL_S: Final = 330.0
"""No method takes longer."""
CONNECT_S: Final = 10.0
MAX_BYTES: Final = 8 * 1024 * 1024
MAX_NEWS: Final = 10_000
"""Who does not take news for so long has lost the connection."""
REFUSED: Final = -32603
NO_HANDLER: Final = -32601
"""Codes of JSON-RPC 2.0."""
FAILED: Final = -32000
"""Ours: a command that is not carried out."""


class CallError(Exception):
    """The Gateway has refused a request, or an actor has. `data` as docs/gateway.md has it."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} ({code})")
        self.code, self.message, self.data = code, message, data


class CommandError(Exception):
    """To be raised by a handler: the command fails, and `reason` says why: docs/gateway-roles.md."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class ConnectionEnded(Exception):  # noqa: N818  # it says what is, and is caught by that name
    """The connection is gone, or could not be made."""


@dataclass(frozen=True, slots=True)
class News:
    """Something of a topic; `snapshot`: as it stood when the listening began."""

    topic: str
    data: Any
    snapshot: bool = False


@dataclass(slots=True)
class _Waiting:
    """A request that has not been answered."""

    done: threading.Event
    answer: dict[str, Any] | None = None


def url_of(state: Path) -> str:
    """Where the Gateway of a state directory is. Raises ConnectionEnded when none says so."""
    if (url := said_where(state)) is None:
        raise ConnectionEnded(f"{state} has no Gateway")
    return url


class GatewayClient(Methods):
    """A connection to the Gateway at `url` (http or https). `tls`: with what to check its certificate."""

    def __init__(self, url: str, *, token: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._open = ExitStack()
        try:
            self._socket = self._open.enter_context(
                connect(
                    f"{url.rstrip('/').replace('http', 'ws', 1)}/ws",
                    additional_headers=headers,
                    ssl=tls,
                    open_timeout=CONNECT_S,
                    max_size=MAX_BYTES,
                    compression=None,
                    proxy=None,
                )
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed) as error:
            raise ConnectionEnded(f"{url}: {error}") from error
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, _Waiting] = {}
        self._news: queue.Queue[News | None] = queue.Queue(MAX_NEWS)
        self._handlers: dict[str, Handler] = {}
        self._roles: dict[str, Mapping[str, Handler]] = {}
        self._ended: str | None = None
        self._reader = threading.Thread(target=self._read, name="gateway client", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._open.close()
        self._reader.join()

    # -- asking --------------------------------------------------------------------------------------------

    def call(self, method: str, /, *, within_s: float = CALL_S, **params: Any) -> Any:
        """The result of a method. Raises CallError, ConnectionEnded, TimeoutError."""
        waiting = _Waiting(threading.Event())
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = waiting
        self._send({"id": number, "method": method, "params": params})
        answered = waiting.done.wait(within_s)
        self._waiting.pop(number, None)
        if waiting.answer is None:
            if answered:
                raise ConnectionEnded(self._ended)
            raise TimeoutError(f"{method}: no answer within {within_s:g} s")
        if "error" in waiting.answer:
            error = waiting.answer["error"]
            raise CallError(error["code"], error["message"], error.get("data"))
        return waiting.answer["result"]

    def ask(self, name: str, command: str, /, **arguments: Any) -> Any:
        """What an actor replies to a command of its interface, by EVerest's names."""
        return self.call("actor.call", name=name, command=command, arguments=arguments)

    # -- listening -----------------------------------------------------------------------------------------

    def subscribe(self, topics: Sequence[str], names: Sequence[str] = ()) -> Iterator[News]:
        """News of these topics, the snapshots first, until the connection ends."""
        params: dict[str, Any] = {"topics": list(topics)} | ({"names": list(names)} if names else {})
        snapshots = self.call("observe.subscribe", **params)
        for topic in topics:
            if snapshots.get(topic) is not None:
                yield News(topic, snapshots[topic], snapshot=True)
        yield from self.news()

    def news(self, within_s: float | None = None) -> Iterator[News]:
        """What has come and comes; ends with the connection, or when nothing has come for so long."""
        while True:
            try:
                item = self._news.get(timeout=within_s)
            except queue.Empty:
                return
            if item is None:
                self._news.put(None)  # for whoever asks again
                return
            yield item

    # -- being a part of the site --------------------------------------------------------------------------

    def handle(self, method: str, handler: Handler) -> None:
        """Have what the Gateway asks by this method answered by `handler(**params)`.

        What it raises is told as an error. It runs in the thread that reads: it is not to call the Gateway.
        """
        self._handlers[method] = handler

    def serve(self, role: str, handlers: Mapping[str, Callable[..., Any]]) -> Any:
        """Fill a role of the site, until the connection ends; gives what `role.register` does.

        `handlers` by command, each called with the command's arguments by name; it gives the fields of the
        reply, or None. What it raises fails the command. As `handle` has it, it is not to call the Gateway.
        One connection may fill several roles. Where the actor of a role is replaced the role is filled again;
        when that cannot be, the connection ends.
        """
        self._roles[role] = handlers
        self.handle("role.invoke", self._invoke)
        self.handle("role.lost", self._lost)
        return self._fill(role)

    def _fill(self, role: str) -> Any:
        registered = self.call("role.register", role=role)
        self.call("role.ready", role=role)
        return registered

    def _invoke(self, role: str, command: str, arguments: dict[str, Any], **_more: Any) -> Any:
        handler = self._roles[role].get(command)
        if handler is None:
            raise CommandError("Unsupported", f"no handler for {command}")
        return handler(**arguments)

    def _lost(self, role: str) -> None:
        """In a thread of its own: this one is to read the answers."""
        threading.Thread(target=self._fill_again, args=(role,), name=f"role {role}", daemon=True).start()

    def _fill_again(self, role: str) -> None:
        try:
            self._fill(role)
        except (CallError, ConnectionEnded, TimeoutError):
            self._socket.close()

    # -- the thread that reads -----------------------------------------------------------------------------

    def _send(self, item: dict[str, Any]) -> None:
        try:
            self._socket.send(json.dumps({"jsonrpc": "2.0", **item}))
        except ConnectionClosed as error:
            raise ConnectionEnded(str(error)) from None

    def _read(self) -> None:
        try:
            for text in self._socket:
                self._take(json.loads(text))
            self._ended = "closed"
        except (ConnectionClosed, ConnectionEnded, queue.Full) as error:
            self._ended = str(error) or "too much news waits"
        self._socket.close()
        for waiting in list(self._waiting.values()):
            waiting.done.set()
        with suppress(queue.Full):
            self._news.put_nowait(None)

    def _take(self, item: dict[str, Any]) -> None:
        if "method" not in item:
            waiting = self._waiting.get(item["id"])
            if waiting is not None:
                waiting.answer = item
                waiting.done.set()
        elif "id" in item:
            self._answer(item["id"], item["method"], item.get("params", {}))
        else:
            self._news.put_nowait(News(item["params"]["topic"], item["params"]["data"]))

    def _answer(self, number: Any, method: str, params: dict[str, Any]) -> None:
        handler = self._handlers.get(method)
        if handler is None:
            self._send({"id": number, "error": {"code": NO_HANDLER, "message": f"nobody handles {method}"}})
            return
        try:
            answer = {"result": handler(**params)}
            json.dumps(answer, allow_nan=False)
        except CommandError as error:
            answer = {"error": {"code": FAILED, "message": str(error), "data": {"reason": error.reason}}}
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is told to who asked
            answer = {"error": {"code": REFUSED, "message": f"{type(error).__name__}: {error}"}}
        self._send({"id": number, **answer})

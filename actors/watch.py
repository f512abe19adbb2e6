"""The live view of a running site: `evsite watch`, and what `evsite run` shows of a site with a Gateway.

It is a client of the Gateway as any other: what is drawn is what that tells. Exit codes: those of
`actors.exits`.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import ssl
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from actors.exits import fail, refuse
from actors.gateway.whereabouts import said_where

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType
    from websockets.sync.client import ClientConnection

    from actors.view.scene import Scene

CONNECT_S: Final = 2.0
CLOSE_S: Final = 0.2
AGAIN_S: Final = 1.0
"""Between two attempts to connect."""
MAX_BYTES: Final = 32 * 1024 * 1024
"""Of one message of the Gateway: the first has all there is."""
MOST_AT_ONCE: Final = 500
"""So many news are taken in before the screen is drawn again."""
DRAW_S: Final = 0.25
STALE_S: Final = 1.0
"""A screen without news is drawn again after so long: its clocks go on."""
SUBSCRIBE: Final = 1

Url = Annotated[
    str | None, typer.Argument(metavar="[URL]", help="Of the Gateway; by default as --state says.")
]
State = Annotated[
    pathlib.Path,
    typer.Option(metavar="DIR", envvar="EVSITE_STATE", help="State directory of the running site."),
]
TokenFile = Annotated[
    pathlib.Path | None,
    typer.Option(help="File with the Gateway's tokens: the first that may observe is used."),
]
Ca = Annotated[
    pathlib.Path | None, typer.Option(help="PEM file of the certificates that the Gateway's is checked by.")
]
Plain = Annotated[bool, typer.Option("--plain", help="No live view: print every message as a line.")]


def watch(
    url: Url = None,
    *,
    state: State = pathlib.Path("run"),
    token_file: TokenFile = None,
    ca: Ca = None,
    plain: Plain = False,
) -> None:
    """Watch a site that runs: its EVSEs, its supervision tree and its messages, live, until Ctrl-C.

    Exit code 0: it was ended. 1: there is no Gateway. 2: an option does not fit.
    """
    token = _token(token_file) if token_file is not None else ""
    line = Line(lambda: url or said_where(state), token, ca)
    if not line.connect():
        where = url or f"the site in {state}"
        fail(f"no Gateway answers for {where}: {line.trouble}; evsite run --gateway 8080 gives a site one")
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(line):
        if plain or not sys.stdout.isatty():
            _print(line)
        else:
            _draw(line)


def _token(path: pathlib.Path) -> str:
    from actors.gateway.guard import TokenError, token_to_observe  # noqa: PLC0415  # imported when needed

    try:
        return token_to_observe(path.read_text(encoding="utf-8"))
    except TokenError as error:
        refuse(f"{path}: {error}")
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"{path}: {getattr(error, 'strerror', None) or 'no text'}")


class Line:
    """The connection to a Gateway. It is made again and again where it breaks; the scene stays meanwhile."""

    def __init__(
        self, where: Callable[[], str | None], token: str = "", ca: pathlib.Path | None = None
    ) -> None:
        from actors.view.scene import Scene  # noqa: PLC0415  # not before the command runs

        self.scene: Scene = Scene()
        self.url = ""
        self.trouble = "it does not say where it is"
        """Why there is no connection."""
        self.told: list[dict[str, Any]] = []
        """Messages that are new since somebody has taken them out."""
        self._where, self._ca = where, ca
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._socket: ClientConnection | None = None
        self._held = contextlib.ExitStack()
        self._next_s = 0.0

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._socket is not None

    def connect(self) -> bool:
        """Try to connect, and ask for news."""
        from websockets.exceptions import WebSocketException  # noqa: PLC0415  # as above
        from websockets.sync.client import connect  # noqa: PLC0415  # as above

        url = self._where()
        if url is None:
            return False
        self.url = url.rstrip("/")
        secure = self.url.startswith("https:")
        try:
            context = ssl.create_default_context(cafile=self._ca) if secure else None
            self._socket = self._held.enter_context(connect(
                f"ws{self.url.removeprefix('http')}/ws", ssl=context, additional_headers=self._headers,
                open_timeout=CONNECT_S, close_timeout=CLOSE_S, max_size=MAX_BYTES, proxy=None,
            ))  # fmt: skip
            self._socket.send(json.dumps(_subscription()))
        except (OSError, ValueError, TimeoutError, WebSocketException) as error:
            self.trouble = f"{self.url}: {error}"
            self.close()
        return self.connected

    def close(self) -> None:
        """Let go of it."""
        self._socket = None
        self._held.close()

    def take_in(self) -> bool:
        """Take in what has come; whether anything has. Connects where that is due."""
        from websockets.exceptions import WebSocketException  # noqa: PLC0415  # as above

        now_s = time.monotonic()
        if self._socket is None:
            if now_s < self._next_s:
                return False
            self._next_s = now_s + AGAIN_S
            if not self.connect():
                return False
        assert self._socket is not None
        count = 0
        try:
            while count < MOST_AT_ONCE:
                self._take(self._socket.recv(timeout=0), now_s)
                count += 1
        except TimeoutError:
            pass  # that was all
        except (OSError, WebSocketException) as error:
            self.trouble = f"{self.url}: {error}"
            self.close()
        return count > 0

    def _take(self, text: str | bytes, now_s: float) -> None:
        said = json.loads(text)
        if said.get("id") == SUBSCRIBE:
            if "error" in said:
                raise ConnectionRefusedError(said["error"].get("message"))
            snapshot = {topic: data for topic, data in said["result"].items() if data is not None}
            self.scene.begin(snapshot, now_s)
        elif said.get("method") == "observe.news":
            params = said["params"]
            self.scene.take(params["topic"], params["data"], now_s)
            if params["topic"] == "messages":
                self.told.append(params["data"])

    def screen(self, size: tuple[int, int], more: str, notes: str = "") -> RenderableType:
        """Everything, drawn; `more` stands beside the page's address."""
        from actors.view.screen import screen  # noqa: PLC0415  # as above

        foot = f"web page {self.url}/    {more}" if self.url else more
        told = notes if self.connected else f"no word from the Gateway: {self.trouble}"
        return screen(self.scene, datetime.now(UTC), time.monotonic(), size, foot, told)


def _subscription() -> dict[str, Any]:
    from actors.view.scene import TOPICS  # noqa: PLC0415  # as above

    return {"jsonrpc": "2.0", "id": SUBSCRIBE, "method": "observe.subscribe", "params": {"topics": TOPICS}}


def _draw(line: Line) -> None:
    from rich.console import Console  # noqa: PLC0415  # as above
    from rich.live import Live  # noqa: PLC0415  # as above

    console, drawn_s = Console(), 0.0
    with Live(console=console, auto_refresh=False, screen=True) as view:
        while True:
            if line.take_in() or time.monotonic() - drawn_s >= STALE_S:
                drawn_s = time.monotonic()
                view.update(line.screen(console.size, "Ctrl-C ends the view, the site goes on"), refresh=True)
            line.told.clear()
            time.sleep(DRAW_S)


def _print(line: Line) -> None:
    from actors.view.timeline import plain  # noqa: PLC0415  # as above

    told = ""
    while True:
        if not line.take_in():
            time.sleep(DRAW_S)
        if (trouble := "" if line.connected else line.trouble) not in {"", told}:
            typer.echo(f"no word from the Gateway: {trouble}", err=True)
            told = trouble
        for message in line.told:
            typer.echo(plain(message))
        line.told.clear()
        sys.stdout.flush()

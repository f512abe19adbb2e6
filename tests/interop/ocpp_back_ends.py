"""The back-ends of `ocpp_peer` while they run: what they are told, what they tell, and what is kept of it.

Both programs read and write JSON lines. They are told `{"op": "answer", "action", "payloads"}` (what to
answer requests of an action with, one after the other, the last again and again; without payloads each
answer is told when it is wanted, by `{"op": "reply", "action", "payload"}`), `{"op": "call", "id", "action",
"payload"}`, `{"op": "raw", "frame"}` (text as it is) and `{"op": "judge", "id", "action", "answer",
"payload"}` (what their validation says). They tell `event`: `listening`, `connected`, `frame`, `complaint`,
`result` and `closed`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from tests.interop.exi_java import SkippedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

HERE: Final = pathlib.Path(__file__).parent
RPC: Final = "ocpp-rpc@2.2.1"
"""Has the schemas of both versions."""
INSTALL_S: Final = 60.0
ANSWER_S: Final = 30.0
CALL, RESULT, ERROR = 2, 3, 4
ENDING: Final = threading.Event()
"""Set when somebody has ended the whole program: nothing is awaited any more."""
Payload = dict[str, Any]
_T = TypeVar("_T")


class Program(NamedTuple):
    """How a back-end is started; the version of OCPP comes behind."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def library() -> Program:
    """The PyPI package `ocpp`; our own environment has it."""
    return Program((sys.executable, str(HERE / "ocpp_library_main.py")), {})


def rpc(folder: pathlib.Path) -> Program:
    """The npm package `ocpp-rpc`, installed if it is missing. SkippedError where that cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SkippedError("no Node.js (node and npm) on the path; install version 18 or newer")
    place = folder / "node"
    manifest = place / "node_modules" / "ocpp-rpc" / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != RPC.partition("@")[2]:
        place.mkdir(parents=True, exist_ok=True)
        command = [
            npm, "install", "--prefix", str(place), "--no-audit", "--no-fund", "--ignore-scripts",
            "--loglevel=error", RPC,
        ]  # fmt: skip
        try:
            done = subprocess.run(command, check=False, timeout=INSTALL_S, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise SkippedError(f"npm has not installed {RPC} within {INSTALL_S:g} s") from None
        if done.returncode:
            raise SkippedError(f"npm could not install {RPC}")
    return Program((node, str(HERE / "ocpp_rpc_main.js")), {"NODE_PATH": str(place / "node_modules")})


class Exchanged(NamedTuple):
    """A frame, as the back-end has seen it."""

    incoming: bool
    """From the station."""
    frame: list[Any]


class Result(NamedTuple):
    """What became of something the back-end was told to ask or to judge."""

    payload: Payload | None
    error: tuple[str, ...] = ()
    """Code, description and details."""


class SilentError(Exception):
    """Something awaited has not come; says what."""


class BackEnd:
    """One of the programs, running."""

    def __init__(self, program: Program, version: str) -> None:
        self.frames: list[Exchanged] = []
        self.complaints: list[str] = []
        """What the library refused, or did not understand."""
        self.connections: list[str] = []
        self.port = 0
        self._results: dict[int, Result] = {}
        self._services: dict[str, Callable[[Payload], Payload]] = {}
        self._last = 0
        self._told = threading.Condition()
        self._process = subprocess.Popen(
            [*program.command, version],
            env=os.environ | program.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.until(lambda: self.port, "the back-end to listen")

    def close(self) -> None:
        """End it, and whatever it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            with self._told:
                self._take(event)
                self._told.notify_all()
        with self._told:
            self._told.notify_all()

    def _take(self, event: Payload) -> None:
        kind = event["event"]
        if kind == "frame":
            with contextlib.suppress(ValueError):  # half a frame of ours, sent on purpose
                self.frames.append(Exchanged(event["direction"] == "in", json.loads(event["text"])))
                self._serve(self.frames[-1])
        elif kind == "complaint":
            self.complaints.append(event["text"])
        elif kind == "connected":
            self.connections.append(f"{event['path']} {event['protocol']}")
        elif kind == "listening":
            self.port = event["port"]
        elif kind == "result":
            self._results[event["id"]] = Result(event.get("payload"), tuple(event.get("error", ())))

    def _serve(self, told: Exchanged) -> None:
        """Make the answer to a request for which nothing was prepared."""
        if told.incoming and told.frame[0] == CALL and told.frame[2] in self._services:
            action, payload = told.frame[2:]
            self._order(op="reply", action=action, payload=self._services[action](payload))

    def until(self, condition: Callable[[], _T], what: str, within_s: float = ANSWER_S) -> _T:
        """Wait until something the back-end tells makes it so."""
        end_s = time.monotonic() + within_s
        with self._told:
            while not (found := condition()):
                left_s = end_s - time.monotonic()
                if left_s <= 0 or self._process.poll() is not None or ENDING.is_set():
                    raise SilentError(f"waited {within_s:g} s for {what}")
                self._told.wait(min(left_s, 0.5))
        return found

    def _order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answer(self, action: str, *payloads: Payload) -> None:
        """What requests of the station are answered with. Before the station connects."""
        self._order(op="answer", action=action, payloads=payloads)

    def serve(self, action: str, make: Callable[[Payload], Payload]) -> None:
        """As `answer`, with what is made of each request."""
        self._services[action] = make
        self._order(op="answer", action=action, payloads=())

    def _ask(self, **order: Any) -> Result:
        self._last += 1
        number = self._last
        self._order(id=number, **order)
        what = f"an answer to {order['action']}"
        return self.until(lambda: self._results.get(number), what) or Result(None)

    def call(self, action: str, payload: Payload | None = None) -> Result:
        """Have the station asked by the library."""
        return self._ask(op="call", action=action, payload=payload or {})

    def judge(self, payloads: Iterable[tuple[str, bool, Payload]]) -> list[Result]:
        """What the library's validation says of payloads: action, whether it is an answer, and payload."""
        begun = self._last
        for action, answer, payload in payloads:
            self._last += 1
            self._order(op="judge", id=self._last, action=action, answer=answer, payload=payload)
        numbers = range(begun + 1, self._last + 1)
        self.until(lambda: len(self._results.keys() & set(numbers)) == len(numbers), "verdicts")
        return [self._results[number] for number in numbers]

    def raw(self, text: str, message_id: str) -> list[Any]:
        """Send a text as it is, and return the station's answer to that message."""
        begun = len(self.frames)
        self._order(op="raw", frame=text)
        return (
            self.until(
                lambda: next(
                    (each.frame for each in self._answers(begun) if each.frame[1] == message_id), None
                ),
                f"an answer to {text[:80]}",
            )
            or []
        )

    def _answers(self, begun: int) -> Iterator[Exchanged]:
        return (each for each in self.frames[begun:] if each.incoming and each.frame[0] in {RESULT, ERROR})

    def said(self, action: str) -> list[Payload]:
        """The requests of this action that the station has sent so far."""
        return [
            each.frame[3] for each in tuple(self.frames)
            if each.incoming and each.frame[0] == CALL and each.frame[2] == action
        ]  # fmt: skip

    def awaited(
        self, action: str, fits: Callable[[Payload], object] = bool, within_s: float = ANSWER_S
    ) -> Payload:
        """The first request of this action that fits, soon if not yet."""
        return (
            self.until(
                lambda: next((each for each in self.said(action) if fits(each)), None),
                f"{action} ({', '.join(sorted(self.heard()))} were heard)",
                within_s,
            )
            or {}
        )

    def heard(self) -> set[str]:
        """The actions the station has asked for."""
        return {str(each.frame[2]) for each in tuple(self.frames) if each.incoming and each.frame[0] == CALL}


@contextlib.contextmanager
def back_end(program: Program, version: str) -> Iterator[BackEnd]:
    """A back-end while it runs."""
    running = BackEnd(program, version)
    try:
        yield running
    finally:
        running.close()

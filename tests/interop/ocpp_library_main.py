"""A back-end made of the PyPI package `ocpp`, its own schema validation on, for `ocpp_peer`.

    python ocpp_library_main.py VERSION        (2.0.1 or 2.1)

It is told what to do by JSON lines on standard input and tells what it has seen by JSON lines on standard
output; `ocpp_back_ends` has both languages. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import websockets
from ocpp import charge_point, exceptions, messages, routing, v21, v201

LIBRARIES: dict[str, Any] = {"2.0.1": v201, "2.1": v21}
WORDS: Any = charge_point
"""Its functions between what is said on the wire and what it calls that; none of them has types."""
ERRORS: Any = exceptions
MESSAGES: Any = messages
ON: Any = routing.on


def tell(**event: Any) -> None:
    """One line for whoever has started this."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class Wire:
    """A connection whose frames are told, both ways."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def recv(self) -> str:
        """What the station says."""
        text: str = await self._socket.recv()
        tell(event="frame", direction="in", text=text)
        return text

    async def send(self, text: str) -> None:
        """What the library says."""
        tell(event="frame", direction="out", text=text)
        await self._socket.send(text)


class BackEnd:
    """One server for one station."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.library = LIBRARIES[version]
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.replies: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        """By action whose answers the scenario makes."""
        self.wire: Wire | None = None
        self.station: Any = None
        self._running: set[asyncio.Task[None]] = set()

    async def serve(self, socket: Any) -> None:
        """One connection, until it ends."""
        self.wire = Wire(socket)
        self.station = self._station_class()("peer", self.wire)
        tell(event="connected", path=socket.request.path, protocol=socket.subprotocol)
        try:
            await self.station.start()
        except websockets.ConnectionClosed as error:
            tell(event="closed", why=str(error))

    def _station_class(self) -> Any:
        """The library's station, with a handler for every action that there is an answer for."""
        made = {f"on_{action}": self._handler(action) for action in self.answers}
        return type("Station", (self.library.ChargePoint,), made)

    def _handler(self, action: str) -> Any:
        async def handle(_station: Any, **_fields: Any) -> Any:
            """Say what was prepared; the last answer stays."""
            prepared = self.answers[action]
            if not prepared:
                said = await self.replies[action].get()
            else:
                said = prepared.pop(0) if len(prepared) > 1 else prepared[0]
            if "refuse" in said:
                raise ERRORS.NotSupportedError(description=said["refuse"])
            if "currentTime" in said:
                said = said | {"currentTime": datetime.now(UTC).isoformat().replace("+00:00", "Z")}
            return getattr(self.library.call_result, action)(**WORDS.camel_to_snake_case(said))

        handle.__name__ = f"on_{action}"  # by which the library finds it
        return ON(action)(handle)

    async def obey(self, order: dict[str, Any]) -> None:
        """One line of the input."""
        if order["op"] == "answer":
            self.answers[order["action"]] = order["payloads"]
            self.replies[order["action"]] = asyncio.Queue()
        elif order["op"] == "reply":
            self.replies[order["action"]].put_nowait(order["payload"])
        elif order["op"] == "raw":
            await self.wire.send(order["frame"])  # type: ignore[union-attr]  # the scenario connects first
        elif order["op"] == "judge":
            tell(event="result", id=order["id"], **await self._judge(order))
        else:
            task = asyncio.ensure_future(self._call(order))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _judge(self, order: dict[str, Any]) -> dict[str, Any]:
        """What the library says about a payload."""
        message: Any = MESSAGES.Call(str(uuid.uuid4()), order["action"], order["payload"])
        if order["answer"]:
            message = MESSAGES.CallResult(str(uuid.uuid4()), order["payload"], order["action"])
        try:
            await MESSAGES.validate_payload(message, self.version)
        except ERRORS.OCPPError as error:
            return {"error": [error.code, error.description, str(error.details)[:300]]}
        return {"payload": {}}

    async def _call(self, order: dict[str, Any]) -> None:
        """Ask the station by the library, and tell what the library makes of the answer."""
        try:
            request = getattr(self.library.call, order["action"])(
                **WORDS.camel_to_snake_case(order["payload"])
            )
            reply = await self.station.call(request, suppress=False)
        except ERRORS.OCPPError as error:
            tell(event="result", id=order["id"], error=[error.code, error.description, str(error.details)])
        except Exception as error:  # noqa: BLE001  # told, whatever it is
            tell(event="result", id=order["id"], error=[type(error).__name__, str(error), ""])
        else:
            read = WORDS.snake_to_camel_case(WORDS.remove_nones(WORDS.serialize_as_dict(reply)))
            tell(event="result", id=order["id"], payload=read)


class Complaints(logging.Handler):
    """What the library logs as wrong is told."""

    def emit(self, record: logging.LogRecord) -> None:
        """One of its complaints, with the error behind it."""
        error = record.exc_info[1] if record.exc_info else ""
        tell(event="complaint", text=f"{record.getMessage()} {error!r}"[:1000])


async def main(version: str) -> None:
    """Serve at any port of loopback until the input ends."""
    back_end = BackEnd(version)
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    serving = websockets.serve(back_end.serve, "127.0.0.1", 0, subprotocols=[f"ocpp{version}"])  # type: ignore[list-item]  # a NewType of str
    async with serving as server:
        tell(event="listening", port=next(iter(server.sockets)).getsockname()[1])
        while line := await reader.readline():
            await back_end.obey(json.loads(line))


if __name__ == "__main__":
    log = logging.getLogger("ocpp")
    log.setLevel(logging.WARNING)
    log.addHandler(Complaints())
    log.propagate = False
    asyncio.run(main(sys.argv[1]))

"""Control of a simulated back-end over HTTP, for tests and people with curl.

    GET  /healthz /stations /transactions /schema
    GET  /messages?station=&action=&kind=&direction=&since=&limit=&wait_s=
    POST /call    {"station": ..., "action": ..., "payload": {...}, "invalid": false}
    POST /fault   a fault, as in a script
    POST /script  another script, YAML or JSON

A browser on the same machine must not be able to do this on behalf of some page: requests with an Origin,
or for another host than this address, are refused, as is what lacks the token, if there is one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import json
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from actors.simulation.csms.matching import text_fits
from actors.simulation.csms.pki_files import check_names
from actors.simulation.csms.recent import MAX_LIMIT, Filter, Recent
from actors.simulation.csms.record import Entry, Kind
from actors.simulation.csms.script import Fault, Script
from actors.simulation.csms.script_file import read_script
from actors.simulation.csms.values import Body  # noqa: TC001  # pydantic reads the annotations
from actors.simulation.ev.script_file import ScriptError
from certs.errors import CertificateError
from protocols.ocpp import schemas
from protocols.ocpp.errors import RefusalError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from actors.simulation.csms.backend import Backend
    from actors.simulation.csms.server import Server
    from protocols.ocpp.frames import Payload

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_WAIT_S: Final = 60.0
MAX_NAMED: Final = 10
"""So many stations are named to who asks for one that is not there."""
REQUESTS: Final = (
    "GET /healthz, /stations, /transactions, /messages and /schema, and POST /call, /fault and /script"
)
LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


class CallRequest(BaseModel):
    """The body of POST /call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    station: str
    action: str
    payload: Body = {}
    invalid: bool = False
    """Send it although it does not fit its schema."""


class Query(BaseModel):
    """The query of GET /messages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    station: str = "*"
    action: str = "*"
    kind: str = "*"
    direction: str = "*"
    since: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100
    wait_s: Annotated[float, Field(ge=0, le=MAX_WAIT_S)] = 0


class Refused(Exception):  # noqa: N818  # it is an answer, not an error of ours
    """A request that is answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


async def _no_such_request(request: Request, error: Exception) -> JSONResponse:
    """No handler has this path, or this method: say which there are."""
    what = f"there is no {request.method} {request.url.path}"
    return JSONResponse({"error": f"{what}; there are {REQUESTS}"}, getattr(error, "status_code", 404))


class Control:
    """The application. `add` is to be told every entry."""

    def __init__(self, server: Server, token: str | None = None) -> None:
        self._server, self._token = server, token
        self._recent = Recent()
        self._added = asyncio.Event()
        self.app = Starlette(
            routes=[
                Route(path, self._guarded(handler), methods=[method])
                for method, path, handler in (
                    ("GET", "/healthz", self._health),
                    ("GET", "/stations", self._stations),
                    ("GET", "/transactions", self._transactions),
                    ("GET", "/messages", self._messages),
                    ("GET", "/schema", self._schema),
                    ("POST", "/call", self._call),
                    ("POST", "/fault", self._fault),
                    ("POST", "/script", self._script),
                )
            ],
            exception_handlers={404: _no_such_request, 405: _no_such_request},
        )

    @property
    def _backend(self) -> Backend:
        return self._server.backend

    def add(self, entry: Entry) -> None:
        """Something has happened; whoever waits for it is told."""
        self._recent.add(entry)
        self._added.set()
        self._added = asyncio.Event()

    def _guarded(
        self, handler: Callable[[Request], Awaitable[Any]]
    ) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def guarded(request: Request) -> JSONResponse:
            try:
                self._check(request)
                return JSONResponse(await handler(request))
            except Refused as refused:
                return JSONResponse({"error": refused.text}, refused.status)
            except ValidationError as error:
                return JSONResponse({"error": _told(error)}, 400)

        return guarded

    def _check(self, request: Request) -> None:
        if "origin" in request.headers:
            raise Refused(403, "no pages")
        if self._token is not None:
            given = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
                raise Refused(401, "a token is needed")
        elif request.headers.get("host", "").rpartition(":")[0] not in LOCAL:
            raise Refused(403, "another host's name")

    async def _health(self, _request: Request) -> Payload:
        return {"ok": True, **dataclasses.asdict(self._backend.hub.summary)}

    async def _stations(self, _request: Request) -> list[Payload]:
        return [
            {
                "station": one.station,
                "connection": one.number,
                "version": one.version.value,
                "since": one.since.isoformat(),
                "asked": sorted(one.asked.values()),
                "asking": None if one.question is None else one.question.action,
                "waiting": len(one.waiting),
            }
            for one in self._backend.hub.conversations.values()
        ]

    async def _transactions(self, request: Request) -> list[Payload]:
        station = request.query_params.get("station", "*")
        return [
            {
                "station": one.station,
                "transaction": one.id,
                "evse": one.evse,
                "token": one.token,
                "began_at": one.began_at.isoformat(),
                "ended_at": None if one.ended_at is None else one.ended_at.isoformat(),
                "messages": one.messages,
                "seq_no": one.seq_no,
                "state": one.state,
                "energy_wh": one.energy_wh,
                "reason": one.reason,
            }
            for one in self._backend.hub.transactions
            if text_fits(station, one.station)
        ]

    async def _messages(self, request: Request) -> Payload:
        query = Query.model_validate(dict(request.query_params))
        wanted = Filter(
            station=query.station, action=query.action, kind=query.kind, direction=query.direction
        )
        loop = asyncio.get_running_loop()
        end = loop.time() + query.wait_s
        while True:
            added = self._added
            found = self._recent.select(wanted, query.since, query.limit)
            left_s = end - loop.time()
            if found or left_s <= 0:
                break
            try:
                await asyncio.wait_for(added.wait(), left_s)
            except TimeoutError:
                break
        following = found[-1][0] + 1 if found else self._recent.next_number
        return {
            "messages": [{"number": number, **_shown(entry)} for number, entry in found],
            "next": following,
        }

    async def _schema(self, _request: Request) -> Payload:
        return Script.model_json_schema()

    async def _call(self, request: Request) -> Payload:
        asked = CallRequest.model_validate_json(await _body(request))
        conversation = self._backend.hub.connection_of(asked.station)
        if conversation is None:
            connected = sorted({each.station for each in self._backend.hub.conversations.values()})[
                :MAX_NAMED
            ]
            there = f"; connected: {', '.join(connected)}" if connected else ""
            raise Refused(404, f"station {asked.station!r} is not connected{there}")
        if not asked.invalid:
            try:
                schemas.check(conversation.version, asked.action, asked.payload)
            except RefusalError as refusal:
                raise Refused(400, str(refusal)) from None
        return dataclasses.asdict(await self._server.ask(asked.station, asked.action, asked.payload))

    async def _fault(self, request: Request) -> Payload:
        fault = Fault.model_validate_json(await _body(request))
        if not self._backend.add_fault(fault):
            raise Refused(409, "there are too many faults; POST /script begins anew")
        return {"ok": True}

    async def _script(self, request: Request) -> Payload:
        try:
            script = read_script(await _body(request), "script")
        except ScriptError as error:
            raise Refused(400, str(error)) from None
        if self._backend.hub.authority is not None:
            try:
                check_names(self._backend.hub.authority, script.certificates)
            except CertificateError as error:
                raise Refused(400, error.detail) from None
        self._backend.change(script)
        return {"ok": True}


async def _body(request: Request) -> bytes:
    """The body, of bounded length."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BODY_BYTES:
            raise Refused(413, f"more than {MAX_BODY_BYTES} bytes")
    return bytes(data)


def _shown(entry: Entry) -> Payload:
    """An entry for programs: the frame as what it holds, where it holds anything."""
    shown = entry.model_dump(mode="json", exclude_defaults=True)
    if entry.kind is Kind.FRAME:
        try:
            shown["frame"] = json.loads(entry.frame or "")
        except ValueError:
            shown["frame"] = entry.frame
    return shown


def _told(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(": ".join(filter(None, (_place(one["loc"]), _text(one["msg"])))) for one in found)


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(map(str, loc))


def _text(message: str) -> str:
    return message.removeprefix("Value error, ")

"""Control over HTTP: what runs is shown, calls and faults are made, and nobody else may do so."""

import asyncio
import json

import pytest

from actors.simulation.csms.backend import Backend
from actors.simulation.csms.control import MAX_BODY_BYTES, Control
from actors.simulation.csms.door import Knock
from actors.simulation.csms.record import Kind
from actors.simulation.csms.script import Script
from actors.simulation.csms.server import Server
from tests.support.asgi import request
from tests.support.certificates import NOW
from tests.support.csms_server import within
from tests.support.csms_stage import BOOT, authority, event

pytestmark = pytest.mark.timeout(60)


class Desk:
    """A back-end without sockets, and its control."""

    def __init__(self, script=None, *, token=None, certified=False):
        plan = Script.model_validate(script or {})
        self.entries = []
        self.backend = Backend(plan, authority() if certified else None, prefix="t")
        self.server = Server(self.backend, self.add, clock=lambda: NOW)
        self.control = Control(self.server, token)

    def add(self, entry):
        self.entries.append(entry)
        self.control.add(entry)

    def connect(self, station="cp-1"):
        knock = Knock(path=f"/{station}", offered=["ocpp2.1"])
        number = self.backend.connected(self.backend.knock(knock, NOW), NOW)
        self.server.flush()
        return number

    def say(self, number, frame):
        self.backend.received(number, json.dumps(frame), NOW)
        self.server.flush()

    async def ask(self, method, target, body=b"", **more):
        return await request(self.control.app, method, target, body, **more)


def asked(method, target, body=b"", *, do=None, script=None, token=None, certified=False, **more):
    """One request, after `do` has been done."""

    async def main():
        desk = Desk(script, token=token, certified=certified)
        if do is not None:
            do(desk)
        return await desk.ask(method, target, body, **more)

    return within(20, main)


def a_session(desk):
    number = desk.connect()
    desk.say(number, [2, "1", "BootNotification", BOOT])
    desk.say(number, [2, "2", "TransactionEvent", event(wh=1000, evse={"id": 1})])
    desk.say(number, [2, "3", "TransactionEvent", event("Ended", 1, wh=3000)])


def test_health_counts_what_has_happened():
    status, told = asked("GET", "/healthz", do=a_session)

    assert (status, told) == (200, {"ok": True, "problems": 0, "failed": 0, "frames": 6})


def test_stations_are_listed_with_what_is_open():
    status, (one,) = asked("GET", "/stations", do=lambda desk: desk.connect())

    assert status == 200
    assert one == {
        "station": "cp-1", "connection": 1, "version": "ocpp2.1", "since": NOW.isoformat(), "asked": [],
        "asking": None, "waiting": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("query", "count"), [("", 1), ("?station=cp-*", 1), ("?station=x", 0)])
def test_transactions_are_listed_by_station(query, count):
    status, found = asked("GET", f"/transactions{query}", do=a_session)

    assert (status, len(found)) == (200, count)
    assert all(
        (one["energy_wh"], one["ended_at"], one["evse"]) == (2000, NOW.isoformat(), 1) for one in found
    )


@pytest.mark.parametrize(
    ("query", "numbers", "following"),
    [
        ("", [1, 2, 3, 4, 5, 6, 7], 8),
        ("?direction=in", [2, 4, 6], 7),
        ("?direction=in&since=3&limit=1", [4], 5),
        ("?action=Boot*", [2, 3], 4),
        ("?kind=connected", [1], 2),
        ("?station=other", [], 8),
        ("?since=8", [], 8),
    ],
)
def test_messages_are_chosen_and_numbered(query, numbers, following):
    status, told = asked("GET", f"/messages{query}", do=a_session)

    assert status == 200
    assert [one["number"] for one in told["messages"]] == numbers
    assert told["next"] == following


def test_a_frame_is_shown_as_what_it_holds():
    def do(desk):
        desk.backend.received(desk.connect(), "{", NOW)
        desk.server.flush()

    _, told = asked("GET", "/messages?kind=frame", do=do)

    bad, answer = told["messages"]
    assert (bad["frame"], answer["frame"][0]) == ("{", 4)


def test_who_waits_for_a_message_gets_it_when_it_comes():
    async def main():
        desk = Desk()
        waiting = asyncio.create_task(desk.ask("GET", "/messages?action=Heartbeat&wait_s=10"))
        await asyncio.sleep(0)
        number = desk.connect()
        await asyncio.sleep(0)
        desk.say(number, [2, "1", "Heartbeat", {}])
        return await waiting

    _, told = within(20, main)

    assert [one["number"] for one in told["messages"]] == [2, 3]


def test_who_waits_in_vain_gets_nothing():
    status, told = asked("GET", "/messages?wait_s=0.01")

    assert (status, told) == (200, {"messages": [], "next": 1})


def test_the_schema_of_scripts_is_there():
    status, told = asked("GET", "/schema")

    assert (status, "scenes" in told["properties"]) == (200, True)


@pytest.mark.parametrize("invalid", [False, True])
def test_a_call_is_sent_and_its_answer_told(invalid):
    async def main():
        desk = Desk()
        number = desk.connect()
        body = {"station": "cp-1", "action": "ClearCache", "invalid": invalid}
        calling = asyncio.create_task(
            desk.ask("POST", "/call", {**body, "payload": {"x": 1} if invalid else {}})
        )
        _, told = await desk.ask("GET", "/messages?direction=out&wait_s=10")
        (sent,) = told["messages"]
        desk.say(number, [3, sent["frame"][1], {"status": "Accepted"}])
        return sent["verdict"], await calling

    verdict, (status, told) = within(20, main)

    assert (status, told["answered"], told["payload"]) == (200, True, {"status": "Accepted"})
    assert verdict == ("FormatViolation" if invalid else "good")


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"station": "cp-2", "action": "ClearCache"}, 404, "not connected"),
        ({"station": "cp-1", "action": "ClearCash"}, 400, "NotImplemented"),
        ({"station": "cp-1", "action": "ClearCache", "payload": {"x": 1}}, 400, "FormatViolation"),
        (
            {"station": "cp-1", "action": "ClearCache", "payload": {"x": float("nan")}},
            400,
            "payload: Out of range",
        ),
        ({"station": "cp-1"}, 400, "action: Field required"),
        ({"surplus": 1}, 400, "surplus: Extra inputs"),
        (b"{", 400, "Invalid JSON"),
        (b"\xff\xfe", 400, "Invalid JSON"),
        (b" " * (MAX_BODY_BYTES + 1), 413, "more than"),
    ],
)
def test_a_call_that_cannot_be_made_says_why(body, status, text):
    found, told = asked("POST", "/call", body, do=lambda desk: desk.connect())

    assert (found, text in told["error"]) == (status, True)


def test_who_asks_for_another_station_is_told_which_are_there():
    body = {"station": "cp-2", "action": "ClearCache"}

    told = asked("POST", "/call", body, do=lambda desk: desk.connect("cp-1"))[1]

    assert told == {"error": "station 'cp-2' is not connected; connected: cp-1"}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/call", 405)])
def test_a_request_that_there_is_not_names_those_there_are(method, path, status):
    got, told = asked(method, path)

    assert got == status
    assert f"there is no {method} {path}" in told["error"]
    assert "/stations" in told["error"]


def test_a_fault_counts_from_now_on():
    async def main():
        desk = Desk()
        number = desk.connect()
        answer = await desk.ask("POST", "/fault", {"kind": "silence", "action": "Heartbeat"})
        desk.say(number, [2, "1", "Heartbeat", {}])
        return answer, desk.entries[-1]

    answer, entry = within(20, main)

    assert answer == (200, {"ok": True})
    assert (entry.kind, entry.fault) == (Kind.FAULT, "silence")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"kind": "odd"}, "kind: Input should be"),
        ({"kind": "storm", "code": 1006}, "code: no close code"),
        ([], "Input should be an object"),
    ],
)
def test_a_fault_that_is_none_says_why(body, text):
    status, told = asked("POST", "/fault", body)

    assert (status, text in told["error"]) == (400, True)


def test_too_many_faults_are_refused(monkeypatch):
    monkeypatch.setattr("actors.simulation.csms.hub.MAX_FAULTS", 0)

    assert asked("POST", "/fault", {"kind": "drop"})[0] == 409


def test_a_script_takes_the_place_of_another():
    async def main():
        desk = Desk({"heartbeat_s": 5})
        answer = await desk.ask("POST", "/script", b"heartbeat_s: 7\ntokens:\n  - {id: AA}\n", pieces=3)
        return answer, desk.backend.hub.script

    answer, script = within(20, main)

    assert answer == (200, {"ok": True})
    assert (script.heartbeat_s, script.tokens[0].id) == (7, "AA")


@pytest.mark.parametrize(
    ("body", "certified", "text"),
    [
        (b"heartbaet_s: 7", False, "Did you mean 'heartbeat_s'?"),
        (b"certificates: {revoked: [MO_LAEF]}", True, "no certificate is called MO_LAEF"),
    ],
)
def test_a_script_that_is_wrong_changes_nothing(body, certified, text):
    status, told = asked("POST", "/script", body, certified=certified)

    assert (status, text in told["error"]) == (400, True)


def test_a_script_may_revoke_what_the_pki_has():
    assert asked("POST", "/script", b"certificates: {revoked: [MO_LEAF]}", certified=True)[0] == 200


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        (None, {}, 200),
        (None, {"host": "localhost:9001"}, 200),
        (None, {"host": "[::1]:9001"}, 200),
        (None, {"host": "evil.example:9001"}, 403),
        (None, {"host": "127.0.0.1"}, 403),
        (None, {"origin": "http://127.0.0.1:9001"}, 403),
        ("secret", {}, 401),
        ("secret", {"authorization": "Bearer wrong"}, 401),
        ("secret", {"authorization": "Bearer \u00e4"}, 401),
        ("secret", {"authorization": "Bearer secret"}, 200),
        ("secret", {"authorization": "Bearer secret", "host": "elsewhere:1"}, 200),
        ("secret", {"authorization": "Bearer secret", "origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "body"), [("GET", "/stations", b""), ("POST", "/fault", b'{"kind":"drop"}')]
)
def test_nobody_else_may_control_it(method, path, body, token, headers, status):
    assert asked(method, path, body, token=token, **headers)[0] == status


@pytest.mark.parametrize(
    ("query", "text"),
    [("limit=0", "limit"), ("since=x", "since"), ("odd=1", "odd"), ("wait_s=9999", "wait_s")],
)
def test_a_query_that_is_wrong_says_why(query, text):
    status, told = asked("GET", f"/messages?{query}")

    assert (status, told["error"].startswith(f"{text}: ")) == (400, True)


def test_what_is_not_there_is_not_found():
    assert asked("GET", "/nothing")[0] == 404
    assert asked("GET", "/call")[0] == 405

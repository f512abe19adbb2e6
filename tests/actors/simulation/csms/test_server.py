"""The websocket server: what the core wants is done to real connections, on loopback."""

import asyncio
import gc
import json
import socket
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from actors.simulation.csms import server
from actors.simulation.csms.record import Kind
from tests.support.csms_server import basic, call, client_context, serving, within, written_world
from tests.support.csms_stage import BOOT

pytestmark = pytest.mark.timeout(60)

SECRET = {"stations": {"known": {"cp-1": {"password": "secret-secret"}}}}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return written_world(str(tmp_path_factory.mktemp("csms")))


def test_a_station_boots_and_leaves():
    async def main():
        async with serving() as served:
            async with served.station() as station:
                answer = await call(station, "BootNotification", BOOT)
                chosen = station.subprotocol
            await served.until(lambda entry: entry.kind is Kind.CLOSED)
            return answer, chosen, served.entries

    answer, chosen, entries = within(20, main)

    assert (answer[2]["status"], chosen) == ("Accepted", "ocpp2.1")
    assert [entry.kind.value for entry in entries] == ["connected", "frame", "frame", "closed"]
    assert entries[0].text.startswith("from 127.0.0.1:")
    assert entries[-1].text == "1000"


@pytest.mark.parametrize(
    ("station", "headers", "status", "text"),
    [
        ("cp-1", {}, 401, "name and password are missing"),
        ("cp-1", basic("cp-1", "wrong"), 401, "wrong password"),
        ("cp-1", {"Authorization": "Basic \u00e4"}, 401, "name and password are missing"),
        ("a:b", {}, 404, "no identity at the end of the path"),
    ],
)
def test_an_upgrade_is_refused_with_its_reason(station, headers, status, text):
    async def main():
        async with serving(SECRET, profile=1) as served:
            with pytest.raises(InvalidStatus) as refused:
                await served.station(station, additional_headers=headers)
            return refused.value.response, served.entries

    response, entries = within(20, main)

    assert (response.status_code, response.body.decode().strip()) == (status, text)
    assert ("WWW-Authenticate" in response.headers) is (status == 401)
    assert [entry.text for entry in entries] == [f"HTTP {status}: {text}"]


def test_a_password_opens_security_profile_two(directory):
    async def main():
        async with serving(SECRET, profile=2, directory=directory) as served:
            how = {"ssl": client_context(directory), "server_hostname": "localhost"}
            async with served.station(additional_headers=basic("cp-1", "secret-secret"), **how) as station:
                return await call(station, "Heartbeat")

    assert within(20, main)[0] == 3


def test_a_certificate_opens_security_profile_three(directory):
    async def main():
        async with serving(profile=3, directory=directory) as served:
            how = {"ssl": client_context(directory, certificate=True), "server_hostname": "localhost"}
            async with served.station(**how) as station:
                await call(station, "Heartbeat")
            return served.entries[0].text

    assert within(20, main).endswith("certificate of evsite-0001")


def test_a_handshake_that_fails_is_told_to_the_owner(directory):
    async def main():
        async with serving(profile=3, directory=directory) as served:
            with pytest.raises((InvalidMessage, OSError)):
                await served.station(ssl=client_context(directory), server_hostname="localhost")
            return await served.until(lambda entry: entry.kind is Kind.REFUSED)

    assert within(20, main).text == "TLS: peer did not return a certificate"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "drop"}, "no close frame received or sent"),
        ({"kind": "close", "code": 1012}, "received 1012"),
        ({"kind": "fragments", "pieces": 64}, str),
        ({"kind": "binary"}, bytes),
        ({"kind": "delay", "seconds": 0.02}, str),
    ],
)
def test_a_fault_is_done_to_the_connection(fault, outcome):
    async def main():
        async with (
            serving({"faults": [{**fault, "action": "Heartbeat"}]}) as served,
            served.station() as station,
        ):
            await station.send('[2,"m","Heartbeat",{}]')
            try:
                return await station.recv()
            except ConnectionClosed as closed:
                return str(closed)

    found = within(20, main)

    assert type(found) is outcome if isinstance(outcome, type) else outcome in found


def test_a_storm_closes_what_has_just_been_opened():
    async def main():
        async with serving({"faults": [{"kind": "storm", "times": 2}]}) as served:
            codes = []
            for _ in range(3):
                async with served.station() as station:
                    try:
                        codes.append((await call(station, "Heartbeat"))[0])
                    except ConnectionClosed as closed:
                        codes.append(closed.rcvd.code)
            return codes

    assert within(20, main) == [1001, 1001, 3]


def test_a_frozen_connection_answers_not_even_pings(monkeypatch):
    monkeypatch.setattr(server, "CLOSE_S", 0.02)

    async def main():
        async with serving({"faults": [{"kind": "freeze"}]}) as served, served.station() as station:
            waiter = await station.ping()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(waiter, 0.1)

    within(20, main)


def test_a_subprotocol_may_be_missing_in_the_answer():
    async def main():
        async with serving({"faults": [{"kind": "no_subprotocol"}]}) as served, served.station() as station:
            return station.subprotocol, (await call(station, "Heartbeat"))[0]

    assert within(20, main) == (None, 3)


def test_an_upgrade_that_hangs_does_not_hold_up_the_end():
    async def main():
        async with serving({"faults": [{"kind": "hang", "seconds": 100}]}) as served:
            knocking = asyncio.create_task(served.station().__aenter__())
            await served.until(lambda entry: entry.kind is Kind.FAULT)
        with pytest.raises(InvalidStatus, match="503"):
            await knocking

    within(20, main)


@pytest.mark.parametrize("turns", range(6))
def test_who_is_just_connecting_is_cut_off_when_it_ends(turns):
    async def main():
        async with serving() as served:
            coming.connect(("127.0.0.1", served.port))
            for _ in range(turns):
                await asyncio.sleep(0)

    with socket.socket() as coming:
        coming.settimeout(5)
        within(5, main)
        with suppress(ConnectionResetError):
            assert coming.recv(1) == b""
    gc.collect()  # of a socket that was lost pytest hears at the latest now


def test_an_upgrade_that_hangs_comes_in_its_time():
    async def main():
        async with (
            serving({"faults": [{"kind": "hang", "seconds": 0.05}]}) as served,
            served.station() as station,
        ):
            return (await call(station, "Heartbeat"))[0]

    assert within(20, main) == 3


def test_a_call_of_ours_waits_for_its_answer():
    async def main():
        async with serving() as served, served.station() as station:
            asking = asyncio.create_task(served.server.ask("cp-1", "ClearCache", {}))
            _, message_id, action, _ = json.loads(await station.recv())
            await station.send(json.dumps([3, message_id, {"status": "Accepted"}]))
            return action, await asking, await served.server.ask("cp-2", "ClearCache", {})

    action, answered, missing = within(20, main)

    assert (action, answered.payload) == ("ClearCache", {"status": "Accepted"})
    assert missing.code == "NotSent"


def test_nobody_need_wait_for_the_answer_to_a_call():
    async def main():
        async with serving({"message_timeout_s": 0.02}) as served, served.station() as station:
            asking = asyncio.create_task(served.server.ask("cp-1", "ClearCache", {}))
            await station.recv()
            asking.cancel()
            return (await served.until(lambda entry: entry.kind is Kind.PROBLEM)).text

    assert within(20, main) == "no answer to ClearCache within 0.02 s"


def test_stations_are_pinged_where_it_is_wanted(monkeypatch):
    monkeypatch.setattr(server, "CLOSE_S", 0.02)

    async def main():
        async with serving({"faults": []}, ping_s=0.02) as served, served.station() as station:
            station.transport.pause_reading()  # a station that is dead, as far as anybody can tell
            return (await served.until(lambda entry: entry.kind is Kind.CLOSED)).text

    assert within(20, main) == "1006 (we said 1011 keepalive ping timeout)"


HEARTBEAT = b'[2,"m","Heartbeat",{}]'


def frame(data, first=0x81, *, mask=0x80, length=None):
    """A frame as no library sends it."""
    size = len(data) if length is None else length
    head = bytes([first, mask | size]) if size < 126 else bytes([first, mask | 127]) + size.to_bytes(8, "big")
    return head + (bytes(4) if mask else b"") + data


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(HEARTBEAT, mask=0), "1002"),
        (frame(HEARTBEAT, 0xF1), "1002"),
        (frame(HEARTBEAT, 0x85), "1002"),
        (frame(HEARTBEAT, 0x80), "1002"),
        (frame(b"x" * 126, 0x89), "1002"),
        (frame(b"\x03", 0x88), "1002"),
        (frame(b"\x03\xed", 0x88), "1002"),
        (frame(b"\xff\xfe"), "1007"),
        (frame(b"", length=2**62), "1009"),
        (frame(b"", length=2**20 + 1), "1009"),
        (frame(b"x", 0x01) + frame(b"", 0x00, length=2**20), "1009"),
    ],
    ids=[
        "unmasked",
        "reserved",
        "opcode",
        "continuation",
        "long ping",
        "short close",
        "close code",
        "text",
        "huge",
        "long",
        "fragments",
    ],
)
def test_bad_frames_end_their_own_connection_only(sent, code):
    async def main():
        async with serving() as served, served.station("good") as good:
            bad = await served.station("bad")
            bad.transport.write(sent)
            closed = await served.until(lambda entry: entry.kind is Kind.CLOSED)
            problem = await served.until(lambda entry: entry.kind is Kind.PROBLEM)
            bad.transport.abort()
            return closed, problem, await call(good, "Heartbeat")

    closed, problem, answer = within(20, main)

    assert (closed.station, problem.station) == ("bad", "bad")
    assert closed.text.startswith(f"1006 (we said {code} ")
    assert problem.text.startswith(f"websocket: {code} ")
    assert answer[0] == 3


def test_a_fault_of_our_own_ends_the_connection_and_is_told():
    entries = []

    def write(entry):
        entries.append(entry)
        if entry.action == "Heartbeat" and len(entries) == 2:
            raise RuntimeError("the disk is odd")

    async def main():
        async with serving(write=write) as served:
            async with served.station() as station:
                with pytest.raises(ConnectionClosed) as closed:
                    await call(station, "Heartbeat")
            async with served.station() as station:
                return closed.value.rcvd.code, await call(station, "Heartbeat")

    code, answer = within(20, main)

    assert (code, answer[0]) == (1011, 3)
    assert ["the disk is odd" in entry.text for entry in entries if entry.kind is Kind.FAILED] == [True]


def test_a_fault_of_our_own_clock_work_is_told():
    def break_down(_now):
        raise KeyError("nothing there")

    async def main():
        async with serving() as served, served.station() as station:
            hub = served.server.backend.hub
            hub.after(0.01, served.server._clock(), break_down)
            served.server.flush()
            told = await served.until(lambda entry: entry.kind is Kind.FAILED)
            return told.text, await call(station, "Heartbeat")

    text, answer = within(20, main)

    assert "KeyError('nothing there')" in text
    assert answer[0] == 3


def test_one_trouble_of_the_loop_is_told_once_and_not_without_end(monkeypatch):
    monkeypatch.setattr(server, "MAX_TROUBLES", 2)

    async def main():
        async with serving() as served:
            for message in ("a", "a", "b", "c"):
                served.server.troubled({"message": message})
            return served.entries

    assert [entry.text for entry in within(20, main)] == ["a: None", "b: None"]

"""A run from its ports to its end: by a signal, by the time, or because nobody reads what is shown."""

import asyncio
import contextlib
import dataclasses
import gc
import json
import os
import resource
import signal
import socket

import pytest

from actors.exits import OutputError
from actors.simulation.csms import run
from actors.simulation.csms.run import Port, PortError, Setting
from actors.simulation.csms.script import Script
from certs.errors import CertificateError
from tests.support.csms_server import VERSIONS, call, connect, within

pytestmark = pytest.mark.timeout(60)

ANY = Port(port=0)
SETTING = Setting(script=Script(), ports=(ANY,), control_port=0)


async def got(address, path="/healthz"):
    """What a GET is answered by the control."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split()[1].decode(), json.loads(body)


async def running(setting, do, write=lambda _entry: None):
    """Run it, and do something once it listens; the back-end."""
    where = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(run.run(setting, write, where.set_result))
    await asyncio.wait([task, where], return_when=asyncio.FIRST_COMPLETED)
    if where.done():
        await do(where.result())
    return await task


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run(sign):
    before = signal.getsignal(signal.SIGTERM)

    async def do(where):
        assert await got(where.control) == ("200", {"ok": True, "problems": 0, "failed": 0, "frames": 0})
        os.kill(os.getpid(), sign)

    backend = within(20, lambda: running(SETTING, do))

    assert backend.good()
    assert signal.getsignal(signal.SIGTERM) is before


def test_everything_that_happens_is_written_and_can_be_asked_for():
    entries = []

    async def do(where):
        ((url, profile),) = where.stations
        assert profile == "0 or 1"
        async with connect(f"{url}cp-1", subprotocols=VERSIONS, proxy=None) as station:
            assert (await call(station, "Heartbeat"))[0] == 3
            _, told = await got(where.control, "/messages?kind=frame")
        assert [one["direction"] for one in told["messages"]] == ["in", "out"]
        os.kill(os.getpid(), signal.SIGTERM)

    within(20, lambda: running(SETTING, do, entries.append))

    assert [entry.kind.value for entry in entries] == ["connected", "frame", "frame", "closed"]


@pytest.mark.parametrize("turns", range(4))
def test_who_is_just_connecting_to_the_control_is_cut_off_at_the_end(monkeypatch, turns):
    class Late(run._Uvicorn):
        async def shutdown(self, sockets):
            coming.connect(sockets[0].getsockname())
            for _ in range(turns):
                await asyncio.sleep(0)
            await super().shutdown(sockets)

    async def do(_where):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(run, "_Uvicorn", Late)
    with socket.socket() as coming:
        coming.settimeout(5)
        within(20, lambda: running(SETTING, do))
        with contextlib.suppress(ConnectionResetError):
            assert coming.recv(1) == b""
    gc.collect()  # of a socket that was lost pytest hears at the latest now


def test_the_time_ends_a_run_and_a_control_is_not_needed():
    setting = dataclasses.replace(SETTING, for_s=0.01, control_port=None)

    async def do(where):
        assert where.control is None

    assert within(20, lambda: running(setting, do)).good()


def test_a_run_ends_when_nobody_reads_what_is_shown():
    shown = []

    def write(entry):
        shown.append(entry)
        raise OutputError("Broken pipe")

    async def do(where):
        async with connect(f"{where.stations[0][0]}cp-1", subprotocols=VERSIONS, proxy=None) as station:
            await station.wait_closed()

    with pytest.raises(OutputError, match="Broken pipe"):
        within(20, lambda: running(SETTING, do, write))
    assert len(shown) == 1


def test_as_many_files_are_allowed_as_stations_need():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        run.allow_files(500)
        raised = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        run.allow_files(300)
        kept = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert (raised, kept) == (500, 500)


def test_what_the_loop_cannot_do_is_told():
    entries = []

    async def do(_where):
        asyncio.get_running_loop().call_exception_handler(
            {"message": "no more", "exception": OSError("files")}
        )
        os.kill(os.getpid(), signal.SIGTERM)

    within(20, lambda: running(SETTING, do, entries.append))

    assert [entry.text for entry in entries] == ["no more: OSError('files')"]


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("which", ["stations", "control"])
def test_a_port_that_is_taken_is_told(taken, which):
    ports = {"ports": (Port(port=taken),)} if which == "stations" else {"control_port": taken}

    with pytest.raises(PortError, match=f"127.0.0.1:{taken}: Address already in use; see --"):
        within(20, lambda: running(dataclasses.replace(SETTING, **ports), None))


def test_a_profile_without_certificates_does_not_begin():
    setting = dataclasses.replace(SETTING, ports=(Port(port=0, security_profile=2),))

    with pytest.raises(CertificateError, match="--pki"):
        within(20, lambda: running(setting, None))


@pytest.mark.parametrize(
    ("port", "url"),
    [
        (Port(), "ws://127.0.0.1:7/"),
        (Port(host="::1", security_profile=1), "ws://[::1]:7/"),
        (Port(security_profile=2), "wss://127.0.0.1:7/"),
        (Port(security_profile=3), "wss://127.0.0.1:7/"),
    ],
)
def test_a_port_has_its_url(port, url):
    assert port.url(7) == url

"""One connection: what waits for it has its bounds, and so has the time until it asks for anything."""

import asyncio
import gc
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from actors.simulation.csms import link
from actors.simulation.csms.link import Connection, pieces
from actors.simulation.csms.record import Kind
from tests.support.csms_server import call, serving, within

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize(
    ("data", "count", "parts"),
    [
        ("abcdef", 3, ["ab", "cd", "ef"]),
        ("abcde", 3, ["ab", "cd", "e"]),
        (b"ab", 5, [b"a", b"b"]),
        ("a", 2, ["a"]),
    ],
)
def test_a_message_is_cut_into_parts_that_are_not_empty(data, count, parts):
    assert pieces(data, count) == parts


async def gone(reader):
    """Whether the other side has ended the connection, be it roughly."""
    try:
        return await reader.read(100) == b""
    except ConnectionResetError:
        return True


def test_who_asks_for_nothing_is_cut_off(monkeypatch):
    monkeypatch.setattr(Connection, "opening_s", 0.02)

    async def main():
        async with serving() as served:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            ended = await gone(reader)
            writer.close()
            monkeypatch.setattr(Connection, "opening_s", 1.0)
            async with served.station() as station:
                await asyncio.sleep(1.1)
                return ended, await call(station, "Heartbeat")

    ended, answer = within(20, main)

    assert ended
    assert answer[0] == 3


def test_only_so_many_may_wait_without_asking(monkeypatch):
    monkeypatch.setattr(link, "MAX_SILENT", 1)
    gc.collect()  # connections of other tests are only known weakly

    async def main():
        async with serving() as served:
            _, first = await asyncio.open_connection("127.0.0.1", served.port)
            reader, second = await asyncio.open_connection("127.0.0.1", served.port)
            ended = await gone(reader)
            first.close()
            second.close()
            await asyncio.sleep(0.01)
            async with served.station() as station:
                return ended, await call(station, "Heartbeat")

    ended, answer = within(20, main)

    assert ended
    assert answer[0] == 3


LONG = {"answers": [{"action": "Heartbeat", "payload": {"currentTime": "x" * 500_000}}]}


@pytest.mark.parametrize(("limit", "value"), [("MAX_OUTBOX", 3), ("MAX_OUTBOX_CHARACTERS", 2_000_000)])
def test_who_takes_no_answers_in_is_cut_off(monkeypatch, limit, value):
    monkeypatch.setattr(link, limit, value)

    async def main():
        async with serving(LONG) as served, served.station("good") as good:
            lazy = await served.station("lazy", max_queue=1)
            lazy.transport.pause_reading()
            with suppress(ConnectionClosed):
                while "closed" not in served.kinds():
                    await lazy.send('[2,"m","Heartbeat",{}]')
                    await asyncio.sleep(0)
            closed = await served.until(lambda entry: entry.kind is Kind.CLOSED)
            return closed, await call(good, "BootNotification", {})

    closed, answer = within(20, main)

    assert (closed.station, closed.text) == ("lazy", "1006")
    assert answer[0] == 4

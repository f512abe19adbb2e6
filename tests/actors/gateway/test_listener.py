"""Nobody's socket is lost when the Listener ends, whenever in his coming he is met."""

import asyncio
import gc
import socket
from contextlib import suppress

import pytest

from actors.gateway.listener import Listener, bound
from tests.support.gateway_door import contexts

BEGUN = 5
"""Turns of the loop, within which the Listener listens."""


async def turns(count):
    for _ in range(count):
        await asyncio.sleep(0)


async def application(_scope, _receive, _send):
    raise AssertionError("nothing was asked")


async def met(count, tls, coming):
    """The Listener is ended so many turns after somebody has come."""
    listening = bound("127.0.0.1", 0)
    serving = asyncio.create_task(Listener(application, 8, tls).serve(listening))
    await turns(BEGUN)
    coming.connect(listening.getsockname())
    await turns(count)
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("tls", [False, True])
def test_who_is_just_coming_is_cut_off_when_it_ends(tmp_path, tls, count):
    with socket.socket() as coming:
        coming.settimeout(5)
        asyncio.run(met(count, contexts(tmp_path)[0] if tls else None, coming))
        with suppress(ConnectionResetError):
            assert coming.recv(1) == b""
    gc.collect()  # of a socket that was lost pytest hears at the latest now


def connected(port, tls, asks):
    """Somebody with whom the handshake is done, who has had an answer to what it `asks` and says no more."""
    coming = socket.create_connection(("127.0.0.1", port), timeout=5)
    if tls is not None:
        coming = tls.wrap_socket(coming, server_hostname="127.0.0.1")
    coming.sendall(asks)
    while asks and coming.recv(4096):
        pass
    return coming


async def left(tls, theirs, asks):
    """Who was connected when the Listener ended."""
    listening = bound("127.0.0.1", 0)
    port = listening.getsockname()[1]
    serving = asyncio.create_task(Listener(application, 8, tls).serve(listening))
    coming = await asyncio.to_thread(connected, port, theirs, asks)
    await turns(BEGUN)
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    return coming


@pytest.mark.parametrize("asks", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
@pytest.mark.parametrize("tls", [False, True])
def test_who_says_no_good_bye_is_cut_off_when_it_ends(tmp_path, tls, asks):
    ours, theirs = contexts(tmp_path) if tls else (None, None)
    with asyncio.run(left(ours, theirs, asks)) as coming:
        gc.collect()  # as above

        assert coming.recv(1) == b""

"""A Gateway's door with real sockets and a real hub, without actors: the test's thread is the actor."""

import json
import select
import socket
import ssl
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime

from actors.gateway import bridge
from actors.gateway.budget import Limits
from actors.gateway.door import Door, File
from actors.gateway.door_thread import DoorThread
from actors.gateway.effects import Close, Moment, Send, Silent
from actors.gateway.guard import Guard
from actors.gateway.hub import Hub
from actors.gateway.listener import bound
from actors.gateway.site_map import SiteMap
from tests.support.gateway import METHODS

PAGE = {"/": File("text/html; charset=utf-8", b"<!doctype html>")}


def now():
    return Moment(time.monotonic(), datetime.now(UTC))


def bundle(session):
    """The evidence of the only session there is; that of one breaks."""
    if session == "broken":
        raise OSError("no disk")
    return b"zip" if session == "good" else None


class Served:
    """A door that is open; `pump` lets the hub do what is to be done."""

    def __init__(self, *, tokens=None, tls=None, limits=None, most=8, bundle=bundle):
        guard, limits = Guard(tokens or {}, secure=tls is not None), limits or Limits()
        self.hub = Hub(SiteMap(file="s"), [], METHODS, guard, now=now(), limits=limits)
        listening = bound("127.0.0.1", 0)
        self.port = listening.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.thread = DoorThread(Door(guard, PAGE, bundle=bundle, most=most, tls=tls), listening, now().s)
        self.way = self.thread.way
        self.heard = []
        self.deaf = False
        """Whether the actor hears nothing."""

    def pump(self, until, within_s=10.0):
        """Be the actor until something holds."""
        end_s = time.monotonic() + within_s
        while not (found := until()):
            assert time.monotonic() < end_s, "it never happened"
            select.select([self.way.fd], [], [], 0.02)
            for item in () if self.deaf else self.way.take():
                self.heard.append(item)
                self.way.tell(self._answers(item))
            self._do(self.hub.due(now()))
        return found

    def _do(self, effects):
        self.way.tell([each for each in effects if isinstance(each, Send | Silent | Close)])

    def _answers(self, item):
        match item:
            case bridge.Opened():
                effects = self.hub.opened(
                    item.connection, item.host, scopes=item.scopes, push=item.push, now=now()
                )
            case bridge.Came():
                effects = [
                    *self.hub.received(item.connection, item.data, now()),
                    bridge.Took(item.connection),
                ]
            case bridge.Gone():
                effects = self.hub.closed(item.connection, now())
            case bridge.Written():
                self.hub.written(item.connection, item.size)
                return []
            case bridge.Asked():
                return [
                    bridge.Told(item.number, 200, "application/json", b'{"what": "%s"}' % item.what.encode())
                ]
            case _:
                return []
        return [each for each in effects if isinstance(each, Send | Silent | Close | bridge.Took)]

    def in_thread(self, action):
        """What a blocking action gives, while the hub works."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(action)
            self.pump(done.done)
            return done.result()

    def get(self, path, body=None, *, tls=None, **headers):
        """Status, headers and body of a request."""

        def ask():
            request = urllib.request.Request(f"{self.url}{path}", body, headers)
            try:
                with urllib.request.urlopen(request, timeout=10, context=tls) as answer:
                    return answer.status, answer.headers, answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.headers, error.read()

        return self.in_thread(ask)

    def post(self, text, **headers):
        """Status and answer of a request to /rpc."""
        headers = {"Content-Type": "application/json"} | headers
        status, _headers, body = self.get(
            "/rpc", text if isinstance(text, bytes) else text.encode(), **headers
        )
        return status, json.loads(body) if body.startswith((b"{", b"[")) else body.decode()

    def raw(self):
        """A connection of which the test says every byte."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


@contextmanager
def served(**options):
    """A door, closed in the end."""
    made = Served(**options)
    try:
        yield made
    finally:
        made.thread.end()
        made.thread.close()


def contexts(directory):
    """TLS for the server and for a client that trusts it."""
    from actors.gateway.access import tls_of
    from tests.support.gateway_certificate import certificate

    pem, key = certificate(directory)
    return tls_of(pem, key), ssl.create_default_context(cafile=str(pem))

"""What is served at the door, over real sockets."""

import http.client
import json
import socket
import threading
import time
import urllib.request
from contextlib import closing, suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from actors.gateway import bridge, door, listener, rpc
from actors.gateway.budget import Limits
from actors.gateway.guard import EVERYTHING
from actors.gateway.method import Scope
from tests.support.gateway import TOKEN, request
from tests.support.gateway_door import contexts, served

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def open_door():
    with served() as made:
        yield made


@pytest.fixture(scope="module")
def closed_door():
    with served(tokens={TOKEN: EVERYTHING, "f" * 16: frozenset({Scope.SIMULATE})}) as made:
        yield made


def socket_of(made, **more):
    return connect(f"ws://127.0.0.1:{made.port}/ws", compression=None, **more)


# -- plain HTTP --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", b"<!doctype html>"),
        ("/healthz", b'{"what": "healthz"}'),
        ("/schema.json", b'{"what": "schema"}'),
        ("/metrics", b'{"what": "metrics"}'),
        ("/evidence/good", b"zip"),
    ],
)
def test_what_is_there_is_served_with_strict_headers(open_door, path, body):
    status, headers, told = open_door.get(path)
    assert (status, told) == (200, body)
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nothing", {}, 404),
        ("/evidence/bad", {}, 404),
        ("/static/../hub.py", {}, 404),
        ("/", {"Host": "evil.example"}, 403),
        ("/healthz", {"Origin": "http://evil.example"}, 403),
        ("/rpc", {}, 405),
    ],
)
def test_what_is_not_for_them_is_refused(open_door, path, headers, status):
    assert open_door.get(path, **headers)[0] == status


def test_a_request_is_answered_over_http(open_door):
    assert open_door.post(request("echo", value=1)) == (200, {"jsonrpc": "2.0", "id": 1, "result": 1})
    assert open_door.post('{"jsonrpc": "2.0", "method": "echo"}') == (204, "")


def test_a_request_says_that_it_is_json(open_door):
    assert open_door.post(request("echo"), **{"Content-Type": "text/plain"})[0] == 415


def test_a_body_has_a_bound(open_door):
    assert open_door.post(b" " * (rpc.MAX_BYTES + 1))[0] == 413


def test_a_body_that_never_ends_is_given_up(open_door, monkeypatch):
    monkeypatch.setattr(door, "BODY_S", 0.1)
    with open_door.raw() as raw:
        raw.sendall(b"POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n")
        raw.sendall(b"Content-Length: 9\r\n\r\n{")
        assert b"408" in open_door.in_thread(lambda: raw.recv(1000))


def test_a_head_that_never_ends_is_given_up(open_door, monkeypatch):
    monkeypatch.setattr(listener, "HEAD_S", 0.0)
    with open_door.raw() as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert open_door.in_thread(lambda: raw.recv(1000)) == b""


def test_who_asks_again_and_again_is_not_cut_off(open_door, monkeypatch):
    monkeypatch.setattr(listener, "HEAD_S", 1.0)
    monkeypatch.setattr(listener, "SWEEP_S", 0.1)

    def ask():
        with closing(http.client.HTTPConnection("127.0.0.1", open_door.port, timeout=5)) as connection:
            connection.connect()
            connection.auto_open = 0  # it is to be the same one throughout
            end_s = time.monotonic() + 2.0
            while time.monotonic() < end_s:
                connection.request("GET", "/")
                connection.getresponse().read()
                time.sleep(0.13)
        return True

    assert open_door.in_thread(ask)


def test_who_reads_slowly_gets_all_of_it(monkeypatch):
    monkeypatch.setattr(listener, "HEAD_S", 1.2)
    monkeypatch.setattr(listener, "SWEEP_S", 0.1)
    body = b"x" * 24 * 1024 * 1024

    def read(port):
        got = 0
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
            raw.sendall(b"GET /evidence/large HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            while piece := raw.recv(256 * 1024):
                got += len(piece)
                time.sleep(0.025)  # reading slowly is what is tried
        return got

    with served(bundle=lambda _session: body) as made:
        assert made.in_thread(lambda: read(made.port)) > len(body)


def test_nobody_who_reads_slowly_is_waited_for_when_too_much_waits(monkeypatch):
    monkeypatch.setattr(listener, "HEAD_S", 0.3)
    monkeypatch.setattr(listener, "SWEEP_S", 0.1)
    monkeypatch.setattr(listener, "MAX_UNSENT", 1024)
    body = b"x" * 24 * 1024 * 1024

    def read(port):
        got = 0
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw, suppress(ConnectionError):
            raw.sendall(b"GET /evidence/large HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            while piece := raw.recv(64 * 1024):
                got += len(piece)
                time.sleep(0.01)
        return got

    with served(bundle=lambda _session: body) as made:
        assert made.in_thread(lambda: read(made.port)) < len(body)


def test_who_does_not_read_at_all_is_cut_off(monkeypatch):
    monkeypatch.setattr(listener, "HEAD_S", 0.3)
    monkeypatch.setattr(listener, "SWEEP_S", 0.1)
    body = b"x" * 24 * 1024 * 1024
    with served(bundle=lambda _session: body) as made, made.raw() as raw:
        raw.sendall(b"GET /evidence/large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        made.in_thread(lambda: time.sleep(1.5))
        got = 0
        with suppress(ConnectionError):
            while piece := raw.recv(1024 * 1024):
                got += len(piece)
        assert got < len(body)


def test_a_head_has_a_bound(open_door):
    with open_door.raw() as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (2 * listener.MAX_HEAD))
        assert b"400" in open_door.in_thread(lambda: raw.recv(1000))


@pytest.mark.parametrize("path", ["/metrics", "/evidence/good"])
def test_a_token_opens_what_is_to_be_seen(closed_door, path):
    assert closed_door.get(path)[0] == 401
    assert closed_door.get(path, Authorization=f"Bearer {TOKEN}")[0] == 200
    assert closed_door.get(path, Authorization=f"Bearer {'f' * 16}")[0] == 403


def test_a_token_opens_the_plain_requests(closed_door):
    assert closed_door.post(request("echo"))[0] == 401
    assert closed_door.post(request("echo"), Authorization="Bearer guessed")[0] == 401
    assert closed_door.post(request("echo"), Authorization=f"Bearer {'f' * 16}")[1]["error"]["code"] == -32001
    assert closed_door.get("/healthz")[0] == 200


def test_a_site_that_does_not_answer_is_said_not_to(open_door, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(open_door, "deaf", True)
        patched.setattr(door, "BODY_S", 0.1)
        assert open_door.get("/healthz")[0] == 504
    with monkeypatch.context() as patched:
        patched.setattr(open_door, "deaf", True)
        patched.setattr(door, "ANSWER_S", 0.1)
        assert open_door.post(request("echo"))[0] == 504
    assert open_door.get("/healthz")[0] == 200


def test_a_fault_of_ours_is_told_to_the_actor(open_door, monkeypatch):
    monkeypatch.setattr(open_door, "heard", [])
    assert open_door.get("/evidence/broken")[0] == 500
    assert [each for each in open_door.heard if isinstance(each, bridge.Trouble)]


# -- WebSocket ---------------------------------------------------------------------------------------------


def test_requests_and_answers_go_over_a_websocket(open_door):
    def talk():
        with socket_of(open_door) as socket:
            socket.send(request("echo", 7, value="ä"))
            first = json.loads(socket.recv())
            socket.send(request("echo", 8).encode())
            return first["result"], json.loads(socket.recv())["id"]

    assert open_door.in_thread(talk) == ("ä", 8)
    open_door.pump(lambda: open_door.hub.connections == 0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "http://evil.example"}, 403), ({"Authorization": "Bearer guessed"}, 401)],
)
def test_a_websocket_of_a_stranger_is_denied(closed_door, headers, status):
    with pytest.raises(InvalidStatus) as caught:
        closed_door.in_thread(lambda: socket_of(closed_door, additional_headers=headers).__enter__())
    assert caught.value.response.status_code == status


def test_who_says_a_wrong_token_is_told_before_the_end(closed_door):
    def guess():
        with socket_of(closed_door) as socket:
            told = []
            try:
                for _ in range(4):
                    socket.send(request("rpc.authenticate", token="guessed"))
                    told.append(json.loads(socket.recv())["error"]["code"])
            except ConnectionClosed as end:
                return told, end.rcvd.code
            return told, None

    assert closed_door.in_thread(guess) == ([-32001] * 3, 1008)


def test_nobody_says_for_himself_from_where_he_comes(open_door, monkeypatch):
    monkeypatch.setattr(open_door, "heard", [])
    open_door.post(request("echo"), **{"X-Forwarded-For": "10.9.8.7", "Forwarded": "for=10.9.8.7"})
    assert [each.host for each in open_door.heard if isinstance(each, bridge.Opened)] == ["127.0.0.1"]


def test_nothing_is_unpacked_to_many_times_its_size(open_door):
    with connect(f"ws://127.0.0.1:{open_door.port}/ws") as socket:  # it offers to compress
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


def test_more_than_the_actor_looks_after_waits_at_the_peer():
    with served() as made, socket_of(made) as socket:

        def came():
            return sum(isinstance(each, bridge.Came) for each in (*made.way._said, *made.heard))

        made.deaf = True
        for _ in range(door.AHEAD + 8):
            socket.send(request("echo"))
        made.pump(lambda: came() >= door.AHEAD)
        with urllib.request.urlopen(made.url, timeout=10) as page:  # whatever could come has come
            page.read()
        assert came() == door.AHEAD
        made.deaf = False
        made.pump(lambda: came() == door.AHEAD + 8)


def test_a_text_beyond_the_bound_ends_the_connection(open_door):
    def flood():
        with socket_of(open_door) as socket:
            socket.send(b" " * (rpc.MAX_BYTES + 1))
            with pytest.raises(ConnectionClosed) as caught:
                socket.recv()
            return caught.value.rcvd.code

    assert open_door.in_thread(flood) == 1009


def test_only_so_many_are_taken_in():
    with served(most=2, limits=Limits(connections=1)) as made:
        with made.raw(), made.raw(), made.raw() as third:
            third.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            third.settimeout(0.3)
            with pytest.raises(TimeoutError):
                third.recv(10)
        assert made.in_thread(lambda: _hold_two(made)) == 503


def _hold_two(made):
    import urllib.request

    with socket_of(made) as socket:
        socket.send(request("echo"))
        socket.recv()
        post = urllib.request.Request(
            f"{made.url}/rpc", request("echo").encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(post, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code


def test_a_leaving_gateway_says_so():
    with served() as made:
        codes = []

        def listen():
            with socket_of(made) as socket, pytest.raises(ConnectionClosed) as caught:
                socket.recv()
            codes.append(caught.value.rcvd.code)

        listening = threading.Thread(target=listen)
        listening.start()
        made.pump(lambda: made.hub.connections == 1)
        made.thread.end()
        listening.join(10)
        assert codes == [1001]


def test_tls_is_spoken_where_there_is_a_certificate(tmp_path):
    server, client = contexts(tmp_path)
    with served(tls=server) as made:
        assert made.get("/healthz", tls=client)[0] == 200
        with made.raw() as raw:
            raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert made.in_thread(lambda: raw.recv(100)) in {b"", *_alerts()}
        assert made.get("/healthz", tls=client)[0] == 200


def _alerts():
    """TLS alerts, whichever it says to who does not speak TLS."""
    return [b"\x15\x03\x01\x00\x02\x02" + bytes([each]) for each in range(256)]

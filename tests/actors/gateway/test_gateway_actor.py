"""The Gateway in a tree of processes: floods, slow readers, deaths and hangs."""

import itertools
import json
import os
import signal
import socket
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from actors.gateway import messages
from actors.gateway.client import CallError, ConnectionEnded
from protocols.message import Failure
from tests.support import engine, gateway_actors
from tests.support.gateway import request

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    state = tmp_path_factory.mktemp("gateway") / "state"
    with gateway_actors.site(state) as client:
        yield state, client


@pytest.fixture
def site(place):
    with gateway_actors.connected(place[0]) as client:
        yield client


def flooding(place, **more):
    url = gateway_actors.said(place[0])["url"]
    return connect(f"{url.replace('http', 'ws')}/ws", compression=None, **more)


def pid_of(place):
    return engine.eventually(lambda: engine.pids(place[1]).get("site/gateway"), 20.0)


def test_an_actor_is_asked_and_its_reply_comes_back(site):
    site.ask("store/main", "store", key="a", value={"b": [1, None]})
    assert site.ask("store/main", "kvs.load", key="a") == {"value": {"b": [1, None]}}
    with pytest.raises(CallError) as caught:
        site.ask("store/main", "forget", key="a")
    assert caught.value.code == -32004


def test_a_flood_of_a_thousand_requests_is_answered_once_each(place, site):
    with flooding(place) as flood, ThreadPoolExecutor(1) as pool:
        load = request("actor.call", name="store/main", command="load", arguments={"key": "none"})
        texts = [load.replace('"id": 1', f'"id": {number}') for number in range(1000)]
        sending = pool.submit(lambda: [flood.send(text) for text in texts])
        answers = [json.loads(flood.recv()) for _ in range(1000)]
        sending.result()
    assert sorted(each["id"] for each in answers) == list(range(1000))
    assert {each["error"]["code"] for each in answers if "error" in each} <= {-32002}
    assert site.ask("store/main", "load", key="none") == {"value": None}


def test_who_does_not_read_is_cut_and_nobody_else_notices(place, site):
    # given
    port = gateway_actors.said(place[0])["url"].rpartition(":")[2]
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", int(port)))
    # when
    batch = "[" + ",".join([request("rpc.discover")] * 20) + "]"
    with flooding(place, sock=raw, max_queue=1, close_timeout=1) as slow, pytest.raises(ConnectionClosed):
        [slow.send(batch) for _ in iter(lambda: site.ask("store/main", "load", key="none"), None)]
    # then
    assert site.ask("store/main", "load", key="none") == {"value": None}


def test_the_whole_is_to_be_measured_and_described(place, site):
    import urllib.request

    url = gateway_actors.said(place[0])["url"]

    def get(path):
        with urllib.request.urlopen(f"{url}{path}", timeout=10) as answer:
            return answer.read().decode()

    assert json.loads(get("/healthz")) == {"ready": True}
    assert 'evsite_actor_up{actor="site/store",kind="StoreActor"} 1.0' in get("/metrics")
    assert {each["name"] for each in json.loads(get("/schema.json"))["methods"]} >= {"actor.call"}


def test_where_it_is_can_be_read_by_all(place, site):
    told = gateway_actors.said(place[0])
    assert told["pid"] == pid_of(place)
    assert stat.S_IMODE(os.stat(place[0] / "gateway.json").st_mode) == 0o644


def test_a_program_is_asked_for_an_actor(place, site):
    # given
    site.handle("role.invoke", lambda value: {"twice": 2 * value})
    # when
    number = int((place[0] / "connection").read_text())
    asked = messages.Invoke(connection=number, method="role.invoke", params={"value": 2})
    nobody = messages.Invoke(connection=number + 1, method="role.invoke", params={"value": 2})
    # then
    assert place[1].ask("gateway/gateway", asked).result == {"twice": 4}
    assert isinstance(place[1].ask("gateway/gateway", nobody), Failure)


def test_news_of_the_tree_tell_of_a_killed_actor(place, site):
    news = site.subscribe(["tree"])
    assert next(news).snapshot
    killed = site.call("actor.kill", path="site/store")
    seen = next(each for each in news if _restarts(each.data) > 0)
    assert seen.topic == "tree"
    assert killed["kind"] == "StoreActor"


def _restarts(tree):
    return next(each["restarts"] for each in tree["children"] if each["name"] == "store")


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_a_gateway_that_fails_is_back_at_its_address(place, how):
    # given
    before, pid = gateway_actors.said(place[0]), pid_of(place)
    with gateway_actors.connected(place[0]) as client:
        # when
        if how == "killed":
            os.kill(pid, signal.SIGKILL)
        else:
            client._socket.send(gateway_actors.HANG)
        with pytest.raises(ConnectionEnded):
            [client.call("names.list", within_s=30) for _ in itertools.repeat(None)]
    # then
    with gateway_actors.connected(place[0]) as again:
        assert again.ask("store/main", "load", key="none") == {"value": None}
    after = gateway_actors.said(place[0])
    assert after["url"] == before["url"]
    assert after["pid"] != pid

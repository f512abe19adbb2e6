"""The client for programs in Python, at a real door."""

import json
import socket
import threading

import pytest

from actors.gateway import bridge, client
from actors.gateway.client import CallError, ConnectionEnded, GatewayClient, News, url_of
from actors.gateway.guard import EVERYTHING
from tests.support.gateway import TOKEN
from tests.support.gateway_door import contexts, now, served

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def made():
    with served() as made:
        yield made


@pytest.fixture
def site(made):
    site = made.in_thread(lambda: GatewayClient(made.url))
    yield site
    made.in_thread(site.close)


def test_a_result_comes_back(made, site):
    assert made.in_thread(lambda: site.call("echo", value={"ä": 1})) == {"ä": 1}


def test_a_refusal_is_an_error_with_its_code(made, site):
    with pytest.raises(CallError, match="nobody") as caught:
        made.in_thread(lambda: site.call("refuse"))
    assert (caught.value.code, caught.value.data) == (-32004, None)


def test_an_actor_is_asked_by_the_method_for_it(made, site):
    with pytest.raises(CallError) as caught:
        made.in_thread(lambda: site.ask("store/main", "load", key="a"))
    assert caught.value.code == -32601


def test_who_waits_too_long_is_told_so(made, site):
    with pytest.raises(TimeoutError):
        made.in_thread(lambda: site.call("sleep", within_s=0.05))


def test_snapshots_come_before_news(made, site):
    news = site.subscribe(["site", "tree"])
    assert made.in_thread(lambda: next(news)) == News("site", {"evses": []}, snapshot=True)
    made.way.tell(made.hub.news("tree", {"name": "site"}, now()))
    assert made.in_thread(lambda: next(news)) == News("tree", {"name": "site"})
    assert list(site.news(within_s=0.0)) == []


@pytest.mark.parametrize(
    ("handler", "answer"),
    [
        (lambda a: {"sum": a + 1}, {"sum": 2}),
        (lambda a: 1 // (a - 1), "ZeroDivisionError: integer division or modulo by zero"),
        (None, "nobody handles role.invoke"),
    ],
)
def test_a_program_answers_what_it_is_asked(made, site, handler, answer):
    if handler is not None:
        site.handle("role.invoke", handler)
    assert made.in_thread(lambda: site.call("program")) == answer


def test_a_program_serves_a_role_by_its_commands(made, site):
    handlers = {"start": lambda value: {"twice": 2 * value}}
    assert made.in_thread(lambda: site.serve("meter", handlers)) == "meter"
    asked = []
    number = max(each.connection for each in made.heard if isinstance(each, bridge.Opened))
    params = {"command": "start", "arguments": {"value": 7}, "role": "meter"}
    made.way.tell(made.hub.call_client(number, "role.invoke", params, asked.append, now()))
    made.pump(lambda: asked)
    assert asked[0].result == {"twice": 14}


def test_one_connection_fills_two_roles(made, site):
    """Each command goes to the role it is for; what a role has no handler for is refused as such."""

    def asked(role, command="start"):
        answers = []
        number = max(each.connection for each in made.heard if isinstance(each, bridge.Opened))
        params = {"role": role, "command": command, "arguments": {}}
        made.way.tell(made.hub.call_client(number, "role.invoke", params, answers.append, now()))
        made.pump(lambda: answers)
        return answers[0]

    for role in ("one", "two"):
        made.in_thread(lambda role=role: site.serve(role, {"start": lambda role=role: role}))
    assert [asked("one").result, asked("two").result] == ["one", "two"]
    assert asked("one", "stop").error.data == {"code": -32000, "data": {"reason": "Unsupported"}}


def test_a_role_that_is_lost_is_filled_again(made, site):
    made.in_thread(lambda: site.serve("meter", {}))
    number, before = max(each.connection for each in made.heard if isinstance(each, bridge.Opened)), made.hub
    filled = before.calls["role.ready"]
    made.way.tell(made.hub.call_client(number, "role.lost", {"role": "meter"}, lambda _: None, now()))
    made.pump(lambda: made.hub.calls["role.ready"] > filled)


def test_a_role_that_cannot_be_filled_again_ends_the_connection(made, site):
    made.in_thread(lambda: site.serve("meter", {}))
    site.call = lambda *_, **__: (_ for _ in ()).throw(CallError(-32000, "another program fills this role"))
    number = max(each.connection for each in made.heard if isinstance(each, bridge.Opened))
    made.way.tell(made.hub.call_client(number, "role.lost", {"role": "meter"}, lambda _: None, now()))
    made.pump(lambda: not site._reader.is_alive())


@pytest.mark.parametrize("result", [float("nan"), {1, 2}])
def test_a_handlers_result_that_is_no_json_fails_its_command(made, site, result):
    site.handle("role.invoke", lambda a: result)
    assert "Error" in made.in_thread(lambda: site.call("program"))
    assert made.in_thread(lambda: site.call("echo", value=1)) == 1


def test_a_connection_that_ends_ends_what_waits_for_it(made):
    site = made.in_thread(lambda: GatewayClient(made.url))
    number = max(each.connection for each in made.heard if isinstance(each, bridge.Opened))

    def wait():
        made.way.tell([client_close(number)])
        with pytest.raises(ConnectionEnded):
            site.call("sleep")
        with pytest.raises(ConnectionEnded):
            site.call("echo")
        return list(site.news()), list(site.news())

    assert made.in_thread(wait) == ([], [])
    made.in_thread(site.close)


def client_close(number):
    from actors.gateway.effects import Close

    return Close(number, 1001, "the test ends it")


def test_who_takes_no_news_loses_the_connection(made, monkeypatch):
    monkeypatch.setattr(client, "MAX_NEWS", 2)
    site = made.in_thread(lambda: GatewayClient(made.url))
    made.in_thread(lambda: next(site.subscribe(["site"])))
    for _ in range(4):
        made.way.tell(made.hub.news("site", {}, now()))
    made.pump(lambda: not site._reader.is_alive())
    made.in_thread(site.close)


def test_nobody_there_is_a_connection_that_ended(made, tmp_path):
    with pytest.raises(ConnectionEnded):
        GatewayClient("http://127.0.0.1:1")
    with pytest.raises(ConnectionEnded):
        url_of(tmp_path)
    (tmp_path / "gateway.json").write_text(json.dumps({"url": made.url}))
    assert url_of(tmp_path) == made.url


def test_a_connection_that_breaks_while_it_is_made_has_ended():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            """In the middle of the answer to the upgrade."""
            taken, _ = server.accept()
            with taken:
                taken.recv(1024)
                taken.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")

        breaking = threading.Thread(target=hang_up)
        breaking.start()
        with pytest.raises(ConnectionEnded):
            GatewayClient(f"http://127.0.0.1:{server.getsockname()[1]}")
        breaking.join(10)


def test_a_client_shows_its_token_over_tls(tmp_path):
    server, context = contexts(tmp_path)
    with served(tls=server, tokens={TOKEN: EVERYTHING}) as made:

        def talk(token):
            with GatewayClient(made.url, token=token, tls=context) as site:
                return site.call("echo", value=1)

        assert made.in_thread(lambda: talk(TOKEN)) == 1
        with pytest.raises(ConnectionEnded):
            made.in_thread(lambda: talk("guessed"))

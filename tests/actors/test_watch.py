"""The line of a screen to a Gateway, over a real websocket to one that says what it is told to say."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from actors.gateway.whereabouts import said_where
from actors.view.scene import TOPICS
from actors.watch import Line
from tests.support.command_line import evsite
from tests.support.view_data import by_card, drawn, message, site, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(30)
SNAPSHOT = {"site": site(by_card()), "tree": tree(), "messages": [], "errors": None, "variables": None}


class Gateway:
    """Answers a subscription, then says what is put in."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []
        self.answer: dict[str, Any] = {"result": SNAPSHOT}
        self.news: list[tuple[str, Any]] = []
        self.server: Server = serve(self._talk, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _talk(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.tokens.append(socket.request.headers.get("Authorization"))
        self.asked.append(json.loads(socket.recv()))
        socket.send(json.dumps({"jsonrpc": "2.0", "id": self.asked[-1]["id"], **self.answer}))
        for topic, data in self.news:
            told = {"jsonrpc": "2.0", "method": "observe.news", "params": {"topic": topic, "data": data}}
            socket.send(json.dumps(told))
        with contextlib.suppress(ConnectionClosed):
            socket.recv()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    running = Gateway()
    yield running
    running.server.shutdown()


def taken_in(line: Line, what: Any) -> None:
    end_s = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end_s, line.trouble
        line.take_in()


def test_a_line_asks_for_everything_and_feeds_its_scene(gateway: Gateway) -> None:
    gateway.news = [
        ("site", {"evse": by_card() | {"state": "Finishing"}}),
        ("messages", message("Heartbeat")),
    ]
    line = Line(lambda: gateway.url, token="secret")

    taken_in(line, lambda: line.told)

    assert gateway.asked[0]["params"] == {"topics": list(TOPICS)}
    assert gateway.tokens == ["Bearer secret"]
    assert [one["state"] for one in line.scene.evses] == ["Finishing"]
    assert [one["name"] for one in line.scene.messages] == ["Heartbeat"]
    line.close()


def test_a_line_that_breaks_is_made_again_and_says_so_meanwhile(gateway: Gateway) -> None:
    where: list[str | None] = [gateway.url]
    line = Line(lambda: where[0])
    taken_in(line, lambda: line.scene.evses)
    gateway.server.shutdown()
    taken_in(line, lambda: not line.connected)
    assert any("no word from the Gateway" in each for each in drawn(line.screen((100, 30), "")))

    successor = Gateway()
    where[0] = successor.url
    taken_in(line, lambda: successor.asked)

    assert f"web page {successor.url}/" in drawn(line.screen((100, 30), ""))[-1]
    line.close()
    successor.server.shutdown()


def test_a_refusal_is_told(gateway: Gateway) -> None:
    gateway.answer = {"error": {"code": -32001, "message": "not allowed"}}
    line = Line(lambda: gateway.url)

    taken_in(line, lambda: "not allowed" in line.trouble)

    assert any("not allowed" in each for each in drawn(line.screen((100, 30), "")))
    line.close()


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"url": 7}'])
def test_a_state_directory_without_a_gateway_names_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "gateway.json").write_text(text)

    assert said_where(tmp_path) is None
    done = evsite("watch", "--state", tmp_path)
    assert done.exit_code == 1
    assert "no Gateway answers" in done.stderr


def test_a_token_file_that_is_empty_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    (tmp_path / "simulator").write_text("0123456789abcdef simulate\n")

    assert evsite("watch", "--token-file", tmp_path / "token").exit_code == 2
    assert evsite("watch", "--token-file", tmp_path / "none").exit_code == 2
    refused = evsite("watch", "--token-file", tmp_path / "simulator")
    assert (refused.exit_code, "no token in it allows observe" in refused.stderr) == (2, True)

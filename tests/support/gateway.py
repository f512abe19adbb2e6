"""A hub under a clock of the test's own, with methods that show each step."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from actors.gateway import rpc
from actors.gateway.budget import Limits
from actors.gateway.effects import AskActor, Close, Moment, Send
from actors.gateway.guard import EVERYTHING, Guard
from actors.gateway.hub import Hub
from actors.gateway.method import (
    All,
    Ask,
    AskClient,
    Kill,
    Listen,
    Method,
    Nothing,
    Scope,
    Sleep,
    Unlisten,
    Until,
    form,
    good,
)
from actors.gateway.rpc import Code, RpcError
from actors.gateway.site_map import SiteMap
from protocols.interfaces import kvs
from protocols.message import Json

BEGAN = datetime(2026, 11, 21, tzinfo=UTC)
TOKEN = "0123456789abcdef"
LOAD = kvs.Load(key="a")


def at(seconds):
    return Moment(seconds, BEGAN + timedelta(seconds=seconds))


@form
class Value:
    """Give it back."""

    value: Json = None


@form
class Role:
    """A role of the site."""

    role: str


@form
class Topics:
    """Topics, and whose."""

    topics: tuple[str, ...]
    names: tuple[str, ...] = ()


def _echo(_scene, params):
    yield from ()
    return params.value


def _ask(_scene, _params):
    return repr(good((yield Ask("store/main", LOAD))))


def _ask_all(_scene, _params):
    replies = yield All((Ask("a", LOAD), Ask("b", LOAD)))
    nothing = yield All(())
    return [type(each).__name__ for each in (*replies, *nothing)]


def _sleep(scene, _params):
    before = scene.now
    yield Sleep(2.0)
    return (scene.now - before).total_seconds()


def _until(_scene, params):
    return (yield Until(lambda picture: params.value in picture, 5.0))


def _until_then_sleep(_scene, params):
    found = yield Until(lambda picture: params.value in picture, 5.0)
    yield Sleep(100.0)
    return found


def _listen(_scene, params):
    yield Listen(frozenset(params.topics), frozenset(params.names))


def _subscribe(_scene, params):
    yield Listen(frozenset(params.topics), frozenset(params.names))
    return {"site": {"evses": []}, "tree": None}


def _role(_scene, params):
    yield from ()
    return params.role


def _unlisten(_scene, params):
    yield Unlisten(frozenset(params.topics), frozenset(params.names))


def _program(scene, params):
    answer = yield AskClient(params.value or scene.caller, "role.invoke", {"a": 1})
    return answer.error.message if answer.error else answer.result


def _kill(_scene, _params):
    yield Kill(4711, 9)


def _crash(_scene, params):
    yield Sleep(0)
    raise ZeroDivisionError(str(params.value))


def _bad_look(_scene, params):
    yield Until(lambda picture: picture[params.value], 5.0)


def _stubborn(_scene, _params):
    try:
        yield Sleep(100.0)
    finally:
        raise ZeroDivisionError


def _refuse(_scene, _params):
    yield from ()
    raise RpcError(Code.NO_SUCH, "nobody")


def _method(name, run, params=Nothing, scope=Scope.CONTROL, *, simulated=False):
    return Method(name=name, params=params, result=Any, run=run, scope=scope, simulated=simulated)


METHODS = {
    each.name: each
    for each in (
        _method("echo", _echo, Value, Scope.OBSERVE),
        _method("ask", _ask),
        _method("ask.all", _ask_all),
        _method("sleep", _sleep),
        _method("until", _until, Value),
        _method("until.sleep", _until_then_sleep, Value),
        _method("listen", _listen, Topics, Scope.OBSERVE),
        _method("unlisten", _unlisten, Topics, Scope.OBSERVE),
        _method("observe.subscribe", _subscribe, Topics, Scope.OBSERVE),
        _method("role.register", _role, Role, Scope.INTEGRATE),
        _method("role.ready", _role, Role, Scope.INTEGRATE),
        _method("program", _program, Value),
        _method("kill", _kill),
        _method("crash", _crash, Value),
        _method("bad.look", _bad_look, Value),
        _method("stubborn", _stubborn),
        _method("refuse", _refuse),
        _method("simulated", _echo, Value, simulated=True),
    )
}


def request(method, number=1, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


@dataclass
class Desk:
    """A hub, and what it has said to each connection."""

    tokens: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    picture: list[Any] = field(default_factory=list)
    """What an `until` looks for."""
    now_s: float = 0.0
    effects: list[Any] = field(default_factory=list)
    texts: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self):
        self.hub = Hub(
            SiteMap(file="site.yaml"), self.picture, METHODS, Guard(self.tokens), now=at(0.0),
            limits=self.limits, schema=lambda: {"openrpc": "1.3.2"},
        )  # fmt: skip

    @property
    def now(self):
        return at(self.now_s)

    def do(self, effects):
        self.effects += effects
        for each in effects:
            if isinstance(each, Send):
                self.texts.setdefault(each.connection, []).append(each.text)
        return effects

    def open(self, number=1, host="127.0.0.1", scopes=EVERYTHING, *, push=True):
        return self.do(self.hub.opened(number, host, scopes=scopes, push=push, now=self.now))

    def say(self, text, number=1):
        return self.do(self.hub.received(number, text, self.now))

    def call(self, method, connection=1, **params):
        """What is answered at once, if it is: a result, or an error."""
        before = len(self.texts.get(connection, ()))
        self.say(request(method, 1, **params), connection)
        return self.answer(connection, before)

    def answer(self, connection=1, since=0):
        texts = self.texts.get(connection, [])[since:]
        if not texts:
            return None
        told = json.loads(texts[-1])
        return told.get("result", told.get("error"))

    def wait(self, seconds):
        self.now_s += seconds
        return self.do(self.hub.due(self.now))

    def look(self):
        return self.do(self.hub.looked(self.now))

    def reply(self, reply, name=None):
        asked = [each for each in self.effects if isinstance(each, AskActor) and name in {None, each.name}]
        return self.do(self.hub.replied(asked[-1].number, reply, self.now))

    @property
    def closed(self):
        return [(each.connection, each.code) for each in self.effects if isinstance(each, Close)]


__all__ = ["METHODS", "TOKEN", "Desk", "at", "request", "rpc"]

"""Connections, what they may do, and the methods they call. Pure: inputs in, effects out, `now` is given.

    effects = hub.opened(7, "127.0.0.1", scopes=..., push=True, now=now)
    effects = hub.received(7, text, now)          # a request
    effects = hub.replied(number, reply, now)     # what an AskActor has brought

Every request with an id is answered once, whatever it is, as long as its connection lasts; nothing that a
peer sends raises. Who does not read is closed with 1013, who does not authenticate in time or tries too often
with 1008.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from actors.gateway import rpc
from actors.gateway.budget import Bucket, Limits
from actors.gateway.effects import Close, Effect, Moment, Note, Send, Signal, Silent
from actors.gateway.method import (
    ASK_DEADLINE_S,
    AskClient,
    Kill,
    Listen,
    Method,
    Scene,
    Steps,
    Unlisten,
    allowed,
)
from actors.gateway.peers import Peer, Peers
from actors.gateway.questions import GONE, Questions
from actors.gateway.rpc import Code, RpcError, over
from actors.gateway.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from actors.gateway.guard import Guard
    from actors.gateway.method import Scope
    from actors.gateway.picture import Picture
    from actors.gateway.running import Done, Outcome
    from actors.gateway.site_map import SiteMap
    from protocols.message import Reply

AUTHENTICATE: Final = "rpc.authenticate"
DISCOVER: Final = "rpc.discover"
NEWS: Final = "observe.news"
POLICY: Final = 1008
TRY_LATER: Final = 1013
"""Codes of RFC 6455, 7.4."""


@dataclass(slots=True, eq=False)
class Gathering:
    """The answers to one text; they go back together."""

    peer: Peer
    batch: bool
    open: int
    texts: list[str] = field(default_factory=list)


class Hub:
    """Everything the Gateway decides. `schema` gives the document that describes the methods."""

    def __init__(
        self,
        site: SiteMap,
        picture: Picture,
        methods: Mapping[str, Method[Any, Any]],
        guard: Guard,
        *,
        now: Moment,
        limits: Limits | None = None,
        schema: Callable[[], dict[str, Any]] = dict,
        faults: bool = False,
    ) -> None:
        self.limits = limits or Limits()
        self.counts: Counter[str] = Counter()
        """Connections, and what was refused, by limit."""
        self.calls: Counter[str] = Counter()
        """Calls that were begun, by method."""
        self._now = now
        self._site, self._picture, self._methods, self._guard = site, picture, methods, guard
        self._schema, self._faults = schema, faults
        self._peers = Peers(self.limits)
        self._running = Running(self._at_once, self._to_client)
        share = self.limits.all_rates
        self._all = Bucket(self.limits.rate_per_s * share, self.limits.burst * share, now.s)
        self._questions = Questions()

    # -- connections ---------------------------------------------------------------------------------------

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._peers)

    def opened(
        self, number: int, host: str, *, scopes: frozenset[Scope] | None, push: bool, now: Moment
    ) -> list[Effect]:
        """Somebody has come in from a host. `scopes` of None: they are to say who they are."""
        self._now = now
        if self._peers.full(stranger=scopes is None):
            self.counts["refused_connections"] += 1
            return [Close(number, TRY_LATER, "too many connections")]
        self._peers.add(number, host, scopes, now.s, push=push)
        self.counts["connections"] += 1
        return []

    def closed(self, number: int, now: Moment) -> list[Effect]:
        """A connection is gone; whatever ran for it ends."""
        self._now = now
        return self._after(self._gone(number))

    def written(self, number: int, size: int) -> None:
        """The peer has been given so many bytes of what was to be sent."""
        self._peers.written(number, size)

    def _gone(self, number: int) -> list[Effect]:
        peer = self._peers.pop(number)
        if peer is None:
            return []
        effects = self._running.drop(number)
        self._questions.gone(number)
        return [*effects, self._peers.follow()] if peer.topics else effects

    def _close(self, peer: Peer, code: int, reason: str) -> list[Effect]:
        self.counts[f"closed_{code}"] += 1
        return [*self._gone(peer.number), Close(peer.number, code, reason)]

    def _after(self, effects: list[Effect]) -> list[Effect]:
        """What an input has caused, once those who wait for a client have been told."""
        return effects + self._running.answered(self._now)

    # -- what comes in -------------------------------------------------------------------------------------

    def received(self, number: int, data: bytes | str, now: Moment) -> list[Effect]:
        """A text has come."""
        self._now = now
        peer = self._peers.get(number)
        if peer is None:
            return []
        if peer.scopes is None and len(data) > self.limits.stranger_bytes:
            return self._after(self._close(peer, POLICY, "authenticate first"))
        incoming = rpc.read(data)
        gathering = Gathering(peer, incoming.batch, len(incoming.items))
        effects: list[Effect] = []
        for item in incoming.items:
            if number in self._peers:  # an item before this one may have ended it
                effects += self._take(gathering, item)
        return self._after(effects)

    def replied(self, number: int, reply: Reply, now: Moment) -> list[Effect]:
        """An actor has answered an AskActor."""
        self._now = now
        return self._after(self._running.replied(number, reply, now))

    def looked(self, now: Moment) -> list[Effect]:
        """The picture has changed."""
        self._now = now
        return self._after(self._running.looked(now))

    @property
    def next_s(self) -> float | None:
        """When `due` is to be called."""
        moments = [each.since_s + self.limits.stranger_s for each in self._peers.strangers()]
        moments += [each for each in (self._questions.next_s, self._running.next_s) if each is not None]
        return min(moments, default=None)

    def due(self, now: Moment) -> list[Effect]:
        """Time has passed."""
        self._now = now
        effects: list[Effect] = []
        for peer in self._peers.strangers():
            if now.s >= peer.since_s + self.limits.stranger_s:
                effects += self._close(peer, POLICY, "not authenticated in time")
        self._questions.late(now.s)
        return self._after(effects + self._running.due(now))

    # -- what goes out -------------------------------------------------------------------------------------

    def news(self, topic: str, data: dict[str, Any], now: Moment, about: str = "") -> list[Effect]:
        """Tell everybody who listens to a topic; `about`: whose variable it is."""
        self._now = now
        listening = self._peers.listening(topic, about)
        if not listening:
            return []
        text = rpc.notice(NEWS, {"topic": topic, "data": data})
        effects: list[Effect] = []
        for peer in listening:
            effects += self._send(peer, text)
        return self._after(effects)

    def there(self, number: int) -> bool:
        """Whether a connection is there, and can be asked something."""
        return (peer := self._peers.get(number)) is not None and peer.push

    def hears(self, topic: str, about: str) -> bool:
        """Whether anybody wants to know."""
        return bool(self._peers.listening(topic, about))

    def call_client(
        self,
        connection: int,
        method: str,
        params: dict[str, Any],
        then: Callable[[rpc.Answer], None],
        now: Moment,
        deadline_s: float = ASK_DEADLINE_S,
    ) -> list[Effect]:
        """Ask the program at the other end of a connection; `then` gets its answer, exactly once."""
        self._now = now
        step = AskClient(connection, method, params, deadline_s)
        return self._after(list(self._to_client(step, then)))

    def _to_client(self, step: AskClient, then: Callable[[rpc.Answer], None]) -> list[Effect]:
        peer = self._peers.get(step.connection)
        if peer is None or not peer.push:
            then(rpc.Answer(None, error=GONE))
            return []
        number = self._questions.ask(peer.number, self._now.s + step.deadline_s, then)
        return self._send(peer, rpc.call(number, step.method, step.params))

    def _send(self, peer: Peer, text: str) -> list[Effect]:
        if peer.number not in self._peers:
            return []
        size = len(text) if text.isascii() else len(text.encode())
        sent: list[Effect] = [Send(peer.number, text, size)]
        for slow in self._peers.queue(peer, size):
            sent += self._close(slow, TRY_LATER, "does not read")
        return sent

    # -- one request ---------------------------------------------------------------------------------------

    def _take(self, gathering: Gathering, item: rpc.Item) -> list[Effect]:
        match item:
            case rpc.Call():
                done = partial(self._finish, gathering, item.id)
                return self._called(gathering.peer, item.method, item.params, done)
            case rpc.Notice():
                done = partial(self._finish_notice, gathering)
                return self._called(gathering.peer, item.method, item.params, done)
            case rpc.Fault():
                problem = self._too_often(gathering.peer) or item.error
                return self._answer(gathering, rpc.error(item.id, problem))
            case _:
                self._questions.answered(gathering.peer.number, item)
                return self._answer(gathering, "")

    def _called(self, peer: Peer, name: str, params: dict[str, Any], done: Done) -> list[Effect]:
        try:
            self._admit(peer, name)
            match name:
                case "rpc.authenticate":
                    return self._authenticate(peer, params, done)
                case "rpc.discover":
                    return list(done(self._schema()))
            method = allowed(self._methods, name, peer.scopes, self._site)
        except RpcError as problem:
            return list(done(problem))
        self.calls[name] += 1
        scene = Scene(self._now.at, self._site, self._picture, peer.number, self._faults, peer.push)
        return self._running.start(_steps(method, scene, params), scene, done, self._now)

    def _admit(self, peer: Peer, name: str) -> None:
        """Raises RpcError for who may not ask for anything now."""
        if problem := self._too_often(peer):
            raise problem
        if peer.scopes is None and name != AUTHENTICATE:
            raise RpcError(Code.NOT_ALLOWED, "a token is needed: rpc.authenticate")
        if (
            len(self._running) >= self.limits.all_running
            or self._running.count(peer.number) >= self.limits.running
        ):
            self.counts["refused_running"] += 1
            raise over("running", "too much is under way")

    def _too_often(self, peer: Peer) -> RpcError | None:
        """Count what somebody has said, a request or not; what to tell who says too much."""
        wait_s = peer.bucket.take(self._now.s)
        if peer.scopes is not None:  # what is for all is not for strangers to use up
            wait_s = wait_s or self._all.take(self._now.s)
        self.counts["refused_rate"] += wait_s > 0
        return rpc.too_often(wait_s) if wait_s else None

    def _authenticate(self, peer: Peer, params: dict[str, Any], done: Done) -> list[Effect]:
        token = params.get("token")
        if not isinstance(token, str) or len(params) != 1:
            raise RpcError(Code.PARAMS, "token: there must be one, and nothing else", {"field": "token"})
        scopes = self._guard.scopes_of(token) if self._guard.tokens else peer.scopes
        if scopes is not None:
            peer.scopes = scopes
            return list(done({"scopes": sorted(scopes)}))
        self.counts["refused_tokens"] += 1
        peer.tries += 1
        effects = list(done(RpcError(Code.NOT_ALLOWED, "no token of ours")))
        if peer.tries >= self.limits.tries and peer.number in self._peers:
            effects += self._close(peer, POLICY, "no token of ours")
        return effects

    def _finish(self, gathering: Gathering, number: rpc.Id, outcome: Outcome) -> list[Effect]:
        if isinstance(outcome, RpcError):
            return self._answer(gathering, rpc.error(number, outcome))
        notes: list[Effect] = []
        try:
            text = rpc.result(number, outcome)
        except (TypeError, ValueError) as error:
            notes.append(Note("result_unfit", f"{type(error).__name__}: {error}"))
            text = rpc.error(number, RpcError(Code.INTERNAL, "the result is no JSON"))
        if len(text) > self.limits.text_bytes:
            text = rpc.error(number, over("size", f"the result has {len(text)} characters"))
        return notes + self._answer(gathering, text)

    def _finish_notice(self, gathering: Gathering, _outcome: Outcome) -> list[Effect]:
        return self._answer(gathering, "")

    def _answer(self, gathering: Gathering, text: str) -> list[Effect]:
        """The next of the answers that go back together; an empty one is none."""
        gathering.open -= 1
        if text:
            gathering.texts.append(text)
        if gathering.open:
            return []
        peer, texts = gathering.peer, gathering.texts
        if not texts:
            return [] if peer.push else [Silent(peer.number)]
        return self._send(peer, rpc.batch(texts) if gathering.batch else texts[0])

    # -- steps that take no time ---------------------------------------------------------------------------

    def _at_once(self, caller: int, step: Listen | Unlisten | Kill) -> Iterable[Effect] | RpcError:
        if isinstance(step, Kill):
            return [Signal(step.pid, step.signal)]
        problem = self._peers.listen(caller, step)
        return [self._peers.follow()] if problem is None else problem


def _steps(method: Method[Any, Any], scene: Scene, params: dict[str, Any]) -> Steps[Any]:
    """A method from its parameters to its result, both as JSON values."""
    result = yield from method.run(scene, method.read(params))
    return method.write(result)

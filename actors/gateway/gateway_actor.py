"""Actor of the Gateway: carries out what the hub wants, and keeps the thread that holds the sockets."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from actors.engine import faults
from actors.engine import messages as engine
from actors.engine.base import handles
from actors.gateway import access, bridge, effects, messages, metrics, schema
from actors.gateway.door_thread import BEAT_S, DoorThread, ThreadError
from actors.gateway.effects import Moment
from actors.gateway.hub import Hub
from actors.gateway.method import SITE
from actors.gateway.methods import METHODS
from actors.gateway.opening import opening, state_of
from actors.gateway.peers import EVERYBODY, VARIABLES
from actors.gateway.picture import Picture
from actors.gateway.picture.forms import as_json as as_plain
from actors.gateway.picture.variables import shown
from actors.gateway.repeats import Repeats
from actors.gateway.role import LOST, told
from actors.live import as_json
from actors.module_actor import ModuleActor
from protocols import interfaces
from protocols.message import Reply, changed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from actors.engine.base import Deferred
    from actors.engine.messages import GetMetricsReply
    from actors.gateway.method import Ask
    from actors.gateway.picture import News
    from actors.gateway.rpc import Answer
    from protocols.message import Var

TREE_S: Final = 0.5
ASKS_S: Final = 0.1
"""The picture is asked what it wants at most so often."""
TREE: Final = "tree"


class GatewayActor(ModuleActor):
    """Leaf below the root, started last. Nothing of it is durable: when it dies every connection ends, and
    its successor, at the same port, draws its picture anew from retained variables and what it asks. Programs
    that filled a role connect again; what ran for a caller has ended with its connection.
    """

    _hub: Hub
    _picture: Picture
    _thread: DoorThread

    def __init__(self) -> None:
        super().__init__()
        self._drawn: frozenset[tuple[str, type]] = frozenset()
        """What the picture is drawn from."""
        self._followed: set[tuple[str, type]] = set()
        """What was subscribed to."""
        self._tree: dict[str, Any] = {}
        self._repeats = Repeats()
        self._measuring: list[int] = []
        """Who waits for metrics."""
        self._out: list[bridge.ToDoor] = []
        """What the thread is to be told."""
        self._holders: dict[str, int] = {}
        """By role: the connection of the program that fills it."""

    # -- life ----------------------------------------------------------------------------------------------

    @classmethod
    def before_fork(cls, config: Mapping[str, Any]) -> None:  # noqa: ARG003  # they are the same for all
        """Build what reads and writes the methods' forms."""
        for method in METHODS.values():
            method.prepare()

    def on_start(self) -> None:
        """Listen, and draw the picture."""
        opened = opening(self.config)
        injecting = faults.Faults.current is not None
        self._picture = Picture(opened.site, faults=injecting)
        self._hub = Hub(
            opened.site,
            self._picture,
            METHODS,
            opened.guard,
            now=self._now,
            limits=opened.limits,
            schema=_document,
            faults=injecting,
        )
        self._thread = self.own(DoorThread(opened.door, opened.listening, self._now.s))
        self.watch(self._thread.way.fd, self._hear)
        self._knock()
        self._drawn = frozenset(self._picture.wants)
        for name, kind in self._drawn:
            self._listen_to(name, kind)
        access.say_where(state_of(self.config), opened.url)
        self.publish(messages.GatewayLife(life=str(uuid4())), self._name, retain=True)
        self.log.info("gateway_open", url=opened.url, token=bool(opened.guard.tokens))

    def on_ready(self) -> None:
        """The site can be asked."""
        self._ask_for_picture()

    def on_stop(self) -> None:
        """Say good-bye."""
        access.forget_where(state_of(self.config))
        self._thread.end()

    @property
    def _now(self) -> Moment:
        return Moment(self.port.clock.monotonic_s(), self.port.clock.now())

    def _knock(self) -> None:
        """A thread that hangs is a hang of this actor: it crashes and is replaced."""
        self._thread.knock(self._now.s)
        self.start_timer("knock", BEAT_S, self._knock)

    # -- what the thread says ------------------------------------------------------------------------------

    def _hear(self) -> None:
        for item in self._thread.way.take():
            self._heard(item)
        self._flush()

    def _heard(self, item: bridge.FromDoor) -> None:
        hub, now = self._hub, self._now
        match item:
            case bridge.Opened():
                self._do(hub.opened(item.connection, item.host, scopes=item.scopes, push=item.push, now=now))
            case bridge.Came():
                self._do(hub.received(item.connection, item.data, now))
                self._out.append(bridge.Took(item.connection))
            case bridge.Written():
                hub.written(item.connection, item.size)
            case bridge.Gone():
                self._do(hub.closed(item.connection, now))
                self.publish(messages.ConnectionGone(connection=item.connection), self._name)
            case bridge.Asked():
                self._asked(item)
            case bridge.Beat():
                self._thread.answered(item, now.s)
            case bridge.Trouble():
                self.log.error("gateway_request_failed", error=item.error)
            case bridge.Died():
                raise ThreadError(item.error)

    def _asked(self, asked: bridge.Asked) -> None:
        if asked.what == "metrics":
            self._measuring.append(asked.number)
            if len(self._measuring) == 1:  # whoever comes meanwhile gets the same
                self.ask_supervisor(engine.GetTree(metrics=True), self._measured)
        elif asked.what == "schema":
            self._tell(asked.number, _document())
        else:
            self._tell(asked.number, {"ready": self.ready}, 200 if self.ready else 503)

    def _tell(self, number: int, value: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        self._out.append(bridge.Told(number, status, "application/json", body))

    def _measured(self, reply: Reply) -> None:
        tree = reply.node if isinstance(reply, engine.GetTreeReply) else None
        body, asked = metrics.text(tree, self._picture.evses()), self._measuring
        self._measuring = []
        self._out += [bridge.Told(number, 200, metrics.MEDIA_TYPE, body) for number in asked]
        self._flush()

    def _counts(self) -> dict[str, int]:
        return {
            **self._hub.counts,
            "calls": self._hub.calls.total(),
            "connections_open": self._hub.connections,
        }

    def own_metrics(self) -> GetMetricsReply:
        """As SiteActor, with connections and calls."""
        return changed(super().own_metrics(), counted=self._counts())

    # -- what the hub wants --------------------------------------------------------------------------------

    def _do(self, wanted: Sequence[effects.Effect]) -> None:
        for effect in wanted:
            match effect:
                case effects.Send() | effects.Silent() | effects.Close():
                    self._out.append(effect)
                case effects.AskActor():
                    self._ask_for(effect, partial(self._replied, effect.number))
                case effects.Signal():
                    self._signal(effect)
                case effects.Note():
                    self.log.error(effect.event, detail=effect.detail)
                case effects.Follow():
                    self._follow_all(effect)

    def _flush(self) -> None:
        """Tell the thread all at once, and have the hub woken in time."""
        if self._out:
            self._thread.way.tell(self._out)
            self._out = []
        next_s = self._hub.next_s
        if next_s is None:
            self.cancel_timer("hub")
        else:
            self.start_timer("hub", max(0.0, next_s - self.port.clock.monotonic_s()), self._due)

    def _ask_for(self, wanted: effects.AskActor | Ask, then: Callable[[Reply], None]) -> None:
        if wanted.name == SITE:
            self.ask_supervisor(wanted.command, then)
        else:
            self.ask(wanted.name, wanted.command, then, deadline_s=wanted.deadline_s)

    def _replied(self, number: int, reply: Reply) -> None:
        self._do(self._hub.replied(number, reply, self._now))
        self._flush()

    def _signal(self, wanted: effects.Signal) -> None:
        self.log.warning("killed_by_request", pid=wanted.pid, signal=signal.Signals(wanted.number).name)
        with suppress(ProcessLookupError):
            os.kill(wanted.pid, wanted.number)

    def _due(self) -> None:
        self._do(self._hub.due(self._now))
        self._flush()

    # -- what the site says --------------------------------------------------------------------------------

    def _follow_all(self, wanted: effects.Follow) -> None:
        """Listen to whatever somebody listens to; once begun it goes on, told or not."""
        self._repeats.forget()  # who is new has seen something else
        known = interfaces.load_all()
        names = self._picture.site.names
        for name in names if EVERYBODY in wanted.names else wanted.names & names.keys():
            if (interface := known.get(names[name])) is not None:
                for kind in interface.variables.values():
                    self._listen_to(name, kind)
        if TREE in wanted.topics and not self.timers.running("tree"):
            self._look_at_tree()
        elif TREE not in wanted.topics:
            self.cancel_timer("tree")

    def _listen_to(self, name: str, kind: type[Var]) -> None:
        if (name, kind) not in self._followed:
            self._followed.add((name, kind))
            self.subscribe(name, kind, partial(self._published, name))

    def _published(self, name: str, variable: Var) -> None:
        hub, now = self._hub, self._now
        self._picture.variables.keep(name, variable, now.at)
        if (name, type(variable)) in self._drawn:
            asks_at = self._picture.asks_at
            self._tell_news(self._picture.take(name, variable, now.at))
            self._do(hub.looked(now))
            if self._picture.asks_at != asks_at:
                self._ask_for_picture()
        if hub.hears(VARIABLES, name):
            self._do(hub.news(VARIABLES, as_plain(shown(name, variable, now.at)), now, about=name))
        self._flush()

    def _tell_news(self, found: Sequence[News]) -> None:
        hub = self._hub
        for news in found:
            if hub.hears(news.topic, "") and not self._repeats.is_old(news):
                self._do(hub.news(news.topic, news.data, self._now))

    def _ask_for_picture(self) -> None:
        """Ask what nobody publishes, as often as the picture wants it."""
        for ask in self._picture.asks(self._now.at):
            self._ask_for(ask, partial(self._learnt, ask))
        if (at := self._picture.asks_at) is not None:
            after_s = max(ASKS_S, (at - self._now.at).total_seconds())
            self.start_timer("picture", after_s, self._ask_for_picture)

    def _learnt(self, ask: Ask, reply: Reply) -> None:
        self._tell_news(self._picture.answered(ask, reply, self._now.at))
        self._do(self._hub.looked(self._now))
        self._ask_for_picture()
        self._flush()

    def _look_at_tree(self) -> None:
        self.start_timer("tree", TREE_S, self._look_at_tree)
        self.ask_supervisor(engine.GetTree(), self._saw_tree)

    def _saw_tree(self, reply: Reply) -> None:
        if isinstance(reply, engine.GetTreeReply):
            tree = as_json(reply.node)
            if (lasting := _lasting(tree)) != self._tree:
                self._tree = lasting
                self._do(self._hub.news(TREE, tree, self._now))
                self._flush()

    # -- what companions want ------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return f"{self.module_id}/{messages.NAME}"

    @handles(messages.Invoke)
    def handle_invoke(self, command: messages.Invoke) -> Deferred:
        """Ask a program; what it says is the answer."""
        deferred = self.defer()

        def then(answer: Answer) -> None:
            deferred.answer(told(answer))

        self._do(
            self._hub.call_client(
                command.connection, command.method, command.params, then, self._now, command.deadline_s
            )
        )
        self._flush()
        return deferred

    @handles(messages.HoldRole)
    def handle_hold_role(self, command: messages.HoldRole) -> messages.HoldRoleReply:
        """Know which program is to be told when the actor of its role is another one."""
        if there := self._hub.there(command.connection):
            self._holders[command.role] = command.connection
        return messages.HoldRoleReply(there=there)

    @handles(messages.RoleVacant)
    def handle_role_vacant(self, command: messages.RoleVacant) -> Reply:
        """Tell it; what it says to that does not matter."""
        connection, lost = self._holders.pop(command.role, 0), {"role": command.role}
        self._do(self._hub.call_client(connection, LOST, lost, lambda _answer: None, self._now))
        self._flush()
        return Reply()


@cache
def _document() -> dict[str, Any]:
    """The methods, described; made when somebody asks, for it takes 0.1 s."""
    return schema.document(METHODS)


def _lasting(tree: dict[str, Any]) -> dict[str, Any]:
    """A tree without what changes all the time."""
    return {
        **{key: value for key, value in tree.items() if key != "uptime_s"},
        "children": [_lasting(each) for each in tree["children"]],
    }

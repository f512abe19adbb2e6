"""A charge point's core with the shipped device model, driven by hand: no actor, no clock, no disk."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from actors.ocpp import inputs
from actors.ocpp.block import Block
from actors.ocpp.blocks.boot import Acquaintance
from actors.ocpp.charge_point import ChargePoint, Fed
from actors.ocpp.device_model.characteristics import Refusal
from actors.ocpp.device_model.component import Component
from actors.ocpp.device_model.directory import load_directory
from actors.ocpp.device_model.model import DeviceModel
from actors.ocpp.device_model.names import AttributeName, ComponentName, VariableName
from actors.ocpp.device_model.steering import Steering
from actors.ocpp.device_model.storage import Kept, StoredValue
from actors.ocpp.inputs import Ask, CalledIn, CallEnded, Effect, Input, LinkSaid, Peer, SendCall, Target
from actors.ocpp.messages import Called, CalledReply, CallReply, LinkState, Outcome
from actors.ocpp.settings import Settings
from actors.ocpp.tables import Tables
from actors.ocpp.turn import Turn, chance
from protocols import codec
from protocols.ocpp import payloads, schemas
from protocols.ocpp.projection import project
from protocols.ocpp.version import Version

T = TypeVar("T")
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
COMPONENTS = Path(__file__).parents[2] / "deploy" / "component_config"
PEERS = frozenset(
    {
        *(Peer(Target.EVSE_MANAGER, number) for number in (1, 2)),
        *(Peer(Target.EXTENSIONS_15118, number) for number in (1, 2)),
        *(Peer(each) for each in (Target.SYSTEM, Target.SECURITY, Target.AUTH, Target.RESERVATION)),
    }
)


shipped = cache(partial(load_directory, COMPONENTS))
"""The components of the shipped device model, read once: they are immutable."""


def altered(name: str, **fields: Any) -> tuple[Component, ...]:
    """The shipped components, one variable of which is declared otherwise."""
    component, _, variable = name.partition(".")
    found = []
    for each in shipped():
        declared = dict(each.variables)
        if each.name == ComponentName(component):
            declared[VariableName(variable)] = replace(declared[VariableName(variable)], **fields)
        found.append(replace(each, variables=declared))
    return tuple(found)


class Memory:
    """A storage of a device model for one test."""

    def __init__(self) -> None:
        self.values: dict[AttributeName, StoredValue] = {}

    def load(self) -> Mapping[AttributeName, StoredValue]:
        return dict(self.values)

    def write(self, name: AttributeName, stored: StoredValue) -> Kept | Refusal:
        self.values[name] = stored
        return Kept.NOW

    def forget(self, names: Collection[AttributeName]) -> None:
        for each in names:
            self.values.pop(each, None)


@dataclass
class Station:
    """The core over several lives; every effect is kept in `effects` until it is taken."""

    blocks: tuple[Block, ...]
    version: Version = Version.V21
    peers: frozenset[Peer] = PEERS
    evses: Mapping[int, int] = field(default_factory=lambda: {1: 1, 2: 1})
    now: datetime = START
    tables: Tables = field(default_factory=Tables)
    storage: Memory = field(default_factory=Memory)
    effects: list[Effect] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    """Further fields of `Settings`."""
    security_profile: int = 1
    """Of every connection."""
    components: tuple[Component, ...] = ()
    """Others than the shipped ones."""

    def __post_init__(self) -> None:
        self.connections = 0
        self.tags = 0
        self.life()

    def life(self) -> None:
        """A new life: what is durable is there, all else is gone. Feeds nothing."""
        self.effects.clear()
        self.model = DeviceModel(self.components or shipped(), self.storage)
        settings = Settings(
            evses=self.evses,
            peers=self.peers,
            chance=chance(seed=len(self.tables.snapshot().entries)),
            started_at=self.now,
            preferred_version=self.version,
            **self.options,
        )
        self._wish: Callable[[Turn], object] = lambda _turn: None
        own = Block(name="test", timers={"test": self._fulfil})
        self.core = ChargePoint(self.tables, self.model, settings, (*self.blocks, own))

    def restart(self) -> list[Effect]:
        """Kill it, and let the successor resume over the same connection, if there is one."""
        link = self.core.live.link
        self.life()
        effects = self.feed(inputs.Resumed())
        return effects if link is None else [*effects, *self.feed(LinkSaid(link))]

    def set(self, variable: Steering[T], value: T, *place: int) -> None:
        """Have a variable of the device model say this."""
        assert self.model.put(variable, value, *place).done

    def feed(self, given: Input) -> list[Effect]:
        """Feed, make durable through the codec as a journal does, and return the effects."""
        fed: Fed = self.core.feed(given, self.now)
        for record in fed.records:
            assert codec.decode(codec.encode(record)) == record
        self.core.commit(fed)
        self.effects.extend(fed.effects)
        return list(fed.effects)

    def turn(self, wish: Callable[[Turn], object]) -> list[Effect]:
        """Have something done within a turn, as a block would."""
        self._wish = wish
        return self.feed(inputs.Fired("test"))

    def _fulfil(self, turn: Turn, _rest: str) -> None:
        self._wish(turn)

    def later(self, seconds: float) -> None:
        """Let time pass; timers are fired by hand."""
        self.now += timedelta(seconds=seconds)

    def fire(self, timer: str) -> list[Effect]:
        """A timer has run out."""
        return self.feed(inputs.Fired(timer))

    # -- the link --------------------------------------------------------------------------------------------

    def connect(self) -> list[Effect]:
        """There is a connection, a new one."""
        self.connections += 1
        return self.feed(LinkSaid(self._link(self.connections)))

    def disconnect(self) -> list[Effect]:
        """It is gone."""
        return self.feed(LinkSaid(self._link(0)))

    def was_accepted(self) -> None:
        """The CSMS it is meant for has accepted it, in an earlier life of the site."""
        self.turn(lambda turn: turn.put(Acquaintance(url="ws://localhost:9000")))

    def _link(self, connection: int) -> LinkState:
        version = self.version if connection else None
        return LinkState(
            connection=connection,
            ocpp_version=version,
            slot=1,
            security_profile=self.security_profile,
            since=self.now,
        )

    @property
    def open(self) -> SendCall | None:
        """The call the link has in hand."""
        made = self.core.live.open_call
        return None if made is None else SendCall(made.message_id, made.action, made.payload)

    def sent(self, action: str | None = None) -> list[dict[str, Any]]:
        """The payloads of the calls handed to the link so far, each checked against its schema."""
        found = []
        for each in self.effects:
            if isinstance(each, SendCall) and action in {None, each.action}:
                payload = json.loads(each.payload)
                schemas.check(Version.V21, each.action, payload)
                schemas.check(
                    self.version,
                    each.action,
                    payload if self.version is Version.V21 else project(self.version, each.action, payload),
                )
                found.append(payload)
        return found

    def answered(self, payload: object) -> list[Effect]:
        """The CSMS answers the open call (a dataclass of `ocpp.v21.call_result`)."""
        assert self.open is not None
        text = json.dumps(payloads.encode(payload))
        return self.ended(Outcome.ANSWERED, payload=text)

    def ended(self, outcome: Outcome, *, payload: str = "", code: str = "") -> list[Effect]:
        """The open call has met its fate."""
        assert self.open is not None
        reply = CallReply(outcome=outcome, payload=payload, code=code)
        return self.feed(CallEnded(self.open.message_id, reply))

    def request(self, payload: object, message_id: str | None = None) -> dict[str, Any] | CalledReply | None:
        """The CSMS asks (a dataclass of `ocpp.v21.call`): its answer, a refusal, or None for not yet."""
        self.tags += 1
        called = Called(
            connection=self.connections,
            ocpp_version=self.version,
            message_id=message_id or f"csms-{self.tags}",
            action=payloads.action_of(payload),
            payload=json.dumps(payloads.encode(payload)),
        )
        self.feed(CalledIn(self.tags, called))
        return self.response(self.tags)

    def response(self, tag: int | None = None) -> dict[str, Any] | CalledReply | None:
        """How the last call of the CSMS, or an earlier one, was answered so far."""
        tag = tag or self.tags
        replies = [
            each.reply for each in self.effects if isinstance(each, inputs.AnswerCall) and each.tag == tag
        ]
        assert len(replies) <= 1
        if not replies or replies[0].code:
            return replies[0] if replies else None
        payload: dict[str, Any] = json.loads(replies[0].payload)
        return payload

    # -- the station -----------------------------------------------------------------------------------------

    def say(self, target: Target, news: Any, number: int = 1) -> list[Effect]:
        """Somebody publishes a variable."""
        return self.feed(inputs.Said(Peer(target, number), news))

    def ask(self, command: Any) -> list[Any]:
        """Somebody has a command for us: the replies so far."""
        self.tags += 1
        self.feed(inputs.Asked(self.tags, command))
        return self.replies(self.tags)

    def replies(self, tag: int | None = None) -> list[Any]:
        """How a command was answered."""
        tag = tag or self.tags
        return [each.reply for each in self.effects if isinstance(each, inputs.Answer) and each.tag == tag]

    def asks(self, kind: type[T]) -> list[T]:
        """The commands of a class that others were given so far."""
        return [
            each.command for each in self.effects if isinstance(each, Ask) and isinstance(each.command, kind)
        ]

    def reply(self, kind: type, reply: Any) -> list[Effect]:
        """The last command of a class is answered."""
        ask = next(
            each
            for each in reversed(self.effects)
            if isinstance(each, Ask) and isinstance(each.command, kind)
        )
        return self.feed(inputs.Replied(ask.purpose, reply))

    def published(self, kind: type[T]) -> list[T]:
        """The variables of a class that were published so far."""
        return [
            each.news
            for each in self.effects
            if isinstance(each, inputs.Publish) and isinstance(each.news, kind)
        ]

    def notes(self) -> list[str]:
        """The events of the lines that were logged."""
        return [each.event for each in self.effects if isinstance(each, inputs.Note)]

    def timers(self) -> dict[str, float]:
        """The timers that were started and not cancelled, as they were started last."""
        running: dict[str, float] = {}
        for each in self.effects:
            if isinstance(each, inputs.Start):
                running[each.timer] = each.after_s
            elif isinstance(each, inputs.Cancel):
                running.pop(each.timer, None)
        return running

"""Drives the station's core without a link: one input at a time, the state through the codec in between.

    bench = Bench()                       # or Bench(settings=..., station=...)
    bench.connect(tls="TLSv1.2")
    bench.feed(Received(payload_type=0x8001, payload=...))
    bench.tell(charger.DlinkReady(value=True))
    bench.answer("ask", reply)
    bench.pass_time(60)                   # runs the timers that are due down, in order

`bench.effects` holds the effects of the last call, `bench.history` all of them.
"""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from actors.v2g.secc.exchange import (
    Answered,
    Ask,
    CancelTimer,
    Close,
    Connected,
    Disconnected,
    Effect,
    Expired,
    Note,
    Publish,
    Received,
    Send,
    StartTimer,
    Tls,
    Told,
)
from actors.v2g.secc.machine import decide
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols import codec

if TYPE_CHECKING:
    from actors.v2g.secc.exchange import Input
    from protocols.message import Command, Reply

E = TypeVar("E")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def counted_random(seed: str = "secc") -> Any:
    """A source of bytes that gives other ones each time and the same ones in each run."""
    numbers = itertools.count()

    def random(count: int) -> bytes:
        return hashlib.shake_256(f"{seed}{next(numbers)}".encode()).digest(count)

    return random


class Bench:
    """A core with its state, its timers and what it did."""

    def __init__(self, settings: Settings | None = None, station: Station | None = None) -> None:
        self.settings = settings or Settings()
        self.state = State(station=station or Station())
        self.now = NOW
        self.random = counted_random()
        self.effects: tuple[Effect, ...] = ()
        self.history: list[Effect] = []
        self.timers: dict[str, datetime] = {}
        self.asks: dict[str, Ask] = {}
        self.closed: Close | None = None

    @property
    def talk(self) -> Talk:
        """The talk at hand."""
        assert self.state.talk is not None
        return self.state.talk

    def feed(self, given: Input) -> tuple[Effect, ...]:
        """Give one input; state and published variables go through the codec."""
        step = decide(self.state, given, self.settings, self.now, self.random)
        self.state = codec.decode(codec.encode(step.state))
        assert self.state == step.state
        for effect in step.effects:
            self._take(effect)
        self.effects = step.effects
        self.history += step.effects
        return step.effects

    def _take(self, effect: Effect) -> None:
        match effect:
            case Publish(variable=variable):
                assert codec.decode(codec.encode(variable)) == variable
            case Ask(ask=ask, command=command):
                assert codec.decode(codec.encode(command)) == command
                self.asks[ask] = effect
            case StartTimer(timer=timer, after_s=after_s):
                self.timers[timer] = self.now + timedelta(seconds=after_s)
            case CancelTimer(timer=timer):
                self.timers.pop(timer, None)
            case Close():
                self.closed = effect

    def connect(self, tls: str | None = None, cipher: str = "ECDHE-ECDSA-AES128-SHA256") -> None:
        """A car connects, over TLS of that version or plain TCP."""
        self.timers, self.asks, self.closed = {}, {}, None
        self.feed(Connected(tls=Tls(version=tls, cipher=cipher) if tls else None))

    def receive(self, payload: bytes, payload_type: int = 0x8001) -> bytes | None:
        """One frame of the car; the payload of the answer, None if there is none (yet)."""
        self.feed(Received(payload_type=payload_type, payload=payload))
        return self.sent()

    def sent(self) -> bytes | None:
        """The payload that the last input made the core send."""
        frames = [each.payload for each in self.effects if isinstance(each, Send)]
        assert len(frames) <= 1
        return frames[0] if frames else None

    def tell(self, *commands: Command) -> None:
        """Commands of the EVSE manager; afterwards `effects` holds what all of them caused."""
        effects: tuple[Effect, ...] = ()
        for command in commands:
            effects += self.feed(Told(command=command))
        self.effects = effects

    def answer(self, ask: str, reply: Reply) -> None:
        """The reply to an ask that is open."""
        del self.asks[ask]
        self.feed(Answered(ask=ask, reply=reply))

    def pass_time(self, seconds: float) -> None:
        """Let time pass; `effects` holds afterwards what all timers that ran down caused."""
        until = self.now + timedelta(seconds=seconds)
        effects: tuple[Effect, ...] = ()
        while due := sorted((moment, timer) for timer, moment in self.timers.items() if moment <= until):
            self.now, timer = due[0]
            del self.timers[timer]
            effects += self.feed(Expired(timer=timer))
        self.now, self.effects = until, effects

    def disconnect(self, reason: str = "the car has closed it") -> None:
        """The connection is gone."""
        self.feed(Disconnected(reason=reason))

    def published(self, kind: type[E], *, ever: bool = False) -> list[E]:
        """The variables of a class that the last input, or any input ever, had published."""
        effects = self.history if ever else self.effects
        return [
            each.variable for each in effects if isinstance(each, Publish) and isinstance(each.variable, kind)
        ]

    def notes(self) -> list[str]:
        """The events that the last input had written down."""
        return [each.event for each in self.effects if isinstance(each, Note)]

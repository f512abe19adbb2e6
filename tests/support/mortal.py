"""A car and a station in memory whose session dies at any moment, between the relay of the real link and the
real session: `pairing` with deaths, which take a moment in which inputs gather.
"""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from actors.engine.faults import Moment
from actors.v2g import messages, parcel, snapshot
from actors.v2g.link.relay import MAX_DEATHS, Relay
from actors.v2g.secc import exchange
from actors.v2g.secc.state import State
from actors.v2g.session_actor import V2gSessionActor
from tests.support.pairing import Pairing

if TYPE_CHECKING:
    from actors.v2g.secc.settings import Settings

AGAIN_S: Final = 0.03
"""From a death to its successor."""
IN_TALK: Final = (
    exchange.Send,
    exchange.Ask,
    exchange.StartTimer,
    exchange.CancelTimer,
    exchange.Close,
)
"""Effects that concern only the car that is connected."""


class _Session(V2gSessionActor):
    """The session, with a clock and settings of the test's."""

    def __init__(self, settings: Settings, now: Any) -> None:
        super().__init__()
        self._settings = settings
        self._port: Any = SimpleNamespace(clock=SimpleNamespace(now=now))


class Mortal(Pairing):
    """A charge during which sessions die as a seed says: in so many of a hundred steps."""

    def __init__(self, text: str, *, seed: int, percent: int, **how: Any) -> None:
        self._dice, self._percent = random.Random(seed), percent
        self._relay = Relay(snapshot.parts_of(State()))
        self._session: _Session | None = None
        self._at_work = False
        self.deaths = 0
        super().__init__(text, **how)
        while self._at_work:
            self.step()

    def station(self, given: Any) -> None:
        """One input for the session, as soon as there is one."""
        if isinstance(given, exchange.Connected):
            self._relay.begin_talk()
        elif isinstance(given, exchange.Disconnected):
            self._relay.end_talk()
        common = isinstance(given, (exchange.Told, exchange.Heard, exchange.Disconnected))
        self._relay.put(given, talk=0 if common else self._relay.talk)
        self._pump()

    def _pump(self) -> None:
        """As the link: give the session what is next, and carry out what it decides."""
        while not self._at_work and (waiting := self._relay.next()):
            death = self._fate(waiting)
            reply = None if death is Moment.BEFORE else self._step(waiting)
            if reply is None or death is Moment.DECIDED:
                self._session = None
                self._at_work = True
                self.at(AGAIN_S, self._revive)
                return
            if death is Moment.ANSWERED:
                self._session = None
            self._take_in(waiting, reply)

    def _fate(self, waiting: Any) -> Moment | None:
        """What the session dies of this time; never so often of one input that it is taken for poison."""
        if waiting[-1].deaths >= MAX_DEATHS - 1 or self._dice.randrange(100) >= self._percent:
            return None
        self.deaths += 1
        return self._dice.choice(list(Moment))

    def _step(self, waiting: Any) -> messages.Stepped:
        if self._session is None:
            self._session = _Session(self.bench.settings, lambda: self.now)
        mark = self._relay.mark
        return self._session.handle_step(
            messages.Step(
                after=mark,
                state=b"" if mark else snapshot.pack(self._relay.parts),
                given=tuple(parcel.pack(each.given) for each in waiting),
            )
        )

    def _revive(self) -> None:
        self._at_work = False
        assert self._relay.died() is None
        self._pump()

    def _take_in(self, waiting: Any, reply: messages.Stepped) -> None:
        if not reply.mark:
            self._relay.unknown()
            return
        self._relay.done(reply.mark, snapshot.unpack(reply.changes))
        for each, packed in zip(waiting, reply.effects, strict=True):
            self._relay.turn_to(each)
            for effect in parcel.unpack_effects(packed):
                if self._relay.concerns_car or not isinstance(effect, IN_TALK):
                    self.bench.history.append(effect)
                    self._station_effect(effect)

    @property
    def state(self) -> State:
        """The last state that was decided."""
        return snapshot.state_of(self._relay.parts)

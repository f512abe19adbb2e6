"""No input that the link, the codec or a module of the site can bring makes a block raise: an exception ends
the charge point, and whoever says the same again ends its successors.

EVSITE_EXAMPLES=50 .venv/bin/pytest tests/actors/ocpp/test_fuzz.py       # fifty times as long, by other seeds
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actors.ocpp import inputs
from actors.ocpp.blocks import BLOCKS
from actors.ocpp.inputs import Effect, Input, Peer, Target
from actors.ocpp.messages import Called, CallReply, FrameSeen, Outcome
from protocols import codec
from protocols.message import Failure, FailureReason, tag_of
from protocols.ocpp import schemas
from protocols.ocpp.projection import project
from protocols.ocpp.version import Version
from tests.support.examples import TIMES
from tests.support.ocpp_odd import Odd
from tests.support.ocpp_station import PEERS, START, Station
from tests.support.ocpp_transactions import Evse

STEPS = 300
CLOCKS = (datetime(1970, 1, 1, tzinfo=UTC), START, datetime(2090, 1, 1, tzinfo=UTC))
MANAGERS = ("evse_manager.", "actors.evse.")
FATES = [each for each in Outcome if each is not Outcome.ANSWERED]


class Life:
    """A station to which strange things happen."""

    def __init__(self, version: Version, seed: int) -> None:
        peers = PEERS | {Peer(Target.DATA_TRANSFER)}
        self.odd = Odd(seed)
        self.station = Station(BLOCKS, version=version, peers=peers)
        self.evses = [Evse(self.station, number) for number in (1, 2)]
        self.asks: list[inputs.Ask] = []
        self.timers: dict[str, float] = {}
        self.actions: dict[int, str] = {}
        self.happened = ""
        """What came last, for whoever has to find the fault."""

    def run(self, steps: int) -> None:
        """So many of them."""
        self.restart()
        self.station.connect()
        self.station.core.live.accepted = True
        doings = list(WEIGHTS)
        for _ in range(steps):
            self.odd.chance.choices(doings, [*WEIGHTS.values()])[0](self)
            self.take()

    def feed(self, given: Input) -> None:
        self.happened = repr(given)
        self.station.feed(given)

    def take(self) -> None:
        """What it wants done can be done; the asks and timers are kept for later."""
        for effect in self.station.effects:
            self.carry_out(effect)
        self.station.effects.clear()
        self.asks = self.asks[-30:]

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case inputs.Ask(command=command):
                codec.encode(command)
                self.asks.append(effect)
            case inputs.Publish(news=said) | inputs.Order(orders=said) | inputs.Answer(reply=said):
                codec.encode(said)
            case inputs.AnswerCall(tag=tag, reply=reply):
                codec.encode(reply)
                self.judge(self.actions[tag], reply.payload)
            case inputs.Start(timer=timer, after_s=after_s):
                assert after_s >= 0
                self.timers[timer] = after_s
            case inputs.Cancel(timer=timer):
                self.timers.pop(timer, None)
            case inputs.SendCall(payload=payload):
                told = json.loads(payload).get("transactionInfo", {}).get("transactionId")
                self.odd.known = [*self.odd.known, told][-8:] if told else self.odd.known

    def judge(self, action: str, payload: str) -> None:
        """An answer is one of its action; a refusal has no payload."""
        if payload:
            version, loaded = self.station.version, json.loads(payload)
            if version is Version.V201:
                loaded = project(version, action, loaded, answer=True)
            schemas.check(version, action, loaded, answer=True)

    # -- what happens ----------------------------------------------------------------------------------------

    def request(self) -> None:
        """The CSMS asks."""
        station, version = self.station, self.station.version
        known = schemas.actions(version)
        action = self.odd.chance.choice(sorted(known & {each.__name__ for each in station.core._requests}))
        payload = json.dumps(self.odd.payload(version, action))
        station.tags += 1
        self.actions[station.tags] = action
        called = Called(
            connection=1,
            ocpp_version=version,
            message_id=f"csms-{station.tags}",
            action=action,
            payload=payload,
        )
        self.feed(inputs.CalledIn(station.tags, called))

    def answer(self) -> None:
        """The CSMS answers, or not."""
        made = self.station.core.live.open_call
        if made is None:
            return
        reply = CallReply(outcome=self.odd.chance.choice(FATES), code=self.odd.text())
        if self.odd.maybe(0.75):
            payload = self.odd.payload(self.station.version, made.action, answer=True)
            reply = CallReply(outcome=Outcome.ANSWERED, payload=json.dumps(payload))
        self.feed(inputs.CallEnded(made.message_id, reply))
        self.station.core.live.accepted |= self.odd.maybe(0.3)

    def reply(self) -> None:
        """A module answers, or fails."""
        if self.asks:
            ask = self.asks.pop(self.odd.chance.randrange(len(self.asks)))
            failed = Failure(reason=self.odd.chance.choice(list(FailureReason)), detail="x")
            reply = failed if self.odd.maybe(0.25) else self.odd.message(type(ask.command).answer)
            self.feed(inputs.Replied(ask.purpose, reply))

    def news(self) -> None:
        """A module says something."""
        kind = self.odd.chance.choice(sorted(self.station.core.news - {FrameSeen}, key=tag_of))
        manager = tag_of(kind).startswith(MANAGERS)
        peer = Peer(Target.EVSE_MANAGER if manager else Target.SYSTEM, self.odd.chance.choice((1, 2)))
        self.feed(inputs.Said(peer, self.odd.message(kind)))

    def command(self) -> None:
        """A module asks."""
        kind = self.odd.chance.choice(sorted(self.station.core.commands, key=tag_of))
        self.station.tags += 1
        self.feed(inputs.Asked(self.station.tags, self.odd.message(kind)))
        self.station.core.live.stopped = False

    def timer(self) -> None:
        """Time passes."""
        if self.timers:
            timer = self.odd.chance.choice(sorted(self.timers))
            self.station.later(min(self.timers.pop(timer), 4000))
            self.feed(inputs.Fired(timer))

    def evse(self) -> None:
        """Somebody comes, charges, goes."""
        evse = self.odd.chance.choice(self.evses)
        doings: list[Any] = [evse.plug, evse.authorize, evse.charge, evse.unplug, evse.condition]
        if evse.token is None:
            doings.remove(evse.charge)
        doing = self.odd.chance.choice(doings)
        self.happened = f"EVSE: {doing}"
        doing()

    def link(self) -> None:
        """The connection goes or comes."""
        if self.station.core.live.online:
            self.station.disconnect()
        self.station.connect()

    def restart(self) -> None:
        """It is killed."""
        self.station.restart()
        self.asks.clear()
        self.timers.clear()

    def clock(self) -> None:
        """Somebody sets the clock."""
        self.station.now = self.odd.chance.choice(CLOCKS) + timedelta(seconds=self.odd.chance.random())


WEIGHTS = {
    Life.request: 30,
    Life.answer: 25,
    Life.reply: 25,
    Life.news: 12,
    Life.command: 8,
    Life.timer: 8,
    Life.evse: 14,
    Life.link: 2,
    Life.restart: 1,
    Life.clock: 1,
}


@pytest.mark.untraced
@pytest.mark.parametrize("seed", range(2 * TIMES))
@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_nothing_that_happens_to_a_station_ends_it(version: Version, seed: int) -> None:
    life = Life(version, seed)
    try:
        life.run(STEPS)
    except Exception as error:
        error.add_note(f"after {life.happened[:2000]}")
        raise

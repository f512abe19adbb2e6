"""A charge point's core with its journal, the link's half of a conversation and the simulated back-end.

All of it is real but sockets, processes and the clock: the core of the charge point, the journal, `Rpc` of
the link, `Backend` of the CSMS. What is played is time, who dies when, and the EVSE managers. Deaths strike
at points that are counted: before a change is durable, behind that, and behind every effect.

    shore = Shore(blocks, kill_at=17)       # the charge point dies at the seventeenth point
    shore.at(60, evse.plug)                 # seconds from the start
    shore.run(3600)
    judge(shore.entries).good
"""

from __future__ import annotations

import heapq
import json
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from actors.evse.messages import EvseCondition
from actors.ocpp import inputs
from actors.ocpp.charge_point import ChargePoint
from actors.ocpp.device_model.model import DeviceModel
from actors.ocpp.inputs import Peer, Target
from actors.ocpp.keeping import Keeper
from actors.ocpp.link import rpc
from actors.ocpp.messages import Call, Called, CallReply, LinkState, Outcome
from actors.ocpp.settings import Settings
from actors.ocpp.tables import Tables
from actors.ocpp.turn import chance
from actors.simulation.csms import effects as csms
from actors.simulation.csms.backend import Backend
from actors.simulation.csms.door import Knock
from actors.simulation.csms.script import Script
from protocols import codec
from protocols.interfaces import evse_manager, system
from protocols.message import Failure, FailureReason, Reply
from protocols.ocpp import times
from protocols.ocpp.version import Version
from protocols.types.system import BootReason
from tests.support.ocpp_station import PEERS, START, Memory, shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from actors.ocpp.block import Block
    from actors.simulation.csms.record import Entry

LATENCY_S = 0.02
"""From one end of the wire to the other."""
REVIVAL_S = 0.15
"""From a death to the successor."""
REDIAL_S = 5.0
"""After the back-end has ended a connection."""
MESSAGE_TIMEOUT_S = 30.0
REPLIES: Mapping[type, Reply] = {
    system.GetBootReason: system.GetBootReasonReply(boot_reason=BootReason.POWER_UP),
    system.SetSystemTime: system.SetSystemTimeReply(accepted=True),
}
RETAINED = (EvseCondition, evse_manager.Ready, evse_manager.WaitingForExternalReady)
UNSUPPORTED = Failure(reason=FailureReason.UNSUPPORTED, detail="nobody plays this")


class Killed(Exception):  # noqa: N818  # it is no error
    """The charge point dies here."""


class Log:
    """What a keeper logs, which is nothing here."""

    def error(self, event: str, **fields: object) -> None:
        """A journal that is damaged or full would be a fault of the test."""
        raise AssertionError(event, fields)


class Bytes:
    """A journal in memory: what is durable, in the bytes a journal would have."""

    def __init__(self) -> None:
        self._bytes: list[bytes] = []

    def recover(self) -> Tables:
        """The tables of the successor."""
        tables = Tables()
        tables.apply(codec.decode(each) for each in self._bytes)
        return tables

    def commit(self, records: Sequence[Any], tables: Tables) -> None:
        """Make changes durable; now and then all of it in one."""
        self._bytes.extend(codec.encode(each) for each in records)
        tables.apply(records)
        if len(self._bytes) > 2000:
            self._bytes = [codec.encode(tables.snapshot())]

    def close(self) -> None:
        """Nothing to be done."""


class Shore:
    """A station and its back-end under one clock."""

    def __init__(
        self,
        blocks: tuple[Block, ...],
        *,
        script: dict[str, Any] | None = None,
        journal: Path | None = None,
        values: Sequence[tuple[Any, Any]] = (),
        kill_at: int = 0,
        seed: int = 0,
        version: Version = Version.V21,
        latency_s: float = LATENCY_S,
    ) -> None:
        self.blocks, self.version, self.latency_s = blocks, version, latency_s
        self.now = START
        self.storage = Memory()
        self.site_life = "life 1"
        self.entries: list[Entry] = []
        self.kill_at = kill_at
        """At this point the charge point dies; 0: at none."""
        self.points = 0
        self.died: list[datetime] = []
        self.notes: list[str] = []
        self.links: list[tuple[datetime, bool]] = [(START, False)]
        """Since when the station had a connection, or none."""
        self._values = values
        self._chance = chance(seed)
        self._script = Script.model_validate(script or {})
        self._queue: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = count()
        self._prefixes = count(1)
        self._path, self._journal = journal, Bytes()
        self._keeper: Keeper | Bytes = self._journal
        self.core: ChargePoint | None = None
        self._life = 0
        self._timers: dict[str, int] = {}
        self._tags: dict[int, str] = {}
        self._retained: dict[tuple[Peer, type], Any] = {}
        self._rpc, self._callers = rpc.Rpc(), dict[str, int]()
        self._open_calls = count(1)
        self._delivered: Called | None = None
        self.connection = self._theirs = 0
        self.reachable = True
        """Whether the back-end takes connections."""
        self.backend = self._make_backend()
        self._begin()

    # -- time ------------------------------------------------------------------------------------------------

    def at(self, seconds: float, act: Callable[[], object]) -> None:
        """Have something happen so long after the start of all."""
        self._push(START + timedelta(seconds=seconds), act)

    def soon(self, act: Callable[[], object], seconds: float = 0.0) -> None:
        """Have something happen so long from now."""
        self._push(self.now + timedelta(seconds=seconds), act)

    def _push(self, moment: datetime, act: Callable[[], object]) -> None:
        heapq.heappush(self._queue, (moment, next(self._numbers), act))

    def run(self, seconds: float) -> None:
        """Let time pass until so long after the start of all."""
        until = START + timedelta(seconds=seconds)
        while self._queue and self._queue[0][0] <= until:
            moment, _number, act = heapq.heappop(self._queue)
            self.now = max(self.now, moment)
            act()
        self.now = max(self.now, until)

    # -- the charge point ------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """A new life of the charge point."""
        self._life += 1
        self._keeper = self._journal
        if self._path is not None:
            self._keeper = Keeper(self._path, self.now, Log())
        settings = Settings(
            evses={1: 1, 2: 1},
            peers=PEERS,
            chance=self._chance,
            started_at=self.now,
            preferred_version=self.version,
            site_life=self.site_life,
        )
        model = DeviceModel(shipped(), self.storage)
        for variable, value in self._values:
            assert model.put(variable, value).done
        self.core = ChargePoint(self._keeper.recover(), model, settings, self.blocks)
        self.feed(inputs.Resumed())
        for (peer, _kind), news in list(self._retained.items()):
            self.soon(self._of_this_life(inputs.Said(peer, news)))
        self.soon(self._of_this_life(inputs.LinkSaid(self._link())))
        if self._delivered is not None:
            self._deliver(self._delivered)

    def _of_this_life(self, given: inputs.Input) -> Callable[[], None]:
        life = self._life

        def feed() -> None:
            if life == self._life:
                self.feed(given)

        return feed

    def die(self) -> None:
        """The charge point is killed; its successor comes soon."""
        if self.core is None:
            return
        self.died.append(self.now)
        self._life += 1
        self.core = None
        self._timers.clear()
        self._keeper.close()
        self.soon(self._begin, REVIVAL_S)

    def reboot(self) -> None:
        """The whole site begins a new life: the link is new as well."""
        self.site_life += "+"
        self.end_link()
        self.die()

    def _point(self) -> None:
        self.points += 1
        if self.points == self.kill_at:
            raise Killed

    def feed(self, given: inputs.Input) -> None:
        """Decide, write down, act; die where that is wanted."""
        if self.core is not None:
            try:
                self._feed(self.core, given)
            except Killed:
                self.die()

    def _feed(self, core: ChargePoint, given: inputs.Input) -> None:
        self._point()
        fed = core.feed(given, self.now)
        self._point()
        self._keeper.commit(fed.records, core.tables)
        self._point()
        for effect in fed.effects:
            self._carry_out(effect)
            self._point()

    def _carry_out(self, effect: inputs.Effect) -> None:
        match effect:
            case inputs.SendCall():
                self.soon(lambda: self._call(effect))
            case inputs.AnswerCall():
                self._answer(effect)
            case inputs.Ask():
                reply = REPLIES.get(type(effect.command), UNSUPPORTED)
                self.soon(self._of_this_life(inputs.Replied(effect.purpose, reply)), 0.01)
            case inputs.Start():
                self._start(effect)
            case inputs.Cancel():
                self._timers.pop(effect.timer, None)
            case inputs.Note():
                self.notes.append(effect.event)
            case _:
                pass

    def _start(self, effect: inputs.Start) -> None:
        number = self._timers[effect.timer] = next(self._numbers)

        def fire() -> None:
            if self._timers.get(effect.timer) == number:
                del self._timers[effect.timer]
                self.feed(inputs.Fired(effect.timer))

        self.soon(fire, effect.after_s)

    def say(self, target: Target, news: Any, number: int = 1) -> None:
        """Somebody publishes a variable; a station that is dead hears only what is retained, and later."""
        peer = Peer(target, number)
        if isinstance(news, RETAINED):
            self._retained[peer, type(news)] = news
        self.feed(inputs.Said(peer, news))

    # -- the link --------------------------------------------------------------------------------------------

    def _link(self) -> LinkState:
        version = self._rpc.version
        return LinkState(connection=self.connection, ocpp_version=version, slot=1, since=self.now)

    def _changed(self) -> None:
        if (online := self.connection > 0) is not self.links[-1][1]:
            self.links.append((self.now, online))

    def _say_link(self) -> None:
        self.feed(inputs.LinkSaid(self._link()))

    def connect(self) -> None:
        """Dial."""
        if self.connection or not self.reachable:
            return
        knock = Knock(path="/ocpp/cp-1", offered=[self.version.value])
        self._theirs = self.backend.connected(self.backend.knock(knock, self.now), self.now)
        self.connection = next(self._open_calls)
        self._rpc.begin(self.version)
        self._changed()
        self._collect()
        self._say_link()

    def disconnect(self) -> None:
        """The connection is gone; what was on the wire is too."""
        if not self.connection:
            return
        self.backend.closed(self._theirs, "1006", self.now)
        self.connection = self._theirs = 0
        self._changed()
        self._collect()
        self._delivered = None
        self._perform(self._rpc.end())
        self._say_link()

    def end_link(self) -> None:
        """The link's process dies; its successor knows nothing."""
        callers, self._callers = self._callers, {}
        self._rpc, self._delivered = rpc.Rpc(), None
        was_up, theirs = self.connection, self._theirs
        self.connection = self._theirs = 0
        self._changed()
        if was_up:
            self.backend.closed(theirs, "1006", self.now)
            self._collect()
        for message_id, life in callers.items():
            if life == self._life:
                self.feed(inputs.CallEnded(message_id, CallReply(outcome=Outcome.LOST)))
        self._say_link()

    def _call(self, effect: inputs.SendCall) -> None:
        self._callers[effect.message_id] = self._life
        wish = Call(message_id=effect.message_id, action=effect.action, payload=effect.payload)
        self._perform(self._rpc.call(wish))

    def _perform(self, effects: Sequence[rpc.Effect]) -> None:
        for effect in effects:
            match effect:
                case rpc.Transmit():
                    self._transmit(effect.text)
                case rpc.Opened():
                    self._await_answer(effect.message_id)
                case rpc.Settle():
                    life = self._callers.pop(effect.message_id, 0)
                    if life == self._life:
                        self.feed(inputs.CallEnded(effect.message_id, effect.reply))
                case rpc.Deliver():
                    assert self._rpc.version is not None
                    self._delivered = Called(
                        connection=self.connection,
                        ocpp_version=self._rpc.version,
                        message_id=effect.message_id,
                        action=effect.action,
                        payload=effect.payload,
                    )
                    self._deliver(self._delivered)
                case rpc.Note():
                    self.notes.append(effect.event)
                case _:
                    pass

    def _await_answer(self, message_id: str) -> None:
        link = self._rpc

        def expire() -> None:
            if self._rpc is link and link.open_id == message_id:
                self._perform(link.expired())

        self.soon(expire, MESSAGE_TIMEOUT_S)

    def _deliver(self, called: Called) -> None:
        tag = next(self._numbers)
        self._tags[tag] = called.message_id
        self.soon(self._of_this_life(inputs.CalledIn(tag, called)))

    def _answer(self, effect: inputs.AnswerCall) -> None:
        message_id = self._tags.pop(effect.tag)
        if self._delivered is not None and self._delivered.message_id == message_id:
            self._delivered = None
            self.soon(lambda: self._perform(self._rpc.answer(message_id, effect.reply)))

    # -- the back-end ----------------------------------------------------------------------------------------

    def _make_backend(self) -> Backend:
        return Backend(self._script, None, prefix=f"b{next(self._prefixes)}")

    def restart_backend(self) -> None:
        """The back-end ends without a word, and comes again with nothing in its memory."""
        self.disconnect()
        self.backend = self._make_backend()

    def _transmit(self, text: str) -> None:
        theirs, backend = self._theirs, self.backend

        def arrive() -> None:
            if theirs == self._theirs and backend is self.backend:
                backend.received(theirs, text, self.now)
                self._collect()

        self.soon(arrive, self.latency_s)

    def _collect(self) -> None:
        backend = self.backend
        for effect in backend.take():
            match effect:
                case csms.Write(entry=entry):
                    self.entries.append(entry)
                case csms.Say(connection=number, data=data):
                    self._hear(number, data.encode() if isinstance(data, str) else data)
                case csms.Close(connection=number) | csms.Cut(connection=number):
                    if number == self._theirs:
                        self.soon(self.disconnect)
                        self.soon(self.connect, REDIAL_S)
                case _:
                    pass
        if (due := backend.due) is not None:
            self._push(max(due, self.now), lambda: self._tick(backend))

    def _tick(self, backend: Backend) -> None:
        if backend is self.backend and backend.due is not None and backend.due <= self.now:
            backend.tick(self.now)
            self._collect()

    def _hear(self, theirs: int, data: bytes) -> None:
        backend = self.backend

        def arrive() -> None:
            if theirs == self._theirs and backend is self.backend and self.connection:
                self._perform(self._rpc.received(data))

        self.soon(arrive, self.latency_s)

    # -- what came of it -------------------------------------------------------------------------------------

    def wrongly_offline(self) -> list[dict[str, Any]]:
        """Events whose mark `offline` is not how things were.

        Who has just been born knows what its predecessor knew until the link has spoken: either is right of
        an event behind a death in whose shadow the link has changed.
        """
        return [
            each for each in self.events() if each["offline"] not in {not on for on in self._online(each)}
        ]

    def _online(self, event: dict[str, Any]) -> set[bool]:
        """Whether there was a connection when an event happened; both where nobody could know."""
        moment = times.moment_of(event["timestamp"])
        known = next(number for number, (since, _) in reversed([*enumerate(self.links)]) if since <= moment)
        since, online = self.links[known]
        shadow = timedelta(seconds=2 * REVIVAL_S)
        if any(died <= since and moment - died < shadow for died in self.died):
            return {True, False}
        return {online}

    def events(self) -> list[dict[str, Any]]:
        """The transaction events that the back-end has, each once, in the order they came."""
        found: dict[tuple[str, int], dict[str, Any]] = {}
        for entry in self.entries:
            if entry.direction == "in" and entry.action == "TransactionEvent" and entry.frame is not None:
                payload = json.loads(entry.frame)[3]
                key = (payload["transactionInfo"]["transactionId"], payload["seqNo"])
                found.setdefault(key, payload)
        return list(found.values())

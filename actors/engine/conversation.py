"""How an actor talks: to names instead of addresses, with deadlines, in order, to whoever subscribed.

One layer of `base.SiteActor`, below its life cycle: what is said leaves here, and answers come back here.
One file because asks, names and subscribers are kept consistent with each other on every announcement.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from thespian.actors import Actor

from actors.engine import envelope, faults, messages
from actors.engine.address import address_of, text_of
from actors.engine.envelope import Envelope, Kind
from actors.engine.handling import handles
from actors.engine.log import logger
from actors.engine.metrics import Metrics
from actors.engine.names import Held, Names, Outcome
from actors.engine.port import Port, port_of
from actors.engine.refusals import Throttle
from actors.engine.timers import Timers
from actors.engine.tracing import Trace
from protocols import codec
from protocols.message import Command, Failure, FailureReason, Reply, Var, tag_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from thespian.actors import ActorAddress

    from actors.engine.handling import Then

ASK_DEADLINE_S: Final = 300.0
"""A command nobody answers fails after this time (M13.8)."""
TELL_DEADLINE_S: Final = 60.0
REGISTER_AGAIN_S: Final = 1.0
"""After this time a registry that may not have got something is told everything again."""
DIRECT_DEADLINE_S: Final = 60.0
"""The same for what is asked of an address, inside the engine."""
MAX_UNREADY: Final = 1000
RESUBSCRIBE_S: Final = 5.0
"""By then everybody has introduced themselves to a new registry."""

HEARTBEATS: Final = frozenset({tag_of(messages.Ping), tag_of(messages.Pong)})
"""What overtakes ordinary mail: who has much to do is not hung."""

V = TypeVar("V", bound=Var)


@dataclass(slots=True)
class _Ask:
    name: str
    command: Command
    then: Then
    deadline_s: float
    patient: bool
    repeat: bool
    sent_to: int | None = None
    """Generation of the name it was sent to."""
    address: str | None = None
    """Where it was sent to."""


class Conversation(Actor):
    """The talking half of every actor."""

    def __init__(self) -> None:
        super().__init__()
        faults.on_construct(type(self).__name__)
        self.log = logger("evsite.actor").bind(actor=type(self).__name__)
        self.path = ""
        self.lineage = ""
        self.metrics = Metrics()
        self.timers = Timers()
        self.ready = False
        self._grants: tuple[messages.Grant, ...] = ()
        self._generation = 0
        self._registry: ActorAddress | None = None
        self._names = Names()
        self._asks: dict[int, _Ask] = {}
        self._numbers = itertools.count(1)
        self._subscriptions: dict[tuple[str, type], Callable[[Any], None]] = {}
        self._presences: dict[str, tuple[Callable[[bool], None], bool | None]] = {}
        """Who wants to know whether a name is served, and what was said last."""
        self._subscribers: dict[str, dict[str, frozenset[str]]] = {}
        self._former: dict[str, dict[str, frozenset[str]]] = {}
        """Subscribers an earlier registry told of, until all have introduced themselves to the new one."""
        self._retained: dict[tuple[str, str], Var] = {}
        self._unready: dict[Hashable, tuple[Var, str, bool]] = {}
        """What is published when the site is ready, in this order."""
        self._drops = Throttle()
        self._soon: deque[Callable[[], None]] = deque()
        self._holds: set[str] = {"on_start"}
        self._port: Port | None = None

    def release(self, what: str) -> None:
        """Drop a reason not to report `Started`; see SiteActor."""
        self._holds.discard(what)

    @property
    def port(self) -> Port:
        """The surroundings: clock, process, transport. Not available in the constructor."""
        if self._port is None:
            self._port = port_of(self._myRef)
        return self._port

    @property
    def grants(self) -> tuple[messages.Grant, ...]:
        """The names this actor serves."""
        return self._grants

    def tell(self, name: str, item: Var | Command, *, patience_s: float = TELL_DEADLINE_S) -> bool:
        """Send a message to a name; nobody answers.

        It waits up to `patience_s` for the name to be served, 0 for not at all (save that before a name has
        been spoken to for the first time it takes a moment to learn whether anybody serves it). Returns False
        when it was dropped at once because nobody serves the name, or too much waits already. True promises
        nothing: it arrives at most once, and what waits in the mailbox of an actor that dies is lost with it.
        What must arrive is an `ask` with `repeat`.
        """
        number, end_s = next(self._numbers), self.port.clock.monotonic_s() + patience_s
        frame = self._pack(Kind.TELL, number, name, item, patient=patience_s > 0, deadline_s=end_s)
        outcome = self._hand_in(name, Held(number, frame, end_s, tag=tag_of(type(item))))
        return outcome in (Outcome.SEND, Outcome.HELD)

    def ask(
        self,
        name: str,
        command: Command,
        then: Then,
        *,
        deadline_s: float = ASK_DEADLINE_S,
        patient: bool = True,
        repeat: bool = False,
    ) -> int:
        """Send a command to a name; `then` gets its reply, or `Failure`, exactly once.

        Without `patient` it fails at once when nobody serves the name. With `repeat` it is sent again to the
        successor when the receiver dies before it answered: for commands that may safely run twice.
        `UNAVAILABLE` and `OVERLOADED` say that the command was not carried out; `CRASHED` and `TIMEOUT` (also
        of a host that cannot be reached any more) leave that open.
        """
        number, now_s = next(self._numbers), self.port.clock.monotonic_s()
        end_s = now_s + deadline_s
        self._asks[number] = _Ask(name, command, then, end_s, patient, repeat)
        self.timers.start(f"ask {number}", end_s, lambda: self._ask_expired(number, deadline_s))
        outcome = self._hand_in(name, self._held_ask(number, end_s if patient else now_s))
        if outcome not in (Outcome.SEND, Outcome.HELD):
            self.soon(lambda: self._refuse(number, outcome))
        return number

    def withdraw(self, number: int) -> None:
        """Lose interest in an ask: its `then` is never called."""
        self._asks.pop(number, None)
        self.timers.cancel(f"ask {number}")

    def publish(self, variable: Var, name: str | None = None, *, retain: bool = False) -> None:
        """Send a variable to its subscribers.

        `name` says which of this actor's names publishes it; it may be left out when one of them only has
        the variable's interface. With `retain` whoever subscribes later gets the last value at once: for
        states, not for events. What is published before the site is ready is sent, in order, when it is; of
        a state the last value only, of events the first `MAX_UNREADY`.
        """
        name = name or self._name_for(variable)
        tag = tag_of(type(variable))
        if not self.ready:
            self._keep_unready(variable, name, tag, retain=retain)
            return
        if retain:
            self._retained[name, tag] = variable
        if Trace.current is not None:
            Trace.current.published(self.path, name, variable)
        if audience := self._audience(name, tag):
            frame = self._pack(Kind.PUBLISH, 0, name, variable)  # once, however many listen
            for address in audience:
                self._transmit(address_of(address), Kind.PUBLISH, frame, name, tag)

    def is_heard(self, kind: type[Var], name: str) -> bool:
        """Whether anybody has subscribed to a variable of one of our names: for what is dear to make."""
        return bool(self._audience(name, tag_of(kind)))

    def _keep_unready(self, variable: Var, name: str, tag: str, *, retain: bool) -> None:
        key = (name, tag) if retain else next(self._numbers)
        self._unready.pop(key, None)
        if len(self._unready) < MAX_UNREADY or retain:
            self._unready[key] = variable, name, retain
        else:
            self._dropped(name, tag, "unready")

    def _audience(self, name: str, tag: str) -> list[str]:
        known, former = self._subscribers.get(name, {}), self._former.get(name, {})
        if not former:
            return [address for address, tags in known.items() if tag in tags]
        everybody = {**former, **known}
        return [each for each in everybody if tag in known.get(each, ()) or tag in former.get(each, ())]

    def subscribe(self, name: str, kind: type[V], then: Callable[[V], None]) -> None:
        """Have `then` called with every value that `name` publishes; survives restarts of either side."""
        self._names.entry(name)
        self._subscriptions[name, kind] = then
        self._follow((name,), ((name, tag_of(kind)),))

    def subscribe_presence(self, name: str, then: Callable[[bool], None]) -> None:
        """Have `then` told whether anybody serves a name: as soon as that is known, and on each change.

        Of a restart one hears as well: it takes some tens of milliseconds, or many times as long on a machine
        that is busy.
        """
        self._names.entry(name)
        self._presences[name] = then, None
        self._follow((name,), ())

    def start_timer(self, name: str, after_s: float, action: Callable[[], object]) -> None:
        """Call `action` after that time unless the timer is cancelled or started again before."""
        self.timers.start(name, self.port.clock.monotonic_s() + after_s, action)

    def cancel_timer(self, name: str) -> bool:
        """Cancel a timer; return whether it was running."""
        return self.timers.cancel(name)

    def soon(self, action: Callable[[], None]) -> None:
        """Call `action` when the message in hand is done."""
        self._soon.append(action)

    # -- asks ----------------------------------------------------------------------------------------------

    def _held_ask(self, number: int, end_s: float) -> Held:
        ask = self._asks[number]
        frame = self._pack(
            Kind.REQUEST, number, ask.name, ask.command, patient=ask.patient, deadline_s=ask.deadline_s
        )
        return Held(number, frame, end_s, number, tag_of(type(ask.command)))

    def _refuse(self, number: int, outcome: Outcome) -> None:
        """An ask is not sent at all."""
        ask = self._asks.get(number)
        if ask is None:
            return
        reason, detail = (
            (FailureReason.OVERLOADED, f"too much waits for {ask.name}")
            if outcome is Outcome.OVERFLOW
            else (FailureReason.UNAVAILABLE, f"nobody serves {ask.name} now")
        )
        self._answered(number, Failure(reason=reason, detail=detail))

    def _ask_expired(self, number: int, deadline_s: float) -> None:
        ask = self._asks[number]
        detail = f"{ask.name} did not answer {tag_of(type(ask.command))} within {deadline_s:g} s"
        self._answered(number, Failure(reason=FailureReason.TIMEOUT, detail=detail))

    def _answered(self, number: int, reply: Reply) -> None:
        ask = self._asks.pop(number, None)
        self.timers.cancel(f"ask {number}")
        if ask is None:
            self.log.debug("answer_late", id=number)
            return
        ask.then(reply)

    def _unanswered(self, name: str, generation: int, *, alive: bool) -> list[int]:
        """Asks that were sent to a generation that is over, and that will not be answered by it."""
        over: list[int] = []
        for number, ask in self._asks.items():
            if ask.name == name and ask.sent_to is not None and (ask.sent_to < generation or not alive):
                ask.sent_to = ask.address = None
                over.append(number)
        return over

    def _died(self, number: int) -> None:
        """The receiver of an ask has died, and the ask is not to be repeated."""
        if (ask := self._asks.get(number)) is not None:
            detail = f"{ask.name} died before it answered {tag_of(type(ask.command))}"
            self._answered(number, Failure(reason=FailureReason.CRASHED, detail=detail))

    # -- sending -------------------------------------------------------------------------------------------

    def _pack(
        self,
        kind: Kind,
        number: int,
        about: str,
        item: object,
        *,
        patient: bool = False,
        deadline_s: float = 0.0,
    ) -> bytes:
        return Envelope(kind, number, self.path, about, patient, codec.encode(item), deadline_s).pack()

    def send(self, targetAddr: ActorAddress, msg: bytes) -> bool:  # noqa: N803  # Thespian's name
        """Hand a frame to the transport; return False when too much waits for the receiver already."""
        return self.port.send(targetAddr, msg)

    def _post(self, target: ActorAddress, kind: Kind, about: str, item: object, number: int = 0) -> None:
        self._transmit(target, kind, self._pack(kind, number, about, item), about, tag_of(type(item)))

    def _transmit(self, target: ActorAddress, kind: Kind, frame: bytes, about: str, tag: str) -> bool:
        """Send a frame, or what faults make of it; return False when there was no room for it."""
        if Trace.current is not None and kind is not Kind.PUBLISH:
            Trace.current.sent(frame)
        copies = faults.on_send(self, kind, about, tag) if faults.Faults.current else None
        if copies is None:
            return self._emit(target, frame, tag)
        for delay_s in copies:
            if delay_s <= 0:
                self._emit(target, frame, tag)
            else:
                name, action = f"delayed {next(self._numbers)}", partial(self._emit, target, frame, tag)
                self.start_timer(name, delay_s, action)
        return True

    def _emit(self, target: ActorAddress, frame: bytes, tag: str) -> bool:
        urgent = tag in HEARTBEATS
        taken = self.port.send(target, frame, urgent=True) if urgent else self.send(target, frame)
        if taken is False:
            self.metrics.shed += 1
            return False
        self.metrics.sent += 1
        return True

    def _hand_in(self, name: str, held: Held) -> Outcome:
        known = name in self._names
        if self._registry is None:
            self._names.entry(name).heard = True  # there is nobody to hear from
        outcome = self._names.hand_in(name, held, self.port.clock.monotonic_s())
        if not known:
            self._follow((name,), ())
        if outcome is Outcome.SEND and not self._send_held(name, held):
            outcome = Outcome.OVERFLOW
        if outcome not in (Outcome.SEND, Outcome.HELD):
            self._dropped(name, held.tag, outcome.name.lower())
        return outcome

    def _dropped(self, name: str, tag: str, reason: str, event: str = "message_dropped") -> None:
        """Count a message that was given up, and log it unless that was done for its kind a moment ago."""
        self.metrics.dropped += 1
        if times := self._drops.count((event, name, reason), self.port.clock.monotonic_s()):
            self.log.warning(event, name=name, tag=tag, reason=reason, times=times)

    def _send_held(self, name: str, held: Held) -> bool:
        entry = self._names.entry(name)
        if entry.address is None:  # the transport found out while those before this one were sent
            self._names.give_back(name, held, None)
            return True
        if held.ask is not None:
            if (ask := self._asks.get(held.ask)) is None:
                return True  # nobody waits for the answer any more
            ask.sent_to, ask.address = entry.generation, entry.address
        kind = Kind.TELL if held.ask is None else Kind.REQUEST
        return self._transmit(address_of(entry.address), kind, held.frame, name, held.tag)

    def _lost(self, address: str, frame: bytes, *, shed: bool) -> None:
        if self._registry is not None and address == text_of(self._registry):
            self.start_timer("register", REGISTER_AGAIN_S, self._register)
        letter = envelope.unpack(frame)
        about = letter.about or address
        if letter.kind is Kind.REQUEST:
            ask = self._asks.get(letter.id)
            if ask is None or (letter.about and ask.address != address):
                return  # nobody waits for it, or it has been sent to somebody else since
            detail = f"{about} cannot be reached any more; it may have got {tag_of(type(ask.command))}"
            failure = Failure(reason=FailureReason.TIMEOUT, detail=detail)
            if shed:
                failure = Failure(reason=FailureReason.OVERLOADED, detail=f"too much waits for {about}")
            self._answered(letter.id, failure)
        elif not shed:  # what was shed, its sender knows
            self._dropped(about, envelope.tag_in(letter.payload), "unreachable")

    def _undelivered(self, address: str, frame: bytes) -> None:
        letter = envelope.unpack(frame)
        if letter.kind is Kind.REQUEST:
            ask = self._asks.get(letter.id)
            if ask is None or (letter.about and ask.address != address):
                return  # nobody waits for it, or it has been sent to somebody else since
            ask.sent_to = ask.address = None
            if letter.about:
                self._names.lose(letter.about, address)  # who is told may ask again at once
            if not letter.about or not letter.patient:
                detail = f"{letter.about or address} is gone"
                self._answered(letter.id, Failure(reason=FailureReason.UNAVAILABLE, detail=detail))
                return
        elif letter.kind is not Kind.TELL or not letter.about:
            return
        tag = envelope.tag_in(letter.payload)
        if not letter.patient:
            self._dropped(letter.about, tag, "unavailable")
            return
        number = letter.id if letter.kind is Kind.REQUEST else None
        held = Held(letter.id, frame, letter.deadline_s, number, tag)
        for each in self._names.give_back(letter.about, held, address):
            self._send_held(letter.about, each)
        self._tell_presence(letter.about)

    def _name_for(self, variable: Var) -> str:
        interface = tag_of(type(variable)).rpartition(".")[0]
        fitting = [grant.name for grant in self._grants if grant.interface.lower() == interface]
        if len(fitting) != 1:
            raise ValueError(f"{self.path}: {interface} is served under {fitting or 'no name'}; say which")
        return fitting[0]

    # -- names ---------------------------------------------------------------------------------------------

    def _follow(self, names: tuple[str, ...], variables: tuple[tuple[str, str], ...]) -> None:
        if self._registry is None or "on_start" in self._holds:
            return  # said by _register
        follow = messages.Follow(lineage=self.lineage, names=names, variables=variables)
        self._post(self._registry, Kind.TELL, "", follow)

    def _register(self) -> None:
        if self._registry is None:
            return
        variables = tuple((name, tag_of(kind)) for name, kind in self._subscriptions)
        if known := self._names.known():
            follow = messages.Follow(lineage=self.lineage, names=known, variables=variables)
            self._post(self._registry, Kind.TELL, "", follow)
        if self._grants:
            register = messages.Register(
                lineage=self.lineage, grants=self._grants, generation=self._generation
            )
            self._post(self._registry, Kind.REQUEST, "", register, self._ask_directly(self._registered))

    def _ask_directly(self, then: Then) -> int:
        """The number for a request to an address; who dies with it in hand never answers, and is given up."""
        number, end_s = next(self._numbers), self.port.clock.monotonic_s() + DIRECT_DEADLINE_S
        self._asks[number] = _Ask("the receiver", messages.Tick(), then, end_s, patient=False, repeat=False)
        self.timers.start(f"ask {number}", end_s, lambda: self._ask_expired(number, DIRECT_DEADLINE_S))
        return number

    def _registered(self, reply: Reply) -> None:
        if isinstance(reply, messages.Registered):
            self._generation = reply.generation
            self.release("registered")
        else:
            self.log.warning("not_registered", reply=repr(reply))

    @handles(messages.Announce)
    def handle_announce(self, news: messages.Announce) -> None:
        """Somebody else is behind a name we speak to, or nobody.

        Who was behind it is dead when nobody is now. What it has not taken comes back first, so that nothing
        younger goes to its successor before it.
        """
        dead = self._names.dead_by(news.name, news.generation, news.address)
        if dead is not None:
            self.port.give_up(address_of(dead))
        self.soon(partial(self._announced, news))

    def _announced(self, news: messages.Announce) -> None:
        is_news, outgoing, refused = self._names.announce(news.name, news.generation, news.address)
        if is_news:
            over = self._unanswered(news.name, news.generation, alive=news.address is not None)
            for number in over:
                if (ask := self._asks[number]).repeat:
                    held = self._held_ask(number, ask.deadline_s)
                    outgoing += self._names.give_back(news.name, held, None)
            for held in sorted(outgoing):
                self._send_held(news.name, held)
            for number in over:
                if number in self._asks and not self._asks[number].repeat:
                    self._died(number)
        for held in refused:
            self._give_up(news.name, held, "nobody serves the name")
        self._tell_presence(news.name)

    def _tell_presence(self, name: str) -> None:
        then, said = self._presences.get(name, (None, None))
        served = self._names.entry(name).address is not None
        if then is not None and served is not said:
            self._presences[name] = then, served
            then(served)

    def _give_up(self, name: str, held: Held, why: str) -> None:
        """A message has waited in vain. Whoever asked patiently is told by the timer of the ask."""
        self._dropped(name, held.tag, why, "message_expired")
        if held.ask is not None and not held.patient:
            self._refuse(held.ask, Outcome.UNAVAILABLE)

    @handles(messages.Subscribers)
    def handle_subscribers(self, news: messages.Subscribers) -> None:
        """Who wants our variables; those who are new get what is retained."""
        before = {tag: self._audience(news.name, tag) for name, tag in self._retained if name == news.name}
        self._subscribers[news.name] = {each.address: frozenset(each.tags) for each in news.subscribers}
        for tag, had in before.items():
            for address in self._audience(news.name, tag):
                if address not in had:
                    variable = self._retained[news.name, tag]
                    self._post(address_of(address), Kind.PUBLISH, news.name, variable)

    @handles(messages.News)
    def handle_news(self, news: messages.News) -> None:
        """Several of the two above."""
        for announced in news.announced:
            self.handle_announce(announced)
        for subscribed in news.subscribed:
            self.handle_subscribers(subscribed)

    @handles(messages.RegistryIs)
    def handle_registry_is(self, news: messages.RegistryIs) -> None:
        """The registry was replaced: introduce ourselves again.

        What it tells of subscribers is complete only when all have done the same; until then those we know
        are spoken to as well.
        """
        for name, known in self._subscribers.items():
            former = self._former.setdefault(name, {})
            for address, tags in known.items():
                former[address] = former.get(address, frozenset()) | tags
        if self._former:
            self._subscribers = {}
            self.start_timer("former subscribers", RESUBSCRIBE_S, self._former.clear)
        self._registry = address_of(news.address)
        self._register()

"""SiteActor: what every actor of evsite is.

An actor is a class with handlers; the engine does the rest: dispatch by exact message type, one answer per
command, names instead of addresses, published variables, named timers, asks with deadlines, a bound logger,
counters. A handler that raises is a crash: it is logged once, whoever waits is told `Failure`, the process
ends and the supervisor builds a fresh one. Nothing is ever run twice.

Life: constructed (no I/O yet) -> `Start` from the supervisor -> `on_start` (recover, subscribe) -> names
registered -> `Started` to the supervisor -> `Ready` -> `on_ready` -> ... -> `Stop` -> `on_stop`.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Protocol, TypeVar

import structlog
from thespian.actors import (
    Actor,
    ActorExitRequest,
    ActorSystemConventionUpdate,
    ChildActorExited,
    PoisonMessage,
    ThespianWatch,
    WakeupMessage,
    WatchMessage,
)

from actors.engine import envelope, faults, messages
from actors.engine.address import address_of, text_of
from actors.engine.envelope import Envelope, EnvelopeError, Kind
from actors.engine.hosts import carries
from actors.engine.metrics import Metrics
from actors.engine.names import Held, Names, Outcome
from actors.engine.port import Port, port_of
from actors.engine.replicator import note_of
from actors.engine.timers import SLACK_S, Timers
from protocols import codec
from protocols.message import Command, Failure, FailureReason, Reply, Var, tag_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thespian.actors import ActorAddress

ASK_DEADLINE_S: Final = 300.0
"""A command nobody answers fails after this time (M13.8)."""
TELL_DEADLINE_S: Final = 60.0
RESUBSCRIBE_S: Final = 5.0
"""By then everybody has introduced themselves to a new registry."""
CRASH_EXIT_CODE: Final = 70
MAX_ERROR: Final = 2000
"""Characters of an exception's text that are passed on."""

C = TypeVar("C")
V = TypeVar("V", bound=Var)
A = TypeVar("A", bound="SiteActor")
R = TypeVar("R")
Then = Callable[[Reply], None]


class Closable(Protocol):
    """A resource of an actor: a journal, a socket."""

    def close(self) -> None:
        """Give it back."""


Owned = TypeVar("Owned", bound=Closable)


class Deferred:
    """The promise of an answer that a handler returns instead of one."""

    def __init__(self, actor: SiteActor, context: Context) -> None:
        self._actor, self._context = actor, context
        self.answered = False

    def answer(self, reply: Reply) -> None:
        """Answer now. Raises RuntimeError when it has been answered, TypeError for another type of answer."""
        if self.answered:
            raise RuntimeError(f"{self._context.tag} was answered twice")
        self._actor.answer_deferred(self, self._context, reply)
        self.answered = True


class Context(NamedTuple):
    """Whose message is being handled."""

    address: ActorAddress
    sender: str
    """Path of the sender."""
    about: str
    """The name it was sent to, or that published it."""
    id: int
    """Of the request; 0 when nobody waits for an answer."""
    tag: str
    command: type | None
    """Its type, when it is a command."""


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


def handles(kind: type[C]) -> Callable[[Callable[[A, C], R]], Callable[[A, C], R]]:
    """Make a method the handler of one message type; its annotation must agree."""

    def mark(handler: Callable[[A, C], R]) -> Callable[[A, C], R]:
        handler.__dict__["handled_type"] = kind
        return handler

    return mark


def _own_handlers(cls: type) -> dict[type, str]:
    """The methods of one class, without its bases, by the message type each handles."""
    own: dict[type, str] = {}
    for name, member in vars(cls).items():
        kind = getattr(member, "handled_type", None)
        if kind is not None:
            if kind in own:
                raise TypeError(f"{cls.__name__}: {own[kind]} and {name} both handle {kind.__name__}")
            own[kind] = name
    return own


def _printable(text: str) -> str:
    """Text that any log and the codec take: file names, for one, may hold what no encoding has."""
    return text.encode("utf-8", "backslashreplace").decode()


def _said(error: Exception) -> str:
    """Kind and text of an exception, bounded."""
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  # what an exception says of itself is code like any other
        text = f"{type(error).__name__}: (its text cannot be made)"
    return _printable(text[:MAX_ERROR])


class SiteActor(Actor):
    """Base of all actors. A subclass says in its docstring what its successor recovers, and from where."""

    _handlers: ClassVar[dict[type, str]] = {}
    exit_code = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._handlers = {}
        for base in reversed(cls.__mro__):  # what stands further in front replaces what stands behind
            cls._handlers.update(_own_handlers(base))

    def __init__(self) -> None:
        super().__init__()
        self.log = structlog.get_logger("evsite.actor").bind(actor=type(self).__name__)
        self.path = ""
        self.lineage = ""
        self.evse: int | None = None
        self.config: dict[str, Any] = {}
        self.metrics = Metrics()
        self.timers = Timers()
        self.context: Context | None = None
        self.ready = False
        self._site_ready = False
        self._grants: tuple[messages.Grant, ...] = ()
        self._generation = 0
        self._supervisor: ActorAddress | None = None
        self._registry: ActorAddress | None = None
        self._names = Names()
        self._asks: dict[int, _Ask] = {}
        self._numbers = itertools.count(1)
        self._deferred: dict[int, tuple[Deferred, Context]] = {}
        self._promised: Deferred | None = None
        """What the handler at work has deferred."""
        self._subscriptions: dict[tuple[str, type], Callable[[Any], None]] = {}
        self._subscribers: dict[str, dict[str, frozenset[str]]] = {}
        self._former: dict[str, dict[str, frozenset[str]]] = {}
        """Subscribers an earlier registry told of, until all have introduced themselves to the new one."""
        self._retained: dict[tuple[str, str], Var] = {}
        self._unready: list[tuple[Var, str, bool]] = []
        self._watches: dict[int, Callable[[], None]] = {}
        self._soon: deque[Callable[[], None]] = deque()
        self._attending = False
        self._holds: set[str] = {"on_start"}
        self._armed_s: float | None = None
        self._left = False
        self._owned: list[Closable] = []
        self._port: Port | None = None
        self._start_context: Context | None = None

    # -- for subclasses ------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Recover state, subscribe, start timers. What raises here counts as a failed start."""

    def on_ready(self) -> None:
        """Every actor of the site has started; from here on publishing reaches everybody."""

    def on_stop(self) -> None:
        """Last chance to write something down; the process ends afterwards."""

    def on_child_exited(self, address: ActorAddress, note: str | None) -> None:
        """A child's process has ended, and why, if that is known; only supervisors have children."""

    def on_host(self, capabilities: Mapping[str, Any], *, present: bool) -> None:
        """Another host of the site has joined or left; only supervisors of children elsewhere are told."""

    @staticmethod
    def actorSystemCapabilityCheck(  # noqa: N802  # Thespian's name
        capabilities: Mapping[str, Any], requirements: Mapping[str, Any]
    ) -> bool:
        """Whether a host with these capabilities can carry this actor."""
        return carries(capabilities, requirements)

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
        when it was dropped at once because nobody serves the name, or too much waits already.
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

    def defer(self) -> Deferred:
        """To be returned by a handler of a command that answers later.

        A handler need not know whether anybody waits. Raises RuntimeError where no command is in hand.
        """
        if self.context is None or self.context.command is None:
            raise RuntimeError("there is no command to defer")
        if self._promised is None:
            self._promised = Deferred(self, self.context)
            self._deferred[id(self._promised)] = self._promised, self.context
        return self._promised

    def publish(self, variable: Var, name: str | None = None, *, retain: bool = False) -> None:
        """Send a variable to its subscribers.

        `name` says which of this actor's names publishes it; it may be left out when one of them only has
        the variable's interface. With `retain` whoever subscribes later gets the last value at once: for
        states, not for events. What is published before the site is ready is sent, in order, when it is.
        """
        name = name or self._name_for(variable)
        if not self.ready:
            self._unready.append((variable, name, retain))
            return
        tag = tag_of(type(variable))
        if retain:
            self._retained[name, tag] = variable
        for address in self._audience(name, tag):
            self._post(address_of(address), Kind.PUBLISH, name, variable)

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

    def start_timer(self, name: str, after_s: float, action: Callable[[], None]) -> None:
        """Call `action` after that time unless the timer is cancelled or started again before."""
        self.timers.start(name, self.port.clock.monotonic_s() + after_s, action)

    def cancel_timer(self, name: str) -> bool:
        """Cancel a timer; return whether it was running."""
        return self.timers.cancel(name)

    def soon(self, action: Callable[[], None]) -> None:
        """Call `action` when the message in hand is done."""
        self._soon.append(action)

    def watch(self, fd: int, action: Callable[[], None]) -> None:
        """Call `action` whenever the file descriptor is readable. For leaves with I/O."""
        self._watches[fd] = action

    def unwatch(self, fd: int) -> None:
        """Stop watching a file descriptor; to be called before it is closed."""
        self._watches.pop(fd, None)

    def own(self, resource: Owned) -> Owned:
        """Have a resource closed when this actor ends, however it ends."""
        self._owned.append(resource)
        return resource

    def close_owned(self) -> None:
        """Close what is owned, the newest first."""
        while self._owned:
            self._owned.pop().close()

    def leave(self, code: int = 0) -> None:
        """End this actor; with code 0 a transient child is not replaced."""
        self._left = True
        self.close_owned()
        self.port.leave(code)

    # -- what Thespian calls -------------------------------------------------------------------------------

    def receiveMessage(self, item: Any, sender: ActorAddress) -> ThespianWatch | None:  # noqa: N802
        """Everything that reaches this actor passes here; nothing raised in a handler goes further."""
        self._attend(lambda: self._take_in(item, sender))
        return ThespianWatch(list(self._watches)) if self._watches and not self._left else None

    def on_undeliverable(self, target: ActorAddress, frame: bytes) -> None:
        """The transport could not deliver: the process at that address is dead."""
        self._attend(lambda: self._undelivered(text_of(target), frame))

    def on_lost(self, target: ActorAddress, frame: bytes, *, shed: bool) -> None:
        """The transport gave a message up though nobody said that its receiver is dead.

        `shed`: too much waited for a slow receiver, which has not got it. Otherwise the receiver's host could
        not be reached any more, and whether it has got the message is not known: it is not sent again.
        """
        self._attend(lambda: self._lost(text_of(target), frame, shed=shed))

    def _attend(self, action: Callable[[], None]) -> None:
        """Everything this actor ever does is done here, one thing after the other."""
        if self._left:
            return
        if self._attending:  # the transport found out while something was being sent
            self._soon.append(action)
            return
        self._attending = True
        try:
            action()
            while self._soon and not self._left:
                self._soon.popleft()()
            self._arm()
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is a crash of this actor
            self._crash(error)
        finally:
            self._attending = False

    # -- receiving -----------------------------------------------------------------------------------------

    def _take_in(self, item: Any, sender: ActorAddress) -> None:
        match item:
            case bytes():
                self._received(item, sender)
            case WakeupMessage():
                self._armed_s = None
                self._fire()
            case WatchMessage():
                for fd in item.ready:
                    if fd in self._watches:
                        self._watches[fd]()
            case ChildActorExited():
                self.on_child_exited(item.childAddress, note_of(item))
            case ActorSystemConventionUpdate():
                self.on_host(item.remoteCapabilities or {}, present=item.remoteAdded)
            case ActorExitRequest():
                self._stop()
            case PoisonMessage():
                self.log.error("message_lost", details=item.details)

    def _received(self, data: bytes, sender: ActorAddress) -> None:
        self.metrics.received += 1
        begun_s = self.port.clock.monotonic_s()
        self.metrics.mailbox.add(max(0.0, begun_s - self.port.arrived_s))
        try:
            letter = envelope.unpack(data)
            item = codec.decode(letter.payload)
        except EnvelopeError as error:
            self.log.error("envelope_refused", sender=text_of(sender), error=str(error))
            return
        except codec.DecodeError as error:
            self._undecodable(letter, sender, error)
            return
        tag = tag_of(type(item))
        waits = letter.id if letter.kind is Kind.REQUEST else 0
        command = type(item) if isinstance(item, Command) else None
        self.context = Context(sender, letter.sender, letter.about, waits, tag, command)
        self._promised = None
        try:
            faults.on_receive(self.path, type(self).__name__, tag)
            self._handle(letter, item)
        finally:
            self.metrics.handler.add(self.port.clock.monotonic_s() - begun_s)
        self.context = None

    def _undecodable(self, letter: Envelope, sender: ActorAddress, error: codec.DecodeError) -> None:
        self.log.error("message_refused", sender=letter.sender, error=str(error))
        failure = Failure(reason=FailureReason.INVALID, detail=str(error))
        if letter.kind is Kind.REQUEST:
            self._post(sender, Kind.RESPONSE, letter.about, failure, letter.id)
        elif letter.kind is Kind.RESPONSE:
            self._answered(letter.id, failure)

    def _handle(self, letter: Envelope, item: Any) -> None:
        match letter.kind:
            case Kind.RESPONSE:
                self._answered(letter.id, item)
            case Kind.PUBLISH:
                then = self._subscriptions.get((letter.about, type(item)))
                if then is not None:
                    then(item)
            case Kind.TELL:
                self._call(item)
            case Kind.REQUEST:
                self._answer(self._call(item) if isinstance(item, Command) else None)

    def _call(self, item: Any) -> Any:
        handler = self._handlers.get(type(item))
        if handler is not None:
            return getattr(self, handler)(item)
        if isinstance(item, Command):
            return self.unsupported(item)
        self.log.warning("message_unknown", tag=tag_of(type(item)))
        return None

    def unsupported(self, command: Command) -> Reply | Deferred:
        """The answer to a command this actor has no handler for."""
        detail = f"{type(self).__name__} does not implement {tag_of(type(command))}"
        self.log.info("command_unsupported", tag=tag_of(type(command)))
        return Failure(reason=FailureReason.UNSUPPORTED, detail=detail)

    def _answer(self, reply: Any) -> None:
        context = self.context
        assert context is not None
        if context.command is None:
            reply = Failure(reason=FailureReason.INVALID, detail=f"{context.tag} is not a command")
        elif self._promised is not None:
            if reply is not self._promised:
                raise TypeError(f"{context.tag} was deferred, and answered with {reply!r}")
            return
        self._respond(context, reply)

    def _respond(self, context: Context, reply: Any) -> None:
        expected = getattr(context.command, "answer", Reply)
        if not isinstance(reply, Failure) and type(reply) is not expected:
            raise TypeError(f"{context.tag} must be answered with {expected.__name__}, not {reply!r}")
        if context.id:
            self._post(context.address, Kind.RESPONSE, context.about, reply, context.id)

    def answer_deferred(self, deferred: Deferred, context: Context, reply: Reply) -> None:
        """For Deferred."""
        self._respond(context, reply)
        self._deferred.pop(id(deferred), None)

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

    def _post(self, target: ActorAddress, kind: Kind, about: str, item: object, number: int = 0) -> None:
        self._transmit(target, self._pack(kind, number, about, item), about, tag_of(type(item)))

    def _transmit(self, target: ActorAddress, frame: bytes, about: str, tag: str) -> None:
        self.metrics.sent += 1
        copies = faults.on_send(self.path, about, tag)
        if copies is None:
            self.send(target, frame)
            return
        for delay_s in copies:
            if delay_s <= 0:
                self.send(target, frame)
            else:
                name = f"delayed {next(self._numbers)}"
                self.start_timer(name, delay_s, lambda: self.send(target, frame))

    def _hand_in(self, name: str, held: Held) -> Outcome:
        known = name in self._names
        if self._registry is None:
            self._names.entry(name).heard = True  # there is nobody to hear from
        outcome = self._names.hand_in(name, held, self.port.clock.monotonic_s())
        if not known:
            self._follow((name,), ())
        if outcome is Outcome.SEND:
            self._send_held(name, held)
        elif outcome is not Outcome.HELD:
            self.log.warning("message_dropped", name=name, tag=held.tag, reason=outcome.name.lower())
        return outcome

    def _send_held(self, name: str, held: Held) -> None:
        entry = self._names.entry(name)
        if entry.address is None:  # the transport found out while those before this one were sent
            self._names.give_back(name, held, None)
            return
        if held.ask is not None:
            if (ask := self._asks.get(held.ask)) is None:
                return  # nobody waits for the answer any more
            ask.sent_to, ask.address = entry.generation, entry.address
        self._transmit(address_of(entry.address), held.frame, name, held.tag)

    def _lost(self, address: str, frame: bytes, *, shed: bool) -> None:
        letter = envelope.unpack(frame)
        about = letter.about or address
        if letter.kind is Kind.REQUEST:
            ask = self._asks.get(letter.id)
            if ask is None or (letter.about and ask.address != address):
                return  # nobody waits for it, or it has been sent to somebody else since
            detail = f"too much waits for {about}" if shed else f"{about} cannot be reached"
            reason = FailureReason.OVERLOADED if shed else FailureReason.UNAVAILABLE
            self._answered(letter.id, Failure(reason=reason, detail=detail))
            return
        tag = tag_of(type(codec.decode(letter.payload)))
        self.log.debug("message_dropped", name=about, tag=tag, reason="overflow" if shed else "unreachable")

    def _undelivered(self, address: str, frame: bytes) -> None:
        letter = envelope.unpack(frame)
        if letter.kind is Kind.REQUEST:
            ask = self._asks.get(letter.id)
            if ask is None or (letter.about and ask.address != address):
                return  # nobody waits for it, or it has been sent to somebody else since
            ask.sent_to = ask.address = None
            if not letter.about or not letter.patient:
                detail = f"{letter.about or address} is gone"
                self._answered(letter.id, Failure(reason=FailureReason.UNAVAILABLE, detail=detail))
                return
        elif letter.kind is not Kind.TELL or not letter.about:
            return
        tag = tag_of(type(codec.decode(letter.payload)))
        if not letter.patient:
            self.log.warning("message_dropped", name=letter.about, tag=tag, reason="unavailable")
            return
        number = letter.id if letter.kind is Kind.REQUEST else None
        held = Held(letter.id, frame, letter.deadline_s, number, tag)
        for each in self._names.give_back(letter.about, held, address):
            self._send_held(letter.about, each)

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
        number = next(self._numbers)
        self._asks[number] = _Ask("", messages.Tick(), then, math.inf, patient=False, repeat=False)
        return number

    def _registered(self, reply: Reply) -> None:
        if isinstance(reply, messages.Registered):
            self._generation = reply.generation
            self.release("registered")
        else:
            self.log.warning("not_registered", reply=repr(reply))

    @handles(messages.Announce)
    def handle_announce(self, news: messages.Announce) -> None:
        """Somebody else is behind a name we speak to, or nobody."""
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

    def _give_up(self, name: str, held: Held, why: str) -> None:
        """A message has waited in vain. Whoever asked patiently is told by the timer of the ask."""
        self.log.warning("message_expired", name=name, tag=held.tag, ask=held.ask, reason=why)
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

    @handles(messages.Superseded)
    def handle_superseded(self, _news: messages.Superseded) -> None:
        """Another actor serves our names, and was appointed later."""
        self.log.warning("superseded")
        self.leave()

    # -- life ----------------------------------------------------------------------------------------------

    @handles(messages.Start)
    def handle_start(self, start: messages.Start) -> Deferred | Reply:
        """Become who the supervisor says we are."""
        assert self.context is not None
        self._supervisor = self.context.address
        self.path, self.lineage = start.path, start.lineage
        self.evse, self.config = start.evse, start.config
        self._grants = start.grants
        bound = {"actor": start.path} | ({"evse": start.evse} if start.evse is not None else {})
        self.log = structlog.get_logger("evsite.actor").bind(**bound)
        self._registry = address_of(start.registry) if start.registry else None
        if self._grants:
            self.hold("registered")
        self._site_ready = start.ready
        faults.on_start(self.path, type(self).__name__)
        self.on_start()
        self._register()
        self.release("on_start")
        return Reply()

    def hold(self, what: str) -> None:
        """Do not report `Started` before `release` of the same."""
        self._holds.add(what)

    def release(self, what: str) -> None:
        """Drop a hold; with the last one the supervisor is told that this actor has started."""
        if what in self._holds:
            self._holds.discard(what)
            if not self._holds:
                self.to_supervisor(messages.Started(path=self.path, pid=self.port.pid))
                if self._site_ready:
                    self.soon(self._become_ready)

    def to_supervisor(self, item: Var) -> None:
        """Tell the supervisor something."""
        if self._supervisor is not None:
            self._post(self._supervisor, Kind.TELL, "", item)

    @handles(messages.Ready)
    def handle_ready(self, _news: messages.Ready) -> None:
        """The site runs."""
        self._site_ready = True
        self._become_ready()

    def _become_ready(self) -> None:
        """Once the site runs and this actor has started: only then does it know its subscribers."""
        if self.ready or self._holds:
            return
        self.ready = True
        held, self._unready = self._unready, []
        for variable, name, retain in held:
            self.publish(variable, name, retain=retain)
        self.on_ready()

    @handles(messages.Stop)
    def handle_stop(self, _news: messages.Stop) -> None:
        """Finish and leave."""
        self._stop()

    def _stop(self) -> None:
        self.on_stop()
        self.leave()

    @handles(messages.Ping)
    def handle_ping(self, ping: messages.Ping) -> None:
        """Show that messages are being handled."""
        self.to_supervisor(messages.Pong(number=ping.number))

    @handles(messages.Tick)
    def handle_tick(self, _tick: messages.Tick) -> Reply:
        """Everything sent before has been taken in."""
        return Reply()

    @handles(messages.GetMetrics)
    def handle_get_metrics(self, _command: messages.GetMetrics) -> messages.GetMetricsReply:
        """Tell what was counted."""
        return messages.GetMetricsReply(
            path=self.path,
            received=self.metrics.received,
            sent=self.metrics.sent,
            handler_s=tuple(self.metrics.handler.counts),
            handler_total_s=self.metrics.handler.total_s,
            mailbox_s=tuple(self.metrics.mailbox.counts),
            mailbox_total_s=self.metrics.mailbox.total_s,
            refused=dict(self.port.refused),
        )

    @handles(messages.Inject)
    def handle_inject(self, command: messages.Inject) -> Reply:
        """Apply fault rules in this process."""
        problem = faults.inject(command.rules, self.port)
        return Failure(reason=FailureReason.INVALID, detail=problem) if problem else Reply()

    def _crash(self, error: Exception) -> None:
        """Let it crash: answer who waits, say why, end the process, whatever else fails here."""
        context, self.context = self.context, None
        text = _said(error)
        try:
            self._last_words(context, text)
            where = "".join(traceback.format_exception(error, limit=-8)).strip()
            tag = context.tag if context else None
            self.log.error("crashed", error=text, message=tag, where=_printable(where))
        except Exception as second:  # noqa: BLE001  # a full disk under the log, say
            with contextlib.suppress(Exception):
                self.log.error("crashed_while_crashing", error=text, second=_said(second))
        finally:
            self.leave(CRASH_EXIT_CODE)

    def _last_words(self, context: Context | None, text: str) -> None:
        failure = Failure(reason=FailureReason.CRASHED, detail=f"{self.path or type(self).__name__}: {text}")
        waiting = {(text_of(each.address), each.id): each for _deferred, each in self._deferred.values()}
        if context is not None and not (self._promised and self._promised.answered):
            waiting[text_of(context.address), context.id] = context
        for each in (each for each in waiting.values() if each.id):
            self._post(each.address, Kind.RESPONSE, each.about, failure, each.id)
        self.to_supervisor(messages.Crashed(path=self.path, error=text))

    def _fire(self) -> None:
        now_s = self.port.clock.monotonic_s() + SLACK_S
        for name, held in self._names.expire(now_s):
            self._give_up(name, held, "its deadline has passed")
        up_to = self.timers.latest
        while not self._left and (action := self.timers.due(now_s, up_to)) is not None:
            action()

    def _arm(self) -> None:
        moments = [each for each in (self.timers.next_s(), self._names.next_deadline_s()) if each is not None]
        if self._left or not moments:
            return
        earliest_s = min(moments)
        if self._armed_s is None or earliest_s < self._armed_s:
            self._armed_s = earliest_s
            self.port.wake_after(max(0.0, earliest_s - self.port.clock.monotonic_s()))


SiteActor._handlers = _own_handlers(SiteActor)  # noqa: SLF001  # __init_subclass__ does not see the base itself

"""SiteActor: what every actor of evsite is.

An actor is a class with handlers; the engine does the rest: dispatch by exact message type, one answer per
command, names instead of addresses, published variables, named timers, asks with deadlines, a bound logger,
counters. A handler that raises is a crash: it is logged once, whoever waits is told `Failure`, the process
ends and the supervisor builds a fresh one. Nothing is ever run twice.

Life: constructed (no I/O yet) -> `Start` from the supervisor -> `on_start` (recover, subscribe) -> names
registered -> `Started` to the supervisor -> `Ready` -> `on_ready` -> ... -> `Stop` -> `on_stop`.

One file because it is one life, from the first message to the last; talking is in `conversation`.
"""

from __future__ import annotations

import contextlib
import heapq
import traceback
from typing import TYPE_CHECKING, Any, ClassVar, Final

from thespian.actors import (
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
from actors.engine.conversation import ASK_DEADLINE_S, TELL_DEADLINE_S, Conversation
from actors.engine.envelope import Envelope, EnvelopeError, Kind
from actors.engine.handling import Closable, Context, Deferred, Owned, handles, own_handlers, printable, said
from actors.engine.hosts import carries
from actors.engine.log import logger
from actors.engine.replicator import note_of
from actors.engine.timers import SLACK_S
from actors.engine.tracing import Trace
from protocols import codec
from protocols.message import Command, Failure, FailureReason, Reply, Var, tag_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from thespian.actors import ActorAddress

    from actors.engine.handling import Then

CRASH_EXIT_CODE: Final = 70
LONGEST_SLEEP_S: Final = 86_400.0
"""The kernel waits for 24 days at most, and a process that asks it for more would end."""


class SiteActor(Conversation):
    """Base of all actors. A subclass says in its docstring what its successor recovers, and from where."""

    _handlers: ClassVar[dict[type, str]] = {}
    exit_code = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._handlers = {}
        for base in reversed(cls.__mro__):  # what stands further in front replaces what stands behind
            cls._handlers.update(own_handlers(base))

    def __init__(self) -> None:
        super().__init__()
        self.evse: int | None = None
        self.config: dict[str, Any] = {}
        self.context: Context | None = None
        self._site_ready = False
        self._supervisor: ActorAddress | None = None
        self._deferred: dict[int, tuple[Deferred, Context]] = {}
        self._promised: Deferred | None = None
        """What the handler at work has deferred."""
        self._watches: dict[int, Callable[[], None]] = {}
        self._attending = False
        self._armed: list[float] = []
        """Moments for which wake-ups are under way, the earliest first; each arrives once."""
        self._left = False
        self._owned: list[Closable] = []

    # -- for subclasses ------------------------------------------------------------------------------------

    @classmethod
    def before_fork(cls, config: Mapping[str, Any]) -> None:
        """Make ready what every such actor would make for itself: called in the process that all are forked
        from, once for each specification, with its configuration. Nothing but memory may come of it.
        """

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
        """Close what is owned, the newest first; what cannot be closed is logged and passed over."""
        while self._owned:
            resource = self._owned.pop()
            try:
                resource.close()
            except Exception as error:  # noqa: BLE001  # of whatever kind the resource is
                with contextlib.suppress(Exception):
                    self.log.error("not_closed", resource=type(resource).__name__, error=said(error))

    def bind_session(self, session: str | None) -> None:
        """Have every line this actor logs from now on carry a session's id; None when the session is over."""
        self.log = self.log.unbind("session") if session is None else self.log.bind(session=session)

    def leave(self, code: int = 0) -> None:
        """End this actor; with code 0 a transient child is not replaced."""
        self._left = True
        try:
            self.close_owned()
        finally:
            self.port.leave(code)

    # -- what Thespian calls -------------------------------------------------------------------------------

    def receiveMessage(self, item: Any, sender: ActorAddress) -> ThespianWatch | None:  # noqa: N802  # Thespian's name
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
        self.context = Context(sender, letter.sender, letter.about, waits, tag, command, letter.payload)
        self._promised = None
        try:
            if faults.Faults.current is not None:
                faults.on_receive(self, letter, tag)
            self._handle(letter, item)
        finally:
            self.metrics.handler.add(self.port.clock.monotonic_s() - begun_s)
        self.context = None
        if faults.Faults.current is not None:
            faults.on_receive(self, letter, tag, faults.Moment.ANSWERED)

    def _undecodable(self, letter: Envelope, sender: ActorAddress, error: codec.DecodeError) -> None:
        self.log.error("message_refused", sender=letter.sender, error=str(error))
        failure = Failure(reason=FailureReason.INVALID, detail=str(error))
        if letter.kind is Kind.REQUEST:
            tag = envelope.tag_in(letter.payload)
            self._reply_to(Context(sender, letter.sender, letter.about, letter.id, tag, None), failure)
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
                reply = self._call(item) if isinstance(item, Command) else None
                if faults.Faults.current is not None:
                    faults.on_receive(self, letter, tag_of(type(item)), faults.Moment.DECIDED)
                self._answer(reply)

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
            self._reply_to(context, reply)

    def _reply_to(self, context: Context, reply: Reply) -> None:
        if Trace.current is not None:
            Trace.current.replied(self.path, context, reply)
        self._post(context.address, Kind.RESPONSE, context.about, reply, context.id)

    def answer_deferred(self, deferred: Deferred, context: Context, reply: Reply) -> None:
        """For Deferred."""
        self._respond(context, reply)
        self._deferred.pop(id(deferred), None)

    # -- life ----------------------------------------------------------------------------------------------

    @handles(messages.Superseded)
    def handle_superseded(self, _news: messages.Superseded) -> None:
        """Another actor serves our names, and was appointed later."""
        self.log.warning("superseded")
        self.leave()

    @handles(messages.Start)
    def handle_start(self, start: messages.Start) -> Deferred | Reply:
        """Become who the supervisor says we are."""
        assert self.context is not None
        self._supervisor = self.context.address
        self.path, self.lineage = start.path, start.lineage
        self.evse, self.config = start.evse, start.config
        self._grants = start.grants
        bound = {"actor": start.path} | ({"evse": start.evse} if start.evse is not None else {})
        self.log = logger("evsite.actor").bind(**bound)
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

    def doubt(self, name: str) -> None:
        """Have a sibling that serves this name pinged now: it is late, and may hang.

        If it does, that is found out a deadline from now, not a deadline after its next heartbeat.
        """
        self.to_supervisor(messages.Doubt(name=name))

    def to_supervisor(self, item: Var) -> None:
        """Tell the supervisor something."""
        if self._supervisor is not None:
            self._post(self._supervisor, Kind.TELL, "", item)

    def ask_supervisor(self, command: Command, then: Then) -> None:
        """Ask the supervisor something; `then` gets its reply, or `Failure`."""
        if self._supervisor is not None:
            self._post(self._supervisor, Kind.REQUEST, "", command, self._ask_directly(then))

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
        held, self._unready = self._unready, {}
        for variable, name, retain in held.values():
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
        return self.own_metrics()

    def own_metrics(self) -> messages.GetMetricsReply:
        """What this actor has counted."""
        return messages.GetMetricsReply(
            path=self.path,
            received=self.metrics.received,
            sent=self.metrics.sent,
            handler_s=tuple(self.metrics.handler.counts),
            handler_total_s=self.metrics.handler.total_s,
            mailbox_s=tuple(self.metrics.mailbox.counts),
            mailbox_total_s=self.metrics.mailbox.total_s,
            refused=dict(self.port.refused),
            shed=self.metrics.shed,
            dropped=self.metrics.dropped,
        )

    @handles(messages.Inject)
    def handle_inject(self, command: messages.Inject) -> Reply:
        """Apply fault rules in this process."""
        problem = faults.inject(command.rules, self.port)
        return Failure(reason=FailureReason.INVALID, detail=problem) if problem else Reply()

    def _crash(self, error: Exception) -> None:
        """Let it crash: answer who waits, say why, end the process, whatever else fails here."""
        context, self.context = self.context, None
        text = said(error)
        try:
            self._last_words(context, text)
            where = "".join(traceback.format_exception(error, limit=-8)).strip()
            tag = context.tag if context else None
            self.log.error("crashed", error=text, message=tag, where=printable(where))
        except Exception as second:  # noqa: BLE001  # a full disk under the log, say
            with contextlib.suppress(Exception):
                self.log.error("crashed_while_crashing", error=text, second=said(second))
        finally:
            self.leave(CRASH_EXIT_CODE)

    def _last_words(self, context: Context | None, text: str) -> None:
        failure = Failure(reason=FailureReason.CRASHED, detail=f"{self.path or type(self).__name__}: {text}")
        waiting = {(text_of(each.address), each.id): each for _deferred, each in self._deferred.values()}
        if context is not None and not (self._promised and self._promised.answered):
            waiting[text_of(context.address), context.id] = context
        for each in (each for each in waiting.values() if each.id):
            self._reply_to(each, failure)
        self.to_supervisor(messages.Crashed(path=self.path, error=text))

    def _fire(self) -> None:
        if self._armed:
            heapq.heappop(self._armed)
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
        if not self._armed or earliest_s < self._armed[0]:
            heapq.heappush(self._armed, earliest_s)
            left_s = max(0.0, earliest_s - self.port.clock.monotonic_s())
            self.port.wake_after(min(left_s, LONGEST_SLEEP_S))  # who is woken too early is armed again


# __init_subclass__ sees only what is below this class
SiteActor._handlers = {**own_handlers(Conversation), **own_handlers(SiteActor)}  # noqa: SLF001  # its own

__all__ = ["ASK_DEADLINE_S", "CRASH_EXIT_CODE", "TELL_DEADLINE_S", "Deferred", "SiteActor", "handles"]

"""Actor of the link to the CSMS. It serves the commands of `actors.ocpp.messages` under a name of its own.

One file because it is the one place where orders, connection and calls meet; what they mean is decided in
`actors.ocpp.link`.
"""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING, Final

from actors.engine.base import SiteActor, handles
from actors.engine.refusals import Throttle
from actors.ocpp import messages
from actors.ocpp.link import channel, dialling, rpc
from actors.ocpp.link.dialling import Dialler, Phase
from actors.ocpp.link.preparation import Preparation
from actors.ocpp.link.target import shown_url
from actors.ocpp.link.troubles import Mishap
from actors.ocpp.link.watchdog import Act, Watchdog
from actors.ocpp.messages import LinkOrders, LinkState, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.engine.base import Deferred
    from actors.engine.messages import GetMetricsReply
    from actors.ocpp.link.line import Line
    from protocols.message import Reply
    from protocols.ocpp.version import Version

OPEN_S: Final = 30.0
"""From the first step of an attempt to the agreed version."""
ADDRESS_S: Final = 10.0
"""So long one address of a host is tried before the next one."""
CALLED_S: Final = 60.0
"""A call of the CSMS that the charge point has not answered by then is answered with CALLERROR."""
GOODBYE_S: Final = 2.0
"""So long the CSMS has to end a connection that we have closed."""
STALL_S: Final = 30.0
"""A CSMS that takes nothing of what it is sent for so long is left."""
NEWS_S: Final = 60.0
"""A security event is told of at most so often; how many there were is in its detail."""
_GOING_AWAY: Final = 1001
_PROFILES: Final = "InternalCtrlr.NetworkConnectionProfiles"
"""Where the addresses of the CSMS stand, for those who read the log."""


class CsmsLinkActor(SiteActor):
    """Child of the supervisor of OCPP; holds the socket to the CSMS.

    Configured with the name of the `charge_point`, and that of the certificate manager as `security`, which
    may be empty where nobody needs certificates. When the charge point dies the socket stays, and a call of
    the CSMS that it had in hand is put to its successor. When the link itself dies, the connection is lost:
    its successor is told the last orders again and dials at once. Of a call that was open it knows nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._dialler = Dialler(random.random)
        self._rpc = rpc.Rpc()
        self._watchdog = Watchdog()
        self._preparation: Preparation | None = None
        self._line: Line | None = None
        self._callers: dict[str, list[Deferred]] = {}
        self._called: int | None = None
        """The ask for the call of the CSMS that is in hand."""
        self._connection = self._newest = 0
        self._counts: dict[str, int] = {}
        self._told: tuple[str, Mishap] | None = None
        """What the log was told of last."""
        self._notes = Throttle()
        self._unreported = 0
        """Invalid messages since the last event about them."""
        self._name = ""

    # -- life ----------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Wait for orders."""
        self._name = self.grants[0].name
        self._preparation = self.own(Preparation(self, self.config["security"]))
        self.subscribe(self.config["charge_point"], LinkOrders, self._ordered)
        self._say(None)

    def on_stop(self) -> None:
        """Say good-bye, as far as that takes no time."""
        if self._line is not None:
            self._line.channel.close(_GOING_AWAY)
            self._line.flush()
            self._let_go()

    # -- commands ------------------------------------------------------------------------------------------

    @handles(messages.Call)
    def handle_call(self, call: messages.Call) -> Deferred:
        """Send a call; whoever asks for the same one meanwhile gets the same reply."""
        deferred = self.defer()
        self._callers.setdefault(call.message_id, []).append(deferred)
        self._perform(self._rpc.call(call))
        return deferred

    # -- what the charge point wants -----------------------------------------------------------------------

    def _ordered(self, orders: LinkOrders) -> None:
        step = self._dialler.order(orders)
        if self._dialler.phase is Phase.UP:
            self._watch_over(orders)
        if isinstance(step, dialling.Dial) and self._dialler.left_out:
            self.log.warning("profile_left_out", reason=self._dialler.left_out, variable=_PROFILES)
        if step is not None:
            self._go(step)

    def _go(self, step: dialling.Step) -> None:
        """Take the next step of dialling."""
        self.cancel_timer("dial")
        match step:
            case dialling.Dial():
                self._dial(step)
            case dialling.Wait():
                self.start_timer("dial", step.seconds, lambda: self._go(self._dialler.due()))
            case dialling.Hang():
                self._hang_up(step.code)
            case dialling.Rest():
                if step.problem:
                    self.log.warning("csms_not_dialled", reason=step.problem, variable=_PROFILES)
                self._say(Mishap(Trouble.NOT_READY, step.problem) if step.problem else None)

    def _dial(self, dial: dialling.Dial) -> None:
        orders = self._dialler.orders.dialling
        assert orders is not None  # the dialler rests without it
        assert self._preparation is not None
        self.start_timer("opening", OPEN_S, self._overdue)
        self._preparation.begin(dial, orders, self._prepared)

    def _prepared(self, line: Line | Mishap) -> None:
        if isinstance(line, Mishap):
            self._ended(line)
            return
        self._line = line
        self.watch(line.fd, self._advance)
        self._connect()

    def _connect(self) -> None:
        """Try the next address."""
        if self._line is not None and not self._line.is_connected:
            self.start_timer("address", ADDRESS_S, self._connect)
            self._take(self._line.connect())

    def _overdue(self) -> None:
        if self._line is not None and self._line.is_connected:
            self._ended(self._line.channel.overdue(OPEN_S))
        else:
            self._ended(Mishap(Trouble.UNREACHABLE, f"no connection within {OPEN_S:g} s"))

    def _hang_up(self, code: int) -> None:
        """End what there is, in order where that is possible."""
        if self._line is None or not self._line.channel.close(code):
            self._ended(None)
            return
        self.start_timer("good-bye", GOODBYE_S, lambda: self._ended(None))
        self._flush()

    # -- the connection ------------------------------------------------------------------------------------

    def _advance(self) -> None:
        if self._line is not None:
            self._take(self._line.advance())

    def _take(self, events: Iterable[channel.Event]) -> None:
        line = self._line
        for event in events:
            match event:
                case channel.Opened():
                    self._opened(event.version, assumed=event.assumed)
                case channel.Message():
                    self._perform(self._rpc.received(event.data))
                case channel.Pong():
                    self._watchdog.pong(event.payload)
                    self._arm_watchdog()
                case channel.Ended():
                    self._ended(event.mishap)
            if self._line is not line:
                return
        self._flush()

    def _opened(self, version: Version, *, assumed: bool) -> None:
        self.cancel_timer("opening")
        self.cancel_timer("address")
        clock = self.port.clock
        self._newest = self._connection = max(self._newest + 1, int(clock.now().timestamp() * 1_000_000))
        self._rpc.begin(version)
        self._dialler.opened(clock.monotonic_s())
        self._watch_over(self._dialler.orders)
        profile = self._dialler.profile
        slot = profile.slot if profile is not None else None
        url = self._dialler.where
        self.log.info("csms_connected", url=url, ocpp=version.value, assumed=assumed, slot=slot)
        self._count("connected")
        self._say(None)

    def _flush(self) -> None:
        if (line := self._line) is None:
            return
        before = line.written_bytes
        if (failed := line.flush()) is not None:
            self._ended(failed.mishap)
        elif line.channel.is_clogged:
            self._ended(Mishap(Trouble.LOST, "the CSMS does not read"))
        elif line.is_idle:
            self.cancel_timer("stall")
        elif line.written_bytes > before or not self.timers.running("stall"):
            stalled = Mishap(Trouble.LOST, f"the CSMS takes nothing for {STALL_S:g} s")
            self.start_timer("stall", STALL_S, lambda: self._ended(stalled))

    def _ended(self, mishap: Mishap | None) -> None:
        """The attempt or the connection is over; None: because we wanted that."""
        was_up = self._connection != 0
        self._let_go()
        if mishap is not None and mishap.breach:
            self._tell_news(mishap.detail)
        if self._dialler.phase is Phase.ENDING:
            mishap, step = None, self._dialler.ended()
        elif was_up:
            step = self._dialler.lost(self.port.clock.monotonic_s())
        else:
            step = self._dialler.failed()
        if mishap is not None:
            self._count(f"ended_{mishap.trouble.name.lower()}")
            self._tell(mishap, was_up=was_up)
        if was_up or mishap is not None:
            self._say(mishap)
        self._go(step)

    def _tell(self, mishap: Mishap, *, was_up: bool) -> None:
        """Log what went wrong: once, and now and then as long as it stays the same."""
        told = (self._dialler.where, mishap)
        if was_up or told != self._told or self._dialler.is_news:
            say = self.log.warning if was_up else self.log.info
            facts = {"trouble": mishap.trouble.value, "detail": mishap.detail, "url": self._dialler.where}
            say("csms_not_connected", **facts, attempts=self._dialler.attempts)
        self._told = told

    def _let_go(self) -> None:
        """Forget the connection, and whatever belongs to it."""
        assert self._preparation is not None
        self._preparation.cancel()
        for timer in ("opening", "address", "stall", "good-bye", "watchdog", "call"):
            self.cancel_timer(timer)
        self._watchdog.stop()
        if self._line is not None:
            self.unwatch(self._line.fd)
            self._line.flush()  # a last word: a close frame, an alert
            self._line.close()
            self._line = None
        if self._called is not None:
            self.withdraw(self._called)
            self._called = None
        self._connection = 0
        self._perform(self._rpc.end())

    # -- calls ---------------------------------------------------------------------------------------------

    def _perform(self, effects: Iterable[rpc.Effect]) -> None:
        for effect in effects:
            match effect:
                case rpc.Transmit():
                    self._put_on_wire(effect)
                case rpc.Seen():
                    self._show(effect.shown, sent=False)
                case rpc.Opened():
                    self._await_answer()
                case rpc.Settle():
                    self._settle(effect)
                case rpc.Deliver():
                    self._deliver(effect)
                case rpc.Note():
                    self._note(effect)

    def _put_on_wire(self, effect: rpc.Transmit) -> None:
        line = self._line
        if line is None or not line.channel.send(effect.text):
            return
        self._show(effect.shown, sent=True)
        self.soon(self._flush)

    def _await_answer(self) -> None:
        profile = self._dialler.profile
        limit_s = profile.message_timeout_s if profile is not None else CALLED_S
        self.start_timer("call", limit_s, lambda: self._perform(self._rpc.expired()))

    def _settle(self, effect: rpc.Settle) -> None:
        if self._rpc.open_id is None:
            self.cancel_timer("call")
        for deferred in self._callers.pop(effect.message_id, ()):
            deferred.answer(effect.reply)

    def _deliver(self, effect: rpc.Deliver) -> None:
        assert self._rpc.version is not None
        called = messages.Called(
            connection=self._connection,
            ocpp_version=self._rpc.version,
            message_id=effect.message_id,
            action=effect.action,
            payload=effect.payload,
        )

        def answered(reply: Reply) -> None:
            self._called = None
            self._perform(self._rpc.answer(effect.message_id, reply))

        name = self.config["charge_point"]
        self._called = self.ask(name, called, answered, deadline_s=CALLED_S, repeat=True)

    # -- what is told --------------------------------------------------------------------------------------

    def _say(self, mishap: Mishap | None) -> None:
        profile = self._dialler.profile
        state = LinkState(
            connection=self._connection,
            ocpp_version=self._rpc.version,
            slot=profile.slot if profile is not None else None,
            url=shown_url(profile.url) if profile is not None else "",
            security_profile=profile.security_profile if profile is not None else None,
            since=self.port.clock.now(),
            trouble=mishap.trouble if mishap is not None else None,
            detail=mishap.detail if mishap is not None else "",
            attempts=0 if self._connection else self._dialler.attempts,
        )
        self.publish(state, self._name, retain=True)

    def _show(self, text: str, *, sent: bool) -> None:
        seen = messages.FrameSeen(at=self.port.clock.now(), sent=sent, text=text)
        self.publish(seen, self._name)

    def _note(self, note: rpc.Note) -> None:
        self._count(note.event)
        if times := self._notes.count(note.event, self.port.clock.monotonic_s()):
            self.log.info("ocpp_frame", what=note.event, detail=note.detail, times=times)
        if note.invalid:
            self._tell_news(note.detail)

    def _tell_news(self, detail: str) -> None:
        """InvalidMessages, now and then: who sends nonsense shall not fill our queue with events about it."""
        self._unreported += 1
        if self.timers.running("news"):
            return
        more = f" ({self._unreported} since the last one)" if self._unreported > 1 else ""
        self._unreported = 0
        self.start_timer("news", NEWS_S, lambda: None)
        news = messages.SecurityNews(event="InvalidMessages", at=self.port.clock.now(), detail=detail + more)
        self.publish(news, self._name)

    def _watch_over(self, orders: LinkOrders) -> None:
        if orders.dialling is not None:
            now_s = self.port.clock.monotonic_s()
            self._watchdog.set(orders.dialling.ping_interval_s, orders.dialling.pong_timeout_s, now_s)
        self._arm_watchdog()

    def _arm_watchdog(self) -> None:
        next_s = self._watchdog.next_s
        if next_s is None:
            self.cancel_timer("watchdog")
        else:
            self.start_timer("watchdog", max(0.0, next_s - self.port.clock.monotonic_s()), self._look)

    def _look(self) -> None:
        act = self._watchdog.due(self.port.clock.monotonic_s())
        if act is Act.GIVE_UP:
            self._ended(Mishap(Trouble.PONG, "a ping was not answered"))
            return
        if act is Act.PING and self._line is not None:
            self._line.channel.ping(self._watchdog.payload)
            self._flush()
        self._arm_watchdog()

    def _count(self, event: str) -> None:
        self._counts[event] = self._counts.get(event, 0) + 1

    def own_metrics(self) -> GetMetricsReply:
        """With what was counted of connections and frames."""
        return dataclasses.replace(super().own_metrics(), counted=dict(self._counts))

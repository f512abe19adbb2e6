"""Actor of the link to one car: SDP, TCP, TLS, V2GTP. EVerest interfaces: `ISO15118_charger`,
`iso15118_extensions`, which its session decides on.

One file because it is the one place where the relay, the sockets and the station's messages meet.
"""

from __future__ import annotations

import dataclasses
import errno
import itertools
from typing import TYPE_CHECKING, Any, Final

from actors.engine.base import handles
from actors.engine.refusals import Throttle
from actors.module_actor import ModuleActor
from actors.v2g import messages, parcel, snapshot
from actors.v2g.link import doors
from actors.v2g.link.certificates import ServerCertificates
from actors.v2g.link.channel import Ended, Opened
from actors.v2g.link.evidence_keeper import EvidenceKeeper
from actors.v2g.link.key_log import append_privately, key_log_of
from actors.v2g.link.relay import Overflow, Relay, Waiting
from actors.v2g.link.telling import Telling
from actors.v2g.parameters import editions_of
from actors.v2g.progress import Progress, folded
from actors.v2g.secc import exchange
from actors.v2g.secc.abandoned import abandoned
from actors.v2g.secc.state import State
from certs.tls import TlsStateError
from certs.tls import prepare as prepare_tls
from protocols.interfaces import iso15118_charger, iso15118_extensions, iso15118_vas
from protocols.iso15118.v2gtp import Frame
from protocols.message import Failure, FailureReason, Reply, tag_of
from protocols.types.evse_manager import HlcSessionFailedReasonEnum

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from actors.engine.base import Deferred
    from actors.engine.messages import GetMetricsReply
    from actors.v2g.link.car import Car
    from certs.tls import ServerContexts
    from protocols.message import Command, Var

STEP_DEADLINE_S: Final = 30.0
"""A step that takes longer is given to the successor; hangs are found by the heartbeat long before."""
RETRY_S: Final = 1.0
"""Until ports are opened that could not be; the address of a link that just came up is not usable at once."""
DOUBT_S: Final = 0.02
"""A step that takes longer makes the link have its session pinged: a car in its loop waits 250 ms at most."""
LOOK_S: Final = 5.0
"""Between two looks whether the device is still there."""
TOLD_S: Final = 0.25
"""So much of a talk is told at once to those who watch it."""
FLUSH_S: Final = 0.01
"""Between two tries to write to a car that does not read."""
INTERFACES: Final = (iso15118_charger, iso15118_extensions)
COMMAND_TAGS: Final = tuple(f"{module.__name__.rpartition('.')[2]}." for module in INTERFACES)


class V2gLinkActor(ModuleActor):
    """Child of EvseSupervisor, one per EVSE; serves one car at a time and holds its socket.

    It feeds its session (see `link.relay`) and carries out what that decides, so the session may die at any
    moment. When the link itself dies, that car's connection is lost: its successor publishes
    `HlcSessionFailed`, opens its ports anew, recovers nothing of the talk, and is told the station's values
    again by the EVSE manager.
    """

    @classmethod
    def before_fork(cls, config: Mapping[str, Any]) -> None:  # noqa: ARG003  # the same for all
        """Have OpenSSL ready."""
        prepare_tls()

    def __init__(self) -> None:
        super().__init__()
        self._relay = Relay(snapshot.parts_of(State()))
        self._evidence = EvidenceKeeper(self, lambda: dict(self._relay.parts))
        self._tickets: dict[int, Deferred] = {}
        self._next_ticket = 0
        self._car: Car | None = None
        self._talk_timers: set[str] = set()
        self._talk_asks: dict[str, int] = {}
        self._certificates: ServerCertificates | None = None
        self._doors: doors.Doors | None = None
        self._closed_by = ""
        """Why the ports are closed, as far as that was logged."""
        self._session = ""
        self._key_log: Path | None = None
        self._counts: dict[str, int] = {}
        self._turned_away = Throttle()
        self._progress = Progress()
        self._telling = Telling()

    # -- life ----------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Open the ports, ask for certificates, listen to the modules the session needs."""
        self._session = f"{self.module_id}/{messages.SESSION}"
        self.own(self._evidence).start()
        self._doors = self.own(doors.Doors(self.parameters, self))
        for index, name in enumerate(self.connected("iso15118_vas")):
            self.subscribe(name, iso15118_vas.OfferedVas, self._offers_of(index))
        self._key_log = key_log_of(self.parameters, self.module_id)
        security = self.connected("security")
        if self._doors.wants_tls and security:
            self._certificates = ServerCertificates(
                self,
                security[0],
                editions=editions_of(self.parameters),
                key_log=self._key_log is not None,
                changed=self._open_doors,
            )
            self._certificates.follow()
        self._open_doors()

    def on_ready(self) -> None:
        """Whoever talked to a predecessor is alone now."""
        if any(not life.endswith("#0") for life in self.lineage.split("/")[1:]):
            self._failed(HlcSessionFailedReasonEnum.UNEXPECTED_SESSION_END)
        self._say_progress()
        self._say_milestones()

    def on_stop(self) -> None:
        """Let the car go."""
        if self._car is not None:
            self._drop_car("station_stops")

    def _open_doors(self) -> None:
        assert self._doors is not None
        try:
            where = self._doors.open(tls=self._contexts is not None)
        except OSError as error:
            if str(error) != self._closed_by:
                soon = error.errno == errno.EADDRNOTAVAIL  # the device has just come up
                say = self.log.info if soon else self.log.error
                say("v2g_ports_closed", error=str(error), retry_s=RETRY_S)
            self._closed_by = str(error)
            self.start_timer("open", RETRY_S, self._open_doors)
            return
        self._closed_by = ""
        if where is not None:
            self.log.info("v2g_ports_open", **where)
        self.start_timer("open", LOOK_S, self._open_doors)

    @property
    def _contexts(self) -> ServerContexts | None:
        return self._certificates.contexts if self._certificates is not None else None

    # -- commands of the station ----------------------------------------------------------------------------

    def unsupported(self, command: Command) -> Reply | Deferred:
        """Every command of the two interfaces goes to the session; it is answered when it was decided on."""
        if not tag_of(type(command)).startswith(COMMAND_TAGS):
            return super().unsupported(command)
        if isinstance(command, iso15118_charger.Setup) and self._certificates is not None:
            self._certificates.be(command.evse_id.evse_id)
        self._next_ticket += 1
        try:
            packed = parcel.told(self.context.payload) if self.context else b""
            self._relay.put(exchange.Told(command=command), ticket=self._next_ticket, packed=packed)
        except (Overflow, parcel.ParcelError) as error:
            return Failure(reason=FailureReason.OVERLOADED, detail=str(error))
        deferred = self._tickets[self._next_ticket] = self.defer()
        self.soon(self._pump)
        return deferred

    @handles(messages.GetPorts)
    def handle_get_ports(self, _command: messages.GetPorts) -> messages.Ports:
        """Where cars find this link; for simulated ones on the same machine."""
        assert self._doors is not None
        return self._doors.ports()

    @handles(messages.Evidence)
    def handle_evidence(self, command: messages.Evidence) -> Reply:
        """Record the talks from the next one on, or do not any more."""
        self._evidence.follow(command)
        return Reply()

    def _offers_of(self, index: int) -> Callable[[iso15118_vas.OfferedVas], None]:
        def heard(variable: iso15118_vas.OfferedVas) -> None:
            given = exchange.Heard(requirement="iso15118_vas", index=index, variable=variable)
            self._put(given, talk=0)

        return heard

    # -- the car --------------------------------------------------------------------------------------------

    def admit(self, connection: Any, *, tls: bool) -> None:
        """A car has connected. One at a time: whoever comes second is let go at once."""
        if self._car is not None or (tls and self._contexts is None):
            connection.close()
            self.turn_away("car_refused")
            return
        endpoint = self._contexts.accept(now=self.port.clock.now()) if tls and self._contexts else None
        self._car = car = self._evidence.car(connection, endpoint)
        self._relay.begin_talk()
        self.watch(car.fd, self._readable)
        if endpoint is not None:
            timeout_s = int(self.parameters.get("tls_timeout", 15000)) / 1000
            late = Ended(reason="tls_timeout", detail=f"no handshake within {timeout_s:g} s", handshake=True)
            self.start_timer("handshake", timeout_s, lambda: self._take(late))
        for event in car.channel.start():
            self._take(event)

    def _readable(self) -> None:
        if (car := self._car) is None:
            return
        for event in car.read():
            self._take(event)
            if self._car is not car:
                return
        self._flush()

    def _take(self, event: object) -> None:
        match event:
            case Opened():
                self.cancel_timer("handshake")
                self._put(exchange.Connected(tls=event.tls), talk=self._relay.talk)
                self._tell_opened(event)
                self._write_key_log()
                self._log_handshake(self._car)
            case Frame():
                self._tell_frame(int(event.payload_type), event.payload, sent=False)
                self._put(
                    exchange.Received(payload_type=int(event.payload_type), payload=event.payload),
                    talk=self._relay.talk,
                )
            case Ended():
                self.log.info("car_gone", reason=event.reason, detail=event.detail)
                self.count(event.reason)
                self._drop_car(event.reason, handshake=event.handshake)
            case _:
                self.turn_away("payload_type_unknown")

    def _drop_car(self, reason: str, *, handshake: bool = False) -> None:
        """Forget the car: its socket, its timers, its asks; the session is told last."""
        car, self._car = self._car, None
        if car is None:
            return
        if handshake:
            self._log_handshake(car)
        self.unwatch(car.fd)
        car.channel.close()
        try:
            car.flush()
        except OSError:
            self.log.debug("car_gone_before_close", reason=reason)
        car.close()
        self._evidence.end(reason)
        if self._telling.ended(self.port.clock.now()):
            self._say_milestones()
        for timer in ("handshake", "flush", "close", *(f"talk {each}" for each in self._talk_timers)):
            self.cancel_timer(timer)
        for number in self._talk_asks.values():
            self.withdraw(number)
        self._talk_timers.clear()
        self._talk_asks.clear()
        self._relay.end_talk()
        if handshake:
            self._failed(HlcSessionFailedReasonEnum.FAILED_TLS_HANDSHAKE)
        self._put(exchange.Disconnected(reason=reason), talk=0)

    def _flush(self) -> None:
        if (car := self._car) is None:
            return
        try:
            if not car.flush():
                self.start_timer("flush", FLUSH_S, self._flush)
        except OSError as error:
            self._take(Ended(reason="connection_lost", detail=str(error)))

    def _write_key_log(self) -> None:
        lines = self._car.channel.key_log_lines() if self._car else ()
        if self._key_log is None or not lines:
            return
        try:
            append_privately(self._key_log, lines)
        except OSError as error:
            self.log.warning("key_log_not_written", path=str(self._key_log), error=str(error))

    def _log_handshake(self, car: Car | None) -> None:
        if car is None or not self.parameters.get("enable_ssl_logging"):
            return
        if facts := car.channel.handshake_facts():
            self.log.info("tls_handshake", **facts)

    # -- the session ----------------------------------------------------------------------------------------

    def _put(self, given: exchange.Input, *, talk: int) -> None:
        try:
            self._relay.put(given, talk=talk)
        except Overflow as error:
            if isinstance(given, exchange.Received):
                self._take(Ended(reason="car_does_not_wait", detail=str(error)))
            else:
                self.log.warning("input_dropped", error=str(error))
                self.count("input_dropped")
        self.soon(self._pump)

    def _pump(self) -> None:
        """Give the session what is next, if it is not at work."""
        waiting = self._relay.next()
        if not waiting:
            return
        mark = self._relay.mark
        step = messages.Step(
            after=mark,
            state=b"" if mark else snapshot.pack(self._relay.parts),
            given=tuple(each.packed or parcel.pack(each.given) for each in waiting),
        )
        self.ask(self._session, step, lambda reply: self._stepped(waiting, reply), deadline_s=STEP_DEADLINE_S)
        if self._car is not None:
            self.start_timer("doubt", DOUBT_S, lambda: self.doubt(self._session))

    def _stepped(self, waiting: tuple[Waiting, ...], reply: Reply) -> None:
        self.cancel_timer("doubt")
        if not isinstance(reply, messages.Stepped):
            self._session_died(waiting, reply)
        elif not reply.mark:
            self._relay.unknown()
        else:
            self._relay.done(reply.mark, snapshot.unpack(reply.changes))
            for each, effects in zip(waiting, reply.effects, strict=True):
                self._decided(each, parcel.unpack_effects(effects))
        self._pump()

    def _decided(self, waiting: Waiting, effects: tuple[exchange.Effect, ...]) -> None:
        """Carry out what was decided on an input: the car's answer first, for the car waits."""
        self._relay.turn_to(waiting)
        for effect in filter(_is_answer, effects):
            self._do(effect)
            self._flush()
        self._answer_ticket(waiting, None)
        for effect in itertools.filterfalse(_is_answer, effects):
            self._do(effect)

    def _session_died(self, waiting: tuple[Waiting, ...], reply: Reply) -> None:
        given, deaths = type(waiting[-1].given).__name__, waiting[-1].deaths + 1
        self.log.warning("session_died", input=given, inputs=len(waiting), deaths=deaths)
        if (poison := self._relay.died()) is not None:
            self._poisoned(poison, reply)

    def _poisoned(self, waiting: Waiting, reply: Reply) -> None:
        """The session dies on this input every time: the talk is over, the next car starts afresh."""
        self.log.error("input_poisonous", input=type(waiting.given).__name__)
        self.count("input_poisonous")
        self._answer_ticket(waiting, reply)
        if isinstance(waiting.given, exchange.Disconnected):
            if (talk := self._relay.forget_talk()) is not None:
                for variable in abandoned(talk):
                    self._say(variable)
        elif waiting.talk == self._relay.talk and self._car is not None:
            talk = snapshot.state_of(self._relay.parts).talk
            if talk is None or talk.dialect is None:  # else its end says so
                self._failed(HlcSessionFailedReasonEnum.UNEXPECTED_SESSION_END)
            self._drop_car("session_died")

    def _answer_ticket(self, waiting: Waiting, failure: Reply | None) -> None:
        """Answer the command behind an input, if it was one."""
        deferred = self._tickets.pop(waiting.ticket or 0, None)
        if deferred is None or not isinstance(waiting.given, exchange.Told):
            return
        if failure is not None:
            deferred.answer(failure)
        elif isinstance(waiting.given.command, iso15118_charger.UpdateSupportedAppProtocols):
            deferred.answer(iso15118_charger.UpdateSupportedAppProtocolsReply(updated=True))
        else:
            deferred.answer(Reply())
        if failure is None:
            self._follow_progress(waiting.given.command)

    def _follow_progress(self, news: Var | Command) -> None:
        """Keep, for late subscribers, what a variable or a command does to how far the car has come."""
        progress = folded(self._progress, news)
        if progress != self._progress:
            self._progress = progress
            self._say_progress()

    def _say_progress(self) -> None:
        condition = messages.TalkCondition(link=self.lineage, progress=self._progress)
        self.publish(condition, self._charger, retain=True)

    def _say(self, variable: Var) -> None:
        """Publish what the session decided; what EVerest does not have is said under the charger's name."""
        everest = tag_of(type(variable)).startswith(COMMAND_TAGS)
        self.publish(variable, None if everest else self._charger)
        if self._telling.published(variable, self.port.clock.now()):
            self._say_milestones()

    @property
    def _charger(self) -> str:
        return f"{self.module_id}/charger"

    def _say_milestones(self) -> None:
        self.publish(self._telling.milestones, self._charger, retain=True)

    def _tell_opened(self, opened: Opened) -> None:
        shown = self._car.channel.handshake_facts().get("shown") if self._car is not None else None
        self._telling.opened(self.port.clock.now(), opened.tls, str(shown or ""))
        self._say_milestones()

    def _tell_frame(self, payload_type: int, payload: bytes, *, sent: bool) -> None:
        """Have it told soon, where anybody listens; the car's answer comes first."""
        if self.is_heard(messages.FramesSeen, self._charger):
            self._telling.said(payload_type, payload, self.port.clock.now(), sent=sent)
            if not self.timers.running("frames"):
                self.start_timer("frames", TOLD_S, self._tell_frames)

    def _tell_frames(self) -> None:
        if (seen := self._telling.take()) is not None:
            self.publish(seen, self._charger)

    def _do(self, effect: exchange.Effect) -> None:
        """Carry out one effect. What concerns a talk that is over by now is left out, save what was said."""
        if isinstance(effect, exchange.Close) and effect.failed is not None:
            self._failed(effect.failed)
        match effect:
            case exchange.Publish():
                self._say(effect.variable)
                self._follow_progress(effect.variable)
            case exchange.Note():
                self.count(effect.event)
                self._evidence.noted(effect)
                getattr(self.log, effect.level.value)(effect.event, **effect.facts)
            case _ if self._relay.concerns_car:
                self._do_in_talk(effect)

    def _do_in_talk(self, effect: exchange.Effect) -> None:
        match effect:
            case exchange.Send():
                self._send_frame(effect)
            case exchange.Ask():
                self._ask_module(effect)
            case exchange.StartTimer():
                self._start_talk_timer(effect)
            case exchange.CancelTimer():
                self._relay.expires_no_more(effect.timer)
                self._talk_timers.discard(effect.timer)
                self.cancel_timer(f"talk {effect.timer}")
            case exchange.Close():
                self._close_car(effect)

    def _send_frame(self, effect: exchange.Send) -> None:
        if self._car is None or not self._car.channel.is_open:
            return
        try:
            self._car.channel.send(effect.payload_type, effect.payload)
        except TlsStateError as error:
            self._take(Ended(reason="car_does_not_read", detail=str(error)))
            return
        self._tell_frame(int(effect.payload_type), effect.payload, sent=True)

    def _ask_module(self, effect: exchange.Ask) -> None:
        talk, names = self._relay.talk, self.connected(effect.requirement)
        if effect.index >= len(names):
            missing = Failure(
                reason=FailureReason.UNKNOWN_NAME, detail=f"{effect.requirement}: not connected"
            )
            self._put(exchange.Answered(ask=effect.ask, reply=missing), talk=talk)
            return

        def answered(reply: Reply) -> None:
            self._talk_asks.pop(effect.ask, None)
            self._put(exchange.Answered(ask=effect.ask, reply=reply), talk=talk)

        if (earlier := self._talk_asks.pop(effect.ask, None)) is not None:
            self.withdraw(earlier)
        self._talk_asks[effect.ask] = self.ask(
            names[effect.index], effect.command, answered, deadline_s=effect.within_s, repeat=True
        )

    def _start_talk_timer(self, effect: exchange.StartTimer) -> None:
        talk, timer = self._relay.talk, effect.timer
        self._relay.expires_no_more(timer)
        self._talk_timers.add(timer)
        self.start_timer(
            f"talk {timer}", effect.after_s, lambda: self._put(exchange.Expired(timer=timer), talk=talk)
        )

    def _close_car(self, effect: exchange.Close) -> None:
        if effect.after_s:
            self.start_timer("close", effect.after_s, lambda: self._drop_car(effect.reason))
        else:
            self._drop_car(effect.reason)

    def _failed(self, reason: HlcSessionFailedReasonEnum) -> None:
        failed = iso15118_charger.HlcSessionFailed(reason=reason)
        self.publish(failed)
        self._follow_progress(failed)

    def count(self, event: str) -> None:
        """Count something by its name in the log; `evsite metrics` tells it."""
        self._counts[event] = self._counts.get(event, 0) + 1

    def turn_away(self, reason: str) -> None:
        """Count what strangers do in vain; it is logged at most once a second, lest they fill a disk."""
        self.count(reason)
        if times := self._turned_away.count(reason, self.port.clock.monotonic_s()):
            self.log.info("turned_away", reason=reason, times=times)

    def own_metrics(self) -> GetMetricsReply:
        """With what was counted of cars and strangers."""
        return dataclasses.replace(super().own_metrics(), counted=dict(self._counts))


def _is_answer(effect: exchange.Effect) -> bool:
    return isinstance(effect, exchange.Send)

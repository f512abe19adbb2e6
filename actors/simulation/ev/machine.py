"""The simulated car itself: one input in, effects out. Pure.

    car = Evcc(script, wallet, secrets.token_bytes)
    effects = car.feed(Plugged(), now)

It keeps its state; whoever drives it carries out the effects in order. `feed` raises only where it has a
defect, never for what a station sends. After `Finished` nothing comes any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.simulation.ev import handshake, timing
from actors.simulation.ev.drive import Drive, Wish
from actors.simulation.ev.exchange import (
    Awaited,
    CancelTimer,
    Close,
    Connect,
    Connected,
    Disconnected,
    Drop,
    Effect,
    Expired,
    Finished,
    Input,
    Level,
    Note,
    Order,
    Ordered,
    Pilot,
    Plugged,
    Received,
    Send,
    SendRaw,
    SetPilot,
    StartTimer,
)
from actors.simulation.ev.faults import Spoiler
from actors.simulation.ev.language import END, Go, Language, Row
from actors.simulation.ev.outcome import Outcome, Reason, TalkError
from actors.simulation.ev.script import Pay
from protocols.iso15118 import v2gtp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from actors.simulation.ev.script import Fault, Script
    from actors.simulation.ev.wallet import Wallet

MESSAGE: Final = "message"
"""Timer: the answer to a request."""
PHASE: Final = "phase"
"""Timer: a phase that goes on and on."""
SETUP: Final = "communication setup"
NEXT: Final = "next"
"""Timer: the time before the next request."""
PAUSE: Final = "pause"
PLUG: Final = "plug"
OPEN: Final = "open"
"""Timer: finding the station and connecting to it."""
OPEN_S: Final = timing.SDP_RETRY_S * timing.SDP_TRIES + 20.0

_WISHES: Final[Mapping[Order, Wish]] = {
    Order.STOP: Wish.STOP,
    Order.PAUSE: Wish.PAUSE,
    Order.RENEGOTIATE: Wish.RENEGOTIATE,
    Order.HOLD: Wish.PAUSE,
}


class Evcc:
    """One simulated car. `random(n)` gives n unpredictable bytes."""

    def __init__(self, script: Script, wallet: Wallet | None, random: Callable[[int], bytes]) -> None:
        self.drive = Drive(script, wallet, random)
        self.phase = ""
        """Empty before it is plugged in."""
        self.outcome: Outcome | None = None
        self.language: Language | None = None
        self.spoken = ""
        """The name of the protocol that was agreed on last."""
        self._spoiler = Spoiler(script.faults, random)
        self._awaited: Awaited | None = None
        self._held = False  # a pause lasts until somebody says otherwise
        self._effects: list[Effect] = []
        self._timers: set[str] = set()

    @property
    def needs_tls(self) -> bool:
        """Whether a station without TLS will not do."""
        return self.drive.car.tls is True or self.drive.car.pay is Pay.CONTRACT

    def feed(self, given: Input, now: datetime) -> tuple[Effect, ...]:
        """Take one input; `now` is aware UTC and never goes back."""
        self._effects = []
        if self.outcome is None:
            self._work(given, now)
        return tuple(self._effects)

    def _work(self, given: Input, now: datetime) -> None:
        pilot = self.drive.pilot
        self.drive.at(now)
        try:
            self._take(given)
        except TalkError as error:
            self._fail(error)
        if self.drive.pilot is not pilot:
            self._effects.append(SetPilot(pilot=self.drive.pilot))
        if self.outcome is not None:
            self._effects.append(Finished(outcome=self.outcome))

    def _take(self, given: Input) -> None:
        match given:
            case Plugged():
                plug = self.drive.begin()
                self.phase = "Plugging"
                self._start(PLUG, float(plug.after_s)) if plug and plug.after_s else self._connect()
            case Connected():
                self._connected(given)
            case Received():
                self._received(given)
            case Expired():
                self._expired(given.timer)
            case Disconnected():
                self._disconnected(given)
            case Ordered():
                self._ordered(given.order)
            case _:  # Measured
                self.drive.measured = True
                phases = 1 if self.drive.car.mode.is_dc else self.drive.car.ac.phases
                self.drive.flow(given.voltage_v * given.current_a * phases)

    def _ordered(self, order: Order) -> None:
        if order in _WISHES:
            self.drive.order(_WISHES[order])
        if order in {Order.RESUME, Order.SUSPEND}:
            self.drive.suspended = order is Order.SUSPEND
        if self._held and self.phase == "Paused" and order in {Order.RESUME, Order.STOP}:
            self._held = False
            if order is Order.RESUME:
                self._connect()
            else:
                self.drive.pilot = Pilot.UNPLUGGED
                self._finish(completed=True)
        elif order is Order.HOLD:
            self._held = True

    # The connection

    def _connect(self) -> None:
        self.phase = "Connecting"
        self.language = None
        self.drive.pilot = Pilot.PLUGGED
        self._start(OPEN, OPEN_S)
        self._effects.append(Connect())

    def _connected(self, given: Connected) -> None:
        if self.phase != "Connecting":
            return
        self._cancel(OPEN)
        self.drive.connected(given.tls)
        self.phase = handshake.PHASE
        request = handshake.request(self.drive)
        self._start(SETUP, timing.SETUP_S * float(self.drive.car.patience))
        deed = self._spoiler.at(self.phase)
        if self._misbehave(deed, v2gtp.PayloadType.EXI, request):
            return
        if deed is not None:
            raise TalkError(Reason.SCRIPT, f"no {deed.kind} is possible at {self.phase}")
        self._send("supportedAppProtocolReq", v2gtp.PayloadType.EXI, request)

    def _disconnected(self, given: Disconnected) -> None:
        if self.phase == "Paused":
            return
        if self.phase == "Connecting":
            reason = Reason.TLS if given.reason.startswith("tls") else Reason.NO_STATION
            raise TalkError(reason, given.reason)
        if self._spoiler.done:
            raise TalkError(Reason.CLOSED_AFTER_FAULT, given.reason)
        raise TalkError(Reason.CONNECTION_LOST, given.reason)

    # Answers

    def _received(self, given: Received) -> None:
        awaited, self._awaited = self._awaited, None
        if awaited is None:
            raise TalkError(Reason.UNSOLICITED, f"payload type {given.payload_type:#06x}")
        self._cancel(MESSAGE)
        if self.phase == handshake.PHASE:
            self._agreed(awaited, given)
            return
        language, row = self._at()
        said = language.decode(given.payload_type, given.payload)
        if given.payload_type != awaited.channel:
            raise TalkError(
                Reason.WRONG_MESSAGE, f"payload type {given.payload_type:#06x} for {awaited.name}"
            )
        self._record(awaited, type(said.body).__name__, said.code, len(given.payload))
        if said.code.startswith("FAILED"):
            raise TalkError(Reason.RESPONSE_CODE, type(said.body).__name__, said.code)
        if type(said.body) is not row.response:
            raise TalkError(Reason.WRONG_MESSAGE, f"{type(said.body).__name__} for {awaited.name}")
        if self.phase != language.first and said.session_id != self.drive.session_id:
            raise TalkError(Reason.SESSION_ID, f"{said.session_id.hex()} in {type(said.body).__name__}")
        following = row.then(self.drive, said)
        if self.phase == language.first:
            self._cancel(SETUP)
        self._go(following)

    def _agreed(self, awaited: Awaited, given: Received) -> None:
        self.language, code = handshake.response(self.drive, given.payload_type, given.payload)
        self.spoken = self.language.name
        self._record(awaited, "supportedAppProtocolRes", code, len(given.payload))
        self._effects.append(Note(event="protocol_agreed", facts={"protocol": self.spoken}))
        self._go(Go(self.language.first))

    def _record(self, awaited: Awaited, response: str, code: str, size: int) -> None:
        took_s = (self.drive.now - awaited.sent_at).total_seconds()
        self._effects.append(awaited.answered(self.phase, response, code, took_s=took_s, size=size))

    # Requests

    def _at(self) -> tuple[Language, Row]:
        assert self.language is not None
        return self.language, self.language.table[self.phase]

    def _go(self, following: Go) -> None:
        if following.phase == END:
            self._end()
            return
        if following.phase != self.phase:
            self._cancel(PHASE)
            self.phase = following.phase
            if (limit_s := self._at()[1].phase_timeout_s) is not None:
                self._start(PHASE, limit_s * float(self.drive.car.patience))
        if following.after_s:
            self._start(NEXT, following.after_s)
        else:
            self._ask()

    def _ask(self) -> None:
        """Send the request of the phase, or what a fault makes of it."""
        language, row = self._at()
        deed = self._spoiler.at(self.phase)
        asked = self._spoiler.instead(deed, language, self.phase)
        message = language.message(self.drive, (language.table[asked] if asked else row).request(self.drive))
        message = self._spoiler.tamper(deed, message)
        payload_type, payload = language.encode(message)
        payload_type = row.channel or payload_type
        if not self._misbehave(deed, payload_type, payload):
            body = getattr(getattr(message, "body", None), "body_element", message)
            self._send(type(body).__name__, payload_type, payload)

    def _misbehave(self, deed: Fault | None, payload_type: int, payload: bytes) -> bool:
        """Whether a fault has taken the place of sending the frame."""
        if deed is None:
            return False
        self._effects.append(
            Note(event="fault", level=Level.WARNING, facts={"kind": deed.kind, "phase": self.phase})
        )
        effects = self._spoiler.effects(deed, v2gtp.encode(payload_type, payload))
        if effects is None:
            return False
        self._effects.extend(effects)
        if any(isinstance(effect, Drop) for effect in effects):
            raise TalkError(Reason.DONE_BY_SCRIPT, str(deed.kind))
        if not effects:  # silent: now it is the station's time-outs that are looked at
            self._cancel(PHASE)
            self._cancel(SETUP)
        raw = sum(len(effect.data) for effect in effects if isinstance(effect, SendRaw))
        self._expect(str(deed.kind), payload_type, raw, timing.AFTER_FAULT_S)
        return True

    def _send(self, name: str, payload_type: int, payload: bytes) -> None:
        self._effects.append(Send(payload_type=payload_type, payload=payload))
        timeout_s = timing.MESSAGE_S if self.language is None else self._at()[1].timeout_s
        self._expect(name, payload_type, len(payload), timeout_s * float(self.drive.car.patience))

    def _expect(self, name: str, channel: int, size: int, within_s: float) -> None:
        self._awaited = Awaited(name=name, sent_at=self.drive.now, size=size, channel=channel)
        self._start(MESSAGE, within_s)

    # Time

    def _expired(self, timer: str) -> None:
        self._timers.discard(timer)
        if timer == NEXT:
            self._ask()
        elif timer in {PAUSE, PLUG}:
            self._connect()
        else:
            raise TalkError(Reason.TIMEOUT, timer)

    def _start(self, timer: str, after_s: float) -> None:
        self._timers.add(timer)
        self._effects.append(StartTimer(timer=timer, after_s=after_s))

    def _cancel(self, timer: str) -> None:
        if timer in self._timers:
            self._timers.discard(timer)
            self._effects.append(CancelTimer(timer=timer))

    def _cancel_all(self) -> None:
        for timer in sorted(self._timers):
            self._cancel(timer)

    # The end

    def _end(self) -> None:
        """The session has been stopped in order: until later, or for good."""
        self._cancel_all()
        self.drive.rest()
        self._effects.append(Close(reason="session stopped"))
        self.language = None
        if self.drive.paused:
            after_s = self.drive.pausing()
            if after_s is not None:
                self.phase = "Paused"
                if not self._held:
                    self._start(PAUSE, float(after_s))
                return
        self.drive.pilot = Pilot.UNPLUGGED
        self._finish(completed=True)

    def _fail(self, error: TalkError) -> None:
        self._cancel_all()
        self.drive.rest()
        self._effects.append(Close(reason=str(error.reason)))
        if self.drive.pilot is Pilot.READY:  # a car opens its contactor before anybody pulls the plug
            self._effects.append(SetPilot(pilot=Pilot.PLUGGED))
        self.drive.pilot = Pilot.UNPLUGGED
        self._finish(completed=False, error=error)

    def _finish(self, *, completed: bool, error: TalkError | None = None) -> None:
        outcome = Outcome(
            completed=completed,
            good=completed,
            reason=error.reason if error else None,
            phase=self.phase if error else "",
            detail=error.detail if error else "",
            code=error.code if error else "",
            energy_wh=self.drive.taken_wh,
            soc_percent=self.drive.soc_percent,
            undone_steps=self.drive.undone,
            undone_faults=self._spoiler.left,
        )
        self.outcome = outcome.judged(self.drive.script.expect)

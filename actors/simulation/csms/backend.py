"""The simulated back-end itself: what has happened goes in, what is to be done comes out. Sans-IO.

backend = Backend(script, authority, prefix="7f3a")
admission = backend.knock(knock, now)
number = backend.connected(admission, now)
backend.received(number, '[2,"1","Heartbeat",{}]', now)
backend.tick(now)                   # when `backend.due` has come
for effect in backend.take(): ...   # what is to be done
"""

from __future__ import annotations

import itertools
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

from actors.simulation.csms import door
from actors.simulation.csms.answering import Answering
from actors.simulation.csms.asking import Asking
from actors.simulation.csms.conversation import Conversation
from actors.simulation.csms.effects import Close, Effect, Freeze, Outcome, Settle
from actors.simulation.csms.hub import Hub
from actors.simulation.csms.record import Kind
from actors.simulation.csms.script import CONNECTION_FAULTS, UPGRADE_FAULTS, At, FaultKind
from actors.simulation.csms.stage import Stage
from protocols.ocpp import frames, schemas
from protocols.ocpp.errors import RefusalError
from protocols.ocpp.frames import Call, CallError, CallResult, Send

if TYPE_CHECKING:
    from datetime import datetime

    from actors.simulation.csms.authority import Authority
    from actors.simulation.csms.door import Admission, Knock
    from actors.simulation.csms.script import Fault, Script
    from protocols.ocpp.frames import Payload


class Backend:
    """All stations of a simulated CSMS. `prefix`: of our message ids; no other run should have it."""

    def __init__(self, script: Script, authority: Authority | None, *, prefix: str) -> None:
        self.hub = Hub(script, authority)
        self._prefix = prefix
        self._asking = Asking(self.hub)
        self._stage = Stage(self.hub, self._asking)
        self._answering = Answering(self.hub, self._asking, self._stage)
        self._numbers = itertools.count(1)

    def take(self) -> list[Effect]:
        """What is to be done, in order; it is given once."""
        return self.hub.take()

    @property
    def due(self) -> datetime | None:
        """When `tick` is to be called next."""
        return min((one for one in (self.hub.due, self._stage.due) if one is not None), default=None)

    def tick(self, now: datetime) -> None:
        """Do what has become due."""
        self.hub.tick(now)
        self._stage.tick(now)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The scenes that still run."""
        return self._stage.unfinished

    def good(self) -> bool:
        """Whether everything went as it should: for `--strict`."""
        return not (self.hub.summary.problems or self.hub.summary.failed or self.unfinished)

    def change(self, script: Script) -> None:
        """Another script from now on; connections, transactions and scenes that run stay."""
        self.hub.change(script)

    def add_fault(self, fault: Fault) -> bool:
        """One fault more, before all others; False: there are too many."""
        return self.hub.add_fault(fault)

    def ask(self, station: str, action: str, payload: Payload, now: datetime, *, ticket: int) -> None:
        """Send a call; `Settle` with the ticket says what became of it."""

        def done(outcome: Outcome, _now: datetime) -> None:
            self.hub.effects.append(Settle(ticket, outcome))

        self._asking.ask(station, action, payload, self.hub.script.message_timeout_s, done, now)

    def knock(self, knock: Knock, now: datetime) -> Admission:
        """The answer to an upgrade request."""
        station = door.identity_of(knock.path) or ""
        fault = self.hub.fault_for(UPGRADE_FAULTS, station, None) if station else None
        full = len(self.hub.conversations) >= door.MAX_STATIONS
        admission = door.FULL if full else door.admit(self.hub.script, self._asking.passwords, knock, fault)
        if fault is not None:
            self.hub.note(Kind.FAULT, now, station=station, fault=fault.kind.value)
        if not admission.granted:
            text = f"HTTP {admission.status.value}: {admission.reason}"
            self.hub.note(Kind.REFUSED, now, station=station, text=text)
        return admission

    def connected(self, admission: Admission, now: datetime, text: str = "") -> int:
        """A station is connected; the number of its connection. An older one of it is closed."""
        assert admission.version is not None
        number, station = next(self._numbers), admission.station
        for other in self.hub.conversations.values():
            if other.station == station:
                self.hub.effects.append(Close(other.number, door.POLICY_VIOLATION, "a newer connection"))
        conversation = self.hub.conversations[number] = Conversation(
            number=number, station=station, version=admission.version, since=now,
            prefix=f"{self._prefix}-{number}",
        )  # fmt: skip
        self.hub.note(Kind.CONNECTED, now, conversation, text=text)
        if admission.close is not None:
            self.hub.effects.append(Close(number, admission.close, "this station is not known"))
            return number
        fault = self.hub.fault_for(CONNECTION_FAULTS, station, admission.version)
        if fault is not None:
            self.hub.after(fault.seconds, now, partial(self._strike, conversation, fault))
        self._stage.begin(At.CONNECTED, conversation, now)
        return number

    def _strike(self, conversation: Conversation, fault: Fault, now: datetime) -> None:
        """A fault of a connection."""
        if conversation.number not in self.hub.conversations:
            return
        self.hub.note(Kind.FAULT, now, conversation, fault=fault.kind.value)
        if fault.kind is FaultKind.FREEZE:
            conversation.frozen = True
            self.hub.effects.append(Freeze(conversation.number))
        else:
            self.hub.effects.append(Close(conversation.number, fault.code, "as the script wants"))

    def closed(self, number: int, text: str, now: datetime, problem: str = "") -> None:
        """A connection has ended; because of what the station did, if there is a problem."""
        conversation = self.hub.conversations.pop(number)
        if problem:
            self.hub.blame(conversation, problem, now)
        self.hub.note(Kind.CLOSED, now, conversation, text=text)
        self._asking.lost(conversation, now)

    def broken(self, error: Exception, now: datetime, number: int | None = None) -> None:
        """We have failed ourselves, at what this connection has sent if it is given: it is written down."""
        conversation = None if number is None else self.hub.conversations[number]
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"a fault of this back-end: {error!r} at {place.filename}:{place.lineno}"
        self.hub.summary.failed += 1
        self.hub.note(Kind.FAILED, now, conversation, text=text)

    def received(self, number: int, data: str | bytes, now: datetime) -> None:
        """A message has come."""
        conversation = self.hub.conversations[number]
        if conversation.frozen:
            return
        self.hub.summary.frames += 1
        text = data if isinstance(data, str) else data.decode("utf-8", "backslashreplace")
        try:
            frame: Any = frames.parse(data, conversation.version)
        except RefusalError as refusal:
            self._unreadable(conversation, text, refusal, now)
            return
        match frame:
            case Call():
                self._answering.called(conversation, frame, text, now)
            case CallResult() | CallError():
                self._asking.answered(conversation, frame, text, now)
            case Send():
                self._sent(conversation, frame, text, now)
            case _:
                self.hub.seen(conversation, text, None, None, now)
                if conversation.was_good(frame.message_id):
                    told = f"the station did not take our answer: {frame.code} {frame.description}"
                    self.hub.blame(conversation, told, now)

    def _unreadable(
        self, conversation: Conversation, text: str, refusal: RefusalError, now: datetime
    ) -> None:
        self.hub.seen(conversation, text, None, refusal, now)
        if text.lstrip()[:2] not in {"[3", "[4", "[5"}:  # nobody answers an answer
            self.hub.say(conversation, frames.error(None, refusal, conversation.version), None, now)

    def _sent(self, conversation: Conversation, frame: Send, text: str, now: datetime) -> None:
        refusal: RefusalError | None = None
        try:
            schemas.check(conversation.version, frame.action, frame.payload)
        except RefusalError as error:
            refusal = error
        self.hub.seen(conversation, text, frame.action, refusal, now)

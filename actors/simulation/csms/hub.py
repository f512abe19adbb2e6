"""What the parts of the back-end share: script, connections, time, faults, and the record. Sans-IO."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.csms.effects import Effect, Say, Write
from actors.simulation.csms.matching import Turnstile, concerns
from actors.simulation.csms.record import GOOD, Entry, Kind
from actors.simulation.csms.transactions import Transactions
from protocols.ocpp import frames, schemas
from protocols.ocpp.errors import RefusalError, wire_code
from protocols.ocpp.frames import Call, CallResult

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from actors.simulation.csms.authority import Authority
    from actors.simulation.csms.conversation import Conversation
    from actors.simulation.csms.script import Fault, FaultKind, Script
    from protocols.ocpp.frames import Payload
    from protocols.ocpp.version import Version

MAX_FAULTS: Final = 1000
"""So many there may be."""


@dataclass(slots=True)
class Summary:
    """What a run amounts to."""

    problems: int = 0
    """What stations did that they must not."""
    failed: int = 0
    """Scenes that did not go as expected."""
    frames: int = 0


class Hub:
    """The common ground. Whoever does something puts an effect here; `take` hands them out in order."""

    def __init__(self, script: Script, authority: Authority | None) -> None:
        self.script, self.authority = script, authority
        self.transactions = Transactions()
        self.conversations: dict[int, Conversation] = {}
        self.summary = Summary()
        self.effects: list[Effect] = []
        self.turns = Turnstile()
        self._faults: list[Fault] = list(script.faults)
        self._order = itertools.count()
        self._later: list[tuple[datetime, int, Callable[[datetime], None]]] = []

    def take(self) -> list[Effect]:
        """What is to be done; it is given once."""
        taken, self.effects = self.effects, []
        return taken

    # time

    @property
    def due(self) -> datetime | None:
        """When `tick` is to be called next."""
        return self._later[0][0] if self._later else None

    def tick(self, now: datetime) -> None:
        """Do what has become due."""
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2](now)

    def after(self, seconds: float, now: datetime, action: Callable[[datetime], None]) -> None:
        """Do something so much later; at once without a delay."""
        if seconds <= 0:
            action(now)
        else:
            heapq.heappush(self._later, (now + timedelta(seconds=seconds), next(self._order), action))

    # script and faults

    def change(self, script: Script) -> None:
        """Another script from now on; connections, transactions and scenes that run stay."""
        self.script, self._faults, self.turns = script, list(script.faults), Turnstile()
        if self.authority is not None:
            self.authority.settings = script.certificates

    def add_fault(self, fault: Fault) -> bool:
        """One fault more, before all others; False: there are too many."""
        if len(self._faults) >= MAX_FAULTS:
            return False
        self._faults.insert(0, fault)
        return True

    def fault_for(
        self,
        kinds: Collection[FaultKind],
        station: str,
        version: Version | None,
        action: str = "*",
        payload: Payload | None = None,
    ) -> Fault | None:
        """The first fault of these kinds that is due."""
        for fault in self._faults:
            fits = fault.kind in kinds and concerns(fault, station, version, action, payload or {})
            if fits and self.turns.is_due(fault, station):
                return fault
        return None

    # stations

    def connection_of(self, station: str) -> Conversation | None:
        """The newest connection of a station."""
        found = [one for one in self.conversations.values() if one.station == station]
        return found[-1] if found else None

    def known(self, station: str) -> Mapping[str, Any]:
        """What can be filled into payloads for a station."""
        running = self.transactions.open_at(station)
        if running is None:
            return {"station": station}
        number: str | int = int(running.id) if running.id.isdecimal() else running.id  # 1.6 has numbers
        return {"station": station, "transaction": number, "evse": running.evse}

    # the record

    def note(
        self,
        kind: Kind,
        now: datetime,
        conversation: Conversation | None = None,
        *,
        station: str = "",
        **more: Any,
    ) -> None:
        """Write an entry, about a connection or a station."""
        about: dict[str, Any] = {"station": station}
        if conversation is not None:
            about = {
                "station": conversation.station,
                "connection": conversation.number,
                "version": conversation.version.value,
            }
        self.effects.append(Write(Entry(at=now, kind=kind, **about, **more)))

    def blame(self, conversation: Conversation, text: str, now: datetime) -> None:
        """The station did something that it must not."""
        self.summary.problems += 1
        self.note(Kind.PROBLEM, now, conversation, text=text)

    def fail(self, station: str, text: str, now: datetime) -> None:
        """Something did not go as the script expects."""
        self.summary.failed += 1
        self.note(Kind.FAILED, now, station=station, text=text)

    def seen(
        self,
        conversation: Conversation,
        text: str,
        action: str | None,
        refusal: RefusalError | None,
        now: datetime,
    ) -> None:
        """Write down a frame that has come in."""
        verdict, problem = GOOD, ""
        if refusal is not None:
            self.summary.problems += 1
            verdict, problem = wire_code(refusal.code, conversation.version), refusal.problem
        self.note(
            Kind.FRAME, now, conversation,
            direction="in", action=action, frame=text, verdict=verdict, text=problem,
        )  # fmt: skip

    def say(
        self,
        conversation: Conversation,
        frame: frames.Frame,
        action: str | None,
        now: datetime,
        *,
        fault: str | None = None,
    ) -> None:
        """Send a frame and write it down."""
        say = Say(conversation.number, frames.encode(frame, conversation.version))
        self.wrote(conversation, say, action, now, fault=fault)
        self.effects.append(say)

    def wrote(
        self,
        conversation: Conversation,
        say: Say,
        action: str | None,
        now: datetime,
        *,
        fault: str | None = None,
    ) -> None:
        """Write down a frame that goes out, with our own verdict on it."""
        self.summary.frames += 1
        text = say.data if isinstance(say.data, str) else say.data.decode()
        refusal = _flaw(text, action, conversation.version)
        verdict = GOOD if refusal is None else wire_code(refusal.code, conversation.version)
        if refusal is not None:
            conversation.spoilt(text)
        self.note(
            Kind.FRAME, now, conversation,
            direction="out", action=action, frame=text, verdict=verdict, fault=fault,
            text="" if refusal is None else refusal.problem,
        )  # fmt: skip


def _flaw(text: str, action: str | None, version: Version) -> RefusalError | None:
    """What is wrong with a frame of ours, on purpose or by the script."""
    try:
        frame = frames.parse(text, version)
        if isinstance(frame, Call | CallResult):
            schemas.check(version, action or "", frame.payload, answer=isinstance(frame, CallResult))
    except RefusalError as refusal:
        return refusal
    return None

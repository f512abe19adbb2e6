"""Plays the car's side of a recorded talk. Pure; driven as a simulated car is (`simulation.ev.runner`).

    car = Replayer(record, Options())
    effects = car.feed(Plugged(), now)

Requests go out in the recorded order, each after the recorded pause. Only where the station takes its time
does the order give way: as long as it answers Ongoing the request is repeated, as a car would, and what the
recorded car had repeated is passed over once it is done.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev import timing
from actors.simulation.ev.exchange import (
    CancelTimer,
    Close,
    Connect,
    Connected,
    Disconnected,
    Expired,
    Plugged,
    Received,
    Send,
    StartTimer,
)
from actors.simulation.replay import comparison, fresh
from actors.v2g.link import evidence_lines as lines
from protocols.iso15118 import exi, guess
from protocols.iso15118.capture.agreement import Agreement

if TYPE_CHECKING:
    from actors.simulation.ev.exchange import Effect, Input
    from actors.simulation.replay.record import Record, Step

ANSWER: Final = "answer"
"""Timer: the answer to a request."""
NEXT: Final = "next"
"""Timer: the pause before the next request."""
ANSWER_S: Final = 10.0
"""For an answer, or as long as it took in the record where that was longer."""
SILENCE_S: Final = 2.0
"""For no answer, where there was none in the record."""
SLACK: Final = 2.0
"""How many times as long as in the record an answer may take."""
MAX_ANSWER_S: Final = 120.0


class Verdict(enum.StrEnum):
    """What became of one request."""

    SAME = "same"
    DIFFERENT = "different"
    AGAIN = "asked again"
    """The station was not ready yet."""
    SKIPPED = "passed over"
    """The station was ready already: the recorded car had to ask again."""
    STALE = "cannot be replayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How it is played."""

    fast: bool = False
    """Without the recorded pauses."""
    strict: bool = False
    """Compare every field that does not change from talk to talk."""
    tls: bool = False
    """A station without TLS will not do."""
    signed: bool = False
    """Send also what was signed for the recorded talk; a station has to refuse it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One request that was played, or not."""

    line: int
    """Of the bundle."""
    request: str
    verdict: Verdict
    sent_at: datetime
    answer: str = ""
    """The code of the answer, or its name where it has none."""
    recorded: str = ""
    """The same, in the record."""
    took_s: float | None = None
    recorded_ms: float | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a replay has ended."""

    good: bool
    """Everything was played, and the station has answered as it did then."""
    detail: str

    def __str__(self) -> str:
        return self.detail


class Replayer:
    """One talk, played once."""

    def __init__(self, record: Record, options: Options) -> None:
        self._record, self._options = record, options
        self._agreement = Agreement()
        self._effects: list[Effect] = []
        self._place = 0
        self._connected = False
        self._awaited = False
        self._now = self._sent_at = self._asked_since = datetime.min.replace(tzinfo=UTC)
        self._recorded_session = self._session = ""
        self.rows: list[Row] = []
        self.outcome: Outcome | None = None

    @property
    def needs_tls(self) -> bool:
        """Whether a station without TLS will not do."""
        return self._options.tls

    def feed(self, given: Input, now: datetime) -> tuple[Effect, ...]:
        """Take one input; what is to be done comes back. Raises for nothing a station sends."""
        self._effects, self._now = [], now
        if self.outcome is None:
            match given:
                case Plugged():
                    self._effects.append(Connect())
                case Connected():
                    self._connected = True
                    self._send()
                case Received():
                    self._received(given.payload_type, given.payload)
                case Expired(timer="next"):
                    self._send()
                case Expired():
                    self._silent("no answer")
                case Disconnected():
                    self._gone(given.reason)
                case _:  # orders and measurements are for cars that decide
                    pass
        return tuple(self._effects)

    # Requests

    @property
    def _step(self) -> Step:
        return self._record.steps[self._place]

    def _send(self) -> None:
        step = self._step
        why = None if self._options.signed else fresh.obstacle(step.request)
        if why is not None:
            self._row(Verdict.STALE, details=(why,))
            self._end(f"line {step.request.line}: {step.request.name} cannot be replayed: {why}")
            return
        payload = fresh.renewed(step.request, self._recorded_session, self._session, self._now)
        self._read(step.request.payload_type, payload)
        self._effects.append(Send(payload_type=step.request.payload_type, payload=payload))
        self._sent_at, self._awaited = self._now, True
        self._effects.append(StartTimer(timer=ANSWER, after_s=self._patience_s(step)))

    def _patience_s(self, step: Step) -> float:
        if step.answer is None:
            following = self._record.steps[self._place + 1 :][:1]
            return max(SILENCE_S, *(one.pause_s for one in following), 0.0)
        return min(MAX_ANSWER_S, max(ANSWER_S, SLACK * (step.answer.took_ms or 0.0) / 1000))

    def _read(self, payload_type: int, payload: bytes) -> dict[str, Any] | None:
        try:
            return exi.to_json(self._agreement.read(payload_type, payload).message)
        except guess.UnknownMessageError:
            return None

    # Answers

    def _received(self, payload_type: int, payload: bytes) -> None:
        if not self._awaited:
            self._end(f"the station has sent {len(payload)} bytes that nobody had asked for")
            return
        self._awaited = False
        self._effects.append(CancelTimer(timer=ANSWER))
        tree = self._read(payload_type, payload)
        if tree is None:
            self._row(Verdict.DIFFERENT, answer="?", details=(f"no message: {payload.hex():.80}",))
            self._end("the station has sent something that is no message")
            return
        self._note_session(tree)
        self._judge(tree)

    def _note_session(self, tree: dict[str, Any]) -> None:
        name, header, _content = lines.parts(tree)
        if name == "SessionSetupRes":
            self._session = str(header.get("SessionID", ""))
            recorded = fresh.tree_of(self._step.answer) if self._step.answer is not None else None
            if recorded is not None:
                self._recorded_session = str(lines.parts(recorded)[1].get("SessionID", ""))

    def _judge(self, tree: dict[str, Any]) -> None:
        recorded = self._recorded()
        now_ongoing = comparison.is_ongoing(tree)
        if recorded is not None and now_ongoing and not comparison.is_ongoing(recorded):
            self._ask_again(tree)
            return
        if recorded is not None and comparison.is_ongoing(recorded) and not now_ongoing:
            recorded = self._pass_over() or recorded
        if recorded is None:
            expected = self._record.open_end and self._is_last
            self._done(tree, () if expected else ("there was no answer",))
            return
        self._done(tree, comparison.differences(recorded, tree, strict=self._options.strict))

    def _recorded(self) -> dict[str, Any] | None:
        answer = self._step.answer
        return fresh.tree_of(answer) if answer is not None else None

    @property
    def _is_last(self) -> bool:
        return self._place == len(self._record.steps) - 1

    def _ask_again(self, tree: dict[str, Any]) -> None:
        again = bool(self.rows) and self.rows[-1].verdict is Verdict.AGAIN
        self._asked_since = self._asked_since if again else self._sent_at
        if self._now - self._asked_since > timedelta(seconds=timing.ONGOING_S):
            self._done(tree, (f"still not ready after {timing.ONGOING_S:.0f} s",))
            return
        self._row(Verdict.AGAIN, tree)
        self._effects.append(StartTimer(timer=NEXT, after_s=timing.POLL_S))

    def _pass_over(self) -> dict[str, Any] | None:
        """Go on to the last of the recorded repetitions; what was answered then."""
        steps, name = self._record.steps, self._step.request.name
        while (recorded := self._recorded()) is not None and comparison.is_ongoing(recorded):
            following = self._place + 1
            if following >= len(steps) or steps[following].request.name != name:
                return recorded
            self._row(Verdict.SKIPPED)
            self._place = following
        return recorded

    def _done(self, tree: dict[str, Any], details: tuple[str, ...]) -> None:
        self._row(Verdict.DIFFERENT if details else Verdict.SAME, tree, details=details)
        known = self._agreement.namespace
        if known is not None and self._record.namespace not in (None, known):
            self._end(f"the station speaks {known} now, it was {self._record.namespace}")
        elif details and comparison.code_of(tree).startswith("FAILED"):
            self._end("the station has refused what it did not refuse then")
        else:
            self._go_on()

    def _go_on(self) -> None:
        if self._is_last:
            self._end()
            return
        self._place += 1
        pause_s = 0.0 if self._options.fast else self._step.pause_s
        if pause_s > 0:
            self._effects.append(StartTimer(timer=NEXT, after_s=pause_s))
        else:
            self._send()

    # What does not come

    def _silent(self, what: str) -> None:
        """No answer has come."""
        self._awaited = False
        if self._step.answer is None:
            self._row(Verdict.SAME, answer=what)
            self._go_on()
        else:
            self._row(Verdict.DIFFERENT, answer=what, details=(f"{what}, it was {_told(self._step.answer)}",))
            self._end("the station does not answer")

    def _gone(self, reason: str) -> None:
        """The connection is gone, or has never been."""
        if not self._connected:
            self._end(f"no connection: {reason}")
        elif self._awaited and self._is_last and self._step.answer is None:
            self._row(Verdict.SAME, answer="closed")
            self._end()
        else:
            if self._awaited:
                self._row(Verdict.DIFFERENT, answer="closed", details=(reason,))
            self._end(f"the connection has ended: {reason}")

    # The end

    def _end(self, problem: str | None = None) -> None:
        different = sum(row.verdict is Verdict.DIFFERENT for row in self.rows)
        played = sum(row.verdict in (Verdict.SAME, Verdict.DIFFERENT) for row in self.rows)
        if problem is None:
            found = f"{different} answers differ" if different else "all answers as recorded"
            self.outcome = Outcome(good=not different, detail=f"{played} requests replayed, {found}")
        else:
            self.outcome = Outcome(good=False, detail=f"{problem} (after {played} requests)")
        self._effects.append(Close(reason="replayed"))

    def _row(
        self,
        verdict: Verdict,
        tree: dict[str, Any] | None = None,
        *,
        answer: str = "",
        details: tuple[str, ...] = (),
    ) -> None:
        step = self._step
        played = verdict not in (Verdict.SKIPPED, Verdict.STALE)
        if tree is not None:
            answer = comparison.code_of(tree) or lines.parts(tree)[0]
        self.rows.append(
            Row(
                line=step.request.line,
                request=step.request.name or "?",
                verdict=verdict,
                sent_at=self._sent_at if played else self._now,
                answer=answer,
                recorded=_told(step.answer),
                took_s=(self._now - self._sent_at).total_seconds() if played else None,
                recorded_ms=step.answer.took_ms if step.answer is not None else None,
                details=details,
            )
        )


def _told(answer: lines.Message | None) -> str:
    return "no answer" if answer is None else answer.code or answer.name or "?"

"""One run of a scene at one station: what is asked next, and whether it went as expected. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.csms.matching import fits, text_fits
from actors.simulation.csms.templates import TemplateError, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from actors.simulation.csms.effects import Outcome
    from actors.simulation.csms.script import Call, Fault, Scene, Step, Wait
    from protocols.ocpp.frames import Payload

MAX_HEARD: Final = 100
"""So many messages are kept for a wait that comes later, of those that one is for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a call to the station; what becomes of it goes to `Play.answered`."""

    action: str
    payload: Payload
    within_s: float


@dataclass(frozen=True, slots=True)
class End:
    """End the station's connection: with a close code, or None: without a word."""

    code: int | None


@dataclass(frozen=True, slots=True)
class Spoil:
    """From now on this fault counts."""

    fault: Fault


Act = Ask | End | Spoil


class Play:
    """A scene as it runs. `ended` when it is over; `failure` says why it was not as expected."""

    def __init__(
        self, scene: Scene, station: str, message: Payload, known: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self.scene, self.station = scene, station
        self._known = known
        self._message = message
        self._answer: Payload = {}
        self._position = 0
        self._heard: list[tuple[str, Payload]] = []
        self.deadline: datetime | None = None
        """When `tick` wants to be called."""
        self.ended = False
        self.failure: str | None = None

    def start(self, now: datetime) -> list[Act]:
        """Begin."""
        return self._advance(now)

    def heard(self, action: str, payload: Payload, now: datetime) -> list[Act]:
        """The station has called; its call is answered."""
        if self.ended:
            return []
        waits = [step.wait for step in self.scene.steps[self._position :] if step.wait is not None]
        if len(self._heard) < MAX_HEARD and any(self._may_be(wait, action, payload, now) for wait in waits):
            self._heard.append((action, payload))
        waiting = self.scene.steps[self._position].wait is not None
        return self._advance(now) if waiting else []

    def answered(self, outcome: Outcome, now: datetime) -> list[Act]:
        """What became of the call that was asked for."""
        call = self.scene.steps[self._position].call
        assert call is not None
        self._answer = outcome.payload or {}
        try:
            problem = _problem(call, fill(call.expect, self._places(), now), outcome)
        except TemplateError as error:
            problem = str(error)
        if problem is not None:
            return self._fail(f"{call.action}: {problem}")
        self._position += 1
        return self._advance(now)

    def tick(self, now: datetime) -> list[Act]:
        """A deadline may have passed."""
        if self.deadline is None or now < self.deadline:
            return []
        self.deadline = None
        wait = self.scene.steps[self._position].wait
        if wait is not None:
            return self._fail(f"no {wait.action} as expected within {wait.within_s:g} s")
        self._position += 1
        return self._advance(now)

    def _fail(self, why: str) -> list[Act]:
        self.ended, self.failure, self.deadline = True, f"step {self._position + 1}: {why}", None
        return []

    def _advance(self, now: datetime) -> list[Act]:
        """Do steps until one has to wait for something."""
        acts: list[Act] = []
        try:
            while self._position < len(self.scene.steps):
                step = self.scene.steps[self._position]
                if step.call is not None:
                    return [*acts, self._ask(step.call, now)]
                if self._has_to_wait(step, now):
                    return acts
                if step.close is not None or step.drop is not None:
                    acts.append(End(step.close))
                if step.fault is not None:
                    acts.append(Spoil(self._here(step.fault)))
                self.deadline = None
                self._position += 1
        except TemplateError as error:
            action = getattr(step.call or step.wait, "action", "")
            return [*acts, *self._fail(f"{action}: {error}")]
        self.ended = True
        return acts

    def _has_to_wait(self, step: Step, now: datetime) -> bool:
        """Whether it is not yet time to go on; `deadline` says until when. TemplateError."""
        if step.wait is not None and not self._found(step.wait, now):
            self.deadline = self.deadline or now + timedelta(seconds=step.wait.within_s)
            return True
        if step.sleep_s is not None:
            self.deadline = now + timedelta(seconds=step.sleep_s)
            return True
        return False

    def _here(self, fault: Fault) -> Fault:
        if "station" in fault.model_fields_set:
            return fault
        return fault.model_copy(update={"station": self.station})

    def _ask(self, call: Call, now: datetime) -> Ask:
        """TemplateError: something in it is not known."""
        payload = fill(call.payload, self._places(), now)
        self._heard.clear()
        return Ask(call.action, payload, call.within_s)

    def _places(self) -> Mapping[str, Any]:
        """What places stand for by now."""
        return {**self._known(self.station), "message": self._message, "answer": self._answer}

    def _found(self, wait: Wait, now: datetime) -> bool:
        """Whether what is waited for has come; it is then the message that places refer to. TemplateError."""
        where = fill(wait.where, self._places(), now)
        for number, (action, payload) in enumerate(self._heard):
            if text_fits(wait.action, action) and fits(where, payload):
                self._message = payload
                del self._heard[: number + 1]
                return True
        self._heard.clear()
        return False

    def _may_be(self, wait: Wait, action: str, payload: Payload, now: datetime) -> bool:
        """Whether a wait, it may be a later one, is for this message, as far as its places are known."""
        if not text_fits(wait.action, action):
            return False
        try:
            return fits(fill(wait.where, self._places(), now), payload)
        except TemplateError:
            return True


def _problem(call: Call, expected: Any, outcome: Outcome) -> str | None:
    """What is wrong with what became of a call."""
    if call.expect_error is not None:
        refused = not outcome.answered and text_fits(call.expect_error, outcome.code)
        return None if refused else f"answered, where {call.expect_error} was expected"
    if not outcome.answered:
        return f"{outcome.code} {outcome.description}".strip()
    if expected is not None and not fits(expected, outcome.payload):
        return f"the answer is not as expected: {outcome.payload}"[:500]
    return None

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
    from actors.simulation.csms.script import Call, Fault, Scene, Wait
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
        if len(self._heard) < MAX_HEARD and any(_is_awaited(wait, action, payload) for wait in waits):
            self._heard.append((action, payload))
        waiting = self.scene.steps[self._position].wait is not None
        return self._advance(now) if waiting else []

    def answered(self, outcome: Outcome, now: datetime) -> list[Act]:
        """What became of the call that was asked for."""
        call = self.scene.steps[self._position].call
        assert call is not None
        self._answer = outcome.payload or {}
        if (problem := _problem(call, outcome)) is not None:
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
        while self._position < len(self.scene.steps):
            step = self.scene.steps[self._position]
            if step.call is not None:
                return [*acts, *self._ask(step.call, now)]
            if step.wait is not None and not self._found(step.wait):
                self.deadline = self.deadline or now + timedelta(seconds=step.wait.within_s)
                return acts
            if step.sleep_s is not None:
                self.deadline = now + timedelta(seconds=step.sleep_s)
                return acts
            if step.close is not None or step.drop is not None:
                acts.append(End(step.close))
            if step.fault is not None:
                acts.append(Spoil(self._here(step.fault)))
            self.deadline = None
            self._position += 1
        self.ended = True
        return acts

    def _here(self, fault: Fault) -> Fault:
        if "station" in fault.model_fields_set:
            return fault
        return fault.model_copy(update={"station": self.station})

    def _ask(self, call: Call, now: datetime) -> list[Act]:
        known = {**self._known(self.station), "message": self._message, "answer": self._answer}
        try:
            payload = fill(call.payload, known, now)
        except TemplateError as error:
            return self._fail(f"{call.action}: {error}")
        self._heard.clear()
        return [Ask(call.action, payload, call.within_s)]

    def _found(self, wait: Wait) -> bool:
        """Whether what is waited for has come; it is then the message that places refer to."""
        for number, (action, payload) in enumerate(self._heard):
            if _is_awaited(wait, action, payload):
                self._message = payload
                del self._heard[: number + 1]
                return True
        self._heard.clear()
        return False


def _is_awaited(wait: Wait, action: str, payload: Payload) -> bool:
    return text_fits(wait.action, action) and fits(wait.where, payload)


def _problem(call: Call, outcome: Outcome) -> str | None:
    """What is wrong with what became of a call."""
    if call.expect_error is not None:
        refused = not outcome.answered and text_fits(call.expect_error, outcome.code)
        return None if refused else f"answered, where {call.expect_error} was expected"
    if not outcome.answered:
        return f"{outcome.code} {outcome.description}".strip()
    if call.expect is not None and not fits(call.expect, outcome.payload):
        return f"the answer is not as expected: {outcome.payload}"[:500]
    return None

"""How calls of stations are answered: by our own answer, by the script's, or spoilt by a fault. Sans-IO."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from actors.simulation.csms import answers, answers16, door
from actors.simulation.csms.answers import Asked, Follow
from actors.simulation.csms.conversation import MAX_LATE
from actors.simulation.csms.effects import Close, Say
from actors.simulation.csms.matching import concerns
from actors.simulation.csms.record import Kind
from actors.simulation.csms.script import ANSWER_FAULTS
from actors.simulation.csms.spoiling import Plan, spoil
from actors.simulation.csms.templates import TemplateError, fill
from protocols.ocpp import frames, schemas
from protocols.ocpp.errors import RefusalError
from protocols.ocpp.frames import Call, CallError, CallResult
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from datetime import datetime

    from actors.simulation.csms.asking import Asking
    from actors.simulation.csms.conversation import Conversation
    from actors.simulation.csms.effects import Outcome
    from actors.simulation.csms.hub import Hub
    from actors.simulation.csms.stage import Stage
    from protocols.ocpp.frames import Payload


class _Ready(NamedTuple):
    """An answer, and what comes behind it."""

    call: Call
    answer: CallResult | CallError
    follows: list[Follow]
    fault: str | None
    plan: Plan


class Answering:
    """Answers the calls of all stations."""

    def __init__(self, hub: Hub, asking: Asking, stage: Stage) -> None:
        self._hub, self._asking, self._stage = hub, asking, stage

    def called(self, conversation: Conversation, call: Call, text: str, now: datetime) -> None:
        """A station asks for something."""
        version, station = conversation.version, conversation.station
        follows: list[Follow] = []
        answer: CallResult | CallError
        try:
            schemas.check(version, call.action, call.payload)
            payload, follows = self._payload(conversation, call, now)
            answer, refusal = CallResult(call.message_id, payload), None
        except RefusalError as error:
            answer, refusal = frames.error(call.message_id, error, version), error
        self._hub.seen(conversation, text, call.action, refusal, now)
        if (problem := conversation.problem_of(call, text)) is not None:
            self._hub.blame(conversation, problem, now)
        fault = self._hub.fault_for(ANSWER_FAULTS, station, version, call.action, call.payload)
        if fault is None:  # whoever waits in vain may call again
            conversation.asked[call.message_id] = call.action
        plan = spoil(conversation.number, answer, version, fault)
        name = None if fault is None else fault.kind.value
        ready = _Ready(call, answer, follows, name, plan)
        conversation.late += 1
        if conversation.late > MAX_LATE:
            self._hub.effects.append(Close(conversation.number, door.POLICY_VIOLATION, "too many calls"))
        else:
            self._hub.after(plan.after_s, now, partial(self._deliver, conversation, ready))

    def _payload(self, conversation: Conversation, call: Call, now: datetime) -> tuple[Payload, list[Follow]]:
        """The answer, and what comes behind it unless the script has turned it down. RefusalError."""
        asked = Asked(
            station=conversation.station, version=conversation.version, action=call.action,
            payload=call.payload, now=now, script=self._hub.script, authority=self._hub.authority,
            transactions=self._hub.transactions,
        )  # fmt: skip
        make = answers16.answer if conversation.version is Version.V16 else answers.answer
        payload = self._changed(conversation, call, make(asked), now)
        return payload, asked.follows if payload.get("status") in (None, "Accepted") else []

    def _changed(self, conversation: Conversation, call: Call, own: Payload, now: datetime) -> Payload:
        """Our own answer, or what the script makes of it."""
        station = conversation.station
        for rule in self._hub.script.answers:
            fits = concerns(rule, station, conversation.version, call.action, call.payload)
            if not fits or not self._hub.turns.is_due(rule, station):
                continue
            known = {**self._hub.known(station), "message": call.payload}
            try:
                base = own if rule.payload is None else fill(rule.payload, known, now)
                return merged(base, fill(rule.merge, known, now))
            except TemplateError as error:
                self._hub.fail(station, f"the answer to {call.action}: {error}", now)
                break
        return own

    def _deliver(self, conversation: Conversation, ready: _Ready, now: datetime) -> None:
        """Send the answer, or what the fault makes of it; then what comes behind."""
        if conversation.number not in self._hub.conversations:
            return
        call, plan = ready.call, ready.plan
        conversation.late -= 1
        conversation.asked.pop(call.message_id, None)
        if ready.fault is not None and not any(isinstance(each, Say) for each in plan.effects):
            self._hub.note(Kind.FAULT, now, conversation, action=call.action, fault=ready.fault)
        for effect in plan.effects:
            if isinstance(effect, Say):
                self._hub.wrote(conversation, effect, call.action, now, fault=ready.fault)
            self._hub.effects.append(effect)
        for follow in ready.follows:
            within_s = self._hub.script.message_timeout_s
            ask = partial(
                self._asking.ask, conversation.station, follow.action, follow.payload, within_s, _ignore
            )
            self._hub.after(follow.after_s, now, ask)
        if isinstance(ready.answer, CallResult):
            status = str(ready.answer.payload.get("status", ""))
            self._stage.heard(conversation, call.action, call.payload, status, now)


def _ignore(_outcome: Outcome, _now: datetime) -> None:
    """Nobody waits for this answer."""


def merged(base: Payload, over: Payload) -> Payload:
    """One payload laid over another: objects field by field; null takes a field away."""
    result = dict(base)
    for name, value in over.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result

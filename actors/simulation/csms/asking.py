"""What we ask of stations, one call at a time on each connection, and what becomes of it. Sans-IO."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from actors.simulation.csms import door
from actors.simulation.csms.conversation import MAX_WAITING, Conversation, Question
from actors.simulation.csms.effects import Outcome
from actors.simulation.csms.script import FaultKind
from protocols.ocpp import schemas
from protocols.ocpp.errors import Code, RefusalError, wire_code
from protocols.ocpp.frames import CallError, CallResult, CallResultError
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from actors.simulation.csms.hub import Hub
    from protocols.ocpp.frames import Payload

SHORTEST_S: Final = 0.001
"""An answer is waited for at least so long."""


class Asking:
    """Our calls. `passwords` holds those that a call has set in a station."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.passwords: dict[str, frozenset[bytes]] = {}

    def ask(
        self,
        station: str,
        action: str,
        payload: Payload,
        within_s: float,
        done: Callable[[Outcome, datetime], None],
        now: datetime,
    ) -> None:
        """A call takes its turn; `done` is told what becomes of it, at once if the station is not there."""
        conversation = self._hub.connection_of(station)
        if conversation is None or len(conversation.waiting) >= MAX_WAITING:
            text = "the station is not connected" if conversation is None else "too many calls wait"
            done(Outcome(answered=False, code="NotSent", description=text), now)
            return
        conversation.waiting.append(Question(action=action, payload=payload, within_s=within_s, done=done))
        self._pump(conversation, now)

    def _pump(self, conversation: Conversation, now: datetime) -> None:
        """Send the next call if none is open."""
        if (call := conversation.next_call()) is None:
            return
        assert conversation.question is not None
        within_s = max(conversation.question.within_s, SHORTEST_S)
        self._hub.after(within_s, now, partial(self._unanswered, conversation, call.message_id))
        twice = self._hub.fault_for(
            {FaultKind.DUPLICATE_CALL}, conversation.station, conversation.version, call.action, call.payload
        )
        fault = None if twice is None else twice.kind.value
        for _ in range(1 if twice is None else 2):
            self._hub.say(conversation, call, call.action, now, fault=fault)

    def _unanswered(self, conversation: Conversation, message_id: str, now: datetime) -> None:
        """The time for an answer is over."""
        if conversation.question_id != message_id:
            return
        question = conversation.settle()
        self._hub.blame(conversation, f"no answer to {question.action} within {question.within_s:g} s", now)
        question.done(Outcome(answered=False, code="Timeout"), now)
        self._pump(conversation, now)

    def answered(
        self, conversation: Conversation, frame: CallResult | CallError, text: str, now: datetime
    ) -> None:
        """The station has answered something."""
        action = conversation.action_of(frame.message_id)
        if action is None:
            refusal = RefusalError(Code.RPC_FRAMEWORK_ERROR, "an answer to a call that nobody has made")
            self._hub.seen(conversation, text, None, refusal, now)
            return
        refused = _flaw(conversation.version, action, frame)
        self._hub.seen(conversation, text, action, refused, now)
        if frame.message_id != conversation.question_id:
            return  # late, or said twice
        if refused is not None and conversation.version is Version.V21:
            code = wire_code(refused.code, conversation.version)
            error = CallResultError(frame.message_id, code, refused.problem)
            self._hub.say(conversation, error, action, now)
        question = conversation.settle()
        question.done(self._outcome(conversation, question, frame, refused), now)
        self._pump(conversation, now)

    def _outcome(
        self,
        conversation: Conversation,
        question: Question,
        frame: CallResult | CallError,
        refused: RefusalError | None,
    ) -> Outcome:
        if isinstance(frame, CallError):
            return Outcome(answered=False, code=frame.code, description=frame.description)
        if refused is not None:
            return Outcome(answered=False, code="Invalid", description=refused.problem)
        new = door.new_password(conversation.version, question.action, question.payload, frame.payload)
        if new is not None:
            known = self.passwords.get(conversation.station, frozenset())
            self.passwords[conversation.station] = known | {new}
        return Outcome(answered=True, payload=frame.payload)

    def lost(self, conversation: Conversation, now: datetime) -> None:
        """The connection is gone, and with it every call that was to be answered on it."""
        questions = [conversation.settle()] if conversation.question is not None else []
        questions += conversation.waiting
        conversation.waiting.clear()
        for question in questions:
            question.done(Outcome(answered=False, code="Lost"), now)


def _flaw(version: Version, action: str, frame: CallResult | CallError) -> RefusalError | None:
    """What is wrong with an answer."""
    if isinstance(frame, CallError):
        return None
    try:
        schemas.check(version, action, frame.payload, answer=True)
    except RefusalError as refusal:
        return refusal
    return None

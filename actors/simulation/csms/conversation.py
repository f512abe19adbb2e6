"""One connection with a station: which calls are open, in both directions. Pure."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from protocols.ocpp.frames import Call

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from actors.simulation.csms.effects import Outcome
    from protocols.ocpp.frames import Payload
    from protocols.ocpp.version import Version

REMEMBERED: Final = 1000
"""So many message ids are kept to know them again."""
MAX_WAITING: Final = 1000
"""So many calls of ours wait for their turn."""
MAX_LATE: Final = 1000
"""So many answers a fault may hold back."""
_MESSAGE_ID: Final = re.compile(r'\[\d, *"([^"]*)"')
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call of ours."""

    action: str
    payload: Payload
    within_s: float
    done: Callable[[Outcome, datetime], None]


@dataclass(slots=True, kw_only=True)
class Conversation:
    """What has been said on one connection and not answered yet."""

    number: int
    station: str
    version: Version
    since: datetime
    prefix: str
    """Of our message ids: no other connection has it."""
    frozen: bool = False
    asked: dict[str, str] = field(default_factory=dict)
    """By message id: the action of the station's calls that are open."""
    waiting: deque[Question] = field(default_factory=deque)
    question: Question | None = None
    """Our call that is open."""
    question_id: str = ""
    _sent: int = 0
    late: int = 0
    """Answers that a fault holds back."""
    _seen: dict[str, int] = field(default_factory=dict)
    """By message id: a hash of the call."""
    _answered: dict[str, str] = field(default_factory=dict)
    _spoilt: dict[str, None] = field(default_factory=dict)

    def spoilt(self, text: str) -> None:
        """We have sent a frame that is wrong, on purpose or by the script: nobody need take it."""
        if (found := _MESSAGE_ID.match(text)) is not None:
            _remember(self._spoilt, found[1], None)

    def was_good(self, message_id: str) -> bool:
        """Whether what we have sent under this id should have been taken."""
        return message_id not in self._spoilt

    def problem_of(self, call: Call, text: str) -> str | None:
        """What is wrong with the moment or the id of a call of the station."""
        content = hash(text)
        earlier = self._seen.get(call.message_id, content)
        _remember(self._seen, call.message_id, content)
        if earlier != content:
            return "the message id of another call"
        others = [action for message_id, action in self.asked.items() if message_id != call.message_id]
        if others:
            return f"a call while {others[0]} is not answered yet"
        return None

    def next_call(self) -> Call | None:
        """Our next call, if none is open. It is open from now on."""
        if self.question is not None or not self.waiting:
            return None
        self.question = self.waiting.popleft()
        self._sent += 1
        self.question_id = f"{self.prefix}-{self._sent}"
        return Call(self.question_id, self.question.action, self.question.payload)

    def settle(self) -> Question:
        """Our open call is done with."""
        question = self.question
        assert question is not None
        _remember(self._answered, self.question_id, question.action)
        self.question, self.question_id = None, ""
        return question

    def action_of(self, message_id: str) -> str | None:
        """The action of a call of ours, open or not; None: we never made it."""
        if self.question is not None and message_id == self.question_id:
            return self.question.action
        return self._answered.get(message_id)


def _remember(known: dict[str, T], name: str, value: T) -> None:
    known[name] = value
    if len(known) > REMEMBERED:
        del known[next(iter(known))]

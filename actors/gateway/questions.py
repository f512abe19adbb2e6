"""What the Gateway has asked the programs behind its connections (JSON-RPC from server to client). Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.gateway.rpc import Answer, Code, RpcError
from protocols.message import FailureReason

if TYPE_CHECKING:
    from collections.abc import Callable

    Then = Callable[[Answer], None]

GONE: Final = RpcError(Code.FAILURE, "the program has gone", {"reason": FailureReason.CRASHED.value})
LATE: Final = RpcError(
    Code.FAILURE, "the program did not answer in time", {"reason": FailureReason.TIMEOUT.value}
)


@dataclass(frozen=True, slots=True)
class _Question:
    connection: int
    until_s: float
    then: Then


class Questions:
    """Each is answered exactly once: by the program, or because it has gone or is late."""

    def __init__(self) -> None:
        self._open: dict[int, _Question] = {}
        self._numbers = itertools.count(1)

    def ask(self, connection: int, until_s: float, then: Then) -> int:
        """Wait for an answer to a new question; gives its number."""
        number = next(self._numbers)
        self._open[number] = _Question(connection, until_s, then)
        return number

    @property
    def next_s(self) -> float | None:
        """When the first is late."""
        return min((question.until_s for question in self._open.values()), default=None)

    def answered(self, connection: int, answer: Answer) -> None:
        """A program has answered; what nobody has asked that program is passed over."""
        number = answer.id
        if isinstance(number, int) and number in self._open and self._open[number].connection == connection:
            self._open.pop(number).then(answer)

    def late(self, now_s: float) -> None:
        """Time has passed."""
        self._give_up(LATE, lambda question: question.until_s <= now_s)

    def gone(self, connection: int) -> None:
        """A connection is gone."""
        self._give_up(GONE, lambda question: question.connection == connection)

    def _give_up(self, why: RpcError, these: Callable[[_Question], bool]) -> None:
        for number in [number for number, question in self._open.items() if these(question)]:
            self._open.pop(number).then(Answer(number, error=why))

"""What becomes of a car's talk that breaks off: the car begins another one, and in the end gives up. Pure.

As vehicles do: it waits a while, sees whether the pilot still asks for a talk (5 %, and the line is matched),
and begins anew; one that has charged has all its tries again. A talk that has ended in order is not begun
again, nor one that the car itself wanted to end. A station that asks for no talk any more, because it has
stopped the car or does not work, is waited for `PATIENCE_S`.

Source: ISO 15118-3 (5 % means that the station wants to talk); the number of tries is ours.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from actors.simulation.car.messages import TalkState

TRIES: Final = 3
"""Further talks, as long as none of them comes to charging."""
RETRY_S: Final = 2.0
"""From the end of a talk to the next one."""
PATIENCE_S: Final = 30.0
"""From the end of a talk: so long the car sees whether the station wants another one."""


class Stand(enum.Enum):
    """How it stands with the talk that the car's program wants."""

    NONE = enum.auto()
    """The program has not begun one, or wants none any more."""
    BEGINS = enum.auto()
    """It was asked for; nobody has said yet that it runs."""
    RUNS = enum.auto()
    BROKEN = enum.auto()
    """It ended otherwise than in order, and there may be another one."""
    OVER = enum.auto()
    """It ended in order."""
    GIVEN_UP = enum.auto()


class Persistence:
    """One car's."""

    def __init__(self) -> None:
        self.stand = Stand.NONE
        self.mode, self.pay = "", ""
        """Of the talk that the program has begun."""
        self._tried, self._broken_s, self._why = 0, 0.0, ""

    @property
    def lost(self) -> str:
        """Why there will be no talk any more, whatever the car waits for; empty while there may be one."""
        match self.stand:
            case Stand.NONE:
                return "no talk has begun"
            case Stand.OVER:
                return f"the talk is over: {self._why}"
            case Stand.GIVEN_UP:
                return f"the car has given up: {self._why}"
        return ""

    def begin(self, mode: str, pay: str) -> None:
        """The program wants a talk."""
        self.stand, self.mode, self.pay, self._tried = Stand.BEGINS, mode, pay, 0

    def leave(self) -> None:
        """The car wants no talk any more, or the one under way to end."""
        self.stand = Stand.NONE

    def talked(self, talk: TalkState, now_s: float) -> None:
        """So it is with the talk; what is said of an earlier one does not count."""
        if talk.running and self.stand in {Stand.BEGINS, Stand.RUNS}:
            self.stand = Stand.RUNS
            self._tried = 0 if talk.charging else self._tried
        elif not talk.running and self.stand is Stand.RUNS:
            if talk.completed:
                self.stand, self._why = Stand.OVER, talk.outcome
            else:
                self._break(talk.outcome or "who talked has ended", now_s)

    def refused(self, why: str, now_s: float) -> None:
        """The talk that was asked for has not begun."""
        if self.stand is Stand.BEGINS:
            self._break(why, now_s)

    def again(self, now_s: float, *, wanted: bool) -> bool:
        """Whether another talk is to begin now; `wanted`: the station shows that it wants one."""
        if self.stand is not Stand.BROKEN:
            return False
        if wanted and now_s >= self._broken_s + RETRY_S:
            self.stand, self._tried = Stand.BEGINS, self._tried + 1
            return True
        if now_s >= self._broken_s + PATIENCE_S:
            self.stand = Stand.GIVEN_UP
        return False

    def _break(self, why: str, now_s: float) -> None:
        self._why, self._broken_s = why, now_s
        self.stand = Stand.BROKEN if self._tried < TRIES else Stand.GIVEN_UP

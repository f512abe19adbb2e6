"""Feeds the session one input at a time, and keeps what it must not lose when the session dies. Pure.

It also knows which talk the state is about, so that what is decided on one talk never befalls another: a
command may still be in the session's hands while one car goes and the next one comes.

The relay holds the last state and the inputs not yet decided on. An input leaves it only together with the
state that came of it; whoever decides may die as often as it likes in between. An input on which the session
has died `MAX_DEATHS` times is poison: it is dropped, and the talk with it, so that the next car is served.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.exchange import Connected, Disconnected, Heard, Received, Told
from actors.v2g.secc.state import State
from protocols import codec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.exchange import Input
    from actors.v2g.secc.state import Talk

MAX_DEATHS: Final = 3
MAX_WAITING: Final[Mapping[type[Input], int]] = {Received: 16, Told: 256, Heard: 256}
"""Inputs of each kind. A car waits for its answer, in -20 it may say something beside; the station's commands
are few per second, and no car takes their room. All other inputs are bounded by what has caused them.
"""


@dataclass(slots=True)
class Waiting:
    """One input, and who waits for it to be decided on."""

    given: Input
    talk: int
    """Number of the talk it belongs to; 0 for what outlives talks."""
    ticket: int | None = None
    """Who is answered when it is done."""
    deaths: int = 0


class Overflow(Exception):  # noqa: N818  # a refusal, not an error of the program
    """Too much waits already."""


class Relay:
    """The queue in front of one session."""

    def __init__(self, state: bytes) -> None:
        self.state = state
        """The last state that was decided, encoded; the first is that of a station without a car."""
        self.talk = 0
        """Number of the talk at hand; 0 between talks. Inputs of another talk are dropped."""
        self._talks = 0
        self._decided = 0
        """Number of the talk that the state is about; 0 when it is about none."""
        self._waiting: deque[Waiting] = deque()
        self._asked: Waiting | None = None

    def begin_talk(self) -> int:
        """A car has come. What waits of an earlier talk is dropped when its turn comes."""
        self._talks += 1
        self.talk = self._talks
        return self.talk

    def end_talk(self) -> None:
        """The car is gone, as far as the link can tell."""
        self.talk = 0

    def put(self, given: Input, *, talk: int = 0, ticket: int | None = None) -> None:
        """Queue an input. Overflow when too many of its kind wait; the end of a talk always has room."""
        kind, most = type(given), MAX_WAITING.get(type(given))
        if most is not None and len(self._waiting) >= most:
            waiting = sum(type(each.given) is kind for each in self._waiting)
            if waiting >= most:
                raise Overflow(f"{waiting} of {kind.__name__} wait for the session")
        self._waiting.append(Waiting(given, talk, ticket))

    def next(self) -> Waiting | None:
        """The input to be decided on now, if one waits and none is being decided on."""
        if self._asked is not None:
            return None
        while self._waiting:
            each = self._waiting.popleft()
            if self.is_current(each):
                self._asked = each
                return each
        return None

    def is_current(self, each: Waiting) -> bool:
        """Whether it still concerns anybody. The end of a talk does, until the next one has begun."""
        return each.talk in (0, self.talk) or isinstance(each.given, Disconnected)

    def done(self, state: bytes) -> Waiting:
        """The input was decided on: keep its state and let go of it."""
        asked = self._take()
        self.state = state
        if isinstance(asked.given, Connected):
            self._decided = asked.talk
        elif isinstance(asked.given, Disconnected):
            self._decided = 0
        return asked

    @property
    def concerns_car(self) -> bool:
        """Whether what was decided last is about the car that is connected now."""
        return self.talk != 0 and self._decided == self.talk

    def died(self) -> Waiting | None:
        """The session died on the input: it is tried again, or given back if that was the last try."""
        asked = self._take()
        asked.deaths += 1
        if asked.deaths >= MAX_DEATHS:
            return asked
        self._waiting.appendleft(asked)
        return None

    @property
    def depth(self) -> int:
        """Inputs that wait to be decided on, the one at hand not counted."""
        return len(self._waiting)

    def forget_talk(self) -> Talk | None:
        """Put the state back to that of a station without a car, keeping what the station has told.

        Gives the talk that is forgotten: nobody has said how it ends.
        """
        self._decided = 0
        state = codec.decode(self.state)
        if not isinstance(state, State):
            return None
        self.state = codec.encode(replace(state, talk=None))
        return state.talk

    def _take(self) -> Waiting:
        if self._asked is None:
            raise RuntimeError("no input is being decided on")
        asked, self._asked = self._asked, None
        return asked

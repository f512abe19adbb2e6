"""Feeds the session one input at a time, and keeps what it must not lose when the session dies. Pure.

The relay holds the last state and the inputs not yet decided on. An input leaves it only together with the
state that came of it; whoever decides may die as often as it likes in between. An input on which the session
has died `MAX_DEATHS` times is poison: it is dropped, and the talk with it, so that the next car is served.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.exchange import Disconnected
from actors.v2g.secc.state import State
from protocols import codec

if TYPE_CHECKING:
    from actors.v2g.secc.exchange import Input

MAX_DEATHS: Final = 3
MAX_WAITING: Final = 256
"""Inputs. The car sends one request at a time; the station's commands are few per second."""


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
        """Queue an input. Overflow when too many wait; the end of a talk always has room."""
        if len(self._waiting) >= MAX_WAITING and not isinstance(given, Disconnected):
            raise Overflow(f"{len(self._waiting)} inputs wait for the session")
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
        return asked

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

    def forget_talk(self) -> None:
        """Put the state back to that of a station without a car, keeping what the station has told."""
        state = codec.decode(self.state)
        if isinstance(state, State):
            self.state = codec.encode(replace(state, talk=None))

    def _take(self) -> Waiting:
        if self._asked is None:
            raise RuntimeError("no input is being decided on")
        asked, self._asked = self._asked, None
        return asked

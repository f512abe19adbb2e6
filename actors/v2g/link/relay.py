"""Feeds the session, and keeps what it must not lose when the session dies. Pure.

It also knows which talk the state is about, so that what is decided on one talk never befalls another: a
command may still be in the session's hands while one car goes and the next one comes.

The relay holds the last state and the inputs not yet decided on. An input leaves it only together with the
state that came of it; whoever decides may die as often as it likes in between. What the station says is
handed over together with the input behind it, so that no car waits for each of its values to be taken in. An
input on which, being alone, the session has died `MAX_DEATHS` times is poison: it is dropped, and the talk
with it, so that the next car is served.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.v2g import snapshot
from actors.v2g.secc.exchange import Connected, Disconnected, Expired, Heard, Received, Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.exchange import Input
    from actors.v2g.secc.state import Talk

MAX_DEATHS: Final = 3
MAX_WAITING: Final[Mapping[type[Input], int]] = {Received: 16, Told: 256, Heard: 256}
"""Inputs of each kind. A car waits for its answer, in -20 it may say something beside; the station's commands
are few per second, and no car takes their room. All other inputs are bounded by what has caused them.
"""
TOGETHER: Final = 16
"""Inputs handed over at once, at most; who introduces a station says about as much."""


@dataclass(slots=True)
class Waiting:
    """One input, and who waits for it to be decided on."""

    given: Input
    talk: int
    """Number of the talk it belongs to; 0 for what outlives talks."""
    ticket: int | None = None
    """Who is answered when it is done."""
    packed: bytes = b""
    """The input by `parcel`, where it has come that way."""
    deaths: int = 0
    alone: bool = False
    """It was among several on which the session has died: which of them it was, is tried one by one."""


class Overflow(Exception):  # noqa: N818  # a refusal, not an error of the program
    """Too much waits already."""


class Relay:
    """The queue in front of one session."""

    def __init__(self, parts: snapshot.Parts) -> None:
        self.parts = parts
        """The last state that was decided; the first is that of a station without a car."""
        self.mark = b""
        """What the session calls this state; empty when it need not have it."""
        self.talk = 0
        """Number of the talk at hand; 0 between talks. Inputs of another talk are dropped."""
        self._talks = 0
        self._decided = 0
        """Number of the talk that the input at hand was decided for; 0 when for none."""
        self._waiting: deque[Waiting] = deque()
        self._asked: tuple[Waiting, ...] = ()

    def begin_talk(self) -> int:
        """A car has come. What waits of an earlier talk is dropped when its turn comes."""
        self._talks += 1
        self.talk = self._talks
        return self.talk

    def end_talk(self) -> None:
        """The car is gone, as far as the link can tell."""
        self.talk = 0

    def put(self, given: Input, *, talk: int = 0, ticket: int | None = None, packed: bytes = b"") -> None:
        """Queue an input. Overflow when too many of its kind wait; the end of a talk always has room."""
        kind, most = type(given), MAX_WAITING.get(type(given))
        if most is not None and len(self._waiting) >= most:
            waiting = sum(type(each.given) is kind for each in self._waiting)
            if waiting >= most:
                raise Overflow(f"{waiting} of {kind.__name__} wait for the session")
        self._waiting.append(Waiting(given, talk, ticket, packed))

    def expires_no_more(self, timer: str) -> None:
        """A timer of this talk was cancelled or started anew: that it had run down waits for nobody any more.

        It runs on while a session is replaced that has the car's request in hand.
        """
        late = Expired(timer=timer)
        self._waiting = deque(each for each in self._waiting if each.talk != self.talk or each.given != late)

    def next(self) -> tuple[Waiting, ...]:
        """The inputs to be decided on now, if some wait and none is being decided on.

        Only what the station says has others behind it: a car's answer waits for nothing that came later.
        """
        if self._asked:
            return ()
        chosen: list[Waiting] = []
        while self._waiting and len(chosen) < TOGETHER and not (chosen and self._waiting[0].alone):
            each = self._waiting.popleft()
            if self.is_current(each):
                chosen.append(each)
                if each.alone or not isinstance(each.given, Told | Heard):
                    break
        self._asked = tuple(chosen)
        return self._asked

    def is_current(self, each: Waiting) -> bool:
        """Whether it still concerns anybody. The end of a talk does, until the next one has begun."""
        return each.talk in (0, self.talk) or isinstance(each.given, Disconnected)

    def done(self, mark: bytes, changed: snapshot.Changes) -> None:
        """The inputs were decided on: keep the state that came of them and let go of them."""
        self._take()
        snapshot.apply(self.parts, changed)
        self.mark = mark

    def turn_to(self, each: Waiting) -> None:
        """What is done from now on was decided on this input, or one after it."""
        if isinstance(each.given, Connected):
            self._decided = each.talk
        elif isinstance(each.given, Disconnected):
            self._decided = 0

    @property
    def concerns_car(self) -> bool:
        """Whether what was decided on the input at hand is about the car that is connected now."""
        return self.talk != 0 and self._decided == self.talk

    def unknown(self) -> None:
        """The session does not have the state, for it was started anew: the inputs come again, with it."""
        self._waiting.extendleft(reversed(self._take()))
        self.mark = b""

    def died(self) -> Waiting | None:
        """The session died on the inputs: they are tried again, or one is given back after its last try."""
        asked = self._take()
        self.mark = b""
        if len(asked) == 1:
            asked[0].deaths += 1
            if asked[0].deaths >= MAX_DEATHS:
                return asked[0]
        for each in asked:
            each.alone = True
        self._waiting.extendleft(reversed(asked))
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
        talk = snapshot.state_of(self.parts).talk
        snapshot.apply(self.parts, {snapshot.TALK: None})
        self.mark = b""
        return talk

    def _take(self) -> tuple[Waiting, ...]:
        if not self._asked:
            raise RuntimeError("no input is being decided on")
        asked, self._asked = self._asked, ()
        return asked

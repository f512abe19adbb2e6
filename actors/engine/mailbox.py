"""What has arrived at one process and waits for its turn: messages, wake-ups, files that can be read.

Everything has its turn in the order in which it was found, save heartbeats, which go first. So an answer that
came before its deadline is seen before the deadline, and a child's last words before its end.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import TYPE_CHECKING, Any

from thespian.actors import ActorAddress, WakeupMessage, WatchMessage

from actors.engine.incoming import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


class Mailbox:
    """Of one process. Pure but for `readable`, which says whether a watched file can be read."""

    def __init__(self, owner: ActorAddress, readable: Callable[[int], bool]) -> None:
        self._owner, self._readable = owner, readable
        self._waiting: deque[Arrival] = deque()
        self._wakeups: list[tuple[float, int, timedelta, Any]] = []
        self._numbers = itertools.count()
        self._announced: set[int] = set()
        """Files whose WatchMessage waits."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, arrival: Arrival, *, urgent: bool = False) -> None:
        """Take in a message; one that is urgent goes before all that waits."""
        if urgent:
            self._waiting.appendleft(arrival)
        else:
            self._waiting.append(arrival)

    def note(self, message: Any, now: float) -> None:
        """Take in what this process tells itself."""
        self._waiting.append(Arrival(self._owner, message, now))

    def announce(self, fd: int, now: float) -> None:
        """A watched file can be read; told once until its turn has come."""
        if fd not in self._announced:
            self._announced.add(fd)
            self.note(WatchMessage([fd]), now)

    def take(self) -> Arrival | None:
        """What is next, if anything is.

        A file is asked again: since it was found it may have been read, or closed and replaced.
        """
        while self._waiting:
            arrival = self._waiting.popleft()
            if arrival.source is None and type(arrival.message) is WatchMessage:
                (fd,) = arrival.message.ready
                self._announced.discard(fd)
                if not self._readable(fd):
                    continue
            return arrival
        return None

    # -- wake-ups ------------------------------------------------------------------------------------------

    def wake_at(self, due: float, after: timedelta, payload: Any) -> None:
        """Have a WakeupMessage take its place at that time."""
        heapq.heappush(self._wakeups, (due, next(self._numbers), after, payload))

    def next_s(self) -> float | None:
        """When the next wake-up is due."""
        return self._wakeups[0][0] if self._wakeups else None

    def ring(self, now: float) -> None:
        """Give every wake-up that is due its place."""
        while self._wakeups and self._wakeups[0][0] <= now:
            _due, _number, after, payload = heapq.heappop(self._wakeups)
            self.note(WakeupMessage(after, payload), now)

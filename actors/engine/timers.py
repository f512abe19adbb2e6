"""Named timers of one actor. Pure: `now_s` is an argument, nothing here wakes anybody up.

A timer has a name; starting it again replaces it, and what an earlier start left behind never fires
(generations). An actor asks `due` when it is awake and `next_s` to know when to be woken.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final

Action = Callable[[], object]

SLACK_S: Final = 1e-6
"""Who is woken for a moment may find the clock a rounding error before it."""
_TIDY_FROM: Final = 64
"""Fewer replaced timers than this are not worth tidying up."""


class Timers:
    """The timers of one actor, ordered by when they are due, then by when they were started."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, str]] = []
        self._live: dict[str, tuple[int, Action]] = {}
        self.latest = 0
        """Generation of the timer started last."""

    def start(self, name: str, due_s: float, action: Action) -> int:
        """Start or restart a timer; return its generation."""
        self.latest += 1
        generation = self.latest
        self._live[name] = generation, action
        heapq.heappush(self._heap, (due_s, generation, name))
        if len(self._heap) > _TIDY_FROM + 2 * len(self._live):
            self._tidy()
        return generation

    def cancel(self, name: str) -> bool:
        """Forget a timer; return whether it was running."""
        return self._live.pop(name, None) is not None

    def running(self, name: str) -> bool:
        """Whether the timer has been started and has neither fired nor been cancelled."""
        return name in self._live

    def next_s(self) -> float | None:
        """When the earliest running timer is due, or None."""
        self._forget_replaced()
        return self._heap[0][0] if self._heap else None

    def due(self, now_s: float, up_to: int | None = None) -> Action | None:
        """Take the earliest timer that is due by now; None when there is none.

        One at a time, so that the action of one may still cancel another that is due at the same moment.
        With `up_to` only those of this generation or before: an action that starts its own timer again
        without delay cannot keep its caller busy for ever.
        """
        self._forget_replaced()
        if not self._heap or self._heap[0][0] > now_s:
            return None
        if up_to is not None and self._heap[0][1] > up_to:
            return None
        _due, _generation, name = heapq.heappop(self._heap)
        _generation, action = self._live.pop(name)
        return action

    def _forget_replaced(self) -> None:
        while self._heap:
            _due, generation, name = self._heap[0]
            if self._live.get(name, (0, None))[0] == generation:
                return
            heapq.heappop(self._heap)

    def _tidy(self) -> None:
        """Without this, a timer that is always cancelled long before it is due would pile up."""
        self._heap = [each for each in self._heap if self._live.get(each[2], (0, None))[0] == each[1]]
        heapq.heapify(self._heap)

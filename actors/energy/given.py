"""What an EVSE may still be drawing while what it is granted changes. Pure.

A car takes some time to follow its pilot, and a pilot that has just changed shows another limit only later.
So what was granted before is held for whoever was granted less, until it has surely obeyed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.energy.sharing import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.energy.sharing import Key, Share

SETTLE_S: Final = 5.0
"""So long a car may take to follow its pilot (IEC 61851-1, annex A)."""
CHANGE_S: Final = 5.0
"""So long a pilot may have to wait before it shows another limit (row M6.22)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an EVSE was granted last, and what it may still draw."""

    taken: Mapping[Key, float]
    """What it takes from each cap."""
    until: datetime
    """So long that grant is valid, and has then been given time to be obeyed."""
    free: datetime
    """From then on its pilot shows another limit at once."""
    held: tuple[tuple[datetime, Mapping[Key, float]], ...] = ()
    """What it took before it was granted less, until it has obeyed."""

    def loads(self, now: datetime) -> dict[Key, float]:
        """What it may be drawing now."""
        loads: dict[Key, float] = {}
        for until, taken in ((self.until, self.taken), *self.held):
            if now < until:
                loads = larger(loads, taken)
        return loads

    def followed_by(self, share: Share, until: datetime, now: datetime) -> Given:
        """What comes of another grant. Direct current needs no pilot, and one that is switched on or off
        does not wait.
        """
        held = tuple(each for each in self.held if now < each[0])
        after = share.loads
        if after == self.taken:
            return replace(self, until=until, held=held)
        shown, free, change = now, self.free, timedelta(seconds=CHANGE_S)
        if share.claim.ac and any(self.taken.values()) and any(after.values()):
            shown = min(max(now, self.free), now + change)
            free = shown + change
        less = any(load > after.get(key, 0.0) + NOTHING for key, load in self.taken.items())
        if less and now < self.until:
            settle = timedelta(seconds=SETTLE_S)
            lapsed = now >= self.until - settle  # it has given nothing since
            held = (*held, (self.until if lapsed else shown + settle, self.taken))
        return Given(taken=after, until=until, free=free, held=held)


def larger(one: Mapping[Key, float], other: Mapping[Key, float]) -> dict[Key, float]:
    """Of each cap the larger load."""
    return {key: max(one.get(key, 0.0), other.get(key, 0.0)) for key in {*one, *other}}

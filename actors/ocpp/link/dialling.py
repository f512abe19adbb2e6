"""Which profile is dialled, when, and what after it failed (J08, B09, B10, M11.14). Pure.

    RESTING --order--> TRYING --opened--> UP --lost--> WAITING --due--> TRYING ...
                         |                              ^
                         +----------- failed -----------+
    TRYING, UP --order: not wanted any more, or renewed--> ENDING --ended--> RESTING or TRYING

A profile that can never be used (see `target`) is passed over. One that has failed `attempts` times gives way
to the next, at once; when the last one has failed so often it is the first one's turn again, after the wait.
Waits are doubled from one to the next, up to `repeat_times`, and each has a random part. A connection that
did not last counts as an attempt that failed, so a CSMS that accepts and hangs up is not dialled in a storm.
After a connection that lasted, the same profile is dialled first, after the shortest wait.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.ocpp.link.target import Target, TargetError, target_of
from actors.ocpp.messages import LinkOrders, Profile

if TYPE_CHECKING:
    from collections.abc import Callable

STEADY_S: Final = 30.0
"""A connection that ends sooner did not last."""
SHORTEST_WAIT_S: Final = 0.1
"""Whatever is configured, nobody is dialled more often."""
LONGEST_WAIT_S: Final = 24 * 3600.0
MAX_DOUBLED: Final = 20


class Phase(enum.Enum):
    """Where the dialling stands."""

    RESTING = "nothing is to be done until the next order"
    WAITING = "for the next attempt"
    TRYING = "an attempt is under way"
    UP = "there is a connection"
    ENDING = "a connection or an attempt is being ended because of an order"


_BUSY: Final = frozenset({Phase.TRYING, Phase.UP, Phase.ENDING})


@dataclass(frozen=True, slots=True)
class Dial:
    """Try this profile; say `opened` or `failed` then."""

    profile: Profile
    target: Target


@dataclass(frozen=True, slots=True)
class Wait:
    """Say `due` after this time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """End the attempt or the connection; say `ended` then."""

    code: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Do nothing; `problem` says why nobody is dialled although a connection is wanted."""

    problem: str = ""


Step = Dial | Wait | Hang | Rest


class Dialler:
    """What the link does about its connection. `spread` gives numbers from 0 to 1 for the random part."""

    def __init__(self, spread: Callable[[], float]) -> None:
        self._spread = spread
        self._orders = LinkOrders(online=False)
        self._usable: tuple[Dial, ...] = ()
        self._dialled: Dial | None = None
        self.left_out = ""
        """Which profiles can never be used, and why; for people."""
        self._at = self._tries = self._waits = 0
        self._up_s = 0.0
        self.phase = Phase.RESTING
        self.attempts = 0
        """How often in a row nobody could be reached."""

    @property
    def orders(self) -> LinkOrders:
        """The last word of the charge point."""
        return self._orders

    @property
    def profile(self) -> Profile | None:
        """The profile that is connected, or dialled now or next."""
        if self._dialled is not None and self.phase in _BUSY:
            return self._dialled.profile
        return self._usable[self._at].profile if self._usable else None

    @property
    def where(self) -> str:
        """The URL that is connected, or was dialled last, with the identity; for people."""
        return self._dialled.target.shown if self._dialled is not None else ""

    @property
    def is_news(self) -> bool:
        """Whether one more failure is worth a line: the 1st, 2nd, 4th, 8th, ... in a row are."""
        return self.attempts & (self.attempts - 1) == 0

    def order(self, orders: LinkOrders) -> Step | None:
        """How the link shall be from now on. None: nothing changes for now."""
        before, self._orders = self._orders, orders
        if before == orders:
            return None
        self._sort_out()
        renewed = orders.renewal > before.renewal
        if self.phase in _BUSY:
            if self.phase is Phase.ENDING or (orders.online and not renewed):
                return None
            self.phase = Phase.ENDING
            return Hang(orders.close_code)
        if self.phase is Phase.WAITING and (orders.online, orders.profiles) == (True, before.profiles):
            return self._begin() if renewed else None
        return self._begin()

    def opened(self, now_s: float) -> None:
        """The profile is connected, and a version agreed."""
        self.phase, self._up_s = Phase.UP, now_s

    def failed(self) -> Step:
        """The attempt came to nothing."""
        self.phase = Phase.WAITING
        self.attempts += 1
        self._tries += 1
        if self._orders.dialling is not None and self._tries >= self._orders.dialling.attempts:
            self._tries = 0
            self._at = (self._at + 1) % max(1, len(self._usable))
            if self._at:
                return Wait(0.0)
        return self._wait()

    def lost(self, now_s: float) -> Step:
        """The connection has ended, and not because we wanted it to."""
        if now_s - self._up_s < STEADY_S:
            return self.failed()
        self.phase = Phase.WAITING
        self.attempts = self._tries = self._waits = 0
        return self._wait()

    def due(self) -> Step:
        """The wait is over."""
        return self._dial()

    def ended(self) -> Step:
        """What was to be ended is."""
        return self._begin()

    def _sort_out(self) -> None:
        """Which profiles can be used; the one in use stays the one in use if it is still there."""
        current, usable, problems = self.profile, [], []
        dialling = self._orders.dialling
        for profile in self._orders.profiles:
            try:
                target = target_of(profile, dialling.lowest_security if dialling is not None else 0)
            except TargetError as error:
                problems.append(f"slot {profile.slot}: {error}")
            else:
                usable.append(Dial(profile, target))
        if dialling is None or not dialling.versions:
            usable, problems = [], ["no version of OCPP is offered"]
        self._usable, self.left_out = tuple(usable), "; ".join(problems)
        slots = [each.profile.slot for each in usable]
        self._at = slots.index(current.slot) if current is not None and current.slot in slots else 0

    def _begin(self) -> Step:
        """From the first profile, as if nothing had been tried."""
        self._at = self._tries = self._waits = self.attempts = 0
        return self._dial()

    def _dial(self) -> Step:
        if self._orders.online and self._usable:
            self.phase = Phase.TRYING
            self._dialled = self._usable[self._at]
            return self._dialled
        self.phase = Phase.RESTING
        return Rest((self.left_out or "no profile is there") if self._orders.online else "")

    def _wait(self) -> Wait:
        dialling = self._orders.dialling
        if dialling is None:  # it was taken away during the attempt, and nothing is dialled without it
            return Wait(SHORTEST_WAIT_S)
        doubled = min(self._waits, dialling.repeat_times, MAX_DOUBLED)
        self._waits += 1
        regular_s = max(dialling.wait_minimum_s, SHORTEST_WAIT_S) * 2**doubled
        random_s = max(dialling.random_range_s, 0.0) * self._spread()
        return Wait(min(regular_s + random_s, LONGEST_WAIT_S))

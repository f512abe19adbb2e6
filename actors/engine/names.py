"""What one actor knows about names, and what it holds back for those nobody serves. Pure.

Every message to a name goes through here, so the order in which a sender spoke to a name is kept whatever
happens to the actor behind it. Entries are made on first use (`Watch` tells the caller to follow the name at
the registry). What waits is bounded in number, and each item has a deadline.
"""

from __future__ import annotations

import bisect
import enum
from dataclasses import dataclass, field
from typing import Final

MAX_WAITING: Final = 1000
"""Messages held back per name."""


class Outcome(enum.Enum):
    """What becomes of a message that was handed in."""

    SEND = enum.auto()
    """To the address in the entry, now."""
    HELD = enum.auto()
    """Until the name is announced or the deadline has passed."""
    UNAVAILABLE = enum.auto()
    """Nobody serves the name and the sender did not want to wait."""
    OVERFLOW = enum.auto()
    """Too many wait already."""


@dataclass(order=True, slots=True)
class Held:
    """A message that waits for its name."""

    number: int
    frame: bytes = field(compare=False)
    deadline_s: float = field(compare=False)
    ask: int | None = field(compare=False, default=None)


@dataclass(slots=True)
class Entry:
    """What is known about one name."""

    generation: int = 0
    address: str | None = None
    waiting: list[Held] = field(default_factory=list)


class Names:
    """The names one actor speaks to."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def known(self) -> tuple[str, ...]:
        """Every name ever used, in order of first use."""
        return tuple(self._entries)

    def entry(self, name: str) -> Entry:
        """What is known about a name; creates it."""
        return self._entries.setdefault(name, Entry())

    def hand_in(self, name: str, held: Held, now_s: float) -> Outcome:
        """Decide about one message; when the outcome is HELD it is kept here."""
        entry = self.entry(name)
        if entry.address is not None and not entry.waiting:
            return Outcome.SEND
        if held.deadline_s <= now_s:
            return Outcome.UNAVAILABLE
        if len(entry.waiting) >= MAX_WAITING:
            return Outcome.OVERFLOW
        entry.waiting.append(held)
        return Outcome.HELD

    def give_back(self, name: str, held: Held, address: str) -> None:
        """A message that could not be delivered takes its place in front of younger ones."""
        entry = self.entry(name)
        if entry.address == address:
            entry.address = None
        bisect.insort(entry.waiting, held)

    def announce(self, name: str, generation: int, address: str | None) -> tuple[bool, list[Held]]:
        """Take an announcement; return whether it is news, and what can be sent to the new address.

        An announcement older than what is known is ignored.
        """
        entry = self.entry(name)
        if generation < entry.generation or (generation, address) == (entry.generation, entry.address):
            return False, []
        entry.generation, entry.address = generation, address
        if address is None:
            return True, []
        released, entry.waiting = entry.waiting, []
        return True, released

    def expire(self, now_s: float) -> list[tuple[str, Held]]:
        """Take out what has waited too long."""
        expired: list[tuple[str, Held]] = []
        for name, entry in self._entries.items():
            late = [held for held in entry.waiting if held.deadline_s <= now_s]
            if late:
                expired += [(name, held) for held in late]
                entry.waiting = [held for held in entry.waiting if held.deadline_s > now_s]
        return expired

    def next_deadline_s(self) -> float | None:
        """When the first of those that wait has waited too long."""
        return min(
            (held.deadline_s for entry in self._entries.values() for held in entry.waiting), default=None
        )

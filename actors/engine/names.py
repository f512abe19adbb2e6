"""What one actor knows about names, and what it holds back for those nobody serves. Pure.

Every message to a name goes through here, so the order in which a sender spoke to a name is kept whatever
happens to the actor behind it: messages are numbered, and what waits is sorted. The one exception cannot be
helped: a message for an actor on a host that is gone, or for one that was superseded and not seen to die, may
turn out to be undeliverable after younger ones have gone to the successor, and comes late.
Entries are made on first use. What waits is bounded in number, and each item has a deadline.

While nothing has been announced about a name, nobody knows whether it is served; a message that was not to
wait then waits for the first word all the same, at most `RESOLVE_S`.
"""

from __future__ import annotations

import bisect
import enum
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MAX_WAITING: Final = 1000
"""Messages held back per name; those that were under way when its actor died come on top."""
RESOLVE_S: Final = 1.0


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
    """A message on its way to a name; compared by its place in the order of its sender."""

    number: int
    frame: bytes = field(compare=False)
    deadline_s: float = field(compare=False)
    ask: int | None = field(compare=False, default=None)
    tag: str = field(compare=False, default="")
    patient: bool = field(compare=False, default=True)
    """False: it waits only for the first word about its name."""


class Announced(NamedTuple):
    """What an announcement means."""

    is_news: bool
    """That nobody serves the name is news each time: who did may have been lost before it was told."""
    released: list[Held]
    """To be sent to the new address, in this order."""
    refused: list[Held]
    """Did not want to wait, and nobody serves the name."""


@dataclass(slots=True)
class Entry:
    """What is known about one name. Nothing waits while there is an address."""

    generation: int = 0
    address: str | None = None
    heard: bool = False
    """Whether anything has been announced about it."""
    waiting: list[Held] = field(default_factory=list)


class Names:
    """The names one actor speaks to."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def known(self) -> tuple[str, ...]:
        """Every name ever used, in order of first use."""
        return tuple(self._entries)

    def entry(self, name: str) -> Entry:
        """What is known about a name; creates it."""
        return self._entries.setdefault(name, Entry())

    def hand_in(self, name: str, held: Held, now_s: float) -> Outcome:
        """Decide about one message; when the outcome is HELD it is kept here."""
        entry = self.entry(name)
        if entry.address is not None:
            return Outcome.SEND
        if held.deadline_s <= now_s:
            if entry.heard:
                return Outcome.UNAVAILABLE
            held.patient, held.deadline_s = False, now_s + RESOLVE_S
        if len(entry.waiting) >= MAX_WAITING:
            return Outcome.OVERFLOW
        bisect.insort(entry.waiting, held)
        return Outcome.HELD

    def give_back(self, name: str, held: Held, address: str | None) -> list[Held]:
        """Take back a message that did not reach the actor at `address`; return what can be sent at once.

        It takes its place in front of younger ones. When a successor has been announced meanwhile, it is
        what is to be sent.
        """
        if address is not None:
            self.lose(name, address)
        entry = self.entry(name)
        if entry.address is not None:
            return [held]
        bisect.insort(entry.waiting, held)
        return []

    def lose(self, name: str, address: str) -> None:
        """The actor at an address is dead."""
        entry = self.entry(name)
        if entry.address == address:
            entry.address = None

    def dead_by(self, name: str, generation: int, address: str | None) -> str | None:
        """The address of who is dead by an announcement: nobody serves its name any more.

        A new registry, which knows nobody yet, says the same of the living, and is known by its generation.
        """
        entry = self.entry(name)
        return entry.address if address is None and generation >= entry.generation else None

    def announce(self, name: str, generation: int, address: str | None) -> Announced:
        """Take an announcement. One that is older than what is known is ignored."""
        entry = self.entry(name)
        if generation < entry.generation:
            return Announced(is_news=False, released=[], refused=[])
        entry.heard = True
        is_news = address is None or (generation, address) != (entry.generation, entry.address)
        entry.generation, entry.address = generation, address
        waiting = entry.waiting
        if address is not None:
            entry.waiting = []
            return Announced(is_news, waiting, [])
        entry.waiting = [held for held in waiting if held.patient]
        return Announced(is_news, [], [held for held in waiting if not held.patient])

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

"""What is said between station, cars and CSMS, the newest of it. Pure.

Kept as it came; a message is decoded when somebody wants to see it. Of a charging loop the newest few are
kept, so that what came before it stays.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.gateway.picture.forms import MessageShown

MOST: Final = 2000
MAX_BYTES: Final = 4 * 1024 * 1024
"""Of all messages together, as they are kept."""
LOOP: Final = 20
"""Messages of each car's charging loop."""


class Said(Protocol):
    """A message as it is kept."""

    @property
    def source(self) -> str:
        """Ocpp or v2g."""

    @property
    def evse(self) -> int | None:
        """What it is about."""

    @property
    def size(self) -> int:
        """Bytes that keeping it takes."""

    @property
    def loop(self) -> bool:
        """One of many of a charging loop."""

    def show(self, number: int) -> MessageShown:
        """For people; decoded now."""


class Timeline:
    """Messages by number; numbers count up from 1."""

    def __init__(self) -> None:
        self._messages: dict[int, Said] = {}
        self._loops: dict[int | None, deque[int]] = {}
        """Numbers of messages of charging loops, by EVSE."""
        self._next = 1
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, said: Said) -> int:
        """Keep a message; gives its number."""
        number = self._next
        self._next += 1
        self._messages[number] = said
        self._bytes += said.size
        if said.loop:
            loop = self._loops.setdefault(said.evse, deque())
            loop.append(number)
            if len(loop) > LOOP:
                self._drop(loop.popleft())
        while len(self._messages) > MOST or self._bytes > MAX_BYTES:
            self._drop(next(iter(self._messages)))
        return number

    def _drop(self, number: int) -> None:
        if (said := self._messages.pop(number, None)) is not None:
            self._bytes -= said.size

    def newest(
        self, limit: int, *, since: int = 0, source: str | None = None, evse: int | None = None
    ) -> list[MessageShown]:
        """Of what fits the newest, the oldest of it first; `since`: behind that number."""
        found: list[MessageShown] = []
        for number, said in self._backwards(since):
            if len(found) >= limit:
                break
            if source in (None, said.source) and evse in (None, said.evse):
                found.append(said.show(number))
        return found[::-1]

    def _backwards(self, since: int) -> Iterator[tuple[int, Said]]:
        for number in reversed(self._messages):
            if number <= since:
                return
            yield number, self._messages[number]

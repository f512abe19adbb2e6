"""The way between the actor and the thread that holds the sockets: what each tells the other.

Neither ever waits for the other. What the thread says is put in a queue, and an event file that the actor
watches says that something is there; what the actor says is handed to the thread's loop.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.gateway.effects import Close, Send, Silent

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from actors.gateway.method import Scope

AT_ONCE: Final = 64
"""So many things are looked after before the actor looks at its mail again."""
AT_ONCE_BYTES: Final = 64 * 1024
"""Of texts, too: one as long as can be takes a good part of the time in which an actor is to show life."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody has come in; `push` as the hub has it."""

    connection: int
    host: str
    scopes: frozenset[Scope] | None
    push: bool


@dataclass(frozen=True, slots=True)
class Came:
    """A text has come. Answered with `Took`."""

    connection: int
    data: bytes | str


@dataclass(frozen=True, slots=True)
class Written:
    """So many bytes are on their way to the peer."""

    connection: int
    size: int


@dataclass(frozen=True, slots=True)
class Gone:
    """A connection has ended."""

    connection: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Something is to be had over plain HTTP: healthz, schema or metrics. Answered with `Told`."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Beat:
    """The thread is alive."""

    number: int


@dataclass(frozen=True, slots=True)
class Died:
    """The thread has ended though nobody wanted it to."""

    error: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of ours in one request; whoever made it was told so."""

    error: str


FromDoor = Opened | Came | Written | Gone | Asked | Beat | Died | Trouble


@dataclass(frozen=True, slots=True)
class Took:
    """A text was looked at; another may come."""

    connection: int


@dataclass(frozen=True, slots=True)
class Told:
    """What was asked for."""

    number: int
    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Knock:
    """Whether the thread is alive. Answered with `Beat`."""

    number: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Close everything and end."""


ToDoor = Send | Silent | Close | Took | Told | Knock | Leave


class Bridge:
    """One for each life of the actor. `fd` is readable when `take` has something; `loop` is the thread's,
    whether it runs already or not, and `hear` is called there.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, hear: Callable[[Sequence[ToDoor]], None]) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._said: deque[FromDoor] = deque()
        self._loop, self._hear = loop, hear

    # -- the thread's end ----------------------------------------------------------------------------------

    def say(self, item: FromDoor) -> None:
        """Tell the actor."""
        self._said.append(item)
        with contextlib.suppress(OSError):  # BlockingIOError: it knows; closed: it has gone
            os.eventfd_write(self.fd, 1)

    # -- the actor's end -----------------------------------------------------------------------------------

    def take(self) -> list[FromDoor]:
        """The next things that the thread has said."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.fd)
        found: list[FromDoor] = []
        size = 0
        while self._said and len(found) < AT_ONCE and size < AT_ONCE_BYTES:
            found.append(item := self._said.popleft())
            size += len(item.data) if isinstance(item, Came) else 0
        if self._said:
            os.eventfd_write(self.fd, 1)
        return found

    def tell(self, items: Sequence[ToDoor]) -> None:
        """Tell the thread."""
        with contextlib.suppress(RuntimeError):  # its loop is closed; that it died is told otherwise
            self._loop.call_soon_threadsafe(self._hear, items)

    def close(self) -> None:
        """The actor ends."""
        fd, self.fd = self.fd, -1
        os.close(fd)

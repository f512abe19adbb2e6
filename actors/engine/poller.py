"""What one process waits for: its sockets, files its actor watches, a wake-up call from a signal handler."""

from __future__ import annotations

import contextlib
import os
import select
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

READ: Final = select.EPOLLIN
WRITE: Final = select.EPOLLOUT
AT_ONCE: Final = 16
"""Descriptors looked after in one call of `wait`; the kernel has the others come first the next time."""
_FAILED: Final = select.EPOLLERR | select.EPOLLHUP


class Poller:
    """Calls back whoever a descriptor belongs to. Used by one thread, but for `wake`.

    `woken` is called after `wake`, `watched` with every watched file that is readable. A callback gets the
    events in terms of READ and WRITE; a failed connection counts as both, so that using it tells the error.
    """

    def __init__(self, woken: Callable[[], None], watched: Callable[[int], None]) -> None:
        self._epoll = select.epoll()
        self._ready: dict[int, Callable[[int], None]] = {}
        self._watched = watched
        self._watches: set[int] = set()
        self._woken = woken
        self.since_s = self.looked_s = monotonic()
        """Since when that which was found last may have been there: no later than that it was looked for.

        `looked_s`: when it was looked for last.
        """
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.add(self._wake_fd, self._take_wake)

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return self._epoll.closed

    def add(self, fd: int, ready: Callable[[int], None]) -> None:
        """Have `ready` called whenever the descriptor is readable."""
        self._epoll.register(fd, READ)
        self._ready[fd] = ready

    def want(self, fd: int, events: int) -> None:
        """Change which events of a descriptor count."""
        self._epoll.modify(fd, events)

    def remove(self, fd: int) -> None:
        """Forget a descriptor; to be called before it is closed."""
        if self._ready.pop(fd, None) is not None:
            with contextlib.suppress(OSError):
                self._epoll.unregister(fd)

    def watch(self, fds: Collection[int]) -> None:
        """Watch these files and no others. Raises OSError for one that is not open or cannot be waited for.

        A number that was watched before may stand for another file by now: the kernel is asked, not memory.
        """
        if not fds and not self._watches:
            return
        wanted = set(fds)
        for fd in self._watches - wanted:
            with contextlib.suppress(OSError):
                self._epoll.unregister(fd)
        self._watches &= wanted
        for fd in wanted:
            if fd in self._watches:
                try:
                    self._epoll.modify(fd, READ)
                    continue
                except FileNotFoundError:
                    self._watches.discard(fd)
            self._epoll.register(fd, READ)
            self._watches.add(fd)

    def readable(self, fd: int) -> bool:
        """Whether a watched file can be read now, or has failed; of others never."""
        if fd not in self._watches:
            return False
        question = select.poll()
        question.register(fd, select.POLLIN)
        return any(not mask & select.POLLNVAL for _fd, mask in question.poll(0))

    def wake(self) -> None:
        """Make `wait` return; safe in a signal handler and after `close`."""
        if self._wake_fd >= 0:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_write(self._wake_fd, 1)

    def wait(self, timeout_s: float | None) -> None:
        """Call back for everything that is ready, waiting up to that time for the first; None: for ever."""
        found = self._epoll.poll(0, AT_ONCE)
        self.since_s = self.looked_s
        if not found and timeout_s != 0:
            found = self._epoll.poll(timeout_s, AT_ONCE)
            self.since_s = monotonic()
        self.looked_s = monotonic()
        # Callbacks are looked up first: what one of them closes, the kernel may number anew for another.
        for fd, mask, ready in [(fd, mask, self._ready.get(fd)) for fd, mask in found]:
            if ready is not None:
                ready(mask | READ | WRITE if mask & _FAILED else mask)
            elif fd in self._watches:
                self._watched(fd)

    def fds(self) -> list[int]:
        """Every descriptor that belongs to this process's transport; watched files are their owner's."""
        return [*self._ready, self._epoll.fileno()]

    def close(self) -> None:
        """Forget everything."""
        self._epoll.close()
        wake_fd, self._wake_fd = self._wake_fd, -1
        os.close(wake_fd)

    def _take_wake(self, _mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake_fd)
        self._woken()

"""Which worker does what, and when. Pure: it says who gets a job, others carry it there.

A worker has one job at a time. What only reads goes to whoever is free; what writes passes one after the
other, in the order it came, and its turn lasts until `release`. Nothing else is given out until the `opening`
job has been released. A worker that is lost gets nothing until it is `up` again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from protocols.message import Command, Reply

MAX_WAITING: Final = 256
"""Jobs; more are refused."""
MAX_WAITING_BYTES: Final = 32 * 1024 * 1024


@dataclass(slots=True, eq=False, kw_only=True)
class Job:
    """A command on its way through the workers."""

    command: Command
    then: Callable[[Reply], None]
    writes: bool = False
    size: int = 0
    """Bytes of what it carries."""
    attempts: int = 0
    """Workers that have got it."""


@dataclass(slots=True)
class Pool:
    """The workers of one store and what waits for them."""

    workers: tuple[str, ...]
    busy: dict[str, Job] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)
    waiting: deque[Job] = field(default_factory=deque)
    writing: Job | None = None
    """Whose turn it is to write."""
    opening: Job | None = None
    """For whose end all others wait."""

    def submit(self, job: Job) -> bool:
        """Take a job in; False when too much waits already."""
        size = sum(one.size for one in self.waiting) + job.size
        if len(self.waiting) >= MAX_WAITING or size > MAX_WAITING_BYTES:
            return False
        self.waiting.append(job)
        return True

    def put_first(self, job: Job) -> None:
        """A job that goes before all that wait: one to be done again, or one that ends a turn to write."""
        self.waiting.appendleft(job)

    def assignments(self) -> Iterator[tuple[str, Job]]:
        """Who gets which job now."""
        while self.free and (job := self._next()) is not None:
            worker = self.free.pop(0)
            self.busy[worker] = job
            job.attempts += 1
            yield worker, job

    def _next(self) -> Job | None:
        for position, job in enumerate(self.waiting):
            if self.opening not in (None, job):
                continue
            if not job.writes or self.writing in (None, job):
                del self.waiting[position]
                if job.writes:
                    self.writing = job
                return job
        return None

    def release(self, job: Job) -> None:
        """The turn of this job is over: the next one may write; those that waited for it may begin."""
        if self.writing is job:
            self.writing = None
        if self.opening is job:
            self.opening = None

    def done(self, worker: str) -> None:
        """A worker has answered."""
        self.busy.pop(worker, None)
        self.free.append(worker)

    def lost(self, worker: str) -> None:
        """A worker has died, or does not answer, or may have died."""
        self.busy.pop(worker, None)
        if worker in self.free:
            self.free.remove(worker)

    def up(self, worker: str) -> None:
        """A worker serves (again)."""
        if worker not in self.busy and worker not in self.free:
            self.free.append(worker)

    def serving(self) -> tuple[str, ...]:
        """The workers that serve."""
        return (*self.free, *self.busy)

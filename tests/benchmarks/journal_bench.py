"""What a durable record costs, and how long a successor takes to read its journal.

    python -m tests.benchmarks.journal_bench [DIRECTORY]

Times are wall milliseconds on whatever holds DIRECTORY (the current one by default). "bare" is one write of a
page and one fdatasync to a file that is overwritten in place: what the disk asks for, without SQLite.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.engine.journal import Journal, Limits
from tests.support.journal_messages import Note, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
TEXT: Final = "x" * 180
"""Makes a record of about 230 encoded bytes, which is what a transaction event needs."""
LIMITS: Final = Limits(records=100_000)

Row = tuple[str, list[float]]


def timed(action: Callable[[], object], repeats: int) -> list[float]:
    """How many milliseconds each call took."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def bare(folder: Path) -> Row:
    """The disk's own share of a commit."""
    descriptor = os.open(folder / "bare", os.O_CREAT | os.O_RDWR)
    os.pwrite(descriptor, bytes(4096), 0)
    os.fsync(descriptor)

    def action() -> None:
        os.pwrite(descriptor, bytes(4096), 0)
        os.fdatasync(descriptor)

    row = ("bare write + fdatasync, 4 KiB", timed(action, 2000))
    os.close(descriptor)
    return row


def writes(folder: Path) -> Iterator[Row]:
    """Appends and snapshots of one open journal."""
    note = Note(number=1, text=TEXT)
    batch = tuple(Note(number=number, text=TEXT) for number in range(10))
    state = Summary(through=1, text="x" * 100_000)
    with Journal.open(folder / "writes", now=NOW, limits=LIMITS) as journal:
        yield "append, 1 record of 0.2 KiB", timed(lambda: journal.append(note), 5000)
        yield "append, 10 records of 0.2 KiB", timed(lambda: journal.append(*batch), 1000)
        yield "snapshot of 100 KiB", timed(lambda: journal.snapshot(state), 200)


def reads(folder: Path) -> Iterator[Row]:
    """From nothing to the recovered content."""
    numbers = iter(range(1_000_000))

    def create() -> None:
        Journal.open(folder / f"new{next(numbers)}", now=NOW).close()

    yield "create a new journal", timed(create, 50)
    for count, after in ((100, "closed"), (10_000, "closed"), (10_000, "killed")):
        path = folder / f"{after}{count}"
        with Journal.open(path, now=NOW, limits=LIMITS) as journal:
            for start in range(0, count, 100):
                journal.append(*(Note(number=start + number, text=TEXT) for number in range(100)))
            files = {name: name.read_bytes() for name in (path, path.with_name(path.name + "-wal"))}

        def recover(path: Path = path, count: int = count) -> None:
            with Journal.open(path, now=NOW, limits=LIMITS) as journal:
                assert len(journal.recover().records) == count

        taken = []
        for _ in range(20):
            if after == "killed":
                for name, content in files.items():
                    name.write_bytes(content)
            taken += timed(recover, 1)
        yield f"open + recover + close, {count} records, predecessor {after}", taken


def main() -> None:
    """Measure and print one table."""
    out = sys.stdout.write
    out(f"journal, {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}\n")
    out(f"{'what':<62}{'n':>6}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}\n")
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    with tempfile.TemporaryDirectory(dir=root) as name:
        folder = Path(name)
        for label, taken in (bare(folder), *writes(folder), *reads(folder)):
            middle, late = statistics.median(taken), sorted(taken)[len(taken) * 99 // 100]
            out(f"{label:<62}{len(taken):>6}{middle:>10.3f}{late:>10.3f}{max(taken):>10.3f}\n")


if __name__ == "__main__":
    main()

"""What every figure is measured on, and how figures are summed up."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks import bars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Figure(NamedTuple):
    """One line of a table; times in milliseconds unless the name says otherwise."""

    what: str
    p50: str
    p99: str = ""
    bar: str = ""
    held: bool | None = None
    of: str = ""
    """Key of the design's bar that this is measured for, see `bars.BARS`."""


def describe() -> str:
    """The machine in one line."""
    cpu = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine(),
    )  # fmt: skip
    load = os.getloadavg()[0]
    return (
        f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}, "
        f"load {load:.1f} at the start"
    )


def pss_kib(pid: int) -> int:
    """Proportional set size of a process."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def cpu_s(pid: int) -> float:
    """What a process has computed so far, without its children; the kernel counts in hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_s() -> float:
    """What all cores have computed since the machine was started."""
    user, nice, system, _idle, _waiting, *interrupts = (
        Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    return sum(map(int, (user, nice, system, *interrupts))) / os.sysconf("SC_CLK_TCK")


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def in_ms(
    what: str,
    seconds: list[float],
    p50_bar_ms: float | None = None,
    p99_bar_ms: float | None = None,
    *,
    of: str = "",
) -> Figure:
    """A figure of many durations, with its bars."""
    p50, p99 = percentile(seconds, 0.5) * 1e3, percentile(seconds, 0.99) * 1e3
    limits = [
        f"{name} <= {bar:g}" for name, bar in (("p50", p50_bar_ms), ("p99", p99_bar_ms)) if bar is not None
    ]
    held = (p50 <= (p50_bar_ms or p50)) and (p99 <= (p99_bar_ms or p99)) if limits else None
    return Figure(f"{what} (n={len(seconds)})", f"{p50:.2f} ms", f"{p99:.2f} ms", ", ".join(limits), held, of)


def print_table(title: str, figures: list[Figure]) -> bool:
    """Print figures as a table; return whether every bar held."""
    for each in figures:
        if each.of:
            bars.note(each.of, each.what, f"{each.p50}, p99 {each.p99}" if each.p99 else each.p50, each.held)
    words = {None: "", True: "held", False: "MISSED"}
    rows = [(each.what, each.p50, each.p99, each.bar, words[each.held]) for each in figures]
    print_rows(title, ("what", "p50", "p99", "bar", ""), rows)
    return all(figure.held is not False for figure in figures)


def print_rows(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    from rich.console import Console  # only printing needs it
    from rich.table import Table  # as above

    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)

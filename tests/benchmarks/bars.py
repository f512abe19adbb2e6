"""The bars that evsite has set itself, and what the benchmarks of one run have found for each."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOUND: Final = "EVSITE_BENCH_FOUND"
"""In the environment: the file to which a benchmark adds what it has found for a bar."""
BARS: Final = {
    "session": (
        "kill -9 of a V2G session in the charging loop, until the same request is answered",
        "p99 <= 100 ms, never > 250 ms",
    ),
    "deaths": (
        "1,000 random kills under load (tells more: docs/soak.md)",
        "no transaction message lost, doubled or out of order; no car sees a time-out",
    ),
    "restart": ("an actor of any kind killed, until its successor serves", "p50 <= 30 ms, p99 <= 150 ms"),
    "exi": (
        "EXI, one way, p50",
        "charging loop <= 0.10 ms, chain of three <= 0.15 ms, 24-entry schedule <= 0.6 ms; ready <= 0.5 s",
    ),
    "granted": ("discovery to authorized by contract, local CSMS", "<= 0.4 s; the station's share <= 60 ms"),
    "share": ("the station's share of a pair of messages", "p50 <= 5 ms, p99 <= 20 ms"),
    "memory": ("PSS", "<= 12 MiB an actor, <= 1,536 MiB with 24 EVSEs"),
    "start": ("start until all EVSEs are ready", "2 EVSEs <= 3 s, 24 EVSEs <= 12 s"),
    "cpu": ("CPU at 24 cars in the DC charging loop, 4 requests/s each", "<= 1 core"),
}
"""What is measured, and what it is to be; the keys are for those who measure."""


class Finding(NamedTuple):
    """What one benchmark has found for one bar."""

    bar: str
    what: str
    figure: str
    held: bool | None


def note(bar: str, what: str, figure: str, held: bool | None) -> None:  # noqa: FBT001  # as in a table
    """Have something found put into the table of bars, where there is to be one."""
    if bar not in BARS:
        raise KeyError(bar)
    if path := os.environ.get(FOUND):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(Finding(bar, what, figure, held))}\n")


def read(path: Path) -> list[Finding]:
    """What has been noted there."""
    return [Finding(*json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def rows(findings: Sequence[Finding]) -> Iterator[tuple[str, str, str, str]]:
    """The table: what, bar, what was found, whether it holds."""
    words = {None: "", True: "held", False: "MISSED"}
    for name, (what, bar) in BARS.items():
        found = [each for each in findings if each.bar == name]
        if not found:
            yield what, bar, "not measured", ""
        for number, each in enumerate(found):
            head = ("", "") if number else (what, bar)
            yield *head, f"{each.what.strip()}: {each.figure}", words[each.held]

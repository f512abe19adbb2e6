"""`make bench`: every benchmark, one table each, and in the end the table of the bars evsite has set itself.

    python -m tests.benchmarks.run [--report docs/bars.md] [--only NAME ...]

Exit code 1 when a bar was missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.benchmarks import bars
from tests.benchmarks.machine import describe, print_rows

BENCHMARKS: Final = (
    ("tests.benchmarks.engine_bench",),
    ("tests.benchmarks.journal_bench",),
    ("tests.benchmarks.certs_bench",),
    ("tests.benchmarks.store_bench",),
    ("tests.benchmarks.tls_bench",),
    ("tests.benchmarks.exi_bench", "--check", "--profile"),
    ("tests.benchmarks.v2g_bench",),
    ("tests.benchmarks.v2g_bench", "--cars24"),
    ("tests.benchmarks.v2g_bench", "--peer"),
    ("tests.benchmarks.evidence_bench",),
    ("tests.benchmarks.kill_matrix",),
    ("tests.benchmarks.evse_bench",),
    ("tests.benchmarks.ocpp_bench",),
    ("tests.soak.run",),
)
HEADINGS: Final = ("what", "bar", "found", "")
LONGEST_S: Final = 1800.0
HEAD: Final = """\
# Bars

What evsite holds itself to, and what was last measured. Written by `make bench`, which prints everything that
it has measured besides; each benchmark in `tests/benchmarks/` says in its head how it measures. Cars, boards
and back-end are simulated and run on the same machine; sockets, TLS, actors and processes are real.
"""


def main() -> int:
    """Run them one after the other, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, help="write the table of the bars to this file")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="those with this in their name")
    chosen = parser.parse_args()
    title = f"{describe()}; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    codes = [0]
    with tempfile.TemporaryDirectory() as directory:
        found = Path(directory) / "found"
        found.touch()
        for benchmark in BENCHMARKS:
            name = " ".join(benchmark)
            if chosen.only and not any(each in name for each in chosen.only):
                continue
            print(f"\n== {name}", flush=True)  # noqa: T201  # this is what it is for
            command = [sys.executable, "-m", *benchmark]
            surroundings = {**os.environ, bars.FOUND: str(found)}
            codes.append(subprocess.run(command, timeout=LONGEST_S, check=False, env=surroundings).returncode)
        rows = list(bars.rows(bars.read(found)))
    print_rows(title, HEADINGS, rows)
    if chosen.report is not None:
        chosen.report.write_text(page(title, rows), encoding="utf-8")
    return max(codes)


def page(title: str, rows: list[tuple[str, str, str, str]]) -> str:
    """The table for people."""
    table = [HEADINGS, ("---",) * len(HEADINGS), *rows]
    return "\n".join([HEAD, f"Machine: {title}.", "", *(f"| {' | '.join(each)} |" for each in table), ""])


if __name__ == "__main__":
    sys.exit(main())

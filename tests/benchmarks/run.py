"""`make bench`: every benchmark, one table each. Exit code 1 when a bar was missed."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    ("tests.benchmarks.engine_bench",),
    ("tests.benchmarks.journal_bench",),
    ("tests.benchmarks.certs_bench",),
    ("tests.benchmarks.store_bench",),
    ("tests.benchmarks.tls_bench",),
    ("tests.benchmarks.v2g_bench",),
    ("tests.benchmarks.v2g_bench", "--cars24"),
    ("tests.benchmarks.v2g_bench", "--peer"),
    ("tests.benchmarks.evidence_bench",),
    ("tests.benchmarks.kill_matrix",),
    ("tests.benchmarks.evse_bench",),
    ("tests.benchmarks.ocpp_bench",),
    ("tests.benchmarks.exi_bench", "--check", "--profile"),
)


def main() -> int:
    """Run them one after the other, each in a process of its own."""
    codes = []
    for benchmark in BENCHMARKS:
        print(f"\n== {' '.join(benchmark)}", flush=True)  # noqa: T201  # this is what it is for
        codes.append(subprocess.run([sys.executable, "-m", *benchmark], timeout=900, check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())

"""What encoding and decoding V2G messages costs, beside the Java codec of the `iso15118` package.

    python -m tests.benchmarks.exi_bench [--repeats 3000] [--venv .venv-interop] [--profile] [--check]

Times are wall microseconds for one message one way, p50 and p99, everything warm. "Java" is that package's
own way: its JSON bridge to the Java processor, timed in the process that holds it, building the JSON left
out; it is measured in the same run where the environment of `make interop` exists. Import time is that of
a fresh interpreter; memory is what generating all functions of a schema adds to its resident size.
`--check`: exit code 1 if a bar of DESIGN 9 is missed.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import pathlib
import platform
import pstats
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from protocols.iso15118 import exi
from protocols.iso15118.exi.schema import Schema
from tests.benchmarks import bars
from tests.interop.exi_java import ROOT, Java, SkippedError
from tests.support.exi_examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACES = {Schema.ISO2: "urn:iso:15118:2:2013:MsgDef", Schema.ISO20_DC: "urn:iso:std:iso:15118:-20:DC"}
READY_BAR_S = 0.5
JAVA_REPEATS = 60
JAVA_WARM_UP = 20


def say(text: str = "") -> None:
    """One line of the report."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def timed(action: Callable[[], object], repeats: int) -> tuple[float, float]:
    """p50 and p99 of one call, in microseconds."""
    for _ in range(repeats // 10):
        action()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter_ns()
        action()
        taken.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(taken), sorted(taken)[int(len(taken) * 0.99)]


FRESH = """
import resource, sys, time
def size():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20
start = time.perf_counter()
from protocols.iso15118 import exi
imported = time.perf_counter()
before = size()
data = bytes.fromhex(sys.argv[2])
exi.decode(data, sys.argv[1])
first = time.perf_counter()
exi.prepare(sys.argv[1])
done = time.perf_counter()
print(imported - start, first - start, done - start, size() - before)
"""


def fresh(schema: Schema, data: bytes) -> list[float]:
    """In a new interpreter: seconds to import, to the first message, to all functions; MiB added."""
    command = [sys.executable, "-c", FRESH, schema.value, data.hex()]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return [float(number) for number in done.stdout.split()]


def java_times(java: Java | None, schema: Schema, message: Any, data: bytes) -> tuple[float, float] | None:
    """Median microseconds of the Java codec's bridge, to encode and to decode; None without it."""
    if java is None:
        return None
    text = json.dumps(exi.to_json(message))
    medians = []
    for request in (
        {"op": "json_encode", "namespace": NAMESPACES[schema], "json": text},
        {"op": "json_decode", "namespace": NAMESPACES[schema], "hex": data.hex()},
    ):
        taken = []
        for number in range(JAVA_WARM_UP + JAVA_REPEATS):
            reply = java.ask(**request)
            if "error" in reply:
                return None
            if number >= JAVA_WARM_UP:
                taken.append(reply["us"])
        medians.append(statistics.median(taken))
    return medians[0], medians[1]


def peer(folder: pathlib.Path) -> Java | None:
    """The Java codec, if its environment exists already."""
    if not (folder / "bin" / "python").exists():
        say(f"no Java codec: {folder} does not exist (make interop makes it)")
        return None
    try:
        return Java(folder)
    except SkippedError as reason:
        say(f"no Java codec: {reason}")
        return None


def table(repeats: int, java: Java | None) -> bool:
    """Print the times of all examples; whether every bar holds."""
    heads = f"{'message':42s} {'bytes':>6s} {'encode us':>18s} {'decode us':>18s} {'bar':>6s}"
    say(f"{heads} {'Java us':>17s} {'x':>5s}")
    holds = True
    for name, (schema, message, bar) in examples().items():
        data = exi.encode(message, schema)
        there, back = (
            timed(lambda message=message, schema=schema: exi.encode(message, schema), repeats),
            timed(lambda data=data, schema=schema: exi.decode(data, schema), repeats),
        )
        line = f"{name:42s} {len(data):6d} {there[0]:8.1f} /{there[1]:8.1f} {back[0]:8.1f} /{back[1]:8.1f} "
        line += f"{bar:6.0f}" if bar else " " * 6
        times = java_times(java, schema, message, data)
        if times is not None:
            factor = min(times[0] / there[0], times[1] / back[0])
            line += f" {times[0]:8.0f}/{times[1]:8.0f} {factor:5.0f}"
        say(line)
        if bar is not None:
            held = max(there[0], back[0]) <= bar
            bars.note("exi", name, f"encode {there[0]:.0f}, decode {back[0]:.0f} us", held)
            holds = holds and held
    return holds


def starts() -> bool:
    """Print what a fresh interpreter needs; whether the bar holds."""
    say()
    say(f"{'schema':14s} {'import ms':>10s} {'first message ms':>17s} {'all functions ms':>17s} {'MiB':>6s}")
    holds = True
    for name in ("SessionSetupReq", "-20 DC_ChargeLoopReq"):
        schema, message, _ = examples()[name]
        times = [fresh(schema, exi.encode(message, schema)) for _ in range(5)]
        imported, first, ready, size = (statistics.median(column) for column in zip(*times, strict=True))
        say(f"{schema:14s} {imported * 1e3:10.0f} {first * 1e3:17.0f} {ready * 1e3:17.0f} {size:6.1f}")
        bars.note("exi", f"codec ready, {schema}", f"{ready:.2f} s", ready <= READY_BAR_S)
        holds = holds and ready <= READY_BAR_S
    return holds


def profile() -> None:
    """Print where the time of the charging loop goes."""
    schema, message, _ = examples()["CurrentDemandRes"]
    data = exi.encode(message, schema)
    collector = cProfile.Profile()
    collector.enable()
    for _ in range(5000):
        exi.decode(exi.encode(message, schema), schema)
    collector.disable()
    out = io.StringIO()
    pstats.Stats(collector, stream=out).sort_stats("tottime").print_stats(14)
    say(f"\nCurrentDemandRes ({len(data)} bytes), 5000 times both ways")
    say("\n".join(line for line in out.getvalue().splitlines()[4:] if line.strip()))


def main() -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3000)
    parser.add_argument("--venv", type=pathlib.Path, default=ROOT / ".venv-interop")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    say(f"Python {platform.python_version()}, {platform.system()} {platform.release()} {platform.machine()}")
    java = peer(chosen.venv)
    holds = table(chosen.repeats, java)
    if java is not None:
        java.close()
    holds = starts() and holds
    say(f"bars of DESIGN 9: {'held' if holds else 'MISSED'}")
    if chosen.profile:
        profile()
    return 0 if holds or not chosen.check else 1


if __name__ == "__main__":
    sys.exit(main())

"""What a V2G talk costs the station: its share of each exchange, and how long a killed session is missed.

    python -m tests.benchmarks.v2g_bench [--cars 10] [--kills 100]
    python -m tests.benchmarks.v2g_bench --cars24 [--links 24] [--window 30]
    python -m tests.benchmarks.v2g_bench --peer [--sessions 5] [--venv .venv-interop]

Our simulated car, real processes, loopback, TLS, a played EVSE manager. "share": from the last byte of a
request sent to the response read, as the car sees it; both ends run on this machine.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import pathlib
import signal
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from actors.simulation.ev import exchange
from actors.v2g.secc import preparation
from actors.v2g.secc.settings import Settings
from tests.benchmarks import v2g_crowd, v2g_peer
from tests.benchmarks.machine import Figure, cpu_s, describe, in_ms, print_table
from tests.support.charging import charge, furnish
from tests.support.engine import pids, running
from tests.support.links import LINK, SESSION, Root

if TYPE_CHECKING:
    from actors.engine.client import Client

CONTRACT = "car: {mode: dc, pay: contract, time_lapse: 3000}"
LOOP = "car: {mode: dc, pay: eim, time_lapse: 300}"
LOOP_PHASE, GRANT_PHASE = "CurrentDemand", "Authorization"


def main() -> int:
    """Measure and print; exit code 1 when a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cars", type=int, default=10)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--cars24", action="store_true", help="many cars in their charging loops, only")
    parser.add_argument("--links", type=int, default=v2g_crowd.LINKS)
    parser.add_argument("--window", type=float, default=30.0, help="seconds")
    parser.add_argument(
        "--peer", action="store_true", help="beside the station of the package iso15118, only"
    )
    parser.add_argument("--sessions", type=int, default=v2g_peer.SESSIONS)
    parser.add_argument("--venv", default="", help="where that package is")
    arguments = parser.parse_args()
    if arguments.peer:
        return v2g_peer.measure(arguments.sessions, arguments.venv)
    if arguments.cars24:
        return v2g_crowd.measure(arguments.links, arguments.window)
    preparation.prepare(Settings())  # of the car: what its first message takes is not the station's
    title = describe()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with running(Root, furnish(directory)) as (_system, client):
            first_s = talks(client, directory, 1)[1]
            before = used(client)
            shares, granted_s, waited_s = talks(client, directory, arguments.cars)
            after = used(client)
            killed_s = kills(client, directory, arguments.kills)
    everything = [each for one in shares.values() for each in one]
    cpu_ms = [f"{(after[name] - before[name]) / len(everything) * 1e3:.2f} ms" for name in (LINK, SESSION)]
    held = print_table(
        f"{title}, {os.getloadavg()[0]:.1f} at the end",
        [
            *(in_ms(phase, one) for phase, one in shares.items()),
            in_ms("any message", everything, 5.0, 20.0, of="share"),
            Figure("CPU for each: link + session", " + ".join(cpu_ms)),
            in_ms("plug to granted by contract", granted_s, 400.0, of="granted"),
            in_ms("the same, the first car of a station", first_s),
            in_ms("the station's share of plug to granted", waited_s, 60.0, of="granted"),
            in_ms("session killed in the charging loop", killed_s, None, 100.0, of="session"),
            in_ms("the longest of these deaths", [max(killed_s)], 250.0, of="session"),
        ],
    )
    return 0 if held else 1


def used(client: Client) -> dict[str, float]:
    """Processor time of the link and of its session so far."""
    found = pids(client)
    return {name: cpu_s(found[name]) for name in (LINK, SESSION)}


def talks(
    client: Client, directory: pathlib.Path, cars: int
) -> tuple[dict[str, list[float]], list[float], list[float]]:
    """Charges by contract: seconds of each exchange by phase, from plug to the grant, and waited in that."""
    shares: dict[str, list[float]] = collections.defaultdict(list)
    granted_s: list[float] = []
    waited_s: list[float] = []
    for _ in range(cars):
        record: list[tuple[str, float, float]] = []

        def watch(effect: exchange.Effect, record: list[tuple[str, float, float]] = record) -> None:
            if isinstance(effect, exchange.Exchanged):
                shares[effect.phase].append(effect.took_s)
                record.append((effect.phase, time.monotonic(), effect.took_s))

        begun_s = time.monotonic()
        outcome = charge(client, directory, CONTRACT, watch)
        if outcome is None or not outcome.completed:
            sys.exit(f"a car did not charge: {outcome}")
        grant_s = max(at_s for phase, at_s, _ in record if phase == GRANT_PHASE)
        granted_s.append(grant_s - begun_s)
        waited_s.append(sum(took_s for _, at_s, took_s in record if at_s <= grant_s))
    return shares, granted_s, waited_s


def kills(client: Client, directory: pathlib.Path, count: int) -> list[float]:
    """Kill the session while a request of the loop is under way: seconds until its answer."""
    took_s: list[float] = []
    while len(took_s) < count:
        state = {"loop": False, "killed": False, "seen": 0}

        def watch(effect: exchange.Effect, state: dict[str, int | bool] = state) -> None:
            if isinstance(effect, exchange.Exchanged):
                state["loop"] = effect.phase == LOOP_PHASE
                if state["killed"]:
                    took_s.append(effect.took_s)
                state["killed"] = False
                state["seen"] += 1
            elif isinstance(effect, exchange.Send) and state["loop"] and int(state["seen"]) % 5 == 0:
                with contextlib.suppress(ProcessLookupError, KeyError):
                    os.kill(pids(client)[SESSION], signal.SIGKILL)
                    state["killed"] = True

        outcome = charge(client, directory, LOOP, watch)
        if outcome is None or not outcome.completed:
            sys.exit(f"a car noticed that its session was killed: {outcome}")
    return took_s


if __name__ == "__main__":
    sys.exit(main())

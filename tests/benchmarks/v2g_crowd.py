"""Cars in the DC loop at four requests a second each, every one at a link of its own.

    python -m tests.benchmarks.v2g_bench --cars24 [--links 24] [--window 30]

Real processes, TLS over loopback, played EVSE managers, which are not counted; the cars share two processes.
Latency: from the request out of the car to the answer in it, so that what the cars wait for each other is in
it too. CPU and memory are those of the links with their sessions, and of all actors there are besides.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import pathlib
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Final

from actors.simulation.ev.runner import Place
from tests.benchmarks.machine import Figure, busy_s, cpu_s, describe, in_ms, print_table, pss_kib
from tests.support.cars import Drove, Plan, drive
from tests.support.charging import furnish
from tests.support.engine import eventually, pids, running
from tests.support.links import Root, module_of, ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from actors.engine.client import Client

LINKS: Final = 24
PROCESSES: Final = 2
"""That drive cars."""
LIMIT_S: Final = 0.25
"""As long as a car waits for its answer: V2G_EVCC_Msg_Timeout_CurrentDemandReq of ISO 15118-2."""
PLUG_S: Final = 0.25
"""Between two cars that are plugged in."""
READY_S: Final = 6.0
"""From the last plug to the window: by then every car is in its loop."""
STARTING_S: Final = 6.0
"""Until the processes of the cars are up."""
PHASE: Final = "CurrentDemand"
BAR_CORES: Final = 1.0
PLAYED: Final = "played EVSE managers"
CAR: Final = """
car:
  mode: dc
  pay: eim
  tls: true
  patience: 40
  dc: {{loop_s: 0.242}}
  battery: {{capacity_wh: 2000000}}
steps: [plug, charge: {{minutes: {minutes}}}, unplug]
"""
"""With an answer in 8 ms that makes four requests a second. It is patient: late answers are counted."""


def measure(links: int, window_s: float) -> int:
    """Run and print; the exit code."""
    title = describe()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with running(Root, furnish(directory) | {"links": links}) as (_system, client):
            figures = list(crowd(client, directory, links, window_s))
    return 0 if print_table(f"{title}, {os.getloadavg()[0]:.1f} at the end", figures) else 1


def crowd(client: Client, directory: pathlib.Path, links: int, window_s: float) -> Iterator[Figure]:
    """The figures of a window in which every car is in its loop."""
    eventually(lambda: all(ports(client, number).tls for number in range(links)), within_s=60)
    first_s = time.monotonic() + STARTING_S
    from_s = first_s + links * PLUG_S + READY_S
    to_s = from_s + window_s
    yaml = CAR.format(minutes=f"{(to_s - first_s + 1) / 60:.3f}")
    plans = [
        Plan(
            yaml,
            str(directory / "car"),
            Place(sdp=("::1", ports(client, number).sdp or 0)),
            first_s + number * PLUG_S,
        )
        for number in range(links)
    ]
    spawning = multiprocessing.get_context("spawn")  # the cars have nothing of the actors'
    with concurrent.futures.ProcessPoolExecutor(PROCESSES, spawning) as pool:
        driving = [pool.submit(drive, plans[number::PROCESSES], to_s + 30.0) for number in range(PROCESSES)]
        _sleep_until(from_s)
        used = Used(client)
        cars = {child.pid: cpu_s(child.pid) for child in multiprocessing.active_children() if child.pid}
        _sleep_until(to_s)
        cars_cores = sum(cpu_s(pid) - before for pid, before in cars.items()) / window_s
        shares = list(used.shares(window_s, cars_cores))
        drove = [each for future in driving for each in future.result()]
    yield from latencies(drove, from_s, to_s)
    yield from shares


def latencies(drove: Sequence[Drove], from_s: float, to_s: float) -> Iterator[Figure]:
    """What the cars have seen in the window. Exits when one has not charged to its end."""
    for number, car in enumerate(drove):
        if not car.completed:
            sys.exit(f"car {number} did not charge: {car.detail}")
    seen = [
        [took_s for phase, at_s, took_s in car.exchanges if phase == PHASE and from_s <= at_s <= to_s]
        for car in drove
    ]
    everything = [took_s for car in seen for took_s in car]
    rates = sorted(len(car) / (to_s - from_s) for car in seen)
    missed = sum(took_s > LIMIT_S for took_s in everything)
    yield in_ms(f"{len(drove)} cars at once, {PHASE}", everything, 5.0, 20.0, of="share")
    yield in_ms("the same, the longest of each car", [max(car) for car in seen])
    yield Figure("answers after more than 250 ms", str(missed), "", "0", missed == 0)
    yield Figure(
        "requests of one car, of the slowest", f"{rates[len(rates) // 2]:.2f} /s", f"{rates[0]:.2f} /s"
    )


class Used:
    """What the actors, and everybody else on this machine, use from now on."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._found = eventually(lambda: pids(client))
        self._before = {pid: cpu_s(pid) for pid in self._found.values()}
        self._machine_before_s = busy_s()

    def shares(self, window_s: float, cars_cores: float) -> Iterator[Figure]:
        """CPU of each group in the window, PSS of its processes now. What the dead have used is not in it."""
        machine_cores = (busy_s() - self._machine_before_s) / window_s
        found: dict[str, int] = eventually(lambda: pids(self._client))
        groups: dict[str, list[int]] = {}
        for path, pid in found.items():
            groups.setdefault(_group(path), []).append(pid)
        cores = {
            name: sum(cpu_s(pid) - self._before.get(pid, 0.0) for pid in group) / window_s
            for name, group in sorted(groups.items())
        }
        died = sum(pid not in found.values() for pid in self._before)
        yield Figure("actors that died", str(died), "", "0", died == 0)
        station = sum(used for name, used in cores.items() if name != PLAYED)
        held = station <= BAR_CORES
        yield Figure("CPU of the station", f"{station:.2f} cores", "", f"<= {BAR_CORES:g} core", held, "cpu")
        for name, used in cores.items():
            yield Figure(f"  {name} (n={len(groups[name])})", f"{used:.2f} cores")
        yield Figure("  the cars themselves", f"{cars_cores:.2f} cores")
        others = max(0.0, machine_cores - sum(cores.values()) - cars_cores)
        yield Figure("  whoever else is on this machine", f"{others:.2f} cores")
        for name in cores:
            yield self._weight(name, groups[name])

    @staticmethod
    def _weight(name: str, group: Sequence[int]) -> Figure:
        weights = [pss_kib(pid) / 1024 for pid in group]
        mean, heaviest = sum(weights) / len(weights), max(weights)
        figure = Figure(f"PSS of {name}, heaviest", f"{mean:.1f} MiB", f"{heaviest:.1f} MiB")
        if name == PLAYED:
            return figure
        return figure._replace(bar="mean <= 12 MiB", held=mean <= 12)


def _group(path: str) -> str:
    """What an actor is counted as."""
    name = path.removeprefix("site/")
    if name.startswith(("player", "listener")):
        return PLAYED
    if name.startswith(module_of(0)):
        return "sessions" if name.endswith(".session") else "links"
    return "other actors"


def _sleep_until(moment_s: float) -> None:
    time.sleep(max(0.0, moment_s - time.monotonic()))

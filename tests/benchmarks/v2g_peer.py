"""What a talk costs our station and the station of the PyPI package `iso15118`, with one and the same car.

    python -m tests.benchmarks.v2g_bench --peer [--sessions 5] [--venv .venv-interop]

Our simulated car charges by a -2 contract, AC over TLS, at one station after the other, over a cable between
two hosts, with the same certificates; the EVSEs behind them answer at once. A message's time is from the
request out of the car to the answer in it. The package logs nothing here. Needs root, Java and the package's
environment; skipped with the reason where one is missing.
"""

from __future__ import annotations

import collections
import contextlib
import os
import pathlib
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.simulation.ev.runner import Place
from certs import pki
from tests.benchmarks import bars
from tests.benchmarks.machine import cpu_s, describe, percentile, print_rows, pss_kib
from tests.interop import peer_pki
from tests.interop.ev_peer import furnish
from tests.interop.exi_java import ROOT, SkippedError, environment, say
from tests.interop.peers import STATION, cable, peer
from tests.support import network
from tests.support.cars import Plan, drive
from tests.support.engine import eventually, pids, running
from tests.support.links import LINK, SESSION, Root, ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.cars import Drove
    from tests.support.network import Cable

SESSIONS: Final = 5
PERIOD_S: Final = 12.0
"""From a session to the next."""
REST_S: Final = 6.0
"""Between two sessions at least: the package needs five seconds until it serves the next car."""
IDLE_S: Final = 4.0
PLUG_S: Final = 0.5
"""The car is made before it is plugged in."""
TALK_S: Final = 60.0
SDP_PORT: Final = 15118
GRANT: Final = "Authorization"
GRANTED, SHARE = "discovery to granted", "station's share of it"
AT_ONCE: Final = {"authorize_s": 0.0, "contactor_s": 0.0}
CAR: Final = """
car:
  mode: ac
  pay: contract
  patience: 20
  time_lapse: 1000
  ac: {loop_s: 0.25}
steps: [plug, charge: {minutes: 30}, unplug]
"""
QUIET: Final = {
    "PROTOCOLS": "ISO_15118_2",
    "AUTH_MODES": "PNC",
    "LOG_LEVEL": "ERROR",
    "MESSAGE_LOG_JSON": "False",
}


class Bill(NamedTuple):
    """What a station has taken for some sessions."""

    drove: tuple[Drove, ...]
    granted_s: tuple[float, ...]
    """From the first discovery request to the grant, of each session."""
    cpu_s: tuple[float, ...]
    """Of each session, with the rest until the next one."""
    idle_cores: float
    """While there is no car."""
    secc_pss_mib: float
    all_pss_mib: float
    """With everything that runs for it."""


def measure(sessions: int, venv: str) -> int:
    """Run and print; the exit code."""
    if (reason := network.why_not()) is not None:
        say(f"comparison skipped: {reason}")
        return 0
    try:
        python = environment(pathlib.Path(venv or ROOT / ".venv-interop"))
    except SkippedError as error:
        say(f"comparison skipped: {error}")
        return 0
    title = describe()
    with tempfile.TemporaryDirectory() as name, cable() as laid:
        directory = pathlib.Path(name)
        made = pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint("peer bench"))
        furnish(directory, made)
        peer_pki.write(made, directory / "peer")
        ours = our_station(directory, laid, sessions)
        theirs = their_station(python, directory, laid, sessions)
    title = (
        f"{title}, {os.getloadavg()[0]:.1f} at the end; -2 AC by contract over TLS, {sessions} sessions each"
    )
    table = list(rows(ours, theirs))
    print_rows(title, ("", "evsite p50", "longest", "iso15118 p50", "longest", "p50 ratio"), table)
    for what, mine, _, other, *_, ratio in table:
        if what.startswith((GRANTED, SHARE)):
            bars.note(
                "granted", f"{what}, beside the package iso15118", f"{mine} against {other} ({ratio})", None
            )
    return 0


def our_station(directory: pathlib.Path, laid: Cable, sessions: int) -> Bill:
    """Ours: link, session and certificate manager as processes; who plays the EVSE manager is not counted."""
    config = {"directory": str(directory), "parameters": {"device": "auto"}, "played": {"evse": AT_ONCE}}
    with laid.inside(0), running(Root, config) as (_system, client):
        eventually(lambda: (found := ports(client)).plain and found.tls, within_s=30)
        alive = {
            path: pid for path, pid in pids(client).items() if "player" not in path and "listener" not in path
        }
        return charged(directory, laid, sessions, lambda: list(alive.values()), [alive[LINK], alive[SESSION]])


def their_station(python: pathlib.Path, directory: pathlib.Path, laid: Cable, sessions: int) -> Bill:
    """The package's, with its Java machine."""
    with laid.inside(0), peer(python, STATION, directory, laid.device(0), **QUIET) as (process, _log):
        eventually(lambda: listens(process.pid, SDP_PORT), within_s=60)
        time.sleep(1.0)  # it has opened the port, and tells nobody when it is ready
        return charged(directory, laid, sessions, lambda: group_of(process.pid), None)


def charged(
    directory: pathlib.Path,
    laid: Cable,
    sessions: int,
    everybody: Callable[[], Sequence[int]],
    secc: Sequence[int] | None,
) -> Bill:
    """The bill of a station that is ready. `secc`: the processes that speak to the car, None: all."""
    drove, granted_s, spent_s = [], [], []
    place = Place(interface=laid.device(1))
    idle_s = total(everybody())
    time.sleep(IDLE_S)
    idle_s = total(everybody()) - idle_s
    for _ in range(sessions):
        before_s, begun_s = total(everybody()), time.monotonic() + PLUG_S
        with laid.inside(1):
            (one,) = drive([Plan(CAR, str(directory / "pki"), place, begun_s)], begun_s + TALK_S)
        if not one.completed:
            raise SystemExit(f"the car did not charge: {one.detail}")
        drove.append(one)
        granted_s.append(max(at_s for phase, at_s, _ in one.exchanges if phase == GRANT) - begun_s)
        time.sleep(max(REST_S, begun_s + PERIOD_S - time.monotonic()))
        spent_s.append(total(everybody()) - before_s)
    weights = {pid: pss_kib(pid) / 1024 for pid in everybody()}
    speaking = sum(weights[pid] for pid in (secc if secc is not None else weights))
    everything = sum(weights.values())
    return Bill(tuple(drove), tuple(granted_s), tuple(spent_s), idle_s / IDLE_S, speaking, everything)


def rows(ours: Bill, theirs: Bill) -> Iterator[tuple[str, ...]]:
    """The lines of the table."""
    mine, other = by_phase(ours), by_phase(theirs)
    for phase in mine:
        yield beside_ms(phase, mine[phase], other.get(phase, []))
    each = [[took for one in by.values() for took in one] for by in (mine, other)]
    yield beside_ms("any message", *each)
    yield beside_ms(GRANTED, ours.granted_s, theirs.granted_s)
    yield beside_ms("the same, the first session of all", ours.granted_s[:1], theirs.granted_s[:1])
    shares = [[granted_share_s(one) for one in bill.drove] for bill in (ours, theirs)]
    yield beside_ms(SHARE, *shares)
    yield beside(f"CPU of a session and its rest, {PERIOD_S:g} s", ours.cpu_s, theirs.cpu_s, 1.0, "s")
    yield beside("CPU without a car", [ours.idle_cores], [theirs.idle_cores], 1.0, "cores")
    yield beside("PSS of what speaks to the car", [ours.secc_pss_mib], [theirs.secc_pss_mib], 1.0, "MiB")
    yield beside("PSS of all there is", [ours.all_pss_mib], [theirs.all_pss_mib], 1.0, "MiB")


def granted_share_s(one: Drove) -> float:
    """What a car has waited for answers until it was granted."""
    last = max(index for index, (phase, _, _) in enumerate(one.exchanges) if phase == GRANT)
    return sum(took_s for _, _, took_s in one.exchanges[: last + 1])


def by_phase(bill: Bill) -> dict[str, list[float]]:
    """Seconds of each exchange, in the order of the talk."""
    found: dict[str, list[float]] = collections.defaultdict(list)
    for one in bill.drove:
        for phase, _at_s, took_s in one.exchanges:
            found[phase].append(took_s)
    return found


def beside_ms(what: str, ours: Sequence[float], theirs: Sequence[float]) -> tuple[str, ...]:
    """A line of durations."""
    return beside(what, ours, theirs, 1e3, "ms")


def beside(
    what: str, ours: Sequence[float], theirs: Sequence[float], factor: float, unit: str
) -> tuple[str, ...]:
    """A line: the middle and the largest value of each, and how the middle ones compare."""
    line = [f"{what} (n={len(ours)})" if len(ours) > 1 else what]
    middles = []
    for values in (ours, theirs):
        if values:
            middles.append(percentile(list(values), 0.5))
            line += [f"{middles[-1] * factor:.2f} {unit}", f"{max(values) * factor:.2f} {unit}"]
        else:
            line += ["-", "-"]
    compared = len(middles) == 2 and middles[0] > 0
    return (*line, f"{middles[1] / middles[0]:.1f}" if compared else "-")


def total(group: Sequence[int]) -> float:
    """CPU seconds of living processes."""
    return sum(cpu_s(pid) for pid in group)


def group_of(leader: int) -> list[int]:
    """A process and all it has started."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == leader:
                found.append(int(entry.name))
    return found


def listens(pid: int, port: int) -> bool:
    """Whether somebody in the network of a process has bound this UDP port."""
    table = pathlib.Path(f"/proc/{pid}/net/udp6").read_text(encoding="ascii")
    return any(line.split()[1].endswith(f":{port:04X}") for line in table.splitlines()[1:])

"""`make soak`: a site of eight EVSEs charges for its life: random actors are killed, its back-end flaps.

    python -m tests.soak.run --kills 1000 --seed 1 --report docs/soak.md

Real processes, sockets, TLS, EXI and OCPP; hardware, cars and back-end are simulated. The cars are driven
over the Gateway, which dies as everybody else does. Who is killed is drawn from the seed: every actor but the
root and what is simulated. Meanwhile the back-end drops connections, leaves answers out, sends them twice,
and refuses upgrades. In the end its record is judged: every transaction whole, in order, each message once.
Exit code 1 when it is not, or when memory grows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from actors.demo.backend import Backend
from actors.demo.preparation import make_device_model
from actors.engine.processes import reap_session
from actors.gateway.client import CallError, ConnectionEnded, GatewayClient, url_of
from actors.ocpp.assembly import lay_out
from actors.ocpp.device_model.generation import Evse, Outlet
from actors.simulation.csms.ledger import Fault, judge
from actors.simulation.csms.record import from_lines
from actors.simulation.ev.outcome import Reason
from tests.benchmarks import bars
from tests.benchmarks.machine import describe, pss_kib
from tests.support.charging_site import Car, site_file
from tests.support.multiplexed import certify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.simulation.csms.ledger import Ledger

CARS: Final = {
    1: Car(card="CARD1"),
    2: Car(card="CARD2"),
    3: Car(card="CARD3"),
    4: Car(speaks=True),
    5: Car(speaks=True),
    6: Car(dc=True, speaks=True),
    7: Car(dc=True, speaks=True),
    8: Car(dc=True, speaks=True, iso20=True),
}
SPARED: Final = frozenset({"Site", "Branch", "PlantActor", "SimulatedCarActor", "SimulatedCarV2gActor"})
"""Kinds that are not killed: the root, and what is no part of a real station."""
EVERY_S: Final = (0.2, 0.9)
"""Between two kills."""
FLAPS_S: Final = (4.0, 15.0)
"""Between two faults of the back-end."""
CHARGE_S: Final = (8.0, 30.0)
STUCK_S: Final = 90.0
"""A car that stands so long is pulled off, as an impatient driver would."""
MEMORY_S: Final = 20.0
LAST_S: Final = 180.0
"""For everything that is under way to come to its end, and to the back-end."""
GROWTH: Final = 1.05
"""Memory of the last third of the run, of that of the second: the same but for noise."""
FAULTS: Final = (
    {"kind": "drop", "action": "*", "times": 1},
    {"kind": "drop_after", "action": "*", "times": 1},
    {"kind": "drop", "action": "TransactionEvent", "times": 2},
    {"kind": "drop_after", "action": "TransactionEvent", "times": 2},
    {"kind": "silence", "action": "TransactionEvent", "times": 1},
    {"kind": "duplicate", "action": "TransactionEvent", "times": 2},
    {"kind": "wrong_id", "action": "TransactionEvent", "times": 1},
    {"kind": "garbage", "action": "*", "times": 1},
    {"kind": "delay", "action": "*", "seconds": 3, "times": 3},
    {"kind": "refuse", "status": 503, "times": 2},
    {"kind": "storm", "code": 1001, "seconds": 1, "times": 3},
)


@dataclass(slots=True)
class Run:
    """What has happened."""

    killed: Counter[str] = field(default_factory=Counter)
    """By kind."""
    faults: Counter[str] = field(default_factory=Counter)
    plugged: int = 0
    pulled: int = 0
    memory: list[tuple[float, int, int]] = field(default_factory=list)
    """Seconds since the start, KiB (PSS), processes."""


class Site:
    """`evsite run` with its back-end."""

    def __init__(self, directory: Path) -> None:
        self.state, self.log = directory / "state", directory / "log.txt"
        certify(self.state)
        self.backend = Backend(self.state / "car", directory / "csms.jsonl").started()
        model = directory / "component_config"
        lay_out(model, [Evse(connectors=(Outlet(),))] * len(CARS))
        make_device_model(model, self.backend.url)
        file = directory / "site.yaml"
        file.write_text(_written(model))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "actors.cli", "run", str(file), "--state", str(self.state), "--plain"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def fault(self, fault: dict[str, Any]) -> None:
        """Have the back-end do something wrong."""
        request = urllib.request.Request(
            f"{self.backend.control}/fault", json.dumps(fault).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=20).close()

    def close(self) -> None:
        """End everything."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(OSError, ValueError):
            reap_session(json.loads((self.state / "site.json").read_text())["session"])
        self.backend.close()


def _written(model: Path) -> str:
    site = yaml.safe_load(site_file(CARS, component_config=str(model)))
    for name, module in site["active_modules"].items():
        if name.startswith("car_") and module["module"] == "SimulatedCar":
            module["config_module"]["auto_exec"] = False
    site["active_modules"]["gateway"] = {"module": "Gateway", "config_module": {"port": 0}}
    return yaml.safe_dump(site, sort_keys=False)


class Gateway:
    """The Gateway, which dies again and again: what it does not answer is asked of its successor."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._client: GatewayClient | None = None

    def call(self, method: str, within_s: float = 30.0, **params: Any) -> Any:
        """The result, or None when nobody gives one in time, or the site refuses."""
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            try:
                if self._client is None:
                    self._client = GatewayClient(url_of(self._state))
                return self._client.call(method, within_s=10.0, **params)
            except CallError:
                return None
            except (ConnectionEnded, TimeoutError):
                self.close()
                time.sleep(0.1)
        return None

    def close(self) -> None:
        """Give the connection up."""
        if self._client is not None:
            with contextlib.suppress(Exception):  # it is broken already
                self._client.close()
        self._client = None


class Soak:
    """The run: one loop that kills, breaks, drives and measures when each is due."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site, self.gateway, self.run = site, Gateway(site.state), Run()
        self._chance = random.Random(seed)
        self._began_s = time.monotonic()
        self._since: dict[int, float] = {}
        """When the car at an EVSE came."""

    def until_ready(self) -> None:
        """Wait for the site."""
        end_s = time.monotonic() + 120
        while not (self.gateway.call("site.get") or {}).get("ready"):
            if time.monotonic() > end_s or self.site.process.poll() is not None:
                sys.exit(f"the site did not start: {self.site.log}")
            time.sleep(0.5)

    def go(self, kills: int) -> None:
        """Kill so many."""
        due = {self._kill: 5.0, self._break: 5.0, self._drive: 0.0, self._measure: 0.0}
        at = {action: time.monotonic() + after_s for action, after_s in due.items()}
        while self.run.killed.total() < kills:
            action = min(at, key=lambda one: at[one])
            time.sleep(max(0.0, at[action] - time.monotonic()))
            at[action] = time.monotonic() + action()
            if self.site.process.poll() is not None:
                sys.exit(f"the site has ended by itself: {self.site.log}")

    def settle(self) -> bool:
        """Let all cars leave; whether the back-end has then heard the end of everything."""
        end_s = time.monotonic() + LAST_S
        while time.monotonic() < end_s:
            found = self.gateway.call("site.get") or {"evses": []}
            for each in found["evses"]:
                if each["session"] is not None:
                    self.gateway.call("ev.plug_out", evse=each["evse"])
            if (
                found["evses"]
                and all(each["session"] is None for each in found["evses"])
                and not self._open()
            ):
                return True
            time.sleep(2.0)
        return False

    def _open(self) -> list[str]:
        return [each.transaction for each in self.judged().accounts if _unfinished(each)]

    def judged(self) -> Ledger:
        """The back-end's record, judged."""
        return judge(from_lines(self.site.backend.record.read_text().splitlines()))

    # -- what is done, each with the seconds until it is due again -------------------------------------------

    def _kill(self) -> float:
        tree = self.gateway.call("tree.get")
        living = [one for one in _living(tree) if one["kind"] not in SPARED] if tree else []
        if living:
            victim = self._chance.choice(living)
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim["pid"], signal.SIGKILL)
                self.run.killed[victim["kind"]] += 1
                total = self.run.killed.total()
                if total % 50 == 0:
                    print(f"{total} killed, {self.run.plugged} charges", flush=True)  # noqa: T201  # progress
        return self._chance.uniform(*EVERY_S)

    def _break(self) -> float:
        fault = self._chance.choice(FAULTS)
        self.site.fault(fault)
        self.run.faults[str(fault["kind"])] += 1
        return self._chance.uniform(*FLAPS_S)

    def _drive(self) -> float:
        """Plug cars in where there is room, and pull those off that stand too long."""
        found, now_s = self.gateway.call("site.get"), time.monotonic()
        for each in found["evses"] if found else ():
            evse = each["evse"]
            if each["session"] is None and now_s - self._since.get(evse, -STUCK_S) > 2.0:
                self._plug_in(evse)
            elif each["session"] is not None and now_s - self._since.setdefault(evse, now_s) > STUCK_S:
                self.gateway.call("ev.plug_out", evse=evse)
                self.run.pulled += 1
                self._since[evse] = now_s
        return 1.0

    def _plug_in(self, evse: int) -> None:
        car = CARS[evse]
        way = "iso15118-20" if car.iso20 else "iso15118-2" if car.speaks else "iec61851"
        params: dict[str, Any] = {
            "evse": evse,
            "behaviour": way,
            "duration_s": self._chance.uniform(*CHARGE_S),
        }
        if car.speaks:
            params["payment"] = "contract"
        if self.gateway.call("ev.plug_in", **params) is not None:
            self.run.plugged += 1
        self._since[evse] = time.monotonic()

    def _measure(self) -> float:
        tree = self.gateway.call("tree.get")
        sizes = []
        for each in _living(tree) if tree else ():
            with contextlib.suppress(OSError):  # it may have died since
                sizes.append(pss_kib(each["pid"]))
        self.run.memory.append((time.monotonic() - self._began_s, sum(sizes), len(sizes)))
        return MEMORY_S


def _unfinished(account: Any) -> bool:
    return any(each.fault is Fault.NO_END for each in account.findings)


def _living(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["pid"] is not None:
        yield node
    for child in node["children"]:
        yield from _living(child)


def growth(memory: list[tuple[float, int, int]]) -> float:
    """Memory per process in the last third of a run, of that in the second; medians."""
    each = [size / processes for _at, size, processes in memory if processes]
    third = len(each) // 3
    return statistics.median(each[-third:]) / statistics.median(each[third : 2 * third]) if third else 1.0


def report(soak: Soak, seed: int, machine: str, seconds: float, *, settled: bool) -> tuple[str, bool]:
    """What came of it, for docs/soak.md, and whether all is well."""
    run, ledger = soak.run, soak.judged()
    grown = growth(run.memory)
    findings = [f"{each.transaction}: {one}" for each in ledger.accounts for one in each.findings]
    good = settled and ledger.good and not findings and grown <= GROWTH and bool(ledger.accounts)
    mebibytes = [size / 1024 for _at, size, _count in run.memory]
    ended = talks(soak.site.log)
    late = ended[Reason.TIMEOUT]
    bars.note(
        "deaths",
        f"{run.killed.total()} of {len(run.killed)} kinds, {len(ledger.accounts)} transactions",
        f"{len(findings)} lost, doubled or out of order, {late} cars saw a time-out",
        good and not late,
    )
    lines = [
        "# Soak",
        "",
        "Written by `make soak`; what it does stands in `tests/soak/run.py`. A site of eight EVSEs (three AC",
        "by card, two AC and three DC by contract over TLS, one of these by ISO 15118-20) with a simulated",
        "back-end.",
        "",
        f"Machine: {machine}. Seed {seed}, {seconds / 60:.1f} minutes.",
        "",
        "| what | |",
        "|---|---|",
        f"| actors killed (SIGKILL) | {run.killed.total()}, of {len(run.killed)} kinds |",
        f"| faults of the back-end | {run.faults.total()}: {_counted(run.faults)} |",
        f"| cars that came | {run.plugged}, of which {run.pulled} were pulled off after {STUCK_S:.0f} s |",
        f"| transactions in the record | {len(ledger.accounts)} |",
        f"| messages sent again, rightly | {ledger.repeated} |",
        f"| lost, doubled, out of order | {len(findings)} |",
        f"| talks of the cars, by their end | {_counted(ended)} |",
        f"| all ended and told within {LAST_S:.0f} s | {'yes' if settled else 'no'} |",
        f"| memory of the station (PSS, MiB): median | {statistics.median(mebibytes):.0f} |",
        f"| highest | {max(mebibytes):.0f} |",
        f"| memory per process, last third of the run against the second | {grown:.3f} |",
        "",
        f"Killed: {_counted(run.killed)}.",
        "",
        *(f"- {each}" for each in findings[:50]),
    ]
    return "\n".join(lines).rstrip() + "\n", good


def talks(log: Path) -> Counter[str]:
    """How the cars' talks have ended: in order, or with a reason (`Timeout`: an answer came too late)."""
    ends: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        if '"talk_over"' in line:
            said = json.loads(line)
            ends["in order" if said["completed"] else str(said["outcome"]).partition(":")[0]] += 1
    return ends


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


def main() -> int:
    """Run, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.run", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--report", type=Path)
    parser.add_argument(
        "--keep", type=Path, help="directory for record and log; without it they are thrown away"
    )
    options = parser.parse_args()
    machine, began_s = describe(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="evsite-soak-") as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        print(f"seed {options.seed}, in {directory}", flush=True)  # noqa: T201  # how to have it again
        site = Site(directory)
        try:
            soak = Soak(site, options.seed)
            soak.until_ready()
            soak.go(options.kills)
            settled = soak.settle()
            text, good = report(soak, options.seed, machine, time.monotonic() - began_s, settled=settled)
        finally:
            site.close()
    print(text)  # noqa: T201  # what it is for
    if options.report:
        options.report.write_text(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""`evsite demo` as a newcomer and a service manager see it: a Plug & Charge site on one command, and its end.

Everything is a process of its own: the site's actors, the back-end, and a second site beside it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actors.demo.crash import charges
from actors.engine.processes import reap_session, session_processes
from actors.gateway.whereabouts import said_where
from actors.simulation.csms.ledger import Fault, judge
from actors.simulation.csms.record import Entry, from_lines
from actors.watch import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90.0
"""On a machine that does much else; idle all of it takes less than half a minute."""
WATCHDOG_S = 2.0
STEPS = 7
EVSES = (1, 2)
FLOWS_W = 1000.0

pytestmark = pytest.mark.timeout(300)


def wait_for(what: Callable[[], Any], told: str) -> Any:
    end_s = time.monotonic() + PATIENCE_S
    while not (found := what()):
        if time.monotonic() > end_s:
            pytest.fail(f"waited {PATIENCE_S:g} s for {told}")
        time.sleep(0.05)
    return found


class Evsite:
    """A command that runs a site, and what a service manager hears of it."""

    def __init__(self, state: Path, *words: str) -> None:
        self.state = state
        self.out = state.with_suffix(".out")
        self.err = state.with_suffix(".err")
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        place = state.with_suffix(".notify")
        place.unlink(missing_ok=True)
        self._manager.bind(str(place))
        self._manager.settimeout(0.0)
        self._heard = ""
        environ = {**os.environ, "NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6))}
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "actors.cli", *words, "--plain", "--state", str(state)],
                cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                start_new_session=True,
            )  # fmt: skip

    def heard(self) -> str:
        """Every word to the service manager so far."""
        while True:
            try:
                self._heard += self._manager.recv(4096).decode() + "\n"
            except BlockingIOError:
                return self._heard

    def ready(self) -> None:
        wait_for(lambda: "READY=1" in self.heard() or self.process.poll() is not None, "the site to be ready")
        assert self.process.poll() is None, self.err.read_text()
        self.session = json.loads((self.state / "site.json").read_text())["session"]

    def record(self) -> list[Entry]:
        file = self.state / "csms.jsonl"
        return from_lines(file.read_text().splitlines()) if file.exists() else []

    def everybody(self) -> set[int]:
        """Every process that has to do with this state directory."""
        found = set()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if f"{self.state}" in line and int(pid) != os.getpid():
                found.add(int(pid))
        return found

    def stop(self, number: int) -> int:
        self.heard()  # who reads nothing is told nothing: the kernel keeps a few datagrams only
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        if session := getattr(self, "session", 0):
            reap_session(session)
        self._manager.close()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Evsite]]:
    begun: list[Evsite] = []

    def start(name: str, *words: str) -> Evsite:
        begun.append(Evsite(tmp_path / name, *words))
        return begun[-1]

    yield start
    for each in begun:
        each.close()


def charged(url: str | None) -> list[dict[str, Any]]:
    """A session of each EVSE while power flowed in it, as the Gateway tells of it."""
    line, seen = Line(lambda: url), {}

    def both() -> bool:
        line.take_in()
        for one in line.scene.evses:
            if one["state"] == "Charging" and (one["power_w"] or 0) > FLOWS_W:
                seen[one["evse"]] = one["session"]
        return len(seen) == len(EVSES)

    wait_for(both, "both cars to charge")
    line.close()
    return [seen[number] for number in EVSES]


def test_a_newcomer_sees_both_cars_charge_stops_all_and_starts_again(begin: Callable[..., Evsite]) -> None:
    # given a demonstration, and another site beside it
    demo = begin("demo", "demo", "--gateway", "0")
    other = begin("other", "run", "deploy/minimal-ac.yaml", "--gateway", "0")
    demo.ready()
    other.ready()
    url, its = said_where(demo.state), said_where(other.state)
    for each in (url, its):
        with urllib.request.urlopen(f"{each}/healthz", timeout=PATIENCE_S) as answer:
            assert answer.status == 200, "ready means that the Gateway answers"
    assert url != its
    wait_for(lambda: f"web page {url}/" in demo.out.read_text(), "its page to be named")

    # when both cars charge
    by_card, by_contract = charged(url)

    # then the one pays by card, and the other went through all the steps of Plug & Charge over TLS
    assert (by_card["authorization"], by_contract["authorization"]) == ("RFID", "PlugAndCharge")
    assert (by_contract["protocol"], by_contract["tls"]) == ("ISO 15118-2", True)
    assert [step["step"] for step in by_contract["steps"] if step["at"]] == list(range(STEPS))
    calls = [entry.action for entry in demo.record() if entry.direction == "in"]
    assert "Get15118EVCertificate" in calls, "its contract was installed"
    wait_for(lambda: "WATCHDOG=1" in demo.heard(), "a sign of life")

    # and the two sites share no process and no file but what is shipped
    assert not demo.everybody() & other.everybody()
    assert other.stop(signal.SIGTERM) == 0
    assert not other.everybody()
    assert not (other.state / "csms.jsonl").exists()
    assert wait_for(lambda: "STOPPING=1" in other.heard(), "its last word")

    # when a terminal's Ctrl-C reaches everybody in the foreground
    open_before = {name for name, one in charges(demo.record()).items() if not one.ended}
    os.killpg(demo.process.pid, signal.SIGINT)

    # then it ends in order and leaves nothing behind
    assert demo.process.wait(PATIENCE_S) == 0
    assert re.search(r"stopped in \d+\.\d s$", demo.out.read_text().strip())
    assert not list(session_processes(demo.session))
    wait_for(lambda: not demo.everybody(), "the back-end to have ended as well")
    assert not (demo.state / "site.json").exists()

    # when it is started again
    key = (demo.state / "certs/client/cso/SECC_LEAF.key").read_bytes()
    again = begin("demo", "demo", "--gateway", "0")
    again.ready()

    # then it is the same station, which ends what its power cut has broken off
    assert (again.state / "certs/client/cso/SECC_LEAF.key").read_bytes() == key
    wait_for(
        lambda: all(charges(again.record())[name].ended for name in open_before),
        "the back-end to hear how the charges before have ended",
    )
    # its simulated meters begin at zero after a power cut, as no real one does; nothing else is wrong
    accounts = {one.transaction: one for one in judge(again.record()).accounts}
    found = {each.fault for name in open_before for each in accounts[name].findings}
    assert found <= {Fault.ENERGY}

    # and cars charge at it as before
    assert charged(said_where(again.state))
    assert again.stop(signal.SIGTERM) == 0
    wait_for(lambda: not again.everybody(), "nothing to be left")

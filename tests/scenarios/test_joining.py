"""A site on two hosts by the command line: `evsite run --listen`, `evsite join`. Two addresses of loopback.

What becomes of hosts whose cable is pulled: test_two_hosts.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actors.engine.processes import reap_session
from actors.engine.system import free_port
from actors.gateway.client import GatewayClient
from actors.gateway.whereabouts import said_where
from tests.support.charging_site import Car, site_file
from tests.support.engine import eventually
from tests.support.multiplexed import certify
from tests.support.running_site import find

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(150)
LEADER, OTHER = "127.0.0.2", "127.0.0.3"
STATE = Path("run")
"""Called the same on both hosts, each in a directory of its own."""
PATIENCE_S = 60.0
CARS = {1: Car(card="CARD1", seconds=600.0), 2: Car(dc=True, speaks=True, pay="Contract", seconds=3.0)}


class Here:
    """One host: a directory, and the command that runs there."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.out = directory / "out"
        with self.out.open("w") as out, (directory / "err").open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "actors.cli", *arguments, "--state", str(STATE)],
                cwd=directory, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)


class Hosts:
    """A leading host with both EVSEs in its site file, and another that carries the second one."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "site.yaml"
        self._file.write_text(site_file(CARS))
        self.port = free_port(LEADER)
        self._one, self._two = directory / "one", directory / "two"
        for each in (self._one, self._two):
            (each / STATE).mkdir(mode=0o700, parents=True)
        certify(self._one / STATE)
        self._listen = f"{LEADER}:{self.port}"
        self.leading = Here(
            self._one, "run", str(self._file), "--plain", "--listen", self._listen, "--elsewhere", "2",
            "--gateway", "0",
        )  # fmt: skip
        self.joined: Here | None = None
        try:
            eventually(lambda: "Running" in self.leading.out.read_text(), PATIENCE_S)
        except BaseException:  # nobody has it yet who could close it
            self.close()
            raise
        shutil.copytree(self._one / STATE / "certs", self._two / STATE / "certs")
        shutil.copytree(self._one / STATE / "car", self._two / STATE / "car")
        shutil.copy(self._one / STATE / "engine.key", self._two / STATE / "engine.key")

    def join(self) -> Here:
        """As an operator would, with a copy of the leading host's key and certificates."""
        place = f"{OTHER}:{free_port(OTHER)}"
        self.joined = Here(self._two, "join", str(self._file), self._listen, "--listen", place, "--evse", "2")
        return self.joined

    def tree(self) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "actors.cli", "tree", "--json", "--state", str(STATE)],
            cwd=self._one, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        return json.loads(done.stdout) if done.returncode == 0 else None

    def evse(self, number: int, state: str) -> Any:
        def looked() -> Any:
            tree = self.tree()
            found = find(tree, f"evse_{number}") if tree else None
            return found if found and found["state"] == state else None

        return eventually(looked, PATIENCE_S)

    def sessions(self) -> list[dict[str, Any]]:
        with GatewayClient(str(said_where(self._one / STATE))) as gateway:
            found: list[dict[str, Any]] = gateway.call("sessions.list")["sessions"]
            return found

    def close(self) -> None:
        session = 0
        with contextlib.suppress(OSError, ValueError):
            session = json.loads((self._one / STATE / "site.json").read_text())["session"]
        for each in (self.joined, self.leading):
            if each is not None:
                each.close()
        if session:
            reap_session(session)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    made = Hosts(tmp_path)
    yield made
    made.close()


def test_an_evse_charges_on_the_host_that_has_joined_and_comes_back_with_it(hosts: Hosts) -> None:
    # given a site whose second EVSE is elsewhere, and nobody has it
    assert "no host of the site" in hosts.evse(2, "Failed")["last_error"]

    # when a host joins that carries it
    joined = hosts.join()
    there = hosts.evse(2, "Running")

    # then it runs there, and the car charges there by its contract
    assert (there["host"], {each["host"] for each in there["children"]}) == (OTHER, {OTHER})
    assert find(hosts.tree(), "auth")["host"] == LEADER
    eventually(lambda: charged(hosts.sessions()), PATIENCE_S)

    # when that host ends in order: its EVSE waits, and the other one goes on
    assert joined.stop() == 0
    assert "actors run here" in joined.out.read_text()
    hosts.evse(2, "Failed")
    assert find(hosts.tree(), "evse_1")["restarts"] == 0
    assert [each["ended"] for each in hosts.sessions() if each["evse"] == 1] == [None]

    # when it joins again: everything is back
    again = hosts.join()
    assert hosts.evse(2, "Running")["host"] == OTHER
    eventually(lambda: carried(again), PATIENCE_S)
    assert hosts.leading.stop() == 0

    # and what a host carried does not outlive the site
    eventually(lambda: not carried(again), PATIENCE_S)
    assert again.stop() == 0


def charged(sessions: list[dict[str, Any]]) -> bool:
    """Whether the car at the second EVSE has been there and has gone with energy."""
    return any(
        each["evse"] == 2
        and each["ended"]
        and each["energy_wh"] > 0
        and each["authorization"] == "PlugAndCharge"
        for each in sessions
    )


def carried(host: Here) -> bool:
    """Whether actors run on a host that has joined, by what it says last."""
    said = [line for line in host.out.read_text().splitlines() if "actors run here" in line]
    return bool(said) and not said[-1].startswith("0 ")

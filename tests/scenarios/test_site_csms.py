"""A whole site and the simulated back-end: cars charge by card, contract and remote start while actors die.

Hardware and cars are simulated; the websocket, its frames, actors, processes, TLS and certificates are not.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actors.config import load_site
from actors.engine.branch import branch_config
from actors.engine.system import free_port
from actors.ocpp.assembly import SHIPPED
from actors.ocpp.device_model.generation import Evse, Outlet, component_files
from actors.site import Site, plan
from tests.support.charging_site import Car, site_file
from tests.support.engine import eventually, pids
from tests.support.multiplexed import certify
from tests.support.patient_hardware import patient_hardware

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.engine.client import Client

__all__ = ["patient_hardware"]

pytestmark = [pytest.mark.timeout(150), pytest.mark.usefixtures("patient_hardware")]
TALK_S = 60.0
EVSITE = str(Path(sys.executable).with_name("evsite"))
STATION = "cp001"
CALL = 2
CARS = {
    1: Car(card="CARD1", seconds=6.0),
    2: Car(dc=True, speaks=True, pay="Contract", seconds=6.0),
    3: Car(seconds=4.0),
}


class Csms:
    """`evsite csms` as a process of its own, asked over HTTP."""

    def __init__(self, directory: Path, port: int, control: int) -> None:
        self.record = directory / "csms.jsonl"
        self._control = f"http://127.0.0.1:{control}"
        self._log = (directory / "csms.txt").open("wb")
        self._process = subprocess.Popen(
            [
                EVSITE, "csms", "--port", str(port), "--control", str(control),
                "--record", str(self.record), "--pki", str(directory / "state/car"),
            ],
            stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            eventually(self._up, 20.0)
        except BaseException:  # nobody has it yet who could close it
            self.close()
            raise

    def _up(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(self.get("healthz"))
        return False

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._control}/{path}", timeout=10) as answer:
            return json.load(answer)

    def call(self, action: str, payload: dict[str, Any]) -> Any:
        """Have the station asked for something; what became of it."""
        body = json.dumps({"station": STATION, "action": action, "payload": payload}).encode()
        request = urllib.request.Request(f"{self._control}/call", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=40) as answer:
            return json.load(answer)

    def said(self, action: str) -> list[dict[str, Any]]:
        """The requests of this action that the station has sent."""
        entries = [json.loads(line) for line in self.record.read_text().splitlines()]
        frames = [
            json.loads(each["frame"])
            for each in entries
            if each["kind"] == "frame" and each["direction"] == "in" and each["verdict"] == "good"
        ]
        return [frame[3] for frame in frames if frame[0] == CALL and frame[2] == action]

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
            self._log.close()


@pytest.fixture
def csms(tmp_path: Path) -> Iterator[tuple[Csms, int]]:
    port, control = free_port("127.0.0.1"), free_port("127.0.0.1")
    certify(tmp_path / "state")
    running = Csms(tmp_path, port, control)
    yield running, port
    running.close()


def device_model(directory: Path, port: int, evses: int) -> Path:
    """The shipped device model, for so many EVSEs, with the CSMS at a port of loopback."""
    shutil.copytree(SHIPPED / "standardized", directory / "standardized")
    (directory / "custom").mkdir()
    for name, content in component_files([Evse(connectors=(Outlet(),))] * evses).items():
        (directory / "custom" / name).write_text(content)
    file = directory / "standardized/InternalCtrlr.json"
    file.write_text(file.read_text().replace("ws://localhost:9000", f"ws://127.0.0.1:{port}"))
    return directory


def furnish(directory: Path, port: int) -> dict[str, Any]:
    state = directory / "state"
    (state / "journals").mkdir(parents=True)
    file = directory / "site.yaml"
    model = device_model(directory / "component_config", port, len(CARS))
    file.write_text(site_file(CARS, component_config=str(model)))
    return branch_config(plan(load_site(file), str(state / "journals")))


def kill(client: Client, path: str) -> None:
    os.kill(int(eventually(lambda: (now := pids(client)) and now.get(path), 10.0)), signal.SIGKILL)


def started(csms: Csms) -> set[int]:
    return {each["evse"]["id"] for each in csms.said("TransactionEvent") if each["eventType"] == "Started"}


def ended(csms: Csms) -> list[dict[str, Any]]:
    return [each for each in csms.said("TransactionEvent") if each["eventType"] == "Ended"]


def test_the_csms_sees_every_charge_whole_whatever_dies_meanwhile(
    evsite_system: Any, tmp_path: Path, csms: tuple[Csms, int]
) -> None:
    """By card, by contract and by remote start; the charge point and its link are killed in the middle."""
    backend, port = csms
    _system, client = evsite_system(Site, furnish(tmp_path, port))
    eventually(lambda: backend.said("BootNotification"), TALK_S)

    # when a third car is started by the back-end, and both actors of OCPP die while all charge
    answer = eventually(
        lambda: backend.call(
            "RequestStartTransaction",
            {"remoteStartId": 7, "evseId": 3, "idToken": {"idToken": "REMOTE", "type": "Central"}},
        ),
        TALK_S,
    )
    assert answer["payload"]["status"] == "Accepted", answer
    eventually(lambda: started(backend) == {1, 2, 3}, TALK_S)
    kill(client, "site/ocpp/charge_point")
    kill(client, "site/ocpp/csms_link")

    # then every transaction arrives whole, in order, once
    eventually(lambda: len(ended(backend)) == len(CARS), TALK_S)
    ledger = subprocess.run(
        [EVSITE, "csms", "ledger", str(backend.record), "--at-least", str(len(CARS))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ledger.returncode == 0, ledger.stdout + ledger.stderr
    assert len(backend.said("BootNotification")) == 1
    said = [each["idToken"]["type"] for each in backend.said("TransactionEvent") if "idToken" in each]
    assert set(said) == {"ISO14443", "eMAID", "Central"}
    (contract,) = [each for each in backend.said("Authorize") if each["idToken"]["type"] == "eMAID"]
    assert contract["iso15118CertificateHashData"]

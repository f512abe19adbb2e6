"""The site of `step_charge`: `evsite run` with fault injection, a trace and a Gateway, and its back-end.

At EVSE 1 a DC car that does nothing by itself, at EVSE 2 an AC car that charges all the time.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from actors.demo.backend import Backend
from actors.demo.crash import SPARED
from actors.demo.preparation import make_device_model
from actors.engine.client import Client
from actors.engine.messages import Inject
from actors.engine.processes import reap_session, session_processes
from actors.engine.wiring import Wiring
from actors.gateway.client import ConnectionEnded, GatewayClient, url_of
from actors.ocpp.assembly import lay_out
from actors.ocpp.device_model.generation import Evse, Outlet
from actors.simulation.csms.record import Entry, from_lines
from actors.state_directory import StateDirectory
from protocols import codec
from protocols.message import Failure
from tests.support.charging_site import Car, site_file, wire
from tests.support.multiplexed import certify
from tests.support.running_site import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from actors.engine.faults import Rule
    from actors.engine.messages import TreeNode

PATIENCE_S: Final = 60.0
"""For whatever must happen, on a machine that does much else."""
FOREVER_S: Final = 86_400.0
OURS: Final = frozenset({"EvseSupervisor", "V2gLinkActor"})
"""Spared in a demonstration, and not here."""


class Tail:
    """What is written behind a file, whole lines of it."""

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, 0

    def lines(self) -> list[str]:
        """Those that are new."""
        with self._path.open("rb") as file:
            file.seek(self._at)
            piece = file.read()
        whole = piece.rfind(b"\n") + 1
        self._at += whole
        return piece[:whole].decode(errors="replace").splitlines()


class Site:
    """`evsite run` with fault injection, a trace and a Gateway, and its back-end."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.directory, self.seed = directory, seed
        state = directory / "state"
        certify(state)
        self.backend = Backend(state / "car", directory / "csms.jsonl").started()
        model, file, log = directory / "component_config", directory / "site.yaml", directory / "log.jsonl"
        lay_out(model, [Evse(connectors=(Outlet(),))] * 2)
        make_device_model(model, self.backend.url)
        file.write_text(_written(model))
        words = ["--state", str(state), "--plain", "--gateway", "0", "--faults", "--seed", str(seed)]
        with log.open("wb") as error:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "actors.cli", "run", str(file), *words,
                 "--trace", str(directory / "trace.jsonl")],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=error,
                start_new_session=True,
            )  # fmt: skip
        self._state = state
        self._gateway: GatewayClient | None = None
        self.trace, self.log = Tail(directory / "trace.jsonl"), Tail(log)
        self._record, self._entries = Tail(directory / "csms.jsonl"), list[Entry]()
        self._open = contextlib.ExitStack()
        try:
            self._connect()
        except BaseException:  # nobody has it yet who could close it
            self.close()
            raise

    def _connect(self) -> None:
        until(lambda: (self._state / "gateway.json").exists() or self.process.poll() is not None, "a Gateway")
        place = StateDirectory(self._state)
        self._session = place.running().session
        self.client = self._open.enter_context(Client(place.running().root, Wiring(key=place.key())))
        until(lambda: self.call("site.get")["ready"], "the site to be ready")
        until(self.transactions, "the back-end to hear of the car at EVSE 2")

    def close(self) -> None:
        """End everything."""
        self._open.close()
        if self._gateway is not None:
            self._gateway.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if session := getattr(self, "_session", 0):
            reap_session(session)
        self.backend.close()

    # -- what is done --------------------------------------------------------------------------------------

    def call(self, method: str, **params: Any) -> Any:
        """What the Gateway answers, or its successor when it dies. Raises CallError."""
        end_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self._gateway is None:
                    self._gateway = GatewayClient(url_of(self._state))
                return self._gateway.call(method, within_s=10.0, **params)
            except (ConnectionEnded, TimeoutError):
                if self._gateway is not None:
                    self._gateway.close()
                self._gateway = None
                if time.monotonic() > end_s:
                    raise
                time.sleep(0.05)  # its successor is starting, and tells nobody outside

    def inject(self, name: str, *rules: Rule) -> bool:
        """Put rules in force at an actor; whether it has taken them."""
        plain = tuple(codec.to_plain(rule) for rule in rules)
        return not isinstance(self.client.ask(name, Inject(rules=plain)), Failure)

    def hesitate(self, seconds: float) -> None:
        """Have the back-end take so long for the next answer about a token."""
        fault = {"kind": "delay", "action": "Authorize", "seconds": seconds, "times": 1}
        request = urllib.request.Request(
            f"{self.backend.control}/fault", json.dumps(fault).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=PATIENCE_S).close()

    # -- what is seen --------------------------------------------------------------------------------------

    def record(self) -> list[Entry]:
        """What the back-end has written down, all of it."""
        self._entries += from_lines(self._record.lines())
        return self._entries

    def transactions(self) -> dict[str, bool]:
        """Those that the back-end has been told of, and whether of their end."""
        found: dict[str, bool] = {}
        for entry in self.record():
            if entry.action == "TransactionEvent" and entry.direction == "in" and entry.frame:
                payload = json.loads(entry.frame)[3]
                name = payload["transactionInfo"]["transactionId"]
                found[name] = found.get(name, False) or payload["eventType"] == "Ended"
        return found

    def waited_s(self) -> dict[int, float]:
        """How long each process of the site has waited for a core in its life."""
        found = {}
        for pid in session_processes(self._session):
            with contextlib.suppress(OSError):  # it may have ended
                waited_ns = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
                found[pid] = waited_ns / 1e9
        return found

    def victims(self) -> dict[str, tuple[str, int]]:
        """Path and process of one actor of each kind; none of those that EVSE 2 has for itself."""
        tree = self.client.tree()
        return dict(_victims(tree, tree.name)) if tree is not None else {}

    def runs(self) -> bool:
        """Whether everybody does."""
        tree = self.client.tree()
        return tree is not None and _runs(tree)

    def whole(self) -> bool:
        """Whether everybody runs, EVSE 1 is free, and the car at EVSE 2 charges."""
        if not self.runs():
            return False
        first, second = self.call("site.get")["evses"]
        return first["state"] == "Available" and first["session"] is None and second["state"] == "Charging"


def _written(model: Path) -> str:
    cars = {1: Car(dc=True, speaks=True, pay="Contract"), 2: Car(card="CARD2", seconds=FOREVER_S)}
    site = yaml.safe_load(site_file(cars, component_config=str(model)))
    modules = site["active_modules"]
    modules["car_1"]["config_module"]["auto_exec"] = False
    modules["store"] = {"module": "PersistentStore"}
    modules["auth"]["connections"]["kvs"] = wire("store", "main")
    for number in cars:
        modules[f"evse_{number}"]["connections"]["store"] = wire("store", "main")
    return yaml.safe_dump(site, sort_keys=False)


def _victims(node: TreeNode, path: str) -> Iterator[tuple[str, tuple[str, int]]]:
    if node.pid is not None and (node.kind in OURS or node.kind not in SPARED):
        yield node.kind, (path, node.pid)
    for child in node.children:
        if child.name != "evse_2":
            yield from _victims(child, f"{path}/{child.name}")


def _runs(node: TreeNode) -> bool:
    return node.state == "Running" and node.complete and all(map(_runs, node.children))


def until(what: Callable[[], Any], told: str) -> Any:
    """Wait for it; TimeoutError names it."""
    end_s = time.monotonic() + PATIENCE_S
    while not (found := what()):
        if time.monotonic() > end_s:
            raise TimeoutError(f"waited {PATIENCE_S:g} s for {told}")
        time.sleep(0.05)  # another process tells nobody here
    return found

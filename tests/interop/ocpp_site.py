"""Sites of simulated EVSEs with a charge point, run by `evsite run`, for `ocpp_peer` and `whole_site`."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import yaml
from cryptography import x509

from actors.engine.client import Client
from actors.engine.processes import reap_session
from actors.engine.wiring import Wiring
from actors.ocpp.assembly import SHIPPED
from actors.ocpp.device_model.generation import Evse, Outlet, component_files
from protocols.interfaces import car_simulator
from protocols.message import Failure
from tests.support.charging_site import Car, site_file
from tests.support.engine import eventually
from tests.support.multiplexed import certify

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Iterator, Mapping

STATION: Final = "cp001"
NEW_CAR: Final = "new_car"
CARD: Final = "CARD1"
CARS: Final = {
    1: Car(card=CARD, seconds=3.0),
    2: Car(seconds=900.0),
    3: Car(speaks=True, pay="Contract", wallet=NEW_CAR),
}
"""The first has a card, the third no contract yet; both come when they are called. The second is there from
the start, and waits until somebody starts it from afar.
"""
EVSITE: Final = (sys.executable, "-m", "actors.cli")
WAITING: Final = 2
START_S: Final = 60.0
STOP_S: Final = 20.0
RESTART_S: Final = 40.0
"""The transaction under way ends first."""
LINK: Final = "site/ocpp/csms_link"


Modules = dict[str, Any]
"""Of a site file, by name."""


def called(modules: Modules) -> None:
    """The cars of `ocpp_peer` come when they are called, but for the one that waits."""
    modules["auth"]["config_module"]["connection_timeout"] = 900
    modules["car_3_v2g"]["config_module"]["is_cert_install_needed"] = True
    for evse in CARS:
        modules[f"car_{evse}"]["config_module"]["auto_exec"] = evse == WAITING
        modules[f"board_{evse}"]["config_module"]["reset_powermeter_on_session_start"] = False


class Site:
    """One site, its files in a directory; `change` makes of the modules what the test needs."""

    def __init__(
        self,
        directory: pathlib.Path,
        port: int,
        cars: Mapping[int, Car] = CARS,
        change: Callable[[Modules], None] = called,
    ) -> None:
        self.state = directory / "state"
        self.certificates = self.state / "certs"
        self.log = directory / "site.log"
        self._file = directory / "site.yaml"
        (self.state / "journals").mkdir(parents=True)
        self.state.chmod(0o700)
        certify(self.state)
        shutil.copytree(self.state / "car", self.state / NEW_CAR)
        shutil.rmtree(self.state / NEW_CAR / "client" / "mo")
        model = _device_model(directory / "component_config", port, len(cars))
        site = yaml.safe_load(site_file(dict(cars), component_config=str(model)))
        change(site["active_modules"])
        self._file.write_text(yaml.safe_dump(site), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self._session = 0

    def start(self) -> None:
        """Run it, until its state directory says where it is."""
        self._placed().unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*EVSITE, "run", str(self._file), "--state", str(self.state), "--plain"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        eventually(self._placed().exists, START_S)
        self._session = int(json.loads(self._placed().read_text())["session"])

    def _placed(self) -> pathlib.Path:
        return self.state / "site.json"

    def has_certificate_for(self, csr: str, folder: str = "csms") -> bool:
        """Whether the store has a certificate with the key of this request among those of its own there."""
        request = x509.load_pem_x509_csr(csr.encode())
        files = (self.certificates / "client" / folder).rglob("*.pem")
        found = (each for file in files for each in x509.load_pem_x509_certificates(file.read_bytes()))
        return any(each.public_key() == request.public_key() for each in found)

    def charge(self, evse: int) -> None:
        """Have the car there come, charge and leave."""
        with self.client() as client:
            command = car_simulator.ExecuteChargingSession(value=CARS[evse].program)
            reply = client.ask(f"car_{evse}/main", command)
        if isinstance(reply, Failure):
            raise ConnectionError(f"the car does not come: {reply}")

    def client(self) -> Client:
        """Somebody who may talk to its actors."""
        key = (self.state / "engine.key").read_bytes()
        return Client(json.loads(self._placed().read_text())["root"], Wiring(key=key))

    def logged(self, event: str) -> list[dict[str, Any]]:
        """What its actors have logged under this name."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        read = (json.loads(line) for line in lines if line.startswith("{"))
        return [each for each in read if each["event"] == event]

    def restart(self) -> None:
        """Once its simulated system has been told to restart the machine: stop and start it."""
        eventually(lambda: b'"restart_simulated"' in self.log.read_bytes(), RESTART_S)
        self.close()
        self.start()

    def counted(self) -> dict[str, int]:
        """What the link has counted of connections and frames."""
        command = [*EVSITE, "metrics", "--json", "--state", str(self.state)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=True)
        actors = json.loads(done.stdout)["actors"]
        found: dict[str, Any] = next(each for each in actors if each["actor"] == LINK)
        return {str(name): int(count) for name, count in found["counted"].items()}

    def close(self) -> None:
        """Stop it in order, or otherwise, and whatever it has left."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
            self._process.kill()
            self._process.wait()
        if self._session:
            reap_session(self._session)


def _device_model(directory: pathlib.Path, port: int, evses: int) -> pathlib.Path:
    """The shipped one, with the CSMS at a port of loopback."""
    shutil.copytree(SHIPPED / "standardized", directory / "standardized")
    (directory / "custom").mkdir()
    for name, content in component_files([Evse(connectors=(Outlet(),))] * evses).items():
        (directory / "custom" / name).write_text(content, encoding="utf-8")
    file = directory / "standardized" / "InternalCtrlr.json"
    text = file.read_text(encoding="utf-8").replace("ws://localhost:9000", f"ws://127.0.0.1:{port}")
    file.write_text(text, encoding="utf-8")
    return directory


@contextlib.contextmanager
def running_site(
    directory: pathlib.Path,
    port: int,
    cars: Mapping[int, Car] = CARS,
    change: Callable[[Modules], None] = called,
) -> Iterator[Site]:
    """A site while it runs."""
    site = Site(directory, port, cars, change)
    try:
        site.start()
        yield site
    finally:
        site.close()

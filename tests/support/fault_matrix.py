"""A station of two EVSEs in one thread, whose actors are killed and hung: for the fault matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from actors.auth.messages import PresentToken
from actors.config import load_site
from actors.engine import messages as engine
from actors.engine.branch import branch_config
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.simulation.plant.messages import Car as Plugged
from actors.site import Site, plan
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest
from tests.support.charging_site import Car, site_file, wire
from tests.support.stopwatch import Noted
from tests.support.wired_matrix import Drive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from protocols.message import Command

MOMENT_S = 0.05
LINK = "actors.v2g.link_actor.V2gLinkActor"
WIRED = {LINK: "tests.support.wired_matrix.WiredLink"}
STOP = StopTransactionRequest(reason=StopTransactionReason.LOCAL)
CARS = frozenset({"car_1", "car_1_v2g", "car_2"})
"""Modules of a charging site whose place is taken here."""


class Station:
    """Two EVSEs; at the second one, AC, a car charges all the time. `dc`: a car that speaks at the first."""

    def __init__(self, directory: Path, *, dc: bool = False) -> None:
        cars = {1: Car(dc=dc, speaks=dc), 2: Car()}
        modules: dict[str, Any] = yaml.safe_load(site_file(cars))["active_modules"]
        modules = {name: each for name, each in modules.items() if name not in CARS}
        modules["reader"] = {"module": "DummyTokenProviderManual"}
        modules["auth"]["connections"]["token_provider"] += wire("reader", "main")
        modules["validator"]["config_implementation"]["main"]["sleep"] = 1.0
        if dc:
            _speak(modules)
        else:
            del modules["certificates"]
        file = directory / "site.yaml"
        file.write_text(yaml.safe_dump({"active_modules": modules}))
        watch = ChildSpec(
            id="stopwatch",
            actor="tests.support.stopwatch.Stopwatch",
            grants={"stopwatch/main": ""},
            config={"evses": [1, 2]},
        )
        specs = [watch, *plan(load_site(file), str(directory / "journals"))]
        if dc:
            talker = ChildSpec(
                id="wired",
                actor="tests.support.wired_matrix.WiredCar",
                grants={"wired:1": ""},
                config={"link": "v2g_1/charger"},
                evse=1,
            )
            specs.append(talker)
        self.simulation = Simulation()
        config = _replaced(branch_config(specs), WIRED)
        start = engine.Start(path="site", lineage="site#0", config=config)
        self.simulation.start(Site, start)
        self.simulation.advance(1.0)

    def close(self) -> None:
        """There is no process whose end would."""
        self.simulation.close()

    # -- what happens --------------------------------------------------------------------------------------

    def car(self, number: int, **how: Any) -> None:
        """The car at an EVSE does something."""
        self.simulation.tell(f"site/simulation/plant:{number}", Plugged(**how))

    def drive(self, deed: str) -> None:
        """The driver of the car that speaks does something."""
        self.simulation.tell("site/wired", Drive(deed=deed))

    def card(self, number: int) -> None:
        """A card is presented for an EVSE."""
        card = ProvidedIdToken(
            id_token=IdToken(value=f"CARD{number}", type=IdTokenType.ISO14443),
            authorization_type=AuthorizationType.RFID,
            connectors=(number,),
        )
        self.simulation.tell("site/reader", PresentToken(token=card))

    def order(self, command: Command) -> None:
        """Somebody asks the manager for something."""
        self.simulation.ask("evse_1/evse", command)

    def strike(self, path: str, blow: str) -> None:
        """Kill or hang an actor, where there is one now."""
        if path in self.simulation.actors():
            getattr(self.simulation, blow)(path)

    def until(self, when: Callable[[Station], bool], within_s: float) -> bool:
        """Let time pass until something is so, or for that long; whether it is."""
        for _ in range(round(within_s / MOMENT_S)):
            if when(self):
                return True
            self.simulation.advance(MOMENT_S)
        return when(self)

    # -- what is seen --------------------------------------------------------------------------------------

    def events(self, number: int) -> list[str]:
        """The session events of an EVSE, each once."""
        noted: Any = self.simulation.ask("stopwatch/main", Noted())
        return [event for evse, event in noted.events if evse == number]

    def openings(self, number: int) -> int:
        """How often its contactor opened."""
        noted: Any = self.simulation.ask("stopwatch/main", Noted())
        return sum(each.evse == number and not each.closed for each in noted.switched)

    def closings(self, number: int) -> int:
        """How often it closed."""
        noted: Any = self.simulation.ask("stopwatch/main", Noted())
        return sum(each.evse == number and each.closed for each in noted.switched)

    @property
    def phase(self) -> str:
        """How far the car that speaks is; empty: it is silent."""
        car: Any = self.simulation.actor("site/wired")
        return str(car.phase)

    @property
    def talks(self) -> int:
        """How often that car has begun to speak."""
        car: Any = self.simulation.actor("site/wired")
        return int(car.talks)

    def details(self) -> list[Any]:
        """The whole events of EVSE 1."""
        watch: Any = self.simulation.actor("site/stopwatch")
        return [event for evse, event in watch._events if evse == 1]


def _speak(modules: dict[str, Any]) -> None:
    """EVSE 1 speaks in the clear, and has every device that a DC EVSE may have."""
    modules["v2g_1"]["config_module"] = {"tls_security": "prohibit"}
    modules["ovm_1"] = {"module": "SimulatedOvm", "mapping": {"module": {"evse": 1}}}
    modules["evse_1"]["connections"]["over_voltage_monitor"] = wire("ovm_1", "main")


def _replaced(plain: Any, others: Mapping[str, str]) -> Any:
    """A configuration with other actors in the place of some."""
    match plain:
        case dict():
            return {name: _replaced(each, others) for name, each in plain.items()}
        case list() | tuple():
            return [_replaced(each, others) for each in plain]
        case str():
            return others.get(plain, plain)
    return plain

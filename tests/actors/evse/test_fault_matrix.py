"""Every actor of an EVSE, and of what it needs, dies or hangs in every state of a session.

The real manager, connector, driver, authorization and error framework at simulated hardware, in one thread.
What is promised: the same session, its events complete and each once, the contactor opened no more often than
the car and the station want, energy counted from the same start; and the EVSE beside it sees nothing.

`make test` goes through a part of the matrix that is the same each time; EVSITE_EXAMPLES=2 through all of it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from actors.auth.messages import PresentToken
from actors.config import load_site
from actors.engine import messages as engine
from actors.engine.branch import branch_config
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.simulation.plant.messages import Car as Plugged
from actors.site import Site, plan
from protocols.interfaces import evse_manager
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest
from tests.support.charging_site import Car, site_file, wire
from tests.support.examples import TIMES
from tests.support.stopwatch import Noted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from protocols.message import Command

EVENTS = [
    "SessionStarted", "AuthRequired", "Authorized", "TransactionStarted", "PrepareCharging",
    "ChargingStarted", "ChargingPausedEV", "ChargingStarted", "ChargingPausedEVSE", "PrepareCharging",
    "ChargingStarted", "StoppingCharging", "ChargingFinished", "TransactionFinished", "SessionFinished",
]  # fmt: skip
SETTLE_S = 1.5


class Station:
    """Two AC EVSEs; at the second one a car charges all the time."""

    def __init__(self, directory: Path) -> None:
        modules: dict[str, Any] = yaml.safe_load(site_file({1: Car(), 2: Car()}))["active_modules"]
        for name in ("car_1", "car_2", "certificates"):
            del modules[name]
        modules["reader"] = {"module": "DummyTokenProviderManual"}
        modules["auth"]["connections"]["token_provider"] += wire("reader", "main")
        modules["validator"]["config_implementation"]["main"]["sleep"] = 1.0
        file = directory / "site.yaml"
        file.write_text(yaml.safe_dump({"active_modules": modules}))
        watch = ChildSpec(
            id="stopwatch",
            actor="tests.support.stopwatch.Stopwatch",
            grants={"stopwatch/main": ""},
            config={"evses": [1, 2]},
        )
        specs = (watch, *plan(load_site(file), str(directory / "journals")))
        self.simulation = Simulation()
        start = engine.Start(path="site", lineage="site#0", config=branch_config(specs))
        self.simulation.start(Site, start)
        self.simulation.advance(1.0)

    def close(self) -> None:
        """There is no process whose end would."""
        for actor in self.simulation.actors().values():
            actor.close_owned()

    # -- what happens --------------------------------------------------------------------------------------

    def car(self, number: int, **how: Any) -> None:
        """The car at an EVSE does something."""
        self.simulation.tell(f"site/simulation/plant:{number}", Plugged(**how))

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

    # -- what is seen --------------------------------------------------------------------------------------

    def events(self, number: int) -> list[str]:
        """The session events of an EVSE, each once."""
        noted: Any = self.simulation.ask("stopwatch/main", Noted())
        return [event for evse, event in noted.events if evse == number]

    def openings(self, number: int) -> int:
        """How often its contactor opened."""
        noted: Any = self.simulation.ask("stopwatch/main", Noted())
        return sum(each.evse == number and not each.closed for each in noted.switched)

    def details(self) -> list[Any]:
        """The whole events of EVSE 1."""
        watch: Any = self.simulation.actor("site/stopwatch")
        return [event for evse, event in watch._events if evse == 1]


STOP = StopTransactionRequest(reason=StopTransactionReason.LOCAL)
STATES: dict[str, Callable[[Station], object]] = {
    "waiting": lambda at: at.car(1, plugged=True, pin="B"),
    "validating": lambda at: at.card(1),
    "prepare": lambda _at: None,
    "charging": lambda at: at.car(1, plugged=True, pin="C", draws_a=10.0),
    "paused by the car": lambda at: at.car(1, plugged=True, pin="B"),
    "charging again": lambda at: at.car(1, plugged=True, pin="C", draws_a=10.0),
    "paused by the station": lambda at: at.order(evse_manager.PauseCharging()),
    "charging at last": lambda at: at.order(evse_manager.ResumeCharging()),
    "stopping": lambda at: at.order(evse_manager.StopTransaction(request=STOP)),
    "finished": lambda at: at.car(1, plugged=True, pin="B"),
    "gone": lambda at: at.car(1, plugged=False),
}
"""What brings a session into each state."""
AT_ONCE = {"validating": 0.2, "stopping": 0.05}
"""How long after that the blow comes, where the state does not last."""
LASTS_S = {"paused by the station": 5.0}
"""The car stays in state C, so that it takes a while until the contactor opens."""
VICTIMS = {
    "manager": "site/evse_1/evse_1",
    "connector": "site/evse_1/evse_1.connector_1",
    "board": "site/evse_1/board_1",
    "authorization": "site/auth/auth",
    "token request": "site/auth/request_1",
    "validator": "site/validator",
    "reader": "site/reader",
    "errors": "site:errors",
}
MATRIX = list(itertools.product(VICTIMS, STATES, ("kill", "hang")))
PART = MATRIX if TIMES > 1 else MATRIX[::9]


def play(station: Station, victim: str = "", state: str = "", blow: str = "") -> None:
    """A whole session at EVSE 1, with one blow; a card that came to nothing is presented again."""
    station.car(2, plugged=True, pin="C", draws_a=10.0)
    station.simulation.advance(0.5)
    station.card(2)
    station.simulation.advance(2.0)
    for name, step in STATES.items():
        step(station)
        station.simulation.advance(AT_ONCE.get(name, SETTLE_S))
        if name == state:
            path = VICTIMS[victim]
            station.strike("site/" + path if path == "site:errors" else path, blow)
        station.simulation.advance(LASTS_S.get(name, SETTLE_S))
        if name == "prepare" and "Authorized" not in station.events(1):
            station.simulation.advance(6.0)
            station.card(1)
            station.simulation.advance(3.0)


def check(station: Station) -> None:
    """Everything that is promised."""
    assert station.events(1) == EVENTS
    assert station.openings(1) == 3
    assert len({each.uuid for each in station.details()}) == 1
    started = next(each.transaction_started for each in station.details() if each.transaction_started)
    finished = next(each.transaction_finished for each in station.details() if each.transaction_finished)
    assert started.meter_value.energy_wh_import.total_wh == 0
    assert finished.meter_value.energy_wh_import.total_wh > 0
    assert station.events(2)[-1] == "ChargingStarted"
    assert len(station.events(2)) == 6
    assert station.openings(2) == 0


def test_a_session_goes_through_all_states_undisturbed(tmp_path: Path) -> None:
    station = Station(tmp_path)

    play(station)

    check(station)
    station.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("victim", "state", "blow"), PART)
def test_a_session_survives_every_blow_in_every_state(
    tmp_path: Path, victim: str, state: str, blow: str
) -> None:
    station = Station(tmp_path)

    play(station, victim, state, blow)

    check(station)
    station.close()

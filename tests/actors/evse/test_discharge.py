"""A DC car is charged and discharged by the real manager, connector and drivers at simulated hardware.

Only its talk is played: what a V2G session would publish. All in one thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from actors.config import load_site
from actors.engine import messages as engine
from actors.engine.branch import branch_config
from actors.engine.simulation import Simulation
from actors.module_actor import ModuleActor
from actors.simulation.plant.messages import Car as Plugged
from actors.simulation.plant.messages import Plant
from actors.site import Site, plan
from actors.v2g.messages import DischargeWanted
from protocols import codec
from protocols.interfaces import evse_manager, power_supply_dc
from protocols.interfaces import iso15118_charger as charger
from protocols.message import Command, Reply, Var, message
from protocols.types import authorization
from protocols.types.evse_manager import SessionEventEnum, StopTransactionReason, StopTransactionRequest
from protocols.types.iso15118 import DcEvTargetValues, EnergyTransferMode
from protocols.types.power_supply_dc import Mode
from tests.support.charging_site import Car, site_file
from tests.support.evse import CARD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATTERY_V = 400.0
LINK = "site/evse_1/v2g_1"
NEWS: list[Any] = []
"""What plant, supply and manager have published."""


@message
class Say(Command):
    """Have the player publish a variable, encoded."""

    variable: bytes


class LinkPlayer(ModuleActor):
    """In the place of the link to the car: says what it is told to, and listens. It keeps nothing."""

    def on_start(self) -> None:
        for name, kind in (
            ("plant:1", Plant),
            ("supply_1/main", power_supply_dc.Mode),
            ("evse_1/evse", evse_manager.SessionEvent),
        ):
            self.subscribe(name, kind, NEWS.append)

    def unsupported(self, command: Command) -> Reply:
        if isinstance(command, Say):
            found = codec.decode(command.variable)
            assert isinstance(found, Var)
            self.publish(found, f"{self.module_id}/charger")
        return Reply()


class Station:
    """One DC EVSE."""

    def __init__(self, directory: Path) -> None:
        NEWS.clear()
        modules = yaml.safe_load(site_file({1: Car(dc=True, speaks=True, iso20=True)}))["active_modules"]
        del modules["car_1"], modules["car_1_v2g"]
        modules["evse_1"]["config_module"] |= {
            "bpt_channel": "Unified", "bpt_generator_mode": "GridFollowing"
        }  # fmt: skip
        file = directory / "site.yaml"
        file.write_text(yaml.safe_dump({"active_modules": modules}))
        whole = branch_config(plan(load_site(file), str(directory)))
        kept = [each for each in whole["children"] if each["id"] in {"simulation", "evse_1"}]
        for child in kept[-1]["config"]["children"]:
            if child["id"] == "v2g_1":
                child["actor"] = f"{__name__}.LinkPlayer"
        self.simulation = Simulation()
        start = engine.Start(path="site", lineage="site#0", config={"children": kept})
        self.simulation.start(Site, start)
        self.simulation.advance(1.0)

    def car(self, **how: Any) -> None:
        self.simulation.tell("site/simulation/plant:1", Plugged(plugged=True, **how))

    def say(self, *variables: Var, wait_s: float) -> None:
        for each in variables:
            self.simulation.tell(LINK, Say(variable=codec.encode(each)))
        self.simulation.advance(wait_s)

    def last(self, kind: type) -> Any:
        return next(each for each in reversed(NEWS) if isinstance(each, kind))

    def event(self, kind: SessionEventEnum) -> Any:
        events = [each.event for each in NEWS if isinstance(each, evse_manager.SessionEvent)]
        return next(each for each in events if each.event is kind)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    made.simulation.close()


def target(voltage_v: float, current_a: float) -> charger.DcEvTargetVoltageCurrent:
    values = DcEvTargetValues(dc_ev_target_voltage_v=voltage_v, dc_ev_target_current_a=current_a)
    return charger.DcEvTargetVoltageCurrent(target=values)


def charging(station: Station) -> None:
    """Plugged in, authorized, checked and pre-charged; 20 A flow into the battery."""
    both = EnergyTransferMode.DC_BPT
    station.car(pin="B")
    station.say(charger.SelectedProtocol(protocol="ISO15118-20"), charger.RequireAuthEim(), wait_s=1.0)
    accepted = authorization.ValidationResult(
        authorization_status=authorization.AuthorizationStatus.ACCEPTED, tariff_messages=()
    )
    grant = evse_manager.AuthorizeResponse(provided_token=CARD, validation_result=accepted)
    station.simulation.ask("evse_1/evse", grant)
    station.car(pin="C", battery_v=BATTERY_V)
    station.say(
        charger.RequestedEnergyTransferMode(energy_transfer_mode=both), charger.StartCableCheck(), wait_s=7.0
    )
    station.say(charger.StartPreCharge(), target(BATTERY_V, 2.0), wait_s=3.0)
    station.car(pin="C", battery_v=BATTERY_V, connected=True)
    station.say(charger.CurrentDemandStarted(), target(BATTERY_V + 5, 20.0), wait_s=5.0)


def test_a_car_that_gives_back_is_discharged_and_its_energy_counted(station: Station) -> None:
    charging(station)
    charged = station.last(Plant)
    assert charged.current_a == pytest.approx(20.0)

    station.say(DischargeWanted(voltage_v=350.0, current_a=30.0), wait_s=8.0)

    taken = station.last(Plant)
    assert station.last(power_supply_dc.Mode).mode is Mode.IMPORT
    assert taken.closed
    assert taken.current_a == pytest.approx(-30.0)
    assert float(taken.energy_back_wh) == pytest.approx(30.0 * BATTERY_V * 7.2 / 3600, rel=0.1)

    # when it is stopped
    reason = StopTransactionRequest(reason=StopTransactionReason.LOCAL)
    station.simulation.ask("evse_1/evse", evse_manager.StopTransaction(request=reason))
    station.say(charger.CurrentDemandFinished(), charger.DcOpenContactor(), wait_s=5.0)

    meter = station.event(SessionEventEnum.TRANSACTION_FINISHED).transaction_finished.meter_value
    assert not station.last(Plant).closed
    assert meter.energy_wh_export.total_wh >= taken.energy_back_wh
    assert 0 < meter.energy_wh_import.total_wh <= station.last(Plant).energy_wh


@pytest.mark.untraced
@pytest.mark.parametrize(
    "victim", ["site/evse_1/evse_1", "site/evse_1/evse_1.connector_1", "site/evse_1/supply_1"]
)
def test_whoever_dies_while_a_car_gives_back_it_goes_on(station: Station, victim: str) -> None:
    charging(station)
    station.say(DischargeWanted(voltage_v=350.0, current_a=30.0), wait_s=3.0)

    station.simulation.kill(victim)
    station.simulation.advance(0.4)
    NEWS.clear()
    station.say(DischargeWanted(voltage_v=350.0, current_a=30.0), wait_s=3.0)

    plants = [each for each in NEWS if isinstance(each, Plant)]
    assert all(each.closed for each in plants)
    assert plants[-1].current_a == pytest.approx(-30.0)
    assert all(each.current_a <= 0 for each in plants)

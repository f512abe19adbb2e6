"""A driver that dies in the middle of a charge and does not start any more: what the EVSE makes of it.

The real manager, connector, drivers, authorization and error framework at simulated hardware, in one thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors.drivers.base import driver
from actors.errors.messages import FRAMEWORK
from protocols.interfaces import error_history
from protocols.types.error_history import FilterArguments, State
from tests.support.fault_matrix import Station

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIVEN_UP_S = 15.0
"""Twenty attempts to start, and then five seconds."""
BACK_S = 25.0
"""The next attempt comes ten seconds after that; so much later the car charges on."""
INOPERATIVE = "evse_manager/Inoperative"
BOARD = {"evse_board_support/CommunicationFault", "generic/CommunicationFault"}
"""A board that is a meter as well."""
SUPPLY = {"power_supply_DC/CommunicationFault", "generic/CommunicationFault"}


@pytest.fixture(params=[("board_1", BOARD), ("supply_1", SUPPLY)], ids=lambda each: each[0])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Station, str, set[str]]]:
    """A car at each EVSE that charges, and the driver that is to be given up."""
    module, errors = request.param
    dc = module != "board_1"
    station = Station(tmp_path, dc=dc)
    station.car(2, plugged=True, pin="C", draws_a=10.0)
    station.simulation.advance(0.5)
    station.card(2)
    if dc:
        station.drive("plug")
    else:
        station.car(1, plugged=True, pin="C", draws_a=10.0)
    assert station.until(lambda at: "AuthRequired" in at.events(1), 10.0)
    station.card(1)
    assert station.until(lambda at: "ChargingStarted" in at.events(1), 30.0)
    station.simulation.advance(1.0)
    yield station, module, errors
    station.close()


def broken(patch: pytest.MonkeyPatch, module: str) -> None:
    """From now on the driver of a module does not start."""
    start = driver.Driver.on_start

    def on_start(self: driver.Driver) -> None:
        if self.module_id == module:
            raise OSError("the device does not answer")
        start(self)

    patch.setattr(driver.Driver, "on_start", on_start)


def standing(station: Station) -> set[str]:
    """The types of the errors that stand."""
    asked = error_history.GetErrors(filters=FilterArguments(state_filter=State.ACTIVE))
    reply: Any = station.simulation.ask(FRAMEWORK, asked)
    return {each.type for each in reply.errors}


def test_it_is_inoperative_until_the_driver_runs_again(
    case: tuple[Station, str, set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    station, module, errors = case
    with monkeypatch.context() as patch:
        broken(patch, module)
        station.strike(f"site/evse_1/{module}", "kill")
        station.simulation.advance(GIVEN_UP_S)

        assert standing(station) == {*errors, INOPERATIVE}
        assert station.events(1)[-1] == "ChargingPausedEVSE"

    station.simulation.advance(BACK_S)

    assert standing(station) == set()
    assert station.events(1)[-1] == "ChargingStarted"
    assert station.events(2)[-1] == "ChargingStarted"
    assert station.openings(2) == 0

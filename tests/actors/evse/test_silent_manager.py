"""A manager that had no core for longer than the lease, and is back: power is off, for safety.

AC: the contactor closes again, and the charge goes on. DC: it may not close again without another pre-charge,
so the car is asked to end its talk and begins another one, in the same transaction. The real actors at
simulated hardware, in one thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors.connector.messages import LEASE_S, RENEW_S
from actors.engine import faults
from actors.engine.faults import Fault, Rule
from protocols.interfaces import evse_manager
from tests.support.fault_matrix import STOP, Station

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RENEWALS = round(2 * LEASE_S / RENEW_S)
"""So many are not heard: a second of silence."""
BEGUN = ["SessionStarted", "AuthRequired", "Authorized", "TransactionStarted", "PrepareCharging"]
ENDED = ["StoppingCharging", "ChargingFinished", "TransactionFinished"]
PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def _no_rules_are_left() -> Iterator[None]:
    yield
    faults.disable()


def charging(station: Station, *, dc: bool) -> None:
    """A charge at EVSE 1 begins."""
    if dc:
        station.drive("plug")
    else:
        station.car(1, plugged=True, pin="C", draws_a=10.0)
    assert station.until(lambda at: "AuthRequired" in at.events(1), PATIENCE_S)
    station.card(1)
    assert station.until(lambda at: "ChargingStarted" in at.events(1), PATIENCE_S)
    station.simulation.advance(2.0)


def fall_silent(station: Station) -> None:
    """The connector hears nothing of its manager until the contactor has opened, and for a moment more."""
    faults.enable(
        [Rule(fault=Fault.DROP, actor="site/evse_1/evse_1", tag="*.connector.messages.order", times=RENEWALS)]
    )
    assert station.until(lambda at: at.openings(1) == 1, 2 * LEASE_S)


def test_an_ac_charge_goes_on_after_the_managers_silence(tmp_path: Path) -> None:
    station = Station(tmp_path)
    charging(station, dc=False)

    fall_silent(station)

    assert station.until(lambda at: at.closings(1) == 2, 2 * LEASE_S)
    station.simulation.advance(2.0)
    assert station.openings(1) == 1
    assert station.events(1) == [*BEGUN, "ChargingStarted"]
    station.close()


def test_a_dc_car_begins_anew_after_the_managers_silence(tmp_path: Path) -> None:
    station = Station(tmp_path, dc=True)
    charging(station, dc=True)

    fall_silent(station)

    assert station.until(lambda at: at.talks == 2 and at.phase == "CurrentDemand", PATIENCE_S)
    station.simulation.advance(2.0)
    station.order(evse_manager.StopTransaction(request=STOP))
    assert station.until(lambda at: "TransactionFinished" in at.events(1), PATIENCE_S)
    paused = ["ChargingPausedEVSE", "PrepareCharging", "ChargingStarted"]
    assert station.events(1) == [*BEGUN, "ChargingStarted", *paused, *ENDED]
    assert len({each.uuid for each in station.details()}) == 1
    station.close()

"""Tests for actors/simulation/plant/outlasting.py; whole power losses: the Gateway's power.cycle."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from actors.simulation.plant.hardware import Hardware
from actors.simulation.plant.messages import (
    AllowPower,
    Behaviour,
    Car,
    DeviceError,
    Fault,
    Reading,
    SetBay,
    SetError,
    SetFault,
    SetLock,
    SetReading,
)
from actors.simulation.plant.outlasting import put_into, world_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_what_needs_no_power_is_there_when_it_is_back() -> None:
    hardware = Hardware(stored_uj=7, back_uj=8)
    for each in (
        Car(plugged=True, pin="C", connected=True, behaviour=Behaviour(current_a=9.0)),
        SetLock(locked=True),
        AllowPower(allowed=True),
        SetFault(fault=Fault.GROUND_FAULT, active=True),
        SetError(error=DeviceError(origin="board/rcd", type="ac_rcd/DC"), active=True),
        SetReading(reading=Reading(energy_wh=Decimal(1))),
        SetBay(occupied=True),
    ):
        hardware.do(each, NOW)

    fresh = Hardware()
    put_into(fresh, world_of(hardware))

    assert world_of(fresh) == world_of(hardware)
    assert (fresh.tripped, fresh.closed, fresh.allowed, fresh.car.connected) == (True, False, False, False)
    assert fresh.seen().behaviour == Behaviour(current_a=9.0)

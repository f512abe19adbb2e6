"""Tests for actors/simulation/plant/register.py: a meter goes on where it was over every restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from actors.simulation.plant.hardware import UJ_PER_WH, Hardware
from actors.simulation.plant.messages import (
    AllowPower,
    Car,
    Flow,
    Register,
    Remembered,
    SetPilot,
    SetSupply,
    Steady,
)
from actors.simulation.plant.register import AHEAD_S, LEAST_UJ, MeterRegister, go_on
from protocols import codec

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 3, 1, tzinfo=UTC)
DRAWS = Car(plugged=True, pin="C", draws_a=16.0)
POWER_W = 16 * 3 * 230
GIVES_BACK = Car(plugged=True, pin="C", battery_v=400.0, connected=True)


class Charge:
    """A car that draws power, and the file of its meter, which is looked at every 50 ms."""

    def __init__(self, directory: Path, *, dc: bool = False) -> None:
        self.hardware, self.now = Hardware(dc=dc), START
        self.meter = MeterRegister(directory / "plant_1.register")
        self.path = directory / "plant_1.register"
        self.writes: list[Register] = []
        self.hardware.do(SetPilot(signal=Steady.PWM, duty_cycle_percent=27.0), self.now)
        self.hardware.do(GIVES_BACK if dc else DRAWS, self.now)

    def last(self, seconds: float) -> Charge:
        for _ in range(round(seconds / 0.05)):
            self.now += timedelta(seconds=0.05)
            self.hardware.do(AllowPower(allowed=True), self.now)
            if self.hardware.dc:
                self.hardware.do(SetSupply(flow=Flow.IMPORT, voltage_v=300.0, current_a=10.0), self.now)
            self.meter.keep(self.hardware)
            kept = codec.decode(self.path.read_bytes())
            assert isinstance(kept, Register)
            assert kept.stored_uj >= self.hardware.stored_uj
            assert kept.back_uj >= self.hardware.back_uj
            if self.writes[-1:] != [kept]:
                self.writes.append(kept)
        return self


def begun(directory: Path) -> Hardware:
    """The hardware of a successor."""
    hardware = Hardware()
    go_on(hardware, MeterRegister(directory / "plant_1.register").read())
    return hardware


@pytest.mark.parametrize("dc", [False, True])
def test_whoever_is_killed_at_any_moment_has_shown_no_more(tmp_path: Path, *, dc: bool) -> None:
    """`last` looks after each step; energy out of a car is counted alike."""
    charge = Charge(tmp_path, dc=dc).last(20.0)

    counted = charge.hardware.back_uj if dc else charge.hardware.stored_uj
    assert counted > 0
    assert len(charge.writes) < 20 / AHEAD_S + 5


def test_a_successor_skips_no_more_than_what_would_have_flowed(tmp_path: Path) -> None:
    charge = Charge(tmp_path).last(20.0)

    skipped_uj = begun(tmp_path).stored_uj - charge.hardware.stored_uj

    assert 0 <= skipped_uj <= POWER_W * AHEAD_S * 1e6 + LEAST_UJ


def test_after_an_orderly_end_it_goes_on_exactly(tmp_path: Path) -> None:
    charge = Charge(tmp_path).last(20.0)

    charge.meter.keep(charge.hardware, exactly=True)

    assert begun(tmp_path).stored_uj == charge.hardware.stored_uj > UJ_PER_WH


def test_nothing_is_written_where_nothing_happens(tmp_path: Path) -> None:
    hardware, meter = Hardware(), MeterRegister(tmp_path / "plant_1.register")
    for seconds in range(5):
        hardware.pass_to(START + timedelta(seconds=seconds))
        meter.keep(hardware)

    assert list(tmp_path.iterdir()) == []
    assert begun(tmp_path).stored_uj == 0


def test_a_car_that_was_there_before_is_no_new_one_to_the_meter(tmp_path: Path) -> None:
    Charge(tmp_path).last(5.0)
    hardware = begun(tmp_path)
    counted = hardware.stored_uj

    hardware.do(Car(plugged=False), START)
    hardware.do(DRAWS, START)
    assert hardware.stored_uj == counted > 0

    # the next one is
    hardware.do(Car(plugged=False), START)
    hardware.do(DRAWS, START)
    assert hardware.stored_uj == 0


@pytest.mark.parametrize("exactly", [False, True])
def test_a_second_kill_before_the_car_speaks_resets_nothing(tmp_path: Path, *, exactly: bool) -> None:
    Charge(tmp_path).last(5.0)
    meter, second = MeterRegister(tmp_path / "plant_1.register"), Hardware()
    go_on(second, meter.read())
    second.pass_to(START)
    meter.keep(second, exactly=exactly)
    third = begun(tmp_path)

    third.do(DRAWS, START)

    assert third.stored_uj == second.stored_uj > 0


def test_a_car_that_comes_to_an_outlet_that_was_empty_is_a_new_one(tmp_path: Path) -> None:
    charge = Charge(tmp_path).last(5.0)
    charge.hardware.do(Car(plugged=False), charge.now)
    charge.meter.keep(charge.hardware)
    hardware = begun(tmp_path)
    assert hardware.stored_uj > 0

    hardware.do(DRAWS, START)

    assert hardware.stored_uj == 0


@pytest.mark.parametrize("found", [b"", b"\x93", codec.encode(Remembered())])
def test_a_file_that_is_none_is_told_of(tmp_path: Path, found: bytes) -> None:
    path = tmp_path / "plant_1.register"
    path.write_bytes(found)

    with pytest.raises(ValueError, match=r"."):
        MeterRegister(path).read()

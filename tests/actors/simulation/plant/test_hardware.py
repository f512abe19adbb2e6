"""Tests for actors/simulation/plant/hardware.py: the physics behind the drivers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actors.simulation.plant.hardware import DO, Hardware, offered_a
from actors.simulation.plant.messages import (
    AllowPower,
    Car,
    CutPower,
    DeviceError,
    Fault,
    Flow,
    Listen,
    Mend,
    Plant,
    PowerFails,
    Reading,
    ResetRcd,
    SetBay,
    SetError,
    SetFault,
    SetLock,
    SetPhases,
    SetPilot,
    SetReading,
    SetSupply,
    Steady,
)
from protocols import codec
from protocols.message import Command, message_types

START = datetime(2026, 3, 1, tzinfo=UTC)


class Lab:
    """Hardware and a clock."""

    def __init__(self, **what: Any) -> None:
        self.hardware = Hardware(**what)
        self.now = START
        self.hardware.pass_to(START)

    def do(self, *commands: object) -> None:
        for each in commands:
            self.hardware.do(each, self.now)

    def wait(self, seconds: float) -> Plant:
        self.now += timedelta(seconds=seconds)
        self.hardware.pass_to(self.now)
        return self.hardware.seen()

    def keep(self, seconds: float, *commands: object) -> Plant:
        """Say these again and again, as drivers do."""
        for _ in range(round(seconds / 0.1)):
            self.do(*commands)
            self.wait(0.1)
        return self.hardware.seen()


PWM_16A = SetPilot(signal=Steady.PWM, duty_cycle_percent=26.67)
ON, OFF = AllowPower(allowed=True), AllowPower(allowed=False)
WANTS = Car(plugged=True, pin="C", draws_a=32.0)


def test_every_command_of_the_plant_is_done() -> None:
    own = {
        kind
        for kind in message_types().values()
        if issubclass(kind, Command) and kind.__module__ == Car.__module__
    }

    assert set(DO) | {CutPower, PowerFails} == own  # the actor itself does these


@pytest.mark.parametrize(
    ("signal", "duty", "offered"),
    [
        (Steady.X1, 0.0, 0.0),
        (Steady.F, 50.0, 0.0),
        (Steady.PWM, 5.0, float("inf")),
        (Steady.PWM, 7.5, 0.0),
        (Steady.PWM, 8.0, 6.0),
        (Steady.PWM, 10.0, 6.0),
        (Steady.PWM, 26.67, 16.0),
        (Steady.PWM, 53.33, 32.0),
        (Steady.PWM, 85.0, 51.0),
        (Steady.PWM, 85.4, 53.5),
        (Steady.PWM, 96.0, 80.0),
        (Steady.PWM, 97.0, 80.0),
        (Steady.PWM, 99.0, 0.0),
    ],
)
def test_a_duty_cycle_offers_a_current(signal: Steady, duty: float, offered: float) -> None:
    assert offered_a(signal, duty, plugged=True) == pytest.approx(offered, abs=0.01)
    assert offered_a(signal, duty, plugged=False) == 0.0


def test_a_car_takes_what_it_is_offered_and_the_meter_counts_it() -> None:
    lab = Lab()
    lab.do(PWM_16A, WANTS)

    seen = lab.keep(10.0, ON)

    assert seen.closed
    assert seen.current_a == pytest.approx(16.0, abs=0.01)
    assert seen.voltage_v == 230.0
    assert float(seen.energy_wh) == pytest.approx(230 * 16 * 3 * 10 / 3600, rel=0.01)


def test_small_steps_count_what_one_long_step_counts() -> None:
    one, many = Lab(), Lab()
    for lab in (one, many):
        lab.do(PWM_16A, WANTS)
        lab.keep(1.0, ON)
        lab.do(SetSupply(flow=Flow.OFF))

    one.do(ON)
    one.wait(0.4)
    for _ in range(8):
        many.do(ON)
        many.wait(0.05)

    assert one.hardware.stored_uj == many.hardware.stored_uj


def test_a_contactor_opens_by_itself_when_nobody_speaks_for_half_a_second() -> None:
    lab = Lab()
    lab.do(PWM_16A, WANTS)
    lab.keep(1.0, ON)

    assert lab.wait(0.35).closed
    assert not lab.wait(0.25).closed


def test_a_car_that_does_not_ask_draws_nothing() -> None:
    lab = Lab()
    lab.do(PWM_16A, Car(plugged=True, pin="B", draws_a=32.0))

    assert lab.keep(1.0, ON).current_a == 0.0


def test_one_phase_carries_a_third_of_the_power() -> None:
    lab = Lab()
    lab.do(PWM_16A, WANTS, SetPhases(phases=1))

    assert lab.keep(1.0, ON).power_w == pytest.approx(230 * 16, abs=5)


def test_a_greedy_car_takes_more_than_it_is_offered() -> None:
    lab = Lab()
    lab.do(PWM_16A, Car(plugged=True, pin="C", draws_a=32.0, greedy=True))

    assert lab.keep(1.0, ON).current_a == 32.0


@pytest.mark.parametrize(("resets", "wh"), [(True, Decimal(0)), (False, None)])
def test_the_meter_begins_anew_with_a_car_where_that_is_configured(resets: Any, wh: Decimal | None) -> None:
    lab = Lab(resets_meter=resets)
    lab.do(PWM_16A, WANTS)
    counted = lab.keep(5.0, ON).energy_wh
    lab.do(OFF, Car(plugged=False))
    lab.wait(1.0)

    lab.do(Car(plugged=True, pin="B"))

    assert counted > 0
    assert lab.hardware.seen().energy_wh == (counted if wh is None else wh) or not resets


DC_CAR = Car(plugged=True, pin="C", battery_v=400.0, connected=True)
ALONE = Car(plugged=True, pin="C", battery_v=400.0)


def test_a_supply_brings_its_output_to_the_voltage_it_is_told() -> None:
    lab = Lab(dc=True)
    lab.do(ALONE)

    seen = lab.keep(1.0, ON, SetSupply(flow=Flow.EXPORT, voltage_v=395.0, current_a=2.0))

    assert (seen.output_v, seen.voltage_v, seen.current_a) == (395.0, 395.0, 0.0)


def test_a_battery_takes_the_current_the_supply_gives() -> None:
    lab = Lab(dc=True)
    lab.do(DC_CAR)

    seen = lab.keep(10.0, ON, SetSupply(flow=Flow.EXPORT, voltage_v=450.0, current_a=100.0))

    assert seen.current_a == 100.0
    assert seen.output_v == pytest.approx(405.0)
    assert float(seen.energy_wh) == pytest.approx(405 * 100 * 10 / 3600, rel=0.02)


def test_a_battery_gives_back_what_the_supply_takes() -> None:
    lab = Lab(dc=True)
    lab.do(DC_CAR)

    seen = lab.keep(10.0, ON, SetSupply(flow=Flow.IMPORT, voltage_v=300.0, current_a=50.0))

    assert seen.current_a == -50.0
    assert seen.energy_back_wh > 0
    assert seen.energy_wh == 0


def test_an_output_that_nobody_feeds_falls_below_sixty_volts() -> None:
    lab = Lab(dc=True)
    lab.do(ALONE)
    lab.keep(1.0, ON, SetSupply(flow=Flow.EXPORT, voltage_v=400.0, current_a=2.0))

    lab.do(SetSupply(flow=Flow.OFF), OFF)

    assert lab.wait(0.1).output_v > 60.0
    assert lab.wait(0.6).output_v < 60.0
    assert not Lab(dc=True).hardware.moving


def test_a_supply_switches_off_when_nobody_speaks_for_half_a_second() -> None:
    lab = Lab(dc=True)
    lab.do(DC_CAR)
    lab.keep(1.0, ON, SetSupply(flow=Flow.EXPORT, voltage_v=450.0, current_a=100.0))

    assert lab.wait(0.6).flow is Flow.OFF


def test_a_welded_contactor_stays_closed_and_a_stuck_one_open() -> None:
    lab = Lab()
    lab.keep(0.5, ON)
    lab.do(SetFault(fault=Fault.WELDED, active=True), OFF)
    assert lab.wait(0.2).closed

    other = Lab()
    other.do(SetFault(fault=Fault.STUCK_OPEN, active=True))
    assert not other.keep(0.5, ON).closed


def test_a_ground_fault_trips_and_stays_until_it_is_reset_and_gone() -> None:
    lab = Lab()
    lab.keep(0.5, ON)

    lab.do(SetFault(fault=Fault.GROUND_FAULT, active=True))
    assert lab.wait(0.1).tripped
    assert not lab.keep(0.5, ON).closed
    lab.do(ResetRcd())
    assert lab.wait(0.1).tripped
    lab.do(SetFault(fault=Fault.GROUND_FAULT, active=False), ResetRcd())
    assert not lab.wait(0.1).tripped
    assert lab.keep(0.5, ON).closed


def test_a_stuck_lock_does_not_move() -> None:
    lab = Lab()
    lab.do(SetLock(locked=True))
    assert lab.wait(0.1).locked

    lab.do(SetFault(fault=Fault.LOCK_STUCK, active=True), SetLock(locked=False))

    assert lab.wait(0.1).locked


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault.LOW_ISOLATION, lambda plant: plant.resistance_ohm < 100_000),
        (Fault.OVER_VOLTAGE, lambda plant: plant.output_v == 500.0),
        (Fault.SUPPLY_BROKEN, lambda plant: plant.output_v < 60.0),
    ],
)
def test_other_faults_are_seen_where_they_belong(fault: Fault, seen: Any) -> None:
    lab = Lab(dc=True)
    lab.do(ALONE, SetFault(fault=fault, active=True))

    plant = lab.keep(1.5, ON, SetSupply(flow=Flow.EXPORT, voltage_v=400.0, current_a=2.0))

    assert seen(plant)
    assert plant.faults == (fault,)


def test_modems_find_each_other_while_both_are_there() -> None:
    lab = Lab()
    lab.do(Listen(listening=True))
    assert not lab.wait(1.0).matched

    lab.do(Car(plugged=True, pin="B", mac_address="00:7D:FA:01:02:03"))
    assert not lab.wait(0.1).matched
    seen = lab.wait(0.2)
    assert (seen.matched, seen.mac_address) == (True, "00:7D:FA:01:02:03")
    lab.do(Listen(listening=True))
    assert lab.wait(0.1).matched  # listening again changes nothing
    lab.do(Car(plugged=False))
    assert not lab.wait(0.1).matched


def test_a_deaf_modem_finds_nobody() -> None:
    lab = Lab()
    lab.do(SetFault(fault=Fault.SLAC_DEAF, active=True), Listen(listening=True), Car(plugged=True, pin="B"))

    assert not lab.wait(5.0).matched


def test_what_is_seen_survives_the_wire() -> None:
    lab = Lab()
    lab.do(PWM_16A, WANTS)
    seen = lab.keep(3.0, ON)

    assert codec.decode(codec.encode(seen)) == seen


def test_a_clock_that_leaps_costs_no_time_and_no_energy() -> None:
    lab = Lab()
    lab.do(PWM_16A, WANTS)
    lab.keep(1.0, ON)
    before = lab.hardware.stored_uj

    lab.wait(10 * 365 * 86_400)

    assert lab.hardware.stored_uj == before


def test_a_supply_below_the_battery_drives_nothing_into_it() -> None:
    lab = Lab(dc=True)
    lab.do(DC_CAR)

    assert lab.keep(1.0, ON, SetSupply(flow=Flow.EXPORT, voltage_v=390.0, current_a=100.0)).current_a == 0.0
    assert lab.keep(1.0, ON, SetSupply(flow=Flow.EXPORT, voltage_v=400.0, current_a=100.0)).current_a == 100.0


@pytest.mark.parametrize(("duty", "drawn"), [(26.67, 24.0), (5.0, 48.0), (0.0, 0.0)])
def test_a_car_with_a_fault_takes_more_than_it_is_offered(duty: float, drawn: float) -> None:
    lab = Lab()
    lab.do(WANTS, SetPilot(signal=Steady.PWM, duty_cycle_percent=duty))
    lab.do(SetFault(fault=Fault.OVER_CURRENT, active=True))

    assert lab.keep(0.5, ON).current_a == pytest.approx(drawn, abs=0.01)


def test_errors_of_devices_stand_until_they_are_cleared() -> None:
    lab = Lab()
    first, second = (
        DeviceError(origin="board/rcd", type="ac_rcd/DC", sub_type=sub_type) for sub_type in ("", "B")
    )
    for each in (first, second, first):
        lab.do(SetError(error=each, active=True))
    assert lab.hardware.seen().errors == (first, second)

    lab.do(SetError(error=first, active=False), SetError(error=first, active=False))

    assert lab.hardware.seen().errors == (second,)


def test_what_meters_show_is_not_what_flows() -> None:
    lab = Lab()
    lab.do(SetReading(reading=Reading(energy_wh=Decimal(12))), SetBay(occupied=True))

    seen = lab.hardware.seen()

    assert (seen.shown.energy_wh, seen.energy_wh, lab.hardware.occupied) == (Decimal(12), Decimal(0), True)


def test_what_is_mended_is_broken_no_longer() -> None:
    lab = Lab()
    lab.do(SetFault(fault=Fault.LOCK_STUCK, active=True), SetFault(fault=Fault.DIODE, active=True))
    lab.do(SetError(error=DeviceError(origin="board/rcd", type="ac_rcd/DC"), active=True))
    lab.do(SetLock(locked=True))
    assert not lab.hardware.seen().locked

    lab.do(Mend())

    seen = lab.hardware.seen()
    assert (seen.faults, seen.errors) == ((), ())
    assert seen.locked  # the motor does what it was told last

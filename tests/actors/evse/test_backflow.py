"""Tests for actors/evse/backflow.py: energy from a DC car back to the site (rows M5.18, M5.19)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from actors.connector.messages import Output, Supply
from actors.evse import backflow, power
from actors.evse.turn import Turn
from actors.v2g.messages import DischargeWanted
from protocols.interfaces import energy as energy_interface
from protocols.interfaces import iso15118_charger as charger
from protocols.types.iso15118 import DcChargeDynamicModeValues, DcEvTargetValues, EnergyTransferMode
from tests.support.evse import SUPPLY, Bench

BOTH = charger.RequestedEnergyTransferMode(energy_transfer_mode=EnergyTransferMode.DC_BPT)
ONE = charger.RequestedEnergyTransferMode(energy_transfer_mode=EnergyTransferMode.DC)
BPT: dict[str, Any] = {"bpt_channel": "Unified", "bpt_generator_mode": "GridFollowing"}
SAE: dict[str, Any] = {"sae_bpt": True}
HACK: dict[str, Any] = {"allow_bpt_with_iso2": True}


def target(current_a: float, voltage_v: float = 400.0) -> charger.DcEvTargetVoltageCurrent:
    values = DcEvTargetValues(dc_ev_target_voltage_v=voltage_v, dc_ev_target_current_a=current_a)
    return charger.DcEvTargetVoltageCurrent(target=values)


def dynamic(**changes: Any) -> charger.D20DcDynamicChargeMode:
    values = DcChargeDynamicModeValues(
        target_energy_request_wh=1.0, max_energy_request_wh=1.0, min_energy_request_wh=0.0,
        max_charge_power_w=40_000.0, min_charge_power_w=0.0, max_charge_current_a=100.0,
        max_voltage_v=450.0, min_voltage_v=300.0, max_discharge_power_w=10_000.0,
        max_discharge_current_a=50.0,
    )  # fmt: skip
    return charger.D20DcDynamicChargeMode(request=dataclasses.replace(values, **changes))


def looping(protocol: str = "ISO15118-20", *news: Any, **changes: Any) -> Bench:
    """A car in its charging loop, with 400 V at the output."""
    bench = Bench(dc=True, **{"managed": True, **changes})
    bench.ready()
    bench.limits(power_w=50_000.0, valid_s=3600)
    bench.plug()
    bench.car(charger.SelectedProtocol(protocol=protocol), charger.RequireAuthEim())
    bench.grant()
    bench.car(*(news or (BOTH,)), charger.CurrentDemandStarted())
    bench.take(bench.core.output(Output(voltage_v=400.0, current_a=0.0), bench.now))
    return bench


def ordered(bench: Bench) -> tuple[bool, float, float]:
    order: Any = bench.order
    assert order.supply is Supply.CHARGE
    return order.import_power, order.target_voltage_v, round(order.target_current_a, 6)


def told(bench: Bench) -> tuple[float, float, float | None]:
    """Power and current to charge with, and power to give back."""
    limits = bench.told(charger.UpdateDcMaximumLimits)[-1].maximum_limits
    return (
        limits.evse_maximum_power_limit_w,
        limits.evse_maximum_current_limit_a,
        limits.evse_maximum_discharge_power_limit_w,
    )


def test_a_dynamic_car_gives_back_when_less_than_nothing_is_granted() -> None:
    bench = looping(**BPT)
    bench.car(dynamic())
    assert ordered(bench) == (False, 450.0, 100.0)

    bench.limits(power_w=-8000.0)

    assert ordered(bench) == (True, 300.0, 20.0)
    assert told(bench) == (0.0, 200.0, 8000.0)
    assert bench.state == "Charging"


@pytest.mark.parametrize(
    ("changes", "grant_w", "given_a"),
    [
        ({}, -8000.0, 20.0),  # the grant
        ({}, -80_000.0, 25.0),  # the car's power
        ({"max_discharge_current_a": 5.0}, -80_000.0, 5.0),
        ({"max_discharge_power_w": 1e6, "max_discharge_current_a": 1e4}, -1e6, 200.0),  # the supply's current
        ({"max_discharge_power_w": None, "max_discharge_current_a": None}, -8000.0, 0.0),
    ],
)
def test_what_a_car_gives_back_stays_within_all_limits(
    changes: dict[str, Any], grant_w: float, given_a: float
) -> None:
    bench = looping(**BPT)
    bench.car(dynamic(**changes))

    bench.limits(power_w=grant_w)

    assert ordered(bench) == (True, 300.0, given_a)


def test_a_scheduled_car_says_itself_that_it_gives_back() -> None:
    """Without a manager of the site's power the supply's own limits hold."""
    bench = looping(managed=False, **BPT)
    bench.car(target(50.0))
    assert ordered(bench) == (False, 400.0, 50.0)

    bench.car(DischargeWanted(voltage_v=350.0, current_a=30.0))
    assert ordered(bench) == (True, 350.0, 30.0)
    assert bench.core.facts.ev.target_current_a == -30.0

    bench.car(target(40.0))
    assert ordered(bench) == (False, 400.0, 40.0)


def test_a_scheduled_car_gets_nothing_in_the_direction_that_is_not_granted() -> None:
    bench = looping(**BPT)

    bench.car(DischargeWanted(voltage_v=350.0, current_a=30.0))
    assert ordered(bench) == (True, 350.0, 0.0)
    bench.limits(power_w=-8000.0)
    assert ordered(bench) == (True, 350.0, 20.0)
    bench.car(target(40.0))
    assert ordered(bench) == (False, 400.0, 0.0)


def test_a_car_that_has_not_agreed_is_paused_instead() -> None:
    bench = looping("ISO15118-20", ONE, **BPT)
    bench.car(dynamic())

    bench.limits(power_w=-8000.0)

    assert bench.state == "ChargingPausedEVSE"
    assert ordered(bench) == (False, 450.0, 0.0)


def test_a_supply_of_one_direction_takes_nothing() -> None:
    bench = looping(**BPT)
    one_way = dataclasses.replace(SUPPLY, bidirectional=False)
    bench.take(bench.core.supply(one_way, bench.now))
    bench.car(dynamic())

    bench.limits(power_w=-8000.0)

    assert ordered(bench) == (False, 450.0, 0.0)


def test_an_old_car_is_discharged_where_the_site_file_insists() -> None:
    """`hack_allow_bpt_with_iso2`: the car is told limits as if it were to charge."""
    bench = looping("ISO15118-2", ONE, **HACK)
    bench.car(target(30.0))
    assert ordered(bench) == (False, 400.0, 30.0)

    bench.limits(power_w=-8000.0)
    bench.take(bench.core.output(Output(voltage_v=400.0, current_a=-20.0), bench.now))

    assert ordered(bench) == (True, 150.0, 20.0)
    assert told(bench) == (8000.0, 200.0, 8000.0)
    present = bench.told(charger.UpdateDcPresentValues)[-1].present_voltage_current
    assert present.evse_present_current_a == 20.0


@pytest.mark.parametrize(
    ("protocol", "changes"),
    [("ISO15118-2", {}), ("DIN70121", {}), ("ISO15118-20", HACK), ("", HACK)],
)
def test_without_leave_no_old_car_is_discharged(protocol: str, changes: dict[str, Any]) -> None:
    bench = looping(protocol, ONE, **changes)
    bench.car(target(30.0))

    bench.limits(power_w=-8000.0)

    assert ordered(bench) == (False, 400.0, 0.0)


def test_a_car_of_sae_j2847_is_told_limits_below_zero() -> None:
    """`sae_j2847_2_bpt_enabled`."""
    bench = looping("ISO15118-2", charger.SaeBidiModeActive(), **SAE)

    bench.limits(power_w=-8000.0)
    assert told(bench) == (-8000.0, -200.0, 8000.0)

    bench.car(DischargeWanted(voltage_v=400.0, current_a=15.0))
    assert ordered(bench) == (True, 400.0, 15.0)


def test_a_car_that_gives_back_is_told_the_current_without_sign() -> None:
    bench = looping(**BPT)
    bench.take(bench.core.output(Output(voltage_v=400.0, current_a=-20.0), bench.now))

    present = bench.told(charger.UpdateDcPresentValues)[-1].present_voltage_current
    assert present.evse_present_current_a == 20.0


def test_a_replaced_manager_goes_on_taking() -> None:
    bench = looping(**BPT)
    bench.car(dynamic())
    bench.limits(power_w=-8000.0)
    before = ordered(bench)

    fresh = bench.replaced()

    assert ordered(fresh) == before
    assert fresh.state == "Charging"


@pytest.mark.parametrize(
    ("changes", "exports_w"),
    [(BPT, [100_000.0]), (SAE, [100_000.0]), (HACK, [100_000.0]), ({}, []), ({"dc": False, **BPT}, [])],
)
def test_what_may_be_taken_from_cars_is_offered_to_the_site(
    changes: dict[str, Any], exports_w: list[float]
) -> None:
    bench = Bench(**{"dc": True, **changes})
    bench.ready()

    request = bench.published(energy_interface.EnergyFlowRequest)[-1].request
    said = [each.limits_to_root.total_power_w for each in request.schedule_export]
    assert [each.value for each in said if each is not None] == exports_w


def test_nothing_is_offered_while_nobody_is_there_if_so_configured() -> None:
    """Row M5.9."""
    bench = Bench(dc=True, request_zero_power_in_idle=True, **BPT)
    bench.ready()

    (entry,) = bench.published(energy_interface.EnergyFlowRequest)[-1].request.schedule_export
    assert entry.limits_to_root.total_power_w is not None
    assert entry.limits_to_root.total_power_w.value == 0.0


def test_a_grant_in_amperes_counts_in_both_directions() -> None:
    bench = looping(**BPT)
    bench.limits(current_a=-10.0)

    turn = Turn(bench.core.record, bench.core.facts, bench.core.settings, bench.now, lambda size: b"0" * size)
    assert power.limit(turn).back_w == 6900.0
    assert backflow.flows(turn, 6900.0)

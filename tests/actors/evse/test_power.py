"""Tests for actors/evse/power.py: what may be given (rows M6.21, M5.9 to M5.11)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from actors.connector.messages import Supply
from actors.evse import power
from actors.evse.faults import Shutdown
from actors.evse.turn import Turn
from protocols.interfaces import dc_external_derate
from protocols.types import energy
from protocols.types.dc_external_derate import ExternalDerating
from tests.support.evse import SUPPLY, Bench


def turn_of(bench: Bench) -> Turn:
    return Turn(bench.core.record, bench.core.facts, bench.settings, bench.now, bytes)


def limit(bench: Bench) -> tuple[float, float, int]:
    return power.limit(turn_of(bench))[:3]


def test_without_a_manager_of_the_sites_power_the_hardware_decides() -> None:
    bench = Bench()
    bench.ready()

    assert limit(bench) == (32.0, 0.0, 3)


def test_the_cable_in_the_socket_may_bear_less() -> None:
    bench = Bench()
    bench.ready()
    bench.outlet(cable_a=20.0)

    assert limit(bench) == (20.0, 0.0, 3)


def test_a_board_that_has_not_spoken_is_taken_for_a_small_one() -> None:
    bench = Bench()
    bench.ready()
    bench.outlet(capabilities=None)

    assert limit(bench) == (16.0, 0.0, 3)


GRANTS: list[tuple[dict[str, Any], bool, tuple[float, float, int]]] = [
    ({"current_a": 10.0}, False, (10.0, 0.0, 3)),
    ({"current_a": 50.0}, False, (32.0, 0.0, 3)),
    ({"current_a": -5.0}, False, (0.0, 0.0, 3)),
    ({"power_w": 6900.0}, False, (10.0, 0.0, 3)),
    ({"current_a": 16.0, "power_w": 6900.0}, False, (10.0, 0.0, 3)),
    ({"power_w": 40_000.0}, True, (32.0, 40_000.0, 3)),
    ({"power_w": 900_000.0}, True, (32.0, 100_000.0, 3)),
    ({"current_a": 10.0}, True, (10.0, 6900.0, 3)),
    ({}, False, (32.0, 0.0, 3)),
]


@pytest.mark.parametrize(("grant", "dc", "expected"), GRANTS)
def test_the_lower_of_grant_and_hardware_holds(
    grant: dict[str, Any], dc: object, expected: tuple[float, float, int]
) -> None:
    bench = Bench(dc=dc, managed=True)
    bench.ready()
    bench.limits(**grant)

    assert limit(bench) == pytest.approx(expected)


def test_the_grant_may_leave_one_phase() -> None:
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(16.0)
    assert bench.core.facts.grant is not None
    sides = dataclasses.replace(
        bench.core.facts.grant.limits_root_side,
        ac_max_phase_count=energy.IntegerWithSource(value=1, source="test"),
    )
    bench.core.facts.grant = dataclasses.replace(bench.core.facts.grant, limits_root_side=sides)

    assert limit(bench) == (16.0, 0.0, 1)


def test_what_has_run_out_is_nothing() -> None:
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(16.0, valid_s=10)
    bench.pass_s(11)

    assert limit(bench) == (0.0, 0.0, 3)


def test_a_successor_holds_what_was_given_until_it_hears_a_grant() -> None:
    """The manager of the site's power speaks once a second; a charge does not stop for that."""
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(13.0)
    bench.plug()
    bench.grant()
    bench.wants()

    fresh = bench.replaced()
    assert limit(fresh) == (13.0, 0.0, 3)
    assert fresh.state == "Charging"
    fresh.limits(8.0)
    assert limit(fresh) == (8.0, 0.0, 3)


def test_without_any_grant_a_successor_gives_nothing_after_a_while() -> None:
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(13.0, valid_s=3600)
    bench.plug()
    bench.grant()
    bench.wants()

    fresh = bench.replaced()
    fresh.pass_s(6)

    assert fresh.state == "ChargingPausedEVSE"


def test_an_evse_that_starts_gives_nothing_before_its_first_grant() -> None:
    bench = Bench(managed=True)
    bench.ready()

    assert limit(bench) == (0.0, 0.0, 3)


def test_a_dc_output_may_be_derated_from_outside() -> None:
    bench = Bench(dc=True)
    bench.ready()
    assert limit(bench)[1] == SUPPLY.max_export_power_w

    bench.command(
        dc_external_derate.SetExternalDerating(derate=ExternalDerating(max_export_power_w=20_000.0))
    )

    assert limit(bench)[1] == 20_000.0


def test_errors_of_a_meter_that_do_not_count_do_not_pause() -> None:
    """Row M5.11."""
    bench = Bench(fail_on_powermeter_errors=False)
    bench.ready()

    bench.errors("generic/CommunicationFault", name="meter")
    assert power.shutdown(turn_of(bench)) is Shutdown.NONE
    bench.errors("generic/CommunicationFault", name="board_1/rcd")
    assert power.shutdown(turn_of(bench)) is Shutdown.EMERGENCY


def test_a_replaced_manager_pauses_until_every_device_has_spoken() -> None:
    """Otherwise it would close a contactor that its predecessor had opened for an error."""
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()
    bench.wants()
    bench.errors("evse_board_support/MREC8EmergencyStop")

    fresh = bench.replaced()
    assert fresh.order is not None
    assert (fresh.state, fresh.order.supply) == ("ChargingPausedEVSE", Supply.OFF)
    fresh.errors()
    fresh.wants()

    assert fresh.state == "Charging"

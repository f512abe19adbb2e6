"""Tests for actors/evse/introduction.py: what the car's side is told of the station."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from actors.connector.messages import Output
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces.dc_external_derate import SetExternalDerating
from protocols.types import dc_external_derate, units
from protocols.types.iso15118 import EnergyTransferMode
from tests.support.evse import CAPABILITIES, Bench


def names(bench: Bench) -> list[str]:
    return [type(each.command).__name__ for each in bench.effects if hasattr(each, "requirement")]


def test_an_ac_link_is_told_all_that_its_interface_wants_at_start() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()

    assert {
        "Setup", "SetChargingParameters", "SessionSetup", "UpdateEnergyTransferModes", "ReceiptIsRequired",
        "UpdateAcParameters", "UpdateAcMaximumLimits", "UpdateAcMinimumLimits", "UpdateAcMaxCurrent",
        "UpdateAcTargetValues", "DlinkReady",
    } <= set(names(bench))  # fmt: skip


def test_a_dc_link_is_told_all_that_its_interface_wants_at_start() -> None:
    bench = Bench(dc=True, bpt_channel="Unified", bpt_generator_mode="GridFollowing")
    bench.ready()

    assert {
        "Setup", "SetChargingParameters", "SessionSetup", "UpdateEnergyTransferModes", "BptSetup",
        "SetPowersupplyCapabilities", "UpdateDcMaximumLimits", "UpdateDcMinimumLimits", "DlinkReady",
    } <= set(names(bench))  # fmt: skip


def test_without_iso_15118_nobody_is_told_anything() -> None:
    """Row S4.3: neither the link nor the modem, also when a car is plugged in."""
    bench = Bench()
    bench.ready()
    bench.plug()

    assert bench.state == "WaitingForAuthentication"
    assert names(bench) == []


MODES: list[tuple[dict[str, Any], list[str]]] = [
    ({"ac_hlc_enabled": True}, ["AC_single_phase_core", "AC_three_phase_core"]),
    ({"ac_hlc_enabled": True, "ac_bpt": True}, ["AC_single_phase_core", "AC_three_phase_core", "AC_BPT"]),
    ({"dc": True}, ["DC_core", "DC_extended", "DC", "DC_BPT"]),
]


@pytest.mark.parametrize(("changes", "modes"), MODES)
def test_the_modes_follow_from_hardware_and_configuration(changes: dict[str, Any], modes: list[str]) -> None:
    bench = Bench(**changes)
    bench.ready()

    said = bench.published(evse_manager.SupportedEnergyTransferModes)[-1].energy_transfer_modes
    assert [each.value for each in said] == modes


def test_a_link_that_started_anew_is_told_everything_again() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    before = set(names(bench))
    bench.forget()

    bench.take(bench.core.link_started("link#1", bench.now))

    assert before <= {*names(bench), "StopCharging"}


def test_a_manager_that_started_anew_does_not_break_the_talk_under_way() -> None:
    """`SessionSetup` begins a new session: it is not said into a running one."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())

    fresh = bench.replaced()

    assert "SessionSetup" not in names(fresh)
    assert "Setup" in names(fresh)


def test_a_new_limit_is_told_once() -> None:
    bench = Bench(ac_hlc_enabled=True, managed=True)
    bench.ready()
    bench.plug()
    bench.forget()

    bench.limits(10.0)
    bench.limits(10.0)

    assert [each.max_current_a for each in bench.told(charger.UpdateAcMaxCurrent)] == [10.0]
    target = bench.told(charger.UpdateAcTargetValues)[0].target_values.target_active_power
    assert target == units.Power(total_w=6900.0)


def test_a_derated_output_is_told_to_the_car() -> None:
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()

    bench.command(
        SetExternalDerating(
            derate=dc_external_derate.ExternalDerating(max_export_current_a=50.0, max_export_power_w=20_000.0)
        )
    )

    told = bench.told(charger.UpdateDcMaximumLimits)[-1].maximum_limits
    assert told.evse_maximum_current_limit_a == 50.0
    assert told.evse_maximum_power_limit_w == 20_000.0


def test_the_present_values_go_to_the_car_during_a_session() -> None:
    bench = Bench(dc=True, present_current_offset_a=2.0)
    bench.ready()
    bench.take(bench.core.output(Output(voltage_v=400.0, current_a=10.0), bench.now))
    assert not bench.told(charger.UpdateDcPresentValues)
    bench.plug()

    bench.take(bench.core.output(Output(voltage_v=400.0, current_a=10.0), bench.now))
    bench.take(bench.core.output(Output(voltage_v=400.0, current_a=-50.0), bench.now))

    told = [each.present_voltage_current for each in bench.told(charger.UpdateDcPresentValues)]
    assert [(each.evse_present_voltage_v, each.evse_present_current_a) for each in told] == [
        (400.0, 12.0),
        (400.0, 0.0),
    ]


def test_a_link_without_modem_may_speak_at_once() -> None:
    bench = Bench(ac_hlc_enabled=True, has_slac=False)
    bench.ready()

    assert [each.value for each in bench.told(charger.DlinkReady)][:1] == [True]


def test_an_outlet_of_one_phase_offers_no_three() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.condition = dataclasses.replace(
        bench.condition, capabilities=dataclasses.replace(CAPABILITIES, max_phase_count_import=1)
    )
    bench.ready()

    found = bench.published(evse_manager.SupportedEnergyTransferModes)[-1].energy_transfer_modes
    assert [each.value for each in found] == ["AC_single_phase_core"]


def test_modes_that_are_gone_leave_the_last_word() -> None:
    """An EVSE was narrowed to three phases, and its board has only one left."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    three = (EnergyTransferMode.AC_THREE_PHASE_CORE,)
    bench.command(evse_manager.UpdateAllowedEnergyTransferModes(allowed_energy_transfer_modes=three))
    bench.outlet(capabilities=dataclasses.replace(CAPABILITIES, max_phase_count_import=1))
    bench.forget()

    bench.take(bench.core.link_started("link#7", bench.now))

    assert bench.told(charger.UpdateEnergyTransferModes) == []

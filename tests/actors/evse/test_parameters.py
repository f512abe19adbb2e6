"""Every parameter of EvseManager makes the difference that it promises, through the names of the site file.

`PROBES` has a row for each: another value than the default, and what is looked at with both. The modules that
act on a parameter have tests of their own; here it is seen that none is without effect, and that
docs/evse-parameters.md tells of all of them what the catalog says.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actors.catalog.evse import EVSE_MANAGER
from actors.connector.exchange import Device
from actors.connector.messages import Output, Pilot, Supply, Urgency
from actors.connector.settings import Settings as OutletSettings
from actors.evse import settings as evse_settings
from actors.evse.exchange import Raise
from actors.evse.settings import settings_of
from actors.v2g.messages import Evidence
from protocols import errors
from protocols.interfaces import auth_token_provider, evse_manager, isolation_monitor
from protocols.interfaces import energy as energy_interface
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces.over_voltage_monitor import VoltageMeasurementV
from protocols.interfaces.power_supply_dc import SetExportVoltageCurrent
from protocols.types.iso15118 import DcEvErrorCode, DcEvStatus, DcEvTargetValues, EnergyTransferMode
from tests.actors.evse.test_settings import parameters
from tests.support.evse import Bench, standing
from tests.support.outlet import Outlet, charging, charging_dc, checked

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECTIONS = {
    "bsp": ["board/bsp"], "hlc": ["v2g/charger"], "slac": ["slac/evse"],
    "connector_lock": ["board/lock"], "powermeter_car_side": ["meter/main"],
}  # fmt: skip
SPEAKS: dict[str, Any] = {"ac_hlc_enabled": True, "sleep_before_enabling_pwm_hlc_mode_ms": 0}
DC: dict[str, Any] = {"charge_mode": "DC", "sleep_before_enabling_pwm_hlc_mode_ms": 0}
BPT: dict[str, Any] = {**DC, "bpt_channel": "Unified", "bpt_generator_mode": "GridFollowing"}
MAC = "00:11:22:33:44:55"


# -- what is looked at ---------------------------------------------------------------------------------------


def evse(changes: dict[str, Any], *, managed: bool = False, **more: Any) -> Bench:
    """A manager by the site file's names, ready."""
    found = settings_of(parameters(**{**more, **changes}), CONNECTIONS, managed=managed)
    bench = Bench(**{field.name: getattr(found, field.name) for field in dataclasses.fields(found)})
    bench.ready()
    return bench


def outlet_settings(changes: dict[str, Any], **more: Any) -> OutletSettings:
    """A connector by the site file's names."""
    dc = more.get("charge_mode") == "DC"
    return OutletSettings.of(parameters(**{**more, **changes}), has_imd=dc, has_ovm=dc)


def target(current_a: float, voltage_v: float = 400.0) -> charger.DcEvTargetVoltageCurrent:
    values = DcEvTargetValues(dc_ev_target_voltage_v=voltage_v, dc_ev_target_current_a=current_a)
    return charger.DcEvTargetVoltageCurrent(target=values)


def speaking(changes: dict[str, Any], *, managed: bool = False, **more: Any) -> Bench:
    """A car is plugged in and waits for a card."""
    bench = evse(changes, managed=managed, **more)
    if managed:
        bench.limits(power_w=50_000.0, current_a=16.0, valid_s=3600)
    bench.plug()
    bench.car(charger.SelectedProtocol(protocol="ISO15118-2"), charger.RequireAuthEim())
    return bench


def looping(changes: dict[str, Any], **more: Any) -> Bench:
    """A DC car charges."""
    bench = speaking(changes, managed=True, **{**DC, **more})
    bench.grant()
    bench.car(charger.CurrentDemandStarted(), target(13.0))
    bench.take(bench.core.output(Output(voltage_v=400.0, current_a=13.0), bench.now))
    return bench


def order(bench: Bench) -> Any:
    assert bench.order is not None
    return bench.order


def setup(changes: dict[str, Any]) -> Any:
    return evse(changes, **SPEAKS).told(charger.SessionSetup)[-1]


def options(changes: dict[str, Any]) -> list[str]:
    return [each.value for each in setup(changes).payment_options]


def told(changes: dict[str, Any], kind: type, **more: Any) -> Any:
    return evse(changes, **more).told(kind)[-1]


def bpt(changes: dict[str, Any]) -> list[Any]:
    return [each.bpt_config for each in evse(changes, **{**BPT, **changes}).told(charger.BptSetup)]


def modes(changes: dict[str, Any]) -> set[str]:
    kind = charger.UpdateEnergyTransferModes
    return {each.value for each in told(changes, kind, **SPEAKS).supported_energy_transfer_modes}


def pilot_after_plug(changes: dict[str, Any], **more: Any) -> Pilot:
    bench = evse(changes, **more)
    bench.plug()
    shown: Pilot = order(bench).pilot
    return shown


def ready(bench: Bench) -> bool:
    return bool(bench.published(evse_manager.Ready))


def meter_wait_s(changes: dict[str, Any]) -> float:
    found = settings_of(parameters(**changes), CONNECTIONS)
    bench = Bench(**{field.name: getattr(found, field.name) for field in dataclasses.fields(found)})
    bench.start()
    bench.outlet()
    waited_s = 0.0
    while not ready(bench):
        waited_s += 0.5
        bench.pass_s(0.5)
    return waited_s


def evidence(changes: dict[str, Any]) -> list[Any]:
    bench = evse(changes, **{**SPEAKS, "session_logging": True, "session_logging_path": "/logs", **changes})
    bench.plug()
    return [(each.path, each.suffix == bench.session.uuid, each.in_full) for each in bench.told(Evidence)]


def tokens(changes: dict[str, Any], *, by_slac: bool = False, **more: Any) -> list[str]:
    bench = evse(changes, **{**SPEAKS, **more})
    bench.plug()
    if by_slac:
        bench.take(bench.core.mac_address(MAC, bench.now))
    else:
        bench.car(charger.EvccId(evcc_id=MAC))
    return [each.token.id_token.value for each in bench.published(auth_token_provider.ProvidedToken)]


def grant_in_time(changes: dict[str, Any]) -> list[Any]:
    """What the car is told while the pilot goes through a sequence."""
    bench = speaking(changes, **SPEAKS)
    bench.car(charger.DlinkError(), charger.RequireAuthEim())
    bench.grant()
    return bench.answers


def before_the_plug(changes: dict[str, Any], **more: Any) -> Pilot:
    bench = evse(changes, **{**SPEAKS, **more})
    bench.take(bench.core.matched(bench.now, ready=False))
    bench.grant()
    bench.plug()
    shown: Pilot = order(bench).pilot
    return shown


def asked_in_idle(changes: dict[str, Any]) -> float:
    request = evse(changes).published(energy_interface.EnergyFlowRequest)[-1].request
    value: float = request.schedule_import[0].limits_to_root.ac_max_current_a.value
    return value


def without_energy(changes: dict[str, Any], **more: Any) -> tuple[str, list[str]]:
    bench = evse(changes, managed=True, **{**DC, **more})
    bench.limits(power_w=0.0, valid_s=3600)
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    return bench.state, [each.mode.value for each in bench.told(charger.NoEnergyPauseCharging)]


def loop_ends_after_s(changes: dict[str, Any]) -> int:
    bench = looping(changes)
    bench.limits(power_w=0.0, valid_s=3600)
    for waited_s in range(1, 20):
        bench.pass_s(1.0)
        if bench.told(charger.StopCharging):
            return waited_s
    return 0


def with_a_broken_meter(changes: dict[str, Any]) -> bool:
    bench = evse(changes)
    bench.errors("powermeter/CommunicationFault", name="meter")
    return bool(bench.raised)


def inoperative(changes: dict[str, Any]) -> str:
    bench = evse(changes)
    cause = dataclasses.replace(standing("evse_board_support/BrownOut"), vendor_id="E42")
    bench.take(bench.core.errors("board", (cause,), bench.now))
    raised = [each for each in bench.effects if isinstance(each, Raise)]
    return raised[-1].vendor_id


def too_late(changes: dict[str, Any]) -> bool:
    bench = evse(changes)
    bench.plug()
    bench.command(evse_manager.WithdrawAuthorization())
    return errors.EvseManager.MREC9_AUTHORIZATION_TIMEOUT.value in bench.raised


def offered_after_change(changes: dict[str, Any], **more: Any) -> float:
    """A grant falls from 16 A to 10 A in a charge."""
    bench = evse(changes, managed=True, **more)
    bench.limits(16.0, valid_s=3600)
    bench.plug()
    bench.grant()
    bench.wants()
    bench.limits(10.0, valid_s=3600)
    found: float = order(bench).offer_a
    return found


def longest_delay_s(changes: dict[str, Any]) -> bool:
    """Whether the delay is over within a tenth of the usual."""
    bench = evse(changes, managed=True, uk_smartcharging_random_delay_enable=True)
    bench.limits(16.0, valid_s=3600)
    bench.plug()
    bench.grant()
    bench.wants()
    bench.limits(10.0, valid_s=3600)
    bench.pass_s(1.0)
    return bool(order(bench).offer_a == 10.0)


def taken_back(changes: dict[str, Any], **more: Any) -> tuple[bool, float]:
    """Less than nothing is granted to a car of ISO 15118-2 that charges."""
    bench = looping(changes, **more)
    bench.limits(power_w=-4000.0, valid_s=3600)
    limits = bench.told(charger.UpdateDcMaximumLimits)[-1].maximum_limits
    return order(bench).import_power, limits.evse_maximum_power_limit_w


def given_a(changes: dict[str, Any]) -> Any:
    bench = looping(changes)
    bench.limits(power_w=13.7 * 400.0, valid_s=3600)
    bench.car(target(13.0))
    return round(order(bench).target_current_a, 3)


def present_a(changes: dict[str, Any]) -> float:
    found = looping(changes).told(charger.UpdateDcPresentValues)[-1].present_voltage_current
    value: float = found.evse_present_current_a
    return value


def learnt(changes: dict[str, Any]) -> float | None:
    """What an AC car tells of its battery when it is offered DC."""
    bench = speaking(changes, **SPEAKS)
    bench.grant()
    offered = bench.told(charger.UpdateEnergyTransferModes)[-1].supported_energy_transfer_modes
    if EnergyTransferMode.DC_EXTENDED in offered:
        status = DcEvStatus(
            dc_ev_ready=True, dc_ev_error_code=DcEvErrorCode.NO_ERROR, dc_ev_ress_soc_percent=55.0
        )
        bench.car(charger.DcEvStatus(status=status))
    return bench.core.facts.ev.soc_percent


def locked_with_the_car(changes: dict[str, Any]) -> bool:
    bench = evse(changes)
    bench.plug()
    found: bool = order(bench).locked
    return found


def kind_of_plug(changes: dict[str, Any]) -> str:
    reply = evse(changes).command(evse_manager.GetEvse())
    kind: str = reply.evse.connectors[0].type.value
    return kind


def number_of_the_evse(changes: dict[str, Any]) -> int:
    number: int = evse(changes).command(evse_manager.GetEvse()).evse.id
    return number


def id_of_a_session(changes: dict[str, Any]) -> int:
    bench = evse(changes)
    bench.plug()
    return len(bench.session.uuid)


# -- what is looked at in a connector ------------------------------------------------------------------------


def ventilated(changes: dict[str, Any]) -> bool:
    outlet = Outlet(outlet_settings(changes))
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16, supply=Supply.AC)
    outlet.car("D")
    outlet.advance(0.3)
    return outlet.closed


def drawing(current_a: float, seconds: float) -> Callable[[dict[str, Any]], bool]:
    """Whether a car that was offered 16 A may."""

    def probe(changes: dict[str, Any]) -> bool:
        outlet = charging(settings=outlet_settings(changes))
        outlet.draws(current_a)
        outlet.advance(seconds)
        return not outlet.errors

    return probe


def after_a_fault(changes: dict[str, Any]) -> str:
    outlet = charging(settings=outlet_settings(changes))
    outlet.order(supply=Supply.OFF, urgency=Urgency.EMERGENCY, pilot=Pilot.IDLE)
    outlet.advance(0.4)
    return type(outlet.pilot).__name__


def switching(changes: dict[str, Any]) -> tuple[str, bool]:
    """What the pilot shows while the phases are changed, and whether power is back after 6 s."""
    outlet = charging(settings=outlet_settings(changes))
    outlet.order(three_phases=False)
    shown = type(outlet.pilot).__name__
    outlet.car("B")
    outlet.advance(0.1)
    outlet.car("C")
    outlet.advance(6.0)
    return shown, outlet.closed


def isolation(changes: dict[str, Any], **devices: Any) -> tuple[list[float], str]:
    """The voltages of the isolation monitor's self-tests, and how the cable check ended."""
    outlet = checked(outlet_settings(changes, **{**DC, **changes}), **devices)
    tests = outlet.commands(isolation_monitor.StartSelfTest)
    return [each.test_voltage_v for each in tests], outlet.condition.cable_check.value


def relays_open(changes: dict[str, Any]) -> list[float]:
    wanted = {"cable_check_enable_imd_self_test_relays_open": True, **changes}
    return isolation(wanted)[0]


def stuck(changes: dict[str, Any]) -> bool:
    """Whether relays that do not close are still waited for after 3 s."""
    outlet = checked(outlet_settings(changes, **DC), stuck=False)
    return not outlet.errors


def still_live(changes: dict[str, Any]) -> str:
    """A cable check whose output stays at its test voltage."""
    outlet = Outlet(outlet_settings(changes, **DC))
    outlet.car("B")
    outlet.order(pilot=Pilot.DIGITAL)
    outlet.car("C")
    outlet.order(supply=Supply.CABLE_CHECK, maximum_voltage_v=450)
    for _ in range(60):
        outlet.devices.slew_v = 0.0 if outlet.devices.voltage_v > 400 else 200.0
        outlet.advance(0.05)
    verdict: str = outlet.condition.cable_check.value
    return verdict


def too_high(changes: dict[str, Any]) -> bool:
    """Whether an output of 460 V for half a second, where the car bears 450 V, is a fault."""
    outlet = charging_dc(settings=outlet_settings(changes, **DC))
    outlet.devices.battery_v = 460.0
    outlet.advance(0.5)
    return bool(outlet.errors)


def spread(seconds: int) -> Callable[[dict[str, Any]], bool]:
    """Whether voltages that differ by 60 V so long are a fault."""

    def probe(changes: dict[str, Any]) -> bool:
        outlet = charging_dc(settings=outlet_settings(changes, **DC))
        for _ in range(seconds):
            outlet.tell(Device.OVM, VoltageMeasurementV(voltage_v=460.0))
            outlet.advance(1.0)
        return bool(outlet.errors)

    return probe


def ramp(changes: dict[str, Any]) -> bool:
    """Whether 100 A are reached within two seconds."""
    outlet = checked(outlet_settings(changes, **DC))
    outlet.order(supply=Supply.PRE_CHARGE, target_voltage_v=400)
    outlet.advance(1)
    outlet.devices.battery_v = 400.0
    outlet.order(supply=Supply.CHARGE, target_current_a=100)
    outlet.advance(2)
    return bool(outlet.commands(SetExportVoltageCurrent)[-1].current_a >= 99)


def too_low(changes: dict[str, Any]) -> float:
    """What the supply is told when a car asks for 20 V."""
    outlet = checked(outlet_settings(changes, **DC))
    outlet.order(supply=Supply.PRE_CHARGE, target_voltage_v=20)
    outlet.advance(1)
    voltage_v: float = outlet.commands(SetExportVoltageCurrent)[-1].voltage_v
    return voltage_v


def measuring_in_pre_charge(changes: dict[str, Any]) -> bool:
    outlet = checked(outlet_settings(changes, **DC))
    outlet.order(supply=Supply.PRE_CHARGE, target_voltage_v=400)
    outlet.advance(0.5)
    return outlet.devices.measuring


def simplified(changes: dict[str, Any]) -> float:
    outlet = Outlet(outlet_settings(changes))
    outlet.car("C")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16)
    percent: float = outlet.pilot.duty_cycle_percent
    return percent


def works_as_dc(changes: dict[str, Any]) -> tuple[bool, bool]:
    found = settings_of(parameters(**changes), CONNECTIONS)
    return found.dc, outlet_settings(changes).dc


# -- the table -----------------------------------------------------------------------------------------------

Probe = tuple[Any, "Callable[[dict[str, Any]], Any]", Any, Any]
"""Another value, what is looked at, what is seen with the default, and with that value."""

PROBES: dict[str, Probe] = {
    # M5.1
    "connector_id": (7, number_of_the_evse, 3, 7),
    "connector_type": ("cCCS2", kind_of_plug, "cType2", "cCCS2"),
    "evse_id": (
        "DE*ABC*E1", lambda p: told(p, charger.Setup, **SPEAKS).evse_id.evse_id,
        "DE*PNX*E1234567*1", "DE*ABC*E1",
    ),
    "evse_id_din": (
        "49A1", lambda p: told(p, charger.Setup, **SPEAKS).evse_id.evse_id_din, "49A80737A45678", "49A1",
    ),
    "session_id_type": ("UUID_BASE64", id_of_a_session, 36, 22),
    # M5.2
    "payment_enable_eim": (False, options, ["Contract", "ExternalPayment"], ["Contract"]),
    "payment_enable_contract": (False, options, ["Contract", "ExternalPayment"], ["ExternalPayment"]),
    "central_contract_validation_allowed": (
        True, lambda p: setup(p).central_contract_validation_allowed, False, True,
    ),
    "contract_certificate_installation_enabled": (
        False, lambda p: setup(p).supported_certificate_service, True, False,
    ),
    # M5.3
    "charge_mode": ("DC", works_as_dc, (False, False), (True, True)),
    "ac_nominal_voltage": (
        120.0, lambda p: told(p, charger.UpdateAcParameters, **SPEAKS).ac_parameters.nominal_voltage_v,
        230.0, 120.0,
    ),
    "has_ventilation": (False, ventilated, True, False),
    "supported_iso_ac_bpt": (
        True, lambda p: "AC_BPT" in modes(p), False, True,
    ),
    # M5.4, M5.5
    "ac_hlc_enabled": (
        True, lambda p: pilot_after_plug(p, sleep_before_enabling_pwm_hlc_mode_ms=0),
        Pilot.IDLE, Pilot.DIGITAL,
    ),
    "ac_hlc_use_5percent": (False, lambda p: pilot_after_plug(p, **SPEAKS), Pilot.DIGITAL, Pilot.IDLE),
    "ac_enforce_hlc": (True, before_the_plug, Pilot.NOMINAL, Pilot.DIGITAL),
    "ac_with_soc": (True, learnt, None, 55.0),
    "ev_receipt_required": (
        True, lambda p: told(p, charger.ReceiptIsRequired, **SPEAKS).receipt_required, False, True,
    ),
    "dbg_hlc_auth_after_tstep": (True, grant_in_time, [("Accepted", "NoCertificateAvailable")], []),
    "sleep_before_enabling_pwm_hlc_mode_ms": (
        0, lambda p: pilot_after_plug(p, charge_mode="DC"), Pilot.IDLE, Pilot.DIGITAL,
    ),
    # M5.6
    "disable_authentication": (
        True, pilot_after_plug, Pilot.IDLE, Pilot.NOMINAL,
    ),
    "enable_autocharge": (True, tokens, [], ["VID:001122334455"]),
    "autocharge_use_slac_instead_of_hlc": (
        True, lambda p: tokens(p, by_slac=True, enable_autocharge=True), [], ["VID:001122334455"],
    ),
    # M5.7
    "session_logging": (False, evidence, [("/logs", True, True)], [(None, True, True)]),
    "session_logging_path": ("/other", evidence, [("/logs", True, True)], [("/other", True, True)]),
    "session_logging_xml": (False, evidence, [("/logs", True, True)], [("/logs", True, False)]),
    "logfile_suffix": ("bay", evidence, [("/logs", True, True)], [("/logs", False, True)]),
    # M5.8
    "external_ready_to_start_charging": (True, lambda p: ready(evse(p)), True, False),
    "initial_meter_value_timeout_ms": (1000, meter_wait_s, 5.0, 1.0),
    # M5.9, M5.10
    "request_zero_power_in_idle": (True, asked_in_idle, 32.0, 0.0),
    "hlc_charge_loop_without_energy_timeout_s": (9, loop_ends_after_s, 5, 9),
    "zero_power_ignore_pause": (
        False, without_energy, ("PrepareCharging", []), ("ChargingPausedEVSE", ["PauseBeforeCableCheck"]),
    ),
    "zero_power_allow_ev_to_ignore_pause": (
        True, lambda p: without_energy(p, zero_power_ignore_pause=False)[1],
        ["PauseBeforeCableCheck"], ["AllowEvToIgnorePause"],
    ),
    # M5.11, M5.12
    "fail_on_powermeter_errors": (False, with_a_broken_meter, True, False),
    "raise_mrec9": (True, too_late, False, True),
    "inoperative_error_use_vendor_id": (True, inoperative, "", "E42"),
    "lock_connector_in_state_b": (False, locked_with_the_car, True, False),
    "state_F_after_fault_ms": (600, after_a_fault, "CpStateX1", "CpStateF"),
    # M5.13
    "soft_over_current_tolerance_percent": (20, drawing(18.5, 7.5), False, True),
    "soft_over_current_measurement_noise_A": (1.5, drawing(18.5, 7.5), False, True),
    "soft_over_current_timeout_ms": (9000, drawing(18.5, 7.5), False, True),
    # M5.14
    "switch_3ph1ph_delay_s": (5, lambda p: switching(p)[1], False, True),
    "switch_3ph1ph_cp_state": ("F", lambda p: switching(p)[0], "CpStateX1", "CpStateF"),
    # M5.15
    "uk_smartcharging_random_delay_enable": (True, offered_after_change, 10.0, 16.0),
    "uk_smartcharging_random_delay_max_duration": (1, longest_delay_s, False, True),
    "uk_smartcharging_random_delay_at_any_change": (
        False, lambda p: offered_after_change(p, uk_smartcharging_random_delay_enable=True), 16.0, 10.0,
    ),
    # M5.16
    "dc_isolation_voltage_V": (350, isolation, ([500], "Passed"), ([350], "Passed")),
    "cable_check_wait_number_of_imd_measurements": (200, isolation, ([500], "Passed"), ([500], "Running")),
    "cable_check_enable_imd_self_test": (False, isolation, ([500], "Passed"), ([], "Passed")),
    "cable_check_enable_imd_self_test_relays_open": (
        True, isolation, ([500], "Passed"), ([48, 500], "Passed"),
    ),
    "cable_check_relays_open_voltage_V": (55, relays_open, [48, 500], [55, 500]),
    "cable_check_relays_closed_timeout_s": (1, stuck, True, False),
    "cable_check_wait_below_60V_before_finish": (False, still_live, "Running", "Passed"),
    # M5.17
    "internal_over_voltage_duration_ms": (900, too_high, True, False),
    "voltage_plausibility_max_spread_threshold_V": (70, spread(32), True, False),
    "voltage_plausibility_fault_duration_ms": (2000, spread(4), False, True),
    "dc_ramp_ampere_per_second": (80, ramp, False, True),
    # M5.18
    "sae_j2847_2_bpt_enabled": (
        True, lambda p: told(p, charger.Setup, **DC).sae_j2847_mode.value, "None", "V2G",
    ),
    "sae_j2847_2_bpt_mode": (
        "V2H", lambda p: told(p, charger.Setup, sae_j2847_2_bpt_enabled=True, **DC).sae_j2847_mode.value,
        "V2G", "V2H",
    ),
    "bpt_channel": ("Separated", lambda p: bpt(p)[-1].bpt_channel.value, "Unified", "Separated"),
    "bpt_generator_mode": (
        "GridForming", lambda p: bpt(p)[-1].generator_mode.value, "GridFollowing", "GridForming",
    ),
    "bpt_grid_code_island_method": (
        "Active", lambda p: str(bpt(p)[-1].grid_code_detection), "None", "Active",
    ),
    # M5.19
    "hack_skoda_enyaq": (True, too_low, 500.0, 150.0),
    "hack_present_current_offset": (2, present_a, 13.0, 15.0),
    "hack_pause_imd_during_precharge": (True, measuring_in_pre_charge, True, False),
    "hack_allow_bpt_with_iso2": (True, taken_back, (False, 0.0), (True, 4000.0)),
    "hack_simplified_mode_limit_10A": (True, simplified, 26.67, 16.67),
    "hack_fix_hlc_integer_current_requests": (True, given_a, 13.0, 13.7),
}  # fmt: skip


@pytest.mark.parametrize("name", PROBES)
def test_a_parameter_makes_the_difference_it_promises(name: str) -> None:
    value, look, before, after = PROBES[name]

    assert look({}) == before
    assert look({name: value}) == after
    assert before != after


def test_no_parameter_is_left_out() -> None:
    assert list(PROBES) == list(EVSE_MANAGER.parameters)


def test_every_setting_of_the_manager_is_a_parameter() -> None:
    """Nothing is read from the site file that it cannot have."""
    names = evse_settings._FIELDS.values()

    assert set(names) <= set(EVSE_MANAGER.parameters)


# -- docs/evse-parameters.md ---------------------------------------------------------------------------------

PAGE = Path("docs/evse-parameters.md")
ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.MULTILINE)


def described(name: str) -> list[str]:
    """Default, unit or values, and meaning, as the catalog has them."""
    parameter = EVSE_MANAGER.parameters[name]
    default = "required" if parameter.default is None else str(parameter.default)
    default = default.lower() if isinstance(parameter.default, bool) else default
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", parameter.minimum), ("at most", parameter.maximum))
        if bound
    ]
    values = ", ".join(parameter.choices) if len(parameter.choices) < 5 else "as OCPP names plugs"
    return [
        default,
        ", ".join([each for each in (parameter.unit, values, *bounds) if each]),
        parameter.meaning,
    ]


def page() -> dict[str, list[str]]:
    return {name: [each.strip() for each in rest.split("|")] for name, rest in ROW.findall(PAGE.read_text())}


def test_the_page_of_the_parameters_tells_what_the_catalog_says() -> None:
    found = page()

    assert list(found) == list(EVSE_MANAGER.parameters)
    assert {name: cells[:3] for name, cells in found.items()} == {name: described(name) for name in found}


@pytest.mark.parametrize("name", PROBES)
def test_a_parameter_acts_and_is_tested_where_the_page_says(name: str) -> None:
    fields = {theirs: ours for ours, theirs in evse_settings._FIELDS.items()} | {
        "charge_mode": "dc",
        "initial_meter_value_timeout_ms": "initial_meter_value_timeout_s",
        "sleep_before_enabling_pwm_hlc_mode_ms": "sleep_before_pwm_s",
    }
    words = rf"\b({fields.get(name, name)}|{name}|{name.lower()})\b"
    _default, _unit, _meaning, acts, tested = page()[name]
    places = [
        *(Path(f"actors/{each}.py") for each in acts.split(", ")),
        *(Path(f"tests/actors/{each}.py") for each in tested.split(", ") if each),
    ]

    assert [str(each) for each in places if not re.search(words, each.read_text())] == []

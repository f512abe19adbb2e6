"""The parameters of EvseManager as its core uses them (rows M5.1 to M5.20). Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the site file says of one EVSE, and how it is wired."""

    evse: int
    evse_id: str
    evse_id_din: str
    connector_type: str = "Unknown"
    connectors: int = 1
    session_id_type: str = "UUID"
    payment_enable_eim: bool = True
    payment_enable_contract: bool = True
    central_contract_validation_allowed: bool = False
    contract_certificate_installation_enabled: bool = True
    dc: bool = False
    ac_nominal_voltage_v: float = 230.0
    ac_bpt: bool = False
    ac_hlc_enabled: bool = False
    ac_hlc_use_5percent: bool = True
    ac_enforce_hlc: bool = False
    ac_with_soc: bool = False
    ev_receipt_required: bool = False
    auth_after_tstep: bool = False
    sleep_before_pwm_s: float = 0.0
    disable_authentication: bool = False
    enable_autocharge: bool = False
    autocharge_by_slac: bool = False
    session_logging: bool = False
    session_logging_path: str = ""
    session_logging_xml: bool = True
    logfile_suffix: str = "session_uuid"
    external_ready: bool = False
    initial_meter_value_timeout_s: float = 5.0
    request_zero_power_in_idle: bool = False
    charge_loop_without_energy_timeout_s: float = 5.0
    zero_power_ignore_pause: bool = True
    zero_power_allow_ev_to_ignore_pause: bool = False
    fail_on_powermeter_errors: bool = True
    raise_mrec9: bool = False
    inoperative_error_use_vendor_id: bool = False
    lock_connector_in_state_b: bool = True
    random_delay: bool = False
    random_delay_max_s: int = 600
    random_delay_at_any_change: bool = True
    sae_bpt: bool = False
    sae_bpt_mode: str = "V2G"
    bpt_channel: str = "None"
    bpt_generator_mode: str = "None"
    bpt_grid_code_island_method: str = "None"
    allow_bpt_with_iso2: bool = False
    whole_ampere_requests: bool = False
    skoda_enyaq: bool = False
    present_current_offset_a: float = 0.0
    has_hlc: bool = False
    """A module that speaks ISO 15118 is connected."""
    has_slac: bool = False
    has_lock: bool = False
    has_meter: bool = False
    managed: bool = False
    """An energy manager distributes the site's power; without one the hardware's own limits hold."""
    node: str = ""
    """The EVSE's name among the nodes of the energy tree: its module's id; empty: `evse_` and its number."""

    @property
    def hlc(self) -> bool:
        """Whether high-level communication is spoken at this EVSE at all."""
        return self.has_hlc and (self.dc or self.ac_hlc_enabled or self.ac_with_soc)

    @property
    def matches(self) -> bool:
        """Whether the modem looks for cars: for who speaks to them, or for the address that Autocharge takes.

        Where neither is wanted (AC without `ac_hlc_enabled`) it is off, or cars would try to speak in vain.
        """
        return self.has_slac and (self.hlc or (self.enable_autocharge and self.autocharge_by_slac))

    @property
    def both_ways(self) -> bool:
        """Whether ISO 15118-20 may transfer energy in both directions: channel and generator mode are set."""
        return "None" not in (self.bpt_channel, self.bpt_generator_mode)


_FIELDS = {
    "evse": "connector_id",
    "ac_nominal_voltage_v": "ac_nominal_voltage",
    "auth_after_tstep": "dbg_hlc_auth_after_tstep",
    "ac_bpt": "supported_iso_ac_bpt",
    "autocharge_by_slac": "autocharge_use_slac_instead_of_hlc",
    "external_ready": "external_ready_to_start_charging",
    "charge_loop_without_energy_timeout_s": "hlc_charge_loop_without_energy_timeout_s",
    "random_delay": "uk_smartcharging_random_delay_enable",
    "random_delay_max_s": "uk_smartcharging_random_delay_max_duration",
    "random_delay_at_any_change": "uk_smartcharging_random_delay_at_any_change",
    "sae_bpt": "sae_j2847_2_bpt_enabled",
    "sae_bpt_mode": "sae_j2847_2_bpt_mode",
    "allow_bpt_with_iso2": "hack_allow_bpt_with_iso2",
    "whole_ampere_requests": "hack_fix_hlc_integer_current_requests",
    "skoda_enyaq": "hack_skoda_enyaq",
    "present_current_offset_a": "hack_present_current_offset",
}
"""Fields whose parameter is called otherwise."""

_OWN = frozenset(
    {"connectors", "dc", "initial_meter_value_timeout_s", "managed", "node", "sleep_before_pwm_s"}
)


def settings_of(
    parameters: Mapping[str, Any], connections: Mapping[str, Any], *, managed: bool = False, node: str = ""
) -> Settings:
    """The settings of one EVSE from its entry in the site file; defaults are filled in there."""
    plain = {
        name: parameters[_FIELDS.get(name, name)]
        for name in Settings.__dataclass_fields__
        if name not in _OWN and not name.startswith("has_")
    }
    meters = ("powermeter_car_side", "powermeter_grid_side")
    plain["connector_type"] = plain["connector_type"].replace("-", "_")  # one name has a hyphen in EVerest
    return Settings(
        **plain,
        connectors=max(1, len(connections.get("bsp", ()))),
        dc=parameters["charge_mode"] == "DC",
        initial_meter_value_timeout_s=parameters["initial_meter_value_timeout_ms"] / 1000,
        sleep_before_pwm_s=parameters["sleep_before_enabling_pwm_hlc_mode_ms"] / 1000,
        has_hlc=bool(connections.get("hlc")),
        has_slac=bool(connections.get("slac")),
        has_lock=bool(connections.get("connector_lock")),
        has_meter=any(connections.get(each) for each in meters),
        managed=managed,
        node=node,
    )

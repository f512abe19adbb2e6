"""What the site file says that one outlet needs. Pure data.

Source: rows M5.3, M5.12 to M5.14, M5.16, M5.17, M5.19.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MCS: Final = "cMCS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Parameters of EvseManager by their names in lower case, and which devices the outlet has.

    The defaults are EVerest's, for an AC outlet with nothing but a board.
    """

    charge_mode: str = "AC"
    connector_type: str = "Unknown"
    has_ventilation: bool = True
    state_f_after_fault_ms: int = 300
    soft_over_current_tolerance_percent: float = 10.0
    soft_over_current_measurement_noise_a: float = 0.5
    soft_over_current_timeout_ms: int = 7000
    switch_3ph1ph_delay_s: int = 10
    switch_3ph1ph_cp_state: str = "X1"
    dc_isolation_voltage_v: int = 0
    cable_check_wait_number_of_imd_measurements: int = 1
    cable_check_enable_imd_self_test: bool = True
    cable_check_enable_imd_self_test_relays_open: bool = False
    cable_check_relays_open_voltage_v: int = 48
    cable_check_relays_closed_timeout_s: int = 5
    cable_check_wait_below_60v_before_finish: bool = True
    internal_over_voltage_duration_ms: int = 400
    voltage_plausibility_max_spread_threshold_v: float = 50.0
    voltage_plausibility_fault_duration_ms: int = 30000
    dc_ramp_ampere_per_second: int = 25
    hack_skoda_enyaq: bool = False
    hack_pause_imd_during_precharge: bool = False
    hack_simplified_mode_limit_10a: bool = False
    fail_on_powermeter_errors: bool = True

    shared: bool = False
    """Whether the EVSE has other outlets behind the same supply."""
    has_lock: bool = False
    has_rcd: bool = False
    has_imd: bool = False
    has_ovm: bool = False

    @property
    def dc(self) -> bool:
        """Whether the outlet gives direct current."""
        return self.charge_mode == "DC"

    @classmethod
    def of(cls, parameters: Mapping[str, Any], **devices: bool) -> Settings:
        """From the parameters of an EvseManager; those of no interest here are passed over."""
        known = {each.name for each in fields(cls)}
        values: dict[str, Any] = {
            name.lower(): value for name, value in parameters.items() if name.lower() in known
        }
        return cls(**(values | devices))

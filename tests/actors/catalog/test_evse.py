import pytest

from actors.catalog.evse import EVSE_MANAGER

# Rows M5.1 to M5.19: name, default; None where it must be given.
DEFAULTS = {
    "connector_id": None,
    "connector_type": "Unknown",
    "evse_id": "DE*PNX*E1234567*1",
    "evse_id_din": "49A80737A45678",
    "session_id_type": "UUID",
    "payment_enable_eim": True,
    "payment_enable_contract": True,
    "central_contract_validation_allowed": False,
    "contract_certificate_installation_enabled": True,
    "charge_mode": "AC",
    "ac_nominal_voltage": 230,
    "has_ventilation": True,
    "supported_iso_ac_bpt": False,
    "ac_hlc_enabled": False,
    "ac_hlc_use_5percent": True,
    "ac_enforce_hlc": False,
    "ac_with_soc": False,
    "ev_receipt_required": False,
    "dbg_hlc_auth_after_tstep": False,
    "sleep_before_enabling_pwm_hlc_mode_ms": 500,
    "disable_authentication": False,
    "enable_autocharge": False,
    "autocharge_use_slac_instead_of_hlc": False,
    "session_logging": False,
    "session_logging_path": "/tmp",
    "session_logging_xml": True,
    "logfile_suffix": "session_uuid",
    "external_ready_to_start_charging": False,
    "initial_meter_value_timeout_ms": 5000,
    "request_zero_power_in_idle": False,
    "hlc_charge_loop_without_energy_timeout_s": 5,
    "zero_power_ignore_pause": True,
    "zero_power_allow_ev_to_ignore_pause": False,
    "fail_on_powermeter_errors": True,
    "raise_mrec9": False,
    "inoperative_error_use_vendor_id": False,
    "lock_connector_in_state_b": True,
    "state_F_after_fault_ms": 300,
    "soft_over_current_tolerance_percent": 10,
    "soft_over_current_measurement_noise_A": 0.5,
    "soft_over_current_timeout_ms": 7000,
    "switch_3ph1ph_delay_s": 10,
    "switch_3ph1ph_cp_state": "X1",
    "uk_smartcharging_random_delay_enable": False,
    "uk_smartcharging_random_delay_max_duration": 600,
    "uk_smartcharging_random_delay_at_any_change": True,
    "dc_isolation_voltage_V": 0,
    "cable_check_wait_number_of_imd_measurements": 1,
    "cable_check_enable_imd_self_test": True,
    "cable_check_enable_imd_self_test_relays_open": False,
    "cable_check_relays_open_voltage_V": 48,
    "cable_check_relays_closed_timeout_s": 5,
    "cable_check_wait_below_60V_before_finish": True,
    "internal_over_voltage_duration_ms": 400,
    "voltage_plausibility_max_spread_threshold_V": 50,
    "voltage_plausibility_fault_duration_ms": 30000,
    "dc_ramp_ampere_per_second": 25,
    "sae_j2847_2_bpt_enabled": False,
    "sae_j2847_2_bpt_mode": "V2G",
    "bpt_channel": "None",
    "bpt_generator_mode": "None",
    "bpt_grid_code_island_method": "None",
    "hack_skoda_enyaq": False,
    "hack_present_current_offset": 0,
    "hack_pause_imd_during_precharge": False,
    "hack_allow_bpt_with_iso2": False,
    "hack_simplified_mode_limit_10A": False,
    "hack_fix_hlc_integer_current_requests": False,
}


def test_evse_manager_has_the_sixty_eight_parameters_with_their_defaults():
    assert {name: one.default for name, one in EVSE_MANAGER.parameters.items()} == DEFAULTS
    assert len(DEFAULTS) == 68


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("session_id_type", {"UUID", "UUID_BASE64", "SHORT_BASE64"}),
        ("charge_mode", {"AC", "DC"}),
        ("switch_3ph1ph_cp_state", {"X1", "F"}),
        ("sae_j2847_2_bpt_mode", {"V2G", "V2H"}),
        ("bpt_channel", {"None", "Unified", "Separated"}),
        ("bpt_generator_mode", {"None", "GridFollowing", "GridForming"}),
        ("bpt_grid_code_island_method", {"None", "Active", "Passive"}),
    ],
)
def test_a_choice_of_evse_manager_has_the_values_of_its_row(name, choices):
    assert set(EVSE_MANAGER.parameters[name].choices) == choices


def test_the_over_current_time_is_at_least_six_seconds():
    assert EVSE_MANAGER.parameters["soft_over_current_timeout_ms"].minimum == 6000


def test_only_the_board_must_be_connected():
    mandatory = {name for name, one in EVSE_MANAGER.requires.items() if one.minimum}

    assert mandatory == {"bsp"}
    assert len(EVSE_MANAGER.requires) == 11
    assert {name for name, one in EVSE_MANAGER.requires.items() if one.maximum > 1} == {
        "bsp", "ac_rcd", "connector_lock",
    }  # fmt: skip


def test_evse_manager_provides_what_auth_ocpp_and_energy_connect():
    assert {name: one.interface for name, one in EVSE_MANAGER.provides.items()} == {
        "evse": "evse_manager",
        "energy_grid": "energy",
        "token_provider": "auth_token_provider",
        "random_delay": "uk_random_delay",
        "dc_external_derate": "dc_external_derate",
    }

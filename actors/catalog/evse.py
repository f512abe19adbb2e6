"""EvseManager, with its 68 parameters (rows M5.1 to M5.20; the row stands before each group).

Longer than other files because it is one table: splitting it would part the parameters of one module.
"""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import (
    TEMP_DIR,
    Manifest,
    choice,
    default_off,
    default_on,
    integer,
    may_use,
    named,
    needs,
    number,
    offers,
    text,
)

MAX_EVSES: Final = 128
"""As many as one OCPP module may connect (row S9.1)."""

MAX_CONNECTORS: Final = 128
"""Outlets of one EVSE, of which one is in use at a time (row S9.1)."""

CONNECTOR_TYPES: Final = (
    "Unknown",
    "Undetermined",
    "cCCS1",
    "cCCS2",
    "cG105",
    "cMCS",
    "cTesla",
    "cType1",
    "cType2",
    "s309_1P_16A",
    "s309_1P_32A",
    "s309_3P_16A",
    "s309_3P_32A",
    "sBS1361",
    "sCEE-7_7",
    "sType2",
    "sType3",
    "Other1PhMax16A",
    "Other1PhOver16A",
    "Other3Ph",
    "Pan",
    "wInductive",
    "wResonant",
)

IDENTITY: Final = (  # M5.1
    integer("connector_id", None, "number of this EVSE", minimum=1, maximum=MAX_EVSES, evse=True),
    choice("connector_type", CONNECTOR_TYPES, "kind of plug or socket"),
    text("evse_id", "DE*PNX*E1234567*1", "EVSE id that cars see in ISO 15118 sessions", min_length=1),
    text("evse_id_din", "49A80737A45678", "EVSE id that cars see in DIN 70121 sessions", min_length=1),
    choice(
        "session_id_type",
        ("UUID", "UUID_BASE64", "SHORT_BASE64"),
        "form of the session ids: 36, 22 or 16 characters",
    ),
)

PAYMENT: Final = (  # M5.2
    default_on("payment_enable_eim", "offer external payment (card, app)", writable=True),
    default_on("payment_enable_contract", "offer Plug & Charge", writable=True),
    default_off(
        "central_contract_validation_allowed",
        "a contract the station cannot verify may be sent to the CSMS",
        writable=True,
    ),
    default_on(
        "contract_certificate_installation_enabled",
        "offer to install a contract certificate in the car",
        writable=True,
    ),
)

POWER: Final = (  # M5.3
    choice("charge_mode", ("AC", "DC"), "what comes out of the plug"),
    number("ac_nominal_voltage", 230, "voltage between phase and neutral", unit="V", minimum=1, maximum=1000),
    default_on("has_ventilation", "cars that ask for ventilation may charge"),
    default_off("supported_iso_ac_bpt", "offer bidirectional AC charging of ISO 15118-20"),
)

HIGH_LEVEL: Final = (  # M5.4, M5.5
    default_off("ac_hlc_enabled", "speak ISO 15118 on AC"),
    default_on("ac_hlc_use_5percent", "begin with a duty cycle of 5 %; false: state X1"),
    default_off(
        "ac_enforce_hlc",
        "5 % duty cycle even when authorized before the plug; the standard does not allow that",
    ),
    default_off("ac_with_soc", "make a short DC detour to learn the state of charge"),
    default_off("ev_receipt_required", "ask cars that charge by contract for signed receipts"),
    default_off("dbg_hlc_auth_after_tstep", "for tests: hold the ISO 15118 grant back until t_step is over"),
    integer(
        "sleep_before_enabling_pwm_hlc_mode_ms",
        500,
        "wait before the pilot signals ISO 15118, so that SLAC is listening",
        unit="ms",
        maximum=60000,
    ),
)

AUTHORIZATION: Final = (  # M5.6
    default_off("disable_authentication", "charge whoever plugs in, without Auth"),
    default_off("enable_autocharge", "take the car's MAC address for a token"),
    default_off("autocharge_use_slac_instead_of_hlc", "take that address from SLAC instead of ISO 15118"),
)

LOGGING: Final = (  # M5.7
    default_off("session_logging", "write a log of each session"),
    text("session_logging_path", TEMP_DIR, "directory of these logs", min_length=1),
    default_on("session_logging_xml", "write ISO 15118 messages in full"),
    text("logfile_suffix", "session_uuid", "ending of the log's name; session_uuid: the session's id"),
)

START_UP: Final = (  # M5.8
    default_off("external_ready_to_start_charging", "wait for a go from outside before being ready"),
    integer(
        "initial_meter_value_timeout_ms",
        5000,
        "how long to wait for the first meter value before being ready; 0: not at all",
        unit="ms",
    ),
)

ENERGY: Final = (  # M5.9, M5.10
    default_off("request_zero_power_in_idle", "ask for no power while no car is there"),
    integer(
        "hlc_charge_loop_without_energy_timeout_s",
        5,
        "how long an ISO 15118 session may stay in its charge loop without energy",
        unit="s",
    ),
    default_on("zero_power_ignore_pause", "no energy before the cable check: go on as if there were some"),
    default_off(
        "zero_power_allow_ev_to_ignore_pause",
        "no energy before the cable check: a car may go on although asked to pause",
    ),
)

ERRORS: Final = (  # M5.11, M5.12
    default_on("fail_on_powermeter_errors", "errors of the meter make the EVSE inoperative"),
    default_off("raise_mrec9", "report an authorization that came too late as an error"),
    default_off("inoperative_error_use_vendor_id", "the Inoperative error carries its cause's vendor id"),
    default_on("lock_connector_in_state_b", "lock the plug as soon as a car is connected"),
    integer(
        "state_F_after_fault_ms",
        300,
        "how long the pilot shows state F after a fault, without ISO 15118; 0: not at all",
        unit="ms",
    ),
)

OVER_CURRENT: Final = (  # M5.13
    number(
        "soft_over_current_tolerance_percent",
        10,
        "by how much a car may draw more than allowed",
        unit="%",
        maximum=100,
    ),
    number("soft_over_current_measurement_noise_A", 0.5, "what the meter may be wrong by", unit="A"),
    integer(
        "soft_over_current_timeout_ms", 7000, "how long it may draw more than that", unit="ms", minimum=6000
    ),
)

PHASES: Final = (  # M5.14
    integer("switch_3ph1ph_delay_s", 10, "pause while changing between one and three phases", unit="s"),
    choice("switch_3ph1ph_cp_state", ("X1", "F"), "state of the pilot in that pause"),
)

RANDOM_DELAY: Final = (  # M5.15
    default_off("uk_smartcharging_random_delay_enable", "random delays of the UK smart charging rules"),
    integer(
        "uk_smartcharging_random_delay_max_duration",
        600,
        "longest delay",
        unit="s",
        maximum=1800,
        writable=True,
    ),
    default_on(
        "uk_smartcharging_random_delay_at_any_change",
        "delay every change; false: only changes from and to zero",
    ),
)

CABLE_CHECK: Final = (  # M5.16
    integer("dc_isolation_voltage_V", 0, "voltage of the isolation test; 0: as the norm says", unit="V"),
    integer("cable_check_wait_number_of_imd_measurements", 1, "isolation values to wait for"),
    default_on("cable_check_enable_imd_self_test", "let the isolation monitor test itself"),
    default_off("cable_check_enable_imd_self_test_relays_open", "begin that test with the relays open"),
    integer("cable_check_relays_open_voltage_V", 48, "voltage of the test with open relays", unit="V"),
    integer("cable_check_relays_closed_timeout_s", 5, "how long the relays may take to close", unit="s"),
    default_on("cable_check_wait_below_60V_before_finish", "end only once the output is below 60 V"),
)

SUPERVISION: Final = (  # M5.17
    integer(
        "internal_over_voltage_duration_ms", 400, "how long the voltage may be above its limit", unit="ms"
    ),
    number(
        "voltage_plausibility_max_spread_threshold_V",
        50,
        "by how much the voltages of several sources may differ",
        unit="V",
    ),
    integer("voltage_plausibility_fault_duration_ms", 30000, "how long they may differ by more", unit="ms"),
    integer("dc_ramp_ampere_per_second", 25, "steepest change of the current", unit="A/s", minimum=1),
)

BIDIRECTIONAL: Final = (  # M5.18
    default_off("sae_j2847_2_bpt_enabled", "bidirectional charging of SAE J2847/2"),
    choice("sae_j2847_2_bpt_mode", ("V2G", "V2H"), "to the grid or to the house"),
    choice("bpt_channel", ("None", "Unified", "Separated"), "how the two directions share the power path"),
    choice("bpt_generator_mode", ("None", "GridFollowing", "GridForming"), "behaviour of the converter"),
    choice(
        "bpt_grid_code_island_method", ("None", "Active", "Passive"), "how an island is detected, AC only"
    ),
)

WORK_AROUNDS: Final = (  # M5.19
    default_off("hack_skoda_enyaq", "accept voltages below the battery's, as one car asks for"),
    integer("hack_present_current_offset", 0, "added to the current the car is told", unit="A", minimum=None),
    default_off("hack_pause_imd_during_precharge", "stop the isolation monitor until current flows"),
    default_off("hack_allow_bpt_with_iso2", "discharge cars that speak DIN or ISO 15118-2"),
    default_off(
        "hack_simplified_mode_limit_10A", "offer cars with the simplified pilot circuit 10 A at most"
    ),
    default_off(
        "hack_fix_hlc_integer_current_requests",
        "give cars that ask for whole A the rest up to the limit, where less than 1 A is missing",
    ),
)

EVSE_MANAGER: Final = Manifest(
    name="EvseManager",
    actor="actors.evse.evse_manager_actor:EvseManagerActor",
    own_names=("Evse",),
    meaning="One EVSE: its session, its authorization, its limits and the devices that carry them out.",
    parameters=named(
        *IDENTITY,
        *PAYMENT,
        *POWER,
        *HIGH_LEVEL,
        *AUTHORIZATION,
        *LOGGING,
        *START_UP,
        *ENERGY,
        *ERRORS,
        *OVER_CURRENT,
        *PHASES,
        *RANDOM_DELAY,
        *CABLE_CHECK,
        *SUPERVISION,
        *BIDIRECTIONAL,
        *WORK_AROUNDS,
    ),
    provides=named(
        offers("evse", "evse_manager"),
        offers("energy_grid", "energy"),
        offers("token_provider", "auth_token_provider"),
        offers("random_delay", "uk_random_delay"),
        offers("dc_external_derate", "dc_external_derate"),
    ),
    requires=named(  # M5.20
        needs("bsp", "evse_board_support", 1, MAX_CONNECTORS),  # one outlet each
        needs("ac_rcd", "ac_rcd", 0, MAX_CONNECTORS),  # of these two the n-th belongs to the n-th outlet
        needs("connector_lock", "connector_lock", 0, MAX_CONNECTORS),
        may_use("powermeter_grid_side", "powermeter"),
        may_use("powermeter_car_side", "powermeter"),
        may_use("slac", "slac"),
        may_use("hlc", "ISO15118_charger"),
        may_use("imd", "isolation_monitor"),
        may_use("over_voltage_monitor", "over_voltage_monitor"),
        may_use("powersupply_DC", "power_supply_DC"),
        may_use("store", "kvs"),
    ),
    former_requires={
        "powermeter": "write powermeter_grid_side or powermeter_car_side",
    },
)

MANIFESTS: Final = (EVSE_MANAGER,)

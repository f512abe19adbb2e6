"""The simulated station hardware and the simulated car; each stands for the EVerest simulator it replaces."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import (
    Manifest,
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

BOARD: Final = Manifest(
    name="SimulatedBoard",
    actor="actors.simulation.drivers.board_actor:SimulatedBoardActor",
    stands_for=("YetiSimulator",),
    old_names=("JsYetiSimulator",),
    meaning="The board of one EVSE: pilot, contactor, lock, RCD, meter, and the car's end of the cable.",
    parameters=named(
        integer("connector_id", None, "number of its EVSE", minimum=1, maximum=128, evse=True),
        default_on("reset_powermeter_on_session_start", "the meter begins at 0 Wh when a car is plugged in"),
        text("dummy_meter_value_blob_start", "test start value", "signed meter value at the start"),
        text("dummy_meter_value_blob_stop", "test stop value", "signed meter value at the end"),
        default_off("ocmf_signed", "the meter signs its values (OCMF), with a key of its own"),
    ),
    provides=named(
        offers("board_support", "evse_board_support"),
        offers("ev_board_support", "ev_board_support"),
        offers("powermeter", "powermeter"),
        offers("rcd", "ac_rcd"),
        offers("connector_lock", "connector_lock"),
    ),
)

SLAC: Final = Manifest(
    name="SimulatedSlac",
    actor="actors.simulation.drivers.slac_actor:SimulatedSlacActor",
    stands_for=("SlacSimulator",),
    old_names=("JsSlacSimulator",),
    meaning="The power line link between station and car, both ends.",
    provides=named(offers("evse", "slac"), offers("ev", "ev_slac")),
)

DC_SUPPLY: Final = Manifest(
    name="SimulatedDcSupply",
    actor="actors.simulation.drivers.dc_supply_actor:SimulatedDcSupplyActor",
    stands_for=("DCSupplySimulator",),
    old_names=("JsDCSupplySimulator",),
    meaning="A DC power supply with a meter at its output.",
    provides=named(
        offers(
            "main",
            "power_supply_DC",
            default_on("bidirectional", "can also take power from the car"),
            number("max_power", 150000, "highest power", unit="W"),
            number("min_voltage", 200, "lowest voltage", unit="V"),
            number("max_voltage", 900, "highest voltage", unit="V"),
            number("min_current", 1, "lowest current", unit="A"),
            number("max_current", 200, "highest current", unit="A"),
        ),
        offers("powermeter", "powermeter"),
    ),
)

IMD: Final = Manifest(
    name="SimulatedImd",
    actor="actors.simulation.drivers.imd_actor:SimulatedImdActor",
    stands_for=("IMDSimulator",),
    old_names=("JsIMDSimulator",),
    meaning="An isolation monitor.",
    provides=named(
        offers(
            "main",
            "isolation_monitor",
            number("resistance_F_Ohm", 900000, "resistance it measures", unit="Ohm"),
            integer("interval", 1000, "time between two values", unit="ms", minimum=1),
            default_on("selftest_success", "outcome of its self test"),
        )
    ),
)

OVM: Final = Manifest(
    name="SimulatedOvm",
    actor="actors.simulation.drivers.ovm_actor:SimulatedOvmActor",
    stands_for=("OVMSimulator",),
    meaning="A fast over-voltage monitor.",
    provides=named(
        offers(
            "main",
            "over_voltage_monitor",
            default_off("simulate_error_shutdown", "report an over-voltage that ends the session"),
            default_off("simulate_emergency_shutdown", "report one that opens the contactor at once"),
            integer("simulate_error_delay", 5, "how long after the start of charging", unit="s"),
        )
    ),
    requires=named(may_use("power_supply", "power_supply_DC")),
)

CAR_V2G: Final = Manifest(
    name="SimulatedCarV2g",
    actor="actors.simulation.car.car_v2g_actor:SimulatedCarV2gActor",
    stands_for=("PyEvJosev",),
    old_names=("PyJosev",),
    meaning="The car's side of DIN 70121 and ISO 15118.",
    parameters=named(
        text(
            "device", "eth0", "network interface towards the station; auto: the first that fits", min_length=1
        ),
        default_off("supported_DIN70121", "speak DIN 70121"),
        default_off("supported_ISO15118_2", "speak ISO 15118-2"),
        default_off("supported_ISO15118_20_AC", "speak ISO 15118-20 AC"),
        default_off("supported_ISO15118_20_DC", "speak ISO 15118-20 DC"),
        text("supported_d20_energy_services", "DC,DC_BPT", "services of ISO 15118-20, best first"),
        default_off("tls_active", "ask for TLS"),
        default_off("enforce_tls", "refuse a station without TLS"),
        default_off("enable_tls_1_3", "allow TLS 1.3"),
        default_off("is_cert_install_needed", "have a contract certificate installed first"),
        default_off("is_internet_service_needed", "ask for the internet service"),
        default_off("request_all_service_details", "ask for the details of every service"),
        default_off("select_all_vas_services", "choose every value-added service"),
        text(
            "certificates",
            "certs",
            "the car's certificates, as `evsite pki init` makes them; below the state directory",
        ),
    ),
    provides=named(offers("ev", "ISO15118_ev")),
)

CAR: Final = Manifest(
    name="SimulatedCar",
    actor="actors.simulation.car.car_actor:SimulatedCarActor",
    stands_for=("EvManager",),
    old_names=("JsEvManager",),
    meaning="A car at one EVSE: plugs in, charges, leaves, as its script says.",
    parameters=named(
        integer("connector_id", None, "number of the EVSE it stands at", minimum=1, maximum=128, evse=True),
        default_off("auto_enable", "the car is there from the start"),
        default_off("auto_exec", "run auto_exec_commands at the start"),
        default_off("auto_exec_infinite", "and again and again"),
        number("auto_exec_delay", 0, "so long after the site has started it begins", unit="s", minimum=0),
        text("auto_exec_commands", "", "the script, commands separated by semicolons"),
        text("plugin_commands", "", "script of the gateway's plug-in command"),
        number(
            "ac_nominal_voltage", 230, "voltage between phase and neutral", unit="V", minimum=1, maximum=1000
        ),
        number("max_current", 16, "AC: highest current", unit="A"),
        default_on("three_phases", "AC: takes three phases"),
        integer("dc_max_current_limit", 300, "DC: highest current", unit="A"),
        integer("dc_max_power_limit", 150000, "DC: highest power", unit="W"),
        integer("dc_max_voltage_limit", 900, "DC: highest voltage", unit="V"),
        integer("dc_min_voltage_limit", 150, "DC: lowest voltage", unit="V"),
        integer("dc_energy_capacity", 60000, "what the battery holds", unit="Wh"),
        integer("dc_target_current", 5, "DC: current it asks for", unit="A"),
        integer("dc_target_voltage", 200, "DC: voltage it asks for", unit="V"),
        default_off("support_sae_j2847", "bidirectional charging of SAE J2847/2"),
        integer("dc_discharge_max_current_limit", 300, "discharging: highest current", unit="A"),
        integer("dc_discharge_max_power_limit", 150000, "discharging: highest power", unit="W"),
        integer("dc_discharge_target_current", 5, "discharging: current it asks for", unit="A"),
        integer("dc_discharge_v2g_minimal_soc", 20, "discharging: where it ends", unit="%", maximum=100),
        integer("departure_time", 86400, "when it wants to leave, counted from plug-in", unit="s"),
        integer("e_amount", 0, "energy it wants; 0: does not say", unit="Wh"),
        integer("soc", 30, "state of charge at plug-in", unit="%", maximum=100),
        default_off("keep_cross_boot_plugin_state", "a plugged-in car is still there after a restart"),
        default_off("force_payment_option", "insist on the chosen payment option"),
    ),
    provides=named(offers("main", "car_simulator"), offers("ev_manager", "ev_manager")),
    requires=named(
        needs("ev_board_support", "ev_board_support"),
        may_use("ev", "ISO15118_ev"),
        may_use("slac", "ev_slac"),
        may_use("powermeter", "powermeter"),
        may_use("kvs", "kvs"),
    ),
)

CAR_GATEWAY: Final = Manifest(
    name="CarGateway",
    stands_for=("EvAPI",),
    meaning="Control of the simulated cars over HTTP and WebSocket.",
    requires=named(needs("ev_manager", "ev_manager", 1, 128)),
)

MANIFESTS: Final = (BOARD, SLAC, DC_SUPPLY, IMD, OVM, CAR_V2G, CAR, CAR_GATEWAY)

"""The energy tree (rows M15.1 to M15.3)."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import (
    Manifest,
    choice,
    default_off,
    integer,
    may_use,
    named,
    needs,
    number,
    offers,
)

ENERGY_NODE: Final = Manifest(
    name="EnergyNode",
    actor="actors.energy.energy_node_actor:EnergyNodeActor",
    own_names=("Fuse",),
    meaning="A fuse of the energy tree, with limits set from outside; the lowest limit wins.",
    parameters=named(
        number("fuse_limit_A", None, "what the fuse carries, each phase", unit="A"),
        integer("phase_count", None, "phases of the fuse", minimum=1, maximum=3, optional=True),
        default_off("enhance_external_schedule", "work out ampere limits where a schedule has only watt"),
        number(
            "nominal_voltage_V",
            230,
            "voltage between phase and neutral for that",
            unit="V",
            minimum=1,
            maximum=1000,
        ),
    ),
    provides=named(offers("energy_grid", "energy"), offers("external_limits", "external_energy_limits")),
    requires=named(
        needs("energy_consumer", "energy", 1, 128),
        may_use("powermeter", "powermeter"),
        may_use("price_information", "energy_price_information"),
    ),
)

ENERGY_MANAGER: Final = Manifest(
    name="EnergyManager",
    actor="actors.energy.energy_manager_actor:EnergyManagerActor",
    own_names=("Energy",),
    meaning="Shares the power of the site among its EVSEs.",
    parameters=named(
        number("nominal_ac_voltage", 230, "voltage for ampere to watt", unit="V", minimum=1, maximum=1000),
        integer("update_interval", 1, "how often power is shared anew", unit="s", minimum=1),
        integer("schedule_interval_duration", 60, "length of a step of the forecast", unit="min", minimum=1),
        integer("schedule_total_duration", 1, "length of the forecast", unit="h", minimum=1),
        number("slice_ampere", 0.5, "smallest share on AC", unit="A", minimum=0.01),
        number("slice_watt", 500, "smallest share on DC", unit="W", minimum=1),
        default_off("debug", "log how the power was shared"),
        choice(
            "switch_3ph1ph_while_charging_mode",
            ("Never", "Oneway", "Both"),
            "change between one and three phases: never, only from three to one, both ways",
        ),
        integer("switch_3ph1ph_max_nr_of_switches_per_session", 0, "changes in one session; 0: no limit"),
        choice(
            "switch_3ph1ph_switch_limit_stickyness",
            ("DontChange", "SinglePhase", "ThreePhase"),
            "what to stay with once that limit is reached",
        ),
        integer("switch_3ph1ph_power_hysteresis_W", 200, "power between the two changes", unit="W"),
        integer("switch_3ph1ph_time_hysteresis_s", 600, "how long three phases must be possible", unit="s"),
    ),
    provides=named(offers("main", "energy_manager")),
    requires=named(needs("energy_trunk", "energy")),
)

MANIFESTS: Final = (ENERGY_NODE, ENERGY_MANAGER)

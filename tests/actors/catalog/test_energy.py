"""Rows M15.1, M15.2."""

from actors.catalog import CATALOG


def test_an_energy_node_has_the_parameters_and_defaults_of_its_row():
    node = CATALOG["EnergyNode"]

    assert {name: one.default for name, one in node.parameters.items()} == {
        "fuse_limit_A": None,
        "phase_count": None,
        "enhance_external_schedule": False,
        "nominal_voltage_V": 230,
    }
    assert node.parameters["fuse_limit_A"].required
    assert not node.parameters["phase_count"].required
    assert (node.requires["energy_consumer"].minimum, node.requires["energy_consumer"].maximum) == (1, 128)


def test_the_energy_manager_has_the_parameters_and_defaults_of_its_row():
    assert {name: one.default for name, one in CATALOG["EnergyManager"].parameters.items()} == {
        "nominal_ac_voltage": 230,
        "update_interval": 1,
        "schedule_interval_duration": 60,
        "schedule_total_duration": 1,
        "slice_ampere": 0.5,
        "slice_watt": 500,
        "debug": False,
        "switch_3ph1ph_while_charging_mode": "Never",
        "switch_3ph1ph_max_nr_of_switches_per_session": 0,
        "switch_3ph1ph_switch_limit_stickyness": "DontChange",
        "switch_3ph1ph_power_hysteresis_W": 200,
        "switch_3ph1ph_time_hysteresis_s": 600,
    }

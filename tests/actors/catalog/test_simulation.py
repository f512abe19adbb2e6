import pytest

from actors.catalog import CATALOG


@pytest.mark.parametrize(
    ("name", "interfaces"),
    [
        (
            "SimulatedBoard",
            {"evse_board_support", "ev_board_support", "powermeter", "ac_rcd", "connector_lock"},
        ),
        ("SimulatedSlac", {"slac", "ev_slac"}),
        ("SimulatedDcSupply", {"power_supply_DC", "powermeter"}),
        ("SimulatedImd", {"isolation_monitor"}),
        ("SimulatedOvm", {"over_voltage_monitor"}),
        ("SimulatedCarV2g", {"ISO15118_ev"}),
        ("SimulatedCar", {"car_simulator", "ev_manager"}),
    ],
)
def test_a_simulator_provides_what_the_real_thing_would(name, interfaces):
    assert {one.interface for one in CATALOG[name].provides.values()} == interfaces


@pytest.mark.parametrize("name", ["SimulatedBoard", "SimulatedCar"])
def test_a_simulated_board_or_car_says_its_evse(name):
    assert CATALOG[name].evse_parameter == "connector_id"
    assert CATALOG[name].parameters["connector_id"].required

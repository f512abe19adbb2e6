"""Rows M15.4, M15.5."""

import pytest

from actors.catalog import CATALOG


def test_system_has_the_parameters_and_defaults_of_its_row():
    assert {name: one.default for name, one in CATALOG["System"].parameters.items()} == {
        "DefaultRetries": 1,
        "DefaultRetryInterval": 1,
        "ResetDelay": 0,
    }


@pytest.mark.parametrize(
    ("name", "implementation", "interface"),
    [
        ("System", "main", "system"),
        ("LinuxSystem", "main", "system"),
        ("PersistentStore", "main", "kvs"),
        ("ErrorHistory", "error_history", "error_history"),
        ("Display", "main", "display_message"),
    ],
)
def test_a_module_of_the_station_provides_its_interface(name, implementation, interface):
    assert CATALOG[name].provides[implementation].interface == interface


def test_the_gateway_may_do_without_everything():
    assert [name for name, one in CATALOG["Gateway"].requires.items() if one.minimum] == []

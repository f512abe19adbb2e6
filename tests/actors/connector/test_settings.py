"""An outlet's settings are parameters of its EvseManager."""

import dataclasses

from actors.catalog.evse import EVSE_MANAGER
from actors.connector.settings import Settings

OWN = {"shared", "has_lock", "has_rcd", "has_imd", "has_ovm"}


def test_the_defaults_are_those_of_the_catalog():
    catalog = {each.name.lower(): each.default for each in EVSE_MANAGER.parameters.values()}
    settings = dataclasses.asdict(Settings())

    assert {name: catalog[name] for name in settings if name not in OWN} == {
        name: value for name, value in settings.items() if name not in OWN
    }


def test_parameters_are_taken_over_and_others_passed_over():
    settings = Settings.of({"dc_isolation_voltage_V": 600, "charge_mode": "DC", "evse_id": "x"}, has_imd=True)

    assert settings == Settings(dc_isolation_voltage_v=600, charge_mode="DC", has_imd=True)
    assert settings.dc

"""Tests for actors/evse/settings.py."""

from __future__ import annotations

from typing import Any

import pytest

from actors.catalog.evse import CONNECTOR_TYPES, EVSE_MANAGER
from actors.evse.settings import settings_of
from protocols.types.evse_manager import ConnectorTypeEnum


def parameters(**changes: Any) -> dict[str, Any]:
    """Those of the catalog, with what a site file must say."""
    values = {name: each.default for name, each in EVSE_MANAGER.parameters.items()}
    values |= {"connector_id": 3, "charge_mode": "AC", "connector_type": "cType2"}
    return values | changes


def test_the_defaults_of_the_catalog_are_the_settings() -> None:
    found = settings_of(parameters(), {"bsp": ["board_1/board_support"]})

    assert (found.evse, found.dc, found.connectors, found.managed) == (3, False, 1, False)
    assert found.initial_meter_value_timeout_s == 5.0
    assert found.random_delay_max_s == 600
    assert not found.has_hlc


def test_what_is_connected_is_known() -> None:
    connections = {"bsp": ["a/b", "c/d"], "hlc": ["v2g/charger"], "powermeter_grid_side": ["m/main"]}

    found = settings_of(parameters(charge_mode="DC"), connections, managed=True, node="evse_9")

    assert found.connectors == 2
    assert found.has_hlc
    assert found.has_meter
    assert found.hlc
    assert found.managed
    assert found.node == "evse_9"


@pytest.mark.parametrize(
    ("mode", "enabled", "spoken"), [("AC", False, False), ("AC", True, True), ("DC", False, True)]
)
def test_iso_15118_is_spoken_on_dc_and_where_it_is_enabled_on_ac(
    mode: str, enabled: object, spoken: object
) -> None:
    """Row S4.3."""
    values = parameters(charge_mode=mode, ac_hlc_enabled=enabled)

    assert settings_of(values, {"hlc": ["v2g/charger"]}).hlc is spoken


MODEM: list[tuple[dict[str, Any], bool]] = [
    ({"charge_mode": "AC"}, False),
    ({"charge_mode": "AC", "ac_hlc_enabled": True}, True),
    ({"charge_mode": "AC", "ac_with_soc": True}, True),
    ({"charge_mode": "DC"}, True),
    ({"charge_mode": "AC", "autocharge_use_slac_instead_of_hlc": True}, False),
    ({"charge_mode": "AC", "enable_autocharge": True}, False),
    ({"charge_mode": "AC", "enable_autocharge": True, "autocharge_use_slac_instead_of_hlc": True}, True),
]


@pytest.mark.parametrize(("changes", "looks"), MODEM)
def test_a_modem_looks_for_cars_only_where_it_is_wanted(changes: dict[str, Any], looks: object) -> None:
    """Row S4.3: with it a car would begin to speak."""
    connected = {"hlc": ["v2g/charger"], "slac": ["slac/evse"]}

    assert settings_of(parameters(**changes), connected).matches is looks
    assert not settings_of(parameters(**changes), {"hlc": ["v2g/charger"]}).matches


@pytest.mark.parametrize("kind", CONNECTOR_TYPES)
def test_every_kind_of_connector_in_the_catalog_can_be_told(kind: str) -> None:
    found = settings_of(parameters(connector_type=kind), {})

    assert ConnectorTypeEnum(found.connector_type)

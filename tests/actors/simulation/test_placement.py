"""Tests for actors/simulation/placement.py; see also tests/actors/test_site.py."""

from __future__ import annotations

import pytest

from actors.catalog import CATALOG
from actors.simulation import placement
from actors.simulation.placement import SIMULATED, plant_name


def test_what_stands_at_a_plant_is_in_the_catalog() -> None:
    assert set(CATALOG) >= SIMULATED


def test_no_module_of_a_site_file_can_take_a_plants_name() -> None:
    """Row M13.3: ids hold no colon."""
    assert ":" in plant_name(1)


def test_a_site_without_simulated_hardware_has_no_plant() -> None:
    assert placement.plants(None, [], "") == ()  # type: ignore[arg-type]  # no site is looked at


def test_a_simulated_module_of_no_single_evse_is_told_what_to_do() -> None:
    with pytest.raises(placement.PlaceError, match="mapping"):
        placement.plant_of({"module": "slac"})

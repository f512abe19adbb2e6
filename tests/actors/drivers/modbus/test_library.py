"""Tests for actors/drivers/modbus/library.py: maps that come with evsite, and files of users."""

from __future__ import annotations

import pytest

from actors.drivers.modbus.library import load, shipped
from actors.drivers.modbus.register_map import MAX_BYTES, RegisterMapError


def test_widespread_meters_are_among_the_shipped_maps():
    assert set(shipped()) >= {"eastron_sdm630", "carlo_gavazzi_em340", "abb_b23", "schneider_iem3155"}


def test_a_shipped_map_is_found_in_any_case():
    assert load("Eastron_SDM630") == load("eastron_sdm630")


def test_a_file_of_the_users_own_is_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "meter: Mine\nfunction: input\nvalues:\n"
        "  energy_import: {total: {register: 1, type: int32, unit: Wh}}\n"
    )

    assert load(str(path)).meter == "Mine"


@pytest.mark.parametrize("model", ["nowhere.yaml", "nul\0", "/"])
def test_a_file_that_can_not_be_read_is_refused_with_the_shipped_names(model):
    with pytest.raises(RegisterMapError, match="eastron_sdm630"):
        load(model)


def test_a_file_without_end_is_not_read(tmp_path):
    path = tmp_path / "long.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))

    with pytest.raises(RegisterMapError, match="longer than"):
        load(str(path))

"""Whom a charge point speaks to follows from the wires of the site file (M9.4, M9.5)."""

from pathlib import Path

import pytest

from actors.config import check_site, load_site
from actors.ocpp import placement
from actors.ocpp.inputs import Peer, Target
from actors.places import evse_of
from tests.support import role_site

FILE = Path(__file__).parents[3] / "deploy" / "sil-2evse.yaml"


@pytest.fixture
def config():
    site = load_site(FILE)
    return placement.extra_config(site, site.modules["ocpp"], lambda entry: evse_of(site, entry))


def test_evses_are_numbered_in_the_order_of_their_wires(config):
    peers = placement.peers(config)

    assert [number for target, number, _ in config["peers"] if target == "evse_manager"] == [1, 2]
    assert peers[Peer(Target.EVSE_MANAGER, 2)].endswith("/evse")
    assert placement.evses(config) == {1: 1, 2: 1}


def test_extensions_are_told_apart_by_their_evse(config):
    numbers = [number for target, number, _ in config["peers"] if target == "extensions_15118"]

    assert len(set(numbers)) == len(numbers)
    assert 0 not in numbers


def test_evses_whose_managers_are_programs_are_known():
    checked = check_site(role_site.FILE.encode(), "site.yaml")
    entry = checked.site.modules["ocpp"]
    config = placement.extra_config(checked.site, entry, lambda each: evse_of(checked.site, each))

    assert config["outside"] == [1]


def test_parameters_of_every_module_go_along(config):
    auth = next(each for each in config["modules"].values() if each["name"] == "Auth")

    assert "connection_timeout" in auth["parameters"]
    assert auth["may_set_read_only"] is False


def test_a_charge_point_knows_whether_its_site_is_simulated(config):
    assert config["simulated"] is True


def test_the_bay_of_every_simulated_evse_has_a_sensor(config):
    assert config["bays"] == [[1, "plant:1"], [2, "plant:2"]]

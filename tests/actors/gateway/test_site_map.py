"""The map of the sample site, and what it says of a site that is not simulated."""

from functools import cache
from pathlib import Path

import pytest

from actors.config import check_site, load_site
from actors.gateway.rpc import Code, RpcError
from actors.gateway.site_map import SiteMap, of_plain, site_map
from actors.places import evse_of


@cache
def sample() -> SiteMap:
    site = load_site("deploy/sil-2evse.yaml")
    return site_map(site, lambda entry: evse_of(site, entry), {"slac_2"})


def test_a_map_survives_being_configuration():
    assert of_plain(sample().plain()) == sample()


LATER = """
  api:
    module: EvAPI
    connections: {ev_manager: [{module_id: car_1, implementation_id: ev_manager}]}
"""


def test_modules_that_are_not_started_have_no_place_in_it():
    site = check_site((Path("deploy/sil-2evse.yaml").read_text() + LATER).encode(), "site.yaml").site
    assert site is not None
    found = site_map(site, lambda entry: evse_of(site, entry), {"slac_2"})
    ids = {each.id for each in found.modules}
    assert {"evse_1", "energy", "grid"} < ids
    assert not ids & {"slac_2", "api"}


def test_an_evse_is_known_by_its_number():
    evse = sample().evse(2)
    assert (evse.module, evse.manager, evse.id, evse.mode, evse.plant) == (
        "evse_2", "evse_2/evse", "DE*PNX*E00002*1", "DC", "plant:2",
    )  # fmt: skip
    assert sample().connector(2, 1).type == "cCCS2"
    assert evse.devices["powermeter_car_side"] == ("supply_2/powermeter",)


def test_cars_and_readers_are_known():
    car = sample().car(2)
    assert (car.module, car.name, car.v2g, car.dc, car.contract) == (
        "car_2", "car_2/main", "car_2_v2g", True, True,
    )  # fmt: skip
    assert sample().reader().provider == "reader/main"
    assert sample().reader("reader").module == "reader"
    assert sample().plant(1) == "plant:1"


def test_names_are_found_by_interface_and_evse():
    assert sample().providers("powermeter") == (
        "board_1/powermeter", "board_2/powermeter", "supply_2/powermeter",
    )  # fmt: skip
    assert sample().providers("evse_manager", evse=2) == ("evse_2/evse",)
    assert sample().interface_of("auth/main") == "auth"
    assert sample().module("ocpp").kind == "OCPP201"
    assert (sample().csms().module, sample().csms().version) == ("ocpp", "2.x")
    assert sample().simulated


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda site: site.interface_of("auth/maine"), Code.NO_SUCH),
        (lambda site: site.module("evse_7"), Code.NO_SUCH),
        (lambda site: site.evse(7), Code.NO_SUCH),
        (lambda site: site.connector(1, 2), Code.NO_SUCH),
        (lambda site: site.reader("other"), Code.NO_SUCH),
        (lambda site: site.car(7), Code.NO_SUCH),
        (lambda site: SiteMap(file="").csms(), Code.NO_SUCH),
        (lambda site: SiteMap(file="").reader(), Code.NOT_SIMULATED),
        (lambda site: SiteMap(file="", evses=site.evses).car(1), Code.NOT_SIMULATED),
    ],
)
def test_what_is_not_there_is_an_error_of_the_caller(ask, code):
    with pytest.raises(RpcError) as caught:
        ask(sample())
    assert caught.value.code is code


def test_a_site_without_simulated_hardware_says_so():
    site = load_site("deploy/sil-2evse.yaml")
    simulated = {each.id for each in sample().modules if each.kind.startswith("Simulated")}
    real = site_map(site, lambda entry: evse_of(site, entry), {*simulated, "slac_2", "reader", "ocpp"})
    assert not real.simulated
    assert real.ocpp is None
    with pytest.raises(RpcError) as caught:
        real.plant(1)
    assert caught.value.code is Code.NOT_SIMULATED


def test_a_car_without_its_side_of_iso_15118_has_no_contract():
    site = load_site("deploy/sil-2evse.yaml")
    without = site_map(site, lambda entry: evse_of(site, entry), {"car_1_v2g"})
    assert (without.car(1).v2g, without.car(1).contract) == (None, False)

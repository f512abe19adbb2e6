import itertools

import pytest

from actors.config.template import Current, Ocpp, SitePlan, write_site
from tests.support import sites

AC, DC = Current.AC, Current.DC
CURRENTS = [(AC,), (DC,), (AC, DC), (DC, AC), (AC, AC, DC), (DC, DC)]


@pytest.mark.parametrize(
    ("ocpp", "plug_and_charge", "cars"), list(itertools.product(Ocpp, [True, False], [True, False]))
)
@pytest.mark.parametrize("currents", CURRENTS, ids="-".join)
def test_every_plan_gives_a_file_without_problems(currents, ocpp, plug_and_charge, cars):
    plan = SitePlan(currents=currents, ocpp=ocpp, plug_and_charge=plug_and_charge, cars=cars)

    checked = sites.check(write_site(plan))

    assert checked.problems == ()
    site = checked.site
    modes = [site.modules[manager].parameters["charge_mode"].lower() for manager in site.evses.values()]
    assert modes == list(currents)
    assert {entry.manifest.name for entry in site.modules.values()}.isdisjoint({"SimulatedCar"}) is not cars


@pytest.mark.parametrize("plug_and_charge", [True, False])
def test_plug_and_charge_is_offered_only_where_planned(plug_and_charge):
    plan = SitePlan(currents=(AC, DC), plug_and_charge=plug_and_charge)

    site = sites.good(text=write_site(plan))

    offered = {site.modules[name].parameters["payment_enable_contract"] for name in site.evses.values()}
    assert offered == {plug_and_charge}
    assert ("evse_1/token_provider" in site.connected("auth", "token_provider")) is plug_and_charge
    assert ("v2g_1" in site.modules) is plug_and_charge
    assert "v2g_2" in site.modules


@pytest.mark.parametrize(
    ("ocpp", "module"), [(Ocpp.V16, "OCPP"), (Ocpp.V201, "OCPP201"), (Ocpp.V21, "OCPP201"), (Ocpp.NONE, None)]
)
def test_the_ocpp_version_chooses_the_module(ocpp, module):
    site = sites.good(text=write_site(SitePlan(currents=(AC,), ocpp=ocpp)))

    assert (site.modules["ocpp"].manifest.name if "ocpp" in site.modules else None) == module


def test_every_entry_has_a_comment_above_it():
    lines = write_site(SitePlan(currents=(AC, DC))).splitlines()

    entries = [number for number, line in enumerate(lines) if line.startswith("  ") and line[2].isalpha()]
    assert len(entries) == 25
    assert all(lines[number - 1].startswith("  # ") for number in entries)


@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("sil-2evse.yaml", SitePlan(currents=(AC, DC))),
        ("minimal-ac.yaml", SitePlan(currents=(AC,), ocpp=Ocpp.NONE, plug_and_charge=False, cars=False)),
    ],
)
def test_a_shipped_site_file_is_what_init_writes(name, plan):
    assert (sites.ROOT / "deploy" / name).read_text() == write_site(plan)

"""Modules that are programs from outside."""

import pytest

from actors.catalog import CATALOG, external, find
from protocols import interfaces
from tests.support import role_site, sites

TEXT = (sites.ROOT / "deploy" / "minimal-ac.yaml").read_text()
ROLE = "\n  meter:\n    module: ExternalPowermeter\n"
GATEWAY = "  gateway:\n    module: Gateway\n"


@pytest.mark.parametrize("manifest", external.MANIFESTS, ids=lambda each: each.name)
def test_a_program_fills_interfaces_that_have_messages(manifest):
    assert manifest.name.startswith(external.PREFIX)
    assert manifest.provides
    assert {each.interface for each in manifest.provides.values()} <= interfaces.load_all().keys()


@pytest.mark.parametrize(
    ("everest", "ours"), [("powermeter_API", "ExternalPowermeter"), ("system_API", "ExternalSystem")]
)
def test_an_api_module_of_everest_is_a_program_here(everest, ours):
    assert find(everest) is CATALOG[ours]


def test_a_program_comes_by_a_gateway_so_there_must_be_one():
    alone = [(each.line, each.text) for each in sites.check(TEXT + ROLE).problems]
    assert len(alone) == 1
    assert alone[0][0] == TEXT.count("\n") + 3
    assert "there is no Gateway it could come by" in alone[0][1]
    assert sites.check(TEXT + ROLE + GATEWAY).problems == ()


def test_a_site_may_have_a_program_in_every_role():
    checked = sites.check(role_site.FILE)
    assert [each.text for each in checked.problems] == ["no EnergyManager shares energy with 'evse_2'"]
    there = {each.manifest.name for each in checked.site.modules.values()}
    assert there >= {each.name for each in external.MANIFESTS}

import pytest

from actors.config.document import Source
from actors.config.loader import _check_tree
from actors.config.reader import read_document
from actors.config.report import Report
from actors.config.rules import RULES
from actors.config.rules.site import Site, evse_number, provided
from tests.support import sites


def site_of(*edits):
    root, _ = read_document(sites.edited(*edits), "site.yaml")
    checked = _check_tree(root, Report(Source("site.yaml", root)))
    return Site(modules=checked.modules, users=checked.users)


def test_managers_are_found_by_what_they_provide():
    assert [entry.id for entry in site_of().evse_managers()] == ["evse_1", "evse_2"]


def test_the_number_of_an_evse_is_its_parameter_or_else_its_mapping():
    site = site_of(("      connector_id: 2\n", ""))

    assert evse_number(site.modules["evse_1"]) == 1
    assert evse_number(site.modules["evse_2"]) == 2


def test_an_evse_without_parameter_and_mapping_has_no_number():
    manager = "  evse_2:\n    module: EvseManager\n"
    mapping = "    mapping: {module: {evse: 2}}\n"

    site = site_of(("      connector_id: 2\n", ""), (manager + mapping, manager))

    assert evse_number(site.modules["evse_2"]) is None
    assert not site.numbered


@pytest.mark.parametrize(("number", "sound"), [("2", True), ("3", False), ("1", False), ("x", True)])
def test_numbers_are_sound_when_they_run_from_one(number, sound):
    assert site_of(("      connector_id: 2\n", f"      connector_id: {number}\n")).numbered is sound


def test_only_wires_that_fit_are_followed():
    end = ", implementation_id: main}]\n  certificates"

    site = site_of((f"[{{module_id: certificates{end}", f"[{{module_id: system{end}"))
    v2g = site.modules["v2g"]

    assert list(site.wires(v2g, v2g.manifest.requires["security"])) == []
    assert site.target(v2g, "security") is None


def test_the_target_of_a_connection_is_module_and_implementation():
    site = site_of()

    target = site.target(site.modules["evse_1"], "hlc")

    assert target == (site.modules["v2g"], "charger")
    assert site.target(site.modules["evse_1"], "odd") is None  # a program from outside may need nothing


def test_what_a_module_provides_of_an_interface_is_listed():
    assert provided(site_of().modules["supply_2"], "powermeter") == ["powermeter"]
    assert provided(site_of().modules["supply_2"], "kvs") == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_has_nothing_to_say_about_a_good_site(rule):
    root, _ = read_document(sites.BASE.encode(), "site.yaml")
    report = Report(Source("site.yaml", root))

    rule(site_of(), report)

    assert report.problems == []

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.config import Severity, SiteFileError, check_file, check_site, load_site
from actors.config.template import Current, Ocpp, SitePlan, write_site
from tests.support import sites
from tests.support.examples import few
from tests.support.site_strategies import as_yaml, mutated

SAMPLE = sites.VECTORS / "everest-names.yaml"


def test_the_base_site_is_good_without_a_warning():
    assert sites.told(sites.BASE) == ""


def test_the_everest_sample_is_accepted_as_it_is():
    checked = check_file(SAMPLE)

    assert checked.site is not None
    assert checked.problems == ()
    assert dict(checked.site.evses) == {1: "left", 2: "right"}


@pytest.mark.parametrize(
    "name", ["sil-2evse.yaml", "minimal-ac.yaml", "everest-style.yaml", "everest-isomux.yaml"]
)
def test_a_shipped_site_file_is_good_without_a_warning(name):
    checked = check_file(sites.ROOT / "deploy" / name)

    assert checked.site is not None
    assert checked.problems == ()


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    data = sites.edited(
        ("charge_mode: AC", "charge_mode: XC"),
        ("tls_security: allow", "tls_secrity: allow"),
        ("connection_timeout: 60", "connection_timeout: 0"),
        ("module: EnergyManager", "module: EnergyManger"),
    )

    lines = [problem.line for problem in sites.check(data).problems if problem.severity is Severity.ERROR]

    assert lines == [9, 51, 62, 110]


def test_loading_a_wrong_file_raises_everything_that_is_wrong(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_bytes(sites.edited(("charge_mode: AC", "charge_mode: XC")))

    with pytest.raises(SiteFileError) as caught:
        load_site(path)

    assert [(one.file, one.line) for one in caught.value.problems] == [(str(path), 9)]


def test_warnings_do_not_keep_a_site_from_loading(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_bytes(sites.edited(("connection_timeout: 60", "connection_timeout: 5")))

    site = load_site(path)

    assert [warning.severity for warning in site.warnings] == [Severity.WARNING]


@pytest.mark.parametrize("name", ["missing.yaml", "", "nul\0.yaml"])
def test_a_file_that_cannot_be_opened_is_a_problem_of_that_file(tmp_path, name):
    path = f"{tmp_path}/{name}"
    before = os.listdir("/proc/self/fd")

    with pytest.raises(SiteFileError) as caught:
        load_site(path)

    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (path, 0)
    assert problem.text.startswith("cannot be read: ")
    assert os.listdir("/proc/self/fd") == before


def test_a_tree_that_is_no_mapping_is_refused():
    assert sites.told("- a\n") == "site.yaml:1:1: error: expected a mapping, found a list"
    assert sites.told("evsite\n") == "site.yaml:1:1: error: expected a mapping, found the string 'evsite'"


def test_a_site_without_modules_is_refused():
    assert "there are no modules" in sites.told("active_modules: {}\n")
    assert "expected a mapping, found nothing" in sites.told("active_modules:\n")


def test_problems_of_the_yaml_and_of_the_site_are_told_together():
    told = sites.told(
        sites.edited(("      charge_mode: AC\n", "      charge_mode: AC\n      charge_mode: AC\n"))
        + b"  spare:\n    module: Toaster\n"
    )

    assert "given twice" in told
    assert "unknown module 'Toaster'" in told


@pytest.mark.untraced
@pytest.mark.parametrize(("evses", "plug_and_charge"), [(128, False), (126, True)])
def test_the_largest_site_is_good_and_within_all_bounds(evses, plug_and_charge):
    plan = SitePlan(currents=(Current.DC,) * evses, ocpp=Ocpp.V21, plug_and_charge=plug_and_charge)

    text = write_site(plan)

    assert sites.told(text) == ""


def test_a_129th_evse_is_refused():
    told = sites.told(sites.edited(("      connector_id: 2\n", "      connector_id: 129\n")))

    assert "129 is out of range\n    Expected a whole number from 1 to 128." in told


@given(st.binary(max_size=300))
@few(50)
def test_any_bytes_give_a_site_or_problems(data):
    checked = check_site(data, "site.yaml")

    assert checked.site is None
    assert checked.problems


@pytest.mark.untraced
@given(mutated())
@few(50)
def test_any_change_to_a_good_site_gives_a_site_or_problems(tree):
    checked = check_site(as_yaml(tree), "site.yaml")

    assert (checked.site is not None) or any(one.severity is Severity.ERROR for one in checked.problems)
    assert all(one.line > 0 for one in checked.problems)

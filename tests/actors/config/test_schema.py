import jsonschema_rs
import pytest
import yaml
from hypothesis import given

from actors.catalog import CATALOG
from actors.config.schema import site_schema
from actors.config.template import Current, Ocpp, SitePlan, write_site
from tests.support import sites
from tests.support.examples import few
from tests.support.site_strategies import as_yaml, mutated

VALIDATOR = jsonschema_rs.Draft7Validator(site_schema())
PATHS = [
    sites.VECTORS / "base.yaml",
    sites.VECTORS / "everest-names.yaml",
    *(sites.ROOT / "deploy").glob("*.yaml"),
]
ACCEPTED = {
    "fraction where a whole number belongs",
    "choice that is replaced",
    "whole number of more than 64 bits",
    "whole number of more than 64 bits for a number",
    "number of more digits than are read",
}
"""Golden values that a schema takes: 60.0 is a whole number for it, a warning is no error, and how large a
number of no set range may be is not what an editor helps with.
"""


def parameters_of(module):
    return site_schema()["definitions"][f"config:{module}"]["properties"]["config_module"]["properties"]


def test_the_schema_is_a_schema():
    assert jsonschema_rs.meta.is_valid(site_schema())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_good_file_fits_the_schema(path):
    assert [str(error) for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text()))] == []


@pytest.mark.parametrize("ocpp", Ocpp)
def test_a_file_from_init_fits_the_schema(ocpp):
    text = write_site(SitePlan(currents=(Current.AC, Current.DC), ocpp=ocpp))

    assert VALIDATOR.is_valid(yaml.safe_load(text))


@pytest.mark.parametrize("case", sites.wrong("values"), ids=sites.name_of)
def test_a_wrong_value_does_not_fit_the_schema(case):
    tree = yaml.safe_load(case.data.replace(b": yes", b": 'yes'"))

    assert VALIDATOR.is_valid(tree) is (case.name in ACCEPTED)


@pytest.mark.parametrize(
    "edit",
    [
        ("module: EvseV2G", "module: EvseV2g20"),
        ("charge_mode: AC", "chargemode: AC"),
        ("      connection_timeout: 60\n", ""),
        ("      system: [{module_id: system, implementation_id: main}]\n", ""),
        ("powersupply_DC: [", "powersupply: ["),
        ("        max_power: 60000", "        max_powr: 60000"),
        ("    config_module: {connector_id: 1}\n", ""),
        ("{module: {evse: 0}}", "{module: {evse: -1}}"),
        ("{module: {evse: 0}}", "{modul: {evse: 0}}"),
        ("active_modules:", "active_module:"),
        ("capabilities: [CAP_SYS_TIME]", "capabilities: CAP_SYS_TIME"),
        ("allow_global_read: true", "allow_globalread: true"),
        ("  reader:\n", "  1reader:\n"),
    ],
    ids=lambda edit: edit[1].strip() or f"no {edit[0].strip()}",
)
def test_a_wrong_form_does_not_fit_the_schema(edit):
    assert not VALIDATOR.is_valid(yaml.safe_load(sites.edited(edit)))


@pytest.mark.parametrize("name", CATALOG)
def test_every_module_is_described_by_its_own_definition(name):
    schema = site_schema()

    description = schema["definitions"][f"config:{name}"]
    assert description["description"] == CATALOG[name].meaning
    assert description["properties"]["config_module"]["properties"].keys() >= CATALOG[name].parameters.keys()


def test_a_secret_is_marked_for_editors():
    assert parameters_of("EvseSecurity")["private_key_password"]["writeOnly"] is True


def test_an_old_parameter_name_is_marked_deprecated():
    assert parameters_of("OCPP201")["PublishChargingScheduleIntervalS"]["deprecated"] is True


@pytest.mark.untraced
@given(mutated())
@few(50)
def test_whatever_the_checker_accepts_the_schema_accepts(tree):
    if sites.check(as_yaml(tree)).site is not None:
        assert [str(error) for error in VALIDATOR.iter_errors(tree)] == []

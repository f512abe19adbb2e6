"""Rows S5.3, M13.6."""

import pathlib
import re

import pytest

from actors.catalog import CATALOG, NAMES, NOT_OURS, external, find
from actors.catalog.manifest import EVEREST_INTERFACES, INTERFACES, Kind

SAMPLE = pathlib.Path(__file__).parents[1] / "vectors" / "site" / "everest-names.yaml"
NAMED_IN_THE_ROWS = [
    "Auth",
    "EvseManager",
    "EvseV2G",
    "Evse15118D20",
    "IsoMux",
    "EvseSecurity",
    "OCPP",
    "OCPP201",
    "EnergyManager",
    "EnergyNode",
    "System",
    "ErrorHistory",
    "PersistentStore",
    "Store",
    "DummyTokenProvider",
    "DummyTokenProviderManual",
    "DummyTokenValidator",
    "LocalAllowlistTokenValidator",
    "YetiSimulator",
    "SlacSimulator",
    "PyEvJosev",
    "EvManager",
    "DCSupplySimulator",
    "IMDSimulator",
    "OVMSimulator",
    "API",
    "EvAPI",
    "Display",
    "GenericPowermeter",
    "Linux_Systemd_Rauc",
]


def everything():
    for manifest in CATALOG.values():
        yield manifest, manifest.parameters
        for provision in manifest.provides.values():
            yield manifest, provision.parameters


@pytest.mark.parametrize("name", NAMED_IN_THE_ROWS)
def test_every_module_named_in_the_rows_is_known(name):
    assert find(name) is not None


def test_every_module_of_the_everest_sample_is_known():
    names = re.findall(r"^    module: (\S+)", SAMPLE.read_text(), flags=re.MULTILINE)

    assert len(names) == 23
    assert {name for name in names if find(name) is None} == set()


def test_an_unknown_module_is_not_found():
    assert find("Toaster") is None


@pytest.mark.parametrize(
    ("everest", "ours"),
    [
        ("YetiSimulator", "SimulatedBoard"),
        ("SlacSimulator", "SimulatedSlac"),
        ("PyEvJosev", "SimulatedCarV2g"),
        ("EvManager", "SimulatedCar"),
        ("DCSupplySimulator", "SimulatedDcSupply"),
        ("IMDSimulator", "SimulatedImd"),
        ("OVMSimulator", "SimulatedOvm"),
        ("API", "Gateway"),
        ("EvAPI", "CarGateway"),
    ],
)
def test_an_everest_simulator_is_mapped_to_ours(everest, ours):
    assert find(everest) is CATALOG[ours]
    assert everest in CATALOG[ours].stands_for


@pytest.mark.parametrize(
    ("alias", "name"), [("OCPP2", "OCPP201"), ("OCPP16", "OCPP"), ("Store", "PersistentStore")]
)
def test_a_name_of_our_own_means_the_same_module(alias, name):
    assert find(alias) is CATALOG[name]


def test_no_name_stands_for_two_modules():
    assert len(NAMES) == sum(len(manifest.names) for manifest in CATALOG.values())
    assert not NAMES.keys() & NOT_OURS.keys()


def test_every_interface_of_the_catalog_has_a_known_name():
    assert len(EVEREST_INTERFACES) == 34
    for manifest in CATALOG.values():
        for one in (*manifest.provides.values(), *manifest.requires.values()):
            assert one.interface in INTERFACES


def test_every_mandatory_requirement_has_a_module_that_can_fulfil_it():
    provided = {one.interface for manifest in CATALOG.values() for one in manifest.provides.values()}
    for manifest in CATALOG.values():
        for requirement in manifest.requires.values():
            assert requirement.minimum <= requirement.maximum
            assert requirement.minimum == 0 or requirement.interface in provided, (
                manifest.name,
                requirement.name,
            )


def test_every_default_is_a_value_its_parameter_accepts():
    types = {Kind.BOOLEAN: (bool,), Kind.INTEGER: (int,), Kind.NUMBER: (int, float), Kind.STRING: (str,)}
    for manifest, parameters in everything():
        for name, parameter in parameters.items():
            default = parameter.default
            if default is None:
                continue
            assert type(default) in types[parameter.kind], (manifest.name, name)
            if isinstance(default, str):
                assert len(default) >= parameter.min_length
                assert not parameter.choices or default in parameter.choices
            elif not isinstance(default, bool):
                assert parameter.minimum is None or default >= parameter.minimum
                assert parameter.maximum is None or default <= parameter.maximum


def test_every_parameter_and_module_says_what_it_means():
    for manifest, parameters in everything():
        assert manifest.meaning.endswith(".")
        for parameter in parameters.values():
            assert len(parameter.meaning) > 5
            assert not parameter.meaning.endswith(".")


def test_only_ocpp_and_the_error_history_hear_all_errors():
    hearing = {name for name, manifest in CATALOG.items() if manifest.enable_global_errors}

    assert hearing == {"OCPP", "OCPP201", "ErrorHistory"}


def test_the_certificate_manager_and_auth_are_provided_by_one_module_each():
    for interface in ("auth", "evse_security", "energy_manager", "error_history"):
        owners = [
            one.name
            for one in CATALOG.values()
            if interface in {p.interface for p in one.provides.values()}
            and not one.name.startswith(external.PREFIX)
        ]
        assert len(owners) == 1


def test_an_actor_path_names_module_and_class():
    for manifest in CATALOG.values():
        assert manifest.actor is None or re.fullmatch(r"actors(\.\w+)+:\w+Actor", manifest.actor)

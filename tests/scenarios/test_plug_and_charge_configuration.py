"""The configuration of Plug & Charge, seen by who starts a site: refused with a reason, or as written (S4).

What is effective needs cars: test_plug_and_charge_variants.py. Here it is about what `evsite check` and
`evsite run` say to a file; both read it by the same code, and the last test runs what the others check.
"""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from actors.ocpp.assembly import SHIPPED
from tests.support.command_line import Done, evsite
from tests.support.running_site import evsite as evsite_process
from tests.support.story import device_model

if TYPE_CHECKING:
    from collections.abc import Callable

    Modules = dict[str, Any]

PLUG_AND_CHARGE = ("EvseManager", "EvseV2G", "Auth", "EvseSecurity", "OCPP201")
REQUIRED = {
    "EvseManager": {"bsp": "evse_board_support"},
    "EvseV2G": {"security": "evse_security"},
    "Auth": {
        "token_provider": "auth_token_provider",
        "token_validator": "auth_token_validator",
        "evse_manager": "evse_manager",
    },
    "OCPP201": {
        "evse_manager": "evse_manager",
        "auth": "auth",
        "system": "system",
        "security": "evse_security",
    },
}
"""Connections without which nothing starts, and the interface that is missing then."""
OF_DC = ("powersupply_DC", "slac", "hlc")
"""And those without which an EVSE for DC does not."""
NEEDLESS = {
    "EvseManager": {
        "powermeter_grid_side", "powermeter_car_side", "connector_lock", "ac_rcd", "imd", "store", "slac",
        "hlc",
    },
    "Auth": {"kvs"},
    "OCPP201": {"reservation", "evse_energy_sink", "connector_zero_sink", "extensions_15118"},
}  # fmt: skip
"""Connections of the file that a module does without: EVerest's minimum is 0."""
NEEDED_COMPONENTS = ("ChargingStation", "InternalCtrlr", "SecurityCtrlr", "TxCtrlr")
"""Some of the files of the device model that no station can do without."""


@functools.cache
def written(*options: str) -> str:
    """The site file that `evsite init` writes."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "site.yaml"
        done = evsite("init", file, "--evses", "2", "--ocpp", "2.0.1", *options)
        assert done.exit_code == 0, done.output
        return file.read_text(encoding="utf-8")


def modules_of(*options: str) -> Modules:
    found: Modules = yaml.safe_load(written(*options))["active_modules"]
    return found


def told(directory: Path, modules: Modules, *options: str) -> Done:
    """What `evsite check` says."""
    file = directory / "site.yaml"
    file.write_text(yaml.safe_dump({"active_modules": modules}, sort_keys=False), encoding="utf-8")
    return evsite("check", file, *options)


def changed(change: Callable[[Modules], object], *options: str) -> Modules:
    modules = copy.deepcopy(modules_of(*options))
    change(modules)
    return modules


def drop(module: str, requirement: str) -> Callable[[Modules], object]:
    return lambda modules: modules[module]["connections"].pop(requirement)


def connections() -> list[tuple[str, str, str]]:
    """Every connection of the modules that Plug & Charge is made of: module, its kind, requirement."""
    return [
        (name, entry["module"], requirement)
        for name, entry in modules_of().items()
        if entry["module"] in PLUG_AND_CHARGE
        for requirement in entry.get("connections", {})
    ]


def missing(directory: Path, module: str, requirement: str) -> str | None:
    """What is said when the connection is not there; None when the file is good without."""
    done = told(directory, changed(drop(module, requirement)))
    if done.exit_code == 0:
        return None
    assert done.exit_code == 2, done.output
    return done.output


# -- S1.3, S2.8: what has to be joined ---------------------------------------------------------------------


@pytest.mark.rows("S1.3")
@pytest.mark.parametrize(("module", "kind", "requirement"), connections())
def test_each_connection_that_is_dropped_is_named(
    tmp_path: Path, module: str, kind: str, requirement: str
) -> None:
    said = missing(tmp_path, module, requirement)

    if interface := REQUIRED.get(kind, {}).get(requirement):
        assert said is not None
        assert f"active_modules.{module}.connections.{requirement}: this connection is missing" in said
        assert f"Connect an implementation of {interface}." in said
    elif requirement in OF_DC and modules_of()[module]["config_module"]["charge_mode"] == "DC":
        assert said is not None
        assert f"charge_mode is DC, and {requirement} is not connected" in said
    else:
        assert said is None
        assert requirement in NEEDLESS[kind]


@pytest.mark.rows("S2.8")
@pytest.mark.parametrize(("version", "module"), [("2.0.1", "OCPP201"), ("1.6", "OCPP"), ("2.0.1", "EvseV2G")])
def test_without_certificates_nobody_starts(tmp_path: Path, version: str, module: str) -> None:
    modules = modules_of("--ocpp", version)
    name = next(each for each, entry in modules.items() if entry["module"] == module)

    done = told(tmp_path, changed(drop(name, "security"), "--ocpp", version))

    assert done.exit_code == 2
    assert f"active_modules.{name}.connections.security: this connection is missing" in done.output
    assert "Connect an implementation of evse_security." in done.output


# -- S4.1, S4.2: the files ---------------------------------------------------------------------------------


@pytest.mark.rows("S4.1")
def test_a_site_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    done = evsite("check", tmp_path / "site.yaml")

    assert done.exit_code == 2
    assert f"{tmp_path}/site.yaml: error: cannot be read: No such file or directory" in done.output


@pytest.mark.rows("S4.1")
@pytest.mark.parametrize("component", NEEDED_COMPONENTS)
def test_a_file_of_ocpp_that_is_missing_is_named(tmp_path: Path, component: str) -> None:
    model = device_model(tmp_path / "component_config", 9000, 2)
    whole = evsite("components", "check", model)
    (model / "standardized" / f"{component}.json").unlink()

    done = evsite("components", "check", model)

    assert (whole.exit_code, done.exit_code) == (0, 2)
    assert f"device model: {component}." in done.output
    assert "Take it over from the component_config that comes with evsite." in done.output


@pytest.mark.rows("S4.1")
def test_a_folder_of_ocpp_that_is_missing_is_named(tmp_path: Path) -> None:
    done = evsite("components", "check", tmp_path)

    assert done.exit_code == 2
    assert f"{tmp_path}/standardized: the folder cannot be read: No such file or directory" in done.output
    assert "DeviceModelConfigPath names a directory" in done.output


@pytest.mark.rows("S4.2")
def test_plug_and_charge_changes_its_modules_and_their_wires_only() -> None:
    base, ours = modules_of("--no-pnc", "--no-cars"), modules_of("--pnc", "--no-cars")
    same = [name for name in base if name in ours]
    assert list(base) == same

    settings = {
        ours[name]["module"]
        for name in same
        if {**base[name], "connections": None} != {**ours[name], "connections": None}
    }
    wires = {
        ours[name]["module"]
        for name in same
        if base[name].get("connections") != ours[name].get("connections")
    }
    added = {ours[name]["module"] for name in ours if name not in base}
    assert settings <= {"EvseManager", "EvseV2G", "Auth", "EvseSecurity"}
    assert settings >= {"EvseManager", "EvseV2G"}
    assert wires == {"EvseManager", "Auth", "OCPP201"}
    assert added <= {"EvseV2G", "SimulatedSlac"}


@pytest.mark.rows("S4.2")
def test_the_shipped_example_is_the_one_with_plug_and_charge() -> None:
    shipped = (SHIPPED.parent / "sil-2evse.yaml").read_text(encoding="utf-8")

    assert shipped == written("--pnc", "--ocpp", "2.1")
    assert evsite("check", "--strict", SHIPPED.parent / "sil-2evse.yaml").exit_code == 0


# -- S4.3 to S4.10: single keys ----------------------------------------------------------------------------


def set_key(module: str, key: str, *, value: Any) -> Callable[[Modules], object]:
    return lambda modules: modules[module]["config_module"].__setitem__(key, value)


WARNED = {
    "S4.3": (
        set_key("evse_1", "ac_hlc_enabled", value=False),
        "On AC, Plug & Charge needs ac_hlc_enabled: true.",
    ),
    "S4.5": (
        set_key("v2g_2", "tls_security", value="prohibit"),
        "without TLS 'evse_2' cannot offer Plug & Charge",
    ),
    "S4.8": (
        lambda modules: modules["auth"]["connections"]["token_provider"].remove(
            {"module_id": "evse_2", "implementation_id": "token_provider"}
        ),
        "'evse_2/token_provider' is not listed, so the Plug & Charge token of 'evse_2' never gets here",
    ),
    "S4.9": (
        lambda modules: (
            modules.__setitem__("second", {"module": "DummyTokenValidator"}),
            modules["auth"]["connections"]["token_validator"].append(
                {"module_id": "second", "implementation_id": "main"}
            ),
        ),
        "'second/main' judges contracts besides 'ocpp/auth_validator'",
    ),
}


def check_warned(directory: Path, row: str) -> None:
    change, text = WARNED[row]
    modules = changed(change)

    plain, strict = told(directory, modules), told(directory, modules, "--strict")

    assert (plain.exit_code, strict.exit_code) == (0, 2)
    assert text in plain.output
    assert text not in told(directory, modules_of()).output


@pytest.mark.rows("S4.3")
def test_a_contract_on_ac_without_iso15118_is_warned_of(tmp_path: Path) -> None:
    check_warned(tmp_path, "S4.3")


@pytest.mark.rows("S4.5")
def test_a_contract_without_tls_is_warned_of(tmp_path: Path) -> None:
    check_warned(tmp_path, "S4.5")


@pytest.mark.rows("S4.8")
def test_a_token_that_never_reaches_auth_is_warned_of(tmp_path: Path) -> None:
    check_warned(tmp_path, "S4.8")


@pytest.mark.rows("S4.9")
def test_a_second_judge_of_contracts_is_warned_of(tmp_path: Path) -> None:
    check_warned(tmp_path, "S4.9")


WRONG = {
    "S4.3": ("evse_1", "ac_hlc_enabled", "yes please", "true or false"),
    "S4.4": ("evse_1", "payment_enable_contract", 7, "true or false"),
    "S4.5": ("v2g_1", "tls_security", "allowed", "allow"),
    "S4.6": ("v2g_1", "verify_contract_cert_chain", "perhaps", "true or false"),
    "S4.10": ("certificates", "secc_leaf_cert_directory", "", "secc_leaf_cert_directory"),
}


@pytest.mark.rows("S4.3", "S4.4", "S4.5", "S4.6", "S4.10")
@pytest.mark.parametrize("row", WRONG)
def test_a_value_that_cannot_be_is_refused(tmp_path: Path, row: str) -> None:
    module, key, value, text = WRONG[row]
    modules = copy.deepcopy(modules_of())
    modules[module].setdefault("config_module", {})[key] = value

    done = told(tmp_path, modules)

    assert done.exit_code == 2
    assert f"active_modules.{module}.config_module.{key}" in done.output
    assert text in done.output


@pytest.mark.rows("S4.5", "S4.7")
def test_the_schema_tells_editors_values_and_defaults() -> None:
    schema = json.loads(evsite("schema").stdout)
    text = json.dumps(schema)

    found = [each for each in objects(schema) if "verify_contract_cert_chain" in each]

    assert {json.dumps(each["verify_contract_cert_chain"].get("default")) for each in found} == {"false"}
    tls = [each["tls_security"] for each in objects(schema) if isinstance(each.get("tls_security"), dict)]
    assert all(each["enum"] == ["prohibit", "allow", "force"] for each in tls)
    assert tls
    assert "payment_enable_contract" in text


def objects(tree: Any) -> list[dict[str, Any]]:
    """Every object of a JSON document."""
    if isinstance(tree, dict):
        return [tree, *(found for each in tree.values() for found in objects(each))]
    return [found for each in tree for found in objects(each)] if isinstance(tree, list) else []


# -- and what is started -----------------------------------------------------------------------------------


@pytest.mark.rows("S1.3", "S2.8")
def test_what_is_refused_does_not_start(tmp_path: Path) -> None:
    told(tmp_path, changed(drop("ocpp", "security")))

    done = evsite_process("run", tmp_path / "site.yaml", "--plain", "--state", tmp_path / "state")

    assert done.returncode == 2
    assert "active_modules.ocpp.connections.security: this connection is missing" in done.stderr
    assert not (tmp_path / "state").exists()

"""Whoever has a parameter that a variable shows is told of new values (S11.3, S11.4, S20.8, S20.9)."""

import json
import shutil
from typing import Any

import pytest

from actors.catalog import CATALOG
from actors.engine.conversation import ASK_DEADLINE_S
from actors.ocpp.assembly import SHIPPED
from actors.ocpp.charge_point_actor import AGAIN_S
from actors.ocpp.device_model.site_mapping import Target
from actors.ocpp.messages import Called
from actors.ocpp.site_parameters import COMMANDS, Saying, saying_of
from protocols.interfaces import auth, evse_manager, uk_random_delay
from protocols.ocpp.version import Version
from protocols.types.evse_manager import PlugAndChargeConfiguration
from tests.support.ocpp_point import RootWithAuth, Scene, config_of

UNTOLD = {("EvseManager", "payment_enable_eim"): "EVerest has no command for it"}


def target(kind: str, parameter: str, module_id: str = "m") -> Target:
    return Target(module_id=module_id, declared=CATALOG[kind].parameters[parameter], may_write=True)


def wish(**flags: bool) -> evse_manager.SetPlugAndChargeConfiguration:
    configuration = PlugAndChargeConfiguration(**flags)
    return evse_manager.SetPlugAndChargeConfiguration(plug_and_charge_configuration=configuration)


@pytest.mark.parametrize(
    ("kind", "parameter", "value", "saying"),
    [
        (
            "Auth",
            "connection_timeout",
            60,
            Saying("m/main", auth.SetConnectionTimeout(connection_timeout_s=60)),
        ),
        (
            "Auth",
            "master_pass_group_id",
            "POLICE",
            Saying("m/main", auth.SetMasterPassGroupId(master_pass_group_id="POLICE")),
        ),
        ("EvseManager", "payment_enable_contract", False, Saying("m/evse", wish(pnc_enabled=False))),
        (
            "EvseManager",
            "central_contract_validation_allowed",
            True,
            Saying("m/evse", wish(central_contract_validation_allowed=True)),
        ),
        (
            "EvseManager",
            "contract_certificate_installation_enabled",
            True,
            Saying("m/evse", wish(contract_certificate_installation_enabled=True)),
        ),
        (
            "EvseManager",
            "uk_smartcharging_random_delay_max_duration",
            300,
            Saying("m/random_delay", uk_random_delay.SetDurationS(duration_s=300)),
        ),
        ("EvseManager", "evse_id", "DE*EVS*E1", None),
        ("Auth", "connection_timeout", 5, None),
        ("Auth", "master_pass_group_id", "x" * 37, None),
    ],
)
def test_each_parameter_is_told_by_its_command(
    kind: str, parameter: str, value: Any, saying: Saying | None
) -> None:
    assert saying_of(kind, target(kind, parameter), value) == saying


def test_every_parameter_that_a_running_module_can_change_has_a_command() -> None:
    writable = {
        (kind, name)
        for kind, manifest in CATALOG.items()
        if kind == manifest.name
        for name, declared in manifest.parameters.items()
        if declared.writable
    }

    assert writable == COMMANDS.keys() | UNTOLD.keys()


# -- through the actor ---------------------------------------------------------------------------------------


@pytest.fixture
def scene(tmp_path):
    return Scene(config_of(tmp_path), RootWithAuth)


def change(scene, variable, value, message_id="a", again=None):
    """The CSMS sets a variable, perhaps a second time at once; return the status of the last result."""
    component, _, name = variable.partition(".")
    entries = [
        {"component": {"name": component}, "variable": {"name": name}, "attributeValue": each}
        for each in (value, again)
        if each is not None
    ]
    called = Called(
        connection=1,
        ocpp_version=Version.V21,
        message_id=message_id,
        action="SetVariables",
        payload=json.dumps({"setVariableData": entries}),
    )
    scene.site.tell("site/link", called)
    scene.site.run()
    return json.loads(scene.actor("link").replies[-1].payload)["setVariableResult"][-1]["attributeStatus"]


def settings(scene):
    """What Auth goes by."""
    found = scene.actor("auth").state.settings
    return found.connection_timeout_s, found.master_pass_group_id


def kill(scene, name):
    scene.site.kill(f"site/{name}")
    scene.site.advance(5)


def test_auth_goes_at_once_by_what_the_csms_has_set(scene):
    # S11.3, S11.4, S20.8, M1.3
    assert settings(scene) == (90, "")

    assert change(scene, "TxCtrlr.EVConnectionTimeOut", "60") == "Accepted"
    assert change(scene, "AuthCtrlr.MasterPassGroupId", "POLICE", "b") == "Accepted"

    assert settings(scene) == (60, "POLICE")


def test_what_auth_does_not_take_is_not_told(scene):
    assert change(scene, "TxCtrlr.EVConnectionTimeOut", "5") == "Rejected"

    assert settings(scene) == (90, "")


def test_an_auth_that_has_forgotten_everything_hears_it_from_a_successor(scene, tmp_path):
    change(scene, "TxCtrlr.EVConnectionTimeOut", "60")
    (tmp_path / "journals" / "auth.auth.journal").unlink()
    kill(scene, "auth")
    assert settings(scene) == (90, "")

    kill(scene, "point")

    assert settings(scene) == (60, "")


def test_an_auth_that_is_away_hears_it_when_it_is_back(scene):
    scene.site.kill("site/auth")
    change(scene, "TxCtrlr.EVConnectionTimeOut", "60")

    scene.site.advance(5)

    assert settings(scene) == (60, "")


def test_of_two_values_a_silent_auth_goes_by_the_newer_one(scene):
    scene.site.hang("site/auth")
    change(scene, "TxCtrlr.EVConnectionTimeOut", "60")
    change(scene, "TxCtrlr.EVConnectionTimeOut", "70", "b")

    scene.site.advance(30)

    assert settings(scene) == (70, "")


def test_of_two_values_in_one_request_only_the_last_is_told(scene):
    change(scene, "TxCtrlr.EVConnectionTimeOut", "60", again="70")

    assert settings(scene) == (70, "")


def test_a_mapping_of_the_operators_reaches_its_module(tmp_path):
    # S20.9
    directory = tmp_path / "component_config"
    shutil.copytree(SHIPPED, directory)
    file = directory / "standardized" / "AuthCtrlr.json"
    component = json.loads(file.read_text())
    component["properties"]["TowingGroup"] = {
        "variable_name": "TowingGroup",
        "characteristics": {"dataType": "string", "supportsMonitoring": False},
        "attributes": [{"type": "Actual", "mutability": "ReadWrite"}],
        "source": "SITE",
    }
    del component["properties"]["MasterPassGroupId"]["source"]
    file.write_text(json.dumps(component))
    rule = {"component": "AuthCtrlr", "variable": "TowingGroup", "module": "auth"}
    rules = {"mapping": [rule | {"parameter": "master_pass_group_id"}]}
    (directory / "site_mapping.json").write_text(json.dumps(rules))
    scene = Scene(config_of(tmp_path), RootWithAuth)

    assert change(scene, "AuthCtrlr.TowingGroup", "TOWING") == "Accepted"

    assert settings(scene) == (90, "TOWING")


def test_without_the_right_in_the_site_file_nothing_is_set(tmp_path):
    # M13.5
    config = config_of(tmp_path)
    config["modules"]["auth"] |= {"may_write": False, "may_set_read_only": False}
    scene = Scene(config, RootWithAuth)

    assert change(scene, "TxCtrlr.EVConnectionTimeOut", "60") == "Rejected"

    assert settings(scene) == (90, "")


@pytest.mark.untraced
def test_a_module_that_could_not_be_told_is_told_again(tmp_path, capsys):
    scene = Scene(config_of(tmp_path))  # nobody is Auth
    assert change(scene, "TxCtrlr.EVConnectionTimeOut", "60") == "Accepted"

    for _ in range(2):
        scene.site.advance(ASK_DEADLINE_S + AGAIN_S)

    assert capsys.readouterr().out.count("site_parameter_not_told") == 2

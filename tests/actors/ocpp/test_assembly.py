"""A device model is put together from its files, and what is wrong with them is told whole."""

import json
import shutil
from contextlib import closing

import pytest

from actors.engine.journal import JournalTooNew, ledger
from actors.ocpp import assembly
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.generation import Evse
from actors.ocpp.device_model.names import AttributeName, ComponentName, VariableName
from actors.ocpp.device_model.problems import DeviceModelError
from actors.ocpp.device_model.requests import Origin, SetRequest
from actors.ocpp.device_model.value_journal import ValueJournal
from protocols.types.ocpp import SetVariableStatusEnumType
from tests.support.ocpp_point import config_of
from tests.support.ocpp_station import START

TWO = {1: 1, 2: 1}


@pytest.fixture
def make(tmp_path):
    made, told = [], []

    def assembled(connectors=None, **changes):
        for each in made:
            each.close()
        made.append(
            assembly.assemble(
                config_of(tmp_path, **changes), connectors or TWO, START, lambda *each: told.append(each)
            )
        )
        return made[-1]

    assembled.told, assembled.made = told, made
    yield assembled
    for each in made:
        each.close()


def test_the_shipped_set_is_made_for_the_sites_evses(make, tmp_path):
    model = make({1: 2, 2: 3}).model

    assert model.read(variables.HEARTBEAT_INTERVAL) > 0
    assert (tmp_path / "component_config" / "custom" / "Connector_1_2.json").exists()
    assert (tmp_path / "component_config" / "custom" / "Connector_2_3.json").exists()


def test_values_survive_a_restart_and_files_of_the_operator_stay(make, tmp_path):
    model = make().model
    component, variable = variables.HEARTBEAT_INTERVAL.at()
    assert model.set_one(SetRequest(component=component, variable=variable, value="77"), Origin.CSMS).done
    (tmp_path / "component_config" / "README").write_text("ours")

    again = make()

    assert again.model.read(variables.HEARTBEAT_INTERVAL) == 77
    assert again.incidents == ()
    assert (tmp_path / "component_config" / "README").exists()


def test_a_site_with_other_evses_than_the_files_is_refused(make):
    make()

    with pytest.raises(DeviceModelError, match="EVSE"):
        make({1: 1, 2: 1, 3: 1})


def test_what_is_required_must_be_there(make, tmp_path):
    make()
    (tmp_path / "component_config" / "standardized" / "TxCtrlr.json").unlink()

    with pytest.raises(DeviceModelError, match="TxCtrlr"):
        make()


def test_a_rule_for_nothing_is_refused(make, tmp_path):
    make()
    rule = {
        "component": "TxCtrlr",
        "variable": "Nothing",
        "module": "Auth",
        "parameter": "connection_timeout",
    }
    (tmp_path / "component_config" / "site_mapping.json").write_text(json.dumps({"mapping": [rule]}))

    with pytest.raises(DeviceModelError, match="Nothing"):
        make()


def test_rules_for_errors_are_read_and_checked(make, tmp_path):
    assert make().error_rules == ()
    file = tmp_path / "component_config" / "error_mapping.json"
    rule = {"error": "evse_manager/Inoperative", "report": False}

    file.write_text(json.dumps({"mapping": [rule]}))
    assert [each.report for each in make().error_rules] == [False]

    file.write_text(json.dumps({"mapping": [rule | {"error": "evse_manager/Inoperativ"}]}))
    with pytest.raises(DeviceModelError, match="Did you mean evse_manager/Inoperative"):
        make()


def test_a_parameter_of_the_site_is_shown_and_changed(make):
    assembled = make()
    assert assembled.model.read(variables.CONNECTION_TIMEOUT) == 90
    component, variable = variables.CONNECTION_TIMEOUT.at()

    result = assembled.model.set_one(
        SetRequest(component=component, variable=variable, value="60"), Origin.CSMS
    )

    assert result.done
    ((target, value),) = make.told
    assert (str(target), value) == ("auth.connection_timeout", 60)


# -- what modules start with -------------------------------------------------------------------------------


# -- before anything is started -----------------------------------------------------------------------------


def examine(tmp_path, connectors=TWO, **changes):
    """What is said before a start: all problems, as their files tell them."""
    try:
        assembly.examine(config_of(tmp_path, **changes), connectors, START)
    except DeviceModelError as error:
        return str(error)
    return ""


def test_a_directory_yet_to_be_made_is_no_problem(tmp_path):
    assert examine(tmp_path) == ""
    assert not (tmp_path / "component_config").exists()


def test_a_look_at_good_files_makes_none(make, tmp_path):
    assembly.lay_out(tmp_path / "component_config", [Evse(), Evse()])
    (tmp_path / "component_config" / "standardized" / "README").write_text("ours")

    assert examine(tmp_path) == ""
    assert list((tmp_path / "journals").iterdir()) == []


def spoil_a_file(directory):
    (directory / "custom" / "EVSE_1.json").write_text("{")


def lose_a_component(directory):
    (directory / "standardized" / "TxCtrlr.json").unlink()


def lose_an_evse(directory):
    (directory / "custom" / "EVSE_2.json").unlink()


def lose_a_folder(directory):
    shutil.rmtree(directory / "standardized")


def spoil_the_mapping(directory):
    (directory / "site_mapping.json").write_text("[")


def spoil_the_rules_for_errors(directory):
    (directory / "error_mapping.json").write_text('{"mapping": [{"error": "no/such"}]}')


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_a_file,
        lose_a_component,
        lose_an_evse,
        lose_a_folder,
        spoil_the_mapping,
        spoil_the_rules_for_errors,
    ],
)
def test_what_the_charge_point_would_refuse_is_told_before(make, tmp_path, spoil):
    make()
    spoil(tmp_path / "component_config")

    said = examine(tmp_path)

    assert said
    with pytest.raises(DeviceModelError) as refused:
        make()
    assert str(refused.value) == said


def lose_the_values(directory, file, variable, **changes):
    """Let a component file say nothing about what a variable is."""
    path = directory / "standardized" / file
    declared = json.loads(path.read_text())
    declared["properties"][variable].update(changes)
    for attribute in declared["properties"][variable]["attributes"]:
        del attribute["value"]
    path.write_text(json.dumps(declared))


def set_a_model(assembled, directory):
    """A station that has once been told what its files no longer say."""
    component, variable = variables.CHARGE_POINT_MODEL.at()
    request = SetRequest(component=component, variable=variable, value="Rapid 150")
    assert assembled.model.set_one(request, Origin.SITE).done
    lose_the_values(directory, "InternalCtrlr.json", "ChargePointModel")


def content(directory):
    """Every file, byte by byte, and when it was last written."""
    return {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in directory.iterdir()}


OWN = "device_model_storage.db.journal"
NO_MODEL = "InternalCtrlr.ChargePointModel: it has no value"


def test_a_value_that_was_set_makes_up_for_the_files(make, tmp_path):
    set_a_model(make(), tmp_path / "component_config")

    # then it starts, with that value
    assert make().model.read(variables.CHARGE_POINT_MODEL) == "Rapid 150"
    for each in make.made:
        each.close()
    assert examine(tmp_path) == ""

    # and without it, it is refused
    for journal in (tmp_path / "journals").iterdir():
        journal.unlink()
    assert NO_MODEL in examine(tmp_path)


def test_a_parameter_set_above_the_site_file_makes_up_too(make, tmp_path):
    # given a variable of a parameter that the site file does not give
    modules = config_of(tmp_path)["modules"]
    del modules["auth"]["parameters"]["master_pass_group_id"]
    directory = tmp_path / "component_config"
    assembly.lay_out(directory, [Evse(), Evse()])
    lose_the_values(directory, "InternalCtrlr.json", "ChargePointModel", source="SITE")
    rule = {"component": "InternalCtrlr", "variable": "ChargePointModel", "module": "Auth"}
    rules = {"mapping": [rule | {"parameter": "master_pass_group_id"}]}
    (directory / "site_mapping.json").write_text(json.dumps(rules))
    assert NO_MODEL in examine(tmp_path, modules=modules)

    # when it has been set
    overlay = tmp_path / "journals" / "everest_device_model_storage.db"
    with closing(ValueJournal.open(overlay, now=START)) as journal:
        journal.put(AttributeName(*variables.CHARGE_POINT_MODEL.at()), "Rapid 150", "csms")

    # then the charge point starts with it, and that is known before
    assert make(modules=modules).model.read(variables.CHARGE_POINT_MODEL) == "Rapid 150"
    assert examine(tmp_path, modules=modules) == ""


def test_values_of_a_running_charge_point_make_up_for_the_files(make, tmp_path):
    set_a_model(make(), tmp_path / "component_config")
    before = content(tmp_path / "journals")

    # then a look beside it finds nothing wrong, and touches nothing
    assert examine(tmp_path) == ""
    assert content(tmp_path / "journals") == before


def test_a_look_at_damaged_values_leaves_them_as_they_are(make, tmp_path):
    set_a_model(make(), tmp_path / "component_config")
    make.made[-1].close()
    (tmp_path / "journals" / OWN).write_bytes(b"no journal" * 500)
    before = content(tmp_path / "journals")

    assert NO_MODEL in examine(tmp_path)  # as the charge point will find, too
    assert content(tmp_path / "journals") == before


def test_a_file_of_values_that_cannot_be_used_is_left_to_the_charge_point(make, tmp_path, monkeypatch):
    # given values that a newer evsite wrote, and a lack that one of them fills
    with monkeypatch.context() as newer:
        newer.setattr(ledger, "STEPS", (*ledger.STEPS, ()))
        set_a_model(make(), tmp_path / "component_config")
        make.made[-1].close()

    # then nothing is said of the value
    assert examine(tmp_path) == ""
    with pytest.raises(JournalTooNew):
        make()

    # but of what no value makes up for
    lose_a_component(tmp_path / "component_config")
    said = examine(tmp_path)
    assert "TxCtrlr" in said
    assert NO_MODEL not in said


@pytest.fixture
def fixed(tmp_path):
    """A variable that shows a parameter which Auth reads at its start only."""
    directory = tmp_path / "component_config"
    shutil.copytree(assembly.SHIPPED, directory)
    file = directory / "standardized" / "AuthCtrlr.json"
    component = json.loads(file.read_text())
    component["properties"]["Selection"] = {
        "variable_name": "Selection",
        "characteristics": {"dataType": "string", "supportsMonitoring": False},
        "attributes": [{"type": "Actual", "mutability": "ReadWrite"}],
        "source": "SITE",
    }
    file.write_text(json.dumps(component))
    rule = {"component": "AuthCtrlr", "variable": "Selection", "module": "Auth"}
    rules = {"mapping": [rule | {"parameter": "selection_algorithm"}]}
    (directory / "site_mapping.json").write_text(json.dumps(rules))
    config = config_of(tmp_path)
    config["modules"]["auth"]["parameters"]["selection_algorithm"] = "FindFirst"
    return config


SELECTION = SetRequest(
    component=ComponentName("AuthCtrlr"), variable=VariableName("Selection"), value="PlugEvents"
)


def start_with(config, told=None):
    return assembly.parameters_set(config, START, ([] if told is None else told).append)


def test_what_waits_for_a_restart_is_there_at_the_next_start(fixed):
    # S20.8
    assembled = assembly.assemble(fixed, TWO, START, lambda *_told: None)
    with closing(assembled):
        status = assembled.model.set_one(SELECTION, Origin.CSMS).status

    assert status is SetVariableStatusEnumType.REBOOT_REQUIRED
    assert start_with(fixed) == {"auth": {"selection_algorithm": "PlugEvents"}}


def test_a_value_that_people_have_changed_since_holds(fixed):
    with closing(assembly.assemble(fixed, TWO, START, lambda *_told: None)) as assembled:
        assembled.model.set_one(SELECTION, Origin.CSMS)
    fixed["modules"]["auth"]["parameters"]["selection_algorithm"] = "UserInput"

    assert start_with(fixed) == {}


def test_before_anything_was_set_no_file_is_made(fixed, tmp_path):
    before = sorted(tmp_path.iterdir())

    assert start_with(fixed) == {}
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_in_which_nothing_was_set_changes_nothing(fixed):
    assembly.assemble(fixed, TWO, START, lambda *_told: None).close()

    assert start_with(fixed) == {}


def test_a_device_model_with_errors_is_told_of_by_who_uses_it(fixed, tmp_path):
    with closing(assembly.assemble(fixed, TWO, START, lambda *_told: None)) as assembled:
        assembled.model.set_one(SELECTION, Origin.CSMS)
    (tmp_path / "component_config" / "standardized" / "TxCtrlr.json").write_text("{")

    assert start_with(fixed) == {}


def test_damage_that_was_put_right_is_told(fixed, tmp_path):
    assembly.assemble(fixed, TWO, START, lambda *_told: None).close()
    file = tmp_path / "journals" / "everest_device_model_storage.db.journal"
    file.write_bytes(b"no journal" * 500)
    told = []

    assert start_with(fixed, told) == {}
    assert len(told) == 1

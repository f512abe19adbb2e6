import dataclasses

import pytest

from actors.ocpp.device_model.directory import load_directory
from actors.ocpp.device_model.names import ComponentName, VariableName
from actors.ocpp.device_model.problems import DeviceModelError
from actors.ocpp.device_model.requirement import lacks, require
from actors.ocpp.device_model.variables import ALSO_REQUIRED, STEERING
from tests.support.device_model import EVEREST, SHIPPED, component, model, prop

ALL = load_directory(SHIPPED)


def without(*variables, taken=()):
    """The shipped components without some variables, and without whole components."""
    kept = []
    for one in ALL:
        if one.name.name not in taken:
            left = {
                name: declared
                for name, declared in one.variables.items()
                if f"{one.name.name}.{name}" not in variables
            }
            kept.append(dataclasses.replace(one, variables=left))
    return kept


def told(components):
    return [(one.place, one.text) for one in lacks(model(*components))]


@pytest.mark.parametrize("path", [SHIPPED, EVEREST], ids=["ours", "everests"])
def test_a_whole_device_model_lacks_nothing(path):
    require(model(*load_directory(path)))


def test_everything_that_is_missing_is_told_at_once():
    # M11.11
    gone = ("OCPPCommCtrlr.OfflineThreshold", "TxCtrlr.TxStartPoint", "EVSE.Power")

    with pytest.raises(DeviceModelError) as error:
        require(model(*without(*gone)))

    assert [(one.place, one.text) for one in error.value.problems] == [
        ("EVSE at 1.Power", "a station must have this variable"),
        ("EVSE at 2.Power", "a station must have this variable"),
        ("OCPPCommCtrlr.OfflineThreshold", "a station must have this variable"),
        ("TxCtrlr.TxStartPoint", "a station must have this variable"),
    ]
    assert error.value.problems[0].file.endswith("custom/EVSE_1.json")


def test_a_component_that_every_station_has_must_be_there():
    places = [place for place, _ in told(without(taken=("TxCtrlr",)))]

    assert "TxCtrlr.EVConnectionTimeOut" in places
    assert {place.split(".")[0] for place in places} == {"TxCtrlr"}


def test_a_component_that_a_station_may_have_may_be_missing():
    assert told(without(taken=("LocalAuthListCtrlr", "SmartChargingCtrlr", "TariffCostCtrlr"))) == []


def test_a_component_that_is_there_must_be_whole():
    assert told(without("LocalAuthListCtrlr.Entries", "TariffCostCtrlr.Currency")) == [
        ("LocalAuthListCtrlr.Entries", "a station must have this variable"),
        ("TariffCostCtrlr.Currency", "a station must have this variable"),
    ]


def test_a_component_that_says_it_is_not_available_need_not_be_whole():
    absent = component(prop("Available", "boolean", value=False), name="LocalAuthListCtrlr")

    assert told([*without(taken=("LocalAuthListCtrlr",)), absent]) == []


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (prop("OfflineThreshold", value="60"), "its dataType is string"),
        (prop("OfflineThreshold", "integer", limits={"unit": "min"}, value=1), "its unit is min"),
        (prop("OfflineThreshold", "integer", value=60), None),
        (prop("OfflineThreshold", "integer"), None),
    ],
)
def test_a_variable_that_we_act_upon_has_the_type_we_need(declared, text):
    rest = without("OCPPCommCtrlr.OfflineThreshold")
    extra = component(declared, name="OCPPCommCtrlr").variables
    changed = [
        dataclasses.replace(one, variables={**one.variables, **extra})
        if one.name == ComponentName("OCPPCommCtrlr")
        else one
        for one in rest
    ]

    assert told(changed) == ([] if text is None else [("OCPPCommCtrlr.OfflineThreshold", text)])


def test_a_required_variable_without_value_and_default_is_told():
    bare = component(prop("Identity"), name="SecurityCtrlr").variables
    changed = [
        dataclasses.replace(one, variables={**one.variables, **bare})
        if one.name == ComponentName("SecurityCtrlr")
        else one
        for one in ALL
    ]

    assert told(changed) == [("SecurityCtrlr.Identity", "it has no value")]


def test_what_else_is_required_is_read_by_nobody_here():
    steering = {(one.component, one.variable) for one in STEERING if one.variable != VariableName("DateTime")}

    assert not steering & {(component, variable) for component, variable, _ in ALSO_REQUIRED}

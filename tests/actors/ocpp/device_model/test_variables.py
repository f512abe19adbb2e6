import pytest

from actors.ocpp.device_model import variables
from actors.ocpp.device_model.characteristics import Characteristics
from actors.ocpp.device_model.names import ComponentName
from actors.ocpp.device_model.variables import AFTER_RESTART, STEERING
from tests.support.device_model import shipped

MODEL = shipped()
EVERY = pytest.mark.parametrize("variable", STEERING, ids=str)


def places(variable):
    """Where the shipped device model has it."""
    numbers = {"EVSE": [(1, None), (2, None)], "Connector": [(1, 1), (2, 1)]}.get(
        variable.component, [(None, None)]
    )
    return [variable.at(*each) for each in numbers]


@EVERY
def test_a_steering_variable_is_in_the_shipped_files_with_its_type(variable):
    # S20.5
    for component, name in places(variable):
        declared = MODEL.components[ComponentName(*_fields(component))].variables[name]

        assert declared.characteristics.data_type in variable.data_types
        assert declared.characteristics.unit == variable.unit


def _fields(component):
    return component.name, component.instance, component.evse_id, component.connector_id


@EVERY
def test_a_default_would_pass_as_a_value_in_the_shipped_files(variable):
    if variable.default is None:
        return
    characteristics = (
        MODEL.components[places(variable)[0].component].variables[variable.variable].characteristics
    )

    assert isinstance(characteristics, Characteristics)
    assert characteristics.refusal(variable.write(variable.default)) is None


def test_no_variable_is_declared_twice():
    assert len({(one.component, one.variable) for one in STEERING}) == len(STEERING)


def test_the_variables_that_the_site_acts_upon_at_once_are_among_them():
    # M9.8
    at_once = {
        variables.CONNECTION_TIMEOUT,
        variables.START_POINTS,
        variables.STOP_POINTS,
        variables.MASTER_PASS_GROUP,
        variables.PNC_ENABLED,
        variables.CENTRAL_VALIDATION,
        variables.CONTRACT_INSTALLATION,
    }

    assert at_once <= set(STEERING)
    assert not any(one.after_restart for one in at_once)


def test_what_takes_effect_after_a_restart_is_found_by_its_names():
    assert ("internalctrlr", variables.SUPPORTED_VERSIONS.variable) in AFTER_RESTART
    assert len(AFTER_RESTART) == sum(one.after_restart for one in STEERING)

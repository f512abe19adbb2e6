import dataclasses

import pytest

from actors.ocpp.device_model.characteristics import Characteristics, DataType
from actors.ocpp.device_model.component import Mutability, Source, actual, component
from actors.ocpp.device_model.names import ComponentName, VariableName
from protocols.types.ocpp import AttributeEnum

TEXT = Characteristics(data_type=DataType.STRING)


def test_a_component_finds_its_variables_by_name():
    made = component(ComponentName("Thing"), [actual(VariableName("Size"), TEXT, value="big")])

    variable = made.variables[VariableName("size")]
    assert variable.attributes[AttributeEnum.ACTUAL].value == "big"
    assert variable.source is Source.OCPP


def test_two_variables_of_the_same_name_are_refused():
    with pytest.raises(ValueError, match="two variables"):
        component(ComponentName("Thing"), [actual(VariableName("a"), TEXT), actual(VariableName("A"), TEXT)])


def test_what_comes_at_run_time_is_read_only_and_not_kept():
    attribute = actual(VariableName("Size"), TEXT).attributes[AttributeEnum.ACTUAL]

    assert (attribute.mutability, attribute.persistent) == (Mutability.READ_ONLY, False)


def test_a_declaration_cannot_be_changed():
    variable = actual(VariableName("Size"), TEXT)

    with pytest.raises(dataclasses.FrozenInstanceError):
        variable.source = Source.SITE
    with pytest.raises(TypeError):
        variable.attributes[AttributeEnum.TARGET] = variable.attributes[AttributeEnum.ACTUAL]

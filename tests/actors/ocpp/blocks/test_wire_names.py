"""Names of the device model on both of their ways out."""

import pytest
from ocpp.v21 import datatypes

from actors.ocpp.blocks.wire_names import component_of, place_of, site_name, variable_of
from actors.ocpp.device_model.names import ComponentName, Place, VariableName

COMPONENTS = [
    (datatypes.ComponentType(name="TxCtrlr"), ComponentName("TxCtrlr")),
    (datatypes.ComponentType(name="A", instance="b"), ComponentName("A", "b")),
    (datatypes.ComponentType(name="EVSE", evse=datatypes.EVSEType(id=2)), ComponentName("EVSE", None, 2)),
    (
        datatypes.ComponentType(name="Connector", evse=datatypes.EVSEType(id=2, connector_id=1)),
        ComponentName("Connector", None, 2, 1),
    ),
    (
        datatypes.ComponentType(name="ChargingStation", evse=datatypes.EVSEType(id=0)),  # S21.3
        ComponentName("ChargingStation"),
    ),
]


@pytest.mark.parametrize(("given", "name"), COMPONENTS)
def test_a_component_of_the_csms_is_found_by_its_name(
    given: datatypes.ComponentType, name: ComponentName
) -> None:
    assert component_of(given) == name


def test_a_variable_of_the_csms_is_found_by_its_name() -> None:
    given = datatypes.VariableType(name="BytesPerMessage", instance="GetReport")

    assert variable_of(given) == VariableName("BytesPerMessage", "GetReport")


@pytest.mark.parametrize("name", [name for _, name in COMPONENTS], ids=str)
def test_a_name_comes_back_from_other_modules_as_it_went(name: ComponentName) -> None:
    place = Place(name, VariableName("BytesPerMessage", "GetReport"))

    assert place_of(site_name(place)) == place

"""Names of the device model as the CSMS writes them, and as interface `ocpp` does. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.ocpp.device_model.names import ComponentName, Place, VariableName
from protocols.types.ocpp import EVSE, Component, ComponentVariable, Variable

if TYPE_CHECKING:
    from ocpp.v21 import datatypes


def component_of(given: datatypes.ComponentType) -> ComponentName:
    """What the CSMS calls a component."""
    evse = given.evse
    if evse is None:
        return ComponentName(given.name, given.instance)
    return ComponentName(given.name, given.instance, evse.id, evse.connector_id)


def variable_of(given: datatypes.VariableType) -> VariableName:
    """What the CSMS calls a variable."""
    return VariableName(given.name, given.instance)


def place_of(given: ComponentVariable) -> Place:
    """What another module calls a variable."""
    component, variable, evse = given.component, given.variable, given.component.evse
    where = (None, None) if evse is None else (evse.id, evse.connector_id)
    return Place(
        ComponentName(component.name, component.instance, *where),
        VariableName(variable.name, variable.instance),
    )


def site_name(place: Place) -> ComponentVariable:
    """What another module is told of a variable."""
    component, variable = place
    evse = None
    if component.evse_id is not None:
        evse = EVSE(id=component.evse_id, connector_id=component.connector_id)
    return ComponentVariable(
        component=Component(name=component.name, instance=component.instance, evse=evse),
        variable=Variable(name=variable.name, instance=variable.instance),
    )

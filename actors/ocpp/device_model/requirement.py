"""What a station must declare to be started (row M11.11): every lack is found at once. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.ocpp.device_model.characteristics import DataType
from actors.ocpp.device_model.names import AttributeName, ComponentName, Place, Tier, VariableName
from actors.ocpp.device_model.problems import ComponentProblem, DeviceModelError
from actors.ocpp.device_model.steering import Need
from actors.ocpp.device_model.variables import ALSO_REQUIRED, STEERING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.device_model.steering import Steering

TIERS = {"EVSE": Tier.EVSE, "Connector": Tier.CONNECTOR}
"""Where components of these names belong; all others of ours belong to the station."""
MODEL = "device model"
"""What a problem names where there is no file to name."""
NO_VALUE = "it has no value"
"""The one lack that a value which has been set makes up for."""


def require(model: DeviceModel) -> None:
    """Raises DeviceModelError with everything that keeps the station from being run with this model."""
    if problems := lacks(model):
        raise DeviceModelError(problems)


def lacks(model: DeviceModel) -> tuple[ComponentProblem, ...]:
    """What is missing, or of another type than evsite can use."""
    problems: list[ComponentProblem] = []
    for one in STEERING:
        for component in _components(model, one.component, one.need):
            problems += _about(model, component, one)
    for name, variable, need in ALSO_REQUIRED:
        problems += [
            _missing(model, component, variable)
            for component in _components(model, name, need)
            if not _declares(model, component, variable)
        ]
    return tuple(problems)


def _components(model: DeviceModel, name: str, need: Need) -> Iterator[ComponentName]:
    """Where a variable of that component has to be looked for."""
    tier = TIERS.get(name, Tier.STATION)
    found = [each for each in model.components if each.tier is tier and each.key[2:] == (name.casefold(), "")]
    if not found and need is Need.ALWAYS and tier is Tier.STATION:
        found = [ComponentName(name)]
    available = VariableName("Available")
    for component in found:
        absent = model.value(AttributeName(component, available)) == "false"
        if need is Need.ALWAYS or not absent:
            yield component


def _about(model: DeviceModel, component: ComponentName, one: Steering[object]) -> Iterator[ComponentProblem]:
    place = Place(component, one.variable)
    if not _declares(model, component, one.variable):
        if one.need is not Need.OPTIONAL:
            yield _missing(model, component, one.variable)
        return
    file = model.components[component].file
    declared = model.components[component].variables[one.variable].characteristics
    if declared.data_type not in one.data_types:
        wanted = ", ".join(sorted(kind for kind in DataType if kind in one.data_types))
        text, advice = f"its dataType is {declared.data_type}", f"evsite acts upon it and needs {wanted}."
        yield ComponentProblem(file=file, place=str(place), text=text, advice=advice)
    elif one.unit is not None and declared.unit not in {None, one.unit}:
        text, advice = (
            f"its unit is {declared.unit}",
            f"evsite acts upon it in {one.unit}; convert its values.",
        )
        yield ComponentProblem(file=file, place=str(place), text=text, advice=advice)
    elif one.need is not Need.OPTIONAL and model.value(AttributeName(*place)) is None and one.default is None:
        advice = "Give its Actual attribute a value, or the variable a default."
        yield ComponentProblem(file=file, place=str(place), text=NO_VALUE, advice=advice)


def _declares(model: DeviceModel, component: ComponentName, variable: VariableName) -> bool:
    declared = model.components.get(component)
    return declared is not None and variable in declared.variables


def _missing(model: DeviceModel, component: ComponentName, variable: VariableName) -> ComponentProblem:
    declared = model.components.get(component)
    return ComponentProblem(
        file=MODEL if declared is None else declared.file,
        place=str(Place(component, variable)),
        text="a station must have this variable",
        advice="Take it over from the component_config that comes with evsite.",
    )

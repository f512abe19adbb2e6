"""Whether a value may be set, decided before any storage is asked (rows M11.12, S20.14, S20.19). Pure.

The order is that of M11.12: component, variable, value, attribute, mutability; then what only this station
knows: the bounds that MinSet and MaxSet are, and the logical checks of our blocks (`DeviceModel.guard`). A
guard therefore sees only values that their characteristics allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.ocpp.device_model import variables
from actors.ocpp.device_model.characteristics import NUMBERS, Reason, Refusal
from actors.ocpp.device_model.component import Mutability
from actors.ocpp.device_model.component_file import MAX_VALUE
from actors.ocpp.device_model.names import AttributeName, Place
from actors.ocpp.device_model.requests import Origin
from protocols.types.ocpp import AttributeEnum, SetVariableStatusEnumType

if TYPE_CHECKING:
    from actors.ocpp.device_model.component import Attribute, Component, Variable
    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.device_model.requests import SetRequest

Status = SetVariableStatusEnumType


class Verdict(NamedTuple):
    """Why a value may not be set."""

    status: SetVariableStatusEnumType
    reason: Reason
    info: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a request speaks of, in the spelling of its declaration."""

    component: Component
    variable: Variable
    attribute: Attribute
    name: AttributeName


def judge(model: DeviceModel, request: SetRequest, origin: Origin) -> Found | Verdict:
    """What a request speaks of if it may be carried out, or else why not."""
    component = model.components.get(request.component)
    if component is None:
        return Verdict(Status.UNKNOWN_COMPONENT, Reason.NOT_FOUND, f"there is no {request.component}")
    variable = component.variables.get(request.variable)
    if variable is None:
        return Verdict(Status.UNKNOWN_VARIABLE, Reason.NOT_FOUND, f"it has no {request.variable}")
    if (refusal := _value_refusal(model, variable, request.value)) is not None:
        return Verdict(Status.REJECTED, *refusal)
    attribute = variable.attributes.get(request.attribute)
    if attribute is None:
        info = f"it has no {request.attribute}"
        return Verdict(Status.NOT_SUPPORTED_ATTRIBUTE_TYPE, Reason.UNSUPPORTED_PARAM, info)
    name = AttributeName(component.name, variable.name, request.attribute)
    found = Found(component=component, variable=variable, attribute=attribute, name=name)
    for check in _CHECKS:
        if (refusal := check(model, found, request.value, origin)) is not None:
            return Verdict(Status.REJECTED, *refusal)
    return found


def _value_refusal(model: DeviceModel, variable: Variable, value: str) -> Refusal | None:
    at_most = min(model.size(variables.CONFIGURATION_SIZE), MAX_VALUE)
    if len(value) > at_most:
        return Refusal(Reason.TOO_LARGE_ELEMENT, f"longer than {at_most} characters")
    return variable.characteristics.refusal(value)


def _mutability(_model: DeviceModel, found: Found, _value: str, origin: Origin) -> Refusal | None:
    if found.attribute.constant:
        return Refusal(Reason.READ_ONLY, "it is constant")
    if origin is Origin.CSMS and found.attribute.mutability is Mutability.READ_ONLY:
        return Refusal(Reason.READ_ONLY, "it can be read only")
    return None


_OTHERS: Final = {
    AttributeEnum.ACTUAL: (AttributeEnum.MIN_SET, AttributeEnum.MAX_SET),
    AttributeEnum.TARGET: (AttributeEnum.MIN_SET, AttributeEnum.MAX_SET),
    AttributeEnum.MIN_SET: (None, AttributeEnum.MAX_SET),
    AttributeEnum.MAX_SET: (AttributeEnum.MIN_SET, None),
}
"""Which other attributes of a number bound each one, from below and from above."""


def _bounds(model: DeviceModel, found: Found, value: str, origin: Origin) -> Refusal | None:
    """MinSet and MaxSet bound what may be set, not what the station measures."""
    if origin is Origin.INTERNAL or found.variable.characteristics.data_type not in NUMBERS:
        return None
    lower, upper = _OTHERS[found.name.type]
    low = None if lower is None else model.value(found.name._replace(type=lower))
    high = None if upper is None else model.value(found.name._replace(type=upper))
    if low is not None and Decimal(value) < Decimal(low):
        return Refusal(Reason.VALUE_TOO_LOW, f"below {lower} {low}")
    if high is not None and Decimal(value) > Decimal(high):
        return Refusal(Reason.VALUE_TOO_HIGH, f"above {upper} {high}")
    return None


def _guards(model: DeviceModel, found: Found, value: str, origin: Origin) -> Refusal | None:
    if origin is Origin.INTERNAL or found.name.type is not AttributeEnum.ACTUAL:
        return None
    guards = model.guards.get(Place(found.component.name, found.variable.name), ())
    return next((refusal for guard in guards if (refusal := guard(value)) is not None), None)


_CHECKS: Final = (_mutability, _bounds, _guards)

"""A component file in EVerest's format: one JSON object is one component (rows S5.11, M11.9, S20.11, S20.12).

Pure. Everything that is wrong with a file is found at once. A file that passes holds only values that its own
characteristics allow, and monitors that can work.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.ocpp.device_model.characteristics import (
    EMPTY_IS_NO_VALUE,
    NUMBERS,
    Characteristics,
    DataType,
)
from actors.ocpp.device_model.component import (
    Attribute,
    Component,
    Monitor,
    MonitorKind,
    Mutability,
    Source,
    Variable,
)
from actors.ocpp.device_model.json_node import Node, read_object, shown
from actors.ocpp.device_model.names import MAX_NAME, ComponentName, VariableName
from protocols.types.ocpp import AttributeEnum, EventNotificationType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.device_model.problems import ComponentProblem

MAX_UNIT: Final = 16
MAX_VALUES_LIST: Final = 1000
MAX_VALUE: Final = 2500
MAX_SEVERITY: Final = 9
MAX_PROPERTIES: Final = 2000
"""So many variables one component may have."""

TOP_KEYS: Final = frozenset(
    {"$schema", "$id", "additionalProperties", "connector_id", "description", "evse_id", "instance", "name"}
    | {"properties", "required", "title", "type"}
)
PROPERTY_KEYS: Final = frozenset(
    {"attributes", "characteristics", "default", "description", "instance", "maximum", "maxLength"}
    | {"minimum", "minLength", "monitors", "reboot_required", "source", "type", "variable_name"}
)
CHARACTERISTICS_KEYS: Final = frozenset(
    {"dataType", "maxElements", "maxLength", "maxLimit", "minLength", "minLimit", "supportsMonitoring"}
    | {"unit", "valuesList"}
)
ATTRIBUTE_KEYS: Final = frozenset({"constant", "mutability", "persistent", "type", "value"})
MONITOR_KEYS: Final = frozenset(
    {"config_type", "reference_value", "severity", "transaction", "type", "value"}
)
THRESHOLDS: Final = frozenset({MonitorKind.UPPER_THRESHOLD, MonitorKind.LOWER_THRESHOLD})
PERIODS: Final = frozenset({MonitorKind.PERIODIC, MonitorKind.PERIODIC_CLOCK_ALIGNED})


def read_component(data: bytes, file: str, problems: list[ComponentProblem]) -> Component | None:
    """The component that a file declares; None when anything is wrong, and `problems` says what."""
    before = len(problems)
    node = read_object(data, file, problems)
    made = None if node is None else _component(node)
    return made if len(problems) == before else None


def _component(node: Node) -> Component | None:
    node.only(TOP_KEYS)
    name = node.text("name", at_most=MAX_NAME, needed=True)
    if name == "":
        node.complain("name", "a component needs a name", "Give it one.")
    evse_id, connector_id = node.whole("evse_id"), node.whole("connector_id")
    if connector_id and not evse_id:
        node.complain("connector_id", "a connector belongs to an EVSE", "Give evse_id too.")
    instance = node.text("instance", at_most=MAX_NAME)
    variables = _variables(node)
    if name is None or variables is None:
        return None
    return Component(
        name=ComponentName(name, instance, evse_id, connector_id),
        variables=MappingProxyType(variables),
        file=node.file,
    )


def _variables(node: Node) -> dict[VariableName, Variable] | None:
    properties = node.child("properties")
    if properties is None:
        return None
    required = node.texts("required")
    if missing := [key for key in required if key not in properties.data]:
        node.complain(
            "required", f"properties has no {', '.join(missing)}", "Add it or take it off the list."
        )
    if len(properties.data) > MAX_PROPERTIES:
        node.complain("properties", f"more than {MAX_PROPERTIES} variables", "Split the component.")
        return None
    variables: dict[VariableName, Variable] = {}
    for key in properties.data:
        one = properties.child(key)
        variable = None if one is None else _variable(one, required=key in required)
        if variable is None or one is None:
            continue
        if (twin := variables.get(variable.name)) is not None:
            _complain_of_twins(one, variable, twin)
        variables[variable.name] = variable
    return variables


def _complain_of_twins(node: Node, variable: Variable, twin: Variable) -> None:
    if variable.source is twin.source:
        node.complain("variable_name", f"{variable.name} is declared twice", "Keep one of them.")
    else:
        text = f"{variable.name} has two sources: {twin.source} and {variable.source}"
        node.complain("source", text, "A value has one owner; keep one of them.")


def _variable(node: Node, *, required: bool) -> Variable | None:
    node.only(PROPERTY_KEYS)
    name = node.text("variable_name", at_most=MAX_NAME, needed=True)
    instance = node.text("instance", at_most=MAX_NAME)
    inner = node.child("characteristics")
    characteristics = None if inner is None else _characteristics(node, inner)
    source = node.choice("source", Source, default=Source.OCPP)
    if name is None or characteristics is None or source is None:
        return None
    if name == "":
        node.complain("variable_name", "a variable needs a name", "Give it one.")
    attributes = _attributes(node, characteristics)
    if source is Source.SITE:
        _check_site_variable(node, attributes)
    return Variable(
        name=VariableName(name, instance),
        characteristics=characteristics,
        attributes=MappingProxyType(attributes),
        source=source,
        monitors=_monitors(node, characteristics),
        reboot_required=node.switch("reboot_required", default=False),
        required=required,
        description=node.text("description") or "",
    )


def _check_site_variable(node: Node, attributes: Mapping[AttributeEnum, Attribute]) -> None:
    """The site file owns the value; a second one here would be a second truth (row S20.12)."""
    if set(attributes) != {AttributeEnum.ACTUAL}:
        node.complain("attributes", "source SITE gives an Actual value only", "Keep the one attribute.")
    if any(attribute.value is not None for attribute in attributes.values()):
        advice = "Take value and default away: the value stands in the site file."
        node.complain("attributes", "with source SITE a value here would be a second one", advice)


def _characteristics(outer: Node, node: Node) -> Characteristics | None:
    """From its own object, and from the bounds of JSON Schema that EVerest's files have beside it."""
    node.only(CHARACTERISTICS_KEYS)
    data_type = node.choice("dataType", DataType)
    if data_type is None:
        return None
    lows = (node.number("minLimit"), outer.number("minimum"))
    highs = (node.number("maxLimit"), outer.number("maximum"))
    longest = [most for most in (node.whole("maxLength"), outer.whole("maxLength")) if most is not None]
    made = Characteristics(
        data_type=data_type,
        unit=node.text("unit", at_most=MAX_UNIT),
        min_limit=max((low for low in lows if low is not None), default=None),
        max_limit=min((high for high in highs if high is not None), default=None),
        min_length=max(node.whole("minLength") or 0, outer.whole("minLength") or 0),
        max_length=min(longest, default=None),
        max_elements=node.whole("maxElements", at_least=1),
        values_list=node.text("valuesList", at_most=MAX_VALUES_LIST),
        supports_monitoring=node.switch("supportsMonitoring"),
    )
    if made.min_limit is not None and made.max_limit is not None and made.min_limit > made.max_limit:
        node.complain("minLimit", f"{made.min_limit} is above maxLimit {made.max_limit}", "Exchange them.")
    return made


def _attributes(node: Node, characteristics: Characteristics) -> dict[AttributeEnum, Attribute]:
    found: dict[AttributeEnum, Attribute] = {}
    for one in node.children("attributes"):
        one.only(ATTRIBUTE_KEYS)
        kind = one.choice("type", AttributeEnum, default=AttributeEnum.ACTUAL)
        mutability = one.choice("mutability", Mutability, default=Mutability.READ_WRITE)
        if kind is None or mutability is None:
            continue
        if kind in found:
            one.complain("type", f"{kind} occurs twice", "Keep one of them.")
        value = _value(one, "value", characteristics)
        if value is None and kind is AttributeEnum.ACTUAL:
            value = _value(node, "default", characteristics)
        found[kind] = Attribute(
            mutability=mutability,
            value=value,
            persistent=one.switch("persistent", default=True),
            constant=one.switch("constant", default=False),
        )
    if not found:
        node.complain("attributes", "a variable needs an attribute", 'Give at least {"type": "Actual"}.')
    _check_order(node, found, characteristics)
    return found


def _check_order(
    node: Node, found: Mapping[AttributeEnum, Attribute], characteristics: Characteristics
) -> None:
    """MinSet, Actual and Target, and MaxSet of a number must stand in this order."""
    if characteristics.data_type not in NUMBERS:
        return
    order = (AttributeEnum.MIN_SET, AttributeEnum.TARGET, AttributeEnum.MAX_SET)
    given = [(kind, found[kind].value) for kind in order if kind in found and found[kind].value is not None]
    for (low, less), (high, more) in pairwise(given):
        if Decimal(less or 0) > Decimal(more or 0):
            node.complain("attributes", f"{low} {less} is above {high} {more}", "Correct one of them.")


def _value(node: Node, key: str, characteristics: Characteristics) -> str | None:
    value = node.scalar(key)
    if value is None or (not value and characteristics.data_type in EMPTY_IS_NO_VALUE):
        return None
    if len(value) > MAX_VALUE:
        node.complain(key, f"longer than {MAX_VALUE} characters", "OCPP cannot carry it; shorten it.")
        return None
    if (refusal := characteristics.refusal(value)) is not None:
        node.complain(key, f"{shown(value)}: {refusal.text}", "Correct the value or the characteristics.")
        return None
    return value


def _monitors(node: Node, characteristics: Characteristics) -> tuple[Monitor, ...]:
    found = [_monitor(one, characteristics) for one in node.children("monitors")]
    if found and not characteristics.supports_monitoring:
        node.complain(
            "monitors", "the variable does not support monitoring", "Set supportsMonitoring to true."
        )
    return tuple(monitor for monitor in found if monitor is not None)


def _monitor(node: Node, characteristics: Characteristics) -> Monitor | None:
    node.only(MONITOR_KEYS)
    kind = node.choice("type", MonitorKind)
    value = node.number("value", needed=True)
    severity = node.whole("severity")
    default = EventNotificationType.PRECONFIGURED_MONITOR
    origin = node.choice("config_type", EventNotificationType, default=default)
    reference = node.scalar("reference_value")
    if severity is None or severity > MAX_SEVERITY:
        node.complain("severity", f"it goes from 0 to {MAX_SEVERITY}", "Give it.")
        return None
    if kind is None or value is None or origin is None:
        return None
    if (text := _monitor_refusal(kind, value, reference, characteristics)) is not None:
        node.complain("type", text, "Correct the monitor.")
        return None
    return Monitor(
        kind=kind,
        value=value,
        severity=severity,
        transaction=node.switch("transaction", default=False),
        reference_value=reference,
        origin=origin,
    )


def _monitor_refusal(
    kind: MonitorKind, value: Decimal, reference: str | None, characteristics: Characteristics
) -> str | None:
    """Why such a monitor could not work, None when it can."""
    numeric = characteristics.data_type in NUMBERS
    if kind in THRESHOLDS and not numeric:
        return f"{kind} needs a number to watch"
    if kind in PERIODS:
        return f"{kind} needs a period above 0 s" if value <= 0 else None
    if kind is MonitorKind.DELTA and reference is None:
        return "Delta needs a reference_value"  # M11.13
    if reference is not None and characteristics.refusal(reference) is not None:
        return f"its reference_value {shown(reference)} is no value of the variable"
    return None

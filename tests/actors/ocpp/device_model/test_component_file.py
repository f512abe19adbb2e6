from decimal import Decimal

import pytest

from actors.ocpp.device_model.characteristics import DataType
from actors.ocpp.device_model.component import MonitorKind, Mutability, Source
from actors.ocpp.device_model.component_file import MAX_PROPERTIES
from actors.ocpp.device_model.names import ComponentName, VariableName
from protocols.types.ocpp import AttributeEnum, EventNotificationType
from tests.support.device_model import component, document, problems_of, prop

ACTUAL = AttributeEnum.ACTUAL


def monitored(data_type="integer", **monitor):
    one = {"type": "UpperThreshold", "value": 5, "severity": 3, **monitor}
    return document(prop("Size", data_type, monitors=[one]))


def test_a_component_is_read_with_its_place():
    made = component(prop("Size"), name="Connector", evse_id=2, connector_id=1, instance="left")

    assert made.name == ComponentName("Connector", "left", 2, 1)
    assert made.file == "Connector.json"
    assert list(made.variables) == [VariableName("Size")]


def test_a_variable_is_read_with_all_its_characteristics():
    limits = {"unit": "W", "minLimit": 1, "maxLimit": 2.5, "maxElements": 3}

    variable = component(prop("Power", "decimal", limits=limits, value=2)).variables[VariableName("Power")]

    read = variable.characteristics
    assert (read.data_type, read.unit, read.supports_monitoring) == (DataType.DECIMAL, "W", True)
    assert (read.min_limit, read.max_limit, read.max_elements) == (1, Decimal("2.5"), 3)


def test_bounds_beside_the_characteristics_bind_too():
    one = prop("Size", "integer", limits={"minLimit": 1, "maxLimit": 9}, minimum=2, maximum=8)
    other = prop("Name", limits={"maxLength": 5}, minLength=1, maxLength=4)

    variables = component(one, other).variables

    numbers = variables[VariableName("Size")].characteristics
    texts = variables[VariableName("Name")].characteristics
    assert (numbers.min_limit, numbers.max_limit) == (2, 8)
    assert (texts.min_length, texts.max_length) == (1, 4)


def test_an_attribute_left_bare_can_be_read_and_written_and_is_kept():
    attribute = component(prop("Size")).variables[VariableName("Size")].attributes[ACTUAL]

    assert (attribute.mutability, attribute.persistent, attribute.constant) == (
        Mutability.READ_WRITE,
        True,
        False,
    )
    assert attribute.value is None


@pytest.mark.parametrize(
    ("data_type", "value", "text"),
    [
        ("boolean", True, "true"),
        ("boolean", "false", "false"),
        ("integer", 12, "12"),
        ("integer", "12", "12"),
        ("decimal", 0.10, "0.1"),
        ("SequenceList", 1, "1"),
        ("string", "", ""),
        ("MemberList", "", ""),
        ("dateTime", "", None),
        ("integer", "", None),
        ("string", None, None),
    ],
)
def test_a_value_becomes_text_and_an_empty_number_is_none(data_type, value, text):
    made = component(prop("Size", data_type, value=value))

    assert made.variables[VariableName("Size")].attributes[ACTUAL].value == text


def test_a_default_stands_in_for_a_missing_actual_value_alone():
    attributes = [{"type": "Actual"}, {"type": "MaxSet"}]

    made = component(prop("Size", "integer", attributes=attributes, default="7"))

    found = made.variables[VariableName("Size")].attributes
    assert (found[ACTUAL].value, found[AttributeEnum.MAX_SET].value) == ("7", None)


def test_a_value_goes_before_a_default():
    made = component(prop("Size", "integer", value=8, default=7))

    assert made.variables[VariableName("Size")].attributes[ACTUAL].value == "8"


def test_a_monitor_is_read_and_kept():
    one = {"type": "Delta", "value": 2, "severity": 9, "transaction": True, "reference_value": 4}
    made = component(prop("Size", "integer", monitors=[one | {"config_type": "HardWiredMonitor"}]))

    (monitor,) = made.variables[VariableName("Size")].monitors
    assert (monitor.kind, monitor.value, monitor.severity) == (MonitorKind.DELTA, 2, 9)
    assert (monitor.transaction, monitor.reference_value) == (True, "4")
    assert monitor.origin is EventNotificationType.HARD_WIRED_MONITOR


def test_a_variable_of_the_site_has_no_value_of_its_own():
    made = component(prop("Size", source="SITE"))

    assert made.variables[VariableName("Size")].source is Source.SITE


def test_what_a_file_requires_is_marked():
    made = component(prop("A"), prop("B"), required=["property 2"])

    assert [variable.required for variable in made.variables.values()] == [False, True]


def attribute(**more):
    return document(prop("Size", "integer", attributes=[{"type": "Actual", **more}]))


WRONG = {
    "no name": ({"properties": {}}, ["name: missing"]),
    "an empty name": ({"name": "", "properties": {}}, ["name: a component needs a name"]),
    "a name too long": (
        {"name": "x" * 51, "properties": {}},
        ["name: longer than 50 characters"],
    ),
    "no properties": ({"name": "A"}, ["properties: missing"]),
    "a connector of no EVSE": (
        document(connector_id=1),
        ["connector_id: a connector belongs to an EVSE"],
    ),
    "an unknown key": (document(nmae="x"), ["nmae: this key is not known here"]),
    "required but not there": (
        document(prop("A"), required=["B"]),
        ["required: properties has no B"],
    ),
    "a property that is no object": (
        {"name": "A", "properties": {"x": 1}},
        ["properties.x: 1 is not an object"],
    ),
    "a variable without a name": (
        {
            "name": "A",
            "properties": {"x": {"characteristics": {"dataType": "string", "supportsMonitoring": True}}},
        },
        ["properties.x.variable_name: missing"],
    ),
    "a variable with an empty name": (
        document(prop("")),
        ["properties.property 1.variable_name: a variable needs a name"],
    ),
    "no characteristics": (
        {"name": "A", "properties": {"x": {"variable_name": "B", "attributes": [{}]}}},
        ["properties.x.characteristics: missing"],
    ),
    "an unknown type": (
        document(prop("A", "number")),
        ["properties.property 1.characteristics.dataType: 'number' is not known"],
    ),
    "no word about monitoring": (
        document(prop("A", limits={"supportsMonitoring": None})),
        ["properties.property 1.characteristics.supportsMonitoring: missing"],
    ),
    "limits the wrong way round": (
        document(prop("A", "integer", limits={"minLimit": 2, "maxLimit": 1})),
        ["properties.property 1.characteristics.minLimit: 2 is above maxLimit 1"],
    ),
    "an unknown source": (
        document(prop("A", source="EVEREST")),
        ["properties.property 1.source: 'EVEREST' is not known"],
    ),
    "declared twice": (
        document(prop("A"), prop("a")),
        ["properties.property 2.variable_name: a is declared twice"],
    ),
    "two sources": (
        document(prop("A"), prop("A", source="SITE")),
        ["properties.property 2.source: A has two sources: OCPP and SITE"],
    ),
    "no attribute": (
        document(prop("A", attributes=[])),
        ["properties.property 1.attributes: a variable needs an attribute"],
    ),
    "an attribute twice": (
        document(prop("A", attributes=[{"type": "Actual"}, {}])),
        ["properties.property 1.attributes[1].type: Actual occurs twice"],
    ),
    "an unknown attribute": (
        attribute(type="Reset"),
        [
            "properties.property 1.attributes[0].type: 'Reset' is not known",
            "properties.property 1.attributes: a variable needs an attribute",
        ],
    ),
    "an unknown mutability": (
        attribute(mutability="ReadMostly"),
        [
            "properties.property 1.attributes[0].mutability: 'ReadMostly' is not known",
            "properties.property 1.attributes: a variable needs an attribute",
        ],
    ),
    "a value of another type": (
        attribute(value="twelve"),
        ["properties.property 1.attributes[0].value: 'twelve': not a whole number"],
    ),
    "a value out of its limits": (
        document(prop("A", "integer", limits={"maxLimit": 3}, value=4)),
        ["properties.property 1.attributes[0].value: '4': it is above 3"],
    ),
    "a default out of its limits": (
        document(prop("A", "integer", limits={"maxLimit": 3}, default=4)),
        ["properties.property 1.default: '4': it is above 3"],
    ),
    "a value that OCPP cannot carry": (
        document(prop("A", value="x" * 2501)),
        ["properties.property 1.attributes[0].value: longer than 2500 characters"],
    ),
    "MinSet above MaxSet": (
        document(
            prop("A", "integer", attributes=[{"type": "MaxSet", "value": 1}, {"type": "MinSet", "value": 2}])
        ),
        ["properties.property 1.attributes: MinSet 2 is above MaxSet 1"],
    ),
    "a site variable with a value": (
        document(prop("A", source="SITE", value="x")),
        ["properties.property 1.attributes: with source SITE a value here would be a second one"],
    ),
    "a site variable with a target": (
        document(prop("A", source="SITE", attributes=[{"type": "Actual"}, {"type": "Target"}])),
        ["properties.property 1.attributes: source SITE gives an Actual value only"],
    ),
    "a monitor where none may be": (
        document(
            prop(
                "A",
                "integer",
                limits={"supportsMonitoring": False},
                monitors=[{"type": "Periodic", "value": 5, "severity": 1}],
            )
        ),
        ["properties.property 1.monitors: the variable does not support monitoring"],
    ),
    "a monitor without severity": (
        monitored(severity=None),
        ["properties.property 1.monitors[0].severity: it goes from 0 to 9"],
    ),
    "a monitor too severe": (
        monitored(severity=10),
        ["properties.property 1.monitors[0].severity: it goes from 0 to 9"],
    ),
    "a monitor of no known type": (
        monitored(type="Upper"),
        ["properties.property 1.monitors[0].type: 'Upper' is not known"],
    ),
    "a threshold over a text": (
        monitored("string"),
        ["properties.property 1.monitors[0].type: UpperThreshold needs a number to watch"],
    ),
    "a period of nothing": (
        monitored(type="Periodic", value=0),
        ["properties.property 1.monitors[0].type: Periodic needs a period above 0 s"],
    ),
    "a delta from nothing": (
        monitored(type="Delta"),
        ["properties.property 1.monitors[0].type: Delta needs a reference_value"],
    ),
    "a delta from no value of the variable": (
        monitored(type="Delta", reference_value="x"),
        ["properties.property 1.monitors[0].type: its reference_value 'x' is no value of the variable"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_file_is_told_with_its_place(case):
    text, told = WRONG[case]

    assert problems_of(text) == told


def test_everything_wrong_with_a_file_is_told_at_once():
    told = problems_of(document(prop("A", "number"), prop("B", source="x"), extra=1))

    assert len(told) == 3


def test_a_component_of_too_many_variables_is_refused():
    text = {"name": "A", "properties": {str(number): {} for number in range(MAX_PROPERTIES + 1)}}

    assert problems_of(text) == [f"properties: more than {MAX_PROPERTIES} variables"]


def test_a_file_that_is_no_json_declares_nothing():
    assert len(problems_of("{")) == 1


@pytest.mark.parametrize("kind", ["Periodic", "PeriodicClockAligned"])
def test_a_period_may_watch_anything(kind):
    assert problems_of(monitored("string", type=kind)) == []

"""Which component and variable an error is told of as (rows S17.7 to S17.12, S21.5, S21.13)."""

import json
from typing import Any

import pytest

from actors.errors.messages import Standing
from actors.ocpp.device_model.names import ComponentName, VariableName
from actors.ocpp.device_model.problems import ComponentProblem
from actors.ocpp.error_mapping import ErrorRule, Teller, read_error_rules, teller_of
from protocols.types.error_history import ErrorObject, ImplementationIdentifier, Severity, State
from tests.support.ocpp_station import START, shipped

LOCK = "connector_lock/MREC1ConnectorLockFailure"
PROBLEM = VariableName("Problem")
DECLARED = {each.name: each for each in shipped()}


def standing(
    kind: str = LOCK, evse: int | None = 1, connector: int | None = 1, sub_type: str | None = None
) -> Standing:
    error = ErrorObject(
        type=kind,
        sub_type=sub_type,
        description="It is broken.",
        message="today",
        severity=Severity.HIGH,
        origin=ImplementationIdentifier(module_id="bsp", implementation_id="board"),
        timestamp=START,
        uuid="an-error",
        state=State.ACTIVE,
    )
    return Standing(error=error, evse=evse, connector=connector)


@pytest.mark.parametrize(
    ("evse", "connector", "name"),
    [
        (None, None, ComponentName("ChargingStation")),  # S17.8
        (0, None, ComponentName("ChargingStation")),  # S17.8, S21.5
        (0, 2, ComponentName("ChargingStation")),
        (None, 2, ComponentName("ChargingStation")),
        (2, None, ComponentName("EVSE", None, 2)),  # S17.9
        (2, 1, ComponentName("Connector", None, 2, 1)),  # S17.10, S21.5
        (9, 9, ComponentName("Connector", None, 9, 9)),
    ],
)
def test_without_a_rule_it_is_a_problem_of_its_origin(
    evse: int | None, connector: int | None, name: ComponentName
) -> None:
    assert teller_of((), DECLARED, standing(LOCK, evse, connector)) == Teller(name, PROBLEM)  # S17.11


def at(name: str, *place: int) -> ComponentName:
    return ComponentName(name, None, *place)


@pytest.mark.parametrize(
    ("rule", "evse", "connector", "expected"),
    [
        (ErrorRule(error=LOCK, variable=VariableName("Tripped")), 1, 1, ("Connector", "Tripped", (1, 1))),
        (
            ErrorRule(error=LOCK, component="Connector", variable=VariableName("Available")),
            1,
            1,
            ("Connector", "Available", (1, 1)),
        ),
        (
            ErrorRule(error=LOCK, component="EVSE", variable=VariableName("Power")),
            1,
            1,
            ("EVSE", "Power", (1,)),
        ),
        (ErrorRule(error=LOCK, component="ChargingStation"), 1, 1, ("ChargingStation", "Problem", ())),
        (ErrorRule(error=LOCK, component="EVSE"), None, None, ("ChargingStation", "Problem", ())),
        (
            ErrorRule(error=LOCK, component="EVSE", variable=VariableName("Nothing")),
            1,
            None,
            ("EVSE", "Problem", (1,)),
        ),
    ],
    ids=["variable", "connector", "up to its EVSE", "up to the station", "not near", "no such variable"],
)
def test_a_rule_names_the_nearest_component_that_is_declared(
    rule: ErrorRule, evse: int | None, connector: int | None, expected: tuple[str, str, tuple[int, ...]]
) -> None:
    name, variable, place = expected

    found = teller_of((rule,), DECLARED, standing(LOCK, evse, connector))

    assert found == Teller(at(name, *place), VariableName(variable))


@pytest.mark.parametrize(
    ("error", "sub_type", "covered"),
    [
        (LOCK, None, True),
        (LOCK, "motor", True),
        (LOCK, "cap", False),
        ("connector_lock/*", None, True),
        ("connector_lock/VendorError", None, False),
        ("ac_rcd/*", None, False),
    ],
)
def test_the_first_rule_that_covers_an_error_counts(
    error: str, sub_type: str | None, *, covered: bool
) -> None:
    rules = (
        ErrorRule(error=error, sub_type=sub_type, component="EVSE"),
        ErrorRule(error=LOCK, component="ChargingStation"),
    )

    found = teller_of(rules, DECLARED, standing(LOCK, 1, 1, "motor"))

    assert found.component.name == ("EVSE" if covered else "ChargingStation")


@pytest.mark.parametrize("component", [None, "EVSE", "Nothing"])
def test_a_rule_may_keep_an_error_from_the_csms(component: str | None) -> None:
    rule = ErrorRule(error="evse_manager/Inoperative", component=component, report=False)

    assert not teller_of((rule,), DECLARED, standing("evse_manager/Inoperative")).report


# -- the file ------------------------------------------------------------------------------------------------


def read(*rules: dict[str, Any]) -> tuple[tuple[ErrorRule, ...], list[ComponentProblem]]:
    problems: list[ComponentProblem] = []
    data = json.dumps({"mapping": rules}).encode()
    return read_error_rules(data, "error_mapping.json", shipped(), problems), problems


def test_rules_are_read_as_they_stand() -> None:
    rules, problems = read(
        {"error": LOCK, "sub_type": "motor", "component": "connector", "variable": "Available"},
        {"error": "evse_manager/Inoperative", "report": False},
        {"error": "power_supply_DC/*", "component": "EVSE"},
    )

    assert problems == []
    assert rules == (
        ErrorRule(error=LOCK, sub_type="motor", component="connector", variable=VariableName("Available")),
        ErrorRule(error="evse_manager/Inoperative", report=False),
        ErrorRule(error="power_supply_DC/*", component="EVSE"),
    )


def test_an_instance_belongs_to_the_name() -> None:
    given = {
        "error": LOCK,
        "component": "DeviceDataCtrlr",
        "variable": "ItemsPerMessage",
        "variable_instance": "GetReport",
    }
    (rule,), problems = read(given)
    assert (rule.variable, problems) == (VariableName("ItemsPerMessage", "GetReport"), [])

    rules, problems = read({**given, "component_instance": "Second"})
    assert (rules, len(problems)) == ((), 1)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "error"),
        ({"error": "connector_lock/MREC1ConnectorLockFailur"}, f"Did you mean {LOCK}?"),
        ({"error": "x"}, "list/Name"),
        ({"error": "nothing/*"}, "no error nothing/*"),
        ({"error": LOCK, "component": "Conector"}, "no Conector has a variable Problem"),
        ({"error": LOCK, "variable": "Tripped"}, "no ChargingStation, EVSE or Connector has"),
        ({"error": LOCK, "reports": True}, "reports"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(rule: dict[str, Any], said: str) -> None:
    _rules, problems = read(rule)

    assert said in "\n".join(str(each) for each in problems)


def test_a_file_that_is_no_json_has_no_rules() -> None:
    problems: list[ComponentProblem] = []

    assert read_error_rules(b"[", "error_mapping.json", shipped(), problems) == ()
    assert problems

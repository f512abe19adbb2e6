"""Which component and variable an error is told of as (rows S17.7 to S17.12, S21.5, S21.13). Pure.

Without a rule it is `Problem` of the component of its origin: ChargingStation, EVSE or Connector. The
operator's rules stand in `error_mapping.json` beside `standardized/` and `custom/` of the device model; the
first that covers an error counts:

    {"mapping": [{"error": "connector_lock/MREC1ConnectorLockFailure",
                  "component": "ConnectorPlugRetentionLock", "variable": "Tripped"},
                 {"error": "power_supply_DC/*", "component": "AcDcConverter"},
                 {"error": "evse_manager/Inoperative", "report": false}]}

`sub_type`, `component_instance` and `variable_instance` narrow a rule down; `variable` is `Problem` unless it
says otherwise. A component is looked for at the connector of the error's origin, then at its EVSE, then at
the station. With `report` false the CSMS is told nothing; the device model shows it nevertheless.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.ocpp.device_model.json_node import read_object
from actors.ocpp.device_model.names import MAX_NAME, ComponentName, Tier, VariableName
from protocols.errors import ERROR_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actors.errors.messages import Standing
    from actors.ocpp.device_model.component import Component
    from actors.ocpp.device_model.json_node import Node
    from actors.ocpp.device_model.problems import ComponentProblem

FILE: Final = "error_mapping.json"
KEYS: Final = frozenset(
    {"error", "sub_type", "component", "component_instance", "variable", "variable_instance", "report"}
)
PROBLEM: Final = VariableName("Problem")
"""S17.11: what an error is, unless a rule says otherwise."""
ANY: Final = "/*"
"""Behind the name of a list: all of its errors."""
LISTS: Final = frozenset(each.partition("/")[0] for each in ERROR_TYPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRule:
    """What some errors are told of as."""

    error: str
    sub_type: str | None = None
    component: str | None = None
    """None: that of the origin's tier."""
    component_instance: str | None = None
    variable: VariableName = PROBLEM
    report: bool = True

    def covers(self, standing: Standing) -> bool:
        """Whether it speaks of this error."""
        kind, sub_type = standing.error.type, standing.error.sub_type or ""
        named = kind.startswith(self.error[:-1]) if self.error.endswith(ANY) else kind == self.error
        return named and self.sub_type in {None, sub_type}


@dataclass(frozen=True, slots=True)
class Teller:
    """What an error is told of as."""

    component: ComponentName
    variable: VariableName
    report: bool = True


def teller_of(
    rules: Iterable[ErrorRule], declared: Mapping[ComponentName, Component], standing: Standing
) -> Teller:
    """The component and variable of an error.

    Where its rule's component is not declared near its origin, it is told of as without that rule.
    """
    evse, connector = standing.evse or None, standing.connector if standing.evse else None
    rule = next((each for each in rules if each.covers(standing)), None)
    if rule is None:
        return Teller(_origin(evse, connector), PROBLEM)
    if rule.component is None:
        return Teller(_origin(evse, connector), rule.variable, rule.report)
    for place in dict.fromkeys(((evse, connector), (evse, None), (None, None))):
        name = ComponentName(rule.component, rule.component_instance, *place)
        if name in declared and rule.variable in declared[name].variables:
            return Teller(name, rule.variable, rule.report)
    return Teller(_origin(evse, connector), PROBLEM, rule.report)


def _origin(evse: int | None, connector: int | None) -> ComponentName:
    """S17.8 to S17.10, S21.5."""
    tier = Tier.STATION if evse is None else Tier.EVSE if connector is None else Tier.CONNECTOR
    return ComponentName(tier.value, None, evse, connector)


def read_error_rules(
    data: bytes, file: str, components: Iterable[Component], problems: list[ComponentProblem]
) -> tuple[ErrorRule, ...]:
    """The operator's rules. Whatever is wrong is reported, and what can be read is returned."""
    node = read_object(data, file, problems)
    if node is None:
        return ()
    node.only({"mapping", "description"})
    known = tuple(components)
    rules = [_rule(one, known) for one in node.children("mapping")]
    return tuple(each for each in rules if each is not None)


def _rule(node: Node, known: tuple[Component, ...]) -> ErrorRule | None:
    node.only(KEYS)
    error = node.text("error", needed=True)
    if error is None:
        return None
    if error not in ERROR_TYPES and not (error.endswith(ANY) and error.removesuffix(ANY) in LISTS):
        near = difflib.get_close_matches(error, ERROR_TYPES, n=1)
        advice = f"Did you mean {near[0]}?" if near else "Errors are called list/Name, or list/* for all."
        node.complain("error", f"there is no error {error}", advice)
        return None
    rule = ErrorRule(
        error=error,
        sub_type=node.text("sub_type"),
        component=node.text("component", at_most=MAX_NAME),
        component_instance=node.text("component_instance", at_most=MAX_NAME),
        variable=VariableName(
            node.text("variable", at_most=MAX_NAME) or PROBLEM.name,
            node.text("variable_instance", at_most=MAX_NAME),
        ),
        report=node.switch("report", default=True),
    )
    if (rule.component is not None or rule.variable != PROBLEM) and not _is_somewhere(rule, known):
        place = rule.component or "ChargingStation, EVSE or Connector"
        text = f"no {place} has a variable {rule.variable}"
        node.complain("component", text, "Correct the names, or declare it.")
        return None
    return rule


def _is_somewhere(rule: ErrorRule, known: tuple[Component, ...]) -> bool:
    names = {each.casefold() for each in ((rule.component,) if rule.component else Tier)}
    return any(
        each.name.name.casefold() in names
        and each.name.key[3] == (rule.component_instance or "").casefold()
        and rule.variable in each.variables
        for each in known
    )

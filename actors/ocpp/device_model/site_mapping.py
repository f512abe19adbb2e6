"""Which site parameter stands behind a variable of source SITE (row S20.9). Pure.

A rule names a variable and the module and parameter behind it. The module is a module's id in the site file,
or the name of a kind of module of which the site, or the EVSE of the component, has exactly one. Rules of
our own are in `RULES`; the operator's are in `site_mapping.json` beside `standardized/` and `custom/`, and
one of those replaces ours for the same variable:

    {"mapping": [{"component": "TxCtrlr", "variable": "EVConnectionTimeOut",
                  "module": "Auth", "parameter": "connection_timeout"}]}

`component_instance`, `evse_id`, `connector_id` and `variable_instance` narrow a rule down; without `evse_id`
it holds for the component at every EVSE.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.catalog.manifest import Kind
from actors.ocpp.device_model.characteristics import DataType
from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.json_node import read_object
from actors.ocpp.device_model.names import MAX_NAME, ComponentName, Place, VariableName
from actors.ocpp.device_model.problems import ComponentProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from actors.catalog.manifest import Parameter
    from actors.config.model import ModuleEntry, SiteFile
    from actors.ocpp.device_model.component import Component

FILE: Final = "site_mapping.json"
OURS: Final = "the mapping of evsite"
RULE_KEYS: Final = frozenset(
    {"component", "component_instance", "connector_id", "evse_id", "module", "parameter", "variable"}
    | {"variable_instance"}
)
KINDS: Final[Mapping[Kind, frozenset[DataType]]] = {
    Kind.BOOLEAN: frozenset({DataType.BOOLEAN}),
    Kind.INTEGER: frozenset({DataType.INTEGER}),
    Kind.NUMBER: frozenset({DataType.DECIMAL, DataType.INTEGER}),
    Kind.STRING: frozenset(DataType),
}
"""Which variables may show a parameter of each type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which parameter is behind a variable, or behind that variable of every EVSE."""

    place: Place
    module: str
    parameter: str
    file: str = OURS

    def covers(self, place: Place) -> bool:
        """Whether it speaks of this variable."""
        if self.place == place:
            return True
        ours, theirs = self.place.component, place.component
        return (
            ours.evse_id is None
            and (ours.key[2:], self.place.variable) == (theirs.key[2:], place.variable)
            and ours.connector_id in {None, theirs.connector_id}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One parameter of one module of the site."""

    module_id: str
    declared: Parameter
    may_write: bool
    """Whether `access` in the site file lets the OCPP module change it (row M13.5)."""

    def __str__(self) -> str:
        return f"{self.module_id}.{self.declared.name}"


def _rule(component: str, variable: str, module: str, parameter: str) -> Rule:
    place = Place(ComponentName(component), VariableName(variable))
    return Rule(place=place, module=module, parameter=parameter)


RULES: Final = (
    _rule("TxCtrlr", "EVConnectionTimeOut", "Auth", "connection_timeout"),
    _rule("AuthCtrlr", "MasterPassGroupId", "Auth", "master_pass_group_id"),
    _rule("EVSE", "ISO15118EvseId", "EvseManager", "evse_id"),
)


def read_rules(data: bytes, file: str, problems: list[ComponentProblem]) -> tuple[Rule, ...]:
    """The operator's rules. Whatever is wrong is reported, and what can be read is returned."""
    node = read_object(data, file, problems)
    if node is None:
        return ()
    node.only({"mapping", "description"})
    rules = []
    for one in node.children("mapping"):
        one.only(RULE_KEYS)
        component = one.text("component", at_most=MAX_NAME, needed=True)
        variable = one.text("variable", at_most=MAX_NAME, needed=True)
        module, parameter = one.text("module", needed=True), one.text("parameter", needed=True)
        where = (one.text("component_instance"), one.whole("evse_id"), one.whole("connector_id"))
        instance = one.text("variable_instance")
        if component and variable and module and parameter:
            place = Place(ComponentName(component, *where), VariableName(variable, instance))
            rules.append(Rule(place=place, module=module, parameter=parameter, file=file))
    return tuple(rules)


def resolve(
    components: Iterable[Component], rules: Sequence[Rule], site: SiteFile, module_id: str
) -> tuple[Mapping[Place, Target], tuple[ComponentProblem, ...]]:
    """The parameter behind every variable of source SITE, and all that is wrong.

    `rules` are the operator's; `module_id` is the OCPP module, whose rights count.
    """
    problems: list[ComponentProblem] = []
    targets: dict[Place, Target] = {}
    used: set[Rule] = set()
    for component in components:
        for name, variable in component.variables.items():
            place = Place(component.name, name)
            rule = next((each for each in (*rules, *RULES) if each.covers(place)), None)
            if variable.source is not Source.SITE:
                continue
            if rule is None:
                advice = f"Name its parameter in {FILE}, or take source SITE away."
                problems.append(_problem(component.file, place, "no rule says which parameter it is", advice))
                continue
            used.add(rule)
            target = _target(rule, place, site, module_id, problems)
            if target is not None and variable.characteristics.data_type not in KINDS[target.declared.kind]:
                text = f"{target} is of type {target.declared.kind}"
                advice = f"A {variable.characteristics.data_type} cannot show that; correct the dataType."
                problems.append(_problem(component.file, place, text, advice))
            elif target is not None:
                targets[place] = target
    for rule in rules:
        if rule not in used:
            text = "no variable of source SITE is called that"
            advice = "Set its source to SITE, correct the name, or take the rule away."
            problems.append(_problem(rule.file, rule.place, text, advice))
    return targets, tuple(problems)


def _target(
    rule: Rule, place: Place, site: SiteFile, module_id: str, problems: list[ComponentProblem]
) -> Target | None:
    candidates = _modules(rule.module, place.component.evse_id, site)
    if not candidates and rule.file == OURS:
        return None  # a program from outside is what ours would be; its parameters are its own matter
    if len(candidates) != 1:
        text = f"{len(candidates)} modules of this site are called {rule.module} here"
        problems.append(_problem(rule.file, place, text, _near(rule.module, site.modules)))
        return None
    (entry,) = candidates
    declared = entry.manifest.parameters.get(rule.parameter)
    if declared is None:
        text = f"{entry.manifest.name} has no parameter {rule.parameter}"
        problems.append(_problem(rule.file, place, text, _near(rule.parameter, entry.manifest.parameters)))
        return None
    access = site.modules[module_id].access
    may_write = access.may_write(entry.id, read_only=not declared.writable)
    return Target(module_id=entry.id, declared=declared, may_write=may_write)


def _modules(name: str, evse_id: int | None, site: SiteFile) -> list[ModuleEntry]:
    if name in site.modules:
        return [site.modules[name]]
    found = [entry for entry in site.modules.values() if name in entry.manifest.names]
    return found if evse_id is None else [entry for entry in found if entry.evse == evse_id]


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."


def _problem(file: str, place: Place, text: str, advice: str) -> ComponentProblem:
    return ComponentProblem(file=file, place=str(place), text=text, advice=advice)

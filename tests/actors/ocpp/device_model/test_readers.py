"""What the CSMS may set in the shipped files has an effect: every such variable is read by our code.

A variable that nobody reads would take a value, answer Accepted and change nothing; it is shipped ReadOnly.
"""

import ast
import importlib
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from actors.ocpp.blocks import prices
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.component import Mutability, Source, Variable
from actors.ocpp.device_model.names import ComponentName, VariableName
from actors.ocpp.device_model.steering import Steering
from tests.support.device_model import ROOT, shipped_components

FOLLOW = frozenset({"CHANGED", "GUARDS", "MADE", "TOLD_AS_PARAMETERS"})
"""Tables that say what else comes of a change: to stand in one of them alone is not to be read."""


def writable() -> list[tuple[ComponentName, Variable]]:
    return [
        (component.name, variable)
        for component in shipped_components()
        for variable in component.variables.values()
        if any(each.mutability is not Mutability.READ_ONLY for each in variable.attributes.values())
    ]


class Reads(ast.NodeVisitor):
    """The variables that a module uses otherwise than to say how things are."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.found: set[Steering[object]] = set()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if not (isinstance(node.target, ast.Name) and node.target.id in FOLLOW):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        puts = isinstance(node.func, ast.Attribute) and node.func.attr == "put"
        for each in (*node.args[puts:], node.func, *(one.value for one in node.keywords)):
            self.visit(each)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name):
            self._use(getattr(getattr(self.module, node.value.id, None), node.attr, None))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._use(getattr(self.module, node.id, None))

    def _use(self, found: object) -> None:
        if isinstance(found, Steering):
            self.found.add(found)


def reads(path: Path) -> set[Steering[object]]:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    visitor = Reads(importlib.import_module(name))
    visitor.visit(ast.parse(path.read_text()))
    return visitor.found


@cache
def read() -> frozenset[Steering[object]]:
    """All that some module of ours reads."""
    declared = ROOT / "actors" / "ocpp" / "device_model" / "variables.py"
    files = (path for path in (ROOT / "actors" / "ocpp").rglob("*.py") if path != declared)
    return frozenset().union(*(reads(path) for path in files))


def in_languages(name: VariableName) -> bool:
    return any(name.key[0] == each.variable.key[0] for each in prices.IN_LANGUAGES)


@pytest.mark.parametrize(
    ("component", "variable"), [pytest.param(*each, id=f"{each[0]}.{each[1].name}") for each in writable()]
)
def test_a_variable_the_csms_may_set_is_read_by_somebody(component, variable):
    known = {(each.component, each.variable) for each in read()}

    assert (
        variable.source is Source.SITE  # a parameter of a module, which reads it
        or (component.name, variable.name) in known
        or in_languages(variable.name)
    ), "nobody reads it: give it an effect, or ship it ReadOnly"


def test_what_nobody_reads_cannot_be_set_by_the_csms():
    unread = {(each.component, each.variable) for each in variables.STEERING if each not in read()}

    assert not unread & {
        (component.name, variable.name)
        for component, variable in writable()
        if variable.source is not Source.SITE
    }


def test_a_variable_that_is_only_put_counts_as_unread(tmp_path):
    module = ModuleType("made")
    module.X = module.Y = variables.CLOCK_TIME
    module.Z = variables.PNC_ENABLED
    visitor = Reads(module)

    visitor.visit(ast.parse("model.put(X, 'now')\nCHANGED: Final = {Y: Z}\n"))
    assert visitor.found == set()

    visitor.visit(ast.parse("model.read(Z)\nmodel.put(X, model.read(Y))"))
    assert visitor.found == {variables.CLOCK_TIME, variables.PNC_ENABLED}

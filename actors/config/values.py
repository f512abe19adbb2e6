"""One configured value against its parameter: type, range, choices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from actors.catalog.manifest import Kind
from actors.config.document import ScalarNode, describe
from actors.config.problems import nearest, quoted
from actors.config.scalars import is_long_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.catalog.manifest import Parameter, Scalar
    from actors.config.document import Node
    from actors.config.problems import Path
    from actors.config.report import Report

WORDS: Final[Mapping[Kind, str]] = {
    Kind.BOOLEAN: "true or false",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.STRING: "a string",
}
NUMERIC: Final = frozenset({Kind.INTEGER, Kind.NUMBER})
INTEGERS: Final = range(-(2**63), 2**63)
"""The whole numbers that every message, database and other program can take."""
YAML_1_1_BOOLEANS: Final[Mapping[str, str]] = {
    "yes": "true",
    "on": "true",
    "true": "true",
    "no": "false",
    "off": "false",
    "false": "false",
}


def read_value(parameter: Parameter, node: Node, path: Path, report: Report) -> Scalar | None:
    """The value as the parameter's type, or None with a report of what is wrong with it."""
    value = node.value if isinstance(node, ScalarNode) else None
    if parameter.kind in NUMERIC and isinstance(value, str) and is_long_number(value):
        report.error(path, f"{quoted(value)} is out of range", _beyond(parameter))
        return None
    if value is None or not _fits(parameter.kind, value):
        found = "something else" if parameter.secret and value is not None else describe(node)
        report.error(path, f"expected {_wanted(parameter)}, found {found}", _retype(parameter, value))
        return None
    if isinstance(value, str):
        return _text(parameter, value, path, report)
    if not isinstance(value, bool) and not _in_range(parameter, value):
        travels = isinstance(value, float) or value in INTEGERS
        advice = f"Expected {_wanted(parameter)}." if travels else _beyond(parameter)
        report.error(path, f"{value} is out of range", advice)
        return None
    return value


def _fits(kind: Kind, value: Scalar) -> bool:
    match value:
        case bool():
            return kind is Kind.BOOLEAN
        case int():
            return kind in {Kind.INTEGER, Kind.NUMBER}
        case float():
            return kind is Kind.NUMBER and math.isfinite(value)
        case _:
            return kind is Kind.STRING


def _in_range(parameter: Parameter, value: float) -> bool:
    low = -math.inf if parameter.minimum is None else parameter.minimum
    high = math.inf if parameter.maximum is None else parameter.maximum
    return low <= value <= high and (not isinstance(value, int) or value in INTEGERS)


def _beyond(parameter: Parameter) -> str:
    return f"Expected {_wanted(parameter)}; whole numbers have 64 bits at most."


def _text(parameter: Parameter, value: str, path: Path, report: Report) -> Scalar | None:
    if parameter.choices and value not in parameter.choices:
        near = nearest(value, parameter.choices)
        advice = f"Did you mean {quoted(near)}? " if near else ""
        advice += f"Possible: {_choices(parameter)}."
        if not parameter.lenient:
            report.error(path, f"{quoted(value)} is not among the choices", advice)
            return None
        taken = f"{quoted(value)} is not among the choices; {quoted(str(parameter.default))} is taken"
        report.warning(path, taken, advice)
        return parameter.default
    if not value and parameter.min_length:
        report.error(path, "must not be empty")
        return None
    if len(value) < parameter.min_length:
        report.error(path, f"at least {parameter.min_length} characters are needed, found {len(value)}")
        return None
    return value


def _choices(parameter: Parameter) -> str:
    choices = parameter.choices
    return ", ".join(choices[:-1]) + f" or {choices[-1]}" if choices[1:] else choices[0]


def _wanted(parameter: Parameter) -> str:
    """What would be right, with limits and unit."""
    low, high = parameter.minimum, parameter.maximum
    limits = ""
    if low is not None and high is not None:
        limits = f" from {low} to {high}"
    elif low is not None:
        limits = f" of at least {low}"
    return f"{WORDS[parameter.kind]}{limits}{' ' + parameter.unit if parameter.unit else ''}"


def _retype(parameter: Parameter, value: Scalar | None) -> str:
    """How to write a value of the wrong type, where that is plain."""
    if value is None or parameter.secret:
        return ""
    if parameter.kind is Kind.STRING:
        shown = {True: "true", False: "false"}[value] if isinstance(value, bool) else value
        return f'Put it in quotes: "{shown}".'
    if parameter.kind is Kind.BOOLEAN and isinstance(value, str):
        meant = YAML_1_1_BOOLEANS.get(value.casefold())
        return f"Write {meant}, without quotes." if meant else ""
    if parameter.kind is Kind.INTEGER and isinstance(value, float) and value.is_integer():
        return f"Write {int(value)}."
    if isinstance(value, str) and value.lstrip("+-").replace(".", "", 1).isdecimal():
        return "Leave the quotes out."
    return ""

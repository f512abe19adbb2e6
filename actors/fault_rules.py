"""Fault rules as users write them: a YAML or JSON file with a list of them. See docs/fault-injection.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from actors.engine.faults import FaultRuleError, Rule, check
from protocols import codec

if TYPE_CHECKING:
    import pathlib


def load(path: pathlib.Path) -> tuple[Rule, ...]:
    """The rules in a file. Raises FaultRuleError naming the file, and the rule that is wrong."""
    try:
        found = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise FaultRuleError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise FaultRuleError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(found, list):
        raise FaultRuleError(f"{path}: a list of rules is expected")
    return tuple(_rule(path, number, each) for number, each in enumerate(found, start=1))


def _rule(path: pathlib.Path, number: int, plain: Any) -> Rule:
    try:
        rule = codec.from_plain(Rule, plain)
        check(rule)
    except (codec.DecodeError, FaultRuleError) as error:
        raise FaultRuleError(f"{path}: rule {number}: {error}") from error
    return rule

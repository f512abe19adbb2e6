"""Whether a message fits a pattern, and how often one has. Pure.

A pattern is a part of a payload: every field it names must be there and fit. Texts may hold `*` and `?`; a
list fits when each of its patterns fits some element.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from actors.simulation.csms.script import Rule
    from protocols.ocpp.version import Version

MAX_COUNTED: Final = 100_000
"""Of so many rules and stations is known how often they fitted: a station may come under any name."""


def fits(pattern: Any, value: Any) -> bool:
    """Whether a value is what the pattern says, as far as it says anything."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and fits(inner, value[name]) for name, inner in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(fits(one, each) for each in value) for one in pattern)
    if isinstance(pattern, str):
        return isinstance(value, str) and text_fits(pattern, value)
    if isinstance(pattern, bool) or isinstance(value, bool):  # Python takes True for 1, JSON does not
        return pattern is value
    return bool(pattern == value)


def text_fits(pattern: str, text: str) -> bool:
    """Whether a text is this one; `*` stands for any characters, `?` for one."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern)
    return re.compile("".join(parts), re.DOTALL)


class Turnstile:
    """Counts for each rule and station how often it has fitted, and says whether it is its turn."""

    def __init__(self) -> None:
        self._passed: Counter[tuple[int, str]] = Counter()

    def is_due(self, rule: Rule, station: str) -> bool:
        """Count one fit: whether it lies behind the first `after` and within the `times` that follow."""
        key = (id(rule), station)
        self._passed[key] += 1
        if len(self._passed) > MAX_COUNTED:
            del self._passed[next(iter(self._passed))]
        number = self._passed[key] - rule.after
        return number > 0 and (rule.times is None or number <= rule.times)


def concerns(rule: Rule, station: str, version: Version | None, action: str, payload: Any) -> bool:
    """Whether a rule is about this message of this station."""
    return (
        text_fits(rule.station, station)
        and (rule.version is None or rule.version is version)
        and text_fits(rule.action, action)
        and fits(rule.where, payload)
    )

"""What can be wrong with a site file, and how it is told: problems with file, line, column and a way out."""

from __future__ import annotations

import dataclasses
import difflib
import enum
import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Path: TypeAlias = tuple[str | int, ...]
"""Where in the tree something stands: keys and list indexes from the top."""

LISTED: Final = 12
"""So many names are listed in full when none of them is near."""

SHOWN: Final = 60
"""So many characters of a name out of the file are shown."""

NEAR: Final = 0.6
"""How alike two names must be to suggest one for the other (1: equal)."""

_CONTROL: Final = re.compile(r"[^ -~\u00a0-\u2027\u2030-\uffff]")


class Severity(enum.StrEnum):
    """How bad a problem is."""

    ERROR = "error"
    """The site cannot start."""
    WARNING = "warning"
    """The site starts, but something will not happen that was probably meant; `--strict` refuses it too."""


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text; line and column count from 1. Line 0 is the file as a whole."""

    line: int = 0
    column: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, where, and what to do about it."""

    severity: Severity = Severity.ERROR
    file: str
    line: int
    column: int
    path: str
    """For example `active_modules.auth.connections.token_provider[0]`; empty for the file as a whole."""
    text: str
    suggestion: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        path = f"{self.path}: " if self.path else ""
        advice = f"\n    {self.suggestion}" if self.suggestion else ""
        return f"{place}: {self.severity}: {path}{self.text}{advice}"


class SiteFileError(Exception):
    """A site file that cannot be used. `problems` holds everything that was found, in the file's order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[SiteFileError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def written(path: Path) -> str:
    """The path as people write it: keys joined by dots, list indexes in brackets; safe to print."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{harmless(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def harmless(text: str) -> str:
    """A text out of the file, safe to print: control characters escaped, not too long."""
    shown = text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], shown)


def quoted(name: str) -> str:
    """A name out of the file, safe to print, in quotes."""
    return f"'{harmless(name)}'"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, upper and lower case aside; None when none is near."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(name.casefold()[:200], by_folded, n=1, cutoff=NEAR)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion: the nearest known name, or else the known names if they are few."""
    names = list(known)
    if (near := nearest(name, names)) is not None:
        return f"Did you mean {quoted(near)}?"
    if 0 < len(names) <= LISTED:
        return f"Known here: {', '.join(sorted(names))}."
    return ""

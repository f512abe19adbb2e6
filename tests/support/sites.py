"""Site files for tests: a good one, and that one with single things broken."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import yaml

from actors.config import Checked, SiteFile, check_site

ROOT = pathlib.Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors" / "site"
BASE = (VECTORS / "base.yaml").read_text()


@dataclasses.dataclass(frozen=True)
class Wrong:
    """A broken site file and what the checker says about it, word for word."""

    name: str
    data: bytes
    told: str


def edited(*edits: tuple[str, str], text: str = BASE) -> bytes:
    """The good file with texts replaced, each of which must stand there exactly once."""
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} occurs {text.count(old)} times")
        text = text.replace(old, new)
    return text.encode()


def wrong(theme: str) -> list[Wrong]:
    """The golden cases of a theme."""
    cases: dict[str, list[dict[str, Any]]] = yaml.safe_load((VECTORS / "wrong.yaml").read_text())
    return [Wrong(case["name"], edited(*map(tuple, case["replace"])), case["told"]) for case in cases[theme]]


def name_of(case: Wrong) -> str:
    """Test id of a golden case."""
    return case.name


def check(data: bytes | str) -> Checked:
    """Check text under the name that the golden messages have."""
    return check_site(data.encode() if isinstance(data, str) else data, "site.yaml")


def told(data: bytes | str) -> str:
    """Everything the checker says."""
    return "\n".join(map(str, check(data).problems))


def good(*edits: tuple[str, str], text: str = BASE) -> SiteFile:
    """The site of a file that must be good, warnings aside."""
    checked = check(edited(*edits, text=text))
    if checked.site is None:
        raise ValueError("\n".join(map(str, checked.problems)))
    return checked.site

from __future__ import annotations

import pathlib
import re

from certs.verdict import Reason
from tests.interop.openssl_chains import RULES

HERE = pathlib.Path(__file__).parent
DOCUMENT = (HERE.parents[1] / "docs" / "path-validation.md").read_text(encoding="utf-8")


NAMED = re.findall(r"`((?:\w+/)?test_\w+\.py)::(test_\w+)`(?: \[([^\]]+)\])?", DOCUMENT)
"""File, test, and the cases in brackets."""


def test_every_test_the_document_names_exists():
    missing = [
        f"{file}::{test}" for file, test, _ in NAMED if f"def {test}(" not in (HERE / file).read_text("utf-8")
    ]

    assert len(NAMED) > 80
    assert not missing


def test_every_case_the_document_names_exists():
    cases = [(file, case) for file, _, listed in NAMED if listed for case in listed.split(", ")]
    missing = [case for file, case in cases if f'"{case}"' not in (HERE / file).read_text("utf-8")]

    assert len(cases) > 20
    assert not missing


def test_every_area_of_the_overview_is_a_chapter():
    chapters = set(re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE))
    rows = re.findall(r"^\| (?:4\.[^|]+|none) \| ([^|]+) \|", DOCUMENT, re.MULTILINE)
    named = {area.strip() for row in rows for area in row.split(";")}

    assert len(rows) == 12
    assert named == chapters - {"Where OpenSSL judges otherwise"}


def test_the_rules_against_openssl_are_those_of_the_document():
    listed = set(re.findall(r"^\| accepts \| (\w+) \|", DOCUMENT, re.MULTILINE))
    assert listed == {rule.name for rule in RULES}
    assert listed <= set(Reason.__members__)

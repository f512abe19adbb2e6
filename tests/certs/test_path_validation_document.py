from __future__ import annotations

import pathlib
import re

from certs.verdict import Reason
from tests.interop.openssl_chains import RULES

HERE = pathlib.Path(__file__).parent
DOCUMENT = (HERE.parents[1] / "docs" / "path-validation.md").read_text(encoding="utf-8")


def test_every_test_the_document_names_exists():
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", DOCUMENT)
    missing = [f"{file}::{test}" for file, test in named if f"def {test}(" not in (HERE / file).read_text()]
    assert len(named) > 50
    assert not missing


def test_the_rules_against_openssl_are_those_of_the_document():
    listed = set(re.findall(r"^\| accepts \| (\w+) \|", DOCUMENT, re.MULTILINE))
    assert listed == {rule.name for rule in RULES}
    assert listed <= set(Reason.__members__)

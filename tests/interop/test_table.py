from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from tests.interop import table
from tests.interop.exi_java import SkippedError
from tests.interop.table import Limit, Outcome, verdict

LIMIT = Limit("it cannot", shown_by="no way")
CASES = [
    (None, True, "", "passes", True),
    (None, False, "no way", "FAILED", False),
    (LIMIT, False, "there is no way", "limit", True),
    (LIMIT, False, "something else", "FAILED otherwise", False),
    (LIMIT, True, "no way", "PASSES", False),
]


class Case(NamedTuple):
    name: str
    limit: Limit | None
    outcome: Outcome


@pytest.fixture
def able(monkeypatch, tmp_path):
    """A machine on which peers run."""
    monkeypatch.setattr(table.network, "why_not", lambda: None)
    monkeypatch.setattr(table, "environment", lambda folder: folder / "python")
    monkeypatch.setattr(sys, "argv", ["peer", "--venv", str(tmp_path)])


def run(*cases):
    return table.run_all(cases, lambda case, _python, _keep: case.outcome, "", {"flying": "it has no wings"})


@pytest.mark.parametrize(("limit", "good", "seen", "words", "expected"), CASES)
def test_only_what_is_known_of_a_peer_is_expected(limit, good, seen, words, expected):
    said, judged = verdict(limit, Outcome(good, 1.0, "the last words", seen))

    assert said.startswith(words)
    assert judged is expected


@pytest.mark.parametrize(("limit", "good", "seen", "_words", "expected"), CASES)
def test_one_unexpected_case_fails_the_whole_run(able, capsys, limit, good, seen, _words, expected):
    usual = Case("first", None, Outcome(good=True, seconds=1.0, detail="", seen=""))
    code = run(usual, Case("second", limit, Outcome(good, 1.0, "", seen)))

    assert code == (0 if expected else 1)
    assert "not tried: it has no wings" in capsys.readouterr().out


def test_a_machine_without_what_a_peer_needs_skips_with_a_reason(able, monkeypatch, capsys):
    monkeypatch.setattr(table.network, "why_not", lambda: "only root may")

    assert run(Case("first", None, Outcome(good=False, seconds=1.0, detail="", seen=""))) == 0
    assert capsys.readouterr().out == "skipped: only root may\n"


def test_a_case_that_lacks_something_is_skipped_alone(able, capsys):
    def play(case, _python, _keep):
        if case.name == "first":
            raise SkippedError("there is no npm")
        return case.outcome

    good = Outcome(good=True, seconds=1.0, detail="", seen="")
    code = table.run_all([Case("first", None, good), Case("second", None, good)], play, "", {})

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].split() == ["first", "-", "skipped:", "there", "is", "no", "npm"]
    assert lines[-1].startswith("2 cases: 1 pass, 0 unexpected, 1 skipped;")

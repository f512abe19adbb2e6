import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.config.problems import (
    Problem,
    Severity,
    SiteFileError,
    did_you_mean,
    nearest,
    quoted,
    written,
)
from tests.support.examples import few

PROBLEM = Problem(file="a.yaml", line=3, column=7, path="x.y[0]", text="is wrong", suggestion="Do right.")


def test_a_problem_reads_place_severity_path_text_and_advice():
    assert str(PROBLEM) == "a.yaml:3:7: error: x.y[0]: is wrong\n    Do right."


def test_a_problem_of_the_whole_file_has_no_line():
    assert (
        str(Problem(file="a.yaml", line=0, column=0, path="", text="is empty")) == "a.yaml: error: is empty"
    )


def test_a_warning_says_that_it_is_one():
    warning = Problem(severity=Severity.WARNING, file="a", line=1, column=1, path="", text="odd")

    assert str(warning) == "a:1:1: warning: odd"


def test_the_error_of_a_file_tells_every_problem():
    error = SiteFileError([PROBLEM, PROBLEM])

    assert error.problems == (PROBLEM, PROBLEM)
    assert str(error) == f"{PROBLEM}\n{PROBLEM}"


def test_the_error_of_a_file_survives_pickling():
    assert pickle.loads(pickle.dumps(SiteFileError([PROBLEM]))).problems == (PROBLEM,)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b", 0, "c"), "a.b[0].c"),
        (("a.b",), "a.b"),
        (("a\x1b[31mb", "\u202e"), r"a\x1b[31mb.\u202e"),
        (("a", "x" * 61), f"a.{'x' * 57}..."),
    ],
)
def test_a_path_is_written_with_dots_and_brackets(path, text):
    assert written(path) == text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("auth", "'auth'"),
        ("a\x1b[31mb\n", r"'a\x1b[31mb\n'"),
        ("x" * 61, f"'{'x' * 57}...'"),
        ("x" * 60, f"'{'x' * 60}'"),
        ("\u2028\u00e4\U0001f600", "'\\u2028\u00e4\\U0001f600'"),
    ],
)
def test_a_name_out_of_the_file_is_shown_harmlessly(name, shown):
    assert quoted(name) == shown


@pytest.mark.parametrize(
    ("name", "near"),
    [("Atuh", "Auth"), ("auth", "Auth"), ("EvseManger", "EvseManager"), ("Toaster", None), ("", None)],
)
def test_the_nearest_name_is_found_whatever_its_case(name, near):
    assert nearest(name, ["Auth", "EvseManager", "OCPP201"]) == near


def test_a_suggestion_is_the_nearest_name_or_else_the_few_there_are():
    assert did_you_mean("evze", ["evse", "connector"]) == "Did you mean 'evse'?"
    assert did_you_mean("zzz", ["evse", "connector"]) == "Known here: connector, evse."
    assert did_you_mean("zzz", map(str, range(13))) == ""
    assert did_you_mean("zzz", []) == ""


@pytest.mark.untraced
@given(st.text(), st.lists(st.text(max_size=20), max_size=20))
@few(50)
def test_suggesting_never_fails_and_suggests_known_names_only(name, known):
    assert nearest(name, known) in {None, *known}
    assert "\n" not in quoted(name)

"""What stands for something in a payload is filled in, and refused where nothing has that name."""

from datetime import timedelta

import pytest

from actors.simulation.csms.templates import TemplateError, fill, problem_of
from protocols.ocpp.times import text_of
from tests.support.certificates import NOW

KNOWN = {
    "station": "cp-1",
    "transaction": 7,
    "evse": None,
    "message": {"a": [{"b": 3}], "s": "x"},
    "answer": {},
}


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("${station}", "cp-1"),
        ("${transaction}", 7),
        ("number ${transaction} of ${station}", "number 7 of cp-1"),
        ("${now}", text_of(NOW)),
        ("${now+60}", text_of(NOW + timedelta(seconds=60))),
        ("${now-60}", text_of(NOW - timedelta(seconds=60))),
        ("${message.a.0.b}", 3),
        ("${message.a}", [{"b": 3}]),
        ({"x": ["${station}", 1, None]}, {"x": ["cp-1", 1, None]}),
        ("$ {station}", "$ {station}"),
    ],
)
def test_places_are_filled_at_any_depth(value, filled):
    assert fill(value, KNOWN, NOW) == filled


@pytest.mark.parametrize(
    "name", ["evse", "answer.status", "message.a.1", "message.a.b", "message.s.t", "message.a.0.b.c"]
)
def test_what_is_not_known_is_an_error(name):
    with pytest.raises(TemplateError, match=name.replace(".", "\\.")):
        fill({"x": f"${{{name}}}"}, KNOWN, NOW)


@pytest.mark.parametrize(
    "value", ["${now}", "${now+1}", "${message.x}", {"a": [{"b": "${evse}"}]}, 3, "plain"]
)
def test_known_names_are_no_problem(value):
    assert problem_of(value) is None


@pytest.mark.parametrize("value", ["${nobody}", {"a": ["${now*3}"]}, "x ${stations} y"])
def test_unknown_names_are_told_beforehand(value):
    assert "known: now, station" in problem_of(value)

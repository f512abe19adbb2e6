"""What the fields of a script may hold."""

import pytest
from pydantic import TypeAdapter, ValidationError

from actors.simulation.csms.values import Body, CloseCode, HttpStatus, Seconds, filled, known_action


def problem(kind, value):
    with pytest.raises(ValidationError) as found:
        TypeAdapter(kind).validate_python(value)
    return found.value.errors()[0]["msg"]


@pytest.mark.parametrize("code", [999, 1004, 1005, 1006, 1015, 2000, 5000])
def test_a_close_code_must_be_one_that_may_be_sent(code):
    assert "no close code" in problem(CloseCode, code)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1012, 3000, 4999])
def test_a_close_code_of_the_standard_or_private_use_will_do(code):
    assert TypeAdapter(CloseCode).validate_python(code) == code


@pytest.mark.parametrize(
    ("status", "text"), [(499, "HTTP has no such status"), (200, "greater"), (600, "less")]
)
def test_a_refusal_needs_a_status_of_http(status, text):
    assert text in problem(HttpStatus, status)


@pytest.mark.parametrize("status", [301, 404, 503])
def test_a_known_status_of_http_will_do(status):
    assert TypeAdapter(HttpStatus).validate_python(status) == status


@pytest.mark.parametrize("value", [-1, float("inf"), float("nan"), 604_801])
def test_a_time_is_a_number_of_at_most_a_week(value):
    assert problem(Seconds, value)


@pytest.mark.parametrize("payload", [{"a": float("inf")}, {"a": [{"b": float("nan")}]}])
def test_a_body_must_be_json(payload):
    assert "JSON" in problem(Body, payload)


def test_a_body_is_left_as_it_is():
    assert TypeAdapter(Body).validate_python({"a": [1, None, "x"]}) == {"a": [1, None, "x"]}


@pytest.mark.parametrize("action", ["Heartbeat", "StartTransaction", "Notify*", "*", "?*"])
def test_an_action_of_any_version_or_a_pattern_will_do(action):
    assert known_action(action) == action


def test_an_action_that_no_version_has_is_told_with_the_nearest():
    with pytest.raises(ValueError, match=r"no version has this action.*Heartbeat"):
        known_action("Heartbaet")


def test_places_must_have_known_names():
    assert filled({"a": "${now}"}) == {"a": "${now}"}
    with pytest.raises(ValueError, match="nothing is called"):
        filled({"a": "${x}"})

"""Patterns over messages, and how often they have fitted."""

import pytest

from actors.simulation.csms import matching
from actors.simulation.csms.matching import Turnstile, concerns, fits, text_fits
from actors.simulation.csms.script import Fault, FaultKind
from protocols.ocpp.version import Version


@pytest.mark.parametrize(
    ("pattern", "value", "fitting"),
    [
        ({}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": {"b": "x*"}}, {"a": {"b": "xyz"}}, True),
        ({"a": {}}, {"a": 3}, False),
        ({"a": [1]}, {"a": [3, 1]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [1]}, {"a": 1}, False),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": True}, {"a": True}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": None}, {"a": None}, True),
        ({"a": 1}, [1], False),
    ],
)
def test_a_pattern_is_a_part_of_what_fits(pattern, value, fitting):
    assert fits(pattern, value) is fitting


@pytest.mark.parametrize(
    ("pattern", "text", "fitting"),
    [
        ("*", "", True),
        ("cp-?", "cp-1", True),
        ("cp-?", "cp-12", False),
        ("a.c", "abc", False),
        ("a*c", "a\nc", True),
        ("[ab]", "a", False),
    ],
)
def test_stars_and_question_marks_stand_for_characters(pattern, text, fitting):
    assert text_fits(pattern, text) is fitting


def rule(**more):
    return Fault(kind=FaultKind.DROP, **more)


def test_a_rule_counts_behind_the_first_and_so_many_times():
    turns, one = Turnstile(), rule(after=1, times=2)

    assert [turns.is_due(one, "cp-1") for _ in range(4)] == [False, True, True, False]


def test_each_station_is_counted_by_itself():
    turns, one = Turnstile(), rule(times=1)

    assert [turns.is_due(one, "cp-1"), turns.is_due(one, "cp-2"), turns.is_due(one, "cp-1")] == [
        True,
        True,
        False,
    ]


def test_a_rule_without_times_is_always_due():
    turns, one = Turnstile(), rule()

    assert all(turns.is_due(one, "cp-1") for _ in range(5))


def test_stations_under_ever_new_names_are_forgotten(monkeypatch):
    monkeypatch.setattr(matching, "MAX_COUNTED", 2)
    turns, one = Turnstile(), rule(times=1)

    for name in ("a", "b", "c"):
        turns.is_due(one, name)

    assert not turns.is_due(one, "c")
    assert turns.is_due(one, "a")


@pytest.mark.parametrize(
    ("settings", "concerned"),
    [
        ({}, True),
        ({"station": "cp-*"}, True),
        ({"station": "x"}, False),
        ({"version": "ocpp2.1"}, True),
        ({"version": "ocpp1.6"}, False),
        ({"action": "Heart*"}, True),
        ({"action": "Authorize"}, False),
        ({"where": {"a": 1}}, True),
        ({"where": {"a": 2}}, False),
    ],
)
def test_a_rule_names_station_version_action_and_fields(settings, concerned):
    assert concerns(rule(**settings), "cp-1", Version.V21, "Heartbeat", {"a": 1}) is concerned

"""Quantities and times on a screen."""

from __future__ import annotations

import math

import pytest

from actors.view import words


@pytest.mark.parametrize(
    ("watts", "text"),
    [(0, "0 W"), (350.4, "350 W"), (999.6, "1.0 kW"), (11_040, "11.0 kW"), (-2500, "-2.5 kW"), (None, "-"),
     (math.nan, "-")],
)  # fmt: skip
def test_power_is_told_in_watts_or_kilowatts(watts: float | None, text: str) -> None:
    assert words.power(watts) == text


def test_energy_has_two_digits_behind_the_point() -> None:
    assert words.energy(1234) == "1.23 kWh"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0:00"), (7.9, "0:07"), (751, "12:31"), (3600 * 3 + 427, "3:07:07")]
)
def test_a_duration_is_told_as_a_stopwatch_does(seconds: float, text: str) -> None:
    assert words.span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.123, "+0.12 s"), (9.994, "+9.99 s"), (9.999, "+10.0 s"), (150, "+2:30")]
)
def test_the_time_of_a_step_is_as_exact_as_it_is_short(seconds: float, text: str) -> None:
    assert words.delta(seconds) == text


@pytest.mark.parametrize("text", [None, "yesterday", 7])
def test_what_is_no_time_is_none(text: object) -> None:
    assert words.moment(text) is None  # type: ignore[arg-type]  # as it may come from outside
    assert words.clock(words.moment(text)) == "-"  # type: ignore[arg-type]  # as above


def test_a_time_of_day_has_tenths_where_they_are_wanted() -> None:
    told = words.clock(words.moment("2026-11-21T18:04:30.25+00:00"), tenths=True)

    assert told.endswith(":30.2")


def test_a_curve_fills_its_rows_from_the_bottom() -> None:
    points = [[0.0, 0.0], [1.0, 1.0], [2.0, 8.0], [3.0, 16.0], [4.0, 16.0]]

    assert words.curve(points, width=4, height=2, most=16.0) == ["  ██", "▁███"]


def test_the_least_that_flows_can_be_seen() -> None:
    assert words.curve([[0.0, 0.001], [1.0, 0.001]], width=1, height=1, most=1000.0) == ["▁"]


def test_more_time_than_columns_is_thinned() -> None:
    points = [[float(second), float(second)] for second in range(101)]

    (row,) = words.curve(points, width=8, height=1, most=100.0)

    assert row == "▁▂▃▄▅▆▇█"


@pytest.mark.parametrize(("points", "width", "most"), [([], 5, 1.0), ([[0, 1]], 0, 1.0)])
def test_nothing_to_draw_is_an_empty_row(points: list[list[float]], width: int, most: float) -> None:
    assert words.curve(points, width, 1, most) == [""]


def test_a_curve_of_nothing_stays_empty() -> None:
    assert words.curve([[0, 5.0], [1, 5.0]], 1, 1, 0.0) == [" "]


@pytest.mark.parametrize(
    ("share", "full", "empty"), [(0.0, "", "━━━━"), (0.5, "━━", "━━"), (0.6, "━━╸", "━"), (2.0, "━━━━", "")]
)
def test_a_bar_is_as_full_as_its_share(share: float, full: str, empty: str) -> None:
    assert words.bar(share, 4) == (full, empty)


def test_nothing_that_is_shown_steers_the_terminal() -> None:
    assert words.one_line("a\x1b[2J\nb\x07") == "a [2J b "

"""Which profile decides when."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ocpp.charging_profiles.timeline import Window, filled, gathered, spans, stacked
from tests.support.charging_profiles import DAY, HOUR, START, at, profile, text_at
from tests.support.examples import few

WINDOW = Window(START, 2 * HOUR)


def told(found):
    return [(each.begin_s, each.end_s, float(each.period.limit)) for each in found]


def decided(profiles, window):
    return stacked(gathered(profiles, window, START, 1000).layers, window.length_s)


def told_of(anchor=START, window=WINDOW, **fields):
    limits = fields.pop("limits", (16,))
    return told(spans(profile("TxDefaultProfile", *limits, **fields), window, anchor))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [(0, 7200, 16)]),
        ({"starts": at(-HOUR)}, [(0, 7200, 16)]),
        ({"starts": at(600)}, [(600, 7200, 16)]),
        ({"starts": at(-HOUR), "seconds": HOUR}, []),
        ({"starts": at(-HOUR), "seconds": HOUR + 60}, [(0, 60, 16)]),
        ({"starts": at(3 * HOUR)}, []),
        ({"limits": ((0, 16), (60, 10), (90, 6)), "seconds": 120}, [(0, 60, 16), (60, 90, 10), (90, 120, 6)]),
        ({"limits": ((0, 16), (60, 10), (90, 6)), "seconds": 70}, [(0, 60, 16), (60, 70, 10)]),
        ({"limits": ((0, 16), (60, 10)), "starts": at(-100)}, [(0, 7200, 10)]),
        ({"validFrom": text_at(50), "validTo": text_at(90)}, [(50, 90, 16)]),
        ({"validTo": text_at(-1)}, []),
        ({"validFrom": text_at(-50)}, [(0, 7200, 16)]),
        ({"validFrom": text_at(-50), "starts": at(-HOUR)}, [(0, 7200, 16)]),
    ],
    ids=str,
)
def test_an_absolute_schedule_holds_from_its_start(fields, expected):
    assert told_of(**fields) == expected


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (at(-HOUR), [(0, 1800, 16), (23 * HOUR, 24 * HOUR + 1800, 16), (47 * HOUR, 48 * HOUR, 16)]),
        (
            at(-10 * DAY - HOUR),
            [(0, 1800, 16), (23 * HOUR, 24 * HOUR + 1800, 16), (47 * HOUR, 48 * HOUR, 16)],
        ),
        (at(HOUR), [(HOUR, HOUR + 5400, 16), (25 * HOUR, 25 * HOUR + 5400, 16)]),
        (at(3 * DAY), []),
    ],
)
def test_a_daily_schedule_comes_back_every_day(starts, expected):
    window = Window(START, 48 * HOUR)

    assert told_of(window=window, starts=starts, recurs="Daily", seconds=5400) == expected


def test_a_weekly_schedule_comes_back_every_week():
    window = Window(START, 8 * DAY)

    found = told_of(window=window, starts=at(-DAY), recurs="Weekly", seconds=2 * DAY)

    assert found == [(0, DAY, 16), (6 * DAY, 8 * DAY, 16)]


def test_a_recurring_schedule_without_duration_holds_until_it_comes_back():
    window = Window(START, 30 * HOUR)

    found = told_of(window=window, limits=((0, 16), (HOUR, 10)), recurs="Daily")

    assert found == [(0, HOUR, 16), (HOUR, DAY, 10), (DAY, DAY + HOUR, 16), (DAY + HOUR, 30 * HOUR, 10)]


@pytest.mark.parametrize(("anchor", "expected"), [(at(0), 60), (at(-20), 40), (at(-20.5), 39)])
def test_a_relative_schedule_starts_with_its_transaction(anchor, expected):
    found = told_of(anchor=anchor, limits=((0, 16), (60, 10)), starts=None)

    assert found == [(0, expected, 16), (expected, 7200, 10)]


def test_the_highest_stack_level_decides_while_it_says_something():
    # K01.FR.32
    low = profile("TxDefaultProfile", 32, level=0, profile_id=1)
    high = profile("TxDefaultProfile", 10, level=5, profile_id=2, starts=at(600), seconds=60)
    middle = profile("TxDefaultProfile", 16, level=2, profile_id=3, starts=at(630), seconds=60)

    found = decided([high, middle, low], WINDOW)

    assert told(found) == [(0, 600, 32), (600, 660, 10), (660, 690, 16), (690, 7200, 32)]


def test_one_span_below_fills_every_gap_above():
    window = Window(START, 2 * DAY)
    upper = [*spans(profile("TxDefaultProfile", 10, recurs="Daily", seconds=60), window, START)]
    lower = [*spans(profile("TxDefaultProfile", 32), window, START)]

    assert told(filled(upper, lower, 2 * DAY)) == [
        (0, 60, 10),
        (60, DAY, 32),
        (DAY, DAY + 60, 10),
        (DAY + 60, 2 * DAY, 32),
    ]


def test_where_nobody_says_anything_nobody_decides():
    assert stacked([], HOUR) == ()


def test_no_more_spans_are_made_than_there_is_room_for():
    by_minute = profile("TxDefaultProfile", *((60 * each, each) for each in range(60)), recurs="Daily")
    by_hour = profile("TxDefaultProfile", *((HOUR * each, each) for each in range(24)), level=1)

    found = gathered([by_hour, by_minute], Window(START, 7 * DAY), START, 30)

    assert (found.made, found.length_s) == (30, 29 * 60)
    assert [len(each) for each in found.layers] == [1, 29]
    assert gathered([by_minute], WINDOW, START, 30).made == 30
    assert gathered([by_hour], WINDOW, START, 30)[1:] == (7200, 2)


class Counted(tuple):
    """Periods that count how often one of them is looked at."""

    __slots__ = ()
    looked = 0

    def __getitem__(self, number):
        Counted.looked += 1
        return super().__getitem__(number)


def test_periods_out_of_the_window_are_not_gone_through():
    made = profile(
        "TxDefaultProfile", *((60 * each, each) for each in range(1000)), recurs="Daily", seconds=DAY
    )
    counted = replace(made, periods=Counted(made.periods))

    found = [*spans(counted, Window(at(30_000), 600), START)]

    assert len(found) == 10
    assert Counted.looked < 60


def as_profile(number, drawn):
    start, seconds, level, limits = drawn
    periods = [(offset * 40, limit) for offset, limit in enumerate(limits)]
    return profile(
        "TxDefaultProfile", *periods, profile_id=number, level=level, starts=at(start), seconds=seconds
    )


DRAWN = st.tuples(
    st.integers(-300, 300),
    st.none() | st.integers(1, 300),
    st.integers(0, 3),
    st.lists(st.integers(0, 32), min_size=1, max_size=4),
)


@few(25)
@given(st.lists(DRAWN, max_size=5, unique_by=lambda drawn: drawn[2]))
def test_every_second_is_decided_by_the_highest_profile_there_is(drawn):
    profiles = [as_profile(number, each) for number, each in enumerate(drawn)]
    window = Window(START, 240)

    found = decided(sorted(profiles, key=lambda each: -each.stack_level), window)

    assert all(one.end_s <= two.begin_s for one, two in pairwise(found))
    for second in range(0, 240, 7):
        moment = window.begin + timedelta(seconds=second)
        expected = [
            each
            for each in profiles
            if each.starts_at <= moment
            and (each.duration_s is None or moment < each.starts_at + timedelta(seconds=each.duration_s))
        ]
        deciding = [each for each in found if each.begin_s <= second < each.end_s]
        assert [each.profile for each in deciding] == (
            [max(expected, key=lambda each: each.stack_level)] if expected else []
        )

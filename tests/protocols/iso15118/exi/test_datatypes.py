from __future__ import annotations

import datetime as dt

import pytest

from protocols.iso15118.exi.datatypes import Integer, UnixTime


@pytest.mark.parametrize(
    ("low", "high", "bits"),
    [(0, 255, 8), (-128, 127, 8), (-3, 3, 3), (0, 100, 7), (1, 20, 5), (1, 255, 8), (7, 7, 0), (0, 4095, 12)],
)
def test_a_narrow_range_takes_the_bits_it_needs(low, high, bits):
    assert Integer(low, high).bits == bits


@pytest.mark.parametrize(
    ("low", "high"), [(0, 4096), (0, 65535), (-(2**15), 2**15 - 1), (0, None), (None, None)]
)
def test_a_wide_range_has_no_fixed_width(low, high):
    assert Integer(low, high).bits is None


def test_a_range_below_zero_carries_a_sign():
    assert Integer(-1, 2**20).signed
    assert Integer(None, None).signed
    assert not Integer(0, 2**20).signed


def test_a_time_stamp_becomes_an_aware_datetime_and_back():
    moment = dt.datetime(2026, 11, 21, 2, 33, 34, tzinfo=dt.UTC)
    stamp = UnixTime.of(moment)
    assert stamp == 1795228414
    assert stamp.to_datetime() == moment
    assert stamp.to_datetime().tzinfo is dt.UTC


def test_a_time_stamp_is_the_second_in_which_the_moment_lies():
    zone = dt.timezone(dt.timedelta(hours=2))
    assert UnixTime.of(dt.datetime(1970, 1, 1, 2, 0, 0, 999_999, tzinfo=zone)) == 0
    assert UnixTime.of(dt.datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=dt.UTC)) == -1


def test_a_naive_moment_is_no_time_stamp():
    with pytest.raises(ValueError, match="naive"):
        UnixTime.of(dt.datetime(2026, 1, 1))  # noqa: DTZ001  # naive is the test


def test_a_time_stamp_beyond_the_calendar_says_so():
    with pytest.raises(OverflowError):
        UnixTime(2**63 - 1).to_datetime()

"""What a profile on the wire becomes."""

from decimal import Decimal

import pytest

from actors.ocpp.charging_profiles.profile import Kind, Period, Purpose, Unit, read
from protocols.ocpp import times
from protocols.ocpp.numbers import exact
from tests.support.charging_profiles import DAY, TX, at, profile, text_at, typed


def test_numbers_of_a_profile_are_what_was_written():
    found = profile(TX, (0, 8.1, 1), (60, 16), minimum=6.1, transactionId="tx-1")

    assert found.periods == (Period(0, Decimal("8.1"), 1), Period(60, Decimal(16)))
    assert found.minimum == exact(6.1) == Decimal("6.1")
    assert (found.purpose, found.kind, found.unit) == (Purpose.tx_profile, Kind.absolute, Unit.a)
    assert found.transaction_id == "tx-1"


def test_times_of_a_profile_become_moments_in_utc():
    found = profile(validFrom=text_at(-5), validTo="2026-03-01T14:00:00+02:00")

    assert (found.starts_at, found.valid_from, found.valid_to) == (at(0), at(-5), at(0))


@pytest.mark.parametrize(("recurs", "period_s"), [("Daily", DAY), ("Weekly", 7 * DAY), (None, None)])
def test_a_profile_recurs_as_often_as_it_says(recurs, period_s):
    assert profile(recurs=recurs).recurs_s == period_s


def test_the_first_of_several_schedules_counts():
    given = typed(TX, 10)
    given.charging_schedule.append(typed(TX, 32).charging_schedule[0])

    assert read(1, given).periods == (Period(0, Decimal("10.0")),)


def test_a_time_that_is_none_cannot_be_read():
    assert times.moment_if(None) is None
    with pytest.raises(ValueError, match="isoformat"):
        times.moment_if("yesterday")

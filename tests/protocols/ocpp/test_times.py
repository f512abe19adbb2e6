"""Date-times are written with zone and milliseconds, and read as back-ends write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from protocols.ocpp.times import moment_of, text_of

NOON = datetime(2026, 1, 2, 12, 0, 0, 123_456, tzinfo=UTC)


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=2)))

    assert text_of(east) == "2026-01-02T12:00:00.123Z"


def test_a_moment_without_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        text_of(datetime(2026, 1, 2))  # noqa: DTZ001  # what is refused


@pytest.mark.parametrize(
    "text",
    ["2026-01-02T12:00:00Z", "2026-01-02t12:00:00.000z", "2026-01-02T14:00:00+02:00", "2026-01-02T12:00:00"],
)
def test_every_way_to_write_a_moment_is_read(text: str) -> None:
    assert moment_of(text) == NOON.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-01-02", "2026-13-02T12:00:00Z", "2" * 65),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),  # fine, but for what they are in UTC
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever the library says
        moment_of(text)

"""What uploads and updates have in common: retries, times, statuses told once (M15.4)."""

from datetime import UTC, datetime

import pytest

from actors.ocpp.blocks import transfers
from protocols.ocpp import times


@pytest.mark.parametrize(("retries", "attempts"), [(None, None), (0, 1), (1, 2), (7, 8), (-3, 1)])
def test_retries_are_passed_on_plus_the_first_attempt(retries: int | None, attempts: int | None) -> None:
    """M15.4."""
    assert transfers.attempts(retries) == attempts


def test_a_time_without_its_zone_is_taken_for_utc() -> None:
    assert times.moment_if("2026-03-01T12:00:00") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert times.moment_if(None) is None
    with pytest.raises(ValueError, match="date-time"):
        times.moment_if("soon")


@pytest.mark.parametrize(
    ("told", "history", "untold"),
    [
        ("", "", ""),
        ("", "ab", "ab"),
        ("ab", "ab", ""),
        ("ab", "abc", "c"),
        ("abx", "abc", "c"),  # something was known here alone
        ("abxc", "abcd", "d"),
        ("ab", "aba", "a"),  # a download that was paused and goes on
        ("x", "ab", "ab"),
        ("abc", "ab", ""),
    ],
)
def test_what_was_not_told_in_its_turn_is_found(told: str, history: str, untold: str) -> None:
    transfer = transfers.Transfer(request_id=1, told=tuple(told))

    assert transfers.untold(transfer, tuple(history)) == tuple(untold)


def after(statuses: int) -> transfers.Transfer:
    """A download that was paused again and again."""
    transfer = transfers.Transfer(request_id=1)
    for number in range(statuses):
        transfer = transfers.added(transfer, "ab"[number % 2])
    return transfer


@pytest.mark.parametrize("statuses", [transfers.KEPT, transfers.KEPT + 1, transfers.KEPT + 10])
@pytest.mark.parametrize("more", ["", "a", "ab", "abx"])
def test_of_endless_statuses_none_is_told_twice(statuses: int, more: str) -> None:
    history = [*("ab"[number % 2] for number in range(statuses)), *more]

    assert transfers.untold(after(statuses), history) == tuple(more)


def test_of_endless_statuses_the_last_are_remembered() -> None:
    transfer = after(transfers.KEPT + 5)

    assert (len(transfer.told), transfer.forgotten) == (transfers.KEPT, 5)
    assert transfer.told[-1] == "a"


@pytest.mark.parametrize(("request_id", "known"), [(None, None), (-1, None), (0, 0), (7, 7)])
def test_a_number_below_zero_stands_for_none(request_id: int | None, known: int | None) -> None:
    assert transfers.known(request_id) == known

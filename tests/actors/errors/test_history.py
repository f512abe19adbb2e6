"""What is remembered of errors, how they are found, and what is forgotten."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from actors.errors.history import Ended, Everything, History, Raised
from actors.errors.messages import Standing, StandingErrors
from protocols.types.error_history import (
    ErrorObject,
    FilterArguments,
    ImplementationIdentifier,
    Severity,
    SeverityFilter,
    State,
    TimeperiodFilter,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
BOARD = ImplementationIdentifier(module_id="board", implementation_id="bsp")
METER = ImplementationIdentifier(module_id="meter", implementation_id="main")


def standing(uuid, kind="generic/VendorError", origin=BOARD, severity=Severity.LOW, hours=0):
    return Standing(
        error=ErrorObject(
            type=kind, description="what it means", message="what happened", severity=severity, origin=origin,
            timestamp=NOW + timedelta(hours=hours), uuid=uuid, state=State.ACTIVE,
        )
    )  # fmt: skip


def said(*each):
    return StandingErrors(errors=each)


def make(history, *changes):
    return [history.apply(change) for change in changes]


def uuids(errors):
    return [each.uuid for each in errors]


@pytest.fixture
def history():
    found = History()
    for each in (
        standing("u1"),
        standing("u2", "generic/VendorWarning", METER, Severity.MEDIUM, 1),
        standing("u3", origin=METER, severity=Severity.HIGH, hours=2),
    ):
        name = f"{each.error.origin.module_id}/{each.error.origin.implementation_id}"
        make(found, Raised(name=name, standing=each))
    make(found, Ended(uuid="u2", state=State.CLEARED_BY_MODULE))
    return found


NONE = FilterArguments()


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["u1", "u2", "u3"]),
        ({"state_filter": State.ACTIVE}, ["u1", "u3"]),
        ({"state_filter": State.CLEARED_BY_MODULE}, ["u2"]),
        ({"state_filter": State.CLEARED_BY_REBOOT}, []),
        ({"origin_filter": METER}, ["u2", "u3"]),
        ({"type_filter": "generic/VendorError"}, ["u1", "u3"]),
        ({"severity_filter": SeverityFilter.LOW_GE}, ["u1", "u2", "u3"]),
        ({"severity_filter": SeverityFilter.MEDIUM_GE}, ["u2", "u3"]),
        ({"severity_filter": SeverityFilter.HIGH_GE}, ["u3"]),
        ({"handle_filter": "u2"}, ["u2"]),
        ({"handle_filter": "u9"}, []),
        ({"origin_filter": METER, "state_filter": State.ACTIVE}, ["u3"]),
    ],
)
def test_errors_are_found_by_every_filter(history, filters, found):
    assert uuids(history.find(FilterArguments(**filters))) == found


@pytest.mark.parametrize(
    ("first_h", "last_h", "found"),
    [(0, 2, ["u1", "u2", "u3"]), (1, 1, ["u2"]), (0.5, 1.5, ["u2"]), (3, 4, []), (2, 0, [])],
)
def test_errors_are_found_by_when_they_were_raised(history, first_h, last_h, found):
    period = TimeperiodFilter(
        timestamp_from=NOW + timedelta(hours=first_h), timestamp_to=NOW + timedelta(hours=last_h)
    )

    assert uuids(history.find(FilterArguments(timeperiod_filter=period))) == found


def test_a_names_first_word_raises_what_it_says():
    changes = History().take("board/bsp", said(standing("u1")))

    assert changes == (Raised(name="board/bsp", standing=standing("u1")),)


def test_what_is_known_already_is_no_news(history):
    assert history.take("board/bsp", said(standing("u1"))) == ()


def test_what_is_not_said_any_more_was_cleared_by_its_module(history):
    assert history.take("board/bsp", said()) == (Ended(uuid="u1", state=State.CLEARED_BY_MODULE),)


def test_one_name_clears_nothing_of_another(history):
    assert history.take("else/main", said()) == ()


def test_a_reboot_clears_what_stands_and_nothing_else(history):
    make(history, *history.reboot())

    assert history.standing == ()
    assert uuids(history.find(FilterArguments(state_filter=State.CLEARED_BY_REBOOT))) == ["u1", "u3"]
    assert uuids(history.find(FilterArguments(state_filter=State.CLEARED_BY_MODULE))) == ["u2"]


@pytest.mark.parametrize("uuid", ["u2", "u9"])
def test_what_does_not_stand_cannot_end(history, uuid):
    assert make(history, Ended(uuid=uuid, state=State.CLEARED_BY_REBOOT)) == [None]


def test_a_change_returns_the_error_as_it_is_then(history):
    (ended,) = make(history, Ended(uuid="u1", state=State.CLEARED_BY_MODULE))

    assert ended == dataclasses.replace(
        standing("u1"), error=dataclasses.replace(standing("u1").error, state=State.CLEARED_BY_MODULE)
    )


def test_the_oldest_that_stand_no_longer_are_forgotten_first():
    history = History(keep=2)
    for number in range(5):
        make(history, Raised(name="board/bsp", standing=standing(f"u{number}")))
    for number in (4, 0, 1, 3):
        make(history, Ended(uuid=f"u{number}", state=State.CLEARED_BY_MODULE))

    assert uuids(history.find(NONE)) == ["u2", "u3", "u4"]
    assert [each.error.uuid for each in history.standing] == ["u2"]


def test_everything_makes_the_same_history_again(history):
    again = History()

    make(again, *history.everything.errors)

    assert again.everything == history.everything
    assert isinstance(again.everything, Everything)
    assert again.standing == history.standing


def test_a_history_that_was_made_again_forgets_alike():
    history = History(keep=1)
    for number in range(3):
        make(history, Raised(name="board/bsp", standing=standing(f"u{number}")))
        make(history, Ended(uuid=f"u{number}", state=State.CLEARED_BY_MODULE))

    again = History(keep=1)
    make(again, *history.everything.errors)
    make(again, Raised(name="board/bsp", standing=standing("u7")))
    make(again, Ended(uuid="u7", state=State.CLEARED_BY_MODULE))

    assert uuids(again.find(NONE)) == ["u7"]

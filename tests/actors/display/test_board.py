"""Tests for actors/display/board.py: what is kept, for how long, and what goes in front (S15.3-S15.5)."""

from datetime import UTC, datetime, timedelta

import pytest

from actors.display import board
from actors.display.messages import DisplayState, KnownSession
from protocols.types.display_message import DisplayMessage, GetDisplayMessageRequest
from protocols.types.display_message import MessagePriorityEnum as Priority
from protocols.types.display_message import MessageStateEnum as State
from protocols.types.text_message import MessageContent

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
SESSION = KnownSession(evse="evse_1/evse", session_id="s1", transaction_id="t1", token="CARD")
EMPTY = DisplayState()


def message(number=None, text="hello", **more):
    return DisplayMessage(id=number, message=MessageContent(content=text), **more)


def put(state, *messages, follows=True):
    return board.put(state, messages, now=NOW, follows=follows)


def ids(messages):
    return [each.id for each in messages]


def state(*messages):
    found = put(DisplayState(sessions=(SESSION,)), *messages)
    assert isinstance(found, DisplayState)
    return found


def test_a_message_with_a_known_id_takes_the_place_of_the_older():
    found = put(state(message(1, "old"), message(2)), message(1, "new"))

    assert [each.message.content for each in found.messages] == ["new", "hello"]


def test_a_message_without_an_id_gets_the_first_that_is_free():
    assert ids(state(message(1), message(3), message(), message()).messages) == [1, 3, 2, 4]


def test_a_newer_message_always_in_front_takes_the_place_of_the_older():
    front = Priority.ALWAYS_FRONT
    found = put(
        state(message(1, priority=front), message(2, priority=front, state=State.IDLE)),
        message(3, priority=front),
    )

    assert ids(found.messages) == [2, 3]


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (message(text="x" * 1025), "Rejected"),
        (message(qr_code="x" * 1025), "Rejected"),
        (message(timestamp_to=NOW), "Rejected"),
        (message(identifier_id="s2"), "UnknownTransaction"),
        (message(identifier_id="s1", identifier_type="TransactionId"), "UnknownTransaction"),
        (message(identifier_id="t1", identifier_type="IdToken"), "UnknownTransaction"),
    ],
)
def test_a_message_that_can_not_be_shown_refuses_all_it_came_with(bad, status):
    found = put(state(), message(1), bad)

    assert isinstance(found, board.Refused)
    assert found.status == status


@pytest.mark.parametrize(
    ("name", "kind"), [("s1", None), ("s1", "SessionId"), ("t1", "TransactionId"), ("CARD", "IdToken")]
)
def test_a_message_may_be_tied_to_who_charges_and_goes_with_them(name, kind):
    kept = put(state(message(1)), message(2, identifier_id=name, identifier_type=kind))

    assert ids(kept.messages) == [1, 2]
    assert ids(board.ended(kept, SESSION.evse).messages) == [1]
    assert board.ended(kept, "evse_2/evse") == kept


def test_a_message_for_a_card_stays_while_it_charges_elsewhere():
    other = KnownSession(evse="evse_2/evse", session_id="s2", token="CARD")
    kept = board.joined(put(state(), message(1, identifier_id="CARD", identifier_type="IdToken")), other)

    assert ids(board.ended(kept, SESSION.evse).messages) == [1]


def test_where_nobody_tells_of_sessions_none_is_unknown():
    assert ids(put(EMPTY, message(1, identifier_id="s9"), follows=False).messages) == [1]


def test_no_more_than_the_bound_are_kept():
    full = state(*(message(number) for number in range(board.MAX_MESSAGES)))

    assert isinstance(put(full, message()), board.Refused)
    assert isinstance(put(full, message(5, "new")), DisplayState)


def test_what_is_learnt_of_a_session_is_added_to_it():
    began = board.joined(EMPTY, KnownSession(evse="e", session_id="s"))
    named = board.joined(began, KnownSession(evse="e", session_id="s", token="CARD"))
    known = board.joined(named, KnownSession(evse="e", session_id="s", transaction_id="t"))

    assert known.sessions == (KnownSession(evse="e", session_id="s", transaction_id="t", token="CARD"),)


def test_a_new_session_at_an_evse_ends_the_one_before():
    kept = put(state(), message(1, identifier_id="s1"))

    found = board.joined(kept, KnownSession(evse=SESSION.evse, session_id="s2"))

    assert (found.messages, [each.session_id for each in found.sessions]) == ((), ["s2"])


def test_a_message_is_removed_once():
    kept = state(message(1), message(2))

    assert ids(board.taken(kept, 1).messages) == [2]
    assert board.taken(kept, 3) is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [1, 2, 3]),
        ({"id": (2, 9)}, [2]),
        ({"priority": Priority.NORMAL_CYCLE}, [1, 3]),
        ({"state": State.CHARGING}, [3]),
        ({"id": (1,), "state": State.CHARGING}, []),
    ],
)
def test_a_filter_lets_pass_what_fits_all_its_conditions(wanted, expected):
    kept = state(message(1), message(2, priority=Priority.IN_FRONT), message(3, state=State.CHARGING))

    assert ids(board.found(kept, GetDisplayMessageRequest(**wanted))) == expected


def test_what_has_had_its_time_is_gone():
    kept = state(message(1, timestamp_to=NOW + HOUR), message(2))

    assert board.aged(kept, NOW) is kept
    assert ids(board.aged(kept, NOW + HOUR).messages) == [2]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((), []),
        ((message(1), message(2, priority=Priority.IN_FRONT)), [2, 1]),
        ((message(1), message(2, priority=Priority.ALWAYS_FRONT)), [2]),
        ((message(1), message(2, priority=Priority.ALWAYS_FRONT, state=State.IDLE)), [2, 1]),
        ((message(1, timestamp_from=NOW + HOUR), message(2)), [2]),
        ((message(1, timestamp_from=NOW),), [1]),
    ],
)
def test_what_goes_before_the_rest_stands_in_front(messages, expected):
    assert ids(board.showing(state(*messages), NOW)) == expected


def test_the_next_change_by_time_is_known():
    kept = state(message(1, timestamp_from=NOW + 2 * HOUR), message(2, timestamp_to=NOW + HOUR), message(3))

    assert board.next_change(kept, NOW) == NOW + HOUR
    assert board.next_change(kept, NOW + 2 * HOUR) is None

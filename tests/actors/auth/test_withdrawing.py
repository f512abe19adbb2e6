"""Tests for actors/auth/withdrawing.py: rows M3.8 and M3.9."""

from __future__ import annotations

import pytest

from actors.auth import inputs
from protocols.interfaces import auth
from protocols.types.authorization import WithdrawAuthorizationRequest
from protocols.types.evse_manager import StopTransactionReason
from tests.support.auth_desk import Desk, identity, token


def withdraw(desk, evse_id=None, value=None, *, run=True):
    wish = WithdrawAuthorizationRequest(evse_id=evse_id, id_token=identity(value) if value else None)
    return str(desk.ask(auth.WithdrawAuthorization(request=wish), run=run).result)


@pytest.mark.parametrize(
    ("evse_id", "value", "result", "left"),
    [
        (1, None, "Accepted", {2: "TWO"}),
        (2, None, "Accepted", {1: "ONE"}),
        (3, None, "AuthorizationNotFound", {1: "ONE", 2: "TWO"}),
        (9, None, "EvseNotFound", {1: "ONE", 2: "TWO"}),
        (9, "ONE", "EvseNotFound", {1: "ONE", 2: "TWO"}),
        (None, "one", "Accepted", {2: "TWO"}),
        (None, "THREE", "AuthorizationNotFound", {1: "ONE", 2: "TWO"}),
        (1, "ONE", "Accepted", {2: "TWO"}),
        (2, "ONE", "AuthorizationNotFound", {1: "ONE", 2: "TWO"}),
        (None, None, "Accepted", {}),
    ],
)
def test_what_is_withdrawn_follows_the_four_way_table(evse_id, value, result, left):
    """Row M3.8."""
    desk = Desk(3)
    desk.present(token("ONE", connectors=(1,)))
    desk.present(token("TWO", connectors=(2,)))

    assert withdraw(desk, evse_id, value) == result

    assert {number: desk.holder(number) for number in (1, 2, 3) if desk.holder(number)} == left
    for number, owner in ((1, "ONE"), (2, "TWO")):
        assert (desk.stream(owner)[-1] == "Withdrawn") is (number not in left)


def test_nothing_at_all_is_not_found():
    assert withdraw(Desk()) == "AuthorizationNotFound"


@pytest.mark.parametrize("value", ["card", None])
def test_a_token_that_waits_for_a_plug_is_interrupted(value):
    """Row M3.9."""
    desk = Desk(selection_algorithm="PlugEvents")
    desk.present(token())

    assert withdraw(desk, value=value) == "Accepted"
    desk.plug(1)

    assert desk.stream() == ["Processing", "Accepted", "Withdrawn"]
    assert desk.charging() == {}


def test_a_token_whose_verdict_is_awaited_is_interrupted():
    desk = Desk()
    desk.feed(inputs.Presented(token()))

    assert withdraw(desk, value="CARD", run=False) == "Accepted"
    desk.run()

    assert desk.stream() == ["Processing", "Withdrawn"]
    assert not any(evse.granted for evse in desk.evses.values())


def test_a_token_at_no_evse_yet_is_not_withdrawn_at_one():
    desk = Desk(selection_algorithm="PlugEvents")
    desk.present(token())

    assert withdraw(desk, 1) == "AuthorizationNotFound"


def test_an_active_transaction_is_stopped():
    """Row M3.9."""
    desk = Desk()
    desk.plug(1)
    desk.present(token())

    assert withdraw(desk, 1) == "Accepted"

    assert desk.charging() == {}
    assert [one.reason for _, one in desk.evses[1].stopped] == [StopTransactionReason.DE_AUTHORIZED]
    assert desk.stream() == ["Processing", "Accepted", "UsedToStart"]


def test_a_transaction_that_begins_during_the_withdrawal_is_stopped():
    desk = Desk()
    desk.present(token())
    withdraw(desk, 1, run=False)

    desk.evses[1].plug()
    desk.run()

    assert desk.stream() == ["Processing", "Accepted", "UsedToStart"]
    assert desk.charging() == {}


def test_a_withdrawal_after_the_time_out_changes_nothing():
    """Row M3.6: the first reason counts."""
    desk = Desk(timeout_s=30)
    desk.present(token())
    desk.feed(inputs.Fired("evse 1"))

    assert withdraw(desk, 1, run=False) == "Accepted"
    desk.run()

    assert desk.stream() == ["Processing", "Accepted", "TimedOut"]


def test_a_grant_is_withdrawn_once_however_often_it_is_asked_for():
    desk = Desk()
    desk.present(token())

    withdraw(desk, 1, run=False)
    withdraw(desk, run=False)
    desk.run()

    assert desk.stream() == ["Processing", "Accepted", "Withdrawn"]

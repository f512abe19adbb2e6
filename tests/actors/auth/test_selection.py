"""Tests for actors/auth/selection.py: which EVSE a token gets (M3.1 to M3.3, M1.1)."""

from __future__ import annotations

import pytest

from actors.auth import inputs
from tests.support.auth_desk import Desk, answers, token

STARTED = ["Processing", "Accepted", "UsedToStart"]


@pytest.mark.parametrize("algorithm", ["FindFirst", "PlugEvents", "UserInput"])
def test_one_candidate_is_chosen_at_once_under_any_algorithm(algorithm):
    """Row M3.1."""
    desk = Desk(selection_algorithm=algorithm)

    desk.present(token(connectors=(2,)))

    assert desk.holder(2) == "CARD"


@pytest.mark.parametrize("algorithm", ["FindFirst", "PlugEvents"])
def test_the_car_that_has_waited_longest_is_served_first(algorithm):
    """Rows M3.2 and M3.3: two plug-ins, two cards."""
    desk = Desk(3, selection_algorithm=algorithm)
    desk.plug(3)
    desk.wait(1)
    desk.plug(2)

    desk.present(token("ONE"))
    desk.present(token("TWO"))

    assert desk.charging() == {3: "ONE", 2: "TWO"}


def test_find_first_grants_the_first_evse_without_waiting():
    """Row M3.3."""
    desk = Desk()

    desk.present(token())

    assert desk.holder(1) == "CARD"


def test_a_token_waits_for_a_plug_and_gets_that_evse():
    """Row M3.2."""
    desk = Desk(selection_algorithm="PlugEvents")
    desk.present(token())
    assert desk.stream() == ["Processing", "Accepted"]

    desk.plug(2)

    assert desk.stream() == STARTED
    assert desk.charging() == {2: "CARD"}


def test_a_token_that_waits_in_vain_times_out():
    """Row M3.2."""
    desk = Desk(timeout_s=30, selection_algorithm="PlugEvents")
    desk.present(token(connectors=(1, 2)))

    desk.wait(29)
    before = desk.stream()
    desk.wait(2)
    desk.plug(1)

    assert before == ["Processing", "Accepted"]
    assert desk.stream() == [*before, "TimedOut"]
    assert answers(desk, 1) == [("CARD", "Timeout")]
    assert desk.charging() == {}


def test_tokens_that_wait_get_cars_in_the_order_they_came():
    desk = Desk(3, selection_algorithm="PlugEvents")
    desk.present(token("ONE"))
    desk.present(token("TWO"))

    desk.plug(3)
    desk.plug(1)

    assert desk.charging() == {3: "ONE", 1: "TWO"}


def test_user_input_takes_the_only_car_that_waits():
    desk = Desk(selection_algorithm="UserInput")
    desk.plug(2)

    desk.present(token())

    assert desk.charging() == {2: "CARD"}


def test_user_input_does_not_guess_between_two_cars():
    desk = Desk(3, selection_algorithm="UserInput")
    desk.plug(1)
    desk.plug(2)

    desk.wait(1)
    desk.present(token())
    between = desk.charging()
    desk.wait(1)
    desk.plug(3)

    assert between == {}
    assert desk.charging() == {3: "CARD"}


@pytest.mark.parametrize(
    ("connectors", "chosen"), [((2,), {2: "CARD"}), ((1, 2), {}), (None, {}), ((9,), {})]
)
def test_user_input_takes_the_evse_the_token_is_presented_for_again(connectors, chosen):
    desk = Desk(3, selection_algorithm="UserInput")
    desk.plug(1)
    desk.plug(2)
    desk.present(token())

    desk.present(token("card", connectors=connectors))

    assert desk.charging() == chosen


def test_a_choice_before_the_verdict_is_ignored():
    desk = Desk(selection_algorithm="UserInput")
    desk.feed(inputs.Presented(token()))

    desk.feed(inputs.Presented(token(connectors=(2,))))

    assert desk.stream() == ["Processing"]

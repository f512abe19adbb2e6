"""Tests for actors/auth/reservations/feasibility.py: row M4.4, against brute force."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.auth.reservations.feasibility import is_feasible
from tests.support.examples import few


def everybody_is_served(holders, free):
    """Try every order of arrival and every choice of each who arrives."""
    for index, fitting in enumerate(holders):
        choices = fitting & free
        rest = holders[:index] + holders[index + 1 :]
        if not choices or not all(everybody_is_served(rest, free - {one}) for one in choices):
            return False
    return True


@pytest.mark.untraced
@few(150)
@given(
    st.lists(st.frozensets(st.integers(1, 4), max_size=4), max_size=4),
)
def test_the_theorem_agrees_with_trying_everything(holders):
    assert is_feasible(holders) is everybody_is_served(holders, frozenset(range(1, 5)))


def test_the_theorem_agrees_for_all_types_of_three_evses():
    subsets = [frozenset(each) for size in range(4) for each in itertools.combinations((1, 2, 3), size)]
    for count in range(4):
        for holders in itertools.combinations_with_replacement(subsets, count):
            assert is_feasible(holders) is everybody_is_served(list(holders), frozenset((1, 2, 3)))


@pytest.mark.parametrize(
    ("holders", "feasible"),
    [
        ([], True),
        ([{1, 2}, {1, 2}], True),
        ([{1, 2}, {1, 2}, {1, 2}], False),
        ([{1}, {1, 2}], False),  # who may have both can take the only one that fits the other
        ([{1}, {2}], True),
        ([set()], False),
        ([{1, 2, 3}, {1, 2}], True),
        ([{1, 2, 3}, {1, 2, 3}, {1, 2}], False),
    ],
)
def test_holders_are_served_in_any_order_or_refused(holders, feasible):
    assert is_feasible([frozenset(each) for each in holders]) is feasible


def test_a_site_of_128_evses_is_judged_without_delay():
    everything = frozenset(range(128))

    assert is_feasible([everything] * 128)
    assert not is_feasible([everything] * 129)

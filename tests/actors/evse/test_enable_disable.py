"""Tests for actors/evse/enable_disable.py: who wins (row M6.4)."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.evse.enable_disable import NOBODY, enabled, told, winner
from protocols.types.evse_manager import EnableDisableSource, EnableSource, EnableState

E, D, U = EnableState.ENABLE, EnableState.DISABLE, EnableState.UNASSIGNED


def wish(source: EnableSource, state: EnableState, priority: int) -> EnableDisableSource:
    return EnableDisableSource(enable_source=source, enable_state=state, enable_priority=priority)


CSMS, LOCAL, KEY = EnableSource.CSMS, EnableSource.LOCAL_API, EnableSource.LOCAL_KEY_LOCK

TABLE = [
    ((), True, None),
    (((CSMS, U, 0),), True, None),
    (((CSMS, D, 5000),), False, CSMS),
    (((CSMS, E, 5000),), True, CSMS),
    (((CSMS, D, 5000), (LOCAL, E, 4999)), True, LOCAL),
    (((CSMS, D, 5000), (LOCAL, E, 5001)), False, CSMS),
    (((CSMS, D, 5000), (LOCAL, E, 5000)), False, CSMS),  # a tie: Disable wins
    (((CSMS, D, 5000), (LOCAL, U, 0)), False, CSMS),
    (((CSMS, E, 0), (LOCAL, D, 10000), (KEY, D, 1)), True, CSMS),
    (((CSMS, U, 0), (LOCAL, U, 0), (KEY, U, 0)), True, None),
]


@pytest.mark.parametrize(("wishes", "holds", "who"), TABLE)
def test_the_weightiest_opinion_counts_in_whatever_order_they_come(
    wishes: tuple[tuple[EnableSource, EnableState, int], ...], holds: object, who: EnableSource | None
) -> None:
    for order in permutations(wishes):
        sources: tuple[EnableDisableSource, ...] = ()
        for each in order:
            sources = told(sources, wish(*each))
        assert enabled(sources) is holds
        assert winner(sources).enable_source is (NOBODY.enable_source if who is None else who)


def test_a_source_has_one_opinion_the_last() -> None:
    sources = told(told((), wish(CSMS, D, 0)), wish(CSMS, E, 9000))

    assert sources == (wish(CSMS, E, 9000),)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(EnableSource), st.sampled_from(EnableState), st.integers(0, 10000)),
        max_size=12,
    )
)
def test_it_is_out_of_service_exactly_if_a_disable_is_outweighed_by_no_enable(
    wishes: list[tuple[EnableSource, EnableState, int]],
) -> None:
    sources: tuple[EnableDisableSource, ...] = ()
    for each in wishes:
        sources = told(sources, wish(*each))

    last = {source: (state, priority) for source, state, priority in wishes}
    off = [priority for state, priority in last.values() if state is D]
    on = [priority for state, priority in last.values() if state is E]
    assert enabled(sources) is not (bool(off) and min(off) <= min(on, default=10001))

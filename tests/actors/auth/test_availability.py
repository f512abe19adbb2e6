"""Tests for actors/auth/availability.py: rows M2.4, M2.5 and M2.16."""

import pytest

from actors.auth.availability import candidates, is_available, same
from actors.auth.entries import Evse, Holder, Outlet, OutletState
from tests.support.auth_desk import ACCEPTED, identity, token

S = OutletState


def evse(*states, evse_id=1, **fields):
    outlets = tuple(Outlet(connector_id=number, state=state) for number, state in enumerate(states, 1))
    return Evse(evse_id=evse_id, outlets=outlets, **fields)


HELD = Holder(request=1, token=token(), result=ACCEPTED)


@pytest.mark.parametrize(
    ("entry", "available", "with_faults"),
    [
        (evse(S.AVAILABLE), True, True),
        (evse(S.OCCUPIED), False, False),
        (evse(S.UNAVAILABLE), False, False),
        (evse(S.FAULTED), False, True),
        (evse(S.UNAVAILABLE_FAULTED), False, False),
        (evse(S.FAULTED_OCCUPIED), False, False),
        (evse(S.AVAILABLE, S.UNAVAILABLE), True, True),
        (evse(S.UNAVAILABLE, S.FAULTED), False, True),
        (evse(S.AVAILABLE, S.OCCUPIED), False, False),
        (evse(S.AVAILABLE, holder=HELD), False, False),
        (evse(S.AVAILABLE, plug_in_timeout=True), False, False),
        (evse(), False, False),
    ],
)
def test_an_evse_is_available_as_row_m2_5_says(entry, available, with_faults):
    assert is_available(entry, ignore_faults=False) is available
    assert is_available(entry, ignore_faults=True) is with_faults


@pytest.mark.parametrize(
    ("connectors", "states", "found"),
    [
        (None, (S.AVAILABLE, S.AVAILABLE), [1, 2]),
        ((1, 99), (S.AVAILABLE, S.AVAILABLE), [1]),
        ((2, 1, 2), (S.AVAILABLE, S.AVAILABLE), [2, 1]),
        ((99,), (S.AVAILABLE, S.AVAILABLE), []),
        (None, (S.UNAVAILABLE, S.OCCUPIED), [2]),
        ((1,), (S.UNAVAILABLE_FAULTED, S.AVAILABLE), []),
        (None, (S.FAULTED, S.FAULTED_OCCUPIED), [1, 2]),
    ],
)
def test_candidates_are_those_listed_that_may_come_back(connectors, states, found):
    evses = {number: evse(state, evse_id=number) for number, state in enumerate(states, 1)}

    assert candidates(evses, token(connectors=connectors)) == found


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (identity("ab12"), identity("AB12"), True),
        (identity("ab12"), identity("ab13"), False),
        (None, identity("ab12"), False),
        (identity("ab12"), None, False),
        (None, None, False),
    ],
)
def test_tokens_are_compared_without_regard_to_case(one, other, equal):
    assert same(one, other) is equal

"""Tests for actors/auth/connectors.py: row M2.19."""

import itertools

import pytest

from actors.auth.connectors import STATES, Happening, after
from actors.auth.entries import OutletState as S

H = Happening
TABLE = {
    S.AVAILABLE: {H.DISABLED: S.UNAVAILABLE, H.FAULT: S.FAULTED, H.TRANSACTION_STARTED: S.OCCUPIED},
    S.OCCUPIED: {H.DISABLED: S.UNAVAILABLE, H.FAULT: S.FAULTED_OCCUPIED, H.SESSION_FINISHED: S.AVAILABLE},
    S.UNAVAILABLE: {H.ENABLED: S.AVAILABLE, H.FAULT: S.UNAVAILABLE_FAULTED},
    S.FAULTED: {
        H.DISABLED: S.UNAVAILABLE_FAULTED,
        H.FAULT_CLEARED: S.AVAILABLE,
        H.TRANSACTION_STARTED: S.FAULTED_OCCUPIED,
    },
    S.UNAVAILABLE_FAULTED: {H.ENABLED: S.FAULTED, H.FAULT_CLEARED: S.UNAVAILABLE},
    S.FAULTED_OCCUPIED: {
        H.DISABLED: S.UNAVAILABLE_FAULTED,
        H.FAULT_CLEARED: S.OCCUPIED,
        H.SESSION_FINISHED: S.FAULTED,
    },
}


@pytest.mark.parametrize(("state", "happening"), [*itertools.product(S, H)])
def test_a_connector_follows_the_table_and_ignores_the_rest(state, happening):
    assert after(state, happening) is TABLE[state].get(happening, state)


@pytest.mark.parametrize(("enabled", "faulted", "in_use"), [*itertools.product((False, True), repeat=3)])
def test_what_a_manager_says_is_one_of_the_six_states(enabled, faulted, in_use):
    state = STATES[enabled, faulted, in_use]

    assert ("Unavailable" in state) is not enabled
    assert ("Faulted" in state) is faulted
    assert ("Occupied" in state) is (in_use and enabled)


def test_a_transaction_ends_occupation_only_with_the_session():
    """Row M2.19: Occupied begins at TransactionStarted and ends at SessionFinished."""
    state = after(S.AVAILABLE, H.TRANSACTION_STARTED)

    assert state is S.OCCUPIED
    assert after(state, H.SESSION_FINISHED) is S.AVAILABLE

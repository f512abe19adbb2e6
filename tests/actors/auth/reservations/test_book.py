"""Tests for actors/auth/reservations/book.py; what commands make of it is in test_making."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from actors.auth.entries import Booking, Evse, Outlet, OutletState
from actors.auth.reservations import book
from actors.auth.reservations.book import Bearer, Claim
from actors.auth.state import Rules, initial
from protocols.types.evse_manager import ConnectorTypeEnum as Kind
from protocols.types.reservation import Reservation
from tests.support.auth_desk import token, verdict
from tests.support.auth_evse import NOW


def site(*kinds, bookings=()):
    """EVSEs with one connector each, and reservations: EVSE and type."""
    state = initial(Rules(), 60, "", ())
    evses = {
        number: Evse(evse_id=number, outlets=(Outlet(connector_id=1, type=kind),))
        for number, kind in enumerate(kinds, 1)
    }
    made = {
        number: Booking(
            reservation=Reservation(
                evse_id=evse_id,
                reservation_id=number,
                id_token="MINE",
                expiry_time=NOW + timedelta(hours=1),
                connector_type=kind,
            ),
            order=number,
        )
        for number, (evse_id, kind) in enumerate(bookings, 1)
    }
    return dataclasses.replace(state, evses=evses, bookings=made)


@pytest.mark.parametrize(
    ("has", "wanted", "fits"),
    [
        (Kind.C_CCS2, Kind.C_CCS2, True),
        (Kind.C_CCS2, Kind.C_TYPE2, False),
        (Kind.C_CCS2, None, True),
        (Kind.C_CCS2, Kind.UNDETERMINED, True),
        (None, Kind.C_TYPE2, True),
        (Kind.UNKNOWN, Kind.C_TYPE2, True),
    ],
)
def test_what_is_not_known_of_a_type_counts_as_fitting(has, wanted, fits):
    evse = site(has).evses[1]

    assert book.has_type(evse, wanted) is book.fits(evse, wanted) is fits


def test_a_connector_out_of_service_has_its_type_and_does_not_fit():
    outlet = Outlet(connector_id=1, type=Kind.C_CCS2, state=OutletState.FAULTED)
    evse = Evse(evse_id=1, outlets=(outlet,))

    assert book.has_type(evse, Kind.C_CCS2)
    assert not book.fits(evse, Kind.C_CCS2)


def test_a_bearer_is_the_token_with_every_parent_in_folded_case():
    who = book.bearer(token("Ab", parent="FAM"), verdict(parent="Own", reservation_id=3))

    assert who == Bearer("ab", frozenset({"fam", "own"}), 3)


def test_a_car_that_waits_counts_for_what_is_promised_only():
    state = site(Kind.C_CCS2, Kind.C_CCS2)
    evses = {**state.evses, 1: dataclasses.replace(state.evses[1], plugged_at=NOW)}
    state = dataclasses.replace(state, evses=evses)

    assert book.pool(state, hopeful=True) == {1, 2}
    assert book.pool(state, hopeful=False) == {2}


def test_the_one_that_is_reserved_for_itself_is_not_in_the_pool():
    state = site(Kind.C_CCS2, Kind.C_CCS2, bookings=[(1, None)])

    assert book.pool(state, hopeful=True) == {2}


def test_an_own_promise_that_does_not_fit_here_is_no_claim():
    state = site(Kind.C_CCS2, Kind.C_TYPE2, bookings=[(None, Kind.C_TYPE2)])

    assert book.standing(state, 1, Bearer("mine")).claim is Claim.FREE
    assert book.standing(state, 2, Bearer("mine")).claim is Claim.OWN
    assert book.standing(state, 2, Bearer("hers")).claim is Claim.OTHERS


def test_an_evse_nobody_has_heard_of_yet_keeps_its_reservation():
    state = site(Kind.C_CCS2, bookings=[(1, None)])
    unknown = dataclasses.replace(state, evses={1: Evse(evse_id=1)})

    assert not book.no_longer_fits(unknown, unknown.bookings[1])
    assert book.no_longer_fits(dataclasses.replace(state, evses={}), state.bookings[1])

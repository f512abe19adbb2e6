"""Who has reserved what, who may use it, and what becomes of it (M2.8, M2.14, M4.1 to M4.8). Pure.

A reservation is for one EVSE, or for any that fits. Those for any are promised as a whole (`feasibility`): an
EVSE that they cannot do without is held for all of them, under the id `FOR_ALL`.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.auth.availability import in_service, is_available, is_occupied
from actors.auth.reservations.feasibility import is_feasible
from protocols.types.evse_manager import ConnectorTypeEnum

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.auth.entries import Booking, Evse
    from actors.auth.state import State
    from protocols.types.authorization import ProvidedIdToken, ValidationResult
    from protocols.types.reservation import Reservation

FOR_ALL: Final = -1
ANY_TYPE: Final = frozenset({None, ConnectorTypeEnum.UNKNOWN, ConnectorTypeEnum.UNDETERMINED})
"""Of a reservation: every connector will do. Of a connector: it counts as what is wanted."""


class Claim(enum.Enum):
    """For whom an EVSE is reserved, seen from a token."""

    FREE = enum.auto()
    OWN = enum.auto()
    OTHERS = enum.auto()


class Standing(NamedTuple):
    """Whether a token may have an EVSE."""

    claim: Claim
    booking: Booking | None = None
    """OWN: the reservation that is redeemed."""
    has_parent: bool = False
    """OTHERS: a group could redeem it as well."""


class Bearer(NamedTuple):
    """A token as far as reservations are concerned, in folded case."""

    value: str
    parents: frozenset[str] = frozenset()
    reservation_id: int | None = None
    """The reservation that a validator says it redeems."""


def bearer(token: ProvidedIdToken, result: ValidationResult | None = None) -> Bearer:
    """What reservations a presented token can redeem, by itself and with a validator's verdict."""
    parents = (token.parent_id_token, result.parent_id_token if result else None)
    return Bearer(
        token.id_token.value.casefold(),
        frozenset(parent.value.casefold() for parent in parents if parent is not None),
        result.reservation_id if result else None,
    )


def redeems(who: Bearer, reservation: Reservation) -> bool:
    """Whether a reservation is this token's, or its group's (M2.16)."""
    parent = reservation.parent_id_token
    return (
        reservation.reservation_id == who.reservation_id
        or reservation.id_token.casefold() == who.value
        or (parent is not None and parent.casefold() in who.parents)
    )


def has_type(evse: Evse, wanted: ConnectorTypeEnum | None) -> bool:
    """Whether an EVSE has a connector of a type, in service or not."""
    return any(wanted in ANY_TYPE or each.type in ANY_TYPE | {wanted} for each in evse.outlets)


def fits(evse: Evse, wanted: ConnectorTypeEnum | None) -> bool:
    """Whether an EVSE has a connector in service of a type."""
    return any(
        in_service(each, ignore_faults=False) and (wanted in ANY_TYPE or each.type in ANY_TYPE | {wanted})
        for each in evse.outlets
    )


def for_one(state: State, evse_id: int) -> Booking | None:
    """The reservation of this very EVSE."""
    return next((each for each in state.bookings.values() if each.reservation.evse_id == evse_id), None)


def for_any(state: State) -> list[Booking]:
    """The reservations of no particular EVSE, the earliest first."""
    floating = (each for each in state.bookings.values() if each.reservation.evse_id is None)
    return sorted(floating, key=lambda each: each.order)


def pool(state: State, *, hopeful: bool) -> frozenset[int]:
    """The EVSEs that serve those who have reserved any.

    `hopeful`: including those whose manager has not said yet what they are, lest a start takes reservations
    away; and those where a car waits, which may be the holder's. For a new promise they do not count.
    """
    taken = {each.reservation.evse_id for each in state.bookings.values()}
    return frozenset(
        each.evse_id
        for each in state.evses.values()
        if each.evse_id not in taken
        and (
            (hopeful and not each.outlets)
            or (is_available(each, ignore_faults=False) and (hopeful or each.plugged_at is None))
        )
    )


def can_serve(state: State, evses: Iterable[int], wanted: Iterable[ConnectorTypeEnum | None]) -> bool:
    """Whether these EVSEs are enough for holders who want these types, whoever comes first (M4.4)."""
    known = [state.evses[each] for each in evses]
    return is_feasible(
        [frozenset(each.evse_id for each in known if not each.outlets or fits(each, one)) for one in wanted]
    )


def needed(state: State) -> frozenset[int]:
    """The EVSEs that those who have reserved any cannot do without (M4.5)."""
    wanted = [each.reservation.connector_type for each in for_any(state)]
    if not wanted:
        return frozenset()
    evses = pool(state, hopeful=True)
    return frozenset(each for each in evses if not can_serve(state, evses - {each}, wanted))


def standing(state: State, evse_id: int, who: Bearer) -> Standing:
    """Whether a token may have an EVSE, as far as reservations go (M2.8, M2.14)."""
    booking = for_one(state, evse_id)
    if booking is not None:
        if redeems(who, booking.reservation):
            return Standing(Claim.OWN, booking)
        return Standing(Claim.OTHERS, has_parent=booking.reservation.parent_id_token is not None)
    floating = for_any(state)
    for each in floating:
        if redeems(who, each.reservation) and fits(state.evses[evse_id], each.reservation.connector_type):
            return Standing(Claim.OWN, each)
    if evse_id in needed(state):
        has_parent = any(each.reservation.parent_id_token is not None for each in floating)
        return Standing(Claim.OTHERS, has_parent=has_parent)
    return Standing(Claim.FREE)


def no_longer_fits(state: State, booking: Booking) -> bool:
    """Whether the EVSE that a reservation is for cannot serve it any more (M4.6)."""
    assert booking.reservation.evse_id is not None
    evse = state.evses.get(booking.reservation.evse_id)
    if evse is None:
        return True
    usable = fits(evse, booking.reservation.connector_type)
    return bool(evse.outlets) and (not usable or evse.holder is not None or is_occupied(evse))

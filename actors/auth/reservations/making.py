"""The commands of EVerest's interface `reservation`, and what becomes of reservations (M4.*). Pure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from actors.auth.availability import is_occupied
from actors.auth.connectors import UNAVAILABLE
from actors.auth.entries import Booking, ErrandKind
from actors.auth.reservations import book
from actors.auth.reservations.book import FOR_ALL, Bearer, Claim
from protocols.interfaces import evse_manager
from protocols.interfaces import reservation as say
from protocols.types.reservation import ReservationCheckStatus, ReservationResult, ReservationStatus

if TYPE_CHECKING:
    from actors.auth.entries import Errand, Evse
    from actors.auth.turn import Turn
    from protocols.message import Reply
    from protocols.types.evse_manager import ConnectorTypeEnum
    from protocols.types.reservation import Reservation, ReservationCheck

LOOK_S: Final = 60.0
"""The time of day may be turned, so an expiry is looked at so often."""
ANSWER_S: Final = 10.0
"""An EVSE that has not said by then whether it can be reserved cannot."""


def reserve(turn: Turn, tag: int, wish: Reservation) -> None:
    """Make a reservation (M4.1 to M4.4)."""
    remove(turn, wish.reservation_id)  # M4.3: gone even if the new one fails
    result = _result(turn, wish)
    if result is not ReservationResult.ACCEPTED:
        turn.answer(tag, say.ReserveNowReply(result=result))
        return
    booking = Booking(reservation=wish, order=turn.number(), pending=wish.evse_id is not None)
    turn.put_booking(booking)
    watch(turn, booking)
    if booking.pending:
        turn.set(replies={**turn.state.replies, wish.reservation_id: tag})
        turn.start(f"reserve {wish.reservation_id}", ANSWER_S)
    else:
        turn.answer(tag, say.ReserveNowReply(result=result))


def _result(turn: Turn, wish: Reservation) -> ReservationResult:
    evses = turn.state.evses
    asked = (
        list(evses.values())
        if wish.evse_id is None
        else [evses[wish.evse_id]]
        if wish.evse_id in evses
        else []
    )
    fitting = [each for each in asked if book.has_type(each, wish.connector_type)]
    if wish.expiry_time <= turn.now or not fitting or wish.reservation_id < 0:
        return ReservationResult.REJECTED  # M4.2; negative ids are ours
    results = {_one(turn, each, wish.connector_type) for each in fitting}
    if ReservationResult.ACCEPTED in results:
        return ReservationResult.ACCEPTED if _all_served(turn, wish) else ReservationResult.OCCUPIED
    order = (ReservationResult.OCCUPIED, ReservationResult.FAULTED, ReservationResult.UNAVAILABLE)
    return next(each for each in order if each in results)


def _one(turn: Turn, evse: Evse, wanted: ConnectorTypeEnum | None) -> ReservationResult:
    """What one EVSE says to being reserved."""
    fitting = [
        each for each in evse.outlets if wanted in book.ANY_TYPE or each.type in book.ANY_TYPE | {wanted}
    ]
    if all(outlet.state in UNAVAILABLE for outlet in fitting):
        return ReservationResult.UNAVAILABLE
    busy = evse.holder is not None or evse.plugged_at is not None or is_occupied(evse)
    if busy or book.for_one(turn.state, evse.evse_id) is not None:
        return ReservationResult.OCCUPIED
    return ReservationResult.ACCEPTED if book.fits(evse, wanted) else ReservationResult.FAULTED


def _all_served(turn: Turn, wish: Reservation) -> bool:
    """Whether everybody who has reserved any EVSE is still served after this one (M4.4)."""
    wanted = [each.reservation.connector_type for each in book.for_any(turn.state)]
    if wish.evse_id is None:
        evses = book.pool(turn.state, hopeful=False)
        return book.can_serve(turn.state, evses, [*wanted, wish.connector_type])
    return book.can_serve(turn.state, book.pool(turn.state, hopeful=True) - {wish.evse_id}, wanted)


def watch(turn: Turn, booking: Booking) -> None:
    """See to it that a reservation expires."""
    left_s = (booking.reservation.expiry_time - turn.now).total_seconds()
    turn.start(f"booking {booking.reservation.reservation_id}", max(0.0, min(left_s, LOOK_S)))


def looked(turn: Turn, reservation_id: int) -> None:
    """It may be time for a reservation to expire (M4.7)."""
    booking = turn.state.bookings.get(reservation_id)
    if booking is None:
        return
    if booking.reservation.expiry_time > turn.now:
        watch(turn, booking)
        return
    end(turn, booking, ReservationStatus.EXPIRED)


def end(turn: Turn, booking: Booking, status: ReservationStatus) -> None:
    """A reservation is over, and not because somebody wanted it to be."""
    number = booking.reservation.reservation_id
    if booking.pending:
        remove(turn, number)
    else:
        turn.drop_booking(number)
        turn.tell_of(number, status)


def remove(turn: Turn, reservation_id: int) -> bool:
    """A reservation is over because it was used, replaced or taken back: nobody is told (M4.7)."""
    if reservation_id not in turn.state.bookings:
        return False
    turn.drop_booking(reservation_id)
    _answer(turn, reservation_id, ReservationResult.REJECTED)
    return True


def _answer(turn: Turn, reservation_id: int, result: ReservationResult) -> None:
    replies = dict(turn.state.replies)
    tag = replies.pop(reservation_id, None)
    if tag is not None:
        turn.set(replies=replies)
        turn.cancel(f"reserve {reservation_id}")
        turn.answer(tag, say.ReserveNowReply(result=result))


def unanswered(turn: Turn, reservation_id: int) -> None:
    """An EVSE has not said in time whether it can be reserved."""
    booking = turn.state.bookings.get(reservation_id)
    if booking is not None and booking.pending:
        remove(turn, reservation_id)


def cancel(turn: Turn, tag: int, reservation_id: int) -> None:
    """Take a reservation back (M4.8)."""
    turn.answer(tag, say.CancelReservationReply(cancelled=remove(turn, reservation_id)))


def exists(turn: Turn, tag: int, check: ReservationCheck) -> None:
    """For whom an EVSE is reserved (M4.8)."""
    turn.answer(tag, say.ExistsReservationReply(status=_status(turn, check)))


def _status(turn: Turn, check: ReservationCheck) -> ReservationCheckStatus:
    group = check.group_id_token
    who = Bearer(check.id_token.casefold(), frozenset({group.casefold()} if group is not None else ()))
    if check.evse_id is None:
        asked = sorted(turn.state.evses)
        if any(book.redeems(who, each.reservation) for each in book.for_any(turn.state)):
            return ReservationCheckStatus.RESERVED_FOR_TOKEN
        standings = [book.standing(turn.state, each, who) for each in asked]
        standings = [each for each in standings if each.claim is not Claim.OWN]
    else:
        known = check.evse_id in turn.state.evses
        standings = [book.standing(turn.state, check.evse_id, who)] if known else []
    claims = {each.claim for each in standings}
    if Claim.OWN in claims:
        return ReservationCheckStatus.RESERVED_FOR_TOKEN
    if not standings or Claim.FREE in claims:
        return ReservationCheckStatus.NOT_RESERVED
    if group is None and any(each.has_parent for each in standings):
        return ReservationCheckStatus.RESERVED_FOR_OTHER_TOKEN_AND_HAS_PARENT_TOKEN
    return ReservationCheckStatus.RESERVED_FOR_OTHER_TOKEN


# -- what follows from everything else ---------------------------------------------------------------------


def enforce(turn: Turn) -> None:
    """End what can no longer be kept (M4.6), and have EVSEs held for those who need them (M4.5)."""
    for booking in list(turn.state.bookings.values()):
        if booking.reservation.evse_id is not None and book.no_longer_fits(turn.state, booking):
            end(turn, booking, ReservationStatus.REMOVED)
    while not book.can_serve(
        turn.state,
        book.pool(turn.state, hopeful=True),
        [each.reservation.connector_type for each in book.for_any(turn.state)],
    ):
        end(turn, book.for_any(turn.state)[-1], ReservationStatus.REMOVED)
    held = book.needed(turn.state)
    for evse_id, evse in turn.state.evses.items():
        booking_here = book.for_one(turn.state, evse_id)
        wish = (
            booking_here.reservation.reservation_id if booking_here else FOR_ALL if evse_id in held else None
        )
        if wish != evse.held and evse.outlets:
            _hold(turn, evse_id, wish)


def _hold(turn: Turn, evse_id: int, wish: int | None) -> None:
    if turn.evse(evse_id).held is not None:
        turn.add_errand(evse_id, ErrandKind.RELEASE)
    if wish is not None:
        turn.add_errand(evse_id, ErrandKind.RESERVE, reservation_id=wish)
    turn.change_evse(evse_id, held=wish)


def hold_for_all(turn: Turn, evse_id: int) -> Evse:
    """Ask once more that an EVSE be held for everybody."""
    turn.add_errand(evse_id, ErrandKind.RESERVE, reservation_id=FOR_ALL)
    return turn.evse(evse_id)


def reserved(turn: Turn, errand: Errand, reply: Reply | None) -> None:
    """An EVSE has said whether it can be held; None: it is (M4.10)."""
    accepted = reply is None or (isinstance(reply, evse_manager.ReserveReply) and reply.accepted)
    booking = turn.state.bookings.get(errand.reservation_id)
    if booking is None:
        return
    if not accepted:
        end(turn, booking, ReservationStatus.REMOVED)
    elif booking.pending:
        turn.put_booking(dataclasses.replace(booking, pending=False))
        _answer(turn, errand.reservation_id, ReservationResult.ACCEPTED)


def recalled(turn: Turn, reservations: tuple[Reservation, ...]) -> None:
    """What the key-value store has kept and this journal has not (M4.9)."""
    turn.set(settings=dataclasses.replace(turn.state.settings, recalled=True))
    for each in reservations:
        if each.reservation_id in turn.state.bookings:
            continue
        if each.expiry_time <= turn.now:
            turn.tell_of(each.reservation_id, ReservationStatus.EXPIRED)
        else:
            turn.put_booking(Booking(reservation=each, order=turn.number()))
            watch(turn, turn.state.bookings[each.reservation_id])

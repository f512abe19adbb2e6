"""Reservations of EVSEs for users who are on their way."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, Var, message

NAME: Final = "reservation"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class ReserveNowReply(Reply):
    """Answer to `ReserveNow`."""

    result: types.reservation.ReservationResult


@message
class ReserveNow(Command):
    """Make a reservation."""

    answer: ClassVar[type[Reply]] = ReserveNowReply

    request: types.reservation.Reservation


@message
class CancelReservationReply(Reply):
    """Answer to `CancelReservation`."""

    cancelled: bool
    """False when there was none."""


@message
class CancelReservation(Command):
    """Take a reservation back."""

    answer: ClassVar[type[Reply]] = CancelReservationReply

    reservation_id: int


@message
class ExistsReservationReply(Reply):
    """Answer to `ExistsReservation`."""

    status: types.reservation.ReservationCheckStatus


@message
class ExistsReservation(Command):
    """Ask for whom an EVSE is reserved; a reservation of the token for no particular EVSE counts."""

    answer: ClassVar[type[Reply]] = ExistsReservationReply

    request: types.reservation.ReservationCheck


@message
class ReservationUpdate(Var):
    """Something happened to a reservation."""

    update: types.reservation.ReservationUpdateStatus

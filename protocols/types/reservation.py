"""Reservations of EVSEs for users who are on their way.

Mirror of EVerest's types file `reservation`.
"""

import enum

from protocols.message import Timestamp, message
from protocols.types import evse_manager


class ReservationResult(enum.StrEnum):
    """Whether a reservation was made, and if not why not."""

    ACCEPTED = "Accepted"
    FAULTED = "Faulted"
    OCCUPIED = "Occupied"
    """Everything that would do is in use."""
    REJECTED = "Rejected"
    """This station does not take reservations."""
    UNAVAILABLE = "Unavailable"


@message
class Reservation:
    """A reservation to be made."""

    evse_id: int | None = None
    """Absent means any EVSE."""
    reservation_id: int
    id_token: str
    """The token that may redeem it."""
    expiry_time: Timestamp
    """It lapses then."""
    parent_id_token: str | None = None
    """The group whose tokens may redeem it, too."""
    connector_type: evse_manager.ConnectorTypeEnum | None = None
    """The outlet the user needs."""


class ReservationEndReason(enum.StrEnum):
    """Why a reservation no longer occupies an EVSE."""

    EXPIRED = "Expired"
    CANCELLED = "Cancelled"
    """Somebody took it back."""
    USED_TO_START_CHARGING = "UsedToStartCharging"
    """It was redeemed."""
    GLOBAL_RESERVATION_REQUIREMENT_DROPPED = "GlobalReservationRequirementDropped"
    """It still stands, but enough other EVSEs are free."""


@message
class ReservationEnd:
    """A reservation no longer occupies an EVSE."""

    reason: ReservationEndReason
    reservation_id: int


class ReservationCheckStatus(enum.StrEnum):
    """For whom an EVSE is reserved."""

    NOT_RESERVED = "NotReserved"
    RESERVED_FOR_TOKEN = "ReservedForToken"  # noqa: S105  # names a kind of token
    RESERVED_FOR_OTHER_TOKEN = "ReservedForOtherToken"  # noqa: S105  # names a kind of token
    RESERVED_FOR_OTHER_TOKEN_AND_HAS_PARENT_TOKEN = "ReservedForOtherTokenAndHasParentToken"  # noqa: S105  # names a kind of token
    """For somebody else; the group's token, not asked about, would do."""


@message
class ReservationCheck:
    """Whether an EVSE is reserved for a token."""

    evse_id: int | None = None
    """Absent means a reservation for no particular EVSE."""
    id_token: str
    group_id_token: str | None = None
    """Asked about when the token itself does not fit."""


class ReservationStatus(enum.StrEnum):
    """What happened to a reservation."""

    EXPIRED = "Expired"
    REMOVED = "Removed"
    """It was dropped because it can no longer be honoured."""
    PLACED = "Placed"
    """It was made."""
    CANCELLED = "Cancelled"
    USED = "Used"
    """It was redeemed."""


@message
class ReservationUpdateStatus:
    """Something happened to a reservation."""

    reservation_id: int
    reservation_status: ReservationStatus

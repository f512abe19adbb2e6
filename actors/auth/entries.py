"""What authorization knows and must not forget: the entries of its journal. Declarations.

Every entry is immutable and kept whole; a change replaces it. EVSEs, requests and reservations are found by
their numbers.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message
from protocols.types.authorization import (
    ProvidedIdToken,
    TokenValidationStatusMessage,
    ValidationResult,
)
from protocols.types.evse_manager import ConnectorTypeEnum, StopTransactionReason
from protocols.types.reservation import Reservation, ReservationUpdateStatus


class OutletState(enum.StrEnum):
    """A connector as far as authorization is concerned (M2.19)."""

    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"
    UNAVAILABLE_FAULTED = "UnavailableFaulted"
    FAULTED_OCCUPIED = "FaultedOccupied"


@message
class Outlet:
    """One connector of an EVSE."""

    connector_id: int
    type: ConnectorTypeEnum | None = None
    state: OutletState = OutletState.AVAILABLE


class ErrandKind(enum.StrEnum):
    """What an EVSE's manager is asked to do."""

    AUTHORIZE = "Authorize"
    REJECT = "Reject"
    WITHDRAW = "Withdraw"
    STOP = "Stop"
    RESERVE = "Reserve"
    RELEASE = "Release"


@message
class Errand:
    """One thing that an EVSE's manager is still to do; kept until it has answered."""

    number: int
    kind: ErrandKind
    request: int = 0
    """The request whose grant it is about; 0: none."""
    token: ProvidedIdToken | None = None
    """The token that is judged, or that stops."""
    result: ValidationResult | None = None
    grants_before: int | None = None
    """How many grants the EVSE had taken in when it was asked to take in this one; None: it never says."""
    session_id: str = ""
    """The session that is to stop; empty: whichever runs."""
    reason: StopTransactionReason | None = None
    reservation_id: int = 0


class Leaving(enum.StrEnum):
    """Why a grant is being taken back."""

    TIMED_OUT = "TimedOut"
    WITHDRAWN = "Withdrawn"


@message
class Holder:
    """Whose an EVSE is."""

    request: int
    """The request that was granted; 0: the EVSE began by itself."""
    token: ProvidedIdToken
    result: ValidationResult
    grants_before: int | None = None
    """As in the errand that has told the EVSE of it, once that is over."""
    used: bool = False
    """A transaction has started with it."""
    until: Timestamp | None = None
    """While it is not used: when it ends."""
    leaving: Leaving | None = None


@message
class Evse:
    """One EVSE."""

    evse_id: int
    outlets: tuple[Outlet, ...] = ()
    """Empty: its manager has not said yet which it has, so nothing can be granted there."""
    session_id: str = ""
    plugged_at: Timestamp | None = None
    """When a car was plugged in, while it is there."""
    holder: Holder | None = None
    plug_in_timeout: bool = False
    """The car came, nobody was authorized in time, and it must be plugged in anew (M3.7)."""
    grants_taken: int | None = None
    """As last said by its manager; None: never."""
    held: int | None = None
    """What its manager holds it for, or is to; negative: all reservations together."""
    errands: tuple[Errand, ...] = ()
    """In the order in which they are done, one at a time."""


class Stage(enum.StrEnum):
    """How far a presented token has come."""

    VALIDATING = "Validating"
    WAITING = "Waiting"
    """Accepted, and no EVSE is chosen yet."""


@message
class Request:
    """One token in process."""

    number: int
    token: ProvidedIdToken
    stage: Stage = Stage.VALIDATING
    attempts: int = 1
    refusal: ValidationResult | None = None
    """While validating: the weightiest verdict so far that has not led to a grant."""
    result: ValidationResult | None = None
    """While waiting: the verdict that is to be used."""
    since: Timestamp | None = None
    """While waiting: when that began."""
    until: Timestamp | None = None
    """While waiting: when it ends."""


@message
class Booking:
    """One reservation."""

    reservation: Reservation
    order: int
    """Lower: made earlier."""
    pending: bool = False
    """Whoever asked for it is not answered yet."""


@message
class Settings:
    """What commands have set, and what the site file had then: who changes the file wants the new value."""

    connection_timeout_s: int
    master_pass_group_id: str = ""
    configured_connection_timeout_s: int
    configured_master_pass_group_id: str = ""
    recalled: bool = False
    """What the key-value store has kept was looked at; from then on it only follows this journal (M4.9)."""


@message
class Said:
    """Something that was decided, and perhaps not published yet."""

    number: int
    token: TokenValidationStatusMessage | None = None
    reservation: ReservationUpdateStatus | None = None


@message
class Change:
    """A record of the journal: what one input has changed."""

    evses: tuple[Evse, ...] = ()
    requests: tuple[Request, ...] = ()
    ended: tuple[int, ...] = ()
    """Requests that are over."""
    bookings: tuple[Booking, ...] = ()
    unbooked: tuple[int, ...] = ()
    settings: Settings | None = None
    outbox: tuple[Said, ...] | None = None
    numbered: Annotated[int | None, Field(ge=0)] = None
    """The last number that was given out."""


@message
class Everything:
    """A snapshot of the journal."""

    evses: tuple[Evse, ...]
    requests: tuple[Request, ...]
    bookings: tuple[Booking, ...]
    settings: Settings
    outbox: tuple[Said, ...]
    numbered: int

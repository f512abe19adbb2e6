"""What an EVSE manager must not forget: its durable record. Pure data, one message.

It is committed before anything that follows from it is said. Who replaces a manager reads it and goes on with
the same session, the same transaction and the same meter start.
"""

import enum
from typing import ClassVar

from actors.connector.messages import Sequence
from actors.v2g.progress import Progress
from protocols.message import Timestamp, message
from protocols.types import authorization, evse_manager, powermeter, units_signed


class State(enum.StrEnum):
    """Where the session of an EVSE is (row M6.1)."""

    DISABLED = "Disabled"
    IDLE = "Idle"
    WAITING_FOR_AUTHENTICATION = "WaitingForAuthentication"
    """A session without transaction: the grant or the car is missing."""
    PREPARE_CHARGING = "PrepareCharging"
    """The transaction has begun, energy does not flow yet."""
    CHARGING = "Charging"
    CHARGING_PAUSED_EV = "ChargingPausedEV"
    CHARGING_PAUSED_EVSE = "ChargingPausedEVSE"
    STOPPING_CHARGING = "StoppingCharging"
    """Energy is being taken away, and the car let down."""
    FINISHED = "Finished"
    """Nothing more will happen until the car is unplugged."""


class Meter(enum.StrEnum):
    """How far the signed record of the meter is."""

    NONE = "None"
    OPENING = "Opening"
    OPEN = "Open"
    CLOSING = "Closing"
    CLOSED = "Closed"


class Detour(enum.StrEnum):
    """How far an AC car is on the detour through DC that tells its state of charge."""

    NONE = "None"
    READING = "Reading"
    """It is offered DC."""
    LEAVING = "Leaving"
    """The pilot pulls it out of that talk."""


@message
class Transaction:
    """One transaction."""

    token: authorization.ProvidedIdToken
    began: Timestamp
    start: powermeter.Powermeter
    """The reading it began with."""
    reservation_id: int | None = None
    start_signed: units_signed.SignedMeterValue | None = None
    meter: Meter = Meter.NONE
    announced: bool = False
    """`TransactionStarted` was said."""
    finished: bool = False
    """`TransactionFinished` was said."""
    signed: units_signed.SignedMeterValue | None = None
    """The meter's record of the whole."""


@message
class Stop:
    """Why the session is at its end; it latches until the car is unplugged."""

    reason: evse_manager.StopTransactionReason
    token: authorization.ProvidedIdToken | None = None
    """Who stopped it here."""
    at: Timestamp


@message
class Session:
    """From plug-in or grant to unplug."""

    uuid: str
    began: Timestamp
    reason: evse_manager.StartSessionReason
    token: authorization.ProvidedIdToken | None = None
    """Whom it is authorized for; None: nobody yet."""
    verdict: authorization.ValidationResult | None = None
    reservation_id: int | None = None
    connector: int | None = None
    """The outlet, once a car is plugged in."""
    plugged: bool = False
    plugged_at: Timestamp | None = None
    stop: Stop | None = None
    provided_at: Timestamp | None = None
    """When the car's own token was handed to authorization last."""
    authorized_at: Timestamp | None = None
    """When it was granted first."""
    timed_out: bool = False
    """Nobody was authorized in time: the car must be plugged in anew."""
    transaction: Transaction | None = None
    paused: bool = False
    """By `pause_charging`."""
    basic: bool = False
    """AC: high-level communication was given up in this session."""
    detour: Detour = Detour.NONE
    forced: bool = False
    """The car has not let go in time: power is taken from it."""
    unlock: bool = False
    """By `force_unlock`."""
    let_go: Timestamp | None = None
    """When the station wanted the car last to end its talk because it pauses, or still did."""
    toggles: int = 0
    """Of the car's toggles on the pilot, how many have been heard."""
    car: Progress = Progress()
    """How far high-level communication is."""
    published: str = ""
    """The id of the contract that was handed to authorization last."""
    address: str = ""
    """The car's address as it was handed to authorization; empty once that was refused."""


@message
class Contracts:
    """How contracts are treated, as set last (row M6.11)."""

    enabled: bool
    central_validation: bool
    installation: bool


@message
class Record:
    """All of it."""

    version: ClassVar[int] = 1

    state: State = State.IDLE
    session: Session | None = None
    sources: tuple[evse_manager.EnableDisableSource, ...] = ()
    """Who wants the whole EVSE in or out of service."""
    connector_sources: tuple[tuple[int, tuple[evse_manager.EnableDisableSource, ...]], ...] = ()
    """The same for each connector that anybody has an opinion on."""
    reservation_id: int | None = None
    contracts: Contracts | None = None
    """None: as the parameters say."""
    grants_taken: int = 0
    grants_used: int = 0
    """Of these, which one the last transaction began with."""
    sequences: int = 0
    """How many sequences on the pilot were ordered so far."""
    sequence: Sequence | None = None
    """The last of them."""
    pauses: tuple[evse_manager.PauseChargingEVSEReasonEnum, ...] = ()
    """Why the station pauses, as said last."""
    outlives: bool = False
    """The next start of the whole site does not end a transaction."""
    link: str = ""
    """The life of the link to the car that was told of the station last."""
    ended: evse_manager.SessionEvent | None = None
    """How the end of the last transaction was told."""
    unsaid: tuple[evse_manager.SessionEvent, ...] = ()
    """Session events that follow from this record and may not have been published yet."""

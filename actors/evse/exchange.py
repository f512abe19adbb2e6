"""What goes into the core of an EVSE manager and what comes out of it. Pure data.

Effects are carried out in order, once, after the record that came with them has been committed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.connector.messages import Order
    from protocols.errors import ErrorType
    from protocols.message import Command, Var
    from protocols.types.error_history import Severity


class Timer(enum.StrEnum):
    """The timers of an EVSE manager; each is started and cancelled by name."""

    LIMITS = "limits"
    """The grant of the energy manager runs out."""
    HARD_STOP = "hard stop"
    """The car was asked to stop and has not."""
    NO_ENERGY = "no energy"
    """A charging loop without energy."""
    FALL_BACK = "fall back"
    """AC: a contract was accepted, and no charging loop has begun."""
    WAKE_UP = "wake up"
    """AC: the car does not take what it is offered."""
    METER = "meter"
    """The first value of the meter has not come."""
    REQUEST = "request"
    """The energy manager is told again what is needed."""
    DELAY = "delay"
    """A random delay is over."""
    COUNTDOWN = "countdown"
    LISTENING = "listening"
    """The modem listens: the pilot may ask the car to speak."""


class Service(enum.StrEnum):
    """The interfaces an EVSE manager serves, by their names in the site file."""

    EVSE = "evse"
    ENERGY = "energy_grid"
    TOKENS = "token_provider"
    DELAY = "random_delay"
    DERATE = "dc_external_derate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Publish a variable under one of the EVSE's names."""

    variable: Var
    service: Service = Service.EVSE
    retain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Say a command to a connected module, `hlc` or `slac`; nobody waits for the answer."""

    requirement: str
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class AskMeter:
    """Have the meter open or close its signed record; the answer comes in as `machine.meter_answered`."""

    command: Command
    session: str
    """The session it belongs to: an answer for another one counts for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say an order to a connector."""

    connector: int
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimer:
    """Start a timer, anew if it runs."""

    timer: Timer
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTimer:
    """Stop a timer; one that does not run is no error."""

    timer: Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """Raise an error of the EVSE itself."""

    error: ErrorType
    message: str
    severity: Severity
    vendor_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """Clear an error of the EVSE itself; one that does not stand is no error."""

    error: ErrorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Write something down."""

    event: str
    warning: bool = False
    facts: Mapping[str, str | float | bool | None] = field(default_factory=dict)


Effect = Publish | Tell | AskMeter | Say | StartTimer | CancelTimer | Raise | Clear | Note

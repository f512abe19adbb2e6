"""What the manager of an EVSE tells the connector of one outlet, and what the connector tells back.

Both sides say how things are, not what has changed: an `Order` is the whole wish, a `Condition` the whole
state. So it does not matter when either of them is replaced, or how often something is said. While power may
flow the order is said again every `RENEW_S`; a connector that has not heard it for `LEASE_S` opens the
contactor by itself, as the board does when the connector is silent.
"""

import enum
from typing import Annotated, Final

from pydantic import Field

from protocols import types
from protocols.message import Command, Var, message

RENEW_S: Final = 0.15
"""How often what must not lapse is said again: the order to the connector, its commands to the devices."""
LEASE_S: Final = 0.5
"""Longest silence under which power is kept on, at each step from the manager to the hardware."""


class Pilot(enum.StrEnum):
    """What the control pilot tells the car (IEC 61851-1, annex A)."""

    UNAVAILABLE = "Unavailable"
    """State F: this outlet is not available."""
    IDLE = "Idle"
    """State X1, constant +12 V behind the resistor: no permission to draw."""
    DIGITAL = "Digital"
    """A duty cycle of 5 %: speak ISO 15118 or DIN 70121."""
    NOMINAL = "Nominal"
    """The duty cycle of `Order.offer_a`; below 6 A as `IDLE`."""


class Sequence(enum.StrEnum):
    """A sequence on the pilot that is gone through once, before `Order.pilot` holds again."""

    STEP_X1 = "StepX1"
    """X1 for t_step_X1 (3 s): from a nominal duty cycle to 5 % or back."""
    STEP_EF = "StepEF"
    """E, or F where the board has no E, for t_step_EF (4 s): begin SLAC again."""
    WAKE_UP = "WakeUp"
    """As `STEP_EF`, for cars that sleep on a nominal duty cycle (legacy wake-up)."""


class Supply(enum.StrEnum):
    """What the outlet shall carry."""

    OFF = "Off"
    """Nothing; DC: and the output below 60 V."""
    AC = "AC"
    CABLE_CHECK = "CableCheck"
    """DC: test isolation, once; the outcome stays in `Condition.cable_check`."""
    PRE_CHARGE = "PreCharge"
    """DC: bring the output to `target_voltage_v` with a small current."""
    CHARGE = "Charge"
    """DC: export, or import when `import_power`, towards the targets, ramped."""


class Urgency(enum.StrEnum):
    """How power is taken away when `supply` falls to `OFF`."""

    ORDERLY = "Orderly"
    """AC: when the car has left state C, at the latest after 3 s. DC: current ramped down first."""
    EMERGENCY = "Emergency"
    """At once, under load."""


@message
class Order(Command):
    """How the outlet shall be."""

    number: Annotated[int, Field(ge=1)]
    """Higher than in any earlier order that differs from this one, over all lives of the manager."""
    session: str = ""
    """The session it belongs to; empty: none. A cable check, a sequence and a latched fault end with it."""
    in_service: bool
    pilot: Pilot
    offer_a: Annotated[float, Field(ge=0)] = 0.0
    """AC: current offered per phase; the car has 5 s to follow once it is told, then more is over-current."""
    sequence: Sequence | None = None
    sequence_number: int = 0
    """A sequence is gone through once per number, once the contactor is open; `sequence` is to be left out
    again when `Condition.sequence_done` says so, for a connector that is replaced does not remember."""
    locked: bool = False
    supply: Supply = Supply.OFF
    urgency: Urgency = Urgency.ORDERLY
    three_phases: bool = True
    """AC: on how many phases; a change under load goes through `switch_3ph1ph_cp_state`."""
    target_voltage_v: Annotated[float, Field(ge=0)] = 0.0
    target_current_a: Annotated[float, Field(ge=0)] = 0.0
    """DC: a magnitude, in either direction."""
    maximum_voltage_v: Annotated[float, Field(ge=0)] = 0.0
    """DC: the car's limit; above it the output is switched off. 0: not known yet."""
    import_power: bool = False
    """DC: take power from the car instead."""


class Pin(enum.StrEnum):
    """State of the control pilot as the car sets it, by its letter in IEC 61851-1."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"
    UNKNOWN = "Unknown"
    """The board has not told yet."""


class Contactor(enum.StrEnum):
    """What the feedback of the contactor says."""

    OPEN = "Open"
    CLOSED = "Closed"
    UNKNOWN = "Unknown"


class CableCheck(enum.StrEnum):
    """How far the cable check of this session is."""

    NONE = "None"
    RUNNING = "Running"
    PASSED = "Passed"
    FAILED = "Failed"


@message
class Condition(Var):
    """How the outlet is; retained, said anew on each change."""

    order: int = 0
    """Number of the newest order that is carried out as far as it can be: 0 after a restart."""
    standing: Order | None = None
    """That order, whole: a manager that has just been started goes on from it, with higher numbers. None
    after a restart of the connector, which takes whatever order comes first."""
    pin: Pin = Pin.UNKNOWN
    plugged_in: bool = False
    plug_ins: int = 0
    """How often a car was plugged in since the connector started: tells a new car from the old one."""
    wants_power: bool = False
    """State C, or D where there is ventilation."""
    toggles: int = 0
    """BCB toggles of the car in this session: it wakes the station up (ISO 15118-3)."""
    contactor: Contactor = Contactor.UNKNOWN
    locked: bool | None = None
    """None: there is no lock."""
    cable_a: float | None = None
    """What the cable in the socket can carry; None: a fixed cable, or not known."""
    phases: Annotated[int, Field(ge=1, le=3)] = 3
    """How many phases the car is offered now."""
    capabilities: types.evse_board_support.HardwareCapabilities | None = None
    supply: Supply = Supply.OFF
    """What the outlet carries now."""
    sequence_done: int = 0
    """Number of the newest sequence that has been gone through."""
    cable_check: CableCheck = CableCheck.NONE
    isolation_ohm: float | None = None
    reason: str = ""
    """Why the supply is off although it was ordered, for people."""


@message
class Began(Var):
    """A connector has begun its life and has heard no order in it; retained. Its manager says the order at
    once: until the next renewal the hardware may have waited for too long.
    """

    life: str


@message
class Output(Var):
    """What a DC output carries, as measured."""

    voltage_v: float
    current_a: float
    """Negative: from the car."""


@message
class StopWanted(Var):
    """Somebody at the outlet wants the transaction to end."""

    request: types.evse_manager.StopTransactionRequest

"""What a connector knows and is about, and one pass over it. Pure data.

Nothing here outlives the process: a successor is told everything again, by the devices and by the manager.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from actors.connector.exchange import Clear, Device, Do, Effect, Raise
from actors.connector.facts import Facts
from actors.connector.messages import RENEW_S, CableCheck, Order, Supply
from protocols.types.error_history import Severity
from protocols.types.power_supply_dc import ChargingPhase, Mode

if TYPE_CHECKING:
    from actors.connector.settings import Settings
    from protocols.errors import ErrorType
    from protocols.message import Command


class Phase(enum.StrEnum):
    """Where the contactor is, as far as the connector has brought it."""

    UNKNOWN = "Unknown"
    """Just started: the board may hold it closed, and the manager may want that."""
    OPEN = "Open"
    CLOSING = "Closing"
    CLOSED = "Closed"
    RELEASING = "Releasing"
    """Still closed, and to be opened as soon as no current flows."""
    OPENING = "Opening"
    WELDED = "Welded"
    """It was told to open and has not."""


LEAVE: Final = frozenset({Phase.CLOSING, Phase.CLOSED, Phase.RELEASING})
"""Where the board has leave to hold the contactor closed."""


class Wish(enum.StrEnum):
    """What is to become of the contactor."""

    CLOSED = "Closed"
    RELEASE = "Release"
    """Open, once no current flows."""
    OPEN = "Open"
    """Open at once."""


@dataclass(frozen=True, slots=True)
class Switch:
    """The contactor."""

    phase: Phase = Phase.UNKNOWN
    since_s: float = 0.0
    renewed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PilotState:
    """The control pilot."""

    said: Command | None = None
    """The last command to the board; None: whatever the predecessor said."""
    offer_a: float = 0.0
    """The current that was to be offered with it."""
    changed_s: float | None = None
    """When a duty cycle was changed under load last; None: never."""
    done: int = 0
    """Number of the newest sequence that has been gone through."""
    running: int = 0
    """Number of the one that is being gone through; 0: none."""
    until_s: float = 0.0
    live: bool = False
    """Whether power was on; the end of that may be shown to the car as a fault."""
    fault_until_s: float = 0.0


class Switching(enum.StrEnum):
    """How far a change of the number of phases is."""

    STEADY = "Steady"
    RELEASING = "Releasing"
    WAITING = "Waiting"


@dataclass(frozen=True, slots=True)
class PhasesState:
    """One phase or three."""

    ordered: int | None = None
    """What the board was told last."""
    stage: Switching = Switching.STEADY
    until_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LockMotor:
    """The lock."""

    asked: bool | None = None
    """What the motor was told last; None: nothing yet."""
    asked_s: float = 0.0
    done: bool = False
    """It has answered that."""


class Stage(enum.StrEnum):
    """The steps of a cable check, in order; which of them are gone through is configured."""

    REST = "Rest"
    TEST_VOLTAGE_RELAYS_OPEN = "TestVoltageRelaysOpen"
    SELF_TEST_RELAYS_OPEN = "SelfTestRelaysOpen"
    CLOSE = "Close"
    TEST_VOLTAGE = "TestVoltage"
    SELF_TEST = "SelfTest"
    MEASURE = "Measure"
    DISCHARGE = "Discharge"
    DONE = "Done"


@dataclass(frozen=True, slots=True)
class CheckState:
    """The cable check of the session."""

    verdict: CableCheck = CableCheck.NONE
    stage: Stage = Stage.REST
    since_s: float = 0.0
    counted: int = 0
    """Isolation measurements there had been when the stage began."""
    isolation_ohm: float | None = None


@dataclass(frozen=True, slots=True)
class OutputState:
    """The DC supply, as it was told."""

    mode: Mode = Mode.OFF
    phase: ChargingPhase = ChargingPhase.OTHER
    voltage_v: float = 0.0
    current_a: float = 0.0
    said_s: float = 0.0
    off_answered: bool = True
    known: bool = False
    """Whether this connector has told the supply anything yet."""


@dataclass(frozen=True, slots=True)
class WatchState:
    """Since when something is wrong that may be so for some time; None: it is not."""

    over_current_s: float | None = None
    over_voltage_s: float | None = None
    spread_s: float | None = None
    to_earth_s: float | None = None
    leaking_s: float | None = None
    hot_s: float | None = None
    trip_a: float | None = None
    """AC: where the board's own overcurrent trip was put."""
    trip_at_s: float | None = None
    """AC: since when the offer is below that."""


@dataclass(frozen=True, slots=True)
class OfferState:
    """AC: what the car has been told that it may draw."""

    told_a: float = 0.0
    """Last."""
    more: tuple[tuple[float, float], ...] = ()
    """Before that, as far as it was more, each with the end of its time."""


@dataclass(frozen=True, slots=True)
class MonitorState:
    """What the monitors of a DC output were told."""

    imd_on: bool | None = None
    """None: nothing yet; a predecessor may have left it on."""
    ovm_on: bool | None = None
    limits_v: float = 0.0


@dataclass(frozen=True, slots=True)
class RcdState:
    """The residual current device."""

    tries: int = 0
    tried_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One outlet."""

    started_s: float
    site_runs: bool = False
    """Devices may speak since."""
    order: Order | None = None
    renewed_s: float = 0.0
    """When the manager has said the order last."""
    session: str = ""
    enabled: bool | None = None
    facts: Facts = field(default_factory=Facts)
    faults: tuple[tuple[ErrorType, Severity], ...] = ()
    """What the outlet itself has found wrong in this session."""
    switch: Switch = field(default_factory=Switch)
    pilot: PilotState = field(default_factory=PilotState)
    phases: PhasesState = field(default_factory=PhasesState)
    lock: LockMotor = field(default_factory=LockMotor)
    check: CheckState = field(default_factory=CheckState)
    output: OutputState = field(default_factory=OutputState)
    watch: WatchState = field(default_factory=WatchState)
    offer: OfferState = field(default_factory=OfferState)
    monitors: MonitorState = field(default_factory=MonitorState)
    missed: tuple[tuple[Device, float], ...] = ()
    """Devices that say nothing, and since when."""
    rcd: RcdState = field(default_factory=RcdState)
    carries: Supply = Supply.OFF
    reason: str = ""
    wake_s: float | None = None
    """When it wants to be called again though nothing happens."""


class Turn:
    """One pass over an outlet: the machines read and replace its state, and leave their effects here."""

    def __init__(self, state: State, settings: Settings, now_s: float) -> None:
        self.state, self.settings, self.now_s = state, settings, now_s
        self.wish = Wish.OPEN
        self.effects: list[Effect] = []
        self._moments: list[float] = []

    def begin_pass(self) -> None:
        """Nobody has asked for anything yet."""
        self._moments.clear()

    def set(self, **parts: Any) -> None:
        """Replace parts of the state."""
        self.state = replace(self.state, **parts)

    def do(self, device: Device, command: Command, *, renewal: bool = False) -> None:
        """Have a device do something."""
        self.effects.append(Do(device, command, renewal))

    def over(self, since_s: float, bound_s: float) -> bool:
        """Whether something has been so for as long; if not yet, it is looked at again when it will be."""
        if self.now_s >= since_s + bound_s - 1e-6:
            return True
        self._moments.append(since_s + bound_s)
        return False

    def due(self, said_s: float) -> bool:
        """Whether it is time to say again what must not lapse."""
        return self.over(said_s, RENEW_S)

    @property
    def next_s(self) -> float | None:
        """The first moment anybody has asked for."""
        return min(self._moments, default=None)

    def fault(self, kind: ErrorType, message: str, severity: Severity = Severity.MEDIUM) -> None:
        """Latch a fault for the rest of the session."""
        if all(known is not kind for known, _severity in self.state.faults):
            self.set(faults=(*self.state.faults, (kind, severity)))
            self.effects.append(Raise(kind, message, severity))

    def mend(self, kind: ErrorType) -> None:
        """Take a fault back."""
        if any(known is kind for known, _severity in self.state.faults):
            self.set(faults=tuple(each for each in self.state.faults if each[0] is not kind))
            self.effects.append(Clear(kind))

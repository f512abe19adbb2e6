"""One input of an EVSE manager being worked on: what is known, what is remembered, what follows. Pure.

`Facts` is what others have told and will tell again; `Record` is what nobody else knows. A handler works on
its turn and nothing else.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from actors.evse.exchange import (
    CancelTimer,
    Effect,
    Note,
    Publish,
    Service,
    StartTimer,
    Tell,
    Timer,
)
from actors.v2g.progress import folded
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types import evse_manager as types
from protocols.types import powermeter, units

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.connector import messages as outlet
    from actors.connector.messages import Sequence
    from actors.errors.messages import Standing
    from actors.evse.record import Record, Session, State, Transaction
    from actors.evse.settings import Settings
    from protocols.message import Command, Var
    from protocols.types import dc_external_derate, energy, iso15118, power_supply_dc

ZERO: Final = Decimal(0)
OF_A_SESSION: Final = ("StopCharging", "PauseCharging", "NoEnergyPauseCharging", "UpdateIsolationStatus")
"""Commands that say something of one session only: in the next they are said again."""
NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Facts:
    """What an EVSE manager has been told since it started."""

    outlets: dict[int, outlet.Condition] = field(default_factory=dict)
    """By number of the connector."""
    orders: dict[int, outlet.Order] = field(default_factory=dict)
    """What each connector was told last, by this manager or its predecessor."""
    numbers: dict[int, int] = field(default_factory=dict)
    """The highest number of an order that each connector may have seen."""
    voltage_v: float = 0.0
    current_a: float = 0.0
    """DC: at the output."""
    meter: powermeter.Powermeter | None = None
    """The newest reading of the meter that bills."""
    waited_for_meter: bool = False
    grant: energy.EnforcedLimits | None = None
    grant_ends: datetime | None = None
    grace_ends: datetime = NEVER
    """Until then a manager that was just started waits for its first grant."""
    delayed: energy.LimitsRes | None = None
    """What holds while a change of the grant is being delayed."""
    delay_ends: datetime | None = None
    delay_began: datetime | None = None
    supply: power_supply_dc.Capabilities | None = None
    derate: dc_external_derate.ExternalDerating | None = None
    adopted: set[int] = field(default_factory=set)
    """Connectors whose order a predecessor has given, and this manager has not said yet."""
    standing: dict[str, tuple[Standing, ...]] = field(default_factory=dict)
    """Errors of the devices, by the name of whoever raised them."""
    silent: frozenset[str] = frozenset()
    """Names of devices that have not said yet what is wrong with them."""
    heard_by: datetime = NEVER
    """By then the others have said it, or no session waits for them."""
    meters: frozenset[str] = frozenset()
    """Names of the meters."""
    matched: bool | None = None
    """Whether the data link to the car stands; None: the modem has not spoken."""
    target: iso15118.DcEvTargetValues | None = None
    maximum: iso15118.DcEvMaximumLimits | None = None
    giving: iso15118.DcEvTargetValues | None = None
    """What the car gives back at most, and the voltage below which it does not; None: it has not said."""
    gives: bool | None = None
    """The direction that the car wants, True: out of it; None: the station decides."""
    ev: types.EVInfo = field(default_factory=types.EVInfo)
    released: bool = False
    """The go from outside has come, or none is needed."""
    ready: bool = False
    """It was said that the EVSE is ready."""
    allowed_modes: tuple[iso15118.EnergyTransferMode, ...] | None = None
    told: dict[str, Command] = field(default_factory=dict)
    """The last command of each kind that high-level communication was told."""
    said: dict[str, Var] = field(default_factory=dict)
    """The last value of each variable that is published on change."""
    inoperative: bool = False
    """The special error stands."""
    random_delay: bool = False
    random_delay_max_s: int = 600


class Turn:
    """The surroundings of a handler."""

    def __init__(
        self,
        record: Record,
        facts: Facts,
        settings: Settings,
        now: datetime,
        random: Callable[[int], bytes],
    ) -> None:
        self.record = record
        self.facts = facts
        self.settings = settings
        self.now = now
        """Aware UTC."""
        self.random = random
        """Gives that many unpredictable bytes."""
        self.effects: list[Effect] = []

    # -- what is remembered --------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where the session is."""
        return self.record.state

    @property
    def session(self) -> Session | None:
        """The session at hand."""
        return self.record.session

    @property
    def transaction(self) -> Transaction | None:
        """Its transaction, also one that has finished."""
        return self.session.transaction if self.session is not None else None

    @property
    def running(self) -> bool:
        """Whether a transaction has begun and is not finished."""
        return self.transaction is not None and not self.transaction.finished

    def remember(self, **fields: Any) -> None:
        """Put fields of the record to new values."""
        self.record = dataclasses.replace(self.record, **fields)

    def change(self, **fields: Any) -> None:
        """Put fields of the session to new values. RuntimeError without a session: nobody asks then."""
        if self.session is None:
            raise RuntimeError("there is no session")
        self.remember(session=dataclasses.replace(self.session, **fields))

    def change_transaction(self, **fields: Any) -> None:
        """Put fields of the transaction to new values. RuntimeError without one."""
        if self.transaction is None:
            raise RuntimeError("there is no transaction")
        self.change(transaction=dataclasses.replace(self.transaction, **fields))

    # -- what is known -------------------------------------------------------------------------------------

    @property
    def outlet(self) -> outlet.Condition | None:
        """The outlet of the session, or the only one; None while it is not known."""
        number = self.session.connector if self.session is not None else None
        if number is None:
            number = min(self.facts.outlets, default=0)
        return self.facts.outlets.get(number)

    @property
    def reading(self) -> powermeter.Powermeter:
        """The newest reading; of an EVSE without a meter, 0 Wh."""
        if self.facts.meter is not None:
            return self.facts.meter
        return powermeter.Powermeter(timestamp=self.now, energy_wh_import=units.Energy(total_wh=ZERO))

    # -- what follows --------------------------------------------------------------------------------------

    def event(self, kind: types.SessionEventEnum, *, connector: int | None = None, **details: Any) -> None:
        """Publish a session event, by default of the session's connector."""
        session = self.session
        if connector is None and session is not None:
            connector = session.connector
        event = types.SessionEvent(
            uuid=session.uuid if session is not None else "",
            timestamp=self.now,
            connector_id=connector,
            event=kind,
            **details,
        )
        self.remember(unsaid=(*self.record.unsaid, event))
        self.effects.append(Publish(variable=evse_manager.SessionEvent(event=event)))

    def publish(self, variable: Var, service: Service = Service.EVSE, *, retain: bool = False) -> None:
        """Publish a variable."""
        self.effects.append(Publish(variable=variable, service=service, retain=retain))

    def publish_changed(self, variable: Var, service: Service = Service.EVSE) -> None:
        """Publish a state, kept for late subscribers, if it is another one than the last time."""
        kind = type(variable).__name__
        if self.facts.said.get(kind) != variable:
            self.facts.said[kind] = variable
            self.publish(variable, service, retain=True)

    def tell_car(self, command: Command) -> None:
        """Say a command to high-level communication, if there is any, and remember what it does."""
        if not self.settings.hlc:
            return
        if isinstance(command, charger.SessionSetup):  # it makes the link forget them
            for kind in OF_A_SESSION:
                self.facts.told.pop(kind, None)
        self.effects.append(Tell(requirement="hlc", command=command))
        if self.session is not None:
            self.change(car=folded(self.session.car, command))

    def tell_car_changed(self, command: Command) -> None:
        """The same for a value, if it is another one than the last time."""
        kind = type(command).__name__
        if self.facts.told.get(kind) != command:
            self.facts.told[kind] = command
            self.tell_car(command)

    def step(self, sequence: Sequence) -> None:
        """Have the pilot go through a sequence once."""
        self.remember(sequences=self.record.sequences + 1, sequence=sequence)

    def tell_slac(self, command: Command) -> None:
        """Say a command to the modem, if there is one that looks for cars."""
        if self.settings.matches:
            self.effects.append(Tell(requirement="slac", command=command))

    def start(self, timer: Timer, after_s: float) -> None:
        """Start a timer, anew if it runs."""
        self.effects.append(StartTimer(timer=timer, after_s=after_s))

    def cancel(self, *timers: Timer) -> None:
        """Stop timers."""
        self.effects.extend(CancelTimer(timer=timer) for timer in timers)

    def note(self, event: str, *, warning: bool = False, **facts: str | float | bool | None) -> None:
        """Write something down."""
        self.effects.append(Note(event=event, warning=warning, facts=facts))

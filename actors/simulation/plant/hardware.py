"""The physics of one EVSE's hardware, coarse but consistent. Pure: time is an argument.

Energy is counted in whole microjoules, so that many small steps hold what one long step holds. A contactor
follows its command after `SWITCH_S`; a DC output that is fed by nobody falls to below 60 V in about half a
second. What may only stay on while somebody says so goes off by itself after `WATCHDOG_S`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from actors.simulation.plant import messages
from actors.simulation.plant.messages import Car, Fault, Flow, Plant, Steady

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WATCHDOG_S: Final = 0.5
SWITCH_S: Final = 0.03
MATCH_S: Final = 0.2
"""How long the modems take to find each other."""
STEP_S: Final = 0.05
"""Physics is looked at this often while anything moves."""
FALL_PER_S: Final = 5.0
"""An output that nobody feeds falls by this share of its voltage, times e, each second."""
CABLE_OHM: Final = 0.05
TOLERANCE_V: Final = 0.5
"""A supply drives its current into a battery whose voltage it is set to, or nearly so."""
NOMINAL_V: Final = 230.0
SOUND_OHM: Final = 900_000.0
BAD_OHM: Final = 10_000.0
EXCESS_V: Final = 100.0
EXCESS_FACTOR: Final = 1.5
MOST_A: Final = 32.0
"""AC: what a car with a fault takes at most by itself, where the pilot sets no bound."""
LEAST_DUTY: Final = 8.0
"""Below it a duty cycle offers no current: 5 % asks the car to speak."""
MOST_LINEAR_DUTY: Final = 85.0
MOST_DUTY: Final = 97.0
UJ_PER_WH: Final = 3_600_000_000
FIVE_PERCENT: Final = (3.0, 7.0)
NEVER: Final = datetime.min.replace(tzinfo=UTC)


def offered_a(signal: Steady, duty_cycle_percent: float, *, plugged: bool) -> float:
    """The current a car may take by a pilot signal (IEC 61851-1, table A.8); at 5 % it is told otherwise."""
    if not plugged or signal is not Steady.PWM:
        return 0.0
    if FIVE_PERCENT[0] <= duty_cycle_percent <= FIVE_PERCENT[1]:
        return float("inf")
    if duty_cycle_percent < LEAST_DUTY or duty_cycle_percent > MOST_DUTY:
        return 0.0
    if duty_cycle_percent <= MOST_LINEAR_DUTY:
        return max(6.0, duty_cycle_percent * 0.6)
    return min(80.0, (duty_cycle_percent - 64.0) * 2.5)


@dataclass(slots=True)
class Hardware:
    """One EVSE's."""

    dc: bool = False
    resets_meter: bool = True
    """The meter begins at 0 Wh when a car is plugged in."""
    counts_on: bool = False
    """But not for the next one: it was there before."""
    car: Car = field(default_factory=lambda: Car(plugged=False))
    signal: Steady = Steady.X1
    duty_cycle_percent: float = 0.0
    allowed: bool = False
    closed: bool = False
    locked: bool = False
    lock_wanted: bool = False
    tripped: bool = False
    phases: int = 3
    flow: Flow = Flow.OFF
    set_v: float = 0.0
    set_a: float = 0.0
    output_v: float = 0.0
    monitor: messages.Monitor = field(default_factory=messages.Monitor)
    listening: bool = False
    matched: bool = False
    faults: set[Fault] = field(default_factory=set)
    errors: dict[tuple[str, str, str], messages.DeviceError] = field(default_factory=dict)
    reading: messages.Reading = field(default_factory=messages.Reading)
    occupied: bool = False
    """A car stands in the parking bay."""
    stored_uj: int = 0
    back_uj: int = 0
    _at: datetime = NEVER
    _allowed_until: datetime = NEVER
    _fed_until: datetime = NEVER
    _switches_at: datetime | None = None
    _matches_at: datetime | None = None

    # -- time ----------------------------------------------------------------------------------------------

    def pass_to(self, now: datetime) -> None:
        """Let time pass up to a moment, in steps no longer than `STEP_S`."""
        if self._at == NEVER or now - self._at > timedelta(hours=1):
            self._at = now
        while self._at < now:
            until = min(now, self._at + timedelta(seconds=STEP_S))
            self._step((until - self._at).total_seconds(), until)
            self._at = until

    def _step(self, seconds: float, until: datetime) -> None:
        watts = round(self.power_w * 1000)
        moved_uj = abs(watts) * round(seconds * 1000)
        if watts >= 0:
            self.stored_uj += moved_uj
        else:
            self.back_uj += moved_uj
        if self.allowed and until >= self._allowed_until:
            self._allow(until, allowed=False)
        if self.flow is not Flow.OFF and until >= self._fed_until:
            self.flow = Flow.OFF
        if self._switches_at is not None and until >= self._switches_at:
            self._switch()
        if self._matches_at is not None and until >= self._matches_at:
            self._matches_at, self.matched = None, True
        self._output(seconds)

    def _switch(self) -> None:
        self._switches_at = None
        wanted = self.allowed and not self.tripped
        if (Fault.STUCK_OPEN if wanted else Fault.WELDED) not in self.faults:
            self.closed = wanted

    def _output(self, seconds: float) -> None:
        if not self.dc:
            return
        if self.flow is Flow.OFF or Fault.SUPPLY_BROKEN in self.faults:
            if self.joined:
                self.output_v = self.car.battery_v
            else:
                self.output_v *= max(0.0, 1.0 - FALL_PER_S * seconds)
            return
        excess_v = EXCESS_V if Fault.OVER_VOLTAGE in self.faults else 0.0
        target_v = self.set_v
        if self.joined:
            target_v = self.car.battery_v + self.current_a * CABLE_OHM
        self.output_v = target_v + excess_v

    @property
    def moving(self) -> bool:
        """Whether anything changes by itself, so that time has to pass in small steps."""
        return (
            self.allowed
            or self.closed
            or self.flow is not Flow.OFF
            or self._switches_at is not None
            or self._matches_at is not None
            or self.output_v > 1.0
        )

    # -- electricity ---------------------------------------------------------------------------------------

    @property
    def joined(self) -> bool:
        """DC: the supply is connected to the battery."""
        return self.closed and self.car.plugged and self.car.connected

    @property
    def current_a(self) -> float:
        """AC: per phase. DC: negative out of the car."""
        if self.dc:
            if not self.joined or self.flow is Flow.OFF or Fault.SUPPLY_BROKEN in self.faults:
                return 0.0
            if self.flow is Flow.IMPORT:
                return -self.set_a if self.car.battery_v > self.set_v else 0.0
            return self.set_a if self.set_v + TOLERANCE_V >= self.car.battery_v else 0.0
        if not self.closed or self.car.pin not in {"C", "D"}:
            return 0.0
        offer_a = offered_a(self.signal, self.duty_cycle_percent, plugged=self.car.plugged)
        if Fault.OVER_CURRENT in self.faults:
            return min(offer_a, MOST_A) * EXCESS_FACTOR
        return self.car.draws_a if self.car.greedy else min(self.car.draws_a, offer_a)

    @property
    def voltage_v(self) -> float:
        """At the outlet."""
        if self.dc:
            return self.output_v if self.closed else 0.0
        return NOMINAL_V if self.closed else 0.0

    @property
    def power_w(self) -> float:
        """To the car; negative out of it."""
        if self.dc:
            return self.output_v * self.current_a
        return NOMINAL_V * self.current_a * min(self.phases, self.car.phases)

    # -- what is done to it --------------------------------------------------------------------------------

    def do(self, command: object, now: datetime) -> None:
        """One command of a driver or the car."""
        self.pass_to(now)
        DO[type(command)](self, command, now)

    def set_pilot(self, command: messages.SetPilot, _now: datetime) -> None:
        """A signal on the pilot."""
        self.signal, self.duty_cycle_percent = command.signal, command.duty_cycle_percent

    def allow_power(self, command: messages.AllowPower, now: datetime) -> None:
        """Leave to close, or the order to open."""
        self._allowed_until = now + timedelta(seconds=WATCHDOG_S)
        self._allow(now, allowed=command.allowed)

    def _allow(self, now: datetime, *, allowed: bool) -> None:
        if allowed != self.allowed or (allowed != self.closed and self._switches_at is None):
            self.allowed = allowed
            self._switches_at = now + timedelta(seconds=SWITCH_S)

    def set_phases(self, command: messages.SetPhases, _now: datetime) -> None:
        """One phase or three."""
        self.phases = command.phases

    def set_lock(self, command: messages.SetLock, _now: datetime) -> None:
        """The lock moves unless it is stuck."""
        self.lock_wanted = command.locked
        if Fault.LOCK_STUCK not in self.faults:
            self.locked = command.locked

    def reset_rcd(self, _command: messages.ResetRcd, _now: datetime) -> None:
        """Close the residual current device, if there is no ground fault any more."""
        self.tripped = Fault.GROUND_FAULT in self.faults

    def set_supply(self, command: messages.SetSupply, now: datetime) -> None:
        """The DC supply."""
        self.flow, self.set_v, self.set_a = command.flow, command.voltage_v, command.current_a
        self._fed_until = now + timedelta(seconds=WATCHDOG_S)

    def set_monitor(self, command: messages.SetMonitor, _now: datetime) -> None:
        """The over-voltage monitor."""
        self.monitor = command.monitor

    def listen(self, command: messages.Listen, now: datetime) -> None:
        """The station's modem."""
        self.listening = command.listening
        self._match(now)

    def be(self, command: messages.Car, now: datetime) -> None:
        """The car."""
        if command.plugged and not self.car.plugged:
            if self.resets_meter and not self.counts_on:
                self.stored_uj = self.back_uj = 0
            self.counts_on = False
        self.car = command
        self._match(now)

    def set_fault(self, command: messages.SetFault, now: datetime) -> None:
        """Something breaks, or is mended."""
        (self.faults.add if command.active else self.faults.discard)(command.fault)
        if command.active and command.fault is Fault.GROUND_FAULT:
            self.tripped = True
            self._switches_at = now
        if command.fault is Fault.LOCK_STUCK and not command.active:
            self.locked = self.lock_wanted
        self._match(now)

    def mend(self, _command: messages.Mend, now: datetime) -> None:
        """Everything that was broken."""
        for each in sorted(self.faults):
            self.set_fault(messages.SetFault(fault=each, active=False), now)
        self.errors.clear()

    def set_error(self, command: messages.SetError, _now: datetime) -> None:
        """A device says that it has an error, or has it no longer."""
        if command.active:
            self.errors[command.error.key] = command.error
        else:
            self.errors.pop(command.error.key, None)

    def set_reading(self, command: messages.SetReading, _now: datetime) -> None:
        """What the meters show."""
        self.reading = command.reading

    def set_bay(self, command: messages.SetBay, _now: datetime) -> None:
        """The parking bay."""
        self.occupied = command.occupied

    def _match(self, now: datetime) -> None:
        meets = self.listening and self.car.plugged and Fault.SLAC_DEAF not in self.faults
        if not meets:
            self.matched, self._matches_at = False, None
        elif not self.matched and self._matches_at is None:
            self._matches_at = now + timedelta(seconds=MATCH_S)

    # -- what is seen --------------------------------------------------------------------------------------

    def seen(self) -> Plant:
        """All of it."""
        return Plant(
            pin=self.car.pin if self.car.plugged else "A",
            plugged=self.car.plugged,
            signal=self.signal,
            duty_cycle_percent=self.duty_cycle_percent,
            closed=self.closed,
            locked=self.locked,
            lock_wanted=self.lock_wanted,
            tripped=self.tripped,
            phases=self.phases,
            cable_a=self.car.cable_a if self.car.plugged else 0,
            voltage_v=round(self.voltage_v, 3),
            current_a=round(self.current_a, 3),
            power_w=round(self.power_w, 1),
            energy_wh=_whole_mwh(self.stored_uj),
            energy_back_wh=_whole_mwh(self.back_uj),
            flow=self.flow,
            set_v=self.set_v,
            set_a=self.set_a,
            output_v=round(self.output_v, 3),
            monitor=self.monitor,
            resistance_ohm=BAD_OHM if Fault.LOW_ISOLATION in self.faults else SOUND_OHM,
            matched=self.matched,
            mac_address=self.car.mac_address if self.matched else "",
            faults=tuple(sorted(self.faults)),
            errors=tuple(self.errors.values()),
            shown=self.reading,
            behaviour=self.car.behaviour if self.car.plugged else None,
        )


def _whole_mwh(energy_uj: int) -> Decimal:
    """As a meter shows it: to a thousandth of a watt hour."""
    return Decimal(energy_uj * 1000 // UJ_PER_WH) / 1000


DO: Final[Mapping[type, Callable[..., None]]] = {
    messages.SetPilot: Hardware.set_pilot,
    messages.AllowPower: Hardware.allow_power,
    messages.SetPhases: Hardware.set_phases,
    messages.SetLock: Hardware.set_lock,
    messages.ResetRcd: Hardware.reset_rcd,
    messages.SetSupply: Hardware.set_supply,
    messages.SetMonitor: Hardware.set_monitor,
    messages.Listen: Hardware.listen,
    messages.Car: Hardware.be,
    messages.SetFault: Hardware.set_fault,
    messages.SetError: Hardware.set_error,
    messages.Mend: Hardware.mend,
    messages.SetReading: Hardware.set_reading,
    messages.SetBay: Hardware.set_bay,
}
"""What each command does; each takes its own, the key."""

"""What is known of an outlet, as its devices have told. Pure.

Devices say how things are; whatever is said twice changes nothing the second time. EVerest's events and the
states of our own drivers are taken alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from actors.connector.exchange import Device
from actors.connector.messages import Contactor, Output, Pin, StopWanted
from actors.drivers.messages import BoardState, LockState
from protocols.errors import AcRcd, ConnectorLock, OverVoltageMonitor
from protocols.interfaces import (
    evse_board_support,
    isolation_monitor,
    over_voltage_monitor,
    power_supply_dc,
    powermeter,
)
from protocols.types.board_support_common import BspEventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from protocols.message import Var
    from protocols.types.board_support_common import Ampacity
    from protocols.types.evse_board_support import HardwareCapabilities
    from protocols.types.power_supply_dc import Capabilities, VoltageCurrent

CONNECTED: Final = frozenset({Pin.B, Pin.C, Pin.D})
WANTING: Final = frozenset({Pin.C, Pin.D})
TOGGLE_S: Final = 3.0
"""A car that is in state C for longer than this, and gets nothing, has not toggled."""
FRESH_S: Final = 5.0
"""A voltage that was measured longer ago says nothing any more."""

PINS: Final[Mapping[BspEventKind, Pin]] = {
    BspEventKind.A: Pin.A,
    BspEventKind.B: Pin.B,
    BspEventKind.C: Pin.C,
    BspEventKind.D: Pin.D,
    BspEventKind.E: Pin.E,
    BspEventKind.F: Pin.F,
    BspEventKind.DISCONNECTED: Pin.A,
}
FEEDBACK: Final[Mapping[BspEventKind, Contactor]] = {
    BspEventKind.POWER_ON: Contactor.CLOSED,
    BspEventKind.POWER_OFF: Contactor.OPEN,
}
AILMENTS: Final[Mapping[Device, frozenset[str]]] = {
    Device.LOCK: frozenset(ConnectorLock) - {ConnectorLock.VENDOR_WARNING},
    Device.RCD: frozenset({AcRcd.AC, AcRcd.DC, AcRcd.MREC2_GROUND_FAILURE}),
    Device.OVM: frozenset({OverVoltageMonitor.MREC5_OVER_VOLTAGE}),
}
"""By device: the errors that tell what state it is in. All others are the manager's business alone."""
PLUG: Final[Mapping[Pin, bool]] = {Pin.A: False, Pin.B: True, Pin.C: True, Pin.D: True}
"""Whether a car is there; E and F are put on the pilot by ourselves, or a fault, and leave that open."""


@dataclass(frozen=True, slots=True)
class Voltage:
    """The voltage of the output, as one device sees it."""

    voltage_v: float
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that devices have told."""

    pin: Pin = Pin.UNKNOWN
    pin_since_s: float = 0.0
    plugged_in: bool = False
    plug_ins: int = 0
    toggles: int = 0
    simplified: bool = False
    """The car that is plugged in has no state B: it wanted power with its plug (IEC 61851-1, A.2.3)."""
    powered: bool = False
    """Whether the contactor was closed since the car came into state C."""
    feedback: Contactor = Contactor.UNKNOWN
    capabilities: HardwareCapabilities | None = None
    ampacity: Ampacity | None = None
    phases: int | None = None
    locked: bool | None = None
    ailing: frozenset[Device] = frozenset()
    """Devices that have raised an error which tells of their state: see `AILMENTS`."""
    absent: frozenset[Device] = frozenset()
    """Devices without a driver, for a moment or for good."""
    plug_c: float | None = None
    """Temperature of the plug."""
    current_a: float | None = None
    """AC: on the phase that carries most."""
    supply: Capabilities | None = None
    output: VoltageCurrent | None = None
    output_at_s: float = 0.0
    voltages: tuple[tuple[str, Voltage], ...] = ()
    isolation_ohm: float | None = None
    isolation_at_s: float = 0.0
    isolation_count: int = 0
    to_earth_v: float | None = None
    """The higher one of both lines against earth."""
    self_test_passed: bool | None = None
    """Outcome of the last self-test of the isolation monitor that was begun."""

    @property
    def wants_power(self) -> bool:
        """State C or D."""
        return self.pin in WANTING

    @property
    def output_v(self) -> float | None:
        """What the output of a DC supply carries; None: not known yet."""
        return None if self.output is None else self.output.voltage_v

    def fresh(self, now_s: float) -> list[float]:
        """What the sources measure, each a moment ago."""
        return [each.voltage_v for _source, each in self.voltages if now_s - each.at_s <= FRESH_S]


def take(facts: Facts, variable: Var, now_s: float) -> tuple[Facts, tuple[Var, ...]]:
    """Take in what a device has published; return what it is at once said on as, too."""
    reader = READERS.get(type(variable))
    if reader is not None:
        return reader(facts, variable, now_s), _said_on(variable)
    return facts, _said_on(variable)


def stands(facts: Facts, device: Device, types: frozenset[str]) -> Facts:
    """Take in which errors stand at a device."""
    ails = not AILMENTS.get(device, frozenset()).isdisjoint(types)
    return replace(facts, ailing=facts.ailing | {device} if ails else facts.ailing - {device})


def served(facts: Facts, device: Device, *, has_driver: bool) -> Facts:
    """Take in whether a device has a driver. What that has told stays true until it is known to be gone."""
    return replace(facts, absent=facts.absent - {device} if has_driver else facts.absent | {device})


def _said_on(variable: Any) -> tuple[Var, ...]:
    match variable:
        case evse_board_support.RequestStopTransaction():
            return (StopWanted(request=variable.request),)
        case power_supply_dc.VoltageCurrent():
            found = variable.measurement
            return (Output(voltage_v=found.voltage_v, current_a=found.current_a),)
    return ()


def _pin(facts: Facts, pin: Pin, now_s: float) -> Facts:
    if pin is facts.pin:
        return facts
    plugged_in = PLUG.get(pin, facts.plugged_in)
    came = plugged_in and not facts.plugged_in and facts.pin is not Pin.UNKNOWN
    toggles = facts.toggles if plugged_in and not came else 0
    lasted_s = now_s - facts.pin_since_s
    if facts.pin in WANTING and pin is Pin.B and not facts.powered and lasted_s <= TOGGLE_S:
        toggles += 1
    return replace(
        facts,
        pin=pin,
        pin_since_s=now_s,
        plugged_in=plugged_in,
        plug_ins=facts.plug_ins + came,
        toggles=toggles,
        simplified=pin in WANTING if came else plugged_in and facts.simplified,
        powered=facts.feedback is Contactor.CLOSED,
    )


def _feedback(facts: Facts, feedback: Contactor) -> Facts:
    return replace(facts, feedback=feedback, powered=facts.powered or feedback is Contactor.CLOSED)


def _event(facts: Facts, said: evse_board_support.Event, now_s: float) -> Facts:
    kind = said.event.event
    if kind in FEEDBACK:
        return _feedback(facts, FEEDBACK[kind])
    return _pin(facts, PINS[kind], now_s)


def _board(facts: Facts, said: BoardState, now_s: float) -> Facts:
    if said.power_on is not None:
        facts = _feedback(facts, Contactor.CLOSED if said.power_on else Contactor.OPEN)
    return facts if said.pin is None else _pin(facts, PINS[said.pin], now_s)


def _seen(facts: Facts, source: str, voltage_v: float | None, now_s: float) -> Facts:
    if voltage_v is None:
        return facts
    voltages = dict(facts.voltages) | {source: Voltage(voltage_v, now_s)}
    return replace(facts, voltages=tuple(voltages.items()))


def _output(facts: Facts, said: power_supply_dc.VoltageCurrent, now_s: float) -> Facts:
    found = said.measurement
    return replace(_seen(facts, "supply", found.voltage_v, now_s), output=found, output_at_s=now_s)


def _isolation(facts: Facts, said: isolation_monitor.IsolationMeasurement, now_s: float) -> Facts:
    found = said.measurement
    to_earth = [
        abs(each) for each in (found.voltage_to_earth_l1e_v, found.voltage_to_earth_l2e_v) if each is not None
    ]
    return replace(
        _seen(facts, "imd", found.voltage_v, now_s),
        isolation_ohm=found.resistance_f_ohm,
        isolation_at_s=now_s,
        isolation_count=facts.isolation_count + 1,
        to_earth_v=max(to_earth, default=None),
    )


def _meter(facts: Facts, said: powermeter.Powermeter, now_s: float) -> Facts:
    reading = said.powermeter
    if reading.current_a is not None:
        lines = (reading.current_a.l1_a, reading.current_a.l2_a, reading.current_a.l3_a)
        carried = [abs(each) for each in lines if each is not None]
        facts = replace(facts, current_a=max(carried, default=None))
    return _seen(facts, "meter", reading.voltage_v.dc_v if reading.voltage_v else None, now_s)


READERS: Final[Mapping[type, Callable[[Facts, Any, float], Facts]]] = {
    evse_board_support.Event: _event,
    BoardState: _board,
    evse_board_support.Capabilities: lambda facts, said, _: replace(facts, capabilities=said.capabilities),
    evse_board_support.AcPpAmpacity: lambda facts, said, _: replace(
        facts, ampacity=said.proximity_pilot.ampacity
    ),
    evse_board_support.AcNrOfPhasesAvailable: lambda facts, said, _: replace(facts, phases=said.phase_count),
    evse_board_support.Telemetry: lambda facts, said, _: replace(
        facts, plug_c=said.telemetry.plug_temperature_c
    ),
    LockState: lambda facts, said, _: replace(facts, locked=said.locked),
    powermeter.Powermeter: _meter,
    power_supply_dc.Capabilities: lambda facts, said, _: replace(facts, supply=said.capabilities),
    power_supply_dc.VoltageCurrent: _output,
    isolation_monitor.IsolationMeasurement: _isolation,
    isolation_monitor.SelfTestResult: lambda facts, said, _: replace(facts, self_test_passed=said.passed),
    over_voltage_monitor.VoltageMeasurementV: lambda facts, said, now_s: _seen(
        facts, "ovm", said.voltage_v, now_s
    ),
}
"""What is listened to, and what it changes."""

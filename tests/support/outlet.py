"""The core of a connector among small models of its devices, under a clock that only the test advances."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from actors.connector.exchange import (
    Answered,
    Clear,
    Device,
    Do,
    Ordered,
    Passed,
    Raise,
    Say,
    Stands,
    Told,
)
from actors.connector.machine import condition, decide
from actors.connector.messages import LEASE_S, Order, Pilot, Supply
from actors.connector.settings import Settings
from actors.connector.state import State
from actors.drivers.messages import BoardState, LockState
from protocols.interfaces import (
    ac_rcd,
    connector_lock,
    evse_board_support,
    isolation_monitor,
    power_supply_dc,
    powermeter,
)
from protocols.message import Reply
from protocols.types.board_support_common import Ampacity, BspEventKind, ProximityPilot
from protocols.types.evse_board_support import BoardConnectorType, HardwareCapabilities
from protocols.types.isolation_monitor import IsolationMeasurement
from protocols.types.power_supply_dc import Capabilities, Mode, VoltageCurrent
from protocols.types.powermeter import Powermeter
from protocols.types.units import Current, Energy

STEP_S = 0.05
"""The devices live in steps of this length."""

CABLE = HardwareCapabilities(
    max_current_a_import=32, min_current_a_import=6, max_phase_count_import=3, min_phase_count_import=1,
    max_current_a_export=0, min_current_a_export=0, max_phase_count_export=3, min_phase_count_export=1,
    supports_changing_phases_during_charging=True, supports_cp_state_e=True,
    connector_type=BoardConnectorType.IEC62196_TYPE2_CABLE,
)  # fmt: skip
SOCKET = replace(CABLE, connector_type=BoardConnectorType.IEC62196_TYPE2_SOCKET)
SUPPLY = Capabilities(
    bidirectional=True, current_regulation_tolerance_a=1, peak_current_ripple_a=1, max_export_voltage_v=920,
    min_export_voltage_v=150, max_export_current_a=200, min_export_current_a=1, max_export_power_w=100_000,
    max_import_voltage_v=800, min_import_voltage_v=200, max_import_current_a=100, max_import_power_w=50_000,
)  # fmt: skip
READING = Powermeter(timestamp=datetime(2026, 1, 1, tzinfo=UTC), energy_wh_import=Energy(total_wh=Decimal(0)))
AC = Settings()
DC = Settings(charge_mode="DC", has_imd=True, has_ovm=True, connector_type="cCCS2")


@dataclass
class Devices:
    """What the hardware does; a test breaks it by these fields."""

    closed: bool = False
    allowed_s: float | None = None
    """When the board was last given leave; None: it has none."""
    stuck: bool | None = None
    """Position the contactor stays in whatever happens."""
    silent: bool = False
    """The board tells nothing of its contactor."""
    watchdog: bool = True
    locked: bool = False
    motor: bool = True
    """Whether the lock's motor works."""
    mode: Mode = Mode.OFF
    wanted_v: float = 0.0
    wanted_a: float = 0.0
    voltage_v: float = 0.0
    slew_v: float = 200.0
    """Volts per step."""
    battery_v: float | None = None
    measuring: bool = False
    ohm: float = 1e6
    self_test: bool | None = True
    """Outcome of a self-test; None: it never ends."""
    log: list[Any] = field(default_factory=list)
    """Every command with the time it came."""


class Outlet:
    """One connector and its devices."""

    def __init__(self, settings: Settings = AC, *, capabilities: Any = CABLE, now_s: float = 100.0) -> None:
        self.settings, self.now_s = settings, now_s
        self.devices = Devices()
        self.errors: list[str] = []
        self.said: list[Any] = []
        self.ordered: Order | None = None
        self.renewing = True
        self.capabilities = capabilities
        self.pin = BspEventKind.A
        self.monitor_mute = False
        """The isolation monitor measures nothing."""
        self.measures_a: float | None = None
        """What the supply says it measures, whatever flows."""
        self.state = State(started_s=now_s)
        self._renewed_s = 0.0
        self._inputs: deque[Any] = deque()
        self._busy = False
        self.dangers: list[str] = []
        """Plugs that were released while they must not be."""
        self._introduce()

    # -- what tests do -------------------------------------------------------------------------------------

    def order(self, **changes: Any) -> None:
        """The manager wants something else; what is not said stays as it was."""
        if self.ordered is None:
            base = Order(number=1, session="s", in_service=True, pilot=Pilot.IDLE)
        else:
            base = replace(self.ordered, number=self.ordered.number + 1)
        self.ordered = replace(base, **changes)
        self.renew()

    def renew(self) -> None:
        """The manager says its order again."""
        assert self.ordered is not None
        self._renewed_s = self.now_s
        self.feed(Ordered(self.ordered))

    def car(self, pin: str) -> None:
        """The car sets the pilot."""
        self.pin = BspEventKind(pin)
        self.feed(Told(Device.BOARD, BoardState(pin=self.pin, power_on=self._told_power())))

    def tell(self, device: Device, variable: Any) -> None:
        """A device tells something."""
        self.feed(Told(device, variable))

    def draws(self, current_a: float) -> None:
        """The meter sees a current."""
        reading = replace(READING, current_a=Current(l1_a=current_a, l2_a=0.0))
        self.feed(Told(Device.METER, powermeter.Powermeter(powermeter=reading)))

    def stands(self, device: Device, *types: str) -> None:
        """These errors stand at a device."""
        self.feed(Stands(device, frozenset(types)))

    def restart(self) -> None:
        """The connector is replaced; the devices tell its successor how they are."""
        self.state = State(started_s=self.now_s)
        self.errors.clear()
        self._introduce()

    def advance(self, seconds: float) -> None:
        """Let time pass: the manager renews, devices live, the connector wakes when it asked for it."""
        end_s = self.now_s + seconds
        while self.now_s < end_s - 1e-9:
            wake_s = self.state.wake_s
            next_s = min(self.now_s + STEP_S, end_s)
            if wake_s is not None and self.now_s < wake_s < next_s:
                next_s = wake_s
            self.now_s = next_s
            if wake_s is not None and wake_s <= self.now_s + 1e-9:
                self.feed(Passed())
            self._renew_in_time()
            self._live()

    def _renew_in_time(self) -> None:
        """As the manager does: it says again that it wants power, but not that it wants none."""
        if self.renewing and self.ordered_power and self.now_s - self._renewed_s >= 0.14:
            self.renew()

    def feed(self, given: Any) -> None:
        """One input; whatever the connector wants of the devices happens at once, and what they say to that
        comes after it.
        """
        self._inputs.append(given)
        while self._inputs and not self._busy:
            self._busy = True
            try:
                self._decide(self._inputs.popleft())
            finally:
                self._busy = False

    def _decide(self, given: Any) -> None:
        self.state, effects = decide(self.state, given, self.settings, self.now_s)
        for effect in effects:
            match effect:
                case Do():
                    self.devices.log.append((round(self.now_s, 3), effect.device, effect.command))
                    self._obey(effect)
                case Raise():
                    self.errors.append(str(effect.kind))
                case Clear():
                    self.errors.remove(str(effect.kind))
                case Say():
                    self.said.append(effect.variable)

    # -- what tests ask ------------------------------------------------------------------------------------

    @property
    def condition(self) -> Any:
        """How the connector says the outlet is."""
        return condition(self.state, self.settings)

    @property
    def ordered_power(self) -> bool:
        """Whether the manager wants power."""
        return self.ordered is not None and self.ordered.supply is not Supply.OFF

    @property
    def closed(self) -> bool:
        """Where the contactor really is."""
        return self.devices.closed

    def commands(self, kind: type) -> list[Any]:
        """Every command of a kind, in order."""
        return [command for _at, _device, command in self.devices.log if isinstance(command, kind)]

    def times(self, kind: type) -> list[float]:
        """When they came."""
        return [at for at, _device, command in self.devices.log if isinstance(command, kind)]

    @property
    def pilot(self) -> Any:
        """The last command about the pilot."""
        kinds = (
            evse_board_support.PwmOn,
            evse_board_support.CpStateX1,
            evse_board_support.CpStateE,
            evse_board_support.CpStateF,
        )
        return [command for _at, _device, command in self.devices.log if isinstance(command, kinds)][-1]

    # -- the devices ---------------------------------------------------------------------------------------

    def _introduce(self) -> None:
        self.feed(Passed())
        self.feed(Told(Device.BOARD, BoardState(pin=self.pin, power_on=self._told_power())))
        self.tell_capabilities()
        if self.settings.has_lock:
            self.feed(Told(Device.LOCK, LockState(locked=self.devices.locked)))
        if self.settings.dc:
            self.feed(Told(Device.SUPPLY, power_supply_dc.Capabilities(capabilities=SUPPLY)))
            self._measure()

    def tell_capabilities(self) -> None:
        """The board says what it can, if it knows."""
        if self.capabilities is not None:
            self.feed(Told(Device.BOARD, evse_board_support.Capabilities(capabilities=self.capabilities)))

    def cable(self, ampacity: Ampacity) -> None:
        """A cable is plugged into the socket."""
        pilot = ProximityPilot(ampacity=ampacity)
        self.feed(Told(Device.BOARD, evse_board_support.AcPpAmpacity(proximity_pilot=pilot)))

    def _told_power(self) -> bool | None:
        return None if self.devices.silent else self.devices.closed

    def _obey(self, effect: Do) -> None:  # noqa: C901  # one case per command, and nothing else
        devices, command = self.devices, effect.command
        reply: Reply | None = Reply()
        match command:
            case evse_board_support.AllowPowerOn():
                devices.allowed_s = self.now_s if command.value.allow_power_on else None
            case connector_lock.Lock() | connector_lock.Unlock():
                if isinstance(command, connector_lock.Unlock) and (devices.closed or devices.voltage_v >= 60):
                    self.dangers.append(f"{self.now_s}: {devices}")
                if devices.motor:
                    devices.locked = isinstance(command, connector_lock.Lock)
                    self.feed(Told(Device.LOCK, LockState(locked=devices.locked)))
            case ac_rcd.Reset():
                reply = ac_rcd.ResetReply(reset=True)
            case power_supply_dc.SetMode():
                devices.mode = command.mode
                reply = None if command.mode is Mode.OFF and devices.battery_v else Reply()
            case power_supply_dc.SetExportVoltageCurrent() | power_supply_dc.SetImportVoltageCurrent():
                devices.wanted_v, devices.wanted_a = command.voltage_v, command.current_a
            case isolation_monitor.Start() | isolation_monitor.Stop():
                devices.measuring = isinstance(command, isolation_monitor.Start)
            case isolation_monitor.StartSelfTest() if devices.self_test is not None:
                self.feed(Told(Device.IMD, isolation_monitor.SelfTestResult(passed=devices.self_test)))
        if reply is not None and not effect.renewal:
            self.feed(Answered(effect.device, command, reply))

    def _live(self) -> None:
        devices = self.devices
        fresh = devices.allowed_s is not None and self.now_s - devices.allowed_s <= LEASE_S + 1e-9
        if not fresh and devices.watchdog:
            devices.allowed_s = None
        closed = devices.allowed_s is not None if devices.stuck is None else devices.stuck
        if closed is not devices.closed:
            devices.closed = closed
            self.feed(Told(Device.BOARD, BoardState(pin=self.pin, power_on=self._told_power())))
        if self.settings.dc:
            aim = 0.0 if devices.mode is Mode.OFF else devices.wanted_v
            if devices.battery_v is not None and devices.closed and devices.mode is not Mode.OFF:
                aim = devices.battery_v
            change = max(-devices.slew_v, min(devices.slew_v, aim - devices.voltage_v))
            devices.voltage_v += change
            self._measure()
            if devices.measuring and not self.monitor_mute:
                measured = IsolationMeasurement(resistance_f_ohm=devices.ohm, voltage_v=devices.voltage_v)
                self.feed(Told(Device.IMD, isolation_monitor.IsolationMeasurement(measurement=measured)))

    def _measure(self) -> None:
        devices = self.devices
        flows = devices.mode is not Mode.OFF and devices.closed and devices.battery_v is not None
        current_a = self.measures_a or (devices.wanted_a if flows else 0.0)
        found = VoltageCurrent(
            voltage_v=devices.voltage_v, current_a=-current_a if devices.mode is Mode.IMPORT else current_a
        )
        self.feed(Told(Device.SUPPLY, power_supply_dc.VoltageCurrent(measurement=found)))


def charging(**more: Any) -> Outlet:
    """An AC outlet at which a car draws power."""
    outlet = Outlet(**more)
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16, supply=Supply.AC, locked=outlet.settings.has_lock)
    outlet.car("C")
    outlet.advance(0.3)
    return outlet


def checked(settings: Settings = DC, **broken: Any) -> Outlet:
    """A DC outlet at which a car has been through the cable check, as far as that goes."""
    outlet = Outlet(settings)
    for name, value in broken.items():
        setattr(outlet.devices, name, value)
    outlet.car("B")
    outlet.order(pilot=Pilot.DIGITAL, locked=settings.has_lock)
    outlet.car("C")
    outlet.order(supply=Supply.CABLE_CHECK, maximum_voltage_v=450)
    outlet.advance(3)
    return outlet


def charging_dc(**more: Any) -> Outlet:
    """A DC outlet that charges a battery at 400 V with 100 A."""
    outlet = checked(**more)
    outlet.order(supply=Supply.PRE_CHARGE, target_voltage_v=400)
    outlet.advance(1)
    outlet.devices.battery_v = 400.0
    outlet.order(supply=Supply.CHARGE, target_current_a=100)
    outlet.advance(6)
    return outlet

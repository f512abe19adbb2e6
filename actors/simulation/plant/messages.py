"""What drivers and cars say to the simulated hardware of one EVSE, and what it shows them.

Its name is `plant:<number of the EVSE>`; no module of a site file can be called so.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Command, ExactNumber, Var, message
from protocols.types.error_history import Severity


class Steady(enum.StrEnum):
    """What the station puts on the control pilot."""

    X1 = "X1"
    E = "E"
    F = "F"
    PWM = "PWM"


@message
class SetPilot(Command):
    """Put a signal on the pilot."""

    signal: Steady
    duty_cycle_percent: Annotated[float, Field(ge=0, le=100)] = 0.0


@message
class AllowPower(Command):
    """Close or open the contactor. Leave to close lapses after 500 ms unless it is given again."""

    allowed: bool


@message
class SetPhases(Command):
    """Lead one phase or three to the outlet."""

    phases: Annotated[int, Field(ge=1, le=3)]


@message
class SetLock(Command):
    """Move the lock."""

    locked: bool


@message
class ResetRcd(Command):
    """Close the residual current device again."""


class Flow(enum.StrEnum):
    """What the DC supply does."""

    OFF = "Off"
    EXPORT = "Export"
    IMPORT = "Import"


@message
class SetSupply(Command):
    """Set the DC supply; anything but `OFF` lapses after 500 ms unless it is said again."""

    flow: Flow
    voltage_v: Annotated[float, Field(ge=0, le=2000)] = 0.0
    current_a: Annotated[float, Field(ge=0, le=5000)] = 0.0


class Trip(enum.StrEnum):
    """Whether the over-voltage monitor has shut the output down."""

    NONE = "None"
    ERROR = "Error"
    """In order."""
    EMERGENCY = "Emergency"


@message
class Monitor:
    """What the over-voltage monitor remembers, whoever drives it."""

    watching: bool = False
    emergency_v: float | None = None
    """Above it the output is shut down at once; None: nobody has set it."""
    error_v: float | None = None
    """Above it in order."""
    trip: Trip = Trip.NONE


@message
class SetMonitor(Command):
    """Set the over-voltage monitor; said whole each time."""

    monitor: Monitor


@message
class Listen(Command):
    """Have the station's modem listen for a car, or no longer."""

    listening: bool


class Fault(enum.StrEnum):
    """What can be broken."""

    WELDED = "Welded"
    """The contactor does not open."""
    STUCK_OPEN = "StuckOpen"
    """The contactor does not close."""
    GROUND_FAULT = "GroundFault"
    """The residual current device trips."""
    LOCK_STUCK = "LockStuck"
    LOW_ISOLATION = "LowIsolation"
    EMERGENCY_STOP = "EmergencyStop"
    DIODE = "Diode"
    """The diode in the car's pilot circuit is shorted."""
    SUPPLY_BROKEN = "SupplyBroken"
    OVER_VOLTAGE = "OverVoltage"
    """The DC output carries 100 V more than it should."""
    METER_SILENT = "MeterSilent"
    OVER_CURRENT = "OverCurrent"
    """AC: the car takes half as much again as it is offered."""
    SLAC_DEAF = "SlacDeaf"
    """No car is ever found."""


@message
class SetFault(Command):
    """Break something, or mend it."""

    fault: Fault
    active: bool


@message
class DeviceError:
    """An error that one of the devices says it has, whatever the physics."""

    origin: str
    """The name that raises it, as `board_1/rcd`."""
    type: str
    """EVerest's full type, as `ac_rcd/DC`."""
    sub_type: str = ""
    message: str = ""
    severity: Severity = Severity.HIGH
    vendor_id: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """No two that stand are alike in these."""
        return self.origin, self.type, self.sub_type


@message
class SetError(Command):
    """Have a device raise an error, or clear it; it stands until then, whoever drives the device."""

    error: DeviceError
    active: bool


@message
class Mend(Command):
    """Nothing is broken any more, and no device says an error that it was told to say."""


@message
class Reading:
    """What the meters show in place of what they measure; None: what they measure."""

    energy_wh: ExactNumber | None = None
    energy_back_wh: ExactNumber | None = None
    power_w: float | None = None
    voltage_v: float | None = None
    current_a: float | None = None


@message
class SetReading(Command):
    """Have the meters show something else than they measure. The physics goes on as it is."""

    reading: Reading


@message
class SetBay(Command):
    """A car drives into the parking bay, or out of it; the plant says it as `BayState`."""

    occupied: bool


class Way(enum.StrEnum):
    """How a car charges."""

    IEC61851 = "iec61851"
    """By the pilot alone."""
    DIN70121 = "din70121"
    ISO15118_2 = "iso15118-2"
    ISO15118_20 = "iso15118-20"


@message
class Behaviour:
    """What a car does from plugging in on."""

    way: Way = Way.IEC61851
    dc: bool = False
    """What a car that talks asks for."""
    contract: bool = False
    """Pay by contract, where it talks; else it is authorized by other means."""
    current_a: Annotated[float, Field(gt=0, le=1000)] = 16.0
    """AC: what it takes at most, per phase."""
    phases: Annotated[int, Field(ge=1, le=3)] = 3
    soc_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    """How full it is; None: as the site file says."""
    duration_s: Annotated[float, Field(ge=0, le=604_800)] | None = None
    """From the begin of charging until it ends that in order and leaves; None: it stays."""
    scheduled: bool = False
    """ISO 15118-20: it prefers scheduled to dynamic control."""
    ready: bool = True
    """Whether it begins by itself; else `Move.READY` has it begin."""


@message
class Car(Command):
    """What the car at the outlet does; said whole each time."""

    plugged: bool
    pin: Annotated[str, Field(pattern="^[ABCDEF]$")] = "A"
    """What it makes of the control pilot."""
    mac_address: Annotated[str, Field(pattern=r"^[A-F0-9]{2}(:[A-F0-9]{2}){5}$")] = "02:45:56:00:00:01"
    draws_a: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """AC: what it would take per phase; it keeps to what it is offered unless it is greedy."""
    phases: Annotated[int, Field(ge=1, le=3)] = 3
    greedy: bool = False
    """AC: takes what it would, whatever it is offered."""
    battery_v: Annotated[float, Field(ge=0, le=2000)] = 0.0
    """DC: behind its own contactors."""
    connected: bool = False
    """DC: these are closed."""
    cable_a: Annotated[int, Field(ge=0)] = 32
    """What its cable codes at a socket: 13, 20, 32 or 63."""
    behaviour: Behaviour | None = None
    """What it means to do; None: it follows a program of the site file."""


@message
class Plant(Var):
    """The hardware as it is; retained, said on each change, and four times a second while power flows."""

    pin: str = "A"
    plugged: bool = False
    signal: Steady = Steady.X1
    duty_cycle_percent: float = 0.0
    closed: bool = False
    """The contactor, by its feedback."""
    locked: bool = False
    lock_wanted: bool = False
    """What the lock was told last; another thing than it is: it is stuck."""
    tripped: bool = False
    """The residual current device."""
    phases: int = 3
    cable_a: int = 0
    """0: no cable."""
    voltage_v: float = 0.0
    current_a: float = 0.0
    """AC: per phase. DC: negative out of the car."""
    power_w: float = 0.0
    energy_wh: ExactNumber
    """Of the meter: to the car, since it was last set to zero."""
    energy_back_wh: ExactNumber
    flow: Flow = Flow.OFF
    set_v: float = 0.0
    set_a: float = 0.0
    output_v: float = 0.0
    """DC: on the supply's own side of the contactor."""
    resistance_ohm: float = 0.0
    """Between the DC lines and earth."""
    monitor: Monitor = Monitor()
    matched: bool = False
    mac_address: str = ""
    faults: tuple[Fault, ...] = ()
    errors: tuple[DeviceError, ...] = ()
    """What devices are to say of themselves, in the order it was set."""
    shown: Reading = Reading()
    """What the meters are to show in place of what they measure."""
    behaviour: Behaviour | None = None
    """What the car that is plugged in means to do, for a successor of whoever drives it."""


@message
class World:
    """What outlives a power loss, for it needs none: car, faults, what the meters have counted."""

    car: Car
    locked: bool = False
    lock_wanted: bool = False
    stored_uj: int = 0
    back_uj: int = 0
    faults: tuple[Fault, ...] = ()
    errors: tuple[DeviceError, ...] = ()
    reading: Reading = Reading()
    occupied: bool = False


@message
class Remembered:
    """What is kept over a power loss; None: there was none, or it is over."""

    world: World | None = None


@message
class Register:
    """What a meter has counted, in microjoules, and whether a car is there."""

    stored_uj: int = 0
    back_uj: int = 0
    plugged: bool = False


@message
class PowerFails(Command):
    """For tests: power is about to fail; the world goes on from here when it is back."""


@message
class CutPower(Command):
    """For tests: the power of the whole site fails. Every process dies at once, and the site starts anew."""

    after_s: Annotated[float, Field(ge=0, le=60)] = 0.0

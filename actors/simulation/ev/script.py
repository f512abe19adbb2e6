"""What a simulated car is and does, as a YAML file says it: the models. Pure.

car:
  mode: dc
  pay: contract
  battery: {capacity_wh: 60000, soc_percent: 20}
steps:
  - plug
  - charge: {to_soc_percent: 50}
  - pause: {seconds: 5}
  - resume
  - charge: {minutes: 2}
  - unplug
faults:
  - {kind: wrong_session_id, at: Authorization}
expect: {response_code: FAILED_UnknownSession}
"""

from __future__ import annotations

import enum
import re
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from actors.simulation.ev.battery import Battery
from actors.simulation.ev.outcome import Reason  # noqa: TC001  # pydantic reads the annotations

_CHARGE_W: Final = ((0, 40_000), (10, 100_000), (50, 100_000), (80, 40_000), (100, 3_000))
_VOLTAGE_V: Final = ((0, 330), (10, 350), (90, 395), (100, 400))
_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")

Percent = Annotated[Decimal, Field(ge=0, le=100)]
Watt = Annotated[int, Field(ge=0, le=10_000_000)]
Volt = Annotated[int, Field(gt=0, le=2_000)]
Ampere = Annotated[int, Field(gt=0, le=5_000)]
Seconds = Annotated[Decimal, Field(ge=0, le=604_800)]
Curve = Annotated[
    tuple[tuple[Annotated[int, Field(ge=0, le=100)], Watt], ...], Field(min_length=1, max_length=101)
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Protocol(enum.StrEnum):
    """A protocol the car speaks."""

    DIN = "din"
    ISO2 = "iso2"
    ISO20 = "iso20"


class Mode(enum.StrEnum):
    """A way of energy transfer."""

    AC = "ac"
    DC = "dc"
    AC_BPT = "ac_bpt"
    DC_BPT = "dc_bpt"

    @property
    def is_dc(self) -> bool:
        """Whether direct current flows."""
        return self in {Mode.DC, Mode.DC_BPT}

    @property
    def is_bpt(self) -> bool:
        """Whether energy may flow back."""
        return self in {Mode.AC_BPT, Mode.DC_BPT}


class Pay(enum.StrEnum):
    """How the car wants to be authorized."""

    EIM = "eim"
    CONTRACT = "contract"


class Control(enum.StrEnum):
    """The control mode of -20 the car prefers."""

    DYNAMIC = "dynamic"
    SCHEDULED = "scheduled"


class Installation(enum.StrEnum):
    """When the car asks for a contract certificate."""

    NEVER = "never"
    MISSING = "missing"
    """If it has none."""
    ALWAYS = "always"


class BatteryModel(_Model):
    """The battery at the start. `charge_w` and `voltage_v`: rows of [percent, value]."""

    capacity_wh: Annotated[int, Field(gt=0, le=2_000_000)] = 60_000
    soc_percent: Percent = Decimal(20)
    charge_w: Curve = _CHARGE_W
    voltage_v: Curve = _VOLTAGE_V
    discharge_w: Watt = 0
    reserve_percent: Annotated[int, Field(ge=0, le=100)] = 10

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for name in ("charge_w", "voltage_v"):
            percents = [percent for percent, _ in getattr(self, name)]
            if percents != sorted(set(percents)):
                raise ValueError(f"{name}: the percents must rise")
        if min(volt for _, volt in self.voltage_v) <= 0:
            raise ValueError("voltage_v: a battery has a voltage")
        return self

    def build(self) -> Battery:
        """The battery."""
        return Battery.at(**{name: getattr(self, name) for name in type(self).model_fields})


class AcLimits(_Model):
    """The onboard charger."""

    phases: Annotated[int, Field(ge=1, le=3)] = 3
    voltage_v: Volt = 230
    """Between a phase and neutral."""
    max_current_a: Ampere = 16
    """Of each phase."""
    min_current_a: Annotated[int, Field(ge=0)] = 6
    loop_s: Annotated[Decimal, Field(gt=0, le=50)] = Decimal(1)
    """Between two messages of the charging loop."""

    @property
    def max_power_w(self) -> int:
        """Of all phases."""
        return self.phases * self.voltage_v * self.max_current_a


class DcLimits(_Model):
    """The DC inlet."""

    max_current_a: Ampere = 300
    max_power_w: Watt = 120_000
    max_voltage_v: Volt = 450
    loop_s: Annotated[Decimal, Field(gt=0, le=50)] = Decimal("0.25")
    """Between two messages of the charging loop."""


class Car(_Model):
    """What the car is."""

    evcc_id: str = "02:45:56:00:00:01"
    """A MAC address, as DIN and -2 have it; -20 sends it as text."""
    protocols: tuple[Protocol, ...] = (Protocol.ISO2,)
    """Its favourite first."""
    mode: Mode = Mode.AC
    pay: Pay | None = None
    """None: contract where it has one and TLS is spoken."""
    control: Control = Control.DYNAMIC
    tls: bool | None = None
    """None: where a contract or -20 needs it."""
    install: Installation = Installation.NEVER
    read_services: bool = False
    """Ask for the details of every service on offer."""
    choose_services: bool = False
    """Choose every value-added service on offer, each in its first variant; asks for the details, too."""
    battery: BatteryModel = BatteryModel()
    ac: AcLimits = AcLimits()
    dc: DcLimits = DcLimits()
    departure_s: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    """How long the driver stays."""
    time_lapse: Annotated[int, Field(ge=1, le=100_000)] = 1
    """How much faster than time the battery fills."""
    patience: Annotated[Decimal, Field(ge=1, le=1000)] = Decimal(1)
    """The car's time-outs are this many times as long as the standards' own."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not _MAC.fullmatch(self.evcc_id):
            raise ValueError("evcc_id: a MAC address as 02:45:56:00:00:01")
        if not self.protocols or len(set(self.protocols)) != len(self.protocols):
            raise ValueError("protocols: at least one, each once")
        if self.mode.is_bpt and self.protocols != (Protocol.ISO20,):
            raise ValueError(f"mode: {self.mode} is known to iso20 only")
        if not self.mode.is_dc and Protocol.DIN in self.protocols:
            raise ValueError("mode: din charges by dc only")
        if self.mode.is_dc and self.battery.voltage_v[-1][1] > self.dc.max_voltage_v:
            raise ValueError("dc: max_voltage_v is below the voltage of the full battery")
        return self

    @property
    def mac(self) -> bytes:
        """The EVCCID of DIN and -2."""
        return bytes.fromhex(self.evcc_id.replace(":", ""))

    @property
    def reads_services(self) -> bool:
        """Whether it wants to know the details of every service."""
        return self.read_services or self.choose_services

    @property
    def wants_tls(self) -> bool:
        """Whether it asks for a port with TLS."""
        if self.tls is not None:
            return self.tls
        return (
            self.pay is Pay.CONTRACT
            or self.install is not Installation.NEVER
            or Protocol.ISO20 in self.protocols
        )


class Plug(_Model):
    """Plug in, after a while."""

    after_s: Seconds = Decimal()


class Charge(_Model):
    """Charge until the first of these is reached; none of them: until the battery is full."""

    to_soc_percent: Percent | None = None
    energy_wh: Annotated[Decimal, Field(gt=0)] | None = None
    minutes: Seconds | None = None
    """Of the battery's time: see `time_lapse`."""
    discharge_to_soc_percent: Percent | None = None
    """BPT: give energy back down to this instead."""


class Pause(_Model):
    """Pause the session and close the connection."""

    seconds: Seconds = Decimal(1)
    """How long."""


class Resume(_Model):
    """Connect again and join the paused session."""


class Renegotiate(_Model):
    """Ask for new schedules."""

    max_power_w: Watt | None = None
    """From now on the car takes no more than this."""


class Unplug(_Model):
    """Stop, end the session, unplug."""


class Step(_Model):
    """One step: exactly one of these."""

    plug: Plug | None = None
    charge: Charge | None = None
    pause: Pause | None = None
    resume: Resume | None = None
    renegotiate: Renegotiate | None = None
    unplug: Unplug | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {data: {}}
        if isinstance(data, dict):
            if len(data) != 1:
                raise ValueError("a step is one of: " + ", ".join(cls.model_fields))
            return {name: {} if value is None else value for name, value in data.items()}
        return data

    @property
    def what(self) -> Plug | Charge | Pause | Resume | Renegotiate | Unplug:
        """The one that is set."""
        found: list[Any] = [
            value for name in type(self).model_fields if (value := getattr(self, name)) is not None
        ]
        return found[0]  # type: ignore[no-any-return]  # one of the fields' types


class FaultKind(enum.StrEnum):
    """What a faulty car does."""

    WRONG_SEQUENCE = "wrong_sequence"
    """Sends the request of another phase: `instead`, or one that nobody expects there."""
    WRONG_SESSION_ID = "wrong_session_id"
    BAD_SIGNATURE = "bad_signature"
    """Changes one bit of the signature, where the request has one."""
    SILENCE = "silence"
    """Sends nothing any more."""
    GARBAGE = "garbage"
    """Sends a frame whose content is no message."""
    NO_FRAME = "no_frame"
    """Sends bytes that are no V2GTP at all."""
    SLOW = "slow"
    """Sends the request in pieces: `chunk_bytes` every `every_s`."""
    ABRUPT_CLOSE = "abrupt_close"
    """Closes the connection without a word."""


class Fault(_Model):
    """Something the car does wrong, once."""

    kind: FaultKind
    at: str
    """The phase, as the car's record names it: Authorization, CurrentDemand ..."""
    occurrence: Annotated[int, Field(ge=1)] = 1
    """At its so-manieth request of that phase."""
    instead: str | None = None
    """For wrong_sequence: the phase whose request is sent."""
    chunk_bytes: Annotated[int, Field(ge=1)] = 1
    every_s: Annotated[Decimal, Field(ge=0, le=60)] = Decimal("0.01")


class Expectation(_Model):
    """How the run should end; without one it should complete, with every step and fault carried out.

    `completed: true` is content with an end in order that comes before the last step: the station's stop.
    """

    completed: bool = False
    reason: Reason | None = None
    response_code: str | None = None
    phase: str | None = None


class WalletFiles(_Model):
    """Where the car's certificates are, within its directory, if not where `evsite pki init` puts them."""

    contract: str | None = None
    """A directory with a chain and its key: `broken/MO_LEAF/expired`, say."""
    contract_20: str | None = None


class Script(_Model):
    """A car and what it does."""

    car: Car = Car()
    wallet: WalletFiles = WalletFiles()
    steps: Annotated[tuple[Step, ...], Field(max_length=1000)] = (
        Step(plug=Plug()),
        Step(charge=Charge()),
        Step(unplug=Unplug()),
    )
    faults: tuple[Fault, ...] = ()
    expect: Expectation | None = None

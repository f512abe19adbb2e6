"""What a component is declared to be: variables, attributes, monitors (row M11.9). Immutable."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from protocols.types.ocpp import AttributeEnum, EventNotificationType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from actors.ocpp.device_model.characteristics import Characteristics
    from actors.ocpp.device_model.names import ComponentName, VariableName


class Mutability(enum.StrEnum):
    """What the CSMS may do with a value; the site may do everything."""

    READ_ONLY = "ReadOnly"
    WRITE_ONLY = "WriteOnly"
    READ_WRITE = "ReadWrite"


class Source(enum.StrEnum):
    """Who owns, keeps and hands out the value of a variable (rows S20.6, S20.11, S20.13)."""

    OCPP = "OCPP"
    """The device model's own store."""
    SITE = "SITE"
    """A parameter of the site file."""


class MonitorKind(enum.StrEnum):
    """What a monitor watches for (row M11.13): OCPP's MonitorEnumType."""

    UPPER_THRESHOLD = "UpperThreshold"
    LOWER_THRESHOLD = "LowerThreshold"
    DELTA = "Delta"
    PERIODIC = "Periodic"
    PERIODIC_CLOCK_ALIGNED = "PeriodicClockAligned"
    TARGET_DELTA = "TargetDelta"
    """Since OCPP 2.1, as the next one."""
    TARGET_DELTA_RELATIVE = "TargetDeltaRelative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One monitor that a file sets up. Whoever evaluates monitors reads them from the declarations."""

    kind: MonitorKind
    value: Decimal
    """The threshold, the change, or seconds."""
    severity: int
    """0 (danger) to 9 (of no consequence)."""
    transaction: bool = False
    """Watches only while a transaction runs."""
    reference_value: str | None = None
    """What changes are counted from at the beginning."""
    origin: EventNotificationType = EventNotificationType.PRECONFIGURED_MONITOR
    """Whether the CSMS may change or remove it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One value of a variable, as it is declared."""

    mutability: Mutability = Mutability.READ_WRITE
    value: str | None = None
    """What the file says; None: there is none yet."""
    persistent: bool = True
    """Kept over restarts. What is measured or follows from a state need not be."""
    constant: bool = False
    """Never changes while the station runs, whoever asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of a component."""

    name: VariableName
    characteristics: Characteristics
    attributes: Mapping[AttributeEnum, Attribute]
    source: Source = Source.OCPP
    monitors: tuple[Monitor, ...] = ()
    reboot_required: bool = False
    """A new value takes effect after a restart."""
    required: bool = False
    """Listed under `required` of its file."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component; `file` is where it is declared, for messages to people."""

    name: ComponentName
    variables: Mapping[VariableName, Variable]
    file: str = ""


def component(name: ComponentName, variables: Iterable[Variable], file: str = "") -> Component:
    """A component of these variables. Raises ValueError when two have the same name."""
    by_name = {}
    for variable in variables:
        if variable.name in by_name:
            raise ValueError(f"{name} has two variables {variable.name}")
        by_name[variable.name] = variable
    return Component(name=name, variables=MappingProxyType(by_name), file=file)


def actual(
    name: VariableName,
    characteristics: Characteristics,
    *,
    mutability: Mutability = Mutability.READ_ONLY,
    value: str | None = None,
    persistent: bool = False,
) -> Variable:
    """A variable that has only its actual value: what most components at run time are made of."""
    attribute = Attribute(mutability=mutability, value=value, persistent=persistent)
    return Variable(
        name=name,
        characteristics=characteristics,
        attributes=MappingProxyType({AttributeEnum.ACTUAL: attribute}),
    )

"""What components, variables and their attributes are called (rows S20.1, S20.2). Pure.

OCPP compares names without regard to case, and so do these: two that differ in case alone are equal. The
spelling they were made with is kept. They sort by tier: the station, then EVSE by EVSE, connector by
connector.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from protocols.types.ocpp import AttributeEnum

MAX_NAME: Final = 50
"""So many characters a name, or an instance, may have in OCPP."""


class Tier(enum.StrEnum):
    """Where in the station a component is."""

    STATION = "ChargingStation"
    EVSE = "EVSE"
    CONNECTOR = "Connector"


@dataclass(frozen=True, slots=True, order=True)
class ComponentName:
    """A component of the station, of one EVSE or of one connector. EVSE 0 is the station (row S21.3)."""

    name: str = field(compare=False)
    instance: str | None = field(default=None, compare=False)
    evse_id: int | None = field(default=None, compare=False)
    connector_id: int | None = field(default=None, compare=False)
    key: tuple[int, int, str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for part in ("instance", "evse_id", "connector_id"):
            object.__setattr__(self, part, getattr(self, part) or None)
        instance = (self.instance or "").casefold()
        key = (self.evse_id or 0, self.connector_id or 0, self.name.casefold(), instance)
        object.__setattr__(self, "key", key)

    @property
    def tier(self) -> Tier:
        """Where it is."""
        if self.connector_id is not None:
            return Tier.CONNECTOR
        return Tier.STATION if self.evse_id is None else Tier.EVSE

    def __str__(self) -> str:
        places = [str(part) for part in (self.evse_id, self.connector_id) if part is not None]
        place = f" at {'.'.join(places)}" if places else ""
        return f"{_with_instance(self.name, self.instance)}{place}"


@dataclass(frozen=True, slots=True, order=True)
class VariableName:
    """A variable of some component."""

    name: str = field(compare=False)
    instance: str | None = field(default=None, compare=False)
    key: tuple[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "instance", self.instance or None)
        object.__setattr__(self, "key", (self.name.casefold(), (self.instance or "").casefold()))

    def __str__(self) -> str:
        return _with_instance(self.name, self.instance)


class Place(NamedTuple):
    """One variable of one component."""

    component: ComponentName
    variable: VariableName

    def __str__(self) -> str:
        return f"{self.component}.{self.variable}"


class AttributeName(NamedTuple):
    """One value: an attribute of a variable of a component."""

    component: ComponentName
    variable: VariableName
    type: AttributeEnum = AttributeEnum.ACTUAL

    @property
    def place(self) -> Place:
        """The variable it belongs to."""
        return Place(self.component, self.variable)

    def __str__(self) -> str:
        suffix = "" if self.type is AttributeEnum.ACTUAL else f" ({self.type})"
        return f"{self.place}{suffix}"


def _with_instance(name: str, instance: str | None) -> str:
    return name if instance is None else f"{name}[{instance}]"

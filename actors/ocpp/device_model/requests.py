"""What is asked of a device model and what comes of it, as plain data with OCPP's words. Immutable."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.types.ocpp import AttributeEnum, GetVariableStatusEnumType, SetVariableStatusEnumType

if TYPE_CHECKING:
    from actors.ocpp.device_model.characteristics import Reason
    from actors.ocpp.device_model.names import AttributeName, ComponentName, VariableName


class Origin(enum.StrEnum):
    """Who asks. The values are those of `storage.ValueSource`."""

    CSMS = "csms"
    SITE = "site"
    """Another module or the operator."""
    INTERNAL = "internal"
    """A block of our own, which says how things are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequest:
    """One entry of SetVariables."""

    component: ComponentName
    variable: VariableName
    value: str
    attribute: AttributeEnum = AttributeEnum.ACTUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value has become another one: what monitors and subscribers are told."""

    name: AttributeName
    old: str | None
    new: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResult:
    """What came of one entry. Names and attribute are as they were asked for."""

    component: ComponentName
    variable: VariableName
    attribute: AttributeEnum
    status: SetVariableStatusEnumType
    reason: Reason | None = None
    """Of the status info; None: it needs none."""
    info: str = ""
    """For people, beside the reason."""
    change: Change | None = None
    """None also when the value was the same before."""

    @property
    def done(self) -> bool:
        """Whether the value has been set."""
        return self.status in _DONE


_DONE = frozenset({SetVariableStatusEnumType.ACCEPTED, SetVariableStatusEnumType.REBOOT_REQUIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRequest:
    """One entry of GetVariables."""

    component: ComponentName
    variable: VariableName
    attribute: AttributeEnum = AttributeEnum.ACTUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResult:
    """What came of one entry."""

    component: ComponentName
    variable: VariableName
    attribute: AttributeEnum
    status: GetVariableStatusEnumType
    value: str | None = None
    """Given when accepted, and shortened to what OCPP, or the station, lets a value be."""
    reason: Reason | None = None
    info: str = ""

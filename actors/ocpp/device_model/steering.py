"""A variable that evsite acts upon, with its type: read through the model, checked once at the start. Pure.

HEARTBEAT_INTERVAL = integer("OCPPCommCtrlr", "HeartbeatInterval", 86_400, unit="s")
model.read(HEARTBEAT_INTERVAL)                      # an int; mypy knows
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, TypedDict, TypeVar, Unpack

from actors.ocpp.device_model.characteristics import DataType, members
from actors.ocpp.device_model.names import ComponentName, Place, VariableName

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Need(enum.Enum):
    """Whether a station can do without the variable (row M11.11)."""

    OPTIONAL = enum.auto()
    WITH_COMPONENT = enum.auto()
    """It must be there with a value where its component is."""
    ALWAYS = enum.auto()
    """Its component must be there too; of an EVSE or connector, at each of them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steering(Generic[T]):
    """One such variable. Of a component EVSE or Connector it says nothing about which; reading it does."""

    component: str
    variable: VariableName
    data_types: frozenset[DataType]
    """What the file may declare it to be."""
    parse: Callable[[str], T]
    write: Callable[[T], str]
    default: T | None = None
    """What holds where there is no value."""
    unit: str | None = None
    need: Need = Need.OPTIONAL
    after_restart: bool = False
    """A new value takes effect after a restart; the CSMS is told so."""

    def at(self, evse_id: int | None = None, connector_id: int | None = None) -> Place:
        """The variable of one EVSE or connector, or of the station."""
        name = ComponentName(self.component, evse_id=evse_id, connector_id=connector_id)
        return Place(name, self.variable)

    def __str__(self) -> str:
        return f"{self.component}.{self.variable}"


class Options(TypedDict, total=False):
    """What most variables leave as it is; see `Steering`."""

    instance: str
    unit: str
    need: Need
    after_restart: bool


def boolean(
    component: str, variable: str, *, default: bool | None, **options: Unpack[Options]
) -> Steering[bool]:
    """True or false."""
    kinds = {DataType.BOOLEAN}
    return _steering(component, variable, kinds, _is_true, _boolean_text, default, options)


def integer(component: str, variable: str, default: int | None, **options: Unpack[Options]) -> Steering[int]:
    """A whole number."""
    return _steering(component, variable, {DataType.INTEGER}, int, str, default, options)


def decimal(
    component: str, variable: str, default: Decimal | None, **options: Unpack[Options]
) -> Steering[Decimal]:
    """A number, exact."""
    kinds = {DataType.DECIMAL, DataType.INTEGER}
    return _steering(component, variable, kinds, Decimal, _decimal_text, default, options)


def text(component: str, variable: str, default: str | None, **options: Unpack[Options]) -> Steering[str]:
    """A text, one out of a list, or a time as it is written."""
    kinds = {DataType.STRING, DataType.OPTION_LIST, DataType.DATE_TIME}
    return _steering(component, variable, kinds, str, str, default, options)


def listed(
    component: str, variable: str, default: tuple[str, ...] | None, **options: Unpack[Options]
) -> Steering[tuple[str, ...]]:
    """Several out of a list, in their order."""
    kinds = {DataType.STRING, DataType.MEMBER_LIST, DataType.SEQUENCE_LIST}
    return _steering(component, variable, kinds, members, ",".join, default, options)


def _is_true(text: str) -> bool:
    return text == "true"


def _boolean_text(value: bool) -> str:  # noqa: FBT001  # it is the value, not a switch
    return "true" if value else "false"


def _decimal_text(value: Decimal) -> str:
    return format(value, "f")


def _steering(
    component: str,
    variable: str,
    kinds: set[DataType],
    parse: Callable[[str], T],
    write: Callable[[T], str],
    default: T | None,
    options: Options,
) -> Steering[T]:
    return Steering(
        component=component,
        variable=VariableName(variable, options.get("instance")),
        data_types=frozenset(kinds),
        parse=parse,
        write=write,
        default=default,
        unit=options.get("unit"),
        need=options.get("need", Need.OPTIONAL),
        after_restart=options.get("after_restart", False),
    )

"""What a manifest is: the declaration of one kind of module that a site file can name (row M13.6).

A manifest is data. It says what may be configured (parameters), what the module offers to others
(provisions), what it needs from others (requirements) and which actor stands behind it. The checker and the
JSON Schema read the same manifests, so a parameter is declared once.
"""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Scalar: TypeAlias = bool | int | float | str
"""What a parameter can be (row M13.3)."""

TEMP_DIR: Final = "/tmp"  # noqa: S108  # EVerest's default for logs; nothing durable is kept there

EVEREST_INTERFACES: Final = frozenset(
    {
        "ISO15118_charger",
        "ISO15118_vas",
        "ac_rcd",
        "auth",
        "auth_token_provider",
        "auth_token_validator",
        "bank_session_token_provider",
        "car_simulator",
        "charger_information",
        "connector_lock",
        "dc_external_derate",
        "display_message",
        "energy",
        "energy_manager",
        "error_history",
        "evse_board_support",
        "evse_manager",
        "evse_security",
        "external_energy_limits",
        "iso15118_extensions",
        "isolation_monitor",
        "kvs",
        "ocpp",
        "ocpp_data_transfer",
        "over_voltage_monitor",
        "payment_terminal",
        "power_supply_DC",
        "powermeter",
        "reservation",
        "session_cost",
        "slac",
        "system",
        "test_control",
        "uk_random_delay",
    }
)
"""The interfaces of row M16.1: each has a module of messages under `protocols/interfaces/`."""

WIRING_INTERFACES: Final = frozenset(
    {
        "ISO15118_ev",
        "energy_price_information",
        "ev_board_support",
        "ev_manager",
        "ev_slac",
        "ocpp_1_6_charge_point",
    }
)
"""Interfaces that site files wire but that are outside the data set: the car's side of the simulation,
prices, and the deprecated face of the OCPP 1.6 module. Only their names matter to the checker."""

INTERFACES: Final = EVEREST_INTERFACES | WIRING_INTERFACES


class Kind(enum.StrEnum):
    """Type of a parameter's value."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One configuration key of a module or of one of its implementations."""

    name: str
    kind: Kind
    meaning: str
    default: Scalar | None = None
    """The value that holds when the key is absent; None: see `optional`."""
    optional: bool = False
    """Without a default: may the key be absent (the value is then None), or must it be given?"""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int = 0
    choices: tuple[str, ...] = ()
    lenient: bool = False
    """A value that is not among the choices is replaced by the default with a warning instead of refused."""
    unit: str = ""
    old_names: tuple[str, ...] = ()
    """Deprecated names of this key; accepted with a warning."""
    evse: bool = False
    """The value is the number of an EVSE of this site; 0, where allowed, means none in particular."""
    secret: bool = False
    """Never shown in messages, logs or `--json` output."""
    writable: bool = False
    """May be changed while the site runs (EVerest: mutability ReadWrite), say by the CSMS (row S20.8)."""

    @property
    def required(self) -> bool:
        """Whether the site file must give it."""
        return self.default is None and not self.optional


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One implementation that a module offers under `module_id/name`."""

    name: str
    interface: str
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One named need of a module: between `minimum` and `maximum` connections to an interface."""

    name: str
    interface: str
    minimum: int = 1
    maximum: int = 1
    evse_order: bool = False
    """The connections must stand in the order of their EVSE numbers, beginning with 1 (rows M1.7, M9.5)."""
    evse_mapped: bool = False
    """Whatever is connected is addressed by its EVSE mapping, so it must have one (row S19.4)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything the site file may say about one kind of module."""

    name: str
    meaning: str
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    provides: Mapping[str, Provision] = field(default_factory=lambda: MappingProxyType({}))
    requires: Mapping[str, Requirement] = field(default_factory=lambda: MappingProxyType({}))
    former_requires: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Requirement names that older files or documents use, each with what to write instead."""
    own_names: tuple[str, ...] = ()
    """Other names of ours for the same module."""
    stands_for: tuple[str, ...] = ()
    """EVerest's modules that this one replaces, where the names differ (simulators above all)."""
    old_names: tuple[str, ...] = ()
    """Names EVerest has given up; accepted with a warning."""
    enable_global_errors: bool = False
    """May listen to the errors of every module (row S17.1)."""
    actor: str | None = None
    """`package.module:Class` of the actor; None while it comes with a later version."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a site file may use for it, the proper one first."""
        return (self.name, *self.own_names, *self.stands_for, *self.old_names)

    @property
    def available(self) -> bool:
        """Whether a site can start it today."""
        return self.actor is not None

    @property
    def evse_parameter(self) -> str | None:
        """The parameter that says which EVSE the module belongs to, if it has one."""
        return next((name for name, one in self.parameters.items() if one.evse), None)


class _Named(Protocol):
    """Anything with a name of its own."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def named(*members: N) -> Mapping[str, N]:
    """The members by name, in order. Raises ValueError when a name occurs twice."""
    by_name = {member.name: member for member in members}
    if len(by_name) != len(members):
        raise ValueError(f"a name occurs twice in {[member.name for member in members]}")
    return MappingProxyType(by_name)


def default_on(name: str, meaning: str, *, writable: bool = False) -> Parameter:
    """A switch that is on unless the site file says otherwise."""
    return Parameter(name=name, kind=Kind.BOOLEAN, default=True, meaning=meaning, writable=writable)


def default_off(name: str, meaning: str, *, writable: bool = False) -> Parameter:
    """A switch that is off unless the site file says otherwise."""
    return Parameter(name=name, kind=Kind.BOOLEAN, default=False, meaning=meaning, writable=writable)


def integer(
    name: str,
    default: int | None,
    meaning: str,
    *,
    unit: str = "",
    minimum: int | None = 0,
    maximum: int | None = None,
    evse: bool = False,
    optional: bool = False,
    writable: bool = False,
    old_names: tuple[str, ...] = (),
) -> Parameter:
    """A whole number, not negative unless said."""
    return Parameter(
        name=name,
        kind=Kind.INTEGER,
        default=default,
        meaning=meaning,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        evse=evse,
        optional=optional,
        writable=writable,
        old_names=old_names,
    )


def number(
    name: str,
    default: float | None,
    meaning: str,
    *,
    unit: str = "",
    minimum: float | None = 0,
    maximum: float | None = None,
) -> Parameter:
    """A number, not negative unless said."""
    return Parameter(
        name=name,
        kind=Kind.NUMBER,
        default=default,
        meaning=meaning,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
    )


def text(
    name: str,
    default: str | None,
    meaning: str,
    *,
    min_length: int = 0,
    secret: bool = False,
    writable: bool = False,
) -> Parameter:
    """A string of any content."""
    return Parameter(
        name=name,
        kind=Kind.STRING,
        default=default,
        meaning=meaning,
        min_length=min_length,
        secret=secret,
        writable=writable,
    )


def choice(
    name: str,
    choices: tuple[str, ...],
    meaning: str,
    *,
    default: str | None = None,
    lenient: bool = False,
) -> Parameter:
    """A string out of a list; the default is the first unless said otherwise."""
    return Parameter(
        name=name,
        kind=Kind.STRING,
        default=choices[0] if default is None else default,
        meaning=meaning,
        choices=choices,
        lenient=lenient,
    )


def offers(name: str, interface: str, *parameters: Parameter) -> Provision:
    """A provided implementation. Raises ValueError for an interface nobody has heard of."""
    _known(interface)
    return Provision(name=name, interface=interface, parameters=named(*parameters))


def needs(
    name: str,
    interface: str,
    minimum: int = 1,
    maximum: int = 1,
    *,
    evse_order: bool = False,
    evse_mapped: bool = False,
) -> Requirement:
    """A requirement; exactly one connection unless said. Raises ValueError for an unknown interface."""
    _known(interface)
    return Requirement(
        name=name,
        interface=interface,
        minimum=minimum,
        maximum=maximum,
        evse_order=evse_order,
        evse_mapped=evse_mapped,
    )


def may_use(name: str, interface: str) -> Requirement:
    """A requirement that may stay unconnected."""
    return needs(name, interface, 0, 1)


def _known(interface: str) -> None:
    if interface not in INTERFACES:
        raise ValueError(f"{interface!r} is not an interface")

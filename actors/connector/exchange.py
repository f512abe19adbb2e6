"""What goes into the core of a connector and what comes out of it. Pure data."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from actors.connector.messages import Order
    from protocols.errors import ErrorType
    from protocols.message import Command, Reply, Var


class Device(enum.StrEnum):
    """What stands behind one outlet."""

    BOARD = "board"
    LOCK = "lock"
    RCD = "rcd"
    METER = "meter"
    """The one nearest to the car."""
    IMD = "imd"
    OVM = "ovm"
    SUPPLY = "supply"


@dataclass(frozen=True, slots=True)
class Ordered:
    """The manager has said how the outlet shall be, for the first time or again."""

    order: Order


@dataclass(frozen=True, slots=True)
class Told:
    """A device has published something."""

    device: Device
    variable: Var


@dataclass(frozen=True, slots=True)
class Stands:
    """These types of errors stand at a device now."""

    device: Device
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Served:
    """Whether a device has a driver now."""

    device: Device
    served: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A device has answered a command, or will never."""

    device: Device
    command: Command
    reply: Reply


@dataclass(frozen=True, slots=True)
class Passed:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class SiteRuns:
    """The whole site has started: from now on everybody says how things are."""


Input = Ordered | Told | Stands | Served | Answered | Passed | SiteRuns


@dataclass(frozen=True, slots=True)
class Do:
    """Have a device do something. It is idempotent, so it may reach it twice."""

    device: Device
    command: Command
    renewal: bool = False
    """Said again only so that it does not lapse: worthless when late, and nobody needs the answer."""


@dataclass(frozen=True, slots=True)
class Raise:
    """An error of the outlet itself begins to stand."""

    kind: ErrorType
    message: str
    severity: Severity = Severity.MEDIUM


@dataclass(frozen=True, slots=True)
class Clear:
    """It stands no longer."""

    kind: ErrorType


@dataclass(frozen=True, slots=True)
class Say:
    """Publish something that is no state."""

    variable: Var


Effect = Do | Raise | Clear | Say

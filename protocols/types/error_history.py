"""Errors raised in the past and present, and the filters to find them by.

Mirror of EVerest's types file `error_history`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message


@message
class ImplementationIdentifier:
    """The name of an actor's interface: module id and implementation id of the site file."""

    module_id: Annotated[str, Field(min_length=2)]
    implementation_id: Annotated[str, Field(min_length=2)]


class State(enum.StrEnum):
    """Whether an error still stands."""

    ACTIVE = "Active"
    CLEARED_BY_MODULE = "ClearedByModule"
    """Whoever raised it has cleared it."""
    CLEARED_BY_REBOOT = "ClearedByReboot"
    """It stood when the system went down."""


class SeverityFilter(enum.StrEnum):
    """The least severity that passes."""

    HIGH_GE = "HIGH_GE"
    """High only."""
    MEDIUM_GE = "MEDIUM_GE"
    """Medium and high."""
    LOW_GE = "LOW_GE"
    """All."""


@message
class TimeperiodFilter:
    """Errors raised between two moments."""

    timestamp_from: Timestamp
    timestamp_to: Timestamp


@message
class FilterArguments:
    """All given conditions must hold; an absent one lets everything pass."""

    state_filter: State | None = None
    origin_filter: ImplementationIdentifier | None = None
    type_filter: str | None = None
    """Full error type, list and name."""
    severity_filter: SeverityFilter | None = None
    timeperiod_filter: TimeperiodFilter | None = None
    handle_filter: str | None = None
    """The uuid of one error."""


class Severity(enum.StrEnum):
    """How bad an error is."""

    HIGH = "High"
    """Charging is not possible."""
    MEDIUM = "Medium"
    LOW = "Low"


@message
class ErrorObject:
    """One error as it was raised, and what became of it."""

    type: Annotated[str, Field(min_length=2)]
    """Full error type, list and name; see `protocols.errors`."""
    sub_type: str | None = None
    """Finer distinction by whoever raised it."""
    description: Annotated[str, Field(min_length=2)]
    """What the type means."""
    message: Annotated[str, Field(min_length=2)]
    """What happened this time."""
    severity: Severity
    origin: ImplementationIdentifier
    """Who raised it."""
    timestamp: Timestamp
    """When it was raised."""
    uuid: Annotated[str, Field(min_length=2)]
    """Names this one occurrence."""
    state: State

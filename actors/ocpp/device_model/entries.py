"""What stands in the journals of device-model values. The fields are in files."""

from __future__ import annotations

from protocols.message import message
from protocols.types.ocpp import AttributeEnum

# Declared here and not taken from elsewhere: a journal outlives every change of those.


@message
class ValueSet:
    """One attribute has a value that somebody set."""

    component: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable: str
    variable_instance: str | None = None
    attribute: AttributeEnum = AttributeEnum.ACTUAL
    value: str
    value_source: str
    """One of `storage.ValueSource`."""
    configured: str | None = None
    """Of a site parameter: what the site file said at the time; None where it said nothing."""


@message
class ValueForgotten:
    """What was set is no longer of interest."""

    component: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable: str
    variable_instance: str | None = None
    attribute: AttributeEnum = AttributeEnum.ACTUAL


@message
class AllValues:
    """Everything that is set."""

    values: tuple[ValueSet, ...] = ()

"""Value-added services that a station offers over ISO 15118 beside energy.

Mirror of EVerest's types file `iso15118_vas`.
"""

from typing import Annotated

from pydantic import Field

from protocols.message import message


@message
class ParameterValue:
    """The value of a parameter; exactly one of the fields is given, and which one is its type."""

    finite_string: Annotated[str | None, Field(max_length=80)] = None
    rational_number: float | None = None
    byte_value: int | None = None
    short_value: int | None = None
    int_value: int | None = None
    bool_value: bool | None = None


@message
class Parameter:
    """One property of a service."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    value: ParameterValue


@message
class ParameterSet:
    """One variant of a service that a car may choose."""

    set_id: int
    parameters: tuple[Parameter, ...]


@message
class SelectedService:
    """A service and the variant of it that a car chose."""

    service_id: int
    parameter_set_id: int


@message
class OfferedService:
    """A service a car may choose."""

    service_id: int
    service_name: Annotated[str | None, Field(min_length=1, max_length=32)] = None
    service_scope: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    """For instance the provider's name."""
    free_service: bool | None = None
    """Whether it costs nothing."""


@message
class OfferedServices:
    """All services of one provider."""

    services: tuple[OfferedService, ...]

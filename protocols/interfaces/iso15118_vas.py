"""A provider of value-added services over ISO 15118; several may be connected to one V2G session."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, Var, message

NAME: Final = "ISO15118_vas"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class GetServiceParametersReply(Reply):
    """Answer to `GetServiceParameters`."""

    parameter_sets: tuple[types.iso15118_vas.ParameterSet, ...]
    """The variants."""


@message
class GetServiceParameters(Command):
    """Ask for the variants of one service, when a car wants to know them."""

    answer: ClassVar[type[Reply]] = GetServiceParametersReply

    service_id: int


@message
class SelectedServices(Command):
    """Tell which services and variants a car has chosen; once for each choice."""

    selected_services: tuple[types.iso15118_vas.SelectedService, ...]


@message
class OfferedVas(Var):
    """The services this provider has at present."""

    offered: types.iso15118_vas.OfferedServices

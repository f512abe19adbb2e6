"""The name plate of the station."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, message

NAME: Final = "charger_information"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class GetChargerInformationReply(Reply):
    """Answer to `GetChargerInformation`."""

    information: types.charger_information.ChargerInformation


@message
class GetChargerInformation(Command):
    """Ask for the name plate."""

    answer: ClassVar[type[Reply]] = GetChargerInformationReply

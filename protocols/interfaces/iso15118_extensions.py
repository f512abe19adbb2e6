"""What ISO 15118 and OCPP have to tell each other past the EVSE manager."""

from typing import Final

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "iso15118_extensions"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class SetGetCertificateResponse(Command):
    """Pass on the CSMS's answer to `Iso15118CertificateRequest`."""

    certificate_response: types.iso15118.ResponseExiStreamStatus


@message
class Iso15118CertificateRequest(Var):
    """A car wants a contract certificate."""

    request: types.iso15118.RequestExiStreamSchema


@message
class ChargingNeeds(Var):
    """What a car needs, for the CSMS to make a charging profile of."""

    needs: types.iso15118.ChargingNeeds


@message
class EvInfo(Var):
    """What the handshakes tell about a car."""

    ev_info: types.iso15118.EvInformation


@message
class ServiceRenegotiationSupported(Var):
    """Whether the car lets services be negotiated again."""

    supported: bool

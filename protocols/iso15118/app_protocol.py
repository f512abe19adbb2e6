"""supportedAppProtocol: the first exchange, in which car and station agree on a protocol.

The schema is `app_protocol`. Local elements of this schema belong to no namespace.
"""

import enum
from typing import Annotated, Final

from protocols.iso15118.exi.datatypes import Integer, Text, UnsignedByte, UnsignedInt
from protocols.iso15118.exi.declare import Namespace, element, xml_type

APP_PROTOCOL: Final = Namespace("urn:iso:15118:2:2010:AppProtocol", qualified_elements=False)

NAMESPACES: Final = (APP_PROTOCOL,)
"""Everything that the schema of these messages reaches."""


class ResponseCode(enum.StrEnum):
    """Whether a protocol was found that both sides speak."""

    OK_SUCCESSFUL_NEGOTIATION = "OK_SuccessfulNegotiation"
    OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION = "OK_SuccessfulNegotiationWithMinorDeviation"
    FAILED_NO_NEGOTIATION = "Failed_NoNegotiation"


@xml_type(APP_PROTOCOL)
class AppProtocol:
    """A protocol that the car speaks, under a number of the car's choice."""

    protocol_namespace: Annotated[str, Text(high=100)]
    version_number_major: UnsignedInt
    version_number_minor: UnsignedInt
    schema_id: UnsignedByte = element("SchemaID")
    priority: Annotated[int, Integer(1, 20)]
    """1 is what the car likes best."""


@xml_type(APP_PROTOCOL, element="supportedAppProtocolReq")
class SupportedAppProtocolReq:
    """What the car speaks."""

    app_protocol: tuple[AppProtocol, ...] = element(max_occurs=20)


@xml_type(APP_PROTOCOL, element="supportedAppProtocolRes")
class SupportedAppProtocolRes:
    """What the station chose of it, by the car's number."""

    response_code: ResponseCode
    schema_id: UnsignedByte | None = element("SchemaID", default=None)

"""DIN SPEC 70121: the message around every body."""

from protocols.iso15118 import xmldsig
from protocols.iso15118.din.body import BodyElement
from protocols.iso15118.din.data_types import Notification
from protocols.iso15118.din.simple import MSG_DEF, MSG_HEADER, SessionIdType
from protocols.iso15118.exi.declare import element, xml_type


@xml_type(MSG_HEADER)
class MessageHeader:
    """What precedes the body of every message: the session, and a signature where one is due."""

    session_id: SessionIdType = element("SessionID")
    notification: Notification | None = None
    signature: xmldsig.Signature | None = element(reference=True, default=None)


@xml_type(MSG_DEF)
class Body:
    """The one message that a V2G_Message carries; empty is legal and used by nobody."""

    body_element: BodyElement | None = element(reference=True, default=None)


@xml_type(MSG_DEF, element="V2G_Message")
class V2gMessage:
    """A complete message: header and body."""

    header: MessageHeader
    body: Body

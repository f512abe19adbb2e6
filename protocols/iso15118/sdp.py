"""SECC Discovery Protocol: one UDP datagram asks where the station is, one answers. No socket, no clock.

`decode` takes a whole datagram, V2GTP header included, and gives one of the four messages; each message's
`encode` gives the datagram. Lengths are exact: a datagram that is longer or shorter is refused.

Sources: ISO 15118-2 7.10.1 and ISO 15118-20 7.10.1.5/.6 for the plain pair, which is the same in both;
ISO 15118-20 7.10.1.8 Table 22 and 7.10.1.9 Table 26 for the layout of the wireless pair. Taken from a public
dissector and not seen in the standard's own tables: the bit numbers of `Pairing`, the values of `DiagStatus`
and `CouplingType`. Not stated in what was found, and our choice: EVID and EVSEID are ASCII, filled up with
zero bytes on the right (trailing blanks are accepted as filling too).
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, ClassVar, Final

from protocols.iso15118 import v2gtp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PORT: Final = 15118
"""The UDP port of the SDP server, V2G_UDP_SDP_SERVER."""
MULTICAST_ADDRESS: Final = IPv6Address("ff02::1")
EVID_BYTES: Final = 20
EVSEID_BYTES: Final = 37

_PLAIN_REQUEST: Final = struct.Struct(">BB")
_PLAIN_RESPONSE: Final = struct.Struct(">16sHBB")
_WIRELESS_REQUEST: Final = struct.Struct(f">BBHB{EVID_BYTES}s{EVSEID_BYTES}s")
_WIRELESS_RESPONSE: Final = struct.Struct(f">16sHBBBB{EVSEID_BYTES}s")
_MAX_PAYLOAD_BYTES: Final = _WIRELESS_REQUEST.size


class SdpError(v2gtp.RemoteProtocolError):
    """A datagram that is no SDP message. `offset` counts from the start of the datagram."""


class Security(enum.IntEnum):
    """Whether the TCP port speaks TLS."""

    TLS = 0x00
    NO_TLS = 0x10


class Transport(enum.IntEnum):
    """The transport protocol; 0x10 is reserved for UDP and not accepted."""

    TCP = 0x00


class DiagStatus(enum.IntEnum):
    """How far the pairing of car and charger has come."""

    ONGOING = 0x00
    FINISHED_WITH_EVSEID = 0x01
    FINISHED_WITHOUT_EVSEID = 0x02
    ERROR_NO_SECC = 0x10


class CouplingType(enum.IntEnum):
    """The charging equipment that the car wants to couple with."""

    INVERSE_PANTOGRAPH_CROSS_RAIL = 0x00
    INVERSE_PANTOGRAPH_IN_LINE = 0x01
    PANTOGRAPH_CONTACT_DOME = 0x02
    PANTOGRAPH_ON_EV = 0x03
    UNDERNEATH_EV = 0x04
    BESIDE_OR_ABOVE_EV = 0x05
    WPT = 0x10
    ACD_U_MANIPULATOR_ON_INFRASTRUCTURE = 0x20
    ACD_U_MANIPULATOR_ON_EV = 0x21
    ACD_S = 0x30
    CONDUCTIVE_MANUAL = 0x40
    NOT_APPLICABLE = 0xFF


class Pairing(enum.IntFlag, boundary=enum.KEEP):
    """P2PS/PPD: the means of pairing and positioning that the car has. Unknown bits are kept."""

    NONE = 0
    PPD_ON_INFRASTRUCTURE = 0x0100
    PPD_ON_EV = 0x0200
    WPT_LF_ON_INFRASTRUCTURE = 0x0400
    WPT_LF_ON_EV = 0x0800
    WPT_CAMERA_ON_EV = 0x1000
    ACD_U_INFRARED = 0x2000
    ACD_DIRECTED_WLAN = 0x4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which security and transport the car wants."""

    payload_type: ClassVar = v2gtp.PayloadType.SDP_REQUEST
    security: Security
    transport: Transport = Transport.TCP

    def encode(self) -> bytes:
        """The datagram."""
        return v2gtp.encode(self.payload_type, _PLAIN_REQUEST.pack(self.security, self.transport))


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Where the station listens, and how that port is secured."""

    payload_type: ClassVar = v2gtp.PayloadType.SDP_RESPONSE
    address: IPv6Address
    port: int
    security: Security
    transport: Transport = Transport.TCP

    def __post_init__(self) -> None:
        _check_port(self.port)

    def encode(self) -> bytes:
        """The datagram."""
        payload = _PLAIN_RESPONSE.pack(self.address.packed, self.port, self.security, self.transport)
        return v2gtp.encode(self.payload_type, payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class WirelessRequest:
    """As `Request`, over WLAN: with what the pairing of car and charger needs."""

    payload_type: ClassVar = v2gtp.PayloadType.SDP_REQUEST_WIRELESS
    security: Security
    transport: Transport = Transport.TCP
    pairing: Pairing = Pairing.NONE
    coupling: CouplingType
    evid: str = ""
    """The car as the pairing device sees it; at most 20 ASCII characters."""
    evseid: str = ""
    """The charger that the car asks for, if it knows; at most 37 ASCII characters."""

    def __post_init__(self) -> None:
        _fixed("EVID", self.evid, EVID_BYTES)
        _fixed("EVSEID", self.evseid, EVSEID_BYTES)

    def encode(self) -> bytes:
        """The datagram."""
        payload = _WIRELESS_REQUEST.pack(
            self.security,
            self.transport,
            self.pairing,
            self.coupling,
            _fixed("EVID", self.evid, EVID_BYTES),
            _fixed("EVSEID", self.evseid, EVSEID_BYTES),
        )
        return v2gtp.encode(self.payload_type, payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class WirelessResponse:
    """As `Response`, over WLAN: with how far the pairing has come."""

    payload_type: ClassVar = v2gtp.PayloadType.SDP_RESPONSE_WIRELESS
    address: IPv6Address
    port: int
    security: Security
    transport: Transport = Transport.TCP
    status: DiagStatus
    coupling: CouplingType
    evseid: str = ""

    def __post_init__(self) -> None:
        _check_port(self.port)
        _fixed("EVSEID", self.evseid, EVSEID_BYTES)

    def encode(self) -> bytes:
        """The datagram."""
        payload = _WIRELESS_RESPONSE.pack(
            self.address.packed,
            self.port,
            self.security,
            self.transport,
            self.status,
            self.coupling,
            _fixed("EVSEID", self.evseid, EVSEID_BYTES),
        )
        return v2gtp.encode(self.payload_type, payload)


Message = Request | Response | WirelessRequest | WirelessResponse


def decode(datagram: bytes) -> Message:
    """The SDP message that one datagram holds. Raises SdpError, or RemoteProtocolError for its header."""
    if len(datagram) < v2gtp.HEADER_BYTES:
        raise SdpError("datagram", len(datagram), "too short for a V2GTP header")
    payload_type, length = v2gtp.read_header(datagram[: v2gtp.HEADER_BYTES], 0, _MAX_PAYLOAD_BYTES)
    if payload_type not in _DECODERS:
        raise SdpError("payload type", 2, f"{payload_type:#06x} is not an SDP message")
    layout, decoder = _DECODERS[payload_type]
    if length != layout.size or len(datagram) != v2gtp.HEADER_BYTES + length:
        raise SdpError(
            "payload length",
            4,
            f"this message has exactly {layout.size} bytes; the header says {length}, "
            f"the datagram has {len(datagram) - v2gtp.HEADER_BYTES}",
        )
    return decoder(datagram[v2gtp.HEADER_BYTES :])


def _request(payload: bytes) -> Request:
    security, transport = _PLAIN_REQUEST.unpack(payload)
    return Request(security=_security(security, 0), transport=_transport(transport, 1))


def _response(payload: bytes) -> Response:
    address, port, security, transport = _PLAIN_RESPONSE.unpack(payload)
    return Response(
        address=IPv6Address(address),
        port=_port(port),
        security=_security(security, 18),
        transport=_transport(transport, 19),
    )


def _wireless_request(payload: bytes) -> WirelessRequest:
    security, transport, pairing, coupling, evid, evseid = _WIRELESS_REQUEST.unpack(payload)
    return WirelessRequest(
        security=_security(security, 0),
        transport=_transport(transport, 1),
        pairing=Pairing(pairing),
        coupling=_coupling(coupling, 4),
        evid=_text("EVID", evid, 5),
        evseid=_text("EVSEID", evseid, 25),
    )


def _wireless_response(payload: bytes) -> WirelessResponse:
    address, port, security, transport, status, coupling, evseid = _WIRELESS_RESPONSE.unpack(payload)
    if status not in _STATUSES:
        raise _reserved("DiagStatus", status, 20)
    return WirelessResponse(
        address=IPv6Address(address),
        port=_port(port),
        security=_security(security, 18),
        transport=_transport(transport, 19),
        status=DiagStatus(status),
        coupling=_coupling(coupling, 21),
        evseid=_text("EVSEID", evseid, 22),
    )


_DECODERS: Final[Mapping[int, tuple[struct.Struct, Callable[[bytes], Message]]]] = {
    v2gtp.PayloadType.SDP_REQUEST: (_PLAIN_REQUEST, _request),
    v2gtp.PayloadType.SDP_RESPONSE: (_PLAIN_RESPONSE, _response),
    v2gtp.PayloadType.SDP_REQUEST_WIRELESS: (_WIRELESS_REQUEST, _wireless_request),
    v2gtp.PayloadType.SDP_RESPONSE_WIRELESS: (_WIRELESS_RESPONSE, _wireless_response),
}
_UINT16: Final = 0xFFFF
_STATUSES: Final = frozenset(map(int, DiagStatus))
_COUPLINGS: Final = frozenset(map(int, CouplingType))
_SECURITIES: Final = frozenset(map(int, Security))
_TRANSPORTS: Final = frozenset(map(int, Transport))


def _reserved(field: str, value: int, offset: int) -> SdpError:
    return SdpError(field, v2gtp.HEADER_BYTES + offset, f"{value:#04x} is a reserved value")


def _security(value: int, offset: int) -> Security:
    if value not in _SECURITIES:
        raise _reserved("security", value, offset)
    return Security(value)


def _transport(value: int, offset: int) -> Transport:
    if value not in _TRANSPORTS:
        raise _reserved("transport protocol", value, offset)
    return Transport(value)


def _coupling(value: int, offset: int) -> CouplingType:
    if value not in _COUPLINGS:
        raise _reserved("CouplingType", value, offset)
    return CouplingType(value)


def _port(value: int) -> int:
    if value == 0:
        raise SdpError("SECC port", v2gtp.HEADER_BYTES + 16, "port 0 cannot be connected to")
    return value


def _text(field: str, raw: bytes, offset: int) -> str:
    text = raw.rstrip(b"\0 ")
    if not (text.isascii() and text.decode("ascii").isprintable()):
        raise SdpError(field, v2gtp.HEADER_BYTES + offset, "not printable ASCII")
    return text.decode("ascii")


def _check_port(port: int) -> None:
    if not 0 < port <= _UINT16:
        raise v2gtp.LocalProtocolError(f"{port} is no TCP port")


def _fixed(field: str, text: str, size: int) -> bytes:
    if len(text) > size or not (text.isascii() and text.isprintable()) or text.endswith(" "):
        raise v2gtp.LocalProtocolError(
            f"{field} is at most {size} printable ASCII characters, not {text[:99]!r}"
        )
    return text.encode("ascii").ljust(size, b"\0")

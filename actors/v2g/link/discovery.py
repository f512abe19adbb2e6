"""What a station answers to a car's discovery request (SDP). Pure.

Source: ISO 15118-2 7.10.1, rows S4.5 and M7.2. A station says what it offers and leaves it to the car
whether that will do: one that forces TLS answers a request for plain TCP with its TLS port.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.iso15118 import sdp, v2gtp

if TYPE_CHECKING:
    from ipaddress import IPv6Address


class TlsSecurity(enum.StrEnum):
    """Parameter `tls_security`."""

    PROHIBIT = "prohibit"
    ALLOW = "allow"
    FORCE = "force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where a link listens; None where it does not."""

    address: IPv6Address
    plain: int | None
    tls: int | None


def answer(datagram: bytes, ports: Ports, policy: TlsSecurity) -> bytes | str:
    """The datagram to send back, or why none is sent.

    Wireless requests are not for a station with a cable, and responses are somebody else's.
    """
    try:
        request = sdp.decode(datagram)
    except v2gtp.V2gtpError as error:
        return str(error)
    if not isinstance(request, sdp.Request):
        return "not a request"
    wants_tls = request.security is sdp.Security.TLS and policy is not TlsSecurity.PROHIBIT
    use_tls = ports.tls is not None and (wants_tls or policy is TlsSecurity.FORCE)
    port = ports.tls if use_tls else ports.plain
    if port is None:
        return "no port for it"
    security = sdp.Security.TLS if use_tls else sdp.Security.NO_TLS
    return sdp.Response(address=ports.address, port=port, security=security).encode()

"""SECC discovery from the car's side: what to ask, and which answers count. Pure.

Source: ISO 15118-2 7.10.1: 50 requests, 250 ms apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.iso15118 import sdp, v2gtp

if TYPE_CHECKING:
    from protocols.iso15118.sdp import Response


def request(*, tls: bool) -> bytes:
    """The datagram that asks for a port with or without TLS."""
    return sdp.Request(security=sdp.Security.TLS if tls else sdp.Security.NO_TLS).encode()


def accept(datagram: bytes, *, tls: bool, required: bool) -> Response | None:
    """The answer in a datagram, or None for one that does not count.

    A station may offer no TLS to a car that asks for it; a car that needs it goes on asking.
    """
    try:
        found = sdp.decode(datagram)
    except v2gtp.RemoteProtocolError:
        return None
    if not isinstance(found, sdp.Response):
        return None
    secured = found.security is sdp.Security.TLS
    if secured and not tls:
        return None
    return found if secured or not required else None

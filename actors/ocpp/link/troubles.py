"""Why there is no connection, in the words of `Trouble`. Pure.

What is told of a failure is ours: a word of the peer's is shown only as far as it can be printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from websockets.exceptions import InvalidHeader, InvalidStatus, NegotiationError, PayloadTooBig

from actors.ocpp.messages import Trouble
from certs.tls.csms import SECURITY_EVENTS, CsmsFault, classify

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from websockets.frames import Close

MAX_DETAIL: Final = 200
"""Characters of what is told."""
_EVENTS: Final = MappingProxyType(
    {
        "InvalidCsmsCertificate": Trouble.CERTIFICATE,
        "InvalidTLSVersion": Trouble.TLS_VERSION,
        "InvalidTLSCipherSuite": Trouble.TLS_CIPHER,
    }
)
_STATUS: Final[Mapping[int, Trouble]] = MappingProxyType(
    {HTTPStatus.UNAUTHORIZED: Trouble.CREDENTIALS, HTTPStatus.FORBIDDEN: Trouble.CREDENTIALS}
)
"""Answers to the upgrade that do not just refuse it."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """What went wrong with a connection."""

    trouble: Trouble
    detail: str
    """For people, without secrets."""
    breach: bool = False
    """The peer sent what no websocket peer may: too large a frame, broken framing."""


def of_tls(error: ssl.SSLError) -> Mishap:
    """A failure of TLS, in the handshake or later."""
    fault = classify(error) or CsmsFault.PROTOCOL
    if fault is CsmsFault.REFUSED_BY_SERVER:
        return Mishap(Trouble.CREDENTIALS, str(fault))
    if (event := SECURITY_EVENTS.get(fault)) is not None:
        return Mishap(_EVENTS[event], printable(str(getattr(error, "strerror", "") or fault)))
    return Mishap(Trouble.LOST, f"TLS: {fault}")


def of_upgrade(error: Exception, versions: int) -> Mishap:
    """The websocket handshake came to nothing; so many versions were offered."""
    if isinstance(error, InvalidStatus):
        return of_status(error.response.status_code)
    if isinstance(error, NegotiationError | InvalidHeader) and "subprotocol" in _about(error):
        return no_version(versions, chosen=True)
    if isinstance(error.__cause__, EOFError):
        return dropped()
    return Mishap(Trouble.REFUSED, f"the answer to the upgrade is none: {type(error).__name__}")


def _about(error: NegotiationError | InvalidHeader) -> str:
    return "subprotocol" if getattr(error, "name", "") == "Sec-WebSocket-Protocol" else str(error)


def of_status(status: int) -> Mishap:
    """The upgrade was answered otherwise than with 101."""
    phrase = HTTPStatus(status).phrase if status in _PHRASES else "a status nobody knows"
    return Mishap(_STATUS.get(status, Trouble.REFUSED), f"HTTP {status}: {phrase}")


def dropped() -> Mishap:
    """The socket was closed before the upgrade was answered."""
    detail = "dropped without an answer to the upgrade; some do that for a name or password that is wrong"
    return Mishap(Trouble.REFUSED, detail)


def no_version(versions: int, *, chosen: bool) -> Mishap:
    """None of the offered versions was chosen."""
    what = "another subprotocol than those offered" if chosen else "none of the subprotocols offered"
    return Mishap(Trouble.VERSION, f"the CSMS chose {what} ({versions})")


def of_close(close: Close | None) -> Mishap:
    """The CSMS said good-bye."""
    if close is None:
        return Mishap(Trouble.CLOSED, "closed without a code")
    return Mishap(Trouble.CLOSED, printable(f"closed with {close.code} {close.reason}".rstrip()))


def of_framing(error: Exception) -> Mishap:
    """The websocket broke off: the stream ended, or the peer did not keep to the protocol."""
    if isinstance(error, EOFError):
        return Mishap(Trouble.LOST, "the connection ended without a close frame")
    what = "a frame that is too large" if isinstance(error, PayloadTooBig) else "no websocket frame"
    return Mishap(Trouble.CLOSED, f"given up: the CSMS sent {what}", breach=True)


def printable(text: str) -> str:
    """A bounded text without what terminals take for orders."""
    return "".join(each if each.isprintable() else "?" for each in text[:MAX_DETAIL])


_PHRASES: Final = frozenset(int(each) for each in HTTPStatus)

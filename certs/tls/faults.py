"""What can go wrong on a TLS connection, and the alert that tells the other end. Pure: values and bytes only.

Source: RFC 8446 6 (alerts of 1.2 have the same numbers), RFC 6066 3 and 8.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from certs.verdict import Refused


class Alert(enum.IntEnum):
    """The alerts of TLS 1.2 and 1.3 by number."""

    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    RECORD_OVERFLOW = 22
    HANDSHAKE_FAILURE = 40
    BAD_CERTIFICATE = 42
    UNSUPPORTED_CERTIFICATE = 43
    CERTIFICATE_REVOKED = 44
    CERTIFICATE_EXPIRED = 45
    CERTIFICATE_UNKNOWN = 46
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    ACCESS_DENIED = 49
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    PROTOCOL_VERSION = 70
    INSUFFICIENT_SECURITY = 71
    INTERNAL_ERROR = 80
    INAPPROPRIATE_FALLBACK = 86
    USER_CANCELED = 90
    NO_RENEGOTIATION = 100
    MISSING_EXTENSION = 109
    UNSUPPORTED_EXTENSION = 110
    UNRECOGNIZED_NAME = 112
    BAD_CERTIFICATE_STATUS_RESPONSE = 113
    CERTIFICATE_REQUIRED = 116
    NO_APPLICATION_PROTOCOL = 120


class Fault(enum.StrEnum):
    """Why a connection failed."""

    NOT_TLS = "the bytes are not TLS"
    MALFORMED = "a ClientHello that cannot be read"
    OVERSIZED = "more bytes than a handshake may take"
    VERSION = "no version of TLS in common"
    SUITE = "no cipher suite in common"
    GROUP = "no key exchange group in common"
    SIGNATURE = "no certificate that the client can verify"
    NO_CHAIN = "no certificate chain that is valid now"
    NO_PEER_CERTIFICATE = "the peer has shown no certificate"
    PEER_CERTIFICATE = "the peer's certificate is not trusted"
    STAPLE = "no OCSP response of the server that counts"
    PEER_ALERT = "the peer has given up"
    PROTOCOL = "the peer does not keep to the protocol"
    TRUNCATED = "the stream ended without close_notify"
    UNREAD = "more bytes arrived than are kept unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailure:
    """Why a connection is over. `alert` is the one we have sent, or for PEER_ALERT the one received."""

    fault: Fault
    alert: int | None = None
    detail: str = ""
    refused: Refused | None = None
    """The verdict on the peer's certificate, for PEER_CERTIFICATE."""

    def __str__(self) -> str:
        reason = str(self.refused) if self.refused is not None else self.detail
        return f"{self.fault}: {reason}" if reason else str(self.fault)


class TlsStateError(RuntimeError):
    """We have asked something of a connection that its state does not allow: our mistake, not the peer's."""


class TlsBacklogError(TlsStateError):
    """More bytes wait to be sent than are kept. Nothing of the rejected write was taken."""


def alert_name(number: int) -> str:
    """The name of an alert as RFC 8446 writes it; `alert_199` for those it does not know."""
    return Alert(number).name.lower() if number in _KNOWN else f"alert_{number}"


def alert_record(alert: Alert) -> bytes:
    """A fatal alert as an unprotected record, for the time before there are keys."""
    return bytes((21, 3, 3, 0, 2, 2, alert))


_KNOWN: Final = frozenset(int(alert) for alert in Alert)

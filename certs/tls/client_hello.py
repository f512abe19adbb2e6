"""Reads a ClientHello before OpenSSL does, so that one port can serve cars of both editions. Sans-IO.

`HelloReader` takes bytes as they come and keeps them, ready to be handed on; the caps hold whatever the
client sends. Source: RFC 8446 4.1.2 and 5.1, RFC 5246 7.4.1.2, RFC 6066.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certs.tls.authorities import (
    CERTIFICATE_AUTHORITIES,
    TRUSTED_CA_KEYS,
    TrustedAuthority,
    parse_certificate_authorities,
    parse_trusted_ca_keys,
)
from certs.tls.faults import Alert, Fault, TlsFailure
from certs.tls.wire import Cursor, VectorError, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HELLO_BYTES: Final = 16 * 1024
"""Of one ClientHello. Those of cars have 200 to 600 bytes, post-quantum browsers 2 KiB."""
MAX_RECORDS: Final = 64
"""That one ClientHello may be cut into."""
MAX_EXTENSIONS: Final = 64
TLS12: Final = 0x0303
TLS13: Final = 0x0304

_SUPPORTED_GROUPS: Final = 10
_STATUS_REQUEST: Final = 5
_SIGNATURE_ALGORITHMS: Final = 13
_STATUS_REQUEST_V2: Final = 17
_SUPPORTED_VERSIONS: Final = 43
_RECORD_HEADER: Final = 5
_MESSAGE_HEADER: Final = 4
_HANDSHAKE: Final = 22
_CLIENT_HELLO: Final = 1
_MAX_RECORD: Final = 2**14


class HelloError(ValueError):
    """The bytes are no ClientHello we accept. `failure` names fault and alert."""

    def __init__(self, fault: Fault, alert: Alert, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.failure = TlsFailure(fault=fault, alert=alert, detail=detail)

    def __reduce__(self) -> tuple[type[HelloError], tuple[Fault, Alert, str]]:
        failure = self.failure
        return type(self), (failure.fault, Alert(failure.alert or 0), failure.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHello:
    """What a client offers. None where it does not say; numbers are those of the IANA registries."""

    legacy_version: int
    random: bytes
    suites: tuple[int, ...]
    extensions: tuple[int, ...]
    """Their types, in order."""
    supported_versions: tuple[int, ...] | None = None
    groups: tuple[int, ...] | None = None
    signature_schemes: tuple[int, ...] | None = None
    trusted_authorities: tuple[TrustedAuthority, ...] | None = None
    certificate_authorities: tuple[bytes, ...] | None = None
    """DER names."""
    hints_unreadable: bool = False
    """Whether one of the two above was sent but could not be read. They are hints: no reason to refuse."""

    @property
    def wants_status(self) -> bool:
        """Whether it asks for an OCSP response of the leaf."""
        return _STATUS_REQUEST in self.extensions

    @property
    def wants_status_of_all(self) -> bool:
        """Whether it asks for the responses of the whole chain in the way of RFC 6961."""
        return _STATUS_REQUEST_V2 in self.extensions

    def offers(self, version: int) -> bool:
        """Whether the client speaks this version: 0x0303 for TLS 1.2, 0x0304 for TLS 1.3."""
        if self.supported_versions is not None:
            return version in self.supported_versions
        return version <= TLS12 and version <= self.legacy_version


class HelloReader:
    """Gathers one ClientHello from a stream of bytes."""

    def __init__(self) -> None:
        self.raw = bytearray()
        """Everything fed, to be handed to OpenSSL; bytes behind the hello included."""
        self._at = 0
        self._records = 0
        self._message = bytearray()

    def feed(self, data: bytes) -> ClientHello | None:
        """Take bytes; give the hello once it is complete. HelloError if it never will be."""
        self.raw += data
        while not self._is_complete() and self._next_record():
            pass
        if not self._is_complete():
            return None
        return parse_client_hello(bytes(self._message[_MESSAGE_HEADER : self._size()]))

    def _size(self) -> int:
        """Of the handshake message with its header."""
        return _MESSAGE_HEADER + int.from_bytes(self._message[1:_MESSAGE_HEADER], "big")

    def _is_complete(self) -> bool:
        return len(self._message) >= _MESSAGE_HEADER and len(self._message) >= self._size()

    def _next_record(self) -> bool:
        """Move the content of one whole record into the message; False if there is none."""
        available = len(self.raw) - self._at
        self._check_header(bytes(self.raw[self._at : self._at + _RECORD_HEADER]))
        if available < _RECORD_HEADER:
            return False
        length = int.from_bytes(self.raw[self._at + 3 : self._at + _RECORD_HEADER], "big")
        start = self._at + _RECORD_HEADER
        if available < _RECORD_HEADER + length:
            self._check_message(self.raw[start : start + _MESSAGE_HEADER])
            return False
        self._message += self.raw[start : start + length]
        self._check_message(b"")
        self._at = start + length
        self._records += 1
        if self._records >= MAX_RECORDS and not self._is_complete():
            raise HelloError(Fault.OVERSIZED, Alert.ILLEGAL_PARAMETER, f"more than {MAX_RECORDS} records")
        return True

    def _check_header(self, header: bytes) -> None:
        """As much of it as is there: whoever does not speak TLS is found by the first byte."""
        if (header and header[0] != _HANDSHAKE) or (len(header) > 1 and header[1] != TLS12 >> 8):
            raise HelloError(Fault.NOT_TLS, Alert.UNEXPECTED_MESSAGE, f"it begins with {header[:2].hex()}")
        if len(header) < _RECORD_HEADER:
            return
        length = int.from_bytes(header[3:], "big")
        if length > _MAX_RECORD:
            raise HelloError(Fault.OVERSIZED, Alert.RECORD_OVERFLOW, f"a record of {length} bytes")
        if length == 0:
            raise HelloError(Fault.MALFORMED, Alert.UNEXPECTED_MESSAGE, "an empty record")

    def _check_message(self, more: bytes | bytearray) -> None:
        begin = bytes(self._message[:_MESSAGE_HEADER]) + bytes(more)
        if begin and begin[0] != _CLIENT_HELLO:
            raise HelloError(Fault.MALFORMED, Alert.UNEXPECTED_MESSAGE, f"handshake message {begin[0]}")
        length = int.from_bytes(begin[1:_MESSAGE_HEADER], "big")
        if len(begin) >= _MESSAGE_HEADER and length > MAX_HELLO_BYTES:
            raise HelloError(Fault.OVERSIZED, Alert.ILLEGAL_PARAMETER, f"a ClientHello of {length} bytes")


def parse_client_hello(body: bytes) -> ClientHello:
    """The hello from the body of its handshake message. HelloError if it is malformed."""
    try:
        return _parse(Cursor(body))
    except VectorError as error:
        raise HelloError(Fault.MALFORMED, Alert.DECODE_ERROR, str(error)) from None


def _parse(body: Cursor) -> ClientHello:
    version = body.number(2)
    random = body.take(32)
    if len(body.vector(1)) > 32:  # noqa: PLR2004  # a session id has 0 to 32 bytes
        raise VectorError("a session id of more than 32 bytes")
    suites = numbers(body.vector(2, least=2), 2)
    body.vector(1, least=1)  # compression methods, which OpenSSL judges
    extensions = _extensions(Cursor(body.vector(2)) if body else Cursor(b""))
    body.finish()
    authorities, names, unreadable = _hints(extensions)
    return ClientHello(
        legacy_version=version,
        random=random,
        suites=suites,
        extensions=tuple(extensions),
        supported_versions=_numbers_in(extensions.get(_SUPPORTED_VERSIONS), 1),
        groups=_numbers_in(extensions.get(_SUPPORTED_GROUPS), 2),
        signature_schemes=_numbers_in(extensions.get(_SIGNATURE_ALGORITHMS), 2),
        trusted_authorities=authorities,
        certificate_authorities=names,
        hints_unreadable=unreadable,
    )


def _extensions(row: Cursor) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while row:
        kind, content = row.number(2), row.vector(2)
        if kind in found:
            raise HelloError(Fault.MALFORMED, Alert.ILLEGAL_PARAMETER, f"extension {kind} comes twice")
        if len(found) == MAX_EXTENSIONS:
            raise HelloError(
                Fault.OVERSIZED, Alert.ILLEGAL_PARAMETER, f"more than {MAX_EXTENSIONS} extensions"
            )
        found[kind] = content
    return found


def _numbers_in(content: bytes | None, length_bytes: int) -> tuple[int, ...] | None:
    if content is None:
        return None
    outer = Cursor(content)
    found = numbers(outer.vector(length_bytes, least=2), 2)
    outer.finish()
    return found


def _hints(
    extensions: Mapping[int, bytes],
) -> tuple[tuple[TrustedAuthority, ...] | None, tuple[bytes, ...] | None, bool]:
    authorities, names, unreadable = None, None, False
    try:
        if (content := extensions.get(TRUSTED_CA_KEYS)) is not None:
            authorities = parse_trusted_ca_keys(content)
    except VectorError:
        unreadable = True
    try:
        if (content := extensions.get(CERTIFICATE_AUTHORITIES)) is not None:
            names = parse_certificate_authorities(content)
    except VectorError:
        unreadable = True
    return authorities, names, unreadable

"""Opens the records of a captured TLS connection with the secrets of a key log. Reads only, speaks to nobody.

TLS 1.2: the ECDHE and ECDH suites of ISO 15118-2 with AES-128-CBC and HMAC-SHA256 (encrypt-then-MAC too),
AES-GCM and ChaCha20-Poly1305. TLS 1.3: its three common suites, HelloRetryRequest and key updates. Every
record is authenticated: a wrong secret gives `TlsError`, never garbage.

Sources: RFC 5246, 5288, 7366, 7905 (1.2), RFC 8446 (1.3), RFC 5869 (HKDF).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from protocols.iso15118.capture.record_protection import (
    SUITES,
    Opener,
    Suite,
    TlsError,
    openers_12,
    openers_13,
)
from protocols.iso15118.capture.tcp import Side

if TYPE_CHECKING:
    from protocols.iso15118.capture.keylog import KeyLog

_CHANGE_CIPHER_SPEC: Final = 20
_ALERT: Final = 21
_HANDSHAKE: Final = 22
_APPLICATION_DATA: Final = 23
_TYPES: Final = frozenset((_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _APPLICATION_DATA))
_RECORD_HEADER: Final = 5
_MAX_RECORD_BYTES: Final = 2**14 + 2048
_MAX_HANDSHAKE_BYTES: Final = 2**18
_CLIENT_HELLO: Final = 1
_SERVER_HELLO: Final = 2
_FINISHED: Final = 20
_KEY_UPDATE: Final = 24
_ENCRYPT_THEN_MAC: Final = 22
_SUPPORTED_VERSIONS: Final = 43
_TLS13: Final = b"\x03\x04"
_RETRY: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def looks_like_tls(data: bytes) -> bool:
    """Whether a stream that begins so is TLS: a handshake record of version 3.x."""
    return data[:2] == b"\x16\x03"


class _Stream:
    """One direction: bytes not yet a record, handshake bytes not yet a message, and the record protection."""

    def __init__(self) -> None:
        self.records = bytearray()
        self.handshake = bytearray()
        self.openers: list[Opener] = []
        """The keys in use, first, and those that follow on Finished."""
        self.protected = False


class TlsReader:
    """Both directions of one TLS connection.

    `feed` takes bytes of either direction in the order of the capture and gives what applications said to
    each other. It never raises: when the connection cannot be read, `error` says why, and nothing more comes.
    """

    def __init__(self, secrets: KeyLog) -> None:
        self._secrets = secrets
        self._streams = {side: _Stream() for side in Side}
        self._client_random = b""
        self._server_random = b""
        self._suite: Suite | None = None
        self._is_13 = False
        self._out: list[tuple[Side, bytes]] = []
        self.error: TlsError | None = None

    @property
    def pending_bytes(self) -> int:
        """Bytes taken and not read yet: part of a record, or records that wait for the server's choice."""
        return sum(len(stream.records) for stream in self._streams.values())

    def feed(self, sender: Side, data: bytes) -> list[tuple[Side, bytes]]:
        """Take bytes of one direction; return pairs of sender and application data."""
        self._out = []
        if self.error is not None:
            return self._out
        self._streams[sender].records += data
        try:
            self._read(sender)
            # what the client sent early may have waited for the server's choice of keys
            self._read(Side.SERVER if sender is Side.CLIENT else Side.CLIENT)
        except TlsError as error:
            self.error = error
            self._streams = {side: _Stream() for side in Side}
        return self._out

    def _read(self, sender: Side) -> None:
        stream = self._streams[sender]
        while len(stream.records) >= _RECORD_HEADER:
            kind, major, length = struct.unpack_from(">BBxH", stream.records)
            if kind not in _TYPES or major != 3 or length > _MAX_RECORD_BYTES:  # noqa: PLR2004  # SSL 3.x
                raise TlsError("a record header that is none")
            if len(stream.records) < _RECORD_HEADER + length or self._must_wait(stream, kind):
                return
            header = bytes(stream.records[:_RECORD_HEADER])
            body = bytes(stream.records[_RECORD_HEADER : _RECORD_HEADER + length])
            del stream.records[: _RECORD_HEADER + length]
            self._record(sender, stream, header, body)

    def _must_wait(self, stream: _Stream, kind: int) -> bool:
        return kind == _APPLICATION_DATA and not stream.openers and self._suite is None

    def _record(self, sender: Side, stream: _Stream, header: bytes, body: bytes) -> None:
        kind = header[0]
        if kind == _CHANGE_CIPHER_SPEC:
            if not self._client_random:
                raise TlsError("the beginning of the connection is missing")
            # in 1.3 it means nothing, and comes before a second ClientHello too, when nothing is known yet
            stream.protected = stream.protected or (self._suite is not None and not self._is_13)
            return
        if self._is_13 and kind == _APPLICATION_DATA:
            kind, body = _inner(self._opener(stream).open(header, body))
        elif stream.protected and not self._is_13:
            body = self._opener(stream).open(header, body)
        elif kind == _APPLICATION_DATA:
            raise TlsError("application data before the handshake")
        if kind == _APPLICATION_DATA:
            if body:
                self._out.append((sender, body))
        elif kind == _HANDSHAKE:
            self._handshake(sender, stream, body)

    def _opener(self, stream: _Stream) -> Opener:
        if not stream.openers and self._suite is not None:
            make = openers_13 if self._is_13 else openers_12
            client, server = make(self._suite, self._secrets, self._client_random, self._server_random)
            self._streams[Side.CLIENT].openers, self._streams[Side.SERVER].openers = client, server
        return stream.openers[0]

    def _handshake(self, sender: Side, stream: _Stream, body: bytes) -> None:
        stream.handshake += body
        if len(stream.handshake) > _MAX_HANDSHAKE_BYTES:
            raise TlsError("a handshake that never ends")
        while len(stream.handshake) >= 4:  # noqa: PLR2004  # type and 24-bit length
            kind, length = stream.handshake[0], int.from_bytes(stream.handshake[1:4], "big")
            if len(stream.handshake) < 4 + length:
                return
            message = bytes(stream.handshake[4 : 4 + length])
            del stream.handshake[: 4 + length]
            if kind == _CLIENT_HELLO and sender is Side.CLIENT and not stream.protected:
                self._client_random = message[2:34]
            elif kind == _SERVER_HELLO and sender is Side.SERVER and message[2:34] != _RETRY:
                self._server_hello(message)
            elif kind == _FINISHED and self._is_13 and len(stream.openers) > 1:
                del stream.openers[0]
            elif kind == _KEY_UPDATE and stream.openers:
                stream.openers[0] = stream.openers[0].updated()

    def _server_hello(self, message: bytes) -> None:
        try:
            self._server_random = message[2:34]
            at = 35 + message[34]
            number = struct.unpack_from(">H", message, at)[0]
            extensions = _extensions(message[at + 3 :])
        except (struct.error, IndexError):
            raise TlsError("a ServerHello that is none") from None
        if number not in SUITES:
            raise TlsError(f"cipher suite {number:#06x} is not among those that can be read")
        self._is_13 = extensions.get(_SUPPORTED_VERSIONS) == _TLS13
        self._suite = SUITES[number].with_encrypt_then_mac(on=_ENCRYPT_THEN_MAC in extensions)


def _extensions(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 2
    while at + 4 <= len(data):
        kind, length = struct.unpack_from(">HH", data, at)
        found[kind] = data[at + 4 : at + 4 + length]
        at += 4 + length
    return found


def _inner(plain: bytes) -> tuple[int, bytes]:
    """The real type and content of a TLS 1.3 record: the last byte that is not zero is the type."""
    content = plain.rstrip(b"\0")
    if not content:
        raise TlsError("a record without content type")
    return content[-1], content[:-1]

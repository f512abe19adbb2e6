"""The keys and ciphers of TLS records, for reading. See `tls`, whose second half this is.

Sources: RFC 5246 5 and 6 (PRF, CBC), RFC 7366 (encrypt-then-MAC), RFC 5288 and 7905 (AEAD in 1.2),
RFC 8446 5 and 7 (1.3). Constant time is of no matter here: the captured bytes are nobody's oracle.
"""

from __future__ import annotations

import abc
import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from protocols.iso15118.capture.keylog import MASTER_SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.iso15118.capture.keylog import KeyLog

_BLOCK: Final = 16
_TAG: Final = 16


class TlsError(ValueError):
    """A TLS connection that cannot be read: secrets missing or wrong, or bytes that are no TLS."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What a cipher suite means for its records."""

    cipher: str
    """CBC, GCM or CHACHA."""
    key_bytes: int
    hash_name: str
    """Of the PRF or HKDF; CBC suites authenticate with it too."""
    encrypt_then_mac: bool = False

    def with_encrypt_then_mac(self, *, on: bool) -> Suite:
        """The same suite with the order of encryption and authentication that was agreed."""
        return replace(self, encrypt_then_mac=on and self.cipher == "CBC")


SUITES: Final[Mapping[int, Suite]] = {
    0x1301: Suite("GCM", 16, "sha256"),
    0x1302: Suite("GCM", 32, "sha384"),
    0x1303: Suite("CHACHA", 32, "sha256"),
    0xC023: Suite("CBC", 16, "sha256"),  # ECDHE_ECDSA AES128 CBC SHA256, mandatory in -2
    0xC025: Suite("CBC", 16, "sha256"),  # ECDH_ECDSA, the other one of -2
    0xC027: Suite("CBC", 16, "sha256"),  # ECDHE_RSA
    0xC02B: Suite("GCM", 16, "sha256"),
    0xC02C: Suite("GCM", 32, "sha384"),
    0xC02F: Suite("GCM", 16, "sha256"),
    0xC030: Suite("GCM", 32, "sha384"),
    0xCCA8: Suite("CHACHA", 32, "sha256"),
    0xCCA9: Suite("CHACHA", 32, "sha256"),
}


class Opener(abc.ABC):
    """Opens the records of one direction, in order."""

    @abc.abstractmethod
    def open(self, header: bytes, body: bytes) -> bytes:
        """The plaintext of the next record. Raises TlsError."""

    def updated(self) -> Opener:
        """What opens the records after a KeyUpdate. Raises TlsError: only 1.3 has that message."""
        raise TlsError("a KeyUpdate, which this version of TLS does not have")


class CbcOpener(Opener):
    """AES-CBC with HMAC, TLS 1.2."""

    def __init__(self, suite: Suite, key: bytes, mac_key: bytes) -> None:
        self._suite, self._key, self._mac_key = suite, key, mac_key
        self._sequence = 0

    def open(self, header: bytes, body: bytes) -> bytes:
        """The plaintext of the next record. Raises TlsError."""
        size = hashlib.new(self._suite.hash_name).digest_size
        mac = b""
        if self._suite.encrypt_then_mac:
            body, mac = body[:-size], body[-size:]
            self._authenticate(header, body, mac)
        if len(body) < 2 * _BLOCK or len(body) % _BLOCK:
            raise TlsError("a CBC record of impossible length")
        decryptor = Cipher(algorithms.AES(self._key), modes.CBC(body[:_BLOCK])).decryptor()
        padded = decryptor.update(body[_BLOCK:])
        padding = padded[-1]
        if padding >= len(padded) or padded[-1 - padding :] != bytes([padding]) * (padding + 1):
            raise TlsError("a record that does not decrypt: the secret is not that of this connection")
        plain = padded[: -1 - padding]
        if not self._suite.encrypt_then_mac:
            plain, mac = plain[:-size], plain[-size:]
            self._authenticate(header, plain, mac)
        self._sequence += 1
        return plain

    def _authenticate(self, header: bytes, covered: bytes, mac: bytes) -> None:
        data = self._sequence.to_bytes(8, "big") + header[:3] + len(covered).to_bytes(2, "big") + covered
        if not hmac.compare_digest(hmac.digest(self._mac_key, data, self._suite.hash_name), mac):
            raise TlsError("a record that does not authenticate: a wrong secret, or records are missing")


class AeadOpener(Opener):
    """AES-GCM and ChaCha20-Poly1305, TLS 1.2 and 1.3."""

    def __init__(self, suite: Suite, key: bytes, iv: bytes, secret: bytes | None = None) -> None:
        self._suite, self._iv, self._secret = suite, iv, secret
        self._aead = ChaCha20Poly1305(key) if suite.cipher == "CHACHA" else AESGCM(key)
        self._sequence = 0

    def open(self, header: bytes, body: bytes) -> bytes:
        """The plaintext of the next record. Raises TlsError."""
        number = self._sequence.to_bytes(8, "big")
        explicit = 12 - len(self._iv)  # TLS 1.2 with GCM: eight bytes of the nonce travel along
        if len(body) < explicit + _TAG:
            raise TlsError("a record too short for its tag")
        if explicit:
            nonce, body = self._iv + body[:explicit], body[explicit:]
        else:
            nonce = bytes(a ^ b for a, b in zip(self._iv, b"\0\0\0\0" + number, strict=True))
        covered = header
        if self._secret is None:
            covered = number + header[:3] + (len(body) - _TAG).to_bytes(2, "big")
        try:
            plain = self._aead.decrypt(nonce, body, covered)
        except InvalidTag:
            raise TlsError(
                "a record that does not authenticate: a wrong secret, or records are missing"
            ) from None
        self._sequence += 1
        return plain

    def updated(self) -> Opener:
        """What opens the records after a KeyUpdate (RFC 8446 7.2)."""
        if self._secret is None:
            return super().updated()
        size = hashlib.new(self._suite.hash_name).digest_size
        return opener_13(self._suite, expand_label(self._suite, self._secret, "traffic upd", size))


def prf(suite: Suite, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """P_hash of TLS 1.2 (RFC 5246 5)."""
    seed = label + seed
    out, chained = b"", seed
    while len(out) < length:
        chained = hmac.digest(secret, chained, suite.hash_name)
        out += hmac.digest(secret, chained + seed, suite.hash_name)
    return out[:length]


def expand_label(suite: Suite, secret: bytes, label: str, length: int) -> bytes:
    """HKDF-Expand-Label of TLS 1.3 with an empty context (RFC 8446 7.1)."""
    name = b"tls13 " + label.encode("ascii")
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    algorithm = hashes.SHA384() if suite.hash_name == "sha384" else hashes.SHA256()
    return HKDFExpand(algorithm=algorithm, length=length, info=info).derive(secret)


def openers_12(
    suite: Suite, secrets: KeyLog, client_random: bytes, server_random: bytes
) -> tuple[list[Opener], list[Opener]]:
    """Client's and server's opener of a TLS 1.2 connection (RFC 5246 6.3). Raises TlsError without secret."""
    master = secrets.secret(MASTER_SECRET, client_random)
    if master is None:
        raise TlsError("the key log has no secret for this connection")
    mac = hashlib.new(suite.hash_name).digest_size if suite.cipher == "CBC" else 0
    iv = {"CBC": 0, "GCM": 4, "CHACHA": 12}[suite.cipher]
    sizes = (mac, mac, suite.key_bytes, suite.key_bytes, iv, iv)
    block = prf(suite, master, b"key expansion", server_random + client_random, sum(sizes))
    parts = []
    for size in sizes:
        parts.append(block[:size])
        block = block[size:]
    if suite.cipher == "CBC":
        return [CbcOpener(suite, parts[2], parts[0])], [CbcOpener(suite, parts[3], parts[1])]
    return [AeadOpener(suite, parts[2], parts[4])], [AeadOpener(suite, parts[3], parts[5])]


def opener_13(suite: Suite, secret: bytes) -> Opener:
    """The opener of one traffic secret of TLS 1.3 (RFC 8446 7.3)."""
    key = expand_label(suite, secret, "key", suite.key_bytes)
    return AeadOpener(suite, key, expand_label(suite, secret, "iv", 12), secret)


def openers_13(
    suite: Suite, secrets: KeyLog, client_random: bytes, _server_random: bytes
) -> tuple[list[Opener], list[Opener]]:
    """Client's and server's openers: handshake, then application data. Raises TlsError without secrets."""
    both = []
    for side in ("CLIENT", "SERVER"):
        openers = []
        for label in (f"{side}_HANDSHAKE_TRAFFIC_SECRET", f"{side}_TRAFFIC_SECRET_0"):
            secret = secrets.secret(label, client_random)
            if secret is None:
                raise TlsError("the key log has no secret for this connection")
            openers.append(opener_13(suite, secret))
        both.append(openers)
    return both[0], both[1]

"""Which CAs a client says it trusts, in trusted_ca_keys and in certificate_authorities.

Pure: reads and writes the content of the two extensions, and finds the chain that fits.
Source: RFC 6066 6 and RFC 8446 4.2.4.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certs.tls.wire import Cursor, VectorError, vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TRUSTED_CA_KEYS: Final = 3
CERTIFICATE_AUTHORITIES: Final = 47
MAX_AUTHORITIES: Final = 256
"""A car knows a handful of V2G roots; a hello of 16 KiB could carry thousands of hashes."""
_SHA1_BYTES: Final = 20


class IdentifierType(enum.IntEnum):
    """How a client names a CA."""

    PRE_AGREED = 0
    KEY_SHA1_HASH = 1
    X509_NAME = 2
    CERT_SHA1_HASH = 3


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """One CA that a client trusts. `identifier`: a SHA-1 hash, a DER name, or nothing for PRE_AGREED."""

    kind: IdentifierType
    identifier: bytes = b""


def parse_trusted_ca_keys(content: bytes) -> tuple[TrustedAuthority, ...]:
    """The CAs named in a trusted_ca_keys extension. VectorError for content that is none."""
    outer = Cursor(content)
    row = Cursor(outer.vector(2))
    outer.finish()
    found: list[TrustedAuthority] = []
    while row:
        found.append(_authority(row))
        if len(found) > MAX_AUTHORITIES:
            raise VectorError(f"more than {MAX_AUTHORITIES} authorities")
    return tuple(found)


def _authority(row: Cursor) -> TrustedAuthority:
    number = row.number(1)
    match number:
        case IdentifierType.PRE_AGREED:
            return TrustedAuthority(IdentifierType.PRE_AGREED)
        case IdentifierType.X509_NAME:
            return TrustedAuthority(IdentifierType.X509_NAME, row.vector(2, least=1))
        case IdentifierType.KEY_SHA1_HASH | IdentifierType.CERT_SHA1_HASH:
            return TrustedAuthority(IdentifierType(number), row.take(_SHA1_BYTES))
        case _:  # its length is not known, so nothing behind it can be read either
            raise VectorError(f"identifier type {number}")


def write_trusted_ca_keys(authorities: Iterable[TrustedAuthority]) -> bytes:
    """The content of the extension. ValueError for a hash of a wrong length or too many names."""
    return vector(b"".join(_written(one) for one in authorities), 2)


def _written(authority: TrustedAuthority) -> bytes:
    head, identifier = bytes((authority.kind,)), authority.identifier
    if authority.kind is IdentifierType.X509_NAME:
        return head + vector(identifier, 2)
    expected = 0 if authority.kind is IdentifierType.PRE_AGREED else _SHA1_BYTES
    if len(identifier) != expected:
        raise ValueError(f"{authority.kind.name} has {expected} bytes, not {len(identifier)}")
    return head + identifier


def parse_certificate_authorities(content: bytes) -> tuple[bytes, ...]:
    """The DER names in a certificate_authorities extension. VectorError for content that is none."""
    outer = Cursor(content)
    row = Cursor(outer.vector(2, least=3))
    outer.finish()
    found: list[bytes] = []
    while row:
        found.append(row.vector(2, least=1))
        if len(found) > MAX_AUTHORITIES:
            raise VectorError(f"more than {MAX_AUTHORITIES} authorities")
    return tuple(found)


def identify(
    certificate: x509.Certificate, kind: IdentifierType = IdentifierType.CERT_SHA1_HASH
) -> TrustedAuthority:
    """How a client that trusts this CA names it. ValueError for a key whose hash is not defined."""
    match kind:
        case IdentifierType.PRE_AGREED:
            return TrustedAuthority(kind)
        case IdentifierType.X509_NAME:
            return TrustedAuthority(kind, certificate.subject.public_bytes())
        case IdentifierType.CERT_SHA1_HASH:
            return TrustedAuthority(kind, _sha1(certificate.public_bytes(Encoding.DER)))
    return TrustedAuthority(kind, _key_hash(certificate))


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _key_hash(certificate: x509.Certificate) -> bytes:
    """Of the modulus for RSA, of the subjectPublicKey bits for the others (RFC 6066 6)."""
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            return _sha1(key.public_numbers().n.to_bytes((key.key_size + 7) // 8, "big"))
        return x509.SubjectKeyIdentifier.from_public_key(key).digest
    except UnsupportedAlgorithm as error:
        raise ValueError(f"a key that cannot be read: {error}") from None


def names_one_of(authorities: Iterable[TrustedAuthority], certificates: Sequence[x509.Certificate]) -> bool:
    """Whether a client that trusts these authorities trusts a certificate of these. PRE_AGREED names none."""
    wanted = frozenset(one for one in authorities if one.kind is not IdentifierType.PRE_AGREED)
    kinds = {one.kind for one in wanted}
    return any(_known_as(certificate, kind) in wanted for certificate in certificates for kind in kinds)


def _known_as(certificate: x509.Certificate, kind: IdentifierType) -> TrustedAuthority | None:
    try:
        return identify(certificate, kind)
    except ValueError:
        return None

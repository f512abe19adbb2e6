"""Files of certificates as text: read with patience, changed without touching what others wrote. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certs import pem
from certs.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509

_BLOCK: Final = re.compile(
    rb"-----BEGIN ((?:X509 )?CERTIFICATE)-----[^-]*-----END \1-----[ \t]*(?:\r\n|\r|\n)?"
)
_MARK: Final = b"CERTIFICATE-----"
_DER_SEQUENCE: Final = b"\x30"


def certificates_in(data: bytes) -> tuple[tuple[x509.Certificate, ...], str]:
    """The certificates of a file, and what is wrong with it, if anything is.

    One block that is not whole does not take the others with it: they are roots that a station needs.
    """
    if _MARK not in data and not data.startswith(_DER_SEQUENCE):
        return (), ""
    try:
        return pem.load_certificates(data), ""
    except CertificateError as error:
        good = tuple(certificate for _, certificate in _blocks(data) if certificate is not None)
        return good[: pem.MAX_CERTIFICATES], str(error)


def with_certificate(data: bytes, certificate: x509.Certificate) -> bytes:
    """The text with one more certificate at its end. What can be read only in part is written anew."""
    certificates, trouble = certificates_in(data)
    if trouble or data.startswith(_DER_SEQUENCE):
        return pem.to_pem((*certificates, certificate))
    gap = b"" if not data or data.endswith(b"\n") else b"\n"
    return data + gap + pem.to_pem([certificate])


def without_certificate(data: bytes, certificate: x509.Certificate) -> bytes:
    """The text without the blocks of this certificate; everything else stays as it is."""
    if data.startswith(_DER_SEQUENCE) and _MARK not in data:
        return b""
    kept, position = [], 0
    for span, found in _blocks(data):
        if found == certificate:
            kept.append(data[position : span[0]])
            position = span[1]
    kept.append(data[position:])
    return b"".join(kept)


def _blocks(data: bytes) -> Iterator[tuple[tuple[int, int], x509.Certificate | None]]:
    for match in _BLOCK.finditer(data):
        try:
            yield match.span(), pem.load_certificate(match.group())
        except CertificateError:
            yield match.span(), None

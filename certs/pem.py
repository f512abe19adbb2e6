"""Reads and writes certificates as PEM and DER, as they come from people, CSMSs and cars.

Accepted: CRLF and bare CR line ends, `subject=` and other text lines between blocks, leaf first or last, any
white space inside a block, blocks of other kinds (ignored). Nothing is sorted or dropped here.
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.errors import CertificateError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_CERTIFICATES: Final = 1000
MAX_CERTIFICATE_BYTES: Final = 64 * 1024
"""Of DER. ISO 15118 certificates have up to 800 (-2) or 1,600 bytes (-20); those of the web reach 20 KiB."""

_MARK: Final = re.compile(rb"-----(BEGIN|END) ((?:X509 )?CERTIFICATE)-----")
_SPACE: Final = bytes.maketrans(b"", b"")
_DER_SEQUENCE: Final = b"\x30"


def load_certificates(data: bytes | str) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM text, in its order, or the one certificate of DER bytes.

    CertificateError: too large, too many, none inside, a block cut short, something that is no certificate.
    """
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        raise CertificateError(Problem.TOO_LARGE, f"{len(raw)} bytes")
    if raw.startswith(_DER_SEQUENCE):
        try:
            return (load_der(raw),)
        except CertificateError:
            if not _MARK.search(raw):  # text may begin with the digit 0 as well
                raise
    return tuple(load_der(_decode(block)) for block in _blocks(raw))


def load_certificate(data: bytes | str) -> x509.Certificate:
    """The one certificate of a PEM text or of DER bytes. CertificateError as above, and for more than one."""
    certificates = load_certificates(data)
    if len(certificates) > 1:
        raise CertificateError(Problem.TOO_MANY, f"{len(certificates)} where one is expected")
    return certificates[0]


def load_der(data: bytes) -> x509.Certificate:
    """One certificate from DER. CertificateError: too large, or no certificate."""
    if len(data) > MAX_CERTIFICATE_BYTES:
        raise CertificateError(Problem.TOO_LARGE, f"{len(data)} bytes of certificate")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # what the library only frowns upon is for the verification to judge
            return x509.load_der_x509_certificate(data)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:200]) from None


def _blocks(data: bytes) -> list[bytes]:
    """What stands between the marks, undecoded."""
    blocks: list[bytes] = []
    opened: re.Match[bytes] | None = None
    for mark in _MARK.finditer(data):
        if (mark[1] == b"BEGIN") is (opened is not None):
            raise CertificateError(Problem.BAD_PEM, f"{mark[0].decode()} out of place")
        if opened is None:
            opened = mark
            continue
        if mark[2] != opened[2]:
            raise CertificateError(Problem.BAD_PEM, f"{mark[0].decode()} ends another kind of block")
        blocks.append(data[opened.end() : mark.start()])
        opened = None
        if len(blocks) > MAX_CERTIFICATES:
            raise CertificateError(Problem.TOO_MANY, f"more than {MAX_CERTIFICATES}")
    if opened is not None:
        raise CertificateError(Problem.BAD_PEM, "the last block has no end")
    if not blocks:
        raise CertificateError(Problem.EMPTY)
    return blocks


def _decode(block: bytes) -> bytes:
    text = block.translate(_SPACE, b" \t\r\n\v\f")
    if len(text) > MAX_CERTIFICATE_BYTES * 2:
        raise CertificateError(Problem.TOO_LARGE, f"{len(text)} characters of certificate")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CertificateError(Problem.BAD_PEM, "not base64") from None


def to_pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """The certificates as PEM, one behind the other, in the order given."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def to_der(certificate: x509.Certificate) -> bytes:
    """The certificate as DER."""
    return certificate.public_bytes(Encoding.DER)


def unique(certificates: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The certificates without repetitions, in the order given."""
    return tuple(dict.fromkeys(certificates))

"""What identifies a certificate to OCSP responders and CSMSs: hashes of its issuer, and its serial number.

Source: RFC 6960 4.1.1 (CertID), OCPP 2.0.1 CertificateHashDataType and OCSPRequestDataType.
"""

from __future__ import annotations

import enum
import itertools
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from certs.errors import CertificateError, Problem
from certs.facts import read, responders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography import x509


class HashAlgorithm(enum.StrEnum):
    """The hashes, with OCPP's values."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


ALGORITHMS: Final[Mapping[HashAlgorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}
_HEX: Final = re.compile(r"[0-9a-f]+")
_DIGITS: Final = {HashAlgorithm.SHA256: 64, HashAlgorithm.SHA384: 96, HashAlgorithm.SHA512: 128}
_MAX_SERIAL_DIGITS: Final = 40
"""20 bytes (RFC 5280 4.1.2.2); what OCPP's field holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashData:
    """Identifies a certificate by its issuer and serial number; all hexadecimal, in small letters.

    CertificateError for other characters or lengths. Capital letters, a 0x prefix and leading zeros of the
    serial number are accepted and removed, so that equal certificates have equal hash data.
    """

    algorithm: HashAlgorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    def __post_init__(self) -> None:
        for field in ("issuer_name_hash", "issuer_key_hash"):
            value = getattr(self, field).lower()
            if len(value) != _DIGITS[self.algorithm] or not _HEX.fullmatch(value):
                raise CertificateError(Problem.BAD_HASH_DATA, field)
            object.__setattr__(self, field, value)
        digits = self.serial_number.lower().removeprefix("0x")
        serial = digits.lstrip("0") or "0"
        if len(serial) > _MAX_SERIAL_DIGITS or not _HEX.fullmatch(digits):
            raise CertificateError(Problem.BAD_HASH_DATA, "serial_number")
        object.__setattr__(self, "serial_number", serial)


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspRequestData:
    """What a CSMS needs to ask a responder for us."""

    hash_data: HashData
    responder_url: str


def hash_data(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    algorithm: HashAlgorithm = HashAlgorithm.SHA256,
) -> HashData:
    """The hash data of a certificate. The issuer of a root is the root itself.

    CertificateError: names that do not fit, a serial number longer than 20 bytes, something unreadable.
    """
    if read(certificate).issuer != read(issuer).subject:
        raise CertificateError(Problem.OTHER_CERTIFICATE, "the issuer has another name")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            request = (
                ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, ALGORITHMS[algorithm]).build()
            )
            serial = certificate.serial_number
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:200]) from None
    if serial < 0:
        raise CertificateError(Problem.BAD_HASH_DATA, "serial_number")
    return HashData(
        algorithm=algorithm,
        issuer_name_hash=request.issuer_name_hash.hex(),
        issuer_key_hash=request.issuer_key_hash.hex(),
        serial_number=f"{serial:x}",
    )


def chain_hash_data(
    path: Sequence[x509.Certificate], algorithm: HashAlgorithm = HashAlgorithm.SHA256
) -> tuple[HashData, ...]:
    """The hash data of leaf and sub-CAs, the root excluded (M8.14). `path` goes from the leaf to the root."""
    return tuple(
        hash_data(certificate, issuer, algorithm) for certificate, issuer in itertools.pairwise(path)
    )


def ocsp_request_data(
    paths: Sequence[Sequence[x509.Certificate]],
    algorithm: HashAlgorithm = HashAlgorithm.SHA256,
    *,
    leaves: bool = True,
) -> tuple[OcspRequestData, ...]:
    """What to ask about leaf and sub-CAs of verified paths: those with a responder, each one once (M8.15).

    Pass `Verified.path`: only chains that reach a trusted root are asked about. `leaves=False` leaves out
    the leaves themselves.
    """
    wanted: dict[HashData, OcspRequestData] = {}
    for path in paths:
        first = 0 if leaves else 1
        for certificate, issuer in itertools.pairwise(path[first:]):
            for url in responders(certificate)[:1]:
                data = hash_data(certificate, issuer, algorithm)
                wanted.setdefault(data, OcspRequestData(hash_data=data, responder_url=url))
    return tuple(wanted.values())

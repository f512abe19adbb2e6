"""One entry of the OCSP cache: a response and whose it is, as two small files beside the certificate.

The response is kept as it came, ready to be stapled; the hash file says which certificate it is about
(M8.16): issuer name hash, issuer key hash and serial number, each on a line of its own. Reading also takes
the three directly behind each other.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509 import ocsp

from certs.errors import CertificateError, Problem
from certs.hashes import HashAlgorithm, HashData
from certs.ocsp import MAX_AGE, MAX_RESPONSE_BYTES, MAX_SINGLE_RESPONSES, SKEW, expiry

if TYPE_CHECKING:
    from datetime import datetime, timedelta

MAX_HASH_FILE_BYTES: Final = 1024
_BY_DIGITS: Final = {64: HashAlgorithm.SHA256, 96: HashAlgorithm.SHA384, 128: HashAlgorithm.SHA512}
_LINES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """A response in the cache."""

    hash_data: HashData
    der: bytes
    this_update: datetime
    expires: datetime

    def is_fresh(self, now: datetime, skew: timedelta = SKEW) -> bool:
        """Whether it may still be stapled."""
        return self.this_update - skew <= now <= self.expires + skew

    def hash_file(self) -> bytes:
        """The content of the hash file."""
        return write_hash_file(self.hash_data)


def cache_entry(hash_data: HashData, der: bytes, max_age: timedelta = MAX_AGE) -> CacheEntry:
    """An entry for a response, dated by the response itself; it is not verified here.

    CertificateError: too large, no successful response, or none about this certificate.
    """
    if len(der) > MAX_RESPONSE_BYTES:
        raise CertificateError(Problem.TOO_LARGE, f"{len(der)} bytes of OCSP response")
    try:
        response = ocsp.load_der_ocsp_response(der)
        return _entry(response, hash_data, der, max_age)
    except CertificateError:
        raise
    except (ValueError, TypeError, OverflowError, x509.DuplicateExtension) as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:200]) from None


def _entry(response: ocsp.OCSPResponse, hash_data: HashData, der: bytes, max_age: timedelta) -> CacheEntry:
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise CertificateError(Problem.NOT_SUCCESSFUL, response.response_status.name)
    for single in itertools.islice(response.responses, MAX_SINGLE_RESPONSES):
        if _is_about(single, hash_data):
            expires = expiry(single.this_update_utc, single.next_update_utc, max_age)
            return CacheEntry(
                hash_data=hash_data, der=der, this_update=single.this_update_utc, expires=expires
            )
    raise CertificateError(Problem.OTHER_CERTIFICATE)


def _is_about(single: ocsp.OCSPSingleResponse, hash_data: HashData) -> bool:
    """By serial number, and by the hashes where they are made with the same algorithm."""
    if f"{single.serial_number:x}" != hash_data.serial_number:
        return False
    if single.hash_algorithm.name.upper() != hash_data.algorithm:
        return True
    hashes = (single.issuer_name_hash.hex(), single.issuer_key_hash.hex())
    return hashes == (hash_data.issuer_name_hash, hash_data.issuer_key_hash)


def write_hash_file(hash_data: HashData) -> bytes:
    """The content of a hash file."""
    lines = (hash_data.issuer_name_hash, hash_data.issuer_key_hash, hash_data.serial_number)
    return ("\n".join(lines) + "\n").encode("ascii")


def read_hash_file(data: bytes) -> HashData:
    """Whose response lies beside it. CertificateError where that cannot be told."""
    if len(data) > MAX_HASH_FILE_BYTES:
        raise CertificateError(Problem.TOO_LARGE, f"{len(data)} bytes of hash file")
    try:
        parts = data.decode("ascii").split()
    except UnicodeDecodeError:
        raise CertificateError(Problem.BAD_HASH_DATA, "not text") from None
    if len(parts) == 1:  # SHA-256, as nothing else could be told apart
        text = parts[0]
        parts = [text[:64], text[64:128], text[128:]]
    if len(parts) != _LINES or (algorithm := _BY_DIGITS.get(len(parts[0]))) is None:
        raise CertificateError(Problem.BAD_HASH_DATA, f"{len(parts)} parts")
    return HashData(
        algorithm=algorithm, issuer_name_hash=parts[0], issuer_key_hash=parts[1], serial_number=parts[2]
    )
